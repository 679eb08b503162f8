"""A city that lets the department's clock rest until a difficult case has its plan. Source: reference 2.4 row 33."""

import re
from datetime import timedelta
from typing import Any

from tests.cases.imagined import CAST, WORKFLOWS, make_known
from tests.workflow.test_clocks import AFTER, D1, D2, PLAN, SAID, led_to

from casehub.cases.effects import CLOCKS, NEEDS
from casehub.cases.facts import CaseFacts
from casehub.cases.guards import GUARDS
from casehub.cases.rules import Flow, decide
from casehub.deadlines.stopwatch import USUAL_CALENDARS, left
from casehub.workflow.check import check
from casehub.workflow.definition import parse_definition
from casehub.workflow.machine import FlowMachine

HOUR = timedelta(hours=1)


def resting_text() -> str:
    """The shipped file, changed as its own comment tells a city to."""
    text = (WORKFLOWS / "event.yaml").read_text(encoding="utf-8")
    clock = re.search(r"`(prepare_plan: .*?)`", text)
    assert clock is not None
    text = text.replace("clocks:\n", f"clocks:\n  {clock[1]}\n", 1)
    text = text.replace("limit: filing_condition}", "limit: filing_condition, rests_for: prepare_plan}", 1)
    text = text.replace(
        "effects: [mark_difficult]\n", "effects: [mark_difficult]\n    starts: [prepare_plan]\n", 1
    )
    text = text.replace("effects: [record_plan]\n", "effects: [record_plan]\n    stops: [prepare_plan]\n", 1)
    return text.replace("stops: [plan]\n", "stops: [plan, prepare_plan]\n", 1)


RESTING = parse_definition(resting_text(), "event.yaml")
FLOW = Flow(RESTING, FlowMachine(RESTING))


def act(case: CaseFacts, who: str, action: str, **form: Any) -> CaseFacts:
    return decide(
        FLOW, case, action, form, actor=CAST[who], at=case.last_at + HOUR / 2, known=make_known()
    ).case


def difficult() -> CaseFacts:
    return act(led_to("handling"), "dispatcher", "mark_difficult", reason="权属不清")


def test_the_workflow_is_sound() -> None:
    assert check(RESTING, resting_text(), "event.yaml", GUARDS, NEEDS, CLOCKS) == []


def test_the_departments_clock_rests_until_there_is_a_plan() -> None:
    before, case = led_to("handling").task("handle"), difficult()
    rests, waits = case.task("handle"), case.task("prepare_plan")
    assert (rests.running_since, rests.due_at, case.due_at) == (None, None, None)
    assert (waits.holder.role, waits.running_since) == ("dispatcher", case.last_at), (
        "in the dispatcher's queue meanwhile"
    )
    planned = act(case, "dispatcher", "plan", **PLAN)
    goes_on = planned.task("handle")
    # What was left when it was marked is left still.
    assert goes_on.due_at - planned.last_at == before.due_at - case.last_at
    assert goes_on.original_due_at == before.due_at
    assert (planned.due_at, planned.task("prepare_plan").open) == (goes_on.due_at, False)


def test_it_goes_on_too_when_the_case_is_difficult_no_more_and_ends_with_the_handling() -> None:
    assert (
        act(difficult(), "dispatcher", "resolve_difficult", **SAID).task("handle").running_since is not None
    )
    handled = act(difficult(), "department", "feedback", result="已清理", photos=AFTER)
    assert not handled.task("handle").open


def test_whichever_department_gets_it_meanwhile_its_clock_rests() -> None:
    case = act(difficult(), "dispatcher", "reassign", **D2, reason="权属")
    signed = act(case, "other_department", "sign_in")
    for one in (case, signed):
        task = one.task("handle")
        assert (task.holder.department, task.running_since) == ("d2", None)
        assert left(task, one.last_at, USUAL_CALENDARS) == timedelta(hours=4)
    filed = act(led_to("filed"), "dispatcher", "mark_difficult", reason="权属不清")
    assert act(filed, "dispatcher", "dispatch", **D1).task("handle").running_since is None


def test_what_a_unit_below_has_rests_with_it() -> None:
    case = act(led_to("handling"), "department", "dispatch_on", department="d1a", limit="2 work_hour")
    case = act(case, "dispatcher", "mark_difficult", reason="权属不清")
    assert case.task("handle").running_since is None
    (unit,) = [one for one in case.tasks if one.kind == "unit_handle"]
    assert unit.running_since is None
