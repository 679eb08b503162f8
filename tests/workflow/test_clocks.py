"""What each transition does to the clocks: the last column of reference 2.4, on cases led there by decisions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.cases.imagined import AT, CAST, FLOWS, PHOTOS, make_case, make_known

from casehub.cases.facts import CaseFacts
from casehub.cases.problems import ActionRefused
from casehub.cases.rules import LIMIT_NEEDED, decide, decide_strikes
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Entry, Exemption, left

MINUTE = timedelta(minutes=1)
NEAR, AFTER = ["photo-near"], ["photo-after"]
D1, D2 = {"department": "d1"}, {"department": "d2"}
SAID = {"opinion": "意见"}
PLAN = {"subject": "街道", "standard": "清零", "finish_by": AT + timedelta(days=10)}
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
    return act(
        led_to("handling"), "department", "dept_return", reason="wrong_owner", basis="三定方案", **SAID
    )


def suspended() -> CaseFacts:
    until = AT + timedelta(days=30)
    asked = act(led_to("handling"), "department", "request_suspension", until=until, reason="雨季")
    return act(asked, "dispatcher", "suspend")


def returned_for(reason: str) -> CaseFacts:
    return act(led_to("handling"), "department", "dept_return", reason=reason, **SAID)


def submitted() -> CaseFacts:
    assigned = act(led_to("handling"), "department", "assign_handler", handler="w1")
    return act(assigned, "handler", "handler_submit", result="已清理", photos=AFTER)


def asked_by_handler() -> CaseFacts:
    assigned = act(led_to("handling"), "department", "assign_handler", handler="w1")
    return act(assigned, "handler", "request_extension", reason="雨")


def confirmed() -> CaseFacts:
    return act(asked_by_handler(), "department", "confirm_request")


def given_on() -> CaseFacts:
    return act(led_to("handling"), "department", "dispatch_on", department="d1a", limit="2 work_hour")


def supervised() -> CaseFacts:
    return act(led_to("handling"), "evaluator", "supervise", level=1, content="速办")


def planned() -> CaseFacts:
    difficult = act(led_to("handling"), "dispatcher", "mark_difficult", reason="权属不清")
    return act(difficult, "dispatcher", "plan", **PLAN)


def to_be_corrected() -> CaseFacts:
    return act(led_to("filed"), "dispatcher", "return_to_acceptor", **SAID)


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
    (
        12,
        lambda: returned_for("wrong_class"),
        "dispatcher",
        "return_to_acceptor",
        SAID,
        "-dispatch -handle +accept",
    ),
    (
        12,
        to_be_corrected,
        "acceptor",
        "resubmit",
        {"category": "0103", "condition": "slow", **SAID},
        "-accept +dispatch",
    ),
    (
        11,
        "filed",
        "dispatcher",
        "dispatch",
        {**D1, "co_departments": ["d2", "d3"]},
        "-dispatch +sign +handle",
    ),
    (11, "dispatched", "dispatcher", "reassign", {**D2, "reason": "忙"}, "-sign -handle +sign +handle"),
    (11, "handling", "dispatcher", "reassign", {**D2, "reason": "忙"}, "-handle +sign +handle"),
    (11, supervised, "dispatcher", "reassign", {**D2, "reason": "忙"}, "-handle -reply +sign +handle +reply"),
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
    (18, submitted, "department", "feedback", {"result": "已清理"}, "-handle +send_check"),
    (19, submitted, "department", "dept_redo", SAID, ""),
    (20, "handling", "department", "request_extension", {"reason": "雨"}, "+approve"),
    (20, asked_by_handler, "department", "confirm_request", {}, "-confirm +approve"),
    (20, asked_by_handler, "department", "decline_request", SAID, "-confirm"),
    (20, asked_by_handler, "department", "revoke_handler", {}, "-confirm"),
    (20, confirmed, "dispatcher", "approve_extension", {}, "-approve"),
    (20, confirmed, "dispatcher", "reject_extension", SAID, "-approve"),
    (
        20,
        confirmed,
        "department",
        "feedback",
        {"result": "已清理", "photos": AFTER},
        "-approve -handle +send_check",
    ),
    (
        20,
        confirmed,
        "department",
        "dept_return",
        {"reason": "duplicate", **SAID},
        "-approve |handle +dispatch",
    ),
    (
        20,
        asked_by_handler,
        "dispatcher",
        "reassign",
        {**D2, "reason": "忙"},
        "-confirm -handle +handle +sign",
    ),
    (20, asked_by_handler, "handler", "handler_return", SAID, "-confirm"),
    (20, confirmed, "dispatcher", "reassign", {**D2, "reason": "忙"}, "-approve -handle +handle +sign"),
    (
        21,
        given_on,
        "department",
        "dept_return",
        {"reason": "duplicate", **SAID},
        "|unit_handle |handle +dispatch",
    ),
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
    (33, planned, "dispatcher", "plan", PLAN, "-plan +plan"),
    (33, planned, "dispatcher", "resolve_difficult", SAID, "-plan"),
    (33, planned, "department", "feedback", {"result": "已清理", "photos": AFTER}, "-handle +send_check"),
    (
        35,
        "handling",
        "department",
        "dispatch_on",
        {"department": "d1a", "limit": "2 work_hour"},
        "+unit_handle",
    ),
    (35, given_on, "unit", "unit_feedback", {"result": "已清理"}, "-unit_handle"),
    (35, given_on, "unit", "unit_return", SAID, "-unit_handle"),
    (
        35,
        given_on,
        "department",
        "feedback",
        {"result": "已清理", "photos": AFTER},
        "-unit_handle -handle +send_check",
    ),
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
    # The department had it for three minutes; 3 h 57 are left at 08:06, and nobody works from 12:00 to 14:00.
    assert case.task("handle").used_microseconds == 180_000_000
    assert resumed.task("handle").running_since == AT + timedelta(days=30, minutes=6)
    assert resumed.due_at == AT + timedelta(days=30, hours=6, minutes=3)


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
    assert task.ledger == (Entry(AT + 6 * MINUTE, "paused", "suspend", "雨季", calendar=1),)
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


def holders(case: CaseFacts) -> dict[str, str | None]:
    """Which person has each open task in hand."""
    return {task.kind: task.holder.person for task in case.tasks if task.open}


def test_a_corrected_case_goes_straight_back_to_who_sent_it() -> None:
    case = to_be_corrected()
    assert holders(case) == {"accept": "a1"}, "it comes to who proposed it"
    again = act(case, "acceptor", "resubmit", category="0103", condition="slow", **SAID)
    assert (again.category_id, again.condition, holders(again)) == (8, "slow", {"dispatch": "p1"})
    early = act(led_to("pending_filing"), "leader", "send_back_filing", **SAID)
    back = act(early, "acceptor", "resubmit_filing", **SAID)
    assert (back.category_id, back.condition, holders(back)) == (7, "quick", {"file": "s1"})
    assert {"returned_from", "returned_by"}.isdisjoint({**again.marks, **back.marks})


@pytest.mark.parametrize(("action", "form"), [
    ("propose_filing", {"condition": "quick"}), ("transfer_out", {"platform": "省平台", **SAID}), ("resubmit_filing", SAID),
])  # fmt: skip
def test_who_was_sent_something_back_may_not_go_on_as_before(action: str, form: dict[str, Any]) -> None:
    with pytest.raises(ActionRefused) as caught:
        act(to_be_corrected(), "acceptor", action, **form)
    assert [one.rule for one in caught.value.errors] == [
        "returned_by_shift_leader" if action == "resubmit_filing" else "not_returned"
    ]


def test_another_class_needs_another_condition() -> None:
    with pytest.raises(ActionRefused) as caught:
        act(to_be_corrected(), "acceptor", "resubmit", category="0103", **SAID)
    assert [one.rule for one in caught.value.errors] == ["corrected_condition_fits"]
    same = act(to_be_corrected(), "acceptor", "resubmit", category="0102", **SAID)
    assert same.condition == "quick", "the same class keeps it"


def test_the_departments_task_is_in_the_hands_of_its_handler_until_they_submit() -> None:
    assigned = act(led_to("handling"), "department", "assign_handler", handler="w1")
    assert holders(assigned) == {"handle": "w1"}
    assert holders(submitted()) == {"handle": None}
    again = act(submitted(), "department", "dept_redo", **SAID)
    assert holders(again) == {"handle": "w1"}
    assert holders(act(again, "department", "revoke_handler")) == {"handle": None}
    failed = act(
        act(submitted(), "department", "feedback", result="好"), "dispatcher", "dispatcher_return", **SAID
    )
    assert holders(failed) == {"handle": "w1"}, (
        "rework comes to the same handler, with what was left of the time"
    )
    assert failed.task("handle").budget_microseconds < assigned.task("handle").budget_microseconds


def test_a_department_that_is_rid_of_a_case_keeps_no_task_of_it() -> None:
    case = act(supervised(), "department", "dept_return", reason="wrong_class", **SAID)
    back = act(case, "dispatcher", "return_to_acceptor", **SAID)
    assert (back.department_code, [t.kind for t in back.tasks if t.open]) == (None, ["accept"])
    assert "return_pending" not in back.marks


def test_helpers_have_nothing_to_do_when_nobody_leads() -> None:
    case = act(led_to("handling"), "dispatcher", "add_co_dept", **D2, limit="4 work_hour")
    returned_case = act(case, "department", "dept_return", reason="wrong_class", **SAID)
    assert [t.kind for t in returned_case.tasks if t.open and not t.lead] == ["handle"]
    back = act(returned_case, "dispatcher", "return_to_acceptor", **SAID)
    assert [t.kind for t in back.tasks if t.open] == ["accept"]


def test_a_case_sent_back_to_somebody_who_left_goes_to_their_colleagues() -> None:
    case, nobody = led_to("filed"), make_known(people={})
    sent = decide(
        FLOWS["event"],
        case,
        "return_to_acceptor",
        SAID,
        actor=CAST["dispatcher"],
        at=case.last_at,
        known=nobody,
    ).case
    again = decide(
        FLOWS["event"], sent, "resubmit", SAID, actor=CAST["acceptor"], at=case.last_at, known=nobody
    ).case
    assert (holders(sent), holders(again)) == ({"accept": None}, {"dispatch": None})


def test_co_departments_named_at_dispatch_have_the_same_limit() -> None:
    case = act(led_to("filed"), "dispatcher", "dispatch", **D1, co_departments=["d2", "d3", "d2"])
    helping = [(t.holder.department, t.limit, t.due_at) for t in case.tasks if not t.lead]
    assert helping == [("d2", "4 work_hour", case.due_at), ("d3", "4 work_hour", case.due_at)]
    assert case.marks["co_departments"] == ["d2", "d3"]


@pytest.mark.parametrize("way", ["reassign", "return_accept"])
def test_a_department_that_comes_to_lead_helps_no_more(way: str) -> None:
    case = act(led_to("filed"), "dispatcher", "dispatch", **D1, co_departments=["d2", "d3"])
    if way == "return_accept":
        case = act(case, "department", "dept_return", reason="duplicate", **SAID)
    case = act(case, "dispatcher", way, **D2, **({"reason": "忙"} if way == "reassign" else {}))
    handling = [(t.holder.department, t.lead) for t in case.tasks if t.open and t.kind == "handle"]
    assert sorted(handling) == [("d2", True), ("d3", False)]


def test_a_units_time_ends_within_its_platforms_and_rests_with_it() -> None:
    case = given_on()
    unit, lead = case.tasks[-1], case.task("handle")
    assert (unit.holder.department, unit.lead, unit.limit) == ("d1a", False, "2 work_hour")
    assert unit.due_at < lead.due_at
    returned = act(case, "department", "dept_return", reason="duplicate", **SAID)
    again = act(returned, "dispatcher", "return_reject", **SAID)
    assert again.tasks[unit.task_no - 1].running_since == again.task("handle").running_since
    other = act(returned, "dispatcher", "return_accept", **D2)
    assert [t.kind for t in other.tasks if t.open and not t.lead] == [], "another department has other units"
    with pytest.raises(ActionRefused) as caught:
        act(led_to("handling"), "department", "dispatch_on", department="d1a", limit="5 work_hour")
    assert [one.rule for one in caught.value.errors] == ["limit_within_own"]


def test_a_plan_has_the_deadline_that_it_says() -> None:
    task = planned().task("plan")
    assert (task.holder.role, task.due_at) == ("dispatcher", PLAN["finish_by"])


def checked_at_the_same_time(seen: timedelta, sent: timedelta) -> CaseFacts:
    case = replace(led_to("handled"), observed_at=AT + seen)
    return act(case, "acceptor", "send_check", after=sent, collector="c1", same_period=True)


def test_a_check_at_the_same_time_of_day_waits_for_it() -> None:
    # Seen at 09:00, sent at about 15:00: the next morning begins at 08:00.
    case, morning = checked_at_the_same_time(timedelta(hours=1), timedelta(hours=7)), AT + timedelta(days=1)
    check = case.task("check")
    assert (case.due_at, check.due_at, check.wake_at, check.original_due_at) == (None, None, morning, None)
    form = {"result": "pass", "photos": NEAR}
    with pytest.raises(ActionRefused) as caught:
        act(case, "collector", "check_done", **form)
    assert [one.rule for one in caught.value.errors] == ["period_reached"]
    (woken,) = decide_strikes(FLOWS["event"], case, at=morning, calendars=USUAL_CALENDARS)
    assert (woken.action, woken.case.due_at) == ("wake", morning + timedelta(hours=1))
    assert woken.case.task("check").original_due_at == morning + timedelta(hours=1)
    done = decide(
        FLOWS["event"], case, "check_done", form, actor=CAST["collector"], at=morning + timedelta(hours=2),
        known=make_known(),
    ).case  # fmt: skip
    assert done.task("check").late, "nobody had woken it, and it is late all the same"


def test_a_check_at_the_same_time_of_day_begins_at_once_when_it_is_that_time() -> None:
    case = checked_at_the_same_time(timedelta(hours=1), timedelta(hours=1))
    assert (case.task("check").wake_at, case.due_at) == (
        None,
        case.task("check").entered_at + timedelta(hours=1),
    )
