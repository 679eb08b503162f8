"""What decisions come to: events, each chained to the one before, and rows of the present."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casehub.cases.duplicates import spot_of
from casehub.cases.facts import CaseFacts, Decision
from casehub.cases.search import fold, grams
from casehub.deadlines.stopwatch import Task
from casehub.events.chain import GENESIS, Event, link
from casehub.events.parts import Lying


@dataclass(frozen=True, slots=True)
class Changes:
    """All that several decisions change."""

    cases: dict[int, CaseFacts]  # as they are at the end, by id
    seen: dict[int, int]  # versions from which cases moved; those not in it begin
    events: list[Event]
    tasks: dict[tuple[int, int], Task]  # by case and number
    photos: list[dict[str, Any]]
    lying: list[Lying]


def changes_of(decisions: Sequence[Decision]) -> Changes:
    """What they change; several decisions of one case come in order."""
    last: dict[int, CaseFacts] = {}
    heads: dict[int, str] = {}
    seen: dict[int, int] = {}
    events: list[Event] = []
    for d in decisions:
        case_id = d.case.case_id
        if case_id not in heads:
            heads[case_id] = d.before.head_hash if d.before else GENESIS
            seen |= {case_id: d.before.version} if d.before else {}
        events.append(link(case_id, d.case.version, d.action, d.at, d.body, heads[case_id]))
        last[case_id], heads[case_id] = d.case, events[-1].hash
    cases = {case_id: case.changed(head_hash=heads[case_id]) for case_id, case in last.items()}
    tasks = {(d.case.case_id, t.task_no): t for d in decisions for t in d.tasks}
    return Changes(
        cases, seen, events, tasks, [row for d in decisions for row in _new_photos(d)], _lying(decisions)
    )


def _lying(decisions: Sequence[Decision]) -> list[Lying]:
    found: dict[int, set[str]] = {}
    for d in decisions:
        had = found.setdefault(d.case.case_id, set())
        had.update(_departments(d.case), _departments(d.before) if d.before else ())
    areas = {d.case.case_id: d.case.area_code for d in decisions}
    return [Lying(case_id, areas[case_id], tuple(sorted(had))) for case_id, had in found.items()]


def _departments(case: CaseFacts) -> set[str]:
    """Who has it: the lead, and those that help."""
    helping = (task.holder.department for task in case.tasks if not task.lead)
    return {code for code in (case.department_code, *helping) if code is not None}


def _new_photos(decision: Decision) -> list[dict[str, Any]]:
    old = decision.before.photos if decision.before else ()
    new = (photo for photo in decision.case.photos if photo not in old)
    return [{"attachment_id": one.attachment_id, "case_id": decision.case.case_id} for one in new]


def row_of(case: CaseFacts) -> dict[str, Any]:
    """The columns that an action may change are in it, as all others."""
    row = dict(vars(case))
    del row["tasks"], row["claims"]
    return row


def new_row_of(case: CaseFacts) -> dict[str, Any]:
    """The row of a case that begins, with what it is found by."""
    text = fold(" ".join(filter(None, (case.description, case.address, case.external_no))))
    spot = None if case.point is None else spot_of(case.point, case.reported_at)
    return {**row_of(case), "search_text": text, "search_grams": grams(text), "spot": spot}
