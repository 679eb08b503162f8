"""The watch: every crossing is told once, whoever looks and however late (architecture 5 and 9.5)."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import START, City, Desk

from casehub.cases import commands_watch
from casehub.cases.commands import audit
from casehub.cases.commands_watch import StrikeFailed, recompute_deadlines, strike_due
from casehub.clock import SimulatedClock

Replay = tuple[City, Desk]


def pass_time(city: City, **more: float) -> None:
    assert isinstance(city.clock, SimulatedClock)
    assert city.clock.advance_to(city.clock.now() + timedelta(**more))


async def look(city: City, at: datetime, most: int = 100) -> int:
    """Let everything strike that is due at `at`, as a worker does; how many cases were due."""
    total = 0
    while True:
        async with city.engine.begin() as tx:
            count = await strike_due(tx, at, most=most)
        total += count
        if not count:
            return total


async def alerts(city: City) -> list[tuple[str, str]]:
    """(kind of task, rung) of every alert, in order of time."""
    rows = await city.sql(
        "SELECT t.kind, a.rung FROM alerts a JOIN tasks t USING (case_id, task_no) ORDER BY a.at, a.case_id, a.seq, a.rung"
    )
    return [(row.kind, row.rung) for row in rows]


async def faults(city: City) -> list[tuple[str, str]]:
    async with city.engine.begin() as tx:
        return (await audit(tx, 0))[2]


async def test_a_clock_turns_yellow_then_red_and_each_is_told_once(replay: Replay) -> None:
    city, desk = replay
    case_no = (await desk.report())["case_no"]  # 15 minutes to accept, from 09:00
    assert await look(city, START + timedelta(minutes=10)) == 0
    for minutes, told in (
        (11, ["yellow"]),
        (12, ["yellow"]),
        (15, ["yellow"]),
        (16, ["yellow", "red"]),
        (99, ["yellow", "red"]),
    ):
        await look(city, START + timedelta(minutes=minutes))
        assert await alerts(city) == [("accept", rung) for rung in told], minutes
    history = await desk.get("acceptor", f"/v1/cases/{case_no}/history")
    assert [(one["action"], one["by"], one["form"].get("rungs")) for one in history[1:]] == [
        ("alert", "key:system", ["yellow"]), ("alert", "key:system", ["red"]),
    ]  # fmt: skip
    assert await faults(city) == []


async def test_a_reminder_at_night_waits_for_the_morning_and_red_does_not(replay: Replay) -> None:
    city, desk = replay
    pass_time(city, hours=9, minutes=5)  # 18:05, the city is closed
    await desk.report()
    await look(city, START + timedelta(hours=9, minutes=19))
    assert await alerts(city) == [], "yellow at 18:15:30 would wait until 08:00, when red has been told"
    await look(city, START + timedelta(hours=9, minutes=21))
    assert await alerts(city) == [("accept", "red")]
    await look(city, START + timedelta(days=2))
    assert await alerts(city) == [("accept", "red")]


async def test_after_a_standstill_one_event_tells_all_that_was_missed(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")  # 4 work hours
    before = (await desk.get("department", f"/v1/cases/{case_no}"))["version"]
    await look(city, START + timedelta(days=30))
    case = await desk.get("department", f"/v1/cases/{case_no}")
    assert (case["version"], await alerts(city)) == (before + 1, [("handle", "red"), ("handle", "yellow")])
    assert case["light"] == "red" or case["due_at"]
    assert await faults(city) == []


async def test_a_clock_set_back_tells_nothing_twice(replay: Replay) -> None:
    city, desk = replay
    await desk.report()
    await look(city, START + timedelta(minutes=20))
    told = await alerts(city)
    await look(city, START - timedelta(hours=1))
    await look(city, START + timedelta(minutes=30))
    assert await alerts(city) == told == [("accept", "red"), ("accept", "yellow")]


async def test_a_closed_case_a_pause_and_a_return_are_never_alerted_for_the_old_clock(replay: Replay) -> None:
    city, desk = replay
    closed = await desk.case_in("closed")
    returned = await desk.case_in("handling")
    await desk.act("department", returned, "dept_return", reason="duplicate", opinion="不是我们的")
    await look(city, START + timedelta(days=30))
    assert await alerts(city) == [("dispatch", "red"), ("dispatch", "yellow")], (
        "the department's clock was paused"
    )
    assert len(await desk.get("dispatcher", f"/v1/cases/{closed}/history")) == 9
    pass_time(city, days=30)
    await desk.act("dispatcher", returned, "return_accept", department="d2", limit="4 work_hour")
    await look(city, START + timedelta(days=60))
    assert Counter(await alerts(city))["handle", "red"] == 1, "the new department's clock was armed"


async def test_an_extension_arms_the_clock_again(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")  # 09:00 + 4 work hours = 15:00
    await look(city, START + timedelta(hours=5))
    assert await alerts(city) == [("handle", "yellow")]
    pass_time(city, hours=5)
    await desk.act("department", case_no, "request_extension", reason="下雨")
    await desk.act("dispatcher", case_no, "approve_extension")
    await look(city, START + timedelta(hours=7))
    assert await alerts(city) == [("handle", "yellow")], "15:00 is no deadline any more"
    await look(city, START + timedelta(days=2))
    assert Counter(await alerts(city)) == {("handle", "yellow"): 2, ("handle", "red"): 1}


async def test_a_suspension_ends_at_its_date_however_late_somebody_looks(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    until = START + timedelta(days=7)
    pass_time(city, hours=1)
    await desk.act("department", case_no, "request_suspension", reason="雨季", until=until.isoformat())
    await desk.act("dispatcher", case_no, "suspend")
    await look(city, until - timedelta(seconds=1))
    assert (await desk.get("department", f"/v1/cases/{case_no}"))["state"] == "suspended"
    async with city.engine.begin() as tx:
        assert await strike_due(tx, until + timedelta(hours=1), most=100) == 1
    case = await desk.get("department", f"/v1/cases/{case_no}")
    assert (case["state"], case["marks"].get("suspended_until")) == ("handling", None)
    assert datetime.fromisoformat(case["due_at"]) == until + timedelta(hours=3), "three hours were left"
    last = (await desk.get("department", f"/v1/cases/{case_no}/history"))[-1]
    assert (last["action"], last["by"], datetime.fromisoformat(last["at"])) == ("resume", "key:system", until)
    assert await faults(city) == []


async def test_many_workers_tell_each_alert_once(replay: Replay) -> None:
    city, desk = replay
    for _ in range(30):
        await desk.report()
    at = START + timedelta(minutes=20)

    async def worker() -> int:
        return await look(city, at, most=4)

    await asyncio.gather(*(worker() for _ in range(4)))
    await look(city, at)
    assert Counter(await alerts(city)) == {("accept", "yellow"): 30, ("accept", "red"): 30}
    assert await faults(city) == []


async def test_a_worker_that_dies_before_it_commits_has_told_nothing(replay: Replay) -> None:
    city, desk = replay
    await desk.report()
    at = START + timedelta(minutes=20)
    tx = await city.engine.connect()
    await tx.begin()
    assert await strike_due(tx, at, most=10) == 1
    assert await look(city, at) == 0, "who holds the case is passed over"
    await tx.close()
    assert await alerts(city) == []
    await look(city, at)
    assert await alerts(city) == [("accept", "red"), ("accept", "yellow")]


async def test_a_case_whose_rule_raises_is_passed_over_and_the_others_strike(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, desk = replay
    bad = await desk.report()
    await desk.report(location={"lon": 117.0, "lat": 40.0})
    rule = commands_watch.decide_strikes

    def raises(flow: Any, case: Any, **said: Any) -> Any:
        if case.case_no == bad["case_no"]:
            raise LookupError(case.case_no)
        return rule(flow, case, **said)

    monkeypatch.setattr(commands_watch, "decide_strikes", raises)
    at = START + timedelta(minutes=20)
    with pytest.raises(StrikeFailed) as caught:
        await look(city, at)
    assert await alerts(city) == []
    async with city.engine.begin() as tx:
        assert await strike_due(tx, at, most=10, skipped=[caught.value.case_id]) == 1
    assert await alerts(city) == [("accept", "red"), ("accept", "yellow")]


async def test_a_changed_calendar_moves_deadlines_only_when_asked_and_on_record(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")  # Monday 09:00 + 4 work hours = 15:00
    given = (await desk.get("department", f"/v1/cases/{case_no}"))["due_at"]
    off = {"working": False, "note": "台风"}
    assert (
        await desk.ask("administrator", "PUT", "/v1/calendar/days/2024-05-06", json=off)
    ).status_code == 200
    assert (await desk.get("department", f"/v1/cases/{case_no}"))["due_at"] == given
    pass_time(city, hours=1)
    async with city.engine.connect() as tx:
        following, moved = await recompute_deadlines(tx, after=0, most=10, at=city.clock.now())
        assert following is None
        assert [(one.case_no, one.kind) for one in moved] == [(case_no, "handle")]
        await tx.rollback()
    assert (await desk.get("department", f"/v1/cases/{case_no}"))["due_at"] == given, "a dry run"
    async with city.engine.begin() as tx:
        await recompute_deadlines(tx, after=0, most=10, at=city.clock.now())
    case = await desk.get("department", f"/v1/cases/{case_no}")
    # An hour ran before the day was taken off; three are left on Tuesday.
    assert datetime.fromisoformat(case["due_at"]) == START + timedelta(days=1, hours=2)
    handle = next(one for one in case["tasks"] if one["kind"] == "handle")
    assert handle["original_due_at"] == given
    assert await faults(city) == []
    async with city.engine.begin() as tx:
        assert (await recompute_deadlines(tx, after=0, most=10, at=city.clock.now()))[1] == []


async def test_a_clock_explains_itself(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    pass_time(city, hours=1)
    await desk.act(
        "department",
        case_no,
        "request_suspension",
        reason="等待配件",
        until=(START + timedelta(days=7)).isoformat(),
    )
    await desk.act("dispatcher", case_no, "suspend")
    await look(city, START + timedelta(days=7))
    pass_time(city, days=7)
    clocks = await desk.get("department", f"/v1/cases/{case_no}/clock")
    handle = next(one for one in clocks if one["kind"] == "handle")
    assert (handle["rule"], handle["counts"], handle["granted_seconds"]) == (
        "dispatch",
        "working_time",
        4 * 3600,
    )
    assert [(one["what"], one["why"], one["reason"]) for one in handle["ledger"]] == [
        ("paused", "suspend", "等待配件"), ("resumed", "resume", None),
    ]  # fmt: skip
    assert [len(run["spans"]) for run in handle["runs"]] == [1, 1]
    counted = [span for run in handle["runs"] for span in run["spans"] if span["counted"]]
    lengths = [datetime.fromisoformat(s["ends_at"]) - datetime.fromisoformat(s["begins_at"]) for s in counted]
    assert sum(lengths, timedelta()) == timedelta(hours=4), (
        "what counted up to the deadline is what was granted"
    )
    accept = next(one for one in clocks if one["kind"] == "accept")
    assert (accept["rule"], accept["counts"]) == ("workflow", "plain_time")


async def test_a_limit_in_steps_is_alerted_step_by_step(replay: Replay) -> None:
    city, desk = replay
    listed = await desk.get("acceptor", "/v1/categories?scheme=cjt214_2007")
    category = next(one for one in listed if (one["kind"], one["code"]) == ("event", "0102"))
    steps = [{"step": "stop", "limit": "4 work_hour"}, {"step": "demolish", "limit": "20 work_day"}]
    path = f"/v1/categories/{category['category_id']}/conditions/building"
    said = {"description": "正在搭建", "steps": steps}
    assert (await desk.ask("administrator", "PUT", path, json=said)).status_code < 300
    case_no = (await desk.report())["case_no"]
    await desk.act("acceptor", case_no, "propose_filing", condition="building")
    await desk.act("shift_leader", case_no, "file")
    await desk.act("dispatcher", case_no, "dispatch", department="d1")
    await desk.act("department", case_no, "sign_in")
    clock = (await desk.get("department", f"/v1/cases/{case_no}/clock"))[-2]
    assert (clock["kind"], clock["limit"], clock["rule"]) == ("handle", "20 work_day", "filing_condition")
    assert [(one["name"], one["due_at"]) for one in clock["milestones"]] == [
        ("stop", "2024-05-06T07:00:00+00:00")
    ]
    await look(city, START + timedelta(hours=6))
    assert await alerts(city) == [], "15:00 itself is still in time"
    await look(city, START + timedelta(hours=6, seconds=1))
    assert await alerts(city) == [("handle", "stop")]
    pass_time(city, hours=7)
    reached = await desk.act("department", case_no, "reach_milestone", milestone="stop")
    assert reached["marks"]["reached"] == ["stop"]
    again = await desk.try_act("department", case_no, "reach_milestone", {"milestone": "stop"})
    assert [one["rule"] for one in again.json()["errors"]] == ["milestone_open"]
    await look(city, START + timedelta(days=14))
    assert await alerts(city) == [("handle", "stop"), ("handle", "half")], "ten work days of twenty"
    assert await faults(city) == []
