"""Routes of the working calendar and of deadlines."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from casehub.deadlines import commands, revisions
from casehub.deadlines.calendar import Calendar, Override
from casehub.deadlines.limits import Limit, explain
from casehub.deadlines.schemas import (
    CalendarOut,
    DayOut,
    DeadlineOut,
    HoursIn,
    OverrideIn,
    PreviewIn,
    VersionOut,
    WorkDayIn,
    YellowShareIn,
    calendar_out,
    day_out,
    step_out,
)  # fmt: skip
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.wire.etags import etag, read_match
from casehub.wire.text import CivilDay

router = APIRouter(prefix="/v1", tags=["deadlines"])

IfMatch = Annotated[
    str | None, Header(description="The ETag of the calendar you saw; another version gives 412.")
]


@router.get("/calendar", response_model=CalendarOut, summary="The working calendar that is current")
async def read_calendar(call: Caller, response: Response) -> dict[str, Any]:
    """Hours, the city's own days, the years it declared complete, and what a work_day means."""
    return _told(call, response, await commands.current_calendar(call.tx))


def _today(call: Call, calendar: Calendar) -> date:
    return call.at.astimezone(calendar.tz).date()


def _told(call: Call, response: Response, calendar: Calendar) -> dict[str, Any]:
    response.headers["ETag"] = etag(calendar.version)
    return calendar_out(calendar, _today(call, calendar))


@router.get("/calendar/versions", response_model=list[VersionOut], summary="Versions of the calendar")
async def list_versions(call: Caller) -> list[dict[str, Any]]:
    """Every version, newest first, with who made it and why."""
    return await commands.list_versions(call.tx)


@router.get("/calendar/days", response_model=list[DayOut], summary="Which days are worked, and why")
async def list_days(
    call: Caller,
    first: Annotated[CivilDay, Query(alias="from")],
    last: Annotated[CivilDay, Query(alias="to")],
) -> list[dict[str, Any]]:
    """Each day from one to another, both included; at most 400."""
    calendar = await commands.current_calendar(call.tx)
    return [day_out(day, zh=call.zh) for day in revisions.days_between(calendar, first, last)]


async def _change(
    call: Call, response: Response, seen: str | None, note: str, change: Callable[[Calendar, date], Calendar]
) -> dict[str, Any]:
    call.need(Role.ADMINISTRATOR)
    changed = await commands.change_calendar(
        call.tx, lambda calendar: change(calendar, _today(call, calendar)), note=note, by=call.actor.name, at=call.at,
        seen=read_match(seen),
    )  # fmt: skip
    return _told(call, response, changed)


@router.put("/calendar/hours", response_model=CalendarOut, summary="Set the hours from a day on")
async def set_hours(
    call: Caller, body: HoursIn, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """From today or a later day, up to the next change that is planned already. No deadline already given moves."""
    slots = [one.slot() for one in body.slots]
    return await _change(
        call, response, if_match, f"hours from {body.valid_from}",
        lambda calendar, today: revisions.with_hours(calendar, body.valid_from, slots, today=today),
    )  # fmt: skip


@router.put("/calendar/days/{day}", response_model=CalendarOut, summary="Say that a day is worked, or not")
async def set_day(
    call: Caller, day: CivilDay, body: OverrideIn, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Today or a later day, whatever the public holidays are. No deadline already given moves."""
    override = Override(day, body.working, body.note)
    return await _change(
        call, response, if_match, f"{day} {'worked' if body.working else 'off'}: {body.note}",
        lambda calendar, today: revisions.with_override(calendar, override, today=today),
    )  # fmt: skip


@router.delete("/calendar/days/{day}", response_model=CalendarOut, summary="Take back what was said of a day")
async def clear_day(
    call: Caller, day: CivilDay, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """The day is again what the public holidays make it. No deadline already given moves."""
    return await _change(
        call, response, if_match, f"{day} as published",
        lambda calendar, today: revisions.without_override(calendar, day, today=today),
    )  # fmt: skip


@router.put("/calendar/years/{year}", response_model=CalendarOut, summary="Declare a year complete")
async def declare_year(
    call: Caller, year: Annotated[int, Path(ge=1900, le=2200)], response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """All public holidays of the year are entered as days; for years that the package does not know yet."""
    return await _change(
        call, response, if_match, f"year {year} complete",
        lambda calendar, _: revisions.with_year(calendar, year),
    )  # fmt: skip


@router.put("/calendar/work_day", response_model=CalendarOut, summary="Set what a work_day means")
async def set_work_day(
    call: Caller, body: WorkDayIn, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Eight working hours, or up to the close of the next working day. No deadline already given moves."""
    return await _change(
        call, response, if_match, f"a work_day is {body.work_day}",
        lambda calendar, _: revisions.with_work_day(calendar, body.work_day),
    )  # fmt: skip


@router.put("/calendar/yellow_share", response_model=CalendarOut, summary="Set when clocks turn yellow")
async def set_yellow_share(
    call: Caller, body: YellowShareIn, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """The share of a limit that is left when its clock turns yellow. Clocks that run already keep theirs."""
    return await _change(
        call, response, if_match, f"yellow from a share of {body.yellow_share}",
        lambda calendar, _: revisions.with_yellow_share(calendar, body.yellow_share),
    )  # fmt: skip


@router.post("/deadlines/preview", response_model=DeadlineOut, summary="When would a limit be due, and why?")
async def preview(call: Caller, body: PreviewIn) -> dict[str, Any]:
    """Every span counted or skipped on the way to the deadline, by the current calendar. Nothing is changed."""
    calendar = await commands.current_calendar(call.tx)
    steps = explain(Limit(body.limit.amount, body.limit.unit), body.start, calendar)
    return {
        "due_at": steps[-1].ends_at,
        "calendar_version": calendar.version,
        "steps": [step_out(step, zh=call.zh) for step in steps],
    }
