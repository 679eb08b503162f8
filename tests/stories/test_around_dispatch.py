"""The ways around dispatch: corrections, reassigning, handlers, two levels of approval, units, transfers, handing over."""

from datetime import datetime, timedelta
from typing import Any

from tests.cast import START, City, Desk
from tests.stories.test_paths import Replay, handle, pass_time, rules_of

from casehub.people.actors import Role
from casehub.people.commands import add_people, create_key

SAID = {"opinion": "意见"}


def open_tasks(case: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Kind, department and person of every open task."""
    return [
        (one["kind"], one["department"], one["person"]) for one in case["tasks"] if not one["finished_at"]
    ]


async def listed(desk: Desk, who: str, query: str) -> set[str]:
    return {one["case_no"] for one in (await desk.get(who, f"/v1/cases?{query}&limit=200"))["items"]}


async def actions(desk: Desk, who: str, case_no: str) -> set[str]:
    found = await desk.get(who, f"/v1/cases/{case_no}/actions")
    return {one["action"] for one in found if one["allowed"]}


async def test_a_wrong_class_is_corrected_and_comes_straight_back_to_the_dispatcher(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    returned = await desk.act("department", case_no, "dept_return", reason="wrong_class", **SAID)
    assert case_no in await listed(desk, "dispatcher", "return_pending=true")
    assert handle(returned)["paused"]
    back = await desk.act("dispatcher", case_no, "return_to_acceptor", opinion="请更正类别")
    assert open_tasks(back) == [("accept", None, "a1")]
    assert case_no not in await listed(desk, "dispatcher", "return_pending=true")
    assert (await desk.ask("department", "GET", f"/v1/cases/{case_no}")).status_code == 404, "it left d1"
    for action, form in (("propose_filing", {}), ("transfer_out", {"platform": "省平台", **SAID})):
        assert rules_of(await desk.try_act("acceptor", case_no, action, form)) == ["not_returned"]
    wrong = await desk.try_act("acceptor", case_no, "resubmit", {"category": "9999", **SAID})
    assert rules_of(wrong) == ["unknown_category"]
    again = await desk.act("acceptor", case_no, "resubmit", category="0103", **SAID)
    assert (again["state"], again["category"]["code"], open_tasks(again)) == (
        "filed", "0103", [("dispatch", None, "p1")],
    )  # fmt: skip
    assert case_no in await listed(desk, "acceptor", "category=0103")
    assert case_no not in await listed(desk, "acceptor", "category=0102")


async def test_what_a_shift_leader_sends_back_comes_back_to_the_same_one(desk: Desk) -> None:
    case_no = await desk.case_in("pending_filing")
    await desk.act("second_leader", case_no, "send_back_filing", opinion="条件不清")
    assert rules_of(await desk.try_act("acceptor", case_no, "resubmit", SAID)) == ["returned_by_dispatcher"]
    again = await desk.act("acceptor", case_no, "resubmit_filing", **SAID)
    assert (again["state"], open_tasks(again)) == ("pending_filing", [("file", None, "s2")])
    assert (await desk.act("shift_leader", case_no, "file"))["state"] == "filed", "another may help out"


async def test_a_return_says_by_which_rule_and_comes_inside_the_limit(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("dispatched")
    bare = {"reason": "wrong_owner", "belongs_to": "d1", **SAID}
    assert rules_of(await desk.try_act("department", case_no, "dept_return", bare)) == [
        "basis_given", "belongs_elsewhere",
    ]  # fmt: skip
    pass_time(city, hours=6, seconds=1)
    late = {"reason": "wrong_owner", "basis": "权责清单", **SAID}
    assert rules_of(await desk.try_act("department", case_no, "dept_return", late)) == ["return_in_time"]


async def test_a_reassigned_case_leaves_the_old_queue_at_once_and_the_new_unit_has_its_own_time(
    replay: Replay,
) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    await desk.act("evaluator", case_no, "supervise", level=1, content="速办")
    await desk.act("department", case_no, "request_extension", reason="雨")
    pass_time(city, hours=1)
    form = {"department": "d1", "limit": "4 work_hour", "reason": "忙"}
    assert rules_of(await desk.try_act("dispatcher", case_no, "reassign", form)) == ["another_department"]
    moved = await desk.act("dispatcher", case_no, "reassign", **form | {"department": "d2"})
    assert moved["state"] == "dispatched"
    assert {one[:2] for one in open_tasks(moved)} == {("handle", "d2"), ("sign", "d2"), ("reply", "d2")}
    # Four working hours at 10:00, two of them after lunch.
    assert datetime.fromisoformat(handle(moved)["due_at"]) == START + timedelta(hours=7)
    assert (moved["marks"]["dispatch_count"], moved["marks"]["first_receiver"]) == (2, "d1")
    assert "extension_pending" not in moved["marks"]
    assert (await desk.ask("department", "GET", f"/v1/cases/{case_no}")).status_code == 404


async def test_a_handler_works_asks_and_submits_and_the_department_answers_for_it(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    asked = {"reason": "雨"}
    assert (await desk.try_act("handler", case_no, "request_extension", asked)).status_code == 404
    assigned = await desk.act("department", case_no, "assign_handler", handler="w1")
    assert open_tasks(assigned) == [("handle", "d1", "w1")]
    assert (await desk.get("handler", f"/v1/cases/{case_no}"))["case_no"] == case_no
    waits = await desk.act("handler", case_no, "request_extension", **asked)
    assert ("confirm", "d1", None) in open_tasks(waits)
    assert rules_of(await desk.try_act("dispatcher", case_no, "approve_extension")) == ["extension_pending"]
    assert case_no in await listed(desk, "department", "request_pending=true")
    confirmed = await desk.act("department", case_no, "confirm_request")
    assert ("approve", None, None) in open_tasks(confirmed)
    granted = await desk.act("dispatcher", case_no, "approve_extension")
    assert (granted["marks"]["extension_count"], open_tasks(granted)) == (1, [("handle", "d1", "w1")])
    assert case_no not in await listed(desk, "department", "request_pending=true")
    photo = await desk.photo("handler", "after")
    assert rules_of(await desk.try_act("handler", case_no, "handler_submit", {"result": "清了"})) == [
        "has_after_photo"
    ]
    done = await desk.act("handler", case_no, "handler_submit", result="清了", photos=[photo])
    assert open_tasks(done) == [("handle", "d1", None)], "it lies with the department"
    assert rules_of(await desk.try_act("handler", case_no, "handler_return", SAID)) == ["not_submitted"]
    again = await desk.act("department", case_no, "dept_redo", opinion="没清干净")
    assert open_tasks(again) == [("handle", "d1", "w1")]
    await desk.act(
        "handler", case_no, "handler_submit", result="清了", photos=[await desk.photo("handler", "after")]
    )
    assert (await desk.act("department", case_no, "feedback", result="已清理"))["state"] == "handled"


async def test_requests_die_when_the_handler_is_revoked(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    await desk.act("department", case_no, "assign_handler", handler="w1")
    await desk.act("handler", case_no, "request_extension", reason="雨")
    declined = await desk.act("department", case_no, "decline_request", opinion="不必")
    assert open_tasks(declined) == [("handle", "d1", "w1")]
    await desk.act("handler", case_no, "request_extension", reason="雨")
    revoked = await desk.act("department", case_no, "revoke_handler")
    assert open_tasks(revoked) == [("handle", "d1", None)]
    assert (await desk.try_act("handler", case_no, "handler_return", SAID)).status_code in {404, 409}


async def test_a_platform_dispatches_on_to_its_own_units(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    assert (await desk.ask("unit", "GET", f"/v1/cases/{case_no}")).status_code == 404
    for department, rules in (("d2", ["unit_below"]), ("d1", ["unit_below"])):
        form = {"department": department, "limit": "2 work_hour"}
        assert rules_of(await desk.try_act("department", case_no, "dispatch_on", form)) == rules
    form = {"department": "d1a", "limit": "5 work_hour"}
    assert rules_of(await desk.try_act("department", case_no, "dispatch_on", form)) == ["limit_within_own"]
    sent = await desk.act("department", case_no, "dispatch_on", department="d1a", limit="2 work_hour")
    assert open_tasks(sent) == [("handle", "d1", None), ("unit_handle", "d1a", None)]
    assert case_no in await listed(desk, "unit", "open=true")
    twice = await desk.try_act(
        "department", case_no, "dispatch_on", {"department": "d1a", "limit": "1 work_hour"}
    )
    assert rules_of(twice) == ["unit_is_free"]
    assert rules_of(await desk.try_act("unit", case_no, "feedback", {"result": "好", "photos": []})) == [
        "by_lead_department", "has_after_photo",
    ]  # fmt: skip
    await desk.act("unit", case_no, "unit_return", opinion="人手不足")
    await desk.act("department", case_no, "dispatch_on", department="d1a", limit="2 work_hour")
    done = await desk.act("unit", case_no, "unit_feedback", result="已清理")
    assert (done["marks"]["unit_results"], open_tasks(done)) == ({"d1a": "已清理"}, [("handle", "d1", None)])


async def test_co_departments_are_named_when_the_case_is_dispatched(desk: Desk) -> None:
    case_no = await desk.case_in("filed")
    form = {"department": "d1", "limit": "4 work_hour", "co_departments": ["d2", "d1"]}
    assert rules_of(await desk.try_act("dispatcher", case_no, "dispatch", form)) == ["co_departments_differ"]
    sent = await desk.act("dispatcher", case_no, "dispatch", **form | {"co_departments": ["d2"]})
    assert ("handle", "d2", None) in open_tasks(sent)
    assert (await desk.act("other_department", case_no, "co_feedback", result="好"))["marks"][
        "co_results"
    ] == {"d2": "好"}
    await desk.act("department", case_no, "sign_in")
    same = {"department": "d1", "limit": "1 work_day"}
    assert rules_of(await desk.try_act("dispatcher", case_no, "add_co_dept", same)) == [
        "co_department_differs"
    ]
    await desk.act("dispatcher", case_no, "split", department="d2", limit="1 work_day", part="一半")
    photo = await desk.photo("department", "after")
    await desk.act("department", case_no, "feedback", result="清了", photos=[photo])
    await desk.act("acceptor", case_no, "send_check", collector="c1")
    await desk.act("collector", case_no, "check_done", result="pass", photos=[await desk.photo("collector")])
    closed = await desk.act("shift_leader", case_no, "close", closing_condition_met=True)
    assert open_tasks(closed) == [], "only the lead finishes the case; what helpers still had ends with it"


async def test_difficult_cases_have_a_ledger_and_their_plan_a_deadline(replay: Replay) -> None:
    _, desk = replay
    case_no = await desk.case_in("handling")
    await desk.act("dispatcher", case_no, "mark_difficult", reason="权属不清")
    assert await listed(desk, "dispatcher", "difficult=true") == {case_no}
    finish_by = START + timedelta(days=10)
    plan = {"subject": "街道", "standard": "清零", "finish_by": START.isoformat()}
    assert rules_of(await desk.try_act("dispatcher", case_no, "plan", plan)) == ["plan_ahead"]
    planned = await desk.act("dispatcher", case_no, "plan", **plan | {"finish_by": finish_by.isoformat()})
    (task,) = [one for one in planned["tasks"] if one["kind"] == "plan"]
    assert datetime.fromisoformat(task["due_at"]) == finish_by
    await desk.act("dispatcher", case_no, "resolve_difficult", opinion="已明确")
    assert await listed(desk, "dispatcher", "difficult=true") == set()


async def test_a_case_goes_to_another_platform_and_keeps_its_number_there(desk: Desk) -> None:
    case_no = await desk.case_in("filed")
    out = await desk.act("dispatcher", case_no, "transfer_out", platform="省平台", opinion="属省管")
    assert (out["state"], open_tasks(out), out["marks"]["transferred_to"]) == ("transferred", [], "省平台")
    await desk.act("dispatcher", case_no, "record_foreign_no", foreign_no="S-2024-7")
    assert await listed(desk, "acceptor", "foreign_no=S-2024-7") == {case_no}
    here = await desk.report(source="transfer", external_no="S-2024-8")
    assert await listed(desk, "acceptor", "external_no=S-2024-8") == {here["case_no"]}
    no_verify = await desk.act("acceptor", here["case_no"], "propose_filing")
    assert no_verify["state"] == "pending_filing", "what another platform sends needs no verification"


async def person_with_key(city: City, desk: Desk, person: str, role: Role, department: str | None) -> None:
    row = {"person_no": person, "name": f"{person} 同志", "department_code": department, "active": True}
    async with city.engine.begin() as tx:
        await add_people(tx, [row])
        _, desk.keys[person] = await create_key(
            tx, [role], person=person, department=department, at=city.clock.now()
        )


async def test_who_leaves_hands_over_the_whole_queue(city: City, client: Desk) -> None:
    await person_with_key(city, client, "w2", Role.HANDLER, "d1")
    mine = [await client.case_in("handling") for _ in range(2)]
    for case_no in mine:
        await client.act("department", case_no, "assign_handler", handler="w1")
    theirs = await client.case_in("checking")
    for who in ("acceptor", "collector", "handler"):
        refused = await client.ask(who, "POST", "/v1/people/w1/handover", json={"to": "w2"})
        assert refused.status_code == 403
    nobody = await client.ask("department", "POST", "/v1/people/w1/handover", json={"to": "w9"})
    assert (nobody.status_code, nobody.json()["type"]) == (422, "/v1/problems#heir-unknown")

    async def handed(who: str, person: str, **body: Any) -> list[tuple[str, bool]]:
        answer = await client.ask(who, "POST", f"/v1/people/{person}/handover", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["more"] is False
        return [(one["case_no"], one["handed"]) for one in answer.json()["cases"]]

    every = [(case_no, True) for case_no in mine]
    assert await handed("department", "w1", to="w2", dry_run=True) == every
    assert open_tasks(await client.get("department", f"/v1/cases/{mine[0]}")) == [("handle", "d1", "w1")]
    assert await handed("department", "w1", to="h2") == [(case_no, False) for case_no in mine], "h2 is of d2"
    assert await handed("other_department", "w1", to="h2") == [], "it is not theirs to see"
    assert await handed("department", "w1", to="w2") == every
    assert await handed("department", "w1", to="w2") == [], "nothing is left to repeat"
    for case_no in mine:
        case = await client.get("w2", f"/v1/cases/{case_no}")
        assert (open_tasks(case), case["marks"]["handler_no"]) == ([("handle", "d1", "w2")], "w2")
        assert (await client.get("department", f"/v1/cases/{case_no}/history"))[-1]["action"] == "hand_over"
    assert await handed("shift_leader", "c1", to="c2") == [(theirs, True)]
    photo = await client.photo("stranger")
    passed = await client.act("stranger", theirs, "check_done", result="pass", photos=[photo])
    assert passed["state"] == "pending_close"
    assert (await city.casehub("audit", "verify"))[0] == 0


async def test_a_check_at_the_same_time_of_day_sleeps_until_it_comes(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handled", observed_at=START.isoformat())
    pass_time(city, hours=6)  # 15:00
    sent = await desk.act("acceptor", case_no, "send_check", collector="c1", same_period=True)
    assert (sent["due_at"], open_tasks(sent)) == (None, [("check", None, "c1")])
    (kept,) = await city.sql("SELECT wake_at, next_alert_at FROM tasks WHERE kind = 'check'")
    morning = START + timedelta(hours=23)  # 08:00
    assert (kept.wake_at, kept.next_alert_at) == (morning, morning)
    form = {"result": "pass", "photos": [await desk.photo("collector")]}
    assert rules_of(await desk.try_act("collector", case_no, "check_done", form)) == ["period_reached"]
    pass_time(city, hours=18)  # 09:00 of the next day
    done = await desk.act("collector", case_no, "check_done", **form)
    (check,) = [one for one in done["tasks"] if one["kind"] == "check"]
    assert datetime.fromisoformat(check["due_at"]) == morning + timedelta(hours=1)
    assert not check["late"]
