"""When the city works: its hours, its holidays, and how much working time lies between two instants.

A calendar is compiled once into sorted lists of integer microseconds; every question is a bisection in them.

The slots of a day are times of the city's wall clock. A slot opens and closes when that clock first shows the time, or
passes it: what daylight saving skips is not worked, an hour that comes twice inside a slot is worked twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chinese_calendar import constants as published

from casehub.deadlines.problems import calendar_ends

#: 24:00, in minutes after midnight.
MIDNIGHT = 24 * 60
#: From when the hours of a city hold that never had others.
ALWAYS = date(1900, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SATURDAY = 5


class WorkDay(StrEnum):
    """What one work_day is: eight working hours, or up to the close of the next working day. Source: reference 4.1."""

    EIGHT_HOURS = "eight_hours"
    END_OF_DAY = "end_of_day"


class Why(StrEnum):
    """Why a day, or a span of it, counts or does not."""

    WORKDAY = "workday"
    SHIFTED_WORKDAY = "shifted_workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    OVERRIDE = "override"
    UNKNOWN = "unknown"
    CLOSED = "closed"
    START_DAY = "start_day"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Slot:
    """Working time of a day, in minutes after midnight by the city's wall clock; it may close at 24:00 (1440)."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The slots of every working day from a day on, up to and with another; None goes on."""

    valid_from: date
    valid_to: date | None
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """What the city says of one day, whatever the public holidays are."""

    day: date
    working: bool
    note: str


@dataclass(frozen=True, slots=True)
class Day:
    """Whether a day is worked and why; `working` is None where its public holidays are not known."""

    day: date
    working: bool | None
    why: Why
    name: str | None = None
    name_zh: str | None = None
    note: str | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day, worked or not, and why; instants are UTC."""

    begins_at: datetime
    ends_at: datetime
    day: Day
    worked: bool

    @property
    def why(self) -> Why:
        """Why the day is worked or not; outside the slots of a worked day: closed."""
        return Why.CLOSED if self.day.working and not self.worked else self.day.why


class Stretch(NamedTuple):
    """A run of known years, compiled. Instants are microseconds since 1970 UTC; slot i is opens[i] to closes[i]."""

    first_year: int
    last_year: int
    begins: int
    ends: int
    opens: list[int]
    closes: list[int]
    #: Working time before slot i; the last entry is all of it.
    before: list[int]
    #: Working days as ordinals, and when each closes for the day.
    days: list[int]
    day_closes: list[int]


_USUAL = (Slot(8 * 60, 12 * 60), Slot(14 * 60, 18 * 60))


@dataclass(frozen=True)
class Calendar:
    """One version of a city's working calendar. Source: reference 4.1, 4.3.

    `years` are complete by the city's own word, beyond those whose holidays are published; the default hours are those
    of reference 4.1. Not slotted, so that what was compiled stays with it.
    """

    version: int = 1
    zone: str = "Asia/Shanghai"
    hours: tuple[Hours, ...] = (Hours(ALWAYS, None, _USUAL),)
    overrides: tuple[Override, ...] = ()
    years: tuple[int, ...] = ()
    work_day: WorkDay = WorkDay.EIGHT_HOURS
    #: A clock is yellow when this share of its limit, or less, is left. Source: reference 4.4.
    yellow_share: float = 0.3

    @cached_property
    def tz(self) -> ZoneInfo:
        """The city's zone."""
        return ZoneInfo(self.zone)

    @cached_property
    def said(self) -> dict[date, Override]:
        """The overrides by day."""
        return {one.day: one for one in self.overrides}

    @cached_property
    def known(self) -> frozenset[int]:
        """The years whose days are known."""
        return published_years() | frozenset(self.years)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The known years, compiled: one stretch for each run of years without a gap."""
        return tuple(_compiled(self, first, last) for first, last in _runs(self.known))


#: The usual hours of reference 4.1.
USUAL = Calendar()


@cache
def published_years() -> frozenset[int]:
    """The years whose holidays `chinesecalendar` knows."""
    return frozenset(range(min(published.holidays).year, max(published.holidays).year + 1))


def _runs(years: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of years without a gap."""
    known = set(years)
    for first in sorted(year for year in known if year - 1 not in known):
        last = first
        while last + 1 in known:
            last += 1
        yield first, last


def slots_on(calendar: Calendar, day: date) -> tuple[Slot, ...]:
    """The slots of a day if it is worked."""
    for hours in calendar.hours:
        if hours.valid_from <= day and (hours.valid_to is None or day <= hours.valid_to):
            return hours.slots
    return ()


def day_of(calendar: Calendar, day: date) -> Day:
    """Whether a day is worked, why, and its slots: the city's own word first, then the public holidays."""
    override = calendar.said.get(day)
    if override is not None:
        slots = slots_on(calendar, day) if override.working else ()
        return Day(day, override.working, Why.OVERRIDE, note=override.note, slots=slots)
    if day.year not in calendar.known:
        return Day(day, None, Why.UNKNOWN)
    if shifted := published.workdays.get(day):
        name, name_zh = _names(shifted)
        return Day(day, True, Why.SHIFTED_WORKDAY, name, name_zh, slots=slots_on(calendar, day))
    if holiday := published.holidays.get(day):
        return Day(day, False, Why.HOLIDAY, *_names(holiday))
    if day.weekday() >= _SATURDAY:
        return Day(day, False, Why.WEEKEND)
    return Day(day, True, Why.WORKDAY, slots=slots_on(calendar, day))


def _names(holiday: str) -> tuple[str, str]:
    return holiday, published.Holiday(holiday).chinese


def known_until(calendar: Calendar, day: date) -> date | None:
    """The last day up to which, from `day` on, everything is known; None when `day` itself is not."""
    for first, last in _runs(calendar.known):
        if first <= day.year <= last:
            return date(last, 12, 31)
    return None


def reached(day: date, since_midnight: timedelta, tz: ZoneInfo) -> datetime:
    """The instant, in UTC, when the city's clock first shows that time of that day, or passes it."""
    wall = datetime.combine(day, time.min) + since_midnight
    # The two readings of a time differ where the clock skips it, or shows it twice: then the first one is the first.
    offset, other = tz.utcoffset(wall), tz.utcoffset(wall.replace(fold=1))
    assert offset is not None
    assert other is not None
    return _leap(wall, tz) if offset < other else (wall - offset).replace(tzinfo=UTC)


def _leap(wall: datetime, tz: ZoneInfo) -> datetime:
    """The instant when the clock leaps over a time that it never shows. Zones leap on whole seconds."""
    # With fold=1 a skipped time is read by the later offset: an instant before the leap; with fold=0 one after it.
    low = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    seconds = int((wall.replace(tzinfo=tz).astimezone(UTC) - low).total_seconds())
    passed = bisect_left(
        range(seconds),
        True,
        key=lambda after: (low + timedelta(seconds=after)).astimezone(tz).replace(tzinfo=None) >= wall,
    )
    return low + timedelta(seconds=passed)


def midnight(day: date, calendar: Calendar) -> datetime:
    """The instant, in UTC, when a day of the city begins."""
    return reached(day, timedelta(0), calendar.tz)


def _microseconds(at: datetime) -> int:
    """An instant as microseconds since 1970 UTC."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _amount(length: timedelta) -> int:
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _compiled(calendar: Calendar, first_year: int, last_year: int) -> Stretch:
    opens, closes, days, day_closes = list[int](), list[int](), list[int](), list[int]()
    begins, ends = date(first_year, 1, 1), date(last_year + 1, 1, 1)
    for ordinal in range(begins.toordinal(), ends.toordinal()):
        spans = [*worked_spans(calendar, day_of(calendar, date.fromordinal(ordinal)))]
        if spans:
            opens += [_microseconds(span[0]) for span in spans]
            closes += [_microseconds(span[1]) for span in spans]
            days.append(ordinal)
            day_closes.append(closes[-1])
    lengths = (close - opened for opened, close in zip(opens, closes, strict=True))
    return Stretch(
        first_year, last_year, _microseconds(midnight(begins, calendar)), _microseconds(midnight(ends, calendar)),
        opens, closes, [*accumulate(lengths, initial=0)], days, day_closes,
    )  # fmt: skip


def worked_spans(calendar: Calendar, day: Day) -> Iterator[tuple[datetime, datetime]]:
    """When a day is worked, in UTC; a slot that daylight saving skips whole is none."""
    for slot in day.slots:
        opens = reached(day.day, timedelta(minutes=slot.opens), calendar.tz)
        closes = reached(day.day, timedelta(minutes=slot.closes), calendar.tz)
        if opens < closes:
            yield opens, closes


def spans(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """Every part of every day from `start` to `end`, in order and without a gap."""
    day = start.astimezone(calendar.tz).date()
    while (reach := midnight(day, calendar)) < end:
        told, reach = day_of(calendar, day), max(reach, start)
        day += timedelta(days=1)
        stop = min(midnight(day, calendar), end)
        for opens, closes in worked_spans(calendar, told):
            if reach < min(opens, stop):
                yield Span(reach, min(opens, stop), told, worked=False)
            if max(reach, opens) < min(closes, stop):
                yield Span(max(reach, opens), min(closes, stop), told, worked=True)
            reach = max(reach, closes)
        if reach < stop:
            yield Span(reach, stop, told, worked=False)


def _stretch(calendar: Calendar, at: int) -> Stretch:
    """The known years around an instant. Raises CalendarEnds."""
    for stretch in calendar.stretches:
        if stretch.begins <= at < stretch.ends:
            return stretch
    raise calendar_ends(_instant(at).astimezone(calendar.tz).year)


def _worked(stretch: Stretch, at: int) -> int:
    """Working time from the beginning of the stretch to `at`."""
    slot = bisect_right(stretch.opens, at) - 1
    if slot < 0:
        return 0
    return stretch.before[slot] + min(at, stretch.closes[slot]) - stretch.opens[slot]


def run_off(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first instant when `amount` of working time has run off since `start`. Raises CalendarEnds.

    So a deadline that falls on a closing stays there and does not move to the next opening. A negative amount goes
    back, to the first instant from which that much was worked up to `start`; zero is `start` itself.
    Source: reference 4.3 rules 2 and 3; the edge is our choice, since nobody can work between closing and opening.
    """
    if not amount:
        return start.astimezone(UTC)
    at = _microseconds(start)
    stretch = _stretch(calendar, at)
    total = _worked(stretch, at) + _amount(amount)
    if total > stretch.before[-1]:
        raise calendar_ends(stretch.last_year + 1)
    if total <= 0:
        raise calendar_ends(stretch.first_year - 1)
    slot = bisect_left(stretch.before, total) - 1
    return _instant(stretch.opens[slot] + total - stretch.before[slot])


def worked(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`; negative when `end` is earlier. Raises CalendarEnds."""
    begin, stop = _microseconds(start), _microseconds(end)
    stretch = _stretch(calendar, begin)
    if stop > stretch.ends:
        raise calendar_ends(stretch.last_year + 1)
    if stop < stretch.begins:
        raise calendar_ends(stretch.first_year - 1)
    return timedelta(microseconds=_worked(stretch, stop) - _worked(stretch, begin))


def knows(calendar: Calendar, *instants: datetime) -> bool:
    """Are the days of all these instants known, and of those between?"""
    moments = [_microseconds(at) for at in instants]
    return any(
        stretch.begins <= min(moments) and max(moments) < stretch.ends for stretch in calendar.stretches
    )


def opening(calendar: Calendar, at: datetime) -> datetime:
    """`at` when the city works then, else when it next opens; where its days are not known, `at`."""
    moment = _microseconds(at)
    for stretch in calendar.stretches:
        if stretch.begins <= moment < stretch.ends:
            slot = bisect_right(stretch.closes, moment)  # the first slot that closes later
            return _instant(max(moment, stretch.opens[slot])) if slot < len(stretch.opens) else at
    return at


def close_of_day(calendar: Calendar, start: datetime, days: int) -> datetime:
    """When the last slot of the `days`-th working day after the day of `start` closes. Raises CalendarEnds.

    The day of `start` is not counted. Source: Civil Code art. 201.
    """
    stretch = _stretch(calendar, _microseconds(start))
    place = bisect_right(stretch.days, start.astimezone(calendar.tz).toordinal()) + days - 1
    if place >= len(stretch.days):
        raise calendar_ends(stretch.last_year + 1)
    return _instant(stretch.day_closes[place])
