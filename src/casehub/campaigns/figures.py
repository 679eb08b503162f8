"""What a campaign has come to: pure functions of item rows. Source: reference 7, measuring; 5.2, 5.4."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import Any, NamedTuple

from casehub.rate import Rate
from casehub.rates.answers import rate_out

#: First day of age of each band after the youngest one: up to 30, 31 to 90, 91 to 180, more. Source: reference 7, residual.
EDGES = (31, 91, 181)
BANDS = ("to_30", "31_to_90", "91_to_180", "over_180")
#: What stands in the way of an open item. Source: reference 7, residual.
REASONS = ("unclear_owner", "no_funds", "engineering", "season", "refusal")
#: States that a case ends in because the problem is gone. Source: reference 2.3.
SOLVED = frozenset({"closed", "self_handled"})
#: States of a new case that turned out to be none, so that nothing has come back.
NO_CASE = frozenset({"voided", "merged", "not_accepted", "not_filed"})


class Outcome(StrEnum):
    """What has become of an item."""

    OPEN = "open"
    SUSPENDED = "suspended"  # parked, and still open
    FAILED = "failed"  # closed, but a recheck says otherwise: open again
    CLEARED = "cleared"
    VOIDED = "voided"
    PASSED_ON = "passed_on"  # merged, transferred, not filed


#: Still to be cleared.
RESIDUAL = frozenset({Outcome.OPEN, Outcome.SUSPENDED, Outcome.FAILED})


class Item(NamedTuple):
    """An item, or `n` items that are alike; fewer than none are taken back. Bands are places in BANDS: at the freeze, and today."""

    unit: str | None
    state: str
    ended_on: date | None
    checked: bool
    overdue: bool
    band_before: int
    band_now: int
    reason: str | None
    due_on: date | None
    written_off: bool
    recheck_result: str | None
    rebound: bool
    n: int = 1


class Recheck(NamedTuple):
    """So many rechecks of a unit with this result."""

    unit: str | None
    result: str
    n: int


#: What figures are made of.
Rows = tuple[list[Item], list[Recheck]]


def band(age_days: int) -> int:
    """The place in BANDS of an age in days."""
    return bisect_right(EDGES, age_days)


def outcome_of(state: str, recheck_result: str | None, *, ended: bool) -> Outcome:
    """What has become of an item whose case is in that state; a failed recheck opens it, whatever its case says."""
    if not ended:
        return Outcome.SUSPENDED if state == "suspended" else Outcome.OPEN
    if state in SOLVED:
        return Outcome.FAILED if recheck_result == "fail" else Outcome.CLEARED
    return Outcome.VOIDED if state == "voided" else Outcome.PASSED_ON


def outcome(item: Item) -> Outcome:
    """What has become of it."""
    return outcome_of(item.state, item.recheck_result, ended=item.ended_on is not None)


def counts_as_due(item: Item, today: date) -> bool:
    """Does it belong to the plan by now: cleared, or its day is over? A day is kept to its end. Source: reference 5.2."""
    return item.due_on is not None and (outcome(item) is Outcome.CLEARED or item.due_on < today)


def on_plan(item: Item) -> bool:
    """Cleared on its day or before."""
    ended, due = item.ended_on, item.due_on
    return outcome(item) is Outcome.CLEARED and ended is not None and due is not None and ended <= due


#: How many items are so, by name; what has become of them is counted by its own name.
_COUNTED: Mapping[str, Callable[[Item, Outcome, date], bool]] = {
    "items": lambda _item, _became, _today: True,
    "residual": lambda _, became, __: became in RESIDUAL,
    # Of a reopened case the old proof no longer holds.
    "written_off": lambda item, became, _: became is Outcome.CLEARED and item.written_off,
    "due": lambda item, _, today: counts_as_due(item, today),
    "on_plan": lambda item, _, __: on_plan(item),
    "rebound": lambda item, became, _: became is Outcome.CLEARED and item.rebound,
    "without_check": lambda item, became, _: became is Outcome.CLEARED and not item.checked,
    "overdue_before": lambda item, _, __: item.overdue,
    # Closed now, and as late as it was: closing an old case never makes it on time.
    "cleared_overdue": lambda item, became, _: became is Outcome.CLEARED and item.overdue,
}
#: Counts that are told as they are.
TOLD = (
    "items", "residual", *(one.value for one in Outcome), "written_off", "due", "overdue_before", "cleared_overdue",
)  # fmt: skip
#: Rates over two of the counts.
RATES = {
    "cleared_rate": ("cleared", "items"),
    "write_off_rate": ("written_off", "items"),
    "on_plan_rate": ("on_plan", "due"),
    "recheck_pass_rate": ("recheck_passed", "rechecked"),
    "rebound_rate": ("rebound", "cleared"),
    "without_check_rate": ("without_check", "cleared"),
}


@dataclass
class Tally:
    """Counts of some items: by name, and of the age and the obstacle of those that are open. All grow with `n`."""

    counts: Counter[str] = field(default_factory=Counter)
    before: Counter[int] = field(default_factory=Counter)
    now: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Tally":
        """The counts behind what was told."""
        counts = Counter({name: told[name] for name in TOLD})
        for name, (above, below) in RATES.items():
            counts[above], counts[below] = told[name]["numerator"], told[name]["denominator"]
        before, now = (
            Counter({n: told["ages"][name][which] for n, name in enumerate(BANDS)})
            for which in ("before", "now")
        )
        return cls(counts, before, now, Counter(told["reasons"]))

    def take(self, item: Item, today: date) -> None:
        """Count it."""
        became = outcome(item)
        self.counts[became.value] += item.n
        for name, holds in _COUNTED.items():
            if holds(item, became, today):
                self.counts[name] += item.n
        self.before[item.band_before] += item.n
        if became in RESIDUAL:
            self.now[item.band_now] += item.n
            self.reasons[item.reason or "not_said"] += item.n

    def take_recheck(self, one: Recheck) -> None:
        """Count rechecks."""
        self.counts["rechecked"] += one.n
        self.counts["recheck_passed"] += one.n if one.result == "pass" else 0

    def add(self, other: "Tally") -> None:
        """Count what another one counted."""
        for one in fields(self):
            getattr(self, one.name).update(getattr(other, one.name))

    def rate(self, name: str) -> Rate:
        """A rate by name."""
        above, below = RATES[name]
        return Rate(self.counts[above], self.counts[below])

    def told(self) -> dict[str, Any]:
        """As it is kept and sent; ages before and after stand side by side."""
        return {
            **{name: self.counts[name] for name in TOLD},
            **{name: rate_out(self.rate(name)) for name in RATES},
            "ages": {name: {"before": self.before[n], "now": self.now[n]} for n, name in enumerate(BANDS)},
            "reasons": {name: self.reasons[name] for name in (*REASONS, "not_said")},
        }


def tallies(
    items: Iterable[Item], rechecks: Iterable[Recheck], today: date, kept: Iterable[Mapping[str, Any]] = ()
) -> dict[str | None, Tally]:
    """The counts of each unit, on top of those that were told before."""
    units = {one["unit"]: Tally.of(one) for one in kept}
    for item in items:
        units.setdefault(item.unit, Tally()).take(item, today)
    for one in rechecks:
        units.setdefault(one.unit, Tally()).take_recheck(one)
    return units


def ranking(units: Mapping[str | None, Tally]) -> list[tuple[int, str | None]]:
    """Units with their places: the most cleared first, among equals who has fewer left; equal in both share a place."""

    def key(unit: str | None) -> tuple[float, int]:
        return -(units[unit].rate("cleared_rate").value or 0), units[unit].counts["residual"]

    ordered = sorted(units, key=lambda unit: (*key(unit), unit or ""))
    places: list[tuple[int, str | None]] = []
    for number, unit in enumerate(ordered, 1):
        same = bool(places) and key(unit) == key(places[-1][1])
        places.append((places[-1][0] if same else number, unit))
    return places


def burn_down(items: Iterable[Item], first: date, last: date) -> list[tuple[date, int, int, int]]:
    """Each day from `first` to `last`: (day, left at its end, cleared by then, ended otherwise by then).

    By the day on which a case ended; what a recheck opened again is left.
    """
    cleared, otherwise, n = Counter[date](), Counter[date](), 0
    for item in items:
        n += item.n
        if item.ended_on is not None and (became := outcome(item)) not in RESIDUAL:
            # A clock set back may have closed it the day before: that was on the first day, for the list.
            (cleared if became is Outcome.CLEARED else otherwise)[max(item.ended_on, first)] += item.n
    told, out, away = [], 0, 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        out, away = out + cleared[day], away + otherwise[day]
        told.append((day, n - out - away, out, away))
    return told


#: Figures of no items at all.
NOTHING: Mapping[str, Any] = {
    "units": (),
    "burn_down": {"left": (), "cleared": (), "ended_otherwise": (), "units": ()},
}


def figures(
    items: Sequence[Item], rechecks: Sequence[Recheck], *, frozen_on: date, today: date, kept: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:  # fmt: skip
    """All of it, as it is kept and sent; with `kept` figures of the same day, from the `changes` since."""
    units, total = tallies(items, rechecks, today, kept["units"]), Tally()
    for one in units.values():
        total.add(one)
    return {
        "total": total.told(),
        "units": [{"rank": place, "unit": unit, **units[unit].told()} for place, unit in ranking(units)],
        "burn_down": _courses(items, frozen_on, max(today, frozen_on), kept["burn_down"]),
    }


def changes(before: Rows, after: Rows) -> Rows:
    """What has changed between two counts of the same items: all that was is taken back."""
    gone = [one._replace(n=-one.n) for one in before[0]]
    unsaid = [one._replace(n=-one.n) for one in before[1]]
    return [*gone, *after[0]], [*unsaid, *after[1]]


def _courses(items: Sequence[Item], first: date, last: date, kept: Mapping[str, Any]) -> dict[str, Any]:
    by_unit: dict[str | None, list[Item]] = {}
    for item in items:
        by_unit.setdefault(item.unit, []).append(item)
    lefts = {one["unit"]: one["left"] for one in kept["units"]}
    for unit, those in by_unit.items():
        lefts[unit] = _sum(lefts.get(unit, ()), (left for _, left, _, _ in burn_down(those, first, last)))
    course = burn_down(items, first, last)
    return {
        "days": [day.isoformat() for day, *_ in course],
        "left": _sum(kept["left"], (left for _, left, _, _ in course)),
        "cleared": _sum(kept["cleared"], (out for _, _, out, _ in course)),
        "ended_otherwise": _sum(kept["ended_otherwise"], (away for *_, away in course)),
        "units": [{"unit": unit, "left": lefts[unit]} for unit in sorted(lefts, key=lambda unit: unit or "")],
    }


def _sum(kept: Iterable[int], change: Iterable[int]) -> list[int]:
    """Day by day; what was kept has as many days, or none."""
    return [one + more for one, more in zip_longest(kept, change, fillvalue=0)]
