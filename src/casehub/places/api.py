"""Routes of areas and permits."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.places import commands
from casehub.places.areas import Kind
from casehub.places.permits import Permit
from casehub.places.schemas import (
    PLACE_CODE,
    AreaDetailOut,
    AreaIn,
    AreaPageOut,
    ChiefsIn,
    HereOut,
    Lat,
    Lon,
    PermitIn,
    PermitOut,
)
from casehub.wire.pages import page, read_code_cursor
from casehub.wire.text import Short

router = APIRouter(prefix="/v1", tags=["city"])

AreaCode = Annotated[str, Path(pattern=PLACE_CODE)]


@router.get("/areas", response_model=AreaPageOut, summary="Areas of the city, by code")
async def list_areas(
    call: Caller, request: Request, parent: Annotated[Short | None, Query(description="Only those right below it.")] = None,
    kind: Kind | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page of areas, without their polygons."""
    after = read_code_cursor(cursor)
    rows, last = await commands.page_of_areas(call.tx, parent=parent, kind=kind, after=after, most=limit)
    return page(request, rows, last)


@router.get("/areas/at", response_model=HereOut, summary="Which grid is this?")
async def read_here(
    call: Caller, request: Request, lon: Annotated[Lon, Query()], lat: Annotated[Lat, Query()]
) -> dict[str, Any]:
    """The unit grid of a point (CGCS2000), and all areas whose polygons hold it or that those lie in."""
    return await commands.areas_at(call.tx, request.app.state.desk.atlas, (lon, lat))


@router.get("/areas/{area_code}", response_model=AreaDetailOut, summary="Read an area")
async def read_area(call: Caller, area_code: AreaCode) -> dict[str, Any]:
    """An area with its polygon and its responsible persons."""
    return await commands.find_area(call.tx, area_code)


@router.put("/areas/{area_code}", status_code=204, summary="Add or change an area")
async def set_area(call: Caller, area_code: AreaCode, body: AreaIn) -> Response:
    """Parents come first. What is left out is taken away, the polygon too; `casehub city load` loads many at once."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_area(call.tx, {"area_code": area_code, **body.model_dump()})
    return Response(status_code=204)


@router.put("/areas/{area_code}/chiefs", status_code=204, summary="Say who answers for an area")
async def set_chiefs(call: Caller, area_code: AreaCode, body: ChiefsIn) -> Response:
    """These responsible persons (网格长、路长) and no others."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_chiefs(call.tx, area_code, [one.model_dump() for one in body.chiefs])
    return Response(status_code=204)


@router.get("/permits", response_model=list[PermitOut], summary="Permits")
async def list_permits(call: Caller) -> list[Permit]:
    """All permits by code."""
    return await commands.list_permits(call.tx)


@router.put("/permits/{permit_code}", status_code=204, summary="Add or change a permit")
async def set_permit(
    call: Caller, permit_code: Annotated[str, Path(pattern=PLACE_CODE)], body: PermitIn
) -> Response:
    """A report of what a permit allows then and there carries the mark `permit_code`, and can't be filed."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_permit(call.tx, body.permit(permit_code))
    return Response(status_code=204)
