"""Rankings (排名): who stands where, and under which load. Source: reference 5.6, 5.7.

Beside each rank stands what the unit had to bear. The load is the count that the formula's minimum names, the number of
cases on which the unit is judged, and its share of what all units had. The difficulty mix is how many of the cases that
should close were urgent, and how many difficult ones there were for each dispatched. The holiday exposure is the share
of handling deadlines that fell on days on which the city rests.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from casehub.deadlines.calendar import Calendar, day_of
from casehub.errors import Refusal
from casehub.rate import Rate
from casehub.rates.formula import Band, Formula, Minimum
from casehub.rates.scores import Score

#: What the difficulty mix is made of; the formula's minimum names one more. Source: our choice.
BESIDE = frozenset({"urgent_should_close", "should_close", "difficult", "dispatched"})
#: A bulletin prints the best five and the worst five. Source: reference 5.7 [B1].
_PRINTED = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit to be ranked; its counts hold those of `BESIDE` and of the formula's minimum.

    Without a score only one that is under the minimum: what people mark was not entered for it.
    """

    key: str
    score: Score | None
    counts: Mapping[str, int]
    holiday_exposure: Rate

    @property
    def total(self) -> Decimal | None:
        """The total of its score."""
        return None if self.score is None else self.score.total


@dataclass(frozen=True, slots=True)
class Burden:
    """What a unit had to bear, each with what it was made of."""

    load: int
    load_share: Rate
    urgent_share: Rate
    difficult_share: Rate
    holiday_exposure: Rate


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit in a ranking; those listed apart have no rank but a reason."""

    key: str
    rank: int | None
    total: Decimal | None
    grade: Band | None
    burden: Burden
    apart: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Units by rank, and those listed apart; `best` and `worst` are what a bulletin prints, and no unit is in both."""

    ranked: tuple[Standing, ...]
    apart: tuple[Standing, ...]
    best: tuple[Standing, ...]
    worst: tuple[Standing, ...]


def rank(formula: Formula, units: Sequence[Unit]) -> Ranking:
    """Rank units by their totals. Source: reference 5.6.

    Ties share a rank and the next is skipped; within a tie the order is that of the keys. Units under the minimum, or
    without a score, are listed apart by key.
    """
    everything = sum(unit.counts[formula.minimum.count] for unit in units)
    kept_apart = {unit.key: _apart(formula, unit) for unit in units}
    totals = sorted(unit.total for unit in units if unit.total is not None and kept_apart[unit.key] is None)
    standings = [
        Standing(
            unit.key,
            None if kept_apart[unit.key] else _rank(unit.total, totals),
            unit.total,
            None if unit.score is None else unit.score.grade,
            _burden(formula, unit, everything),
            kept_apart[unit.key],
        )
        for unit in sorted(units, key=lambda unit: unit.key)
    ]
    ranked = sorted((one for one in standings if one.rank is not None), key=lambda one: one.rank or 0)
    return Ranking(
        tuple(ranked), tuple(one for one in standings if one.rank is None), *_printed(ranked)
    )  # fmt: skip


def holiday_exposure(due_on: Mapping[date, int], calendar: Calendar) -> Rate:
    """Of so many deadlines on each day, those on days of rest; days of years without public holidays are left out."""
    worked = {day: day_of(calendar, day).working for day in due_on}
    known = sum(n for day, n in due_on.items() if worked[day] is not None)
    return Rate(sum(n for day, n in due_on.items() if worked[day] is False), known)


def reaches(minimum: Minimum, counts: Mapping[str, int]) -> bool:
    """Did a unit have enough to do to be ranked?"""
    return counts[minimum.count] >= minimum.at_least


def _rank(total: Decimal | None, ascending: Sequence[Decimal]) -> int | None:
    return None if total is None else 1 + len(ascending) - bisect_right(ascending, total)


def _apart(formula: Formula, unit: Unit) -> Refusal | None:
    count, at_least = formula.minimum.count, formula.minimum.at_least
    found = unit.counts[count]
    if not reaches(formula.minimum, unit.counts):
        return Refusal("too_few", f"{count} is {found}, under the minimum of {at_least}: listed apart", f"{count} 为 {found}，不足 {at_least}，单独列出", count)  # fmt: skip
    if unit.total is None:
        return Refusal("no_score", "nothing that is scored was to be done: listed apart", "无应办事项，不计分，单独列出")  # fmt: skip
    return None


def _burden(formula: Formula, unit: Unit, everything: int) -> Burden:
    counts = unit.counts
    load = counts[formula.minimum.count]
    return Burden(
        load,
        Rate(load, everything),
        urgent_share=Rate(counts["urgent_should_close"], counts["should_close"]),
        difficult_share=Rate(counts["difficult"], counts["dispatched"]),
        holiday_exposure=unit.holiday_exposure,
    )


def _printed(ranked: Sequence[Standing]) -> tuple[tuple[Standing, ...], tuple[Standing, ...]]:
    """Five at either end, and whoever is tied with the fifth; in a short list the best come first."""
    last_best = {one.rank for one in ranked[:_PRINTED]}
    first_worst = {one.rank for one in ranked[-_PRINTED:]}
    best = tuple(one for one in ranked if one.rank in last_best)
    return best, tuple(one for one in ranked if one.rank in first_worst - last_best)
