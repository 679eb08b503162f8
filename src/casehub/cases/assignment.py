"""Which collector goes and looks, where the acceptor names none: what the roster (排班) says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from casehub.workflow.definition import Action


class By(StrEnum):
    """By which rule a collector was chosen."""

    ON_SHIFT = "on_shift"
    NEIGHBOUR = "neighbour"
    OFF_SHIFT = "off_shift"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A collector whom the roster names for a place: an active person, in a duty grid there or near."""

    person: str
    area: str  # the duty grid of their shift
    at_home: bool  # the place lies in that duty grid
    shared: int  # in how many areas both lie: the more, the nearer
    standing: bool  # it is their grid, whether they are on shift or not
    in_hand: int  # open tasks that run


def asks_roster(action: Action, form: Mapping[str, Any]) -> bool:
    """Does this action send a collector, and its form name none?"""
    return "assign_collector" in action.effects and not form.get("collector")


def on_shift(candidates: Iterable[Candidate]) -> list[str]:
    """Who is on shift in the duty grid of the place itself."""
    return sorted({one.person for one in candidates if rule_of(one) is By.ON_SHIFT})


def rule_of(one: Candidate) -> By | None:
    """The rule by which a candidate may be sent."""
    if not one.standing:
        return By.ON_SHIFT if one.at_home else By.NEIGHBOUR
    return By.OFF_SHIFT if one.at_home else None


def choose_collector(candidates: Iterable[Candidate]) -> tuple[str, By] | None:
    """Who is on shift in the duty grid; else near by in the same sub-district; else whose grid it is, though off shift.

    Among equals who has the fewest tasks in hand. Source: reference 2.4 row 5 (the collector of the duty grid); the rules
    of falling back are our choice.
    """
    rules = [*By]
    ranked = [
        (rules.index(rule), -one.shared, one.in_hand, one.person)
        for one in candidates
        if (rule := rule_of(one)) is not None
    ]
    if not ranked:
        return None
    first = min(ranked)
    return first[3], rules[first[0]]
