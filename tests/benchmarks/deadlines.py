"""Deadlines a second in one process, beside the same ones counted by a package for business time.

    .venv/bin/python tests/benchmarks/deadlines.py

The package is workclock: its core is compiled, and it succeeds the well-known businesstimedelta. Weekends, holidays and
shifted workdays reach it as one list of days off, lunch as a break; each of its deadlines must equal ours.
"""

import time as stopwatch
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import workclock

from casehub.deadlines.calendar import Calendar, WorkDay, day_of
from casehub.deadlines.limits import Limit, Unit, deadline

#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]
COUNT = 100_000
BEGIN, END = date(2023, 1, 1), date(2026, 12, 31)
GOAL = 200_000


def cases(units: list[Unit], tz: object) -> list[tuple[Limit, datetime]]:
    """Limits as cities have them (reference 4.9) from random instants on, by the city's clock or in UTC."""
    dice, first = Random(7), datetime(2023, 1, 2, tzinfo=UTC)
    starts = (
        (first + timedelta(microseconds=dice.randrange(3 * 365 * 86_400 * 10**6))).astimezone(tz)
        for _ in range(COUNT)
    )
    return [(Limit(dice.choice([1, 2, 4, 5, 7, 15, 20]), dice.choice(units)), start) for start in starts]


def rate(count: Callable[[], object]) -> float:
    """Deadlines a second, the best of three rounds."""
    times = []
    for _ in range(3):
        start = stopwatch.perf_counter()
        count()
        times.append(stopwatch.perf_counter() - start)
    return COUNT / min(times)


def other_schedule(calendar: Calendar) -> workclock.Schedule:
    """The same working time, as workclock has it."""
    days = (BEGIN + timedelta(days=place) for place in range((END - BEGIN).days + 1))
    off = [day for day in days if not day_of(calendar, day).working]
    rules = [
        workclock.WorkDay(time(8), time(18), range(7)),
        workclock.Break(time(12), time(14), range(7)),
        workclock.Holidays(off),
    ]
    return workclock.Schedule(rules, time_zone=calendar.tz)


def deadlines() -> list[Row]:
    """Every figure."""
    calendar, to_the_close = Calendar(), Calendar(work_day=WorkDay.END_OF_DAY)
    start = stopwatch.perf_counter()
    assert calendar.stretches
    compiled_ms = (stopwatch.perf_counter() - start) * 1000
    assert to_the_close.stretches
    mixed, working = cases([*Unit], UTC), cases([Unit.WORK_HOUR, Unit.WORK_DAY], UTC)
    local, days = cases([*Unit], calendar.tz), cases([Unit.WORK_DAY], UTC)
    schedule, eight = other_schedule(calendar), {Unit.WORK_HOUR: 1, Unit.WORK_DAY: 8}
    lengths = [(at, timedelta(hours=limit.amount * eight[limit.unit])) for limit, at in working]
    for (limit, at), (_, length) in zip(working, lengths, strict=True):
        assert deadline(limit, at, calendar) == schedule.add(at, length), (limit, at)
    return [
        ("deadlines, every unit", rate(lambda: [deadline(limit, at, calendar) for limit, at in mixed]), "/s", GOAL, None),
        ("  from local times", rate(lambda: [deadline(limit, at, calendar) for limit, at in local]), "/s", GOAL, None),
        ("  closings of work days", rate(lambda: [deadline(limit, at, to_the_close) for limit, at in days]), "/s", GOAL, None),
        ("  working limits", rate(lambda: [deadline(limit, at, calendar) for limit, at in working]), "/s", GOAL, None),
        ("  the same by workclock", rate(lambda: [schedule.add(at, length) for at, length in lengths]), "/s", None, None),
        ("  compiling a calendar", compiled_ms, "ms", None, None),
    ]  # fmt: skip


if __name__ == "__main__":
    for name, figure, unit, goal, _ in deadlines():
        print(f"{name:28} {figure:12,.1f} {unit:3}" + (f"  goal {goal:,}" if goal else ""))
