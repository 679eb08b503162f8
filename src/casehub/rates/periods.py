"""Which instants a period holds, and which sums together cover it. Source: reference 5.2.

A period is [first, end). Days, months and years are the city's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from casehub.deadlines.calendar import reached


class Grain(StrEnum):
    """How much time a sum stands for."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Unit(StrEnum):
    """Periods that have a name."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """The instants from `first` up to but not with `end`."""

    first: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Cover:
    """Sums of whole days, months and years, and what must be read fact by fact, which together are a period."""

    buckets: tuple[tuple[Grain, date], ...] = ()
    edges: tuple[Period, ...] = ()


def opening_of(day: date, tz: ZoneInfo) -> datetime:
    """When a day of the city begins."""
    return reached(day, timedelta(0), tz)


def of_days(first: date, end: date, tz: ZoneInfo) -> Period:
    """The days from `first` up to but not with `end`."""
    return Period(opening_of(first, tz), opening_of(end, tz))


def unit_around(unit: Unit, day: date) -> tuple[date, date]:
    """The week, month, ... that holds a day: its first day, and the first day after it. Weeks begin on Monday."""
    if unit is Unit.DAY:
        return day, day + timedelta(days=1)
    if unit is Unit.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    months = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, months_on(first, months)


def months_on(first: date, months: int) -> date:
    """The first day of a month so many months later; before, when negative."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def before(first: date, end: date) -> tuple[date, date]:
    """The period just before one: whole months before whole months, else as many days."""
    months = (end.year - first.year) * 12 + end.month - first.month
    if first.day == end.day == 1 and months > 0:
        return months_on(first, -months), first
    return first - (end - first), first


def year_before(first: date, end: date) -> tuple[date, date]:
    """The same days of the year before; 29 February is 1 March there."""
    return _last_year(first), _last_year(end)


def _last_year(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def cover(period: Period, sealed_to: date | None, grains: tuple[Grain, ...], tz: ZoneInfo) -> Cover:
    """How a period is summed when days before `sealed_to` have sums of these grains.

    The sum of a month or year that is not over holds its sealed days; it stands for the period when that holds them all.
    """
    first, end = period.first.astimezone(tz).date(), period.end.astimezone(tz).date()
    if opening_of(first, tz) < period.first:
        first += timedelta(days=1)
    if sealed_to is not None:
        end = min(end, sealed_to)
    buckets = [] if sealed_to is None else list(_buckets(first, end, sealed_to, grains))
    return Cover(tuple((grain, begin) for grain, begin, _ in buckets), tuple(_gaps(period, buckets, tz)))


def _buckets(
    first: date, end: date, sealed_to: date, grains: tuple[Grain, ...]
) -> Iterator[tuple[Grain, date, date]]:
    steps = {grain: _STEPS[grain] for grain in (Grain.YEAR, Grain.MONTH, Grain.DAY) if grain in grains}
    while first < end:
        for grain, step in steps.items():
            begin, after = step(first)
            if begin == first and min(after, sealed_to) <= end:
                yield grain, begin, min(after, sealed_to)
                first = after
                break
        else:
            # No grain fits here: on to where the next one may.
            first = min(step(first)[1] for step in steps.values())


_STEPS: dict[Grain, Callable[[date], tuple[date, date]]] = {
    Grain.DAY: lambda day: unit_around(Unit.DAY, day),
    Grain.MONTH: lambda day: unit_around(Unit.MONTH, day),
    Grain.YEAR: lambda day: unit_around(Unit.YEAR, day),
}


def _gaps(period: Period, buckets: list[tuple[Grain, date, date]], tz: ZoneInfo) -> Iterator[Period]:
    at = period.first
    for _, begin, after in buckets:
        opens = opening_of(begin, tz)
        if at < opens:
            yield Period(at, opens)
        at = opening_of(after, tz)
    if at < period.end:
        yield Period(at, period.end)
