"""What one case adds to the counts, and to whose. Times are hours after Monday 08:00; limits run day and night."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.cases.doings import Beginning, Doing, decided
from tests.cases.imagined import AT, FLOWS, PHOTOS

from casehub.rates.facts import Told, facts_of

#: (hours after AT, who, action, form)
Step = tuple[float, str, str, dict[str, Any]]
LIMIT = {"limit": "4 urgent_hour"}
DONE = {"result": "已清理", "photos": [*PHOTOS]}
FILED: list[Step] = [
    (0, "acceptor", "report", {}),
    (0.1, "acceptor", "propose_filing", {}),
    (0.2, "leader", "file", {}),
]
SENT: list[Step] = [*FILED, (0.3, "dispatcher", "dispatch", {"department": "d1", **LIMIT})]
CHECKED: list[Step] = [
    (3.1, "acceptor", "send_check", {"collector": "c1"}),
    (3.5, "collector", "check_done", {"result": "pass", "photos": [*PHOTOS]}),
    (3.6, "leader", "close", {"closing_condition_met": True}),
]


def told(steps: Sequence[Step]) -> list[Told]:
    """The events of a case that these people lead so far."""
    beginning, flow = Beginning(conditions=False), FLOWS["event"]
    case, events = beginning.draft(flow), []
    for hours, who, action, form in steps:
        decision = decided(
            flow, case, Doing(action, who, form, AT + timedelta(hours=hours)), beginning.known()
        )
        case = decision.case
        events.append(Told(action, decision.at, orjson.loads(orjson.dumps(decision.body))))
    return events


def charged(steps: Sequence[Step], name: str) -> list[tuple[str | None, float, bool]]:
    """Whom a count is charged to, when, and whether it waits for that moment: (department, hours, open)."""
    facts = facts_of(42, told(steps)).facts
    return [
        (one.department, round((one.at - AT) / timedelta(hours=1), 3), one.open)
        for one in facts
        if name in one.counts
    ]


def test_a_department_that_handles_in_time_is_charged_once_at_its_finish() -> None:
    steps = [*SENT, (1.0, "department", "sign_in", {}), (3.0, "department", "feedback", DONE), *CHECKED]
    for name in ("should_handle", "handled", "on_time_handled"):
        assert charged(steps, name) == [("d1", 3.0, False)]
    for name in ("should_close", "closed", "on_time_closed"):
        assert charged(steps, name) == [("d1", 3.6, False)]
    assert charged(steps, "overdue_handled") == []
    assert [one for one, *_ in charged(steps, "on_time_checked")] == ["d1"]


def test_what_is_late_belongs_to_the_moment_of_its_deadline() -> None:
    steps = [*SENT, (1.0, "department", "sign_in", {}), (9.0, "department", "feedback", DONE)]
    assert charged(steps, "should_handle") == [("d1", 4.3, False)]
    assert charged(steps, "overdue_handled") == [("d1", 4.3, False)]
    assert charged(steps, "on_time_handled") == []


def test_an_open_deadline_waits_until_it_has_passed() -> None:
    assert charged(SENT, "should_handle") == [("d1", 4.3, True)]
    assert charged(SENT, "should_close") == [("d1", 4.3, True)]
    assert charged(SENT, "handled") == []


def test_a_case_that_moves_on_after_its_deadline_is_charged_to_who_let_it_become_overdue() -> None:
    steps = [
        *SENT, (1.0, "department", "sign_in", {}),
        (6.0, "dispatcher", "reassign", {"department": "d2", "reason": "换人", **LIMIT}),
        (6.5, "other_department", "sign_in", {}), (7.0, "other_department", "feedback", DONE),
    ]  # fmt: skip
    assert charged(steps, "should_handle") == [("d1", 4.3, False)]
    assert charged(steps, "on_time_handled") == []
    assert [one for one, *_ in charged(steps, "should_close")] == ["d1"]


def test_a_department_that_was_not_the_right_one_is_not_charged() -> None:
    wrong = {"reason": "wrong_owner", "basis": "三定方案", "opinion": "非我方"}
    steps = [
        *SENT, (0.5, "department", "dept_return", wrong),
        (0.6, "dispatcher", "return_accept", {"department": "d2", **LIMIT}),
        (1.0, "other_department", "sign_in", {}), (2.0, "other_department", "feedback", DONE),
    ]  # fmt: skip
    assert charged(steps, "should_handle") == [("d2", 2.0, False)]
    assert [one for one, *_ in charged(steps, "returned")] == ["d1"]
    assert [one for one, *_ in charged(steps, "returns_accepted")] == ["d1"]
    assert [one for one, *_ in charged(steps, "dispatched")] == ["d1", "d2"]
    # Of two dispatches due, the first was not accurate.
    assert len(charged(steps, "should_dispatch")) == 2
    assert len(charged(steps, "accurate_dispatched")) == 1


def test_rework_leaves_one_handling_and_counts_the_times() -> None:
    failed = {"result": "not_pass", "photos": [*PHOTOS]}
    steps = [
        *SENT, (1.0, "department", "sign_in", {}), (2.0, "department", "feedback", DONE),
        (2.1, "acceptor", "send_check", {"collector": "c1"}), (2.4, "collector", "check_done", failed),
        (2.9, "department", "feedback", DONE), *CHECKED,
    ]  # fmt: skip
    assert charged(steps, "on_time_handled") == [("d1", 2.9, False)]
    assert len(charged(steps, "reworked")) == len(charged(steps, "reworked_cases")) == 1
    assert len(charged(steps, "should_check")) == 2


@pytest.mark.parametrize(
    "name", ["filed", "accepted", "should_dispatch", "dispatched", "should_handle", "case_opened"]
)
def test_a_voided_case_leaves_every_count_but_that_it_was_reported(name: str) -> None:
    steps: list[Step] = [
        *SENT, (1.0, "dispatcher", "propose_void", {"reason": "误报"}), (1.1, "leader", "void", {"reason": "误报"}),
    ]  # fmt: skip
    assert charged(steps, name) == []
    assert len(charged(steps, "reports")) == len(charged(steps, "voided")) == 1
    assert charged(steps, "valid_reports") == []


def test_two_supervisions_of_one_moment_are_two() -> None:
    again = (1.0, "evaluator", "supervise", {"level": 1, "content": "请尽快处置"})
    assert len(charged([*SENT, again, again], "supervised")) == 2


def test_facts_of_one_moment_and_one_hand_are_one() -> None:
    facts = facts_of(42, told(SENT)).facts
    assert len({(f.at, f.department, f.person, f.light, f.task_no, f.open, f.exempt) for f in facts}) == len(
        facts
    )
    assert all(len(set(one.counts)) == len(one.counts) > 0 for one in facts)
