"""What each transition does to the clocks: the last column of reference 2.4, on cases led there by decisions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.cases.imagined import AT, CAST, FLOWS, PHOTOS, make_case, make_known

from casehub.cases.facts import CaseFacts
from casehub.cases.problems import ActionRefused
from casehub.cases.rules import LIMIT_NEEDED, decide
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Entry, Exemption, left

MINUTE = timedelta(minutes=1)
NEAR, AFTER = ["photo-near"], ["photo-after"]
D1, D2 = {"department": "d1"}, {"department": "d2"}
SAID = {"opinion": "意见"}
OTHER = make_case(case_id=1, case_no="other")

#: The usual way from report to close: state after, who, action, form.
WAY: list[tuple[str, str, str, dict[str, Any]]] = [
    ("pending_filing", "acceptor", "propose_filing", {"condition": "quick"}),
    ("filed", "leader", "file", {}),
    ("dispatched", "dispatcher", "dispatch", D1),
    ("handling", "department", "sign_in", {}),
    ("handled", "department", "feedback", {"result": "已清理", "photos": AFTER}),
    ("checking", "acceptor", "send_check", {"collector": "c1"}),
    ("pending_close", "collector", "check_done", {"result": "pass", "photos": NEAR}),
    ("closed", "leader", "close", {"closing_condition_met": True}),
]


def act(case: CaseFacts, who: str, action: str, *, after: timedelta = MINUTE, **form: Any) -> CaseFacts:
    """One more action, a minute after the last one."""
    at = (
        max(t for one in case.tasks for t in (one.entered_at, one.running_since, one.finished_at) if t)
        + after
    )
    known = make_known(cases={"other": OTHER})
    return decide(FLOWS["event"], case, action, form, actor=CAST[who], at=at, known=known).case


def led_to(state: str) -> CaseFacts:
    case = make_case(photos=tuple(PHOTOS.values()))
    for there, who, action, form in WAY:
        if case.state == state:
            break
        case = act(case, who, action, **form)
        assert case.state == there
    return case


def returned() -> CaseFacts:
    return act(led_to("handling"), "department", "dept_return", reason="wrong_owner", **SAID)


def suspended() -> CaseFacts:
    until = AT + timedelta(days=30)
    asked = act(led_to("handling"), "department", "request_suspension", until=until, reason="雨季")
    return act(asked, "dispatcher", "suspend")


def verifying() -> CaseFacts:
    return act(make_case(), "acceptor", "send_verify", collector="c1")


def closed_and_revisited() -> CaseFacts:
    return act(led_to("closed"), "acceptor", "revisit", solved="not", satisfied="not")


def changes(before: CaseFacts, after: CaseFacts) -> set[str]:
    """`+accept` started, `-accept` stopped, `|accept` paused, `>accept` goes on."""
    old, found = {one.task_no: one for one in before.tasks}, set()
    for new in after.tasks:
        was = old.get(new.task_no)
        if was is None:
            found.add(f"+{new.kind}")
        elif was.open and not new.open:
            found.add(f"-{new.kind}")
        elif was.running_since and not new.running_since:
            found.add(f"|{new.kind}")
        elif not was.running_since and new.running_since:
            found.add(f">{new.kind}")
    return found


#: row, the case before, who, action, form, what its clocks do.
ROWS: list[tuple[int, Any, str, str, dict[str, Any], str]] = [
    (3, make_case, "acceptor", "merge", {"target": "other"}, "-accept"),
    (4, make_case, "acceptor", "refuse", {"reason": "unclear"}, "-accept"),
    (5, make_case, "acceptor", "send_verify", {"collector": "c1"}, "|accept +verify"),
    (6, verifying, "collector", "verify_done", {"result": "exist", "photos": NEAR}, "-verify >accept"),
    (7, make_case, "acceptor", "propose_filing", {"condition": "quick"}, "-accept +file"),
    (8, "pending_filing", "leader", "file", {}, "-file +dispatch"),
    (9, "pending_filing", "leader", "decline_filing", {"reason": "无"}, "-file"),
    (10, "pending_filing", "leader", "send_back_filing", SAID, "-file +accept"),
    (11, "filed", "dispatcher", "dispatch", D1, "-dispatch +sign +handle"),
    (12, "filed", "dispatcher", "return_to_acceptor", SAID, "-dispatch +accept"),
    (13, "dispatched", "department", "sign_in", {}, "-sign"),
    (14, "handling", "department", "dept_return", {"reason": "duplicate", **SAID}, "|handle +dispatch"),
    (
        14,
        "dispatched",
        "department",
        "dept_return",
        {"reason": "duplicate", **SAID},
        "|handle -sign +dispatch",
    ),
    (15, returned, "dispatcher", "return_accept", D2, "-dispatch -handle +handle +sign"),
    (16, returned, "dispatcher", "return_reject", SAID, "-dispatch >handle +sign"),
    (17, "handling", "department", "assign_handler", {"handler": "h1"}, ""),
    (17, "handling", "department", "revoke_handler", {}, ""),
    (18, "handling", "department", "handler_return", SAID, ""),
    (19, "handling", "department", "dept_redo", SAID, ""),
    (20, "handling", "department", "request_extension", {"reason": "雨"}, ""),
    (22, suspended, "dispatcher", "resume", {}, ">handle"),
    (23, "handling", "department", "feedback", {"result": "已清理", "photos": AFTER}, "-handle +send_check"),
    (24, "handled", "dispatcher", "dispatcher_return", SAID, "-send_check +handle"),
    (25, "handled", "acceptor", "send_check", {"collector": "c1"}, "-send_check +check"),
    (26, "checking", "collector", "check_done", {"result": "pass", "photos": NEAR}, "-check +close"),
    (26, "checking", "collector", "check_done", {"result": "not_pass", "photos": NEAR}, "-check +handle"),
    (26, "checking", "collector", "check_done", {"result": "unable", "photos": NEAR}, "-check +send_check"),
    (27, "checking", "acceptor", "rework", SAID, "-check +handle"),
    (27, "pending_close", "acceptor", "rework", SAID, "-close +handle"),
    (28, "pending_close", "leader", "close", {"closing_condition_met": True}, "-close"),
    (30, closed_and_revisited, "leader", "reopen", {"reason": "revisit_unsatisfied"}, "+dispatch"),
    (31, "closed", "acceptor", "revisit", {"solved": "solved", "satisfied": "satisfied"}, ""),
    (32, "handling", "evaluator", "supervise", {"level": 1, "content": "速办"}, "+reply"),
    (32, "handling", "evaluator", "remind", {}, ""),
    (33, "handling", "dispatcher", "mark_difficult", {"reason": "权属不清"}, ""),
    (35, "handling", "dispatcher", "add_co_dept", {**D2, "limit": "4 work_hour"}, "+handle"),
    (35, "dispatched", "dispatcher", "split", {**D2, "limit": "4 work_hour", "part": "一半"}, "+handle"),
]


@pytest.mark.parametrize(
    ("row", "start", "who", "action", "form", "told"), ROWS, ids=[f"{row[0]}-{row[3]}" for row in ROWS]
)
def test_clocks_move_as_the_reference_says(
    row: int, start: Any, who: str, action: str, form: dict[str, Any], told: str
) -> None:
    before = led_to(start) if isinstance(start, str) else start()
    assert changes(before, act(before, who, action, **form)) == set(told.split())


def test_a_report_starts_the_acceptors_clock() -> None:
    (task,) = make_case().tasks
    assert (task.kind, task.holder.role, task.due_at) == ("accept", "acceptor", AT + 15 * MINUTE)


def test_a_suspension_pauses_the_departments_clock_and_resuming_gives_back_the_rest() -> None:
    case = suspended()
    assert (case.due_at, case.task("handle").running_since) == (None, None)
    resumed = act(case, "dispatcher", "resume", after=timedelta(days=30))
    # The department had it for two minutes; 3 h 58 are left at 08:04, and nobody works from 12:00 to 14:00.
    assert case.task("handle").used_microseconds == 120_000_000
    assert resumed.task("handle").running_since == AT + timedelta(days=30, minutes=4)
    assert resumed.due_at == AT + timedelta(days=30, hours=6, minutes=2)


def test_a_return_rejected_resumes_what_was_left_and_one_accepted_starts_anew() -> None:
    case = returned()
    assert case.task("handle").used_microseconds == 120_000_000
    # Both at 08:06, with two hours of lunch on the way.
    again = act(case, "dispatcher", "return_reject", **SAID)
    assert again.due_at == AT + timedelta(hours=6, minutes=4)
    other = act(case, "dispatcher", "return_accept", **D2)
    assert other.due_at == AT + timedelta(hours=6, minutes=6)
    assert other.marks["dispatch_accurate"] is False


def test_a_department_that_takes_over_needs_a_limit_as_the_first_one_did() -> None:
    unlimited = replace(returned(), condition=None)
    with pytest.raises(ActionRefused) as caught:
        act(unlimited, "dispatcher", "return_accept", **D2)
    assert [*caught.value.errors] == [LIMIT_NEEDED]
    assert act(unlimited, "dispatcher", "return_accept", **D2, limit="2 work_hour").due_at is not None


def test_sent_back_filing_leaves_the_acceptor_what_was_left() -> None:
    before = led_to("pending_filing")
    assert before.task("accept").finished_at == AT + MINUTE
    back = act(before, "leader", "send_back_filing", **SAID)
    assert back.due_at - back.task("accept").entered_at == 14 * MINUTE


@pytest.mark.parametrize("action", ["dispatcher_return", "rework"])
def test_rework_gives_the_department_what_was_left(action: str) -> None:
    before = led_to("handled" if action == "dispatcher_return" else "pending_close")
    first = before.task("handle")
    again = act(before, "dispatcher", action, **SAID).task("handle")
    assert again.task_no != first.task_no
    assert left(again, again.entered_at, USUAL_CALENDARS) == timedelta(hours=3, minutes=58)
    assert again.due_at - again.entered_at == first.due_at - first.finished_at
    assert again.holder == first.holder


def test_an_extension_counts_from_the_current_deadline_and_at_most_twice() -> None:
    case = led_to("handling")
    first = case.due_at
    assert first == AT + timedelta(hours=6, minutes=3)
    # Four working hours after 14:03 it is 08:03 of Tuesday, and after four more 14:03.
    for due in (AT + timedelta(days=1, minutes=3), AT + timedelta(days=1, hours=6, minutes=3)):
        asked = act(case, "department", "request_extension", reason="雨")
        case = act(asked, "dispatcher", "approve_extension")
        assert case.due_at == due
        assert case.task("handle").original_due_at == first
    with pytest.raises(ActionRefused) as caught:
        act(case, "department", "request_extension", reason="雨")
    assert [one.rule for one in caught.value.errors] == ["extensions_left"]


def test_an_extension_is_entered_in_the_ledger_with_the_reason_it_was_asked_for() -> None:
    asked = act(
        led_to("handling"), "department", "request_extension", reason="连日大雨", extension="2 work_hour"
    )
    assert (asked.marks["request_reason"], asked.task("handle").ledger) == ("连日大雨", ())
    granted = act(asked, "dispatcher", "approve_extension", opinion="同意")
    (entry,) = granted.task("handle").ledger
    assert (entry.what, entry.why, entry.reason, entry.limit) == (
        "extended", "approve_extension", "连日大雨", "2 work_hour",
    )  # fmt: skip
    assert {"request_reason", "extension_pending"}.isdisjoint(granted.marks)
    rejected = act(asked, "dispatcher", "reject_extension", **SAID)
    assert rejected.task("handle").ledger == ()
    assert {"request_reason", "extension_pending"}.isdisjoint(rejected.marks)


def test_a_suspension_is_entered_in_the_ledger_with_its_reason_and_wakes_at_its_end() -> None:
    parked = suspended()
    task, until = parked.task("handle"), AT + timedelta(days=30)
    assert task.ledger == (Entry(AT + 5 * MINUTE, "paused", "suspend", "雨季", calendar=1),)
    assert (task.wake_at, task.next_alert_at) == (until, until)
    assert "request_reason" not in parked.marks
    woken = act(parked, "dispatcher", "resume", after=timedelta(days=1)).task("handle")
    assert (woken.wake_at, woken.ledger[-1].what, woken.ledger[-1].why, woken.ledger[-1].reason) == (
        None, "resumed", "resume", None,
    )  # fmt: skip
    assert woken.next_alert_at is not None
    assert woken.next_alert_at < woken.due_at


def test_a_return_is_entered_in_the_ledger_with_the_opinions_of_both_sides() -> None:
    again = act(returned(), "dispatcher", "return_reject", opinion="是你们的")
    assert [(one.what, one.why, one.reason) for one in again.task("handle").ledger] == [
        ("paused", "dept_return", "意见"), ("resumed", "return_reject", "是你们的"),
    ]  # fmt: skip


def test_a_clock_that_counts_working_time_is_not_extended_by_the_clock_of_the_night() -> None:
    with pytest.raises(ActionRefused) as caught:
        act(led_to("handling"), "department", "request_extension", reason="雨", extension="4 urgent_hour")
    assert [one.rule for one in caught.value.errors] == ["extension_fits"]


@pytest.mark.parametrize(("form", "minutes"), [({}, 15), ({"urgent": False}, 15), ({"urgent": True}, 5)])
def test_an_urgent_case_is_dispatched_in_five_minutes(form: dict[str, Any], minutes: int) -> None:
    case = act(make_case(), "acceptor", "propose_filing", condition="quick", **form)
    assert case.task("file").due_at == case.task("file").entered_at + 15 * MINUTE, "filing is not hurried"
    filed = act(case, "leader", "file")
    dispatch = filed.task("dispatch")
    assert dispatch.due_at == filed.due_at == dispatch.entered_at + minutes * MINUTE
    assert dispatch.limit == f"{minutes} urgent_minute"


def test_a_rejected_extension_does_not_count() -> None:
    case = led_to("handling")
    for _ in range(3):
        case = act(case, "department", "request_extension", reason="雨")
        case = act(case, "dispatcher", "reject_extension", **SAID)
    assert "extension_count" not in case.marks


def test_voiding_stops_every_clock_the_co_departments_too() -> None:
    case = act(led_to("handling"), "dispatcher", "add_co_dept", **D2, limit="4 work_hour")
    case = act(case, "evaluator", "supervise", level=2, content="速办")
    case = act(act(case, "dispatcher", "propose_void", reason="误报"), "leader", "void", reason="误报")
    assert [one.kind for one in case.tasks if one.open] == []


def test_a_granted_appeal_exempts_the_task_and_leaves_it_late() -> None:
    case = led_to("handling")
    case = act(case, "department", "feedback", after=timedelta(hours=9), result="已清理", photos=AFTER)
    for _, who, action, form in WAY[5:]:
        case = act(case, who, action, **form)
    late = case.task("handle")
    assert late.late
    case = act(case, "department", "appeal", reason="停电")
    case = act(case, "dispatcher", "review_appeal_first", result="granted", opinion="属实")
    case = act(case, "acceptor", "review_appeal", result="granted", opinion="属实")
    assert case.task("handle") == replace(late, exemption=Exemption("a1", case.ended_at + MINUTE, "属实"))
    assert case.task("handle").late
