"""The ways that leave the usual one: returns, extensions, suspensions, rework, voids, appeals, merges."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from tests.cast import HERE, NORTH, START, City, Desk

from casehub.clock import SimulatedClock

Replay = tuple[City, Desk]


def rules_of(answer: httpx.Response, status: int = 409) -> list[str]:
    assert answer.status_code == status, answer.text
    return [one["rule"] for one in answer.json()["errors"]]


def pass_time(city: City, **more: float) -> None:
    assert isinstance(city.clock, SimulatedClock)
    assert city.clock.advance_to(city.clock.now() + timedelta(**more))


def handle(case: dict[str, Any]) -> dict[str, Any]:
    return dict([one for one in case["tasks"] if one["kind"] == "handle" and one["lead"]][-1])


async def test_a_department_asks_for_more_time_at_most_twice(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    first = START + timedelta(hours=6)  # four working hours from 09:00 end at 15:00
    other = await desk.try_act("other_department", case_no, "request_extension", {"reason": "人手不足"})
    assert other.status_code == 404
    # Two more end at 17:00; of the four asked for then, one is left of Monday and three are worked on Tuesday.
    for more, due in (("2 work_hour", START + timedelta(hours=8)), (None, START + timedelta(hours=26))):
        form = {"reason": "人手不足"} | ({"extension": more} if more else {})
        asked = await desk.act("department", case_no, "request_extension", **form)
        assert asked["marks"]["extension_pending"] == (more or "4 work_hour")
        twice = await desk.try_act("department", case_no, "request_extension", form)
        assert rules_of(twice) == ["no_request_pending"]
        granted = await desk.act("dispatcher", case_no, "approve_extension")
        assert datetime.fromisoformat(handle(granted)["due_at"]) == due
        assert datetime.fromisoformat(handle(granted)["original_due_at"]) == first
    third = await desk.try_act("department", case_no, "request_extension", {"reason": "还要"})
    assert rules_of(third) == ["extensions_left"]
    pass_time(city, hours=26, seconds=1)
    overdue = await desk.try_act("department", case_no, "request_extension", {"reason": "还要"})
    assert rules_of(overdue) == ["not_overdue", "extensions_left"], "every reason is listed"


async def test_a_rejected_extension_does_not_count(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    await desk.act("department", case_no, "request_extension", reason="忙")
    assert rules_of(await desk.try_act("dispatcher", case_no, "reject_extension"), 422) == ["missing"]
    rejected = await desk.act("dispatcher", case_no, "reject_extension", opinion="不行")
    assert "extension_count" not in rejected["marks"]
    assert rules_of(await desk.try_act("dispatcher", case_no, "approve_extension")) == ["extension_pending"]


async def test_a_suspended_case_keeps_what_was_left_of_its_clock(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    pass_time(city, hours=1)
    for until in (START, START + timedelta(days=400)):
        form = {"until": until.isoformat(), "reason": "等材料"}
        assert rules_of(await desk.try_act("department", case_no, "request_suspension", form)) == [
            "within_a_year"
        ]
    assert rules_of(await desk.try_act("dispatcher", case_no, "suspend")) == ["suspension_pending"]
    until = (START + timedelta(days=30)).isoformat()
    await desk.act("department", case_no, "request_suspension", until=until, reason="等材料")
    parked = await desk.act("dispatcher", case_no, "suspend")
    assert (parked["state"], parked["due_at"], handle(parked)["paused"]) == ("suspended", None, True)
    (kept,) = await city.sql("SELECT wake_at, next_alert_at, due_at FROM tasks WHERE kind = 'handle'")
    assert (kept.wake_at, kept.next_alert_at, kept.due_at) == (START + timedelta(days=30),) * 2 + (None,)
    pass_time(city, days=10)
    resumed = await desk.act("dispatcher", case_no, "resume")
    # Three working hours are left at 10:00, and nobody works from 12:00 to 14:00.
    assert datetime.fromisoformat(resumed["due_at"]) == START + timedelta(days=10, hours=6)
    form = {"until": (START + timedelta(days=60)).isoformat(), "reason": "又"}
    assert rules_of(await desk.try_act("department", case_no, "request_suspension", form)) == [
        "never_suspended"
    ]


async def test_a_return_is_decided_before_anything_else(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    pass_time(city, hours=1)
    form = {"reason": "wrong_owner", "basis": "三定方案第五条", "opinion": "不属我局"}
    back = await desk.act("department", case_no, "dept_return", **form)
    assert (back["state"], handle(back)["paused"]) == ("filed", True)
    again = {"department": "d2", "limit": "1 work_day"}
    assert rules_of(await desk.try_act("dispatcher", case_no, "dispatch", again)) == ["no_return_pending"]
    same = await desk.try_act("dispatcher", case_no, "return_accept", {**again, "department": "d1"})
    assert rules_of(same) == ["another_department"]
    pass_time(city, hours=1)
    rejected = await desk.act("dispatcher", case_no, "return_reject", opinion="是你们的")
    assert (rejected["state"], rejected["department"]) == ("dispatched", "d1")
    # Three working hours are left at 11:00, one of them before lunch.
    assert datetime.fromisoformat(handle(rejected)["due_at"]) == START + timedelta(hours=7)
    assert rules_of(await desk.try_act("department", case_no, "dept_return", form)) == [
        "first_receiver_leads"
    ]
    twice = await desk.act("department", case_no, "dept_return", **form, belongs_to="d2")
    assert (twice["marks"]["is_difficult"], twice["marks"]["return_belongs_to"]) == (True, "d2")
    assert rules_of(await desk.try_act("dispatcher", case_no, "return_to_acceptor", {"opinion": "?"})) == [
        "no_owner_disputed"
    ]
    taken = await desk.act("dispatcher", case_no, "return_accept", **again)
    assert (taken["department"], taken["marks"]["dispatch_accurate"]) == ("d2", False)
    assert (await desk.ask("department", "GET", f"/v1/cases/{case_no}")).status_code == 404, "it is d2's now"
    assert (await desk.act("other_department", case_no, "sign_in"))["state"] == "handling"
    clocks = [(one["department"], one["outcome"]) for one in taken["tasks"] if one["kind"] == "handle"]
    assert clocks == [("d1", "transferred"), ("d2", None)]


async def test_rework_goes_on_with_what_was_left_and_needs_new_photos(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    pass_time(city, hours=1)
    old = await desk.photo("department", "after")
    await desk.act("department", case_no, "feedback", result="清了", photos=[old])
    await desk.act("acceptor", case_no, "send_check", collector="c1")
    pass_time(city, hours=1)
    photo = await desk.photo("collector")
    failed = await desk.act("collector", case_no, "check_done", result="not_pass", photos=[photo])
    assert (failed["state"], failed["marks"]["rework_count"]) == ("handling", 1)
    assert datetime.fromisoformat(failed["due_at"]) == START + timedelta(hours=7), "three hours were left"
    without = await desk.try_act("department", case_no, "feedback", {"result": "清了"})
    assert rules_of(without) == ["has_after_photo"]
    new = await desk.photo("department", "after")
    await desk.act("department", case_no, "feedback", result="真清了", photos=[new])
    returned = await desk.act("dispatcher", case_no, "dispatcher_return", opinion="再看")
    assert (returned["state"], returned["marks"]["rework_count"]) == ("handling", 2)


async def test_voiding_takes_two_persons(desk: Desk) -> None:
    case_no = await desk.case_in("filed")
    assert rules_of(await desk.try_act("shift_leader", case_no, "void", {"reason": "误报"})) == [
        "void_proposed_by_another"
    ]
    await desk.act("shift_leader", case_no, "propose_void", reason="误报")
    assert rules_of(await desk.try_act("shift_leader", case_no, "void", {"reason": "误报"})) == [
        "void_proposed_by_another"
    ]
    assert (await desk.try_act("dispatcher", case_no, "void", {"reason": "误报"})).status_code == 403
    voided = await desk.act("second_leader", case_no, "void", reason="误报")
    assert voided["state"] == "voided"
    assert all(one["finished_at"] for one in voided["tasks"])
    later = await desk.try_act("dispatcher", case_no, "remind")
    assert later.status_code == 409
    assert later.json()["possible"] == []


async def test_only_who_reported_withdraws_and_only_before_filing(desk: Desk) -> None:
    photo = await desk.photo("collector")
    case_no = (await desk.report("collector", source="collector", photos=[photo]))["case_no"]
    assert (await desk.try_act("stranger", case_no, "withdraw", {"reason": "错了"})).status_code == 404
    assert rules_of(await desk.try_act("acceptor", case_no, "withdraw", {"reason": "错了"})) == [
        "by_reporter"
    ]
    assert (await desk.act("collector", case_no, "withdraw", reason="错了"))["state"] == "voided"
    filed = await desk.case_in("filed")
    late = await desk.try_act("acceptor", filed, "withdraw", {"reason": "错了"})
    assert (late.status_code, late.json()["state"]) == (409, "filed")


async def test_a_late_department_appeals_once_and_two_posts_review(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    pass_time(city, hours=6, seconds=1)
    photo = await desk.photo("department", "after")
    await desk.act("department", case_no, "feedback", result="迟了", photos=[photo])
    await desk.act("acceptor", case_no, "send_check", collector="c1")
    await desk.act("collector", case_no, "check_done", result="pass", photos=[await desk.photo("collector")])
    await desk.act("shift_leader", case_no, "close", closing_condition_met=True)
    await desk.act("department", case_no, "appeal", reason="暴雨")
    assert rules_of(await desk.try_act("department", case_no, "appeal", {"reason": "又"})) == ["appeal_once"]
    review = {"result": "granted", "opinion": "属实"}
    assert rules_of(await desk.try_act("acceptor", case_no, "review_appeal", review)) == [
        "appeal_first_granted"
    ]
    await desk.act("dispatcher", case_no, "review_appeal_first", **review)
    done = await desk.act("acceptor", case_no, "review_appeal", **review)
    assert handle(done)["late"], "late it was, exempt it is"
    exemption = handle(done)["exemption"]
    assert (exemption["by"], exemption["reason"]) == ("a1", "属实")
    assert datetime.fromisoformat(exemption["at"]) == city.clock.now()
    in_time = await desk.case_in("closed")
    assert rules_of(await desk.try_act("department", in_time, "appeal", {"reason": "冤"})) == [
        "closed_overdue"
    ]


async def test_a_case_is_reopened_on_grounds_only(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("closed")
    pass_time(city, days=31)
    for reason in ("problem_again", "revisit_unsatisfied"):
        assert rules_of(await desk.try_act("shift_leader", case_no, "reopen", {"reason": reason})) == [
            "reopen_grounded"
        ]
    await desk.act("acceptor", case_no, "revisit", solved="not", satisfied="not")
    again = await desk.act("shift_leader", case_no, "reopen", reason="revisit_unsatisfied")
    assert (again["state"], again["ended_at"], again["marks"]["reopen_count"]) == ("filed", None, 1)
    sent = await desk.act("dispatcher", case_no, "dispatch", department="d1", limit="1 work_hour")
    assert [one["outcome"] for one in sent["tasks"] if one["kind"] == "handle"] == ["feedback", None]


async def test_a_supervision_is_replied_to_by_the_lead_department(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    assert rules_of(await desk.try_act("department", case_no, "reply_supervision", {"reply": "好"})) == [
        "supervision_open"
    ]
    for level in (0, 4, "高"):
        bad = await desk.try_act("evaluator", case_no, "supervise", {"level": level, "content": "快"})
        assert bad.status_code == 422
    await desk.act("evaluator", case_no, "supervise", level=2, content="快")
    raised = await desk.act("shift_leader", case_no, "supervise", level=1, content="再快")
    assert raised["marks"]["supervise_level"] == 2, "the level never falls"
    assert len([one for one in raised["tasks"] if one["kind"] == "reply"]) == 1
    replied = await desk.act("department", case_no, "reply_supervision", reply="已办")
    assert [one["outcome"] for one in replied["tasks"] if one["kind"] == "reply"] == ["reply_supervision"]


async def test_a_co_department_has_a_clock_of_its_own_and_sees_the_case(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    assert (await desk.ask("other_department", "GET", f"/v1/cases/{case_no}")).status_code == 404
    unknown = await desk.try_act(
        "dispatcher", case_no, "add_co_dept", {"department": "d9", "limit": "1 work_day"}
    )
    assert rules_of(unknown) == ["unknown_department"]
    helped = await desk.act("dispatcher", case_no, "add_co_dept", department="d2", limit="1 work_day")
    assert [(one["department"], one["lead"], one["limit"]) for one in helped["tasks"][-1:]] == [
        ("d2", False, "1 work_day")
    ]
    assert (await desk.get("other_department", f"/v1/cases/{case_no}"))["case_no"] == case_no
    listed = await desk.get("other_department", "/v1/cases")
    assert case_no in [one["case_no"] for one in listed["items"]]
    assert rules_of(await desk.try_act("department", case_no, "co_feedback", {"result": "好"})) == [
        "by_co_department"
    ]
    photo = await desk.photo("other_department", "after")
    lead_only = {"result": "好", "photos": [photo]}
    assert rules_of(await desk.try_act("other_department", case_no, "feedback", lead_only)) == [
        "by_lead_department"
    ]
    done = await desk.act("other_department", case_no, "co_feedback", result="协办完成")
    assert (done["state"], done["marks"]["co_results"]) == ("handling", {"d2": "协办完成"})
    assert done["tasks"][-1]["outcome"] == "co_feedback"


async def test_handlers_belong_to_their_department(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    assert rules_of(await desk.try_act("department", case_no, "assign_handler", {"handler": "h2"})) == [
        "handler_in_department"
    ]
    nobody = await desk.try_act("department", case_no, "assign_handler", {"handler": "h9"})
    assert set(rules_of(nobody)) == {"unknown_person", "handler_in_department"}
    assert (await desk.act("department", case_no, "assign_handler", handler="h1"))["marks"][
        "handler_no"
    ] == "h1"
    assert "handler_no" not in (await desk.act("department", case_no, "revoke_handler"))["marks"]


async def test_a_difficult_case_has_a_plan(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    plan = {"subject": "街道", "standard": "清零", "finish_by": "2030-01-01T00:00:00+08:00"}
    assert rules_of(await desk.try_act("dispatcher", case_no, "plan", plan)) == ["is_difficult"]
    await desk.act("dispatcher", case_no, "mark_difficult", reason="权属不清")
    assert (await desk.act("dispatcher", case_no, "plan", **plan))["marks"]["difficult_plan"][
        "subject"
    ] == "街道"
    assert (
        "is_difficult"
        not in (await desk.act("dispatcher", case_no, "resolve_difficult", opinion="清了"))["marks"]
    )


async def test_a_merge_links_the_reporters_and_tells_it_on_both_cases(client: Desk) -> None:
    kept = (await client.report(at=HERE, reporter={"name": "甲", "telephone": "1"}))["case_no"]
    twin = (await client.report(at=HERE, reporter={"name": "乙", "telephone": "2"}))["case_no"]
    far = (await client.report(at=(HERE[0] + 0.1, HERE[1])))["case_no"]
    other = (await client.report(at=HERE, category="0103"))["case_no"]
    for target in (far, other, twin):
        assert rules_of(await client.try_act("acceptor", twin, "merge", {"target": target})) == [
            "merge_target_fits"
        ]
    assert "unknown_case" in rules_of(await client.try_act("acceptor", twin, "merge", {"target": "no-such"}))
    merged = await client.act("acceptor", twin, "merge", target=kept)
    assert (merged["state"], merged["marks"]["merged_into"]) == ("merged", kept)
    target = await client.get("acceptor", f"/v1/cases/{kept}")
    assert (target["state"], target["version"], target["marks"]["merged_in"]) == ("reported", 2, [twin])
    assert [(one["name"], one["merged_from"]) for one in target["reporters"]] == [
        ("甲*", None),
        ("乙*", twin),
    ]
    history = await client.get("acceptor", f"/v1/cases/{kept}/history")
    assert [one["action"] for one in history] == ["report", "merged_in"]
    assert history[-1]["form"] == {"merged": twin}
    await client.walk(kept, "closed")
    late = (await client.report(at=HERE))["case_no"]
    assert rules_of(await client.try_act("acceptor", late, "merge", {"target": kept})) == [
        "merge_target_fits"
    ]


async def test_duplicates_are_listed_near_in_place_and_time_and_not_beyond(replay: Replay) -> None:
    city, desk = replay
    first = (await desk.report(at=HERE))["case_no"]
    metre = 1 / 111_195
    for north, found in ((0, True), (49, True), (51, False)):
        near = await desk.report(at=(HERE[0], HERE[1] + north * metre), category="0102")
        assert (first in [one["case_no"] for one in near["candidates"]]) is found, north
    assert (await desk.report(at=HERE, category="0103"))["candidates"] == []
    assert (await desk.report(at=NORTH))["candidates"] == []
    nearest = (await desk.report(at=HERE))["candidates"]
    assert next(one for one in nearest if one["case_no"] == first)["distance_metres"] == 0
    pass_time(city, hours=24)
    assert first in [one["case_no"] for one in (await desk.report(at=HERE))["candidates"]]
    pass_time(city, seconds=1)
    assert first not in [one["case_no"] for one in (await desk.report(at=HERE))["candidates"]]


async def test_a_hotline_order_and_a_component_begin_their_own_workflows(desk: Desk) -> None:
    assert (await desk.report(source="hotline"))["workflow"] == "hotline"
    assert (await desk.report(kind="component", component_code="1101010101000001"))["workflow"] == "component"
    assert (await desk.report())["workflow"] == "event"


async def checked_order(desk: Desk) -> str:
    """A hotline order that passed its check."""
    case_no = str((await desk.report(source="hotline"))["case_no"])
    await desk.act("acceptor", case_no, "dispatch_directly", department="d1", limit="4 work_hour")
    await desk.act("department", case_no, "feedback", result="已清理")
    await desk.act("acceptor", case_no, "send_check", collector="c1")
    seen = await desk.photo("collector")
    await desk.act("collector", case_no, "check_done", result="pass", photos=[seen])
    return case_no


async def test_a_check_lasts_until_the_case_is_handled_again(desk: Desk) -> None:
    checked, again = await checked_order(desk), await checked_order(desk)
    closed = await desk.act("shift_leader", checked, "close", closing_condition_met=True)
    assert (closed["state"], "unchecked_reason" in closed["marks"]) == ("closed", False)
    # Done again after the check: it is checked anew, or closed with a reason.
    await desk.act("shift_leader", again, "rework", opinion="又有垃圾")
    for blank in ({}, {"unchecked_reason": " "}):
        assert rules_of(await desk.try_act("department", again, "conclude", blank)) == ["checked_or_reasoned"]
    await desk.act("department", again, "feedback", result="再次清理")
    await desk.act("acceptor", again, "propose_close")
    form = {"closing_condition_met": True}
    assert rules_of(await desk.try_act("shift_leader", again, "close", form)) == ["checked_or_reasoned"]
    closed = await desk.act("shift_leader", again, "close", **form, unchecked_reason="诉求人电话确认")
    assert closed["marks"]["unchecked_reason"] == "诉求人电话确认"
    told = (await desk.get("acceptor", f"/v1/cases/{again}/history"))[-1]
    assert (told["action"], told["form"]["unchecked_reason"]) == ("close", "诉求人电话确认")
    opened = await desk.act("shift_leader", again, "reopen", reason="problem_again")
    assert "unchecked_reason" not in opened["marks"], "it is closed no more"
