"""Cases that are only imagined: facts, people and surroundings for pure decisions, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from casehub.cases.facts import CaseFacts, Category, Known, Person, Photo, Situation
from casehub.cases.reports import Report, draft
from casehub.cases.rules import Flow, decide_report
from casehub.catalogue.limits import steps_of
from casehub.deadlines.calendar import USUAL
from casehub.deadlines.limits import parse_limit
from casehub.deadlines.stopwatch import Holder, Task, finish, start
from casehub.people.actors import SYSTEM, Actor, Role, posts_of
from casehub.workflow.definition import Action, parse_definition
from casehub.workflow.machine import FlowMachine

#: A Monday, when the city opens: 08:00 in Shanghai. It closes from 12:00 to 14:00, and at 18:00.
AT = datetime(2024, 5, 6, tzinfo=UTC)
WORKFLOWS = Path(__file__).parents[2] / "workflows"


def _flow(name: str) -> Flow:
    definition = parse_definition((WORKFLOWS / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return Flow(definition, FlowMachine(definition))


_SHIPPED = [_flow(path.stem) for path in sorted(WORKFLOWS.glob("*.yaml"))]
#: The flows of cases; that of letters is no case.
FLOWS = {flow.definition.workflow: flow for flow in _SHIPPED if flow.definition.of == "case"}


def actor(role: Role, person: str | None = None, department: str | None = None) -> Actor:
    return Actor(f"key-{person}", posts_of({role}, department=department), person)


#: who -> who they are; the strangers must not do what the others do.
CAST = {
    "collector": actor(Role.COLLECTOR, "c1"),
    "stranger": actor(Role.COLLECTOR, "c2"),
    "acceptor": actor(Role.ACCEPTOR, "a1"),
    "leader": actor(Role.SHIFT_LEADER, "s1"),
    "second_leader": actor(Role.SHIFT_LEADER, "s2"),
    "dispatcher": actor(Role.DISPATCHER, "p1"),
    "department": actor(Role.DEPARTMENT, "h1", "d1"),
    "other_department": actor(Role.DEPARTMENT, "h2", "d2"),
    "unit": actor(Role.DEPARTMENT, "u1", "d1a"),
    "handler": actor(Role.HANDLER, "w1", "d1"),
    "evaluator": actor(Role.EVALUATOR, "e1"),
    "administrator": actor(Role.ADMINISTRATOR),
    "auditor": actor(Role.AUDITOR, "v1"),
    "system": SYSTEM,
    "jack_of_all_trades": Actor("all", posts_of(set(Role) - {Role.SYSTEM}, department="d1"), "c1"),
}
PHOTOS = {
    f"photo-{kind}": Photo(f"photo-{kind}", kind) for kind in ("near", "far", "reference", "before", "after")
}
CATEGORY = Category(7, "gbt30428_2_2013", "event", "0102", "暴露垃圾", "市容环境", self_handling_allowed=True)
OTHER_CATEGORY = replace(CATEGORY, category_id=8, code="0103", name="积存垃圾渣土")
#: The first of them has a unit below it.
DEPARTMENTS = {"d1": ("d1",), "d2": ("d2",), "d3": ("d3",), "d1a": ("d1a", "d1")}
CONDITIONS = {"quick": "4 work_hour", "slow": "1 natural_day"}
STEPS = {
    "quick": steps_of([{"step": "stop", "limit": "2 work_hour"}, {"step": "done", "limit": "4 work_hour"}])
}


def make_draft(flow: Flow, **said: Any) -> CaseFacts:
    """A case at version 0."""
    told: dict[str, Any] = {
        "kind": "event",
        "category": "0102",
        "source": "leader",
        "lon": 116.4,
        "lat": 39.9,
    }
    report = Report(**(told | said))
    return draft(
        report, 42, "11010120240506000042", category=CATEGORY, flow=flow.definition, photos=PHOTOS, reported_by="c1",
        at=AT,
    )  # fmt: skip


def make_case(**said: Any) -> CaseFacts:
    """A reported case, with what is said of it changed."""
    born = decide_report(
        FLOWS["event"],
        make_draft(FLOWS["event"]),
        "report",
        {},
        actor=CAST["acceptor"],
        at=AT,
        known=make_known(),
    )
    return replace(born.case, **said)


def make_known(**said: Any) -> Known:
    """What there is around a case: people of the cast, their departments, two filing conditions, a photo of each kind."""
    told: dict[str, Any] = {
        "people": {one.person: Person(one.department, one.roles) for one in [*CAST.values()][::-1] if one.person},
        "departments": DEPARTMENTS, "conditions": CONDITIONS, "steps": STEPS, "photos": PHOTOS, "category": CATEGORY,
        "categories": {one.code: one for one in (CATEGORY, OTHER_CATEGORY)},
    }  # fmt: skip
    return Known(**(told | said))


def make_situation(
    *, action: str = "report", who: str = "acceptor", at: datetime = AT, known: Known | None = None,
    form: dict[str, Any] | None = None, **case: Any,
) -> Situation:  # fmt: skip
    """All that a guard may look at; what is left over is said of the case."""
    declared: Action = FLOWS["event"].definition.actions[action]
    return Situation(make_case(**case), declared, form or {}, CAST[who], at, known or make_known())


def make_task(
    kind: str = "handle", *, department: str = "d1", lead: bool = True, finished_after_hours: float | None = None,
    limit: str | None = "4 work_hour", number: int = 1,
) -> Task:  # fmt: skip
    """A task of a department that began at AT."""
    task = start(
        number,
        kind,
        Holder("department", department),
        parse_limit(limit) if limit else None,
        AT,
        USUAL,
        lead=lead,
    )
    if finished_after_hours is None:
        return task
    return finish(task, AT + timedelta(hours=finished_after_hours), "feedback")
