"""What letters have come to in a period: pure counts of facts, each with the address of the letters behind it.

A letter counts once in each figure, however often it happened to it. Source: reference 6.1, 6.4.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlencode


class Happening(StrEnum):
    """What may happen to a letter, as its events tell it."""

    SENT = "sent"  # by hand, or by the watch
    ANSWERED_ON_TIME = "answered_on_time"
    ANSWERED_LATE = "answered_late"
    REJECTED = "rejected"
    ESCALATED = "escalated"
    WITHDRAWN = "withdrawn"  # after it was sent


#: No reply by its due date, as things stood at the end of the period. Source: reference 6.4.
UNANSWERED = "unanswered"
#: In a round by the end of the period, whatever became of it.
DRAFTED = "drafted"
FIGURES = (*(one.value for one in Happening), UNANSWERED)


class Fact(NamedTuple):
    """So many letters of a step to a unit, about so many cases, of which the same is to be told."""

    what: str
    step: str
    unit: str
    round_id: int | None
    letters: int
    cases: int


class Period(NamedTuple):
    """From `first` up to but not with `end`."""

    first: datetime
    end: datetime


def figures(facts: Iterable[Fact], period: Period) -> dict[str, Any]:
    """All of it: in total, by steps, by units (who answers least stands first), and by rounds."""
    facts = [*facts]
    steps = _rows(facts, "step", "step", period)
    units = _rows(facts, "unit", "to_unit", period)
    units.sort(key=lambda row: [-row["counts"][name]["value"] for name in (UNANSWERED, Happening.ESCALATED)])
    return {
        "total": {"counts": _counts(facts, {}, period)}, "steps": steps, "units": units,
        "rounds": [_round(facts, one, period) for one in sorted({one.round_id for one in facts if one.what == DRAFTED and one.round_id})],
    }  # fmt: skip


def _rows(facts: list[Fact], field: str, said: str, period: Period) -> list[dict[str, Any]]:
    """A row for each value of a field of which there is something to tell."""
    codes = sorted({getattr(one, field) for one in facts if one.what in FIGURES})
    return [
        {
            "code": code,
            "counts": _counts([one for one in facts if getattr(one, field) == code], {said: code}, period),
        }
        for code in codes
    ]


def _counts(facts: Iterable[Fact], said: Mapping[str, str], period: Period) -> dict[str, Any]:
    counted = Counter[str]()
    for one in facts:
        counted[one.what] += one.letters
    return {name: {"value": counted[name], "letters": _address(name, said, period)} for name in FIGURES}


def _address(name: str, said: Mapping[str, str], period: Period) -> str:
    first, end = (one.isoformat() for one in period)
    happened = {"happened": name, "happened_from": first, "happened_to": end}
    asked = {"unanswered_at": end} if name == UNANSWERED else happened
    return f"/v1/letters?{urlencode({**asked, **said})}"


def _round(facts: Iterable[Fact], round_id: int, period: Period) -> dict[str, Any]:
    of_it = [one for one in facts if one.round_id == round_id]
    drafted = [one for one in of_it if one.what == DRAFTED]
    behind = urlencode({"round_id": round_id, "to": period.end.isoformat()})
    letters = {"value": sum(one.letters for one in drafted), "letters": f"/v1/letters?{behind}"}
    counts = {DRAFTED: letters, **_counts(of_it, {"round_id": str(round_id)}, period)}
    return {"code": str(round_id), "cases": sum(one.cases for one in drafted), "counts": counts}
