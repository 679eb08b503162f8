"""Routes of departments."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from casehub.departments import commands
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.text import Short

router = APIRouter(prefix="/v1", tags=["city"])


class DepartmentIn(BaseModel):
    """A responsible unit (责任单位)."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    kind: Literal["district_platform", "bureau", "squad", "firm", "utility"]
    parent_code: Short | None = None


class DepartmentOut(DepartmentIn):
    """A responsible unit with its code."""

    department_code: str


@router.get("/departments", response_model=list[DepartmentOut], summary="Departments")
async def list_departments(call: Caller) -> list[dict[str, object]]:
    """All departments."""
    return await commands.list_departments(call.tx)


@router.put("/departments/{department_code}", status_code=204, summary="Add or change a department")
async def set_department(
    call: Caller, department_code: Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$")], body: DepartmentIn
) -> Response:
    """Parents come first."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_department(call.tx, {"department_code": department_code, **body.model_dump()})
    return Response(status_code=204)
