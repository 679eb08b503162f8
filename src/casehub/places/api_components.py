"""Routes of the register of components."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from casehub.errors import Refusal
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.places import commands_components as commands
from casehub.places.grids import Point
from casehub.places.schemas import ComponentIn, ComponentPageOut
from casehub.wire.pages import page, read_code_cursor
from casehub.wire.problems import RequestInvalid
from casehub.wire.text import Short

router = APIRouter(prefix="/v1", tags=["city"])

_NO_POINT = Refusal("point", "write a point as lon,lat such as 116.4,39.9", "请以“经度,纬度”给出坐标，如 116.4,39.9", "near")  # fmt: skip


def _point(near: str | None) -> Point | None:
    if near is None:
        return None
    try:
        lon, lat = (float(one) for one in near.split(","))
    except ValueError:
        raise RequestInvalid(errors=[_NO_POINT]) from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 - degrees; not so for nan either
        raise RequestInvalid(errors=[_NO_POINT])
    return lon, lat


@router.get("/components", response_model=ComponentPageOut, summary="Components of the register, by code")
async def list_components(
    call: Caller, request: Request, *,
    near: Annotated[str | None, Query(max_length=60, description="A point, as lon,lat.")] = None,
    metres: Annotated[float, Query(gt=0, le=10_000, description="How far from the point.")] = 50,
    code: Annotated[str | None, Query(pattern="^[0-9]{1,16}$", description="A code, or how codes begin.")] = None,
    area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200, cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page; all filters that are given must hold."""
    point, after = _point(near), read_code_cursor(cursor)
    rows, last = await commands.page_of_components(
        call.tx, near=point, metres=metres, begins=code, area=area, after=after, most=limit
    )
    return page(request, rows, last)


@router.put("/components/{component_code}", status_code=204, summary="Add or change a component")
async def set_component(
    call: Caller,
    request: Request,
    component_code: Annotated[str, Path(pattern="^[0-9]{16}$")],
    body: ComponentIn,
) -> Response:
    """It is placed in the unit grid of its point. `casehub city load` loads many at once."""
    call.need(Role.ADMINISTRATOR)
    row = {"component_code": component_code, **body.model_dump()}
    await commands.set_component(call.tx, request.app.state.desk.atlas, row)
    return Response(status_code=204)
