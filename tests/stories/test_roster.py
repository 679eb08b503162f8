"""The roster of shifts, and whom it sends to verify and to check."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from tests.cast import START, City, Desk
from tests.patrol import furnish_grids, roster, shift

from casehub.cases.store_roster import _CANDIDATES
from casehub.wire.pages import write_cursor

Replay = tuple[City, Desk]
TODAY = {"from": START.isoformat(), "to": (START + timedelta(days=1)).isoformat()}


async def to_verify(desk: Desk, area: str = "here") -> str:
    return str((await desk.report(source="public", area=area))["case_no"])


async def test_a_roster_is_entered_whole_or_not_at_all_and_twice_is_once(replay: Replay) -> None:
    city, desk = replay
    await furnish_grids(desk)
    wrong = [
        shift("c1", "nowhere"), shift("c1", "street1"), shift("c1", "grid3", ends_at=None),
        shift("c1", "grid2", hours=-1), shift("c2", "grid1"), shift("c2", "grid1"),
    ]  # fmt: skip
    refused = await roster(desk, shift("c1", "grid1"), *wrong)
    assert {(one["field"], one["rule"]) for one in refused.json()["errors"]} == {
        ("shifts.1.area", "unknown_area"), ("shifts.2.area", "no_duty_grid"), ("shifts.3.ends_at", "end_needed"),
        ("shifts.4.ends_at", "ends_before_begin"), ("shifts.6", "said_twice"),
    }  # fmt: skip
    assert (await roster(desk, shift("c1", "grid1"), shift("nobody", "grid1"))).status_code == 422
    assert (await city.counts())["shifts"] == 0
    for _ in range(2):
        assert (await roster(desk, shift("c1", "grid1"), shift("c2", "grid2", hours=None))).status_code == 204
    listed = await desk.get("acceptor", "/v1/shifts", params=TODAY)
    assert [(one["person"], one["area"], one["standing"]) for one in listed["items"]] == [
        ("c1", "grid1", False),
        ("c2", "grid2", True),
    ]
    # A shift ends earlier, or was called off: said again, with another end.
    assert (await roster(desk, shift("c1", "grid1", hours=0))).status_code == 204
    assert len((await desk.get("acceptor", "/v1/shifts", params=TODAY | {"area": "grid1"}))["items"]) == 0
    assert (await roster(desk, shift("c1", "grid1"), who="acceptor")).status_code == 403


async def test_the_roster_is_read_in_pages_and_a_collector_reads_their_own(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    begins = [START + timedelta(hours=n) for n in range(5)]
    await roster(desk, *(shift(who, "grid1", at, hours=1) for at in begins for who in ("c1", "c2")))
    seen, page = [], await desk.get("acceptor", "/v1/shifts", params=TODAY | {"limit": 3})
    while True:
        seen += page["items"]
        if page["next"] is None:
            break
        page = await desk.get("acceptor", page["next"])
    assert [(one["begins_at"][:13], one["person"]) for one in seen] == [
        (at.isoformat()[:13], who) for at in begins for who in ("c1", "c2")
    ]
    own = await desk.get("collector", "/v1/shifts", params=TODAY | {"person": "c2"})
    assert {one["person"] for one in own["items"]} == {"c1"}
    for key in ((1,), (START.isoformat(), "a\x00", "c1"), ("0001-01-01T00:00:00+14:00", "east1", "c1")):
        odd = await desk.ask("acceptor", "GET", "/v1/shifts", params=TODAY | {"cursor": write_cursor(*key)})
        assert odd.json()["type"] == "/v1/problems#cursor-invalid", key


async def test_a_shift_leader_plans_for_their_own_part_of_the_city(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    made = await desk.ask("security", "POST", "/v1/keys", json={"roles": ["shift_leader"], "area": "street2"})
    key = made.json()["key"]
    refused = await roster(desk, shift("c1", "grid1"), shift("c1", "grid3"), who=key)
    assert [(one["field"], one["rule"]) for one in refused.json()["errors"]] == [
        ("shifts.0.area", "not_your_area")
    ]
    assert (await roster(desk, shift("c1", "grid3"), who=key)).status_code == 204


async def sent(desk: Desk, case_no: str) -> tuple[str, str]:
    case = await desk.act("acceptor", case_no, "send_verify")
    return case["assignee"], case["marks"]["collector_by"]


async def test_the_collector_on_shift_in_the_duty_grid_is_sent_and_the_rules_of_falling_back_hold(
    replay: Replay,
) -> None:
    _, desk = replay
    await furnish_grids(desk)
    first = await to_verify(desk)
    refused = await desk.try_act("acceptor", first, "send_verify")
    assert [(one["rule"], one["field"], one["message"]) for one in refused.json()["errors"]] == [
        ("collector_said", "collector", "nobody is on shift here: name a collector")
    ]
    await roster(desk, shift("c1", "grid3"))
    assert (await desk.try_act("acceptor", first, "send_verify")).status_code == 409, (
        "another sub-district is too far"
    )
    await roster(desk, shift("c2", "grid1", hours=None))
    assert await sent(desk, first) == ("c2", "off_shift")
    await roster(desk, shift("c1", "grid2"))
    assert await sent(desk, await to_verify(desk)) == ("c1", "neighbour")
    await roster(desk, shift("c2", "grid1", START - timedelta(hours=1)))
    assert await sent(desk, await to_verify(desk)) == ("c2", "on_shift")
    # Who is named goes, whatever the roster says; what was chosen is on record.
    named = await desk.act("acceptor", await to_verify(desk), "send_verify", collector="c1")
    assert (named["assignee"], "collector_by" in named["marks"]) == ("c1", False)
    told = (await desk.get("acceptor", f"/v1/cases/{first}/history"))[-1]
    assert told["form"] == {"collector": "c2"}
    assert (await desk.try_act("acceptor", await to_verify(desk, "bare"), "send_verify")).status_code == 409


async def test_work_is_spread_and_who_has_left_is_not_sent(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    await roster(desk, shift("c1", "grid1"), shift("c2", "grid1"))
    went = [(await sent(desk, await to_verify(desk)))[0] for _ in range(4)]
    assert went == ["c1", "c2", "c1", "c2"]
    gone = {"name": "c1 同志", "active": False}
    assert (await desk.ask("administrator", "PUT", "/v1/people/c1", json=gone)).status_code == 204
    assert (await sent(desk, await to_verify(desk)))[0] == "c2"


async def test_a_check_at_the_same_time_of_day_goes_to_who_will_be_on_shift_then(replay: Replay) -> None:
    city, desk = replay
    await furnish_grids(desk)
    # Seen on Friday evening; the check waits for Monday evening, when another one is on shift.
    seen = (START - timedelta(days=3) + timedelta(hours=10)).isoformat()
    evening = START + timedelta(hours=8)
    await roster(desk, shift("c1", "grid1"), shift("c2", "grid1", evening))
    case_no = await desk.case_in("handled", area="here", observed_at=seen)
    waiting = await desk.ask(
        "acceptor", "POST", f"/v1/cases/{case_no}/actions/send_check?dry_run=true", json={"same_period": True}
    )
    assert waiting.json()["changes"]["assignee_no"] == "c2"
    now = await desk.act("acceptor", case_no, "send_check")
    assert (now["assignee"], now["marks"]["collector_by"]) == ("c1", "on_shift")
    assert (await city.casehub("audit", "verify"))[0] == 0


async def test_asking_the_roster_costs_the_same_however_long_it_is(replay: Replay) -> None:
    city, desk = replay
    await furnish_grids(desk)
    old = [shift("c2", "grid1", START - timedelta(days=n)) for n in range(1, 400)]
    assert (await roster(desk, shift("c1", "grid1"), *old)).status_code == 204
    assert await sent(desk, await to_verify(desk)) == ("c1", "on_shift")
    await city.sql("ANALYZE shifts")
    values: dict[str, Any] = {"area": "here", "at": START}
    async with city.engine.begin() as tx:
        plan = [row[0] for row in await tx.execute(text(f"EXPLAIN {_CANDIDATES}"), values)]
    # By the grid, or by the few that have not ended.
    assert "_ends_at" in "".join(plan), "\n".join(plan)
    assert "Seq Scan on shifts" not in "".join(plan)


async def test_only_somebody_who_is_a_collector_is_sent(replay: Replay) -> None:
    """Else the task would lie in nobody's queue."""
    _, desk = replay
    await furnish_grids(desk)
    assert (await roster(desk, shift("a1", "grid1"))).status_code == 204
    case_no = await to_verify(desk)
    refused = await desk.try_act("acceptor", case_no, "send_verify", {"collector": "h1"})
    assert [one["rule"] for one in refused.json()["errors"]] == ["is_collector"]
    nobody = await desk.try_act("acceptor", case_no, "send_verify", {})
    assert [one["rule"] for one in nobody.json()["errors"]] == ["collector_said"], (
        "an acceptor on the roster is not sent"
    )
    await desk.act("acceptor", case_no, "send_verify", collector="c1")
    handed = await desk.ask("shift_leader", "POST", "/v1/people/c1/handover", json={"to": "e1"})
    assert [one["handed"] for one in handed.json()["cases"]] == [False]
    handed = await desk.ask("shift_leader", "POST", "/v1/people/c1/handover", json={"to": "c2"})
    assert [one["handed"] for one in handed.json()["cases"]] == [True]
    assert [one["case"]["case_no"] for one in (await desk.get("stranger", "/v1/queue"))["items"]] == [case_no]
