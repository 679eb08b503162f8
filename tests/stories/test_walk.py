"""A collector's report from collect to close: every clock, every event, every light on the way."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from tests.cast import START, City, Desk

from casehub.clock import SimulatedClock

Replay = tuple[City, Desk]


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def same(told: str | None, wanted: str | None) -> bool:
    return (told and datetime.fromisoformat(told)) == (wanted and datetime.fromisoformat(wanted))


def pass_time(city: City, minutes: float) -> None:
    assert isinstance(city.clock, SimulatedClock)
    assert city.clock.advance_to(START + timedelta(minutes=minutes))


def task(case: dict[str, Any], kind: str) -> dict[str, Any]:
    return dict(next(one for one in reversed(case["tasks"]) if one["kind"] == kind))


async def test_a_collectors_report_walks_from_collect_to_close(replay: Replay) -> None:
    city, desk = replay
    seen = await desk.photo("collector")
    born = await desk.report("collector", source="collector", photos=[seen])
    case_no = born["case_no"]
    assert case_no == f"110101{START:%Y%m%d}00001"
    assert (born["state"], born["stage"], born["version"]) == ("reported", "collect", 1)
    assert same(born["due_at"], at(15))
    assert born["photos"] == [{"id": seen, "kind": "near"}]

    # Four working hours from 09:20 end at 15:20: nobody works from 12:00 to 14:00.
    # minute, who, action, form, state, stage, clock that runs, who holds it, its deadline
    steps: list[tuple[float, str, str, dict[str, Any], str, str, str, str, float | None]] = [
        (5, "acceptor", "propose_filing", {}, "pending_filing", "verify", "file", "shift_leader", 20),
        (10, "shift_leader", "file", {}, "filed", "dispatch", "dispatch", "dispatcher", 25),
        (20, "dispatcher", "dispatch", {"department": "d1", "limit": "4 work_hour"}, "dispatched", "dispatch", "handle", "department", 380),
        (30, "department", "sign_in", {}, "handling", "handle", "handle", "department", 380),
        (200, "department", "feedback", {"result": "已清运"}, "handled", "check", "send_check", "acceptor", None),
        (210, "acceptor", "send_check", {"collector": "c1"}, "checking", "check", "check", "collector", 270),
        (240, "collector", "check_done", {"result": "pass"}, "pending_close", "close", "close", "shift_leader", 270),
    ]  # fmt: skip
    for minute, who, action, form, state, stage, clock, holder, due in steps:
        pass_time(city, minute)
        if action in {"feedback", "check_done"}:
            form["photos"] = [await desk.photo(who, "after" if action == "feedback" else "near")]
        case = await desk.act(who, case_no, action, **form)
        assert (case["state"], case["stage"]) == (state, stage)
        running = task(case, clock)
        assert running["role"] == holder
        assert running["finished_at"] is None
        assert same(running["due_at"], due and at(due)), (action, running)
        assert same(case["due_at"], due and at(due))
    pass_time(city, 250)
    closed = await desk.act("shift_leader", case_no, "close", closing_condition_met=True)
    assert (closed["state"], closed["stage"], closed["version"]) == ("closed", "close", 9)
    assert same(closed["ended_at"], at(250))
    assert closed["due_at"] is None
    assert closed["light"] is None
    assert closed["marks"]["closed_by"] == "s1"

    told = [(one["kind"], one["department"], one["late"], one["outcome"]) for one in closed["tasks"]]
    assert told == [
        ("accept", None, False, "propose_filing"), ("file", None, False, "file"), ("dispatch", None, False, "dispatch"),
        ("handle", "d1", False, "feedback"), ("sign", "d1", False, "sign_in"), ("send_check", None, False, "send_check"),
        ("check", None, False, "check_done"), ("close", None, False, "close"),
    ]  # fmt: skip
    assert all(one["finished_at"] for one in closed["tasks"])

    history = await desk.get("acceptor", f"/v1/cases/{case_no}/history")
    assert [one["action"] for one in history] == ["report", *[step[2] for step in steps], "close"]
    assert [one["seq"] for one in history] == list(range(1, 10))
    assert [one["by"] for one in history] == ["c1", "a1", "s1", "p1", "h1", "h1", "a1", "c1", "s1"]
    assert [one["role"] for one in history][:4] == ["collector", "acceptor", "shift_leader", "dispatcher"]
    assert history[0]["from_state"] is None
    assert [one["to_state"] for one in history[:-1]] == [one["from_state"] for one in history[1:]]
    assert history[3]["form"] == {"department": "d1", "limit": "4 work_hour"}
    assert same(history[-1]["at"], at(250))
    kept = await city.sql("SELECT hash, body FROM case_events ORDER BY seq")
    assert [row.hash for row in kept] == [one["hash"] for one in history]
    assert all(orjson.loads(row.body)["case_id"] == 1 for row in kept)


async def test_a_department_that_is_late_stays_late(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    # Four working hours from 09:00 end at 15:00, 70 per cent of them at 11:48.
    for minute, light in ((167.9, "green"), (168, "yellow"), (360, "yellow"), (360.1, "red")):
        pass_time(city, minute)
        assert (await desk.get("department", f"/v1/cases/{case_no}"))["light"] == light
    photo = await desk.photo("department", "after")
    handled = await desk.act("department", case_no, "feedback", result="迟了", photos=[photo])
    assert task(handled, "handle")["late"] is True
    assert task(handled, "handle")["late_originally"] is True


async def test_a_report_from_the_public_is_verified_on_the_spot_before_it_is_filed(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("reported", source="public")
    refused = await desk.try_act("acceptor", case_no, "propose_filing")
    assert refused.status_code == 409
    assert [one["rule"] for one in refused.json()["errors"]] == ["verified_on_spot"]
    pass_time(city, 5)
    sent = await desk.act("acceptor", case_no, "send_verify", collector="c1")
    assert (sent["assignee"], task(sent, "accept")["paused"]) == ("c1", True)
    stranger = await desk.try_act("stranger", case_no, "verify_done", {"result": "exist", "photos": []})
    assert stranger.status_code == 404
    without = await desk.try_act("collector", case_no, "verify_done", {"result": "exist"})
    assert [one["rule"] for one in without.json()["errors"]] == ["has_photo"]
    pass_time(city, 25)
    photo = await desk.photo("collector")
    back = await desk.act("collector", case_no, "verify_done", result="exist", photos=[photo])
    assert same(task(back, "accept")["due_at"], at(35)), "ten minutes were left when the clock was paused"
    assert (await desk.act("acceptor", case_no, "propose_filing"))["state"] == "pending_filing"


async def test_a_collector_handles_a_light_matter_oneself(desk: Desk) -> None:
    before, after = await desk.photo("collector", "before"), await desk.photo("collector", "after")
    said = {"source": "collector", "self_handled": True}
    refused = await desk.ask(
        "collector", "POST", "/v1/cases",
        json={**said, "kind": "event", "category": "0102", "photos": [before], "location": {"address": "东门"}},
    )  # fmt: skip
    assert refused.status_code == 409
    assert [one["rule"] for one in refused.json()["errors"]] == ["has_after_photo"]
    done = await desk.report("collector", **said, photos=[before, after])
    assert done["state"] == "self_handled"
    assert done["ended_at"] is not None


async def test_a_filing_condition_sets_the_limit_and_must_be_one_of_its_category(client: Desk) -> None:
    categories = await client.get("acceptor", "/v1/categories?scheme=cjt214_2007")
    number = next(c["category_id"] for c in categories if (c["kind"], c["code"]) == ("event", "0102"))
    body = {"description": "占道一平方米以上", "closing_condition": "清理干净", "limit": "2 urgent_hour"}
    path = f"/v1/categories/{number}/conditions/A"
    assert (await client.ask("acceptor", "PUT", path, json=body)).status_code == 403
    assert (await client.ask("administrator", "PUT", path, json=body)).status_code == 204
    case_no = await client.case_in("reported")
    for form in ({}, {"condition": "B"}):
        refused = await client.try_act("acceptor", case_no, "propose_filing", form)
        assert [one["rule"] for one in refused.json()["errors"]] == ["condition_fits"]
    await client.act("acceptor", case_no, "propose_filing", condition="A")
    await client.act("shift_leader", case_no, "file")
    sent = await client.act("dispatcher", case_no, "dispatch", department="d1")
    handle = task(sent, "handle")
    length = datetime.fromisoformat(handle["due_at"]) - datetime.fromisoformat(handle["entered_at"])
    assert (handle["limit"], length) == ("2 urgent_hour", timedelta(hours=2))
