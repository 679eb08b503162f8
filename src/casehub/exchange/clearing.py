"""The scene of a clearing (案件清零): what lies at four units that stood still, and what becomes of each case. No I/O.

How many, and what happens: reference 0.4, S0a (3,966 difficult cases; over 3,600 closed on the platforms of four units)
and S0d (6 rounds of supervision, 600 cases). Names, places and days are invented.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from random import Random
from typing import Any

from casehub.cases.duplicates import metres
from casehub.deadlines.calendar import Calendar, day_of
from casehub.exchange.showcase import CORNER, MATTERS, WIDE, Matter, spot


class End(StrEnum):
    """What becomes of a case while the campaign runs."""

    CLOSED = "closed"
    FAILED_ONCE = "failed_once"  # its first check fails; closed all the same
    VOIDED = "voided"
    SUSPENDED = "suspended"
    OPEN = "open"


#: How many cases end how. Source: the sum and over 3,600 closed, reference 0.4, S0a; the rest is ours.
ENDS = {End.CLOSED: 3460, End.FAILED_ONCE: 182, End.VOIDED: 41, End.SUSPENDED: 58, End.OPEN: 225}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that stood still, with how many cases; how it answers letters, round by round, the last way from then on."""

    code: str
    name: str
    kind: str
    cases: int
    answers: tuple[str, ...]


#: prompt: answered in time, with photos. rejected: answered with a promise, rejected, answered anew. late: answered after
#: its day, when the next letter is drafted already. silent: not answered; the next letter of the ladder goes out.
UNITS = (
    Unit("clear_energy", "示例能源集团", "firm", 1486, ("prompt",)),
    Unit("clear_cable", "示例有线公司", "utility", 1022, ("rejected", "rejected", "prompt")),
    Unit("clear_estate", "示例城投公司", "firm", 806, ("late", "late", "prompt")),
    Unit("clear_squad", "示例执法二大队", "squad", 652, ("silent", "silent", "rejected", "prompt")),
)
CASES = sum(one.cases for one in UNITS)
#: Rounds of supervision, and cases of each: as many of every unit. Source: reference 0.4, S0d.
ROUNDS, OF_ROUND = 6, 100
#: Weeks in which the cases were reported; so many weeks later nobody has dealt with them, and they are called difficult.
WEEKS, DIFFICULT_AFTER = 50, 5
#: Working days that the plan of a supervised case gives.
PLAN_DAYS = 5
#: What stands in the way of what stays open, in turn. Source: reference 7, residual.
OBSTACLES = ("unclear_owner", "no_funds", "engineering", "season", "refusal")
#: Fresh reports for these units on each working day; every fourth where a case of the list was closed.
NEWCOMERS = 3
#: Of the items that are crossed off every third is looked at again, and every twelfth of those fails.
RECHECKED, FAILS = 3, 12


@dataclass(slots=True)
class Lot:
    """A case of the scene: what, where, whose, since which week, and what becomes of it on which working day."""

    unit: Unit
    matter: Matter
    point: tuple[float, float]
    week: int
    end: End
    done_on: int  # of the working days of the campaign; that of its first check where that fails
    obstacle: str | None
    case_id: int = 0
    case_no: str = ""
    closed_at: datetime | None = None
    round: int | None = None
    planned_for: int | None = None

    @property
    def address(self) -> str:
        """A house every ten metres or so."""
        return f"示例路 {round((self.point[0] - CORNER[0] + WIDE / 2) * 10_000) + 1} 号"

    @property
    def on_plan(self) -> bool:
        """Is it closed by the working day that its plan names?"""
        return self.planned_for is not None and self.closes and self.closes_on <= self.planned_for

    @property
    def closes(self) -> bool:
        """Is it closed in the end?"""
        return self.end in {End.CLOSED, End.FAILED_ONCE}

    @property
    def closes_on(self) -> int:
        """On which working day it is closed, if it is: what fails its check is done again the next day."""
        return self.done_on + (self.end is End.FAILED_ONCE)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The month of the campaign and its working days; `rounds` are numbers of working days, from 0."""

    first: date
    end: date  # the day after the last
    working: tuple[date, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the month."""
        return tuple(self.first + timedelta(days=number) for number in range((self.end - self.first).days))

    @property
    def rounds(self) -> tuple[int, ...]:
        """When rounds of supervision begin: the last leaves six working days for what follows on it."""
        last = len(self.working) - 8
        return tuple(1 + number * last // (ROUNDS - 1) for number in range(ROUNDS))

    @property
    def weeks(self) -> tuple[date, ...]:
        """A day of each week before, until the last cases are difficult."""
        return tuple(
            self.first - timedelta(weeks=1 + number) for number in reversed(range(WEEKS + DIFFICULT_AFTER))
        )


def timetable(calendar: Calendar, today: date) -> Timetable:
    """The last month that was over yesterday, and from whose end on the calendar is known for some weeks."""
    end = (today - timedelta(days=1)).replace(day=1)
    while (end + timedelta(days=40)).year not in calendar.known:
        end = (end - timedelta(days=1)).replace(day=1)
    first = (end - timedelta(days=1)).replace(day=1)
    days = (first + timedelta(days=number) for number in range((end - first).days))
    return Timetable(first, end, tuple(day for day in days if day_of(calendar, day).working))


def lots(seed: int, plan: Timetable) -> list[Lot]:
    """All cases of the list, in the order in which they are reported."""
    rng = Random(seed)  # noqa: S311 - the same scene again
    ends = [end for end, count in ENDS.items() for _ in range(count)]
    rng.shuffle(ends)
    units = chain.from_iterable([one] * one.cases for one in UNITS)
    days = len(plan.working)
    told = []
    for number, (unit, end) in enumerate(zip(units, ends, strict=True)):
        # Slow to begin with; what fails its first check needs a day more, and a suspension one to be asked for.
        done_on = min(2 + int((days - 3) * rng.random() ** 0.8), days - 2)
        told.append(Lot(
            unit, rng.choice(MATTERS), _place(rng), min(int(WEEKS * rng.random() ** 0.7), WEEKS - 1), end, done_on,
            OBSTACLES[number % len(OBSTACLES)] if end in {End.OPEN, End.SUSPENDED} else None,
        ))  # fmt: skip
    return sorted(told, key=lambda one: one.week)


def _place(rng: Random) -> tuple[float, float]:
    lon, lat = spot(rng.randrange(64))
    return round(lon + rng.uniform(-0.0018, 0.0018), 6), round(lat + rng.uniform(-0.0013, 0.0013), 6)


def supervised(found: Sequence[Lot], number: int, day: int) -> list[Lot]:
    """The cases of a round: of each unit those that lie longest, and that the unit will need some days for."""
    chosen = []
    for unit in UNITS:
        waiting = [
            one
            for one in found
            if one.unit is unit
            and one.round is None
            and (one.end is End.OPEN or (one.closes and one.done_on > day))
        ]
        chosen += waiting[: OF_ROUND // len(UNITS)]
    for one in chosen:
        one.round = number
    return chosen


def newcomers(
    rng: Random, found: Sequence[Lot], day: int
) -> Iterator[tuple[Unit, Matter, tuple[float, float]]]:
    """What is reported for these units on a working day, some of it where something was closed the day before."""
    closed = [one for one in found if one.end is End.CLOSED and one.done_on < day]
    for number in range(NEWCOMERS):
        if closed and (day * NEWCOMERS + number) % 4 == 0:
            again = rng.choice(closed)
            yield again.unit, again.matter, again.point
        else:
            yield rng.choice(UNITS), rng.choice(MATTERS), _place(rng)


def came_back(
    found: Sequence[Lot],
    fresh: Sequence[tuple[Matter, tuple[float, float], datetime]],
    within: timedelta,
    near: float,
) -> set[str]:
    """The cases that were closed, and at whose place the same was reported again: each against each."""
    return {
        one.case_no
        for one in found
        for matter, point, at in fresh
        if one.closed_at is not None
        and one.matter is matter
        and timedelta(0) < at - one.closed_at <= within
        and metres(one.point, point) <= near
    }


def ladder_of(example: Mapping[str, Any]) -> dict[str, Any]:
    """The ladder of this city: the example, but that people begin official letters; what is unanswered goes up by itself."""
    steps = {
        name: {key: value for key, value in step.items() if key != "triggers" or step.get("automatic")}
        for name, step in example["steps"].items()
    }
    return {**example, "steps": steps}
