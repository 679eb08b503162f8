"""Routes of places."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.places import commands
from casehub.wire.text import CODE, Short

router = APIRouter(prefix="/v1", tags=["city"])


class AreaIn(BaseModel):
    """An area (区域) of the city."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    kind: Short
    parent_code: Short | None = None
    time_class: str | None = Field(
        default=None,
        pattern=CODE,
        description="Which limits hold here; null takes those of the area above, `-` the usual ones.",
    )


class AreaOut(AreaIn):
    """An area with its code."""

    area_code: str


@router.get("/areas", response_model=list[AreaOut], summary="Areas of the city")
async def list_areas(call: Caller) -> list[dict[str, object]]:
    """All areas."""
    return await commands.list_areas(call.tx)


@router.put("/areas/{area_code}", status_code=204, summary="Add or change an area")
async def set_area(
    call: Caller, area_code: Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$")], body: AreaIn
) -> Response:
    """Parents come first."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_area(call.tx, {"area_code": area_code, **body.model_dump()})
    return Response(status_code=204)
