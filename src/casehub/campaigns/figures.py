"""What a campaign has come to: pure functions of item rows. Source: reference 7, measuring; 5.2, 5.4."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
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
    """An item, or `n` items that are alike. Bands are places in BANDS: at the freeze, and today."""

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


def band(age_days: int) -> int:
    """The place in BANDS of an age in days."""
    return bisect_right(EDGES, age_days)


def outcome(item: Item) -> Outcome:
    """What has become of it; a failed recheck opens it, whatever its case says."""
    if item.ended_on is None:
        return Outcome.SUSPENDED if item.state == "suspended" else Outcome.OPEN
    if item.state in SOLVED:
        return Outcome.FAILED if item.recheck_result == "fail" else Outcome.CLEARED
    return Outcome.VOIDED if item.state == "voided" else Outcome.PASSED_ON


def counts_as_due(item: Item, today: date) -> bool:
    """Does it belong to the plan by now: cleared, or its day is over? A day is kept to its end. Source: reference 5.2."""
    return item.due_on is not None and (outcome(item) is Outcome.CLEARED or item.due_on < today)


def on_plan(item: Item) -> bool:
    """Cleared on its day or before."""
    ended, due = item.ended_on, item.due_on
    return outcome(item) is Outcome.CLEARED and ended is not None and due is not None and ended <= due


#: How many items are so, by name.
_COUNTED: Mapping[str, Callable[[Item, date], bool]] = {
    **{one.value: lambda item, _, one=one: outcome(item) is one for one in Outcome},  # type: ignore[misc]
    "items": lambda _item, _today: True,
    "residual": lambda item, _: outcome(item) in RESIDUAL,
    # Of a reopened case the old proof no longer holds.
    "written_off": lambda item, _: outcome(item) is Outcome.CLEARED and item.written_off,
    "due": counts_as_due,
    "on_plan": lambda item, _: on_plan(item),
    "rebound": lambda item, _: outcome(item) is Outcome.CLEARED and item.rebound,
    "without_check": lambda item, _: outcome(item) is Outcome.CLEARED and not item.checked,
    "overdue_before": lambda item, _: item.overdue,
    # Closed now, and as late as it was: closing an old case never makes it on time.
    "cleared_overdue": lambda item, _: outcome(item) is Outcome.CLEARED and item.overdue,
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
    """Counts of some items: by name, and of the age and the obstacle of those that are open."""

    counts: Counter[str] = field(default_factory=Counter)
    before: Counter[int] = field(default_factory=Counter)
    now: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def take(self, item: Item, today: date) -> None:
        """Count it."""
        self.counts.update({name: item.n for name, holds in _COUNTED.items() if holds(item, today)})
        self.before[item.band_before] += item.n
        if outcome(item) in RESIDUAL:
            self.now[item.band_now] += item.n
            self.reasons[item.reason or "not_said"] += item.n

    def take_recheck(self, one: Recheck) -> None:
        """Count rechecks."""
        self.counts["rechecked"] += one.n
        self.counts["recheck_passed"] += one.n if one.result == "pass" else 0

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
    items: Iterable[Item], rechecks: Iterable[Recheck], today: date
) -> tuple[Tally, dict[str | None, Tally]]:
    """The counts of all, and of each unit."""
    total, units = Tally(), dict[str | None, Tally]()
    for item in items:
        total.take(item, today)
        units.setdefault(item.unit, Tally()).take(item, today)
    for one in rechecks:
        total.take_recheck(one)
        units.setdefault(one.unit, Tally()).take_recheck(one)
    return total, units


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


def figures(
    items: Sequence[Item], rechecks: Sequence[Recheck], *, frozen_on: date, today: date
) -> dict[str, Any]:
    """All of it, as it is kept and sent."""
    total, units = tallies(items, rechecks, today)
    by_unit: dict[str | None, list[Item]] = {}
    for item in items:
        by_unit.setdefault(item.unit, []).append(item)
    course = burn_down(items, frozen_on, max(today, frozen_on))
    return {
        "total": total.told(),
        "units": [{"rank": place, "unit": unit, **units[unit].told()} for place, unit in ranking(units)],
        "burn_down": {
            "days": [day.isoformat() for day, *_ in course],
            "left": [left for _, left, _, _ in course],
            "cleared": [out for _, _, out, _ in course],
            "ended_otherwise": [away for *_, away in course],
            "units": [
                {"unit": unit, "left": [row[1] for row in burn_down(those, frozen_on, max(today, frozen_on))]}
                for unit, those in sorted(by_unit.items(), key=lambda one: one[0] or "")
            ],
        },
    }
