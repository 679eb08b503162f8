"""Decisions that random histories do not reach, or whose words matter."""

from datetime import timedelta
from typing import Any

import pytest
from tests.cases.imagined import AT, CAST, CATEGORY, FLOWS, PHOTOS, make_case, make_draft, make_known

from casehub.cases.problems import ActionNotPossible, ActionRefused, ActionUnknown
from casehub.cases.reports import Report, faults, workflow_for
from casehub.cases.rules import (
    TIME_BACKWARDS,
    FormInvalid,
    decide,
    decide_merged_in,
    decide_migration,
    decide_report,
)
from casehub.deadlines.stopwatch import USUAL_CALENDARS
from casehub.errors import Problem
from casehub.people.problems import WrongRole

EVENT = FLOWS["event"]
LATER = AT + timedelta(minutes=5)


def refused(action: str, who: str = "acceptor", form: dict[str, Any] | None = None, **said: Any) -> Problem:
    at = said.pop("at", LATER)
    with pytest.raises(Problem) as caught:
        decide(EVENT, make_case(**said), action, form or {}, actor=CAST[who], at=at, known=make_known())
    return caught.value


@pytest.mark.parametrize("action", ["dance", "report", "self_handle", ""])
def test_what_the_workflow_does_not_know_or_what_only_begins_a_case_is_unknown(action: str) -> None:
    assert isinstance(refused(action), ActionUnknown)


def test_the_wrong_role_is_told_which_roles_may() -> None:
    problem = refused("send_verify", "department")
    assert isinstance(problem, WrongRole)
    assert problem.extra == {"roles_needed": ["acceptor"]}


def test_the_wrong_state_is_told_what_is_possible_there() -> None:
    problem = refused("close", "leader", {"closing_condition_met": True})
    assert isinstance(problem, ActionNotPossible)
    assert problem.extra["state"] == "reported"
    assert {"send_verify", "propose_filing"} <= set(problem.extra["possible"])


def test_a_form_is_told_every_field_that_is_wrong() -> None:
    problem = refused("refuse", form={"opinion": 7, "raeson": "other"})
    assert isinstance(problem, FormInvalid)
    assert {one.field for one in problem.errors} == {"reason", "opinion", "raeson"}


def test_guards_clock_and_references_are_told_all_at_once() -> None:
    problem = refused("merge", form={"target": "no-such"}, at=AT - timedelta(hours=1))
    assert type(problem) is ActionRefused
    assert [one.rule for one in problem.errors] == ["time_backwards", "unknown_case", "merge_target_fits"]
    assert TIME_BACKWARDS in problem.errors


def test_what_was_resumed_later_can_not_be_done_to_earlier() -> None:
    case = make_case()
    verify = {"collector": "c1"}
    sent = decide(
        EVENT, case, "send_verify", verify, actor=CAST["acceptor"], at=LATER, known=make_known()
    ).case
    found = {"result": "exist", "photos": ["photo-near"]}
    back = decide(
        EVENT, sent, "verify_done", found, actor=CAST["collector"], at=LATER, known=make_known()
    ).case
    with pytest.raises(ActionRefused) as caught:
        decide(EVENT, back, "send_verify", verify, actor=CAST["acceptor"], at=AT, known=make_known())
    assert TIME_BACKWARDS in caught.value.errors


@pytest.mark.parametrize(("said", "rules"), [
    ({"lon": None}, ["place_given"]),
    ({"source": "collector"}, ["photo_from_collector"]),
    ({"source": "collector", "lat": None, "lon": None}, ["place_given", "photo_from_collector"]),
])  # fmt: skip
def test_a_report_is_told_everything_that_it_lacks(said: dict[str, Any], rules: list[str]) -> None:
    draft = make_draft(EVENT, **said)
    with pytest.raises(ActionRefused) as caught:
        decide_report(EVENT, draft, "report", {}, actor=CAST["collector"], at=AT, known=make_known())
    assert [one.rule for one in caught.value.errors] == rules


def test_a_case_begins_only_with_an_action_that_begins_cases() -> None:
    with pytest.raises(ActionUnknown):
        decide_report(EVENT, make_draft(EVENT), "close", {}, actor=CAST["leader"], at=AT, known=make_known())


def test_a_merge_is_remembered_by_its_target_which_does_not_move() -> None:
    target, merged = make_case(marks={"merged_in": ["first"]}), make_case(case_id=7, case_no="second")
    told = decide_merged_in(target, merged, actor=CAST["acceptor"], at=LATER)
    assert told.case.marks["merged_in"] == ["first", "second"]
    assert told.case.last_at == LATER
    assert told.case.changed(marks=target.marks, version=target.version, last_at=target.last_at) == target
    assert (told.tasks, told.body["from"], told.body["to"]) == ((), "reported", "reported")


def test_a_migration_to_the_same_state_leaves_the_clocks_alone() -> None:
    case = make_case()
    told = decide_migration(
        FLOWS["hotline"].definition, case, "reported", at=LATER, calendars=USUAL_CALENDARS
    )
    assert (told.case.tasks, told.case.due_at) == (case.tasks, case.due_at)
    assert told.case.workflow_digest == FLOWS["hotline"].definition.digest
    assert told.body["case"]["workflow_digest"] == told.case.workflow_digest


def test_a_migration_to_another_state_runs_the_clocks_of_that_state() -> None:
    told = decide_migration(
        FLOWS["hotline"].definition, make_case(), "filed", at=LATER, calendars=USUAL_CALENDARS
    )
    assert [(one.kind, one.open) for one in told.case.tasks] == [("accept", False), ("dispatch", True)]


def report(**said: Any) -> Report:
    return Report(**({"kind": "event", "category": "0102", "source": "leader"} | said))


@pytest.mark.parametrize(("said", "flow"), [
    ({}, "event"), ({"kind": "component"}, "component"), ({"source": "hotline"}, "hotline"),
    ({"source": "hotline", "workflow": "event"}, "event"), ({"workflow": "no-such"}, None),
])  # fmt: skip
def test_the_workflow_is_the_one_named_else_that_of_the_source_else_that_of_the_kind(
    said: dict[str, Any], flow: str | None
) -> None:
    found = workflow_for(report(**said), {name: one.definition for name, one in FLOWS.items()})
    assert (found.workflow if found else None) == flow


def test_a_report_is_told_everything_that_it_points_to_in_vain() -> None:
    wrong = report(photos=("photo-near", "lost"), workflow="w", observed_at=AT + timedelta(minutes=11))
    told = faults(wrong, AT, category=None, flow=None, photos=PHOTOS)
    assert [one.rule for one in told] == [
        "unknown_category", "unknown_workflow", "unknown_photos", "observed_in_future",
    ]  # fmt: skip
    assert all(any("一" <= sign <= "鿿" for sign in one.zh) for one in told)


@pytest.mark.parametrize(("ahead", "taken"), [(10, True), (10.01, False), (-1e6, True)])
def test_the_clock_of_a_phone_may_run_ten_minutes_ahead(ahead: float, taken: bool) -> None:
    said = report(observed_at=AT + timedelta(minutes=ahead))
    told = faults(said, AT, category=CATEGORY, flow=EVENT.definition, photos={})
    assert (told == []) is taken
