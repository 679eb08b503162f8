"""What people of the cast may do with an imagined case: the right forms and the wrong ones, and the ways to each standing."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import product
from typing import Any

from tests.cases.imagined import AT, CAST, FLOWS, PHOTOS, make_case, make_draft, make_known

from casehub.cases.facts import CaseFacts, Decision, Known
from casehub.cases.rules import Flow, decide, decide_report
from casehub.errors import Problem
from casehub.workflow.definition import Action, FormField

TARGETS = {
    "open": make_case(case_id=1, case_no="open"),
    "ended": make_case(case_id=2, case_no="ended", ended_at=AT),
    "far": make_case(case_id=3, case_no="far", lat=41.0),
}
#: What a field may rightly be told. Whether it is right in the circumstances, the guards say.
RIGHT: dict[str, list[Any]] = {
    "text": ["已清理"],
    "flag": [True, False],
    "integer": [1, 3],
    "person": ["c1", "c2"],
    "department": ["d1", "d2", "d1a"],
    "departments": [["d2", "d3"]],
    "category": ["0102", "0103"],
    "condition": ["quick", "slow"],
    "case": ["open", "far"],
    "photos": [[*PHOTOS], ["photo-near"]],
    "limit": ["4 work_hour", "90 urgent_minute", "3 work_day"],
}
#: What no field of that type may be told, whatever the circumstances.
WRONG: dict[str, list[Any]] = {
    "text": ["\x00", 7, "长" * 10_001],
    "flag": ["perhaps"],
    "integer": [0, 4, 10**30, "x"],
    "person": ["nobody", ""],
    "department": ["d9", ""],
    "departments": [["d9"], "d2"],
    "category": ["none-such", ""],
    "condition": ["none-such"],
    "case": ["ended", "no-such"],
    "photos": [["lost"], "photo-near"],
    "limit": ["4", "x work_hour", "-1 work_hour", "0 work_hour"],
    "choice": ["none of these", ""],
    "instant": ["x", "2024-13-01T00:00:00Z"],
}
#: What fields of these names are told instead.
NAMED: dict[str, list[Any]] = {
    "handler": ["h1", "w1", "h2"], "from_person": ["c1", "h1", "w1", "已离职"], "to_person": ["c2", "w1", "h1"],
    "belongs_to": ["d3"], "basis": ["三定方案"],
    "unchecked_reason": ["诉求人电话确认"],
}  # fmt: skip
#: Marks that let something be done that could not be done before.
OPENING = {"void_proposed_by", "is_difficult"}
#: So much of where a case stands is looked at together; more would be many standings and no new action.
AT_ONCE = 3
#: Every clock has run out by then.
LATER = timedelta(days=30)
INSTANTS = [timedelta(days=1), timedelta(days=300), timedelta(0), timedelta(days=-1), timedelta(days=366)]


@dataclass(frozen=True)
class Doing:
    """Somebody does something, with a form filled in."""

    action: str
    who: str
    form: dict[str, Any]
    at: datetime

    def __str__(self) -> str:
        return f"{self.at} {self.who}: {self.action} {self.form}"


@dataclass(frozen=True)
class Beginning:
    """How a case begins: by whom it was reported, where, whether its class has filing conditions."""

    source: str = "leader"
    placed: bool = True
    conditions: bool = True

    def draft(self, flow: Flow) -> CaseFacts:
        place = {} if self.placed else {"lon": None, "lat": None, "address": "长安街"}
        return make_draft(flow, source=self.source, photos=("photo-before", "photo-after"), **place)

    def known(self) -> Known:
        return make_known(cases=TARGETS, **({} if self.conditions else {"conditions": {}}))


def _told(field: FormField, at: datetime) -> list[Any]:
    if field.type == "choice":
        return [*field.choices]
    if field.type == "instant":
        return [at + one for one in INSTANTS]
    return NAMED.get(field.name, RIGHT[field.type])


@lru_cache(maxsize=4096)
def forms(action: Action, at: datetime) -> tuple[dict[str, Any], ...]:
    """Every form made of right values, the plainest first. A text that may be left out is."""
    told = {
        field.name: _told(field, at) if field.required else [*_told(field, at), None]
        for field in action.form.values()
        if field.required or field.type != "text" or field.name in NAMED
    }
    return tuple(
        {name: value for name, value in zip(told, values, strict=True) if value is not None}
        for values in product(*told.values())
    )


def people(action: Action) -> list[str]:
    """Those of the cast whose posts may do it."""
    return [who for who, one in CAST.items() if one.roles & set(action.roles)]


def doings(action: Action, at: datetime) -> Iterator[Doing]:
    """An action with each right form, by each of those whose posts may do it."""
    return (Doing(action.name, who, form, at) for form in forms(action, at) for who in people(action))


def decided(flow: Flow, case: CaseFacts, doing: Doing, known: Known) -> Decision:
    """What comes of it. Raises what `decide` and `decide_report` raise."""
    how = decide if case.version else decide_report
    return how(flow, case, doing.action, doing.form, actor=CAST[doing.who], at=doing.at, known=known)


def granted(
    flow: Flow, case: CaseFacts, names: list[str], at: datetime, known: Known
) -> Iterator[tuple[Doing, Decision]]:
    """Whatever of these actions is not refused."""
    for name in names:
        for doing in doings(flow.definition.actions[name], at):
            try:
                decision = decided(flow, case, doing, known)
            except Problem:
                continue
            yield doing, decision


def overdue(case: CaseFacts, at: datetime) -> bool:
    """Was it handled late, or is it being?"""
    task = case.task("handle")
    return task is not None and task.due_at is not None and (task.finished_at or at) > task.due_at


def standing(case: CaseFacts, at: datetime) -> tuple[str, ...]:
    """Where a case stands: its state, and what in it lets something be done that could not be done before."""
    marks = case.marks
    told = {mark for mark in marks if mark in OPENING}
    told |= {f"{mark} {marks.get('request_waits_for')}" for mark in marks if mark.endswith("_pending")}
    told |= {f"{mark} {marks[mark]}" for mark in ("returned_from", "handler_no") if mark in marks}
    told |= {"handler_result"} & {*marks}
    told |= {task.kind for task in case.tasks if task.open and (task.kind == "reply" or not task.lead)}
    told |= {"asleep" for task in case.tasks if task.open and task.wake_at and task.wake_at > at}
    told |= {
        f"{one.name} ahead" for task in case.tasks if task.open for one in task.milestones if not one.done_at
    }
    told |= {"overdue"} if overdue(case, at) else set()
    told |= {f"appeal {case.marks['appeal_status']}"} if "appeal_status" in case.marks else set()
    verified = case.state == "reported" and case.marks.get("verify_result") == "exist"
    return case.state, *sorted(told | ({"verified"} if verified else set()))


@cache
def ways(workflow: str, beginning: Beginning) -> dict[str, tuple[Doing, ...]]:
    """The shortest way to each state and to each action, from the report on."""
    flow, known = FLOWS[workflow], beginning.known()
    states, actions = flow.definition.states, flow.definition.actions
    found: dict[str, tuple[Doing, ...]] = {}
    seen: set[tuple[str, ...]] = set()
    ahead: deque[tuple[CaseFacts, datetime, tuple[Doing, ...]]] = deque([(beginning.draft(flow), AT, ())])
    while ahead and len(found) < len(states) + len(actions):
        case, at, way = ahead.popleft()
        names = [a.name for a in actions.values() if case.state in a.from_ or not (case.version or a.from_)]
        for doing, decision in granted(flow, case, names, at, known):
            further = (*way, doing)
            found.setdefault(doing.action, further)
            found.setdefault(decision.case.state, further)
            for later in (at, at + LATER):
                here = standing(decision.case, later)
                if here not in seen and len(here) <= AT_ONCE:
                    seen.add(here)
                    ahead.append((decision.case, later, further))
    return found
