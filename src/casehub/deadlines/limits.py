"""How long somebody has, and until when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from casehub.deadlines.calendar import (
    Calendar,
    Day,
    Span,
    Why,
    WorkDay,
    close_of_day,
    reached,
    run_off,
    spans,
    worked,
    worked_spans,
)  # fmt: skip
from casehub.deadlines.problems import LimitInvalid
from casehub.errors import Refusal

#: The largest amount of a limit: whoever needs more needs a plan and not a limit. Four digits, as in workflow files.
MOST = 9999


class Unit(StrEnum):
    """Units of a limit. Source: reference 4.1."""

    URGENT_MINUTE = "urgent_minute"
    URGENT_HOUR = "urgent_hour"
    URGENT_DAY = "urgent_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


_LENGTH = {
    Unit.URGENT_MINUTE: timedelta(minutes=1),
    Unit.URGENT_HOUR: timedelta(hours=1),
    Unit.URGENT_DAY: timedelta(days=1),
    Unit.WORK_HOUR: timedelta(hours=1),
    Unit.WORK_DAY: timedelta(days=1),
    Unit.NATURAL_DAY: timedelta(days=1),
}
#: Working time of one unit, for those that run only while the city works. Source: reference 4.1.
WORKING = {Unit.WORK_HOUR: timedelta(hours=1), Unit.WORK_DAY: timedelta(hours=8)}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount and a unit, written `4 work_hour`."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


@lru_cache(maxsize=1024)
def parse_limit(text: str) -> Limit:
    """Read `4 work_hour`. Raises LimitInvalid on anything else, which is a ValueError too."""
    amount, _, unit = text.partition(" ")
    if unit not in {*Unit} or not (
        amount.isascii() and amount.isdigit() and len(amount) <= len(str(MOST)) and int(amount)
    ):
        raise LimitInvalid(
            f"{text!r} is not a limit such as '4 work_hour'",
            errors=[
                Refusal(
                    "limit",
                    f"a whole number from 1 to {MOST} and a unit: {', '.join(Unit)}",
                    f"应为 1 至 {MOST} 的整数加单位：{'、'.join(Unit)}",
                    "limit",
                )
            ],
        )
    return Limit(int(amount), Unit(unit))


def counts_work(text: str) -> bool:
    """Does a limit such as `4 work_hour` run only while the city works?"""
    return parse_limit(text).unit in WORKING


def by_days(unit: Unit, calendar: Calendar) -> bool:
    """Does this unit count closings of working days instead of hours?"""
    return unit is Unit.WORK_DAY and calendar.work_day is WorkDay.END_OF_DAY


def deadline(limit: Limit, start: datetime, calendar: Calendar) -> datetime:
    """The last instant that is still on time when a clock with this limit starts at `start`; in UTC.

    A work_day is read as the calendar says; a natural_day ends at the same time of the city's clock, that many days
    later. Raises CalendarEnds where a working limit reaches a year whose holidays are not known.
    Source: reference 4.1, 4.3; for natural days our choice, since sources only say calendar days.
    """
    if by_days(limit.unit, calendar):
        return close_of_day(calendar, start, limit.amount)
    if limit.unit in WORKING:
        return run_off(calendar, start, limit.amount * WORKING[limit.unit])
    if limit.unit is Unit.NATURAL_DAY:
        local = start.astimezone(calendar.tz).replace(tzinfo=None)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return reached(local.date() + timedelta(days=limit.amount), local - midnight, calendar.tz)
    return start.astimezone(UTC) + limit.amount * _LENGTH[limit.unit]


def granted(limit: Limit, start: datetime, calendar: Calendar) -> timedelta:
    """What a limit grants from `start` on, in its own kind of time: working time for work units, else plain time."""
    if limit.unit in WORKING and not by_days(limit.unit, calendar):
        return limit.amount * WORKING[limit.unit]
    return ran(limit.unit, start, deadline(limit, start, calendar), calendar)


def run_out(unit: Unit, left: timedelta, start: datetime, calendar: Calendar) -> datetime:
    """When a clock that has `left` at `start` runs out, counted in the unit's kind of time.

    With a negative `left` the clock is overdue: the first instant from which that much time ran up to `start`. With
    none left it runs out at `start`. Raises CalendarEnds.
    """
    return run_off(calendar, start, left) if unit in WORKING else start.astimezone(UTC) + left


def ran(unit: Unit, start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """What runs off from `start` to `end`, counted in the unit's kind of time. Raises CalendarEnds."""
    if unit in WORKING:
        return worked(calendar, start, end)
    # In UTC: Python would subtract two times of one zone by its wall clock.
    return end.astimezone(UTC) - start.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """A span on the way to a deadline: counted or skipped, why, and how much was counted by its end.

    `total` is in the unit's kind of time. `days` is said where closings of working days are counted instead of hours.
    """

    begins_at: datetime
    ends_at: datetime
    counted: bool
    why: Why
    total: timedelta
    name: str | None = None
    name_zh: str | None = None
    note: str | None = None
    days: int | None = None


def explain(limit: Limit, start: datetime, calendar: Calendar) -> tuple[Step, ...]:
    """How a deadline comes about: every span from `start` to it, counted or skipped, and why. Raises CalendarEnds."""
    start, due = start.astimezone(UTC), deadline(limit, start, calendar)
    if limit.unit not in WORKING:
        return (Step(start, due, counted=True, why=Why.CLOCK, total=due - start),)
    passed = _passed_days if by_days(limit.unit, calendar) else _passed_hours
    return tuple(_joined(passed(calendar, start, due)))


def passage(unit: Unit, start: datetime, end: datetime, calendar: Calendar) -> tuple[Step, ...]:
    """Every span from one instant to another, counted or skipped in the unit's kind of time, and why."""
    if unit in WORKING:
        return tuple(_joined(_passed_hours(calendar, start, end)))
    return (Step(start, end, counted=True, why=Why.CLOCK, total=end - start),) if start < end else ()


def _passed_hours(calendar: Calendar, start: datetime, due: datetime) -> Iterator[Step]:
    total = timedelta(0)
    for span in spans(calendar, start, due):
        total += span.ends_at - span.begins_at if span.worked else timedelta(0)
        yield _step(span, counted=span.worked, why=span.why, total=total)


def _passed_days(calendar: Calendar, start: datetime, due: datetime) -> Iterator[Step]:
    """Whole working days count, the day of `start` does not. Source: Civil Code art. 201."""
    first, total, days = start.astimezone(calendar.tz).date(), timedelta(0), 0
    for span in spans(calendar, start, due):
        counted = span.worked and span.day.day != first
        total += span.ends_at - span.begins_at if counted else timedelta(0)
        days += counted and span.ends_at == [*worked_spans(calendar, span.day)][-1][1]
        why = Why.START_DAY if span.day.working and span.day.day == first else span.why
        yield _step(span, counted=counted, why=why, total=total, days=days)


def _step(span: Span, *, counted: bool, why: Why, total: timedelta, days: int | None = None) -> Step:
    named = span.day if why is span.day.why else Day(span.day.day, span.day.working, why)
    return Step(
        span.begins_at, span.ends_at, counted=counted, why=why, total=total, name=named.name, name_zh=named.name_zh,
        note=named.note, days=days,
    )  # fmt: skip


def _joined(steps: Iterable[Step]) -> Iterator[Step]:
    """Spans that are skipped for the same reason, such as the days of one holiday, as one."""
    last: Step | None = None
    for step in steps:
        if last is not None and _alike(last, step):
            last = replace(last, ends_at=step.ends_at)
            continue
        if last is not None:
            yield last
        last = step
    if last is not None:
        yield last


def _alike(one: Step, other: Step) -> bool:
    return not (one.counted or other.counted) and (one.why, one.name, one.note) == (
        other.why, other.name, other.note,
    )  # fmt: skip
