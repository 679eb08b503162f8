"""What may be said of a collector, by whom: missed and false reports, from proposal to decision."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from casehub.cases.facts import CaseFacts
from casehub.errors import Refusal
from casehub.people.actors import Actor, Role, areas_of

#: Who goes and looks at how collectors work. Source: reference 1.2, 5.5; the shift leader is our choice.
INSPECTS = (Role.EVALUATOR, Role.SHIFT_LEADER)


class Kind(StrEnum):
    """What a collector did wrong. Source: reference 1.3."""

    MISSED = "missed_report"
    FALSE = "false_report"


class State(StrEnum):
    """How far it has come; only what is confirmed counts."""

    PROPOSED = "proposed"
    CONTESTED = "contested"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


UNDECIDED = (State.PROPOSED, State.CONTESTED)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows of the ledgers somebody sees: those of the areas (None is everywhere), and those about themselves."""

    areas: frozenset[str | None]
    person: str | None = None


def reach_of(actor: Actor) -> Reach:
    """Who inspects sees the ledgers of their part of the city, a collector what is said of them."""
    return Reach(areas_of(actor, *INSPECTS), actor.person if Role.COLLECTOR in actor.roles else None)


@dataclass(frozen=True, slots=True)
class Blame:
    """Who answers for a missed or false report, for which duty grid, and why they."""

    collector: str | None
    grid: str | None
    chosen_by: str


def blame_missed(
    case: CaseFacts, named: str | None, *, grids: Sequence[str], on_shift: Sequence[str]
) -> tuple[Blame, list[Refusal]]:
    """Who missed it: who was on shift in the duty grid when another one saw it. Source: reference 1.3, missed_report.

    `grids` are the duty grids of the place, `on_shift` who was on shift there.
    """
    collector = named or (on_shift[0] if len(on_shift) == 1 else None)
    blame = Blame(collector, grids[0] if grids else None, "named" if named else "on_shift")
    found = []
    if not grids:
        found.append(Refusal(
            "in_duty_grid", "the case lies in no duty grid, so nobody had to find it", "案件不在任何责任网格内", "case_no",
        ))  # fmt: skip
    if collector is None:
        there = ", ".join(on_shift)
        en = (
            f"several were on shift there: {there}; name one"
            if there
            else "nobody was on shift there then; name the collector"
        )
        zh = f"当时在岗采集员有多人（{there}），请指定" if there else "当时该网格无采集员在岗，请指定采集员"
        found.append(Refusal("collector_known", en, zh, "collector"))
    elif case.reported_by == collector:
        found.append(Refusal(
            "found_by_another", f"{collector} reported it: it was not missed", f"该案件由 {collector} 本人上报，不属漏报", "case_no",
        ))  # fmt: skip
    return blame, found


def blame_false(case: CaseFacts, named: str | None) -> tuple[Blame, list[Refusal]]:
    """Who made a false report: who reported the case as a collector. Source: reference 1.3, false_report."""
    blame = Blame(case.reported_by, None, "reporter")
    if case.source != "collector" or case.reported_by is None or named not in {None, case.reported_by}:
        en = "a false report is one that this collector made as a collector"
        return blame, [Refusal("own_report", en, "虚报须针对该采集员本人上报的案件", "case_no")]
    return blame, []


def contest_faults(state: str, collector: str, actor: Actor) -> list[Refusal]:
    """Why somebody may not answer. A collector answers once, before it is decided."""
    found = []
    if actor.person != collector:
        found.append(
            Refusal("by_named_collector", "only the collector named may answer", "仅被认定的采集员本人可申辩")
        )
    if state != State.PROPOSED:
        found.append(Refusal("open_to_answer", f"it is {state} already", f"当前状态为 {state}，不能再申辩"))
    return found


def decide_faults(state: str, collector: str, actor: Actor) -> list[Refusal]:
    """Why somebody may not decide: a decision stands, and nobody decides about themselves."""
    found = []
    if state not in UNDECIDED:
        found.append(Refusal("undecided", f"it is {state} already", f"已作出决定：{state}"))
    if actor.person == collector:
        found.append(
            Refusal(
                "not_about_yourself",
                "another evaluator must decide this",
                "不能对本人作出认定，请由其他考评员处理",
            )
        )
    return found


def not_yours(area: str, lies_in: Collection[str], mine: Collection[str | None]) -> Refusal | None:
    """Does an area lie outside of those where somebody inspects?"""
    if None in mine or {*lies_in} & {*mine}:
        return None
    en = f"{area!r} lies in another part of the city than your post"
    return Refusal("not_your_area", en, f"{area} 不在您的管辖范围内", "area")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What narrows a page of a ledger; all that are given must hold. The period is [first, last)."""

    first: datetime | None = None
    last: datetime | None = None
    collector: str | None = None
    area: str | None = None
    kind: str | None = None
    state: str | None = None


#: A row of a ledger, as it is kept.
Row = dict[str, Any]
