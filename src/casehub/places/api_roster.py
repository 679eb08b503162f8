"""Routes of the roster."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from casehub.people.actors import Role, areas_of
from casehub.people.depends import Caller
from casehub.places import commands_roster as commands
from casehub.places.schemas import ShiftPageOut, ShiftsIn, shift_out
from casehub.wire.pages import page, read_code, read_key, read_moment
from casehub.wire.text import Moment, Short

router = APIRouter(prefix="/v1/shifts", tags=["collectors"])

PLANS = (Role.ADMINISTRATOR, Role.SHIFT_LEADER)
READS = (*PLANS, Role.ACCEPTOR, Role.EVALUATOR, Role.COLLECTOR)


@router.post("", status_code=204, summary="Enter shifts of collectors (排班), all or none")
async def set_shifts(call: Caller, body: ShiftsIn) -> Response:
    """A shift is named by person, area and begin: said again, its end is changed; one that ends when it begins is called
    off.
    """
    call.need(*PLANS)
    await commands.set_shifts(call.tx, body.rows(), within=areas_of(call.actor, *PLANS))
    return Response(status_code=204)


def _place(cursor: str | None) -> tuple[datetime, str, str] | None:
    key = read_key(cursor, 3)
    if key is None:
        return None
    begins_at, area, person = key
    return read_moment(begins_at), read_code(area), read_code(person)


@router.get("", response_model=ShiftPageOut, summary="Who is on shift where, and whose grid it is")
async def list_shifts(
    call: Caller, request: Request, first: Annotated[Moment, Query(alias="from")], last: Annotated[Moment, Query(alias="to")],
    area: Annotated[Short | None, Query(description="An area and all below it.")] = None, person: Short | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200, cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page of the shifts that have a moment between `from` and `to`, by begin; a collector sees their own."""
    call.need(*READS)
    own = call.actor.name if call.actor.roles.isdisjoint({*READS} - {Role.COLLECTOR}) else None
    rows, ended = await commands.read_shifts(
        call.tx, first, last, area=area, person=own or person, after=_place(cursor), most=limit
    )
    return page(request, [shift_out(row) for row in rows], ended)
