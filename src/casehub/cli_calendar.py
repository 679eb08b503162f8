"""The commands of the working calendar."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.cases.commands_watch import recompute_deadlines
from casehub.cases.rules import Moved
from casehub.clock import WallClock
from casehub.deadlines.calendar import Calendar, Day, Override, Slot, Why, day_of, known_until
from casehub.deadlines.commands import change_calendar, current_calendar, open_calendar
from casehub.deadlines.limits import Step, explain, parse_limit
from casehub.deadlines.revisions import tell_time, with_override
from casehub.errors import Problem
from casehub.settings import Settings
from casehub.terminal import console, fail, read_settings, run

calendar_app = typer.Typer(
    no_args_is_help=True, help="The working calendar: hours, holidays, the city's own days."
)
deadlines_app = typer.Typer(no_args_is_help=True, help="Deadlines that were given already.")
#: Days and instants beyond are typing errors.
_YEARS = range(1900, 2201)


async def _current(engine: AsyncEngine, settings: Settings) -> Calendar:
    async with engine.begin() as tx:
        await open_calendar(tx, settings.timezone, at=WallClock().now())
        return await current_calendar(tx)


def _calendar() -> tuple[Calendar, str]:
    """The city's calendar and its name; where no city was ever made, the usual one at once."""
    settings = read_settings()
    try:
        if not opening.has_city(settings):
            return Calendar(zone=settings.timezone), "the usual calendar (there is no city here yet)"
    except OSError as error:
        raise fail(error) from None
    calendar = run(_current)
    return calendar, f"the city's calendar, version {calendar.version}"


def deadline(
    start: Annotated[str, typer.Argument(help="When the clock starts, by the city's clock or with a zone.")],
    limit: Annotated[
        str,
        typer.Argument(
            help="An amount and a unit: urgent_minute, urgent_hour, urgent_day, work_hour, work_day, natural_day."
        ),
    ],
) -> None:
    """Tell when a limit is due, and every span counted or skipped on the way.

    By the city's current calendar where there is a city (CASEHUB_DATABASE_URL, or one made in CASEHUB_HOME, whose
    embedded database is started if need be); else by the usual one: 08:00-12:00, 14:00-18:00 and the public holidays.

    Examples: `casehub deadline "2023-06-02 16:30" "4 work_hour"`, `casehub deadline 2026-10-07T09:00+08:00 "1 work_day"`
    """
    try:
        begins, asked = _instant(start), parse_limit(limit)
        calendar, called = _calendar()
        begins = begins if begins.tzinfo else begins.replace(tzinfo=calendar.tz)
        steps = explain(asked, begins.astimezone(UTC), calendar)
    except Problem as error:
        raise fail(error) from None
    table = Table(
        Column("from", no_wrap=True), Column("to", no_wrap=True), "counted", "so far", "why",
        title=f"{asked} by {called}", title_justify="left",
    )  # fmt: skip
    for step in steps:
        table.add_row(
            _shown(step.begins_at, calendar), _shown(step.ends_at, calendar),
            _length(step.ends_at - step.begins_at) if step.counted else "",
            _length(step.total) if step.days is None else f"{step.days} days", _why(step),
        )  # fmt: skip
    console.print(table)
    typer.echo(f"due {_shown(steps[-1].ends_at, calendar)} {calendar.zone}")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"{text!r} is not an instant such as '2023-06-02 16:30'") from None
    if at.year not in _YEARS:
        raise fail(f"{text!r} does not lie between 1900 and 2200")
    return at


def _shown(at: datetime, calendar: Calendar) -> str:
    local = at.astimezone(calendar.tz)
    exact = "%a %Y-%m-%d %H:%M" if not (local.second or local.microsecond) else "%a %Y-%m-%d %H:%M:%S.%f"
    return local.strftime(exact)


def _length(length: timedelta) -> str:
    minutes, rest = divmod(length, timedelta(minutes=1))
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{rest.total_seconds():g}" if rest else "")


def _why(one: Step | Day) -> str:
    words = {
        Why.WORKDAY: "working day",
        Why.OVERRIDE: "the city's own day",
        Why.START_DAY: "the day of the start",
    }
    plain = words.get(one.why, one.why.replace("_", " "))
    told = " ".join(part for part in (one.name, one.name_zh, one.note) if part)
    return escape(f"{plain}: {told}" if told else plain)


@calendar_app.command("show")
def show() -> None:
    """Print the current calendar: hours, the city's own days, years declared complete, what a work_day means.

    Example: `casehub calendar show`
    """
    calendar, called = _calendar()
    today = WallClock().now().astimezone(calendar.tz).date()
    table = Table("what", "from", "to", "said", title=called, title_justify="left")
    for hours in calendar.hours:
        table.add_row("hours", str(hours.valid_from), str(hours.valid_to or ""), _slots(hours.slots))
    for one in calendar.overrides:
        table.add_row(
            "own day", str(one.day), "", escape(f"{'worked' if one.working else 'off'}: {one.note}")
        )
    for year in calendar.years:
        table.add_row("complete", f"{year}-01-01", f"{year}-12-31", "declared by the city")
    console.print(table)
    typer.echo(f"zone {calendar.zone}; a work_day is {calendar.work_day}")
    typer.echo(f"public holidays known until {known_until(calendar, today) or 'before today'}")


def _slots(slots: tuple[Slot, ...]) -> str:
    return ", ".join(f"{tell_time(one.opens)}-{tell_time(one.closes)}" for one in slots)


@calendar_app.command("days")
def days(month: Annotated[str, typer.Argument(help="A month, such as 2026-10.")]) -> None:
    """Print which days of a month are worked, and why.

    Example: `casehub calendar days 2026-10`
    """
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) or int(month[:4]) not in _YEARS:
        raise fail(f"{month!r} is not a month such as 2026-10")
    calendar, called = _calendar()
    table = Table(
        "day", "", "worked", "why", Column("slots", no_wrap=True), title=called, title_justify="left"
    )
    day = date.fromisoformat(f"{month}-01")
    while f"{day:%Y-%m}" == month:
        told = day_of(calendar, day)
        worked = {True: "yes", False: "no", None: "not known"}[told.working]
        table.add_row(str(day), f"{day:%a}", worked, _why(told), _slots(told.slots))
        day += timedelta(days=1)
    console.print(table)


@calendar_app.command("override")
def override(
    day: Annotated[str, typer.Argument(help="Today or a later day, such as 2026-10-11.")],
    working: Annotated[bool, typer.Option("--working/--off", help="Is the day worked?")],
    note: Annotated[str, typer.Option(help="Why, for everybody who asks.")],
) -> None:
    """Say that a day is worked, or not, whatever the public holidays are. Deadlines already given stay.

    Examples: `casehub calendar override 2026-10-11 --off --note "no make-up day"`,
    `casehub calendar override 2026-10-17 --working --note "flood"`
    """
    try:
        said = Override(date.fromisoformat(day), working, note.strip())
    except ValueError:
        raise fail(f"{day!r} is not a day such as 2026-10-11") from None
    if said.day.year not in _YEARS or not 1 <= len(said.note) <= 200:  # noqa: PLR2004 - as over HTTP
        raise fail("a day lies between 1900 and 2200, and its note has 1 to 200 characters")

    async def work(engine: AsyncEngine, settings: Settings) -> int:
        at = WallClock().now()
        async with engine.begin() as tx:
            await open_calendar(tx, settings.timezone, at=at)
            changed = await change_calendar(
                tx, lambda one: with_override(one, said, today=at.astimezone(one.tz).date()),
                note=f"{said.day} {'worked' if working else 'off'}: {said.note}", by="command line", at=at,
            )  # fmt: skip
            return changed.version

    typer.echo(f"{said.day} is {'worked' if working else 'off'}: calendar version {run(work)}")


@deadlines_app.command("recompute")
def recompute(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would move, and move nothing.")
    ] = False,
) -> None:
    """Count open deadlines that an earlier calendar gave by the current one, with an event in each case that moves.

    A changed calendar moves no deadline by itself; this does, and the original deadlines stay on record.

    Examples: `casehub deadlines recompute --dry-run`, `casehub deadlines recompute`
    """

    async def work(engine: AsyncEngine, _: Settings) -> list[Moved]:
        at, after, told = WallClock().now(), 0, list[Moved]()
        while True:
            async with engine.connect() as tx:
                following, moved = await recompute_deadlines(tx, after=after, most=500, at=at)
                await (tx.rollback() if dry_run else tx.commit())
            told += moved
            if following is None:
                return told
            after = following

    moved = run(work)
    table = Table("case", "task", "given", "by the current calendar")
    for one in moved:
        table.add_row(one.case_no, one.kind, f"{one.before:%Y-%m-%d %H:%M}", f"{one.after:%Y-%m-%d %H:%M}")
    if moved:
        console.print(table)
    typer.echo(f"{len(moved)} deadlines {'would move' if dry_run else 'moved'} (times in UTC)")
