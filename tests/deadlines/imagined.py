"""Imagined calendars, and an oracle that walks through time minute by minute and knows nothing of tables."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from casehub.deadlines.calendar import ALWAYS, Calendar, Hours, Override, Slot, WorkDay

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

#: Reference 4.3: (days off, shifted workdays) of each year, as published by the State Council.
PUBLISHED = {
    2023: ("1/1-1/2 1/21-1/27 4/5 4/29-5/3 6/22-6/24 9/29-10/6", "1/28 1/29 4/23 5/6 6/25 10/7 10/8"),
    2024: ("1/1 2/10-2/17 4/4-4/6 5/1-5/5 6/10 9/15-9/17 10/1-10/7", "2/4 2/18 4/7 4/28 5/11 9/14 9/29 10/12"),
    2025: ("1/1 1/28-2/4 4/4-4/6 5/1-5/5 5/31-6/2 10/1-10/8", "1/26 2/8 4/27 9/28 10/11"),
    2026: ("1/1-1/3 2/15-2/23 4/4-4/6 5/1-5/5 6/19-6/21 9/25-9/27 10/1-10/7", "1/4 2/14 2/28 5/9 9/20 10/10"),
}  # fmt: skip


def days_of(year: int, text: str) -> Iterator[date]:
    """The days of `1/1-1/3 4/5`."""
    for part in text.split():
        first, _, last = part.partition("-")
        day, end = (date(year, *map(int, one.split("/"))) for one in (first, last or first))
        while day <= end:
            yield day
            day += DAY


OFF = {day for year, (off, _) in PUBLISHED.items() for day in days_of(year, off)}
SHIFTED = {day for year, (_, shifted) in PUBLISHED.items() for day in days_of(year, shifted)}


def is_worked(calendar: Calendar, day: date) -> bool:
    """Is a day of 2023 to 2026 worked?"""
    for one in calendar.overrides:
        if one.day == day:
            return one.working
    return day in SHIFTED or (day.weekday() < 5 and day not in OFF)


def is_open(calendar: Calendar, day: date, minute: int) -> bool:
    """Is the city at work when its clock has shown this minute of this day?"""
    if not is_worked(calendar, day):
        return False
    (hours,) = (h for h in calendar.hours if h.valid_from <= day <= (h.valid_to or date.max))
    return any(slot.opens <= minute < slot.closes for slot in hours.slots)


def minutes(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Each minute from that of `start` on, and whether it is worked. A clock set back shows no time anew."""
    zone, latest = ZoneInfo(calendar.zone), datetime.min
    at = start.astimezone(UTC).replace(second=0, microsecond=0) - 180 * MINUTE
    while True:
        latest = max(latest, at.astimezone(zone).replace(tzinfo=None))
        if at + MINUTE > start:
            yield at, is_open(calendar, latest.date(), 60 * latest.hour + latest.minute)
        at += MINUTE


def walked(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """When `amount` of working time has run off: the first instant, walking."""
    for minute, at_work in minutes(calendar, start):
        begin = max(minute, start)
        if at_work and amount <= minute + MINUTE - begin:
            return begin + amount
        amount -= minute + MINUTE - begin if at_work else timedelta(0)
    raise AssertionError


def counted(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time between two instants, walking."""
    total = timedelta(0)
    for minute, at_work in minutes(calendar, start):
        if minute >= end:
            return total
        total += min(minute + MINUTE, end) - max(minute, start) if at_work else timedelta(0)
    raise AssertionError


@st.composite
def slots(draw: st.DrawFn) -> tuple[Slot, ...]:
    """One to four slots of an hour or more, at odd minutes, touching now and then, to midnight now and then."""
    marks = draw(st.lists(st.integers(0, 24), min_size=2, max_size=8, unique=True).map(sorted))
    odd = draw(st.sampled_from([0, 1, 17, 59]))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    if draw(st.booleans()):
        pairs = list(pairwise(marks))[:3]
    return tuple(Slot(60 * a + (odd if b - a > 1 else 0), 60 * b) for a, b in pairs)


@st.composite
def calendars(
    draw: st.DrawFn, around: date, zone: str = "Asia/Shanghai", work_day: WorkDay = WorkDay.EIGHT_HOURS
) -> Calendar:
    """A calendar with hours that change near a day, and overrides there."""
    turns = sorted(draw(st.sets(st.integers(-3, 20), max_size=2)))
    begins = [ALWAYS, *(around + turn * DAY for turn in turns)]
    ends = [*(begin - DAY for begin in begins[1:]), None]
    hours = tuple(Hours(begin, end, draw(slots())) for begin, end in zip(begins, ends, strict=True))
    said = draw(st.dictionaries(st.integers(-3, 20), st.booleans(), max_size=5))
    overrides = tuple(Override(around + turn * DAY, working, "x") for turn, working in sorted(said.items()))
    return Calendar(1, zone, hours, overrides, (), work_day)


def starts(around: date, zone: str = "Asia/Shanghai") -> st.SearchStrategy[datetime]:
    """Instants near a day, on the hour or to the microsecond."""
    begin = datetime.combine(around, time(), ZoneInfo(zone)).astimezone(UTC)
    exact = st.integers(0, 5 * 24).map(lambda hours: begin + timedelta(hours=hours))
    odd = st.integers(0, 5 * 86_400 * 10**6).map(lambda micro: begin + timedelta(microseconds=micro))
    return exact | odd


#: Weeks with holidays, shifted workdays, both together, and none.
WEEKS = st.sampled_from([
    date(2023, 6, 9), date(2023, 9, 27), date(2024, 2, 3), date(2024, 4, 26), date(2024, 9, 13), date(2025, 1, 24),
    date(2026, 2, 12), date(2026, 9, 18),
])  # fmt: skip
#: Weeks in which the clocks of a zone leap or are set back; that of Lord Howe by half an hour, that of São Paulo at midnight.
LEAPS = st.sampled_from([
    ("America/New_York", date(2024, 3, 8)), ("America/New_York", date(2024, 11, 1)), ("Europe/Berlin", date(2025, 3, 28)),
    ("Europe/Berlin", date(2025, 10, 25)), ("Australia/Lord_Howe", date(2024, 10, 4)), ("Australia/Lord_Howe", date(2024, 4, 5)),
    ("Africa/Cairo", date(2024, 4, 24)), ("Asia/Beirut", date(2024, 3, 29)), ("Asia/Beirut", date(2024, 10, 25)),
])  # fmt: skip
AMOUNTS = st.integers(1, 12).map(lambda hours: timedelta(hours=hours)) | st.integers(
    1, 12 * 3600 * 10**6
).map(lambda micro: timedelta(microseconds=micro))
