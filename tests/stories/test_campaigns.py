"""A city with four paralysed units clears its backlog: frozen, visited, planned, closed, checked again, told."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from pypdf import PdfReader
from tests.cast import City, Desk, desk_of
from tests.conftest import MakeCity

from casehub.campaigns.commands import find_campaign, zone_of
from casehub.campaigns.commands_figures import counted
from casehub.campaigns.commands_reports import end
from casehub.campaigns.rules import State
from casehub.campaigns.schemas import ScopeIn
from casehub.campaigns.store_figures import write_moved
from casehub.cases.commands import find_case
from casehub.clock import SimulatedClock
from casehub.people.actors import EVERYTHING
from casehub.worker import Campaigning

#: A Monday, 09:00 in Shanghai.
MONDAY = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
#: The seeds' units. Source: reference 0.4, S0a.
UNITS = {"u1": "平煤神马集团", "u2": "河南有线平顶山分公司", "u3": "兴城公司", "u4": "执法二大队"}

#: Figures that leave out no case that moved; newcomers are those of `counted_at`.
EXACT = ("total", "units", "burn_down")
#: What the list has as many of as figures count, by its filters: what SQL calls so is what figures call so.
LISTED = {
    "items": "", "residual": "open=true", "due": "due=true",
    **{name: f"outcome={name}" for name in ("open", "suspended", "failed", "cleared", "voided", "passed_on")},
    "on_plan_rate": "on_plan=true", "rebound_rate": "rebound=true", "without_check_rate": "outcome=cleared&checked=false",
}  # fmt: skip


@dataclass
class Drive:
    """A city on a simulated clock, with what was reported in it, by unit."""

    city: City
    desk: Desk
    clock: SimulatedClock
    cases: dict[str, list[str]] = field(default_factory=dict)
    campaign: str = ""

    async def furnish(self) -> None:
        """The four units, with somebody in each, and three sub-districts under the two districts."""
        for code, name in UNITS.items():
            await self.put(f"/v1/departments/{code}", {"name": name, "kind": "firm"})
            await self.put(f"/v1/people/{code}", {"name": f"{name}王工", "department_code": code})
            said = {"roles": ["department"], "person": code, "department": code}
            made = await self.desk.ask("security", "POST", "/v1/keys", json=said)
            self.desk.keys[code] = made.json()["key"]
        for code, above in (("s1", "east"), ("s2", "east"), ("s3", "west")):
            await self.put(
                f"/v1/areas/{code}", {"name": f"{code} 街道", "kind": "subdistrict", "parent_code": above}
            )

    async def put(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.desk.ask("administrator", "PUT", path, json=body)
        assert answer.status_code == 204, answer.text

    def to(self, day: int, hour: int = 9) -> None:
        """So many days after the first Monday, at an hour of the city."""
        self.clock.advance_to(MONDAY + timedelta(days=day, hours=hour - 9))

    async def give(self, unit: str, many: int, area: str, **said: Any) -> list[str]:
        """Fresh cases that a unit has in hand."""
        numbers = []
        for _ in range(many):
            case_no = await self.desk.case_in("filed", area=area, **said)
            await self.desk.act("dispatcher", case_no, "dispatch", department=unit, limit="1 work_day")
            await self.desk.act(unit, case_no, "sign_in")
            numbers.append(case_no)
        self.cases.setdefault(unit, []).extend(numbers)
        return numbers

    async def close(self, unit: str, case_no: str) -> None:
        """Handled, checked and closed."""
        photo = await self.desk.photo(unit, "after")
        await self.desk.act(unit, case_no, "feedback", result="已清理", photos=[photo])
        await self.desk.act("acceptor", case_no, "send_check", collector="c1")
        seen = await self.desk.photo("collector")
        await self.desk.act("collector", case_no, "check_done", result="pass", photos=[seen])
        await self.desk.act("shift_leader", case_no, "close", closing_condition_met=True)

    async def void(self, case_no: str) -> None:
        """By two persons."""
        await self.desk.act("shift_leader", case_no, "propose_void", reason="误报")
        await self.desk.act("second_leader", case_no, "void", reason="误报")

    async def suspend(self, unit: str, case_no: str, days: int) -> None:
        """Parked until some days from now."""
        until = (self.clock.now() + timedelta(days=days)).isoformat()
        await self.desk.act(unit, case_no, "request_suspension", until=until, reason="待汛期后施工")
        await self.desk.act("dispatcher", case_no, "suspend")

    async def ask(self, who: str, method: str, path: str, **body: Any) -> Any:
        """Something of the campaign that must be allowed."""
        said = {"json": body} if method != "GET" else {}
        answer = await self.desk.ask(who, method, f"{self.campaign}{path}", **said)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def refused(
        self, who: str, method: str, path: str, **body: Any
    ) -> tuple[int, set[tuple[str, str | None]]]:
        """The status of a refusal, and its rules with their fields."""
        answer = await self.desk.ask(who, method, path, json=body)
        return answer.status_code, {(one["rule"], one["field"]) for one in answer.json().get("errors", [])}

    async def plan(self, **said: Any) -> str:
        """Where a fresh campaign over the four units is."""
        answer = await self.desk.ask("evaluator", "POST", "/v1/campaigns", json=make_campaign(**said))
        assert answer.status_code == 201, answer.text
        self.campaign = answer.headers["location"]
        return self.campaign

    async def figures(self) -> Any:
        """What is told; while the campaign runs, exactly what counting all items anew says."""
        told = (await self.ask("auditor", "GET", ""))["figures"]
        async with self.city.engine.begin() as tx:
            campaign, at = await find_campaign(tx, int(self.campaign.rpartition("/")[2])), self.clock.now()
            anew = await counted(tx, campaign, at.astimezone(await zone_of(tx)).date(), at)
        if campaign.state is State.RUNNING:
            assert {name: told[name] for name in EXACT} == {name: anew[name] for name in EXACT}
        if campaign.state is not State.PLANNED:
            await self.lists(told["total"])
        return told

    async def lists(self, total: dict[str, Any]) -> None:
        """The list has as many items behind each figure as it counts."""
        for name, filters in LISTED.items():
            listed = (await self.ask("evaluator", "GET", f"/items?limit=200&{filters}"))["items"]
            told = total[name]["numerator"] if name.endswith("_rate") else total[name]
            assert len(listed) == told, name

    async def look(self, *, workers: int = 1) -> None:
        """What so many workers do at once until nothing is left."""
        crew = [Campaigning(self.city.engine, self.clock) for _ in range(workers)]

        async def work(one: Campaigning) -> None:
            while await one.step():
                pass

        await asyncio.gather(*map(work, crew))


def make_campaign(**said: Any) -> dict[str, Any]:
    return {
        "kind": "backlog", "name": "案件清零行动", "first_day": "2024-09-02", "last_day": "2024-10-31", "owner": "e1",
        "units": [*UNITS], "scope": {"late": None}, "rhythm": ["day", "week", "month"], "targets": {"cleared_rate": 0.9},
    } | said  # fmt: skip


@pytest.fixture
async def drive(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[Drive]:
    clock = SimulatedClock(MONDAY)
    city = await make_city(clock=clock)
    async with desk_of(city, tmp_path) as desk:
        one = Drive(city, desk, clock)
        await one.furnish()
        yield one


def rate(told: dict[str, Any], name: str) -> tuple[int, int]:
    return told[name]["numerator"], told[name]["denominator"]


async def freeze_forty(drive: Drive) -> None:
    # 40 old cases: of u1 since May, of u2 since June, of u3 since July, of u4 since last week; one of d1 is not theirs.
    await drive.give("u1", 10, "s1")
    drive.to(40)
    await drive.give("u2", 10, "s2")
    drive.to(70)
    await drive.give("u3", 10, "s3")
    drive.to(112)
    await drive.give("u4", 10, "east1")
    await drive.desk.case_in("handling")
    drive.to(119)  # Monday 2 September
    await drive.plan()
    assert (await drive.ask("evaluator", "POST", "/launch", dry_run=True))["cases"] == 40
    assert (await drive.ask("evaluator", "GET", ""))["figures"] is None
    assert (await drive.ask("evaluator", "POST", "/launch"))["cases"] == 40
    told = await drive.figures()
    assert (told["total"]["items"], told["total"]["residual"]) == (40, 40)
    # 119, 79, 49 and 7 days old; all are overdue.
    assert {name: one["before"] for name, one in told["total"]["ages"].items()} == {
        "to_30": 10, "31_to_90": 20, "91_to_180": 10, "over_180": 0,
    }  # fmt: skip
    assert told["total"]["overdue_before"] == 40


async def plan_and_visit(drive: Drive) -> None:
    visit = {
        "department": "u1", "visited_at": drive.clock.now().isoformat(), "people": ["张局", "王工"],
        "problems": "平台无人值守", "agreed": "专人值守，每日清零",
    }  # fmt: skip
    await drive.ask("evaluator", "POST", "/visits", **visit)
    for case_no in drive.cases["u1"]:
        said = {"plan": "逐件上门", "due_on": "2024-09-04"}
        await drive.ask("evaluator", "PUT", f"/items/{case_no}/plan", **said)
    stuck = drive.cases["u3"][0]
    await drive.ask("u3", "PUT", f"/items/{stuck}/plan", reason="no_funds")
    listed = await drive.ask("u3", "GET", "/items")
    assert {one["case_no"] for one in listed["items"]} == {*drive.cases["u3"]}, "a unit sees its own items"


async def work_a_week(drive: Drive) -> str:
    # Tuesday: u1 closes 6, u2 closes 4; u3 voids two and suspends one.
    drive.to(120)
    for unit, many in (("u1", 6), ("u2", 4)):
        for case_no in drive.cases[unit][:many]:
            await drive.close(unit, case_no)
    for case_no in drive.cases["u3"][1:3]:
        await drive.void(case_no)
    await drive.suspend("u3", drive.cases["u3"][3], 60)
    # Friday, after the planned day: u1 closes 2 more. A new case comes for u4.
    drive.to(123)
    for case_no in drive.cases["u1"][6:8]:
        await drive.close("u1", case_no)
    return (await drive.give("u4", 1, "east1"))[0]


async def test_a_city_clears_what_four_paralysed_units_left_lying(drive: Drive) -> None:
    await freeze_forty(drive)
    await plan_and_visit(drive)
    newcomer = await work_a_week(drive)
    told = await drive.figures()
    total = told["total"]
    assert rate(total, "cleared_rate") == (12, 40)
    assert (total["voided"], total["suspended"], total["residual"], total["open"]) == (2, 1, 26, 25)
    assert rate(total, "on_plan_rate") == (6, 10), "two were cleared after their day, two are not"
    assert total["reasons"]["no_funds"] == 1
    assert total["reasons"]["not_said"] == 25
    assert total["cleared_overdue"] == 12
    assert [(one["rank"], one["unit"], *rate(one, "cleared_rate")) for one in told["units"]] == [
        (1, "u1", 8, 10), (2, "u2", 4, 10), (3, "u3", 0, 10), (4, "u4", 0, 10),
    ]  # fmt: skip
    course = told["burn_down"]
    assert course["days"] == [f"2024-09-0{day}" for day in range(2, 7)]
    assert course["left"] == [40, 28, 28, 28, 26]
    assert course["cleared"] == [0, 10, 10, 10, 12]
    assert course["ended_otherwise"] == [0, 2, 2, 2, 2]
    assert next(one["left"] for one in course["units"] if one["unit"] == "u1") == [10, 4, 4, 4, 2]
    assert told["newcomers"] == {"cases": 1, "open": 1}
    assert newcomer not in {
        one["case_no"] for one in (await drive.ask("evaluator", "GET", "/items"))["items"]
    }
    # What was closed in the campaign is as late as ever.
    asked = "indicators=on_time_closing_rate&department=u1&from=2024-05-01&to=2024-10-01"
    late = (await drive.desk.get("evaluator", f"/v1/rates?{asked}"))["total"]["indicators"][
        "on_time_closing_rate"
    ]
    assert (late["numerator"], late["denominator"]) == (0, 10)
    # Any figure may be asked by campaign, or of one: the newcomer is on no list.
    number = drive.campaign.rpartition("/")[2]
    asked = "indicators=closed_in_period,reports&from=2024-05-01&to=2024-10-01"
    by_campaign = await drive.desk.get("evaluator", f"/v1/rates?{asked}&by=campaign")
    (row,) = by_campaign["rows"]
    assert (row["key"], row["counts"]["closed_in_period"]["value"], row["counts"]["reports"]["value"]) == (
        [number],
        12,
        40,
    )
    of_one = await drive.desk.get("evaluator", f"/v1/rates?{asked}&campaign={number}&by=unit")
    assert {r["key"][0]: r["counts"]["closed_in_period"]["value"] for r in of_one["rows"]} == {
        "u1": 8,
        "u2": 4,
        "u3": 0,
        "u4": 0,
    }
    behind = await drive.desk.get("evaluator", row["counts"]["closed_in_period"]["cases"])
    assert len(behind["items"]) == 12

    # The ledgers: one list a sub-district.
    rows = (await drive.ask("evaluator", "GET", "/ledger?by=subdistrict"))["rows"]
    assert [(one["area"], *rate(one, "cleared_rate")) for one in rows] == [
        ("s1", 8, 10), ("s2", 4, 10), ("s3", 0, 10), (None, 0, 10),
    ]  # fmt: skip
    for part, many in (
        ("area=s1", 10),
        ("area=east", 30),
        ("area=east&unit=u2", 10),
        ("area=west&unit=u2", 0),
    ):
        assert len((await drive.ask("evaluator", "GET", f"/items?{part}"))["items"]) == many
    places = await drive.ask("evaluator", "GET", "/ledger?by=community")
    assert [(one["area"], one["items"]) for one in places["rows"]] == [("east1", 10), (None, 30)]


async def test_an_item_is_crossed_off_with_proof_and_opened_again_by_a_failed_recheck(drive: Drive) -> None:
    (case_no,) = await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    item = f"{drive.campaign}/items/{case_no}"
    proof = await drive.desk.photo("u1", "after")
    status, why = await drive.refused("u1", "POST", f"{item}/write-off", photos=[proof])
    assert (status, why) == (409, {("case_closed", "case_no")})
    await drive.close("u1", case_no)
    status, why = await drive.refused("u1", "POST", f"{item}/write-off", photos=[])
    assert (status, why) == (409, {("has_proof", "photos")})
    status, why = await drive.refused("u1", "POST", f"{item}/write-off", photos=["nosuch"])
    assert (status, why) == (409, {("photos_known", "photos")})
    assert (
        await drive.desk.ask("u2", "POST", f"{item}/write-off", json={"photos": [proof]})
    ).status_code == 404
    await drive.ask("u1", "POST", f"/items/{case_no}/write-off", photos=[proof], note="已清运")
    assert (await drive.desk.ask("evaluator", "GET", f"/v1/attachments/{proof}")).status_code == 200
    status, why = await drive.refused("u1", "POST", f"{item}/write-off", photos=[proof])
    assert (status, why) == (409, {("once", "case_no")})
    waiting = await drive.ask("evaluator", "GET", "/items?to_recheck=true")
    assert [one["case_no"] for one in waiting["items"]] == [case_no]

    await drive.ask("evaluator", "POST", f"/items/{case_no}/recheck", result="fail", finding="垃圾仍在")
    told = (await drive.figures())["total"]
    assert (told["failed"], told["residual"], told["written_off"]) == (1, 1, 0)
    assert rate(told, "cleared_rate") == (0, 1)
    assert rate(told, "recheck_pass_rate") == (0, 1)
    assert (await drive.figures())["burn_down"]["left"] == [1]
    open_again = await drive.ask("u1", "GET", "/items?open=true")
    assert [(one["case_no"], one["outcome"]) for one in open_again["items"]] == [(case_no, "failed")]

    again = await drive.desk.photo("u1", "after")
    await drive.ask("u1", "POST", f"/items/{case_no}/write-off", photos=[again], note="再次清运")
    await drive.ask("evaluator", "POST", f"/items/{case_no}/recheck", result="pass")
    status, why = await drive.refused("evaluator", "POST", f"{item}/recheck", result="pass")
    assert (status, why) == (409, {("waits_for_recheck", "case_no")})
    told = (await drive.figures())["total"]
    assert rate(told, "recheck_pass_rate") == (1, 2)
    assert rate(told, "cleared_rate") == (1, 1)
    history = (await drive.ask("evaluator", "GET", "/items"))["items"][0]["history"]
    assert [(one["result"], one["note"]) for one in history] == [("fail", "已清运"), ("pass", "再次清运")]

    # The problem is back: the old proof no longer holds, and the next closing asks for its own.
    await drive.desk.act("shift_leader", case_no, "reopen", reason="problem_again", opinion="又出现")
    await drive.desk.act("dispatcher", case_no, "dispatch", department="u1", limit="1 work_day")
    await drive.desk.act("u1", case_no, "sign_in")
    assert rate((await drive.figures())["total"], "write_off_rate") == (0, 1)
    await drive.close("u1", case_no)
    told = (await drive.figures())["total"]
    assert (rate(told, "cleared_rate"), rate(told, "write_off_rate")) == ((1, 1), (0, 1))
    await drive.ask(
        "u1", "POST", f"/items/{case_no}/write-off", photos=[await drive.desk.photo("u1", "after")]
    )
    assert rate((await drive.figures())["total"], "write_off_rate") == (1, 1)


async def test_who_crossed_an_item_off_does_not_recheck_it(drive: Drive) -> None:
    (case_no,) = await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.close("u1", case_no)
    proof = await drive.desk.photo("evaluator", "after")
    await drive.ask("evaluator", "POST", f"/items/{case_no}/write-off", photos=[proof])
    said = f"{drive.campaign}/items/{case_no}/recheck"
    assert await drive.refused("evaluator", "POST", said, result="pass") == (
        409,
        {("another_person", "case_no")},
    )


async def test_what_comes_back_at_the_same_place_is_a_rebound(drive: Drive) -> None:
    here, there = (113.3, 33.7), (113.31, 33.71)
    came = [(await drive.give("u1", 1, "s1", at=place))[0] for place in (here, there)]
    drive.to(119)
    await drive.plan(rebound_days=10)
    await drive.ask("evaluator", "POST", "/launch")
    for case_no in came:
        await drive.close("u1", case_no)
    assert rate((await drive.figures())["total"], "rebound_rate") == (0, 2)
    drive.to(129)
    # The tenth day, 44 metres away; another class there; the same class 111 metres away.
    again = await drive.desk.report(at=(113.3, 33.7004))
    await drive.desk.report(at=here, category="0203")
    await drive.desk.report(at=(113.31, 33.711))
    assert rate((await drive.figures())["total"], "rebound_rate") == (1, 2)
    drive.to(131)
    await drive.desk.report(at=there)
    assert rate((await drive.figures())["total"], "rebound_rate") == (1, 2), (
        "the eleventh day is another matter"
    )
    await drive.void(str(again["case_no"]))
    assert rate((await drive.figures())["total"], "rebound_rate") == (0, 2), "what was no case is no rebound"


async def test_closures_without_a_check_are_told_beside_the_others(drive: Drive) -> None:
    checked = (await drive.give("u1", 1, "s1"))[0]
    told = await drive.desk.report(source="hotline", area="s1")
    bare = str(told["case_no"])
    await drive.desk.act("acceptor", bare, "accept_order")
    await drive.desk.act("dispatcher", bare, "dispatch", department="u1", limit="1 work_day")
    await drive.desk.act("u1", bare, "sign_in")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.close("u1", checked)
    status, why = await drive.refused("u1", "POST", f"/v1/cases/{bare}/actions/conclude")
    assert (status, why) == (409, {("checked_or_reasoned", "unchecked_reason")})
    said = {"result": "已办结", "unchecked_reason": "诉求人电话确认已解决"}
    await drive.desk.act("u1", bare, "conclude", **said)
    told = {
        one["case_no"]: one["unchecked_reason"]
        for one in (await drive.ask("evaluator", "GET", "/items"))["items"]
    }
    assert told == {checked: None, bare: "诉求人电话确认已解决"}
    assert rate((await drive.figures())["total"], "without_check_rate") == (1, 2)
    # Reopened, it is left again, and the closure no longer counts.
    await drive.desk.act("shift_leader", checked, "reopen", reason="problem_again", opinion="又出现")
    total = (await drive.figures())["total"]
    assert (total["cleared"], total["residual"]) == (1, 1)
    assert rate(total, "without_check_rate") == (1, 1)


async def test_an_item_is_checked_when_its_case_is(drive: Drive) -> None:
    (case_no,) = await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.close("u1", case_no)
    for result, minutes, holds in [
        ("pass", 5, True),
        ("pass", 0, True),
        ("pass", -5, False),
        ("not_pass", 5, False),
    ]:
        async with drive.city.engine.begin() as tx:
            handled = (await find_case(tx, case_no, EVERYTHING)).task("handle")
            assert handled is not None
            assert handled.finished_at is not None
            at = handled.finished_at + timedelta(minutes=minutes)
            for change in (
                f"UPDATE tasks SET finished_at = '{at.isoformat()}' WHERE kind = 'check'",
                f"""UPDATE cases SET marks = jsonb_set(marks, '{{check_result}}', '"{result}"')""",
                "UPDATE campaign_items SET case_state = 'checking', checked = NOT checked",
            ):
                await tx.exec_driver_sql(change)
            case = await find_case(tx, case_no, EVERYTHING)
            await write_moved(tx, 1, [case.case_id])
            kept = (await tx.exec_driver_sql("SELECT checked FROM campaign_items")).scalar_one()
        assert (kept, case.checked) == (holds, holds), (result, minutes)


async def test_a_batch_says_beforehand_and_afterwards_what_becomes_of_each_case(drive: Drive) -> None:
    await drive.give("u1", 3, "s1")
    await drive.give("u2", 1, "s2")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    gone = drive.cases["u1"][0]
    photo = await drive.desk.photo("u1", "after")
    await drive.desk.act("u1", gone, "feedback", result="已清理", photos=[photo])
    said = {
        "doing": "assign",
        "form": {"department": "u2", "limit": "1 work_day", "reason": "统一承办"},
        "cases": {"unit": "u1"},
    }
    before = await drive.city.counts()
    told = await drive.ask("dispatcher", "POST", "/batches", **said, dry_run=True)
    assert (told["cases"], told["refused"]) == (3, 1)
    assert await drive.city.counts() == before, "a dry run writes nothing"
    started = await drive.ask("dispatcher", "POST", "/batches", **said)
    assert (started["waiting"], started["done"]) == (3, 0)
    batch = f"/batches/{started['batch_id']}"
    headers = {"Idempotency-Key": "step-1"}
    steps = [
        await drive.desk.ask("dispatcher", "POST", f"{drive.campaign}{batch}/steps", headers=headers)
        for _ in range(2)
    ]
    assert [one.json() for one in steps] == [steps[0].json()] * 2
    done = steps[0].json()
    assert (done["waiting"], done["done"], done["refused"]) == (0, 2, 1)
    assert [(one["case_no"], one["problem"]["type"].partition("#")[2]) for one in done["results"]] == [
        (gone, "action-not-possible")
    ]
    now = {
        case_no: (await drive.desk.get("evaluator", f"/v1/cases/{case_no}"))["department"]
        for case_no in drive.cases["u1"]
    }
    assert [*now.values()] == ["u1", "u2", "u2"]
    results = await drive.ask("dispatcher", "GET", f"{batch}/results?limit=2")
    assert len(results["items"]) == 2
    assert results["next"] is not None
    # The unit of an item is the one that led it when the list was frozen.
    units = {one["unit"]: one["items"] for one in (await drive.figures())["units"]}
    assert units == {"u1": 3, "u2": 1}
    plan = {
        "doing": "plan",
        "form": {"plan": "逐件清理", "due_on": "2024-09-20"},
        "cases": {"case_nos": drive.cases["u1"][1:]},
    }
    planned = await drive.ask("evaluator", "POST", "/batches", **plan)
    await drive.ask("evaluator", "POST", f"/batches/{planned['batch_id']}/steps")
    due = {one["case_no"]: one["due_on"] for one in (await drive.ask("evaluator", "GET", "/items"))["items"]}
    assert due == dict.fromkeys(drive.cases["u1"][1:], "2024-09-20") | dict.fromkeys(
        [gone, *drive.cases["u2"]]
    )
    reminded = await drive.ask("evaluator", "POST", "/batches", doing="remind", cases={"unit": "u2"})
    assert (await drive.ask("evaluator", "POST", f"/batches/{reminded['batch_id']}/steps"))["done"] == 1


@dataclass
class Chance:
    """Things that happen to the cases of a list, whether they are allowed just now or not; `done` counts those that were."""

    drive: Drive
    dice: random.Random
    day: int = 119
    done: Counter[str] = field(default_factory=Counter)

    async def item(self, wanted: str, name: str, who: str, method: str, **said: Any) -> None:
        """Something with one of the items that are so."""
        listed = (await self.drive.ask("evaluator", "GET", f"/items?{wanted}"))["items"]
        if listed:
            path = f"{self.drive.campaign}/items/{self.dice.choice(listed)['case_no']}/{name}"
            answer = await self.drive.desk.ask(who, method, path, json=said)
            self.done[name] += answer.status_code == 204

    async def plan(self) -> None:
        due_on, reason = (
            self.dice.choice([None, "2024-09-03", "2024-09-20"]),
            self.dice.choice([None, "season"]),
        )
        await self.item("", "plan", "evaluator", "PUT", due_on=due_on, reason=reason)

    async def write_off(self) -> None:
        photo = await self.drive.desk.photo("evaluator", "after")
        await self.item("open=false", "write-off", "evaluator", "POST", photos=[photo])

    async def recheck(self) -> None:
        result = self.dice.choice(["pass", "fail"])
        await self.item("to_recheck=true", "recheck", "administrator", "POST", result=result)

    async def plan_all(self) -> None:
        said = {
            "doing": "plan",
            "form": {"due_on": f"2024-09-{self.dice.randint(2, 9):02}"},
            "cases": {"unit": "u1"},
        }
        started = await self.drive.desk.ask("evaluator", "POST", f"{self.drive.campaign}/batches", json=said)
        if started.status_code == 201:  # some case of the unit is open
            told = await self.drive.ask("evaluator", "POST", f"/batches/{started.json()['batch_id']}/steps")
            self.done["plan_all"] += told["done"]

    async def first(self, state: str) -> tuple[str, str] | None:
        for unit, numbers in self.drive.cases.items():
            for case_no in numbers:
                if (await self.drive.desk.get("evaluator", f"/v1/cases/{case_no}"))["state"] == state:
                    return unit, case_no
        return None

    async def close(self) -> None:
        if one := await self.first("handling"):
            await self.drive.close(*one)
            self.done["close"] += 1

    async def reopen(self) -> None:
        if one := await self.first("closed"):
            unit, case_no = one
            act = self.drive.desk.act
            await act("shift_leader", case_no, "reopen", reason="problem_again", opinion="又出现")
            await act("dispatcher", case_no, "dispatch", department=unit, limit="1 work_day")
            await act(unit, case_no, "sign_in")
            self.done["reopen"] += 1

    async def come_back(self) -> None:
        self.drive.to(self.day, 10 + self.done["come_back"])
        await self.drive.desk.report(at=(113.3, 33.7))
        self.done["come_back"] += 1

    async def next_day(self) -> None:
        self.day += 1
        self.drive.to(self.day)
        self.done["next_day"] += 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_the_figures_are_those_of_counting_all_anew(drive: Drive, seed: int) -> None:
    for unit in ("u1", "u2"):
        await drive.give(unit, 3, "s1", at=(113.3, 33.7))
    drive.to(119)
    await drive.plan(units=["u1", "u2"])
    await drive.ask("evaluator", "POST", "/launch")
    await drive.figures()
    chance = Chance(drive, random.Random(seed))
    often = [chance.close, chance.write_off, chance.recheck] * 2
    seldom = [chance.come_back, chance.plan, chance.plan_all, chance.reopen, chance.next_day]
    moves = [
        move for _ in range(5) for move in chance.dice.sample([*often, *seldom], len(often) + len(seldom))
    ]
    most = Counter[str]()
    for move in moves:
        await move()
        told = (await drive.figures())["total"]
        most |= Counter({name: told[name] for name in ("cleared", "failed", "written_off", "due")})
        most |= Counter(
            {name: told[name]["numerator"] for name in ("on_plan_rate", "rebound_rate", "recheck_pass_rate")}
        )
    assert len(chance.done) == 8, "all of them happened"
    assert len(most) == 7, "each of them was more than none at some time"


async def test_of_many_who_look_at_once_what_moved_is_counted_once(drive: Drive) -> None:
    numbers = await drive.give("u1", 6, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.figures()
    for case_no in numbers[:3]:
        await drive.close("u1", case_no)
    proof = await drive.desk.photo("u1", "after")
    looks = [drive.ask("auditor", "GET", "") for _ in range(4)]
    crossed = drive.ask("u1", "POST", f"/items/{numbers[0]}/write-off", photos=[proof])
    planned = drive.ask("u1", "PUT", f"/items/{numbers[3]}/plan", due_on="2024-09-05", reason="season")
    await asyncio.gather(*looks, crossed, planned, drive.look(workers=2))
    total = (await drive.figures())["total"]
    assert (total["cleared"], total["written_off"], total["reasons"]["season"]) == (3, 1, 1)


async def test_two_workers_make_one_report_for_each_period_and_it_stays_as_it_was(drive: Drive) -> None:
    await drive.give("u1", 3, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    visited = {"department": "u3", "people": ["张局"], "problems": "缺人", "agreed": "下周清零"}
    await drive.ask("evaluator", "POST", "/visits", **visited, visited_at=drive.clock.now().isoformat())
    await drive.close("u1", drive.cases["u1"][0])
    await drive.look(workers=2)
    assert (await drive.ask("evaluator", "GET", "/reports"))["items"] == [], "the day is not over"
    drive.to(120, hour=1)
    await drive.look(workers=3)
    await drive.look()
    made = (await drive.ask("evaluator", "GET", "/reports"))["items"]
    assert [(one["unit"], one["first_day"], one["end_day"]) for one in made] == [
        ("day", "2024-09-02", "2024-09-03")
    ]
    report = f"/reports/{made[0]['report_id']}"
    first = await drive.ask("evaluator", "GET", report)
    assert rate(first["figures"]["total"], "cleared_rate") == (1, 3)
    assert first["figures"]["burn_down"]["left"] == [2]
    assert [one["agreed"] for one in first["figures"]["visits"]] == ["下周清零"]
    await drive.close("u1", drive.cases["u1"][1])
    drive.to(126, hour=1)
    await drive.look(workers=2)
    drive.to(149, hour=1)
    await drive.look(workers=2)
    made = (await drive.ask("evaluator", "GET", "/reports"))["items"]
    assert sorted((one["unit"], one["first_day"]) for one in made) == [
        ("day", "2024-09-02"), ("day", "2024-09-08"), ("day", "2024-10-01"), ("month", "2024-09-01"),
        ("week", "2024-09-02"), ("week", "2024-09-23"),
    ]  # fmt: skip
    assert await drive.ask("evaluator", "GET", report) == first

    async def printed(form: str) -> bytes:
        answer = await drive.desk.ask("u1", "GET", f"{drive.campaign}{report}/{form}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].endswith(f'2024-09-02.{form}"')
        return answer.content

    text = "".join(one.extract_text() for one in PdfReader(BytesIO(await printed("pdf"))).pages)
    assert "案件清零行动日报" in text
    assert "平煤神马集团" in text
    assert UNITS["u3"] in text, "it was visited, and has nothing on the list"
    words = docx.Document(BytesIO(await printed("docx")))
    assert "启动时在册 3 件" in "".join(one.text for one in words.paragraphs)
    assert len(words.inline_shapes) == 3
    book = openpyxl.load_workbook(BytesIO(await printed("xlsx")))
    assert [
        [cell.value for cell in row] for row in book["各单位排名"].iter_rows(min_row=3, max_row=3, max_col=6)
    ] == [[1, "平煤神马集团", 3, 1, pytest.approx(1 / 3), 2]]
    assert len(book["全清单进度"]._charts) == 1


async def test_an_ended_campaign_stays_as_it_was_and_reports_no_more(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.ask("evaluator", "PUT", f"/items/{drive.cases['u1'][0]}/plan", due_on="2024-09-30")
    assert (await drive.ask("evaluator", "POST", "/end"))["state"] == "ended"
    before, ledger = await drive.figures(), await drive.ask("evaluator", "GET", "/ledger")
    await drive.close("u1", drive.cases["u1"][0])
    for day in (120, 300):
        drive.to(day, hour=1)
        await drive.look()
        assert await drive.figures() == before
        assert await drive.ask("evaluator", "GET", "/ledger") == ledger
    made = (await drive.ask("evaluator", "GET", "/reports"))["items"]
    assert [one["unit"] for one in made] == ["whole"], "no day is told after the end"
    said = f"{drive.campaign}/items/{drive.cases['u1'][0]}/plan"
    assert await drive.refused("evaluator", "PUT", said, plan="x") == (409, {("campaign_state", None)})
    assert await drive.refused("evaluator", "POST", f"{drive.campaign}/end") == (
        409,
        {("campaign_state", None)},
    )


async def test_who_waits_while_a_campaign_ends_changes_nothing_of_it(drive: Drive) -> None:
    closed, left = await drive.give("u1", 2, "s1")
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    await drive.close("u1", closed)
    items, proof = f"{drive.campaign}/items", await drive.desk.photo("u1", "after")
    async with drive.city.engine.begin() as tx:
        await end(tx, 1, drive.clock.now())
        waiting = [
            asyncio.create_task(asked)
            for asked in (
                drive.refused("u1", "POST", f"{items}/{closed}/write-off", photos=[proof]),
                drive.refused("u1", "PUT", f"{items}/{left}/plan", reason="season"),
                drive.desk.get("auditor", drive.campaign),
            )
        ]
        held = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
        while (await tx.exec_driver_sql(held)).scalar_one() < sum(not one.done() for one in waiting):
            await asyncio.wait(waiting, timeout=0.01)
    *refusals, looked = await asyncio.gather(*waiting)
    assert refusals == [(409, {("campaign_state", None)})] * 2
    (report,) = (await drive.ask("evaluator", "GET", "/reports"))["items"]
    told = (await drive.ask("evaluator", "GET", f"/reports/{report['report_id']}"))["figures"]["total"]
    assert (await drive.figures())["total"] == looked["figures"]["total"] == told
    assert (told["cleared"], told["written_off"], told["reasons"]["season"]) == (1, 0, 0)


async def test_a_campaign_ends_with_one_report_of_the_whole_of_it(drive: Drive) -> None:
    await drive.give("u1", 3, "s1")
    await drive.give("u2", 2, "s2")
    drive.to(119)
    await drive.plan(targets={"cleared_rate": 0.5})
    await drive.ask("evaluator", "POST", "/launch")
    visit = {"department": "u1", "people": ["张局", "王工"], "problems": "缺人", "agreed": "下周清零"}
    await drive.ask("evaluator", "POST", "/visits", **visit, visited_at=drive.clock.now().isoformat())
    drive.to(121)
    reminded = await drive.ask("evaluator", "POST", "/batches", doing="remind", cases={"unit": "u1"})
    await drive.ask("evaluator", "POST", f"/batches/{reminded['batch_id']}/steps")
    await drive.close("u1", drive.cases["u1"][0])
    await drive.void(drive.cases["u2"][0])
    await drive.suspend("u2", drive.cases["u2"][1], 60)
    drive.to(130)
    await drive.desk.report(source="leader")
    end = f"{drive.campaign}/end"
    answers = await asyncio.gather(
        *(drive.desk.ask("evaluator", "POST", end) for _ in range(3)), drive.look(workers=2)
    )
    assert sorted(one.status_code for one in answers if one is not None) == [200, 409, 409]
    (made,) = [
        one for one in (await drive.ask("evaluator", "GET", "/reports"))["items"] if one["unit"] == "whole"
    ]
    assert (made["first_day"], made["end_day"]) == ("2024-09-02", "2024-09-14")
    report = f"/reports/{made['report_id']}"
    told = (await drive.ask("evaluator", "GET", report))["figures"]
    total = told["total"]
    assert (total["cleared"], total["residual"], total["voided"], total["suspended"]) == (1, 3, 1, 1)
    assert rate(total, "without_check_rate") == (0, 1)
    assert told["burn_down"]["left"] == [5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    assert [one["agreed"] for one in told["visits"]] == ["下周清零"]
    assert [(one["doing"], one["cases"], one["done"]) for one in told["batches"]] == [("remind", 3, 3)]
    kept = {name: told[name] for name in ("total", "units", "burn_down", "newcomers")}
    now = await drive.figures()
    assert {name: now[name] for name in kept} == kept, "the campaign and its report tell the same"
    await drive.close("u1", drive.cases["u1"][1])
    assert (await drive.ask("evaluator", "GET", report))["figures"] == told

    words = await printed_in(drive, report, "zh")
    for said in ("案件清零行动总结报告", "其中挂账 1 件；另有作废 1 件", "批量办理"):
        assert said in words
    words = await printed_in(drive, report, "en")
    for said in (
        "案件清零行动: closing report",
        "Backlog clearing, 2024-09-02 to 2024-09-13",
        "1 of them suspended; beside them 1 voided",
    ):
        assert said in words


async def test_a_census_freezes_what_its_survey_found_and_files_it_in_one_batch(drive: Drive) -> None:
    drive.to(119)
    await drive.give("u1", 1, "s1")  # handled already, and of another class than the survey's
    await drive.plan(kind="census", units=[], scope={"category": "0203", "source": "collector"})
    assert await drive.refused("evaluator", "POST", f"{drive.campaign}/launch") == (
        409,
        {("scope_matches_something", "scope")},
    )
    # Three days long collectors go through the grids.
    found = []
    for day, area in ((119, "s1"), (120, "s2"), (121, "s3"), (121, "east1")):
        drive.to(day)
        seen = {"source": "collector", "category": "0203", "photos": [await drive.desk.photo("collector")]}
        found.append(str((await drive.desk.report("collector", area=area, **seen))["case_no"]))
    await drive.desk.report(category="0203")  # by somebody else
    drive.to(122)
    assert (await drive.ask("evaluator", "POST", "/launch"))["cases"] == 4
    by_grid = (await drive.ask("evaluator", "GET", "/ledger?by=subdistrict"))["rows"]
    assert [(one["area"], one["items"]) for one in by_grid] == [("s1", 1), ("s2", 1), ("s3", 1), (None, 1)]
    await drive.desk.act("acceptor", found[3], "refuse", reason="not_exist")
    for who, state in (("acceptor", "pending_filing"), ("shift_leader", "filed")):
        batch = await drive.ask(who, "POST", "/batches", doing="file", form={"opinion": "普查立案"})
        done = await drive.ask(who, "POST", f"/batches/{batch['batch_id']}/steps")
        assert (done["done"], done["refused"]) == (3, 0)
        now = [(await drive.desk.get("evaluator", f"/v1/cases/{one}"))["state"] for one in found]
        assert now == [state] * 3 + ["not_accepted"]
    total = (await drive.figures())["total"]
    assert (total["items"], total["residual"], total["passed_on"]) == (4, 3, 1)


async def printed_in(drive: Drive, report: str, language: str) -> str:
    """The paragraphs of a report; what is not a name stands in that language in all three forms."""
    path = f"{drive.campaign}{report}"
    files = {
        form: (await drive.desk.ask("u1", "GET", f"{path}/{form}?language={language}")).content
        for form in ("pdf", "docx", "xlsx")
    }
    pages = "".join(one.extract_text() for one in PdfReader(BytesIO(files["pdf"])).pages)
    book = openpyxl.load_workbook(BytesIO(files["xlsx"]))
    head = {"zh": "主要指标", "en": "Rates"}[language]
    assert (head in pages, head in book.sheetnames) == (True, True)
    if language == "en":
        cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
        chinese = {one for one in cells if isinstance(one, str) and any("一" <= sign <= "鿿" for sign in one)}
        ours = {"案件清零行动: closing report", *UNITS.values(), "张局, 王工", "缺人", "下周清零"}
        assert chinese <= ours, "only what the city wrote is Chinese"
    return "\n".join(one.text for one in docx.Document(BytesIO(files["docx"])).paragraphs)


async def test_what_makes_no_sense_is_refused_and_leaves_nothing_behind(drive: Drive) -> None:
    drive.to(119)
    before = await drive.city.counts()
    wrong = make_campaign(last_day="2024-09-01", units=["u1", "nobody"], owner="nobody")
    assert await drive.refused("evaluator", "POST", "/v1/campaigns", **wrong) == (
        422, {("ends_after_it_starts", "last_day"), ("units_known", "units"), ("owner_known", "owner")},
    )  # fmt: skip
    over = make_campaign(first_day="2024-08-01", last_day="2024-08-31")
    assert await drive.refused("evaluator", "POST", "/v1/campaigns", **over) == (
        422,
        {("not_over_already", "last_day")},
    )
    answer = await drive.desk.ask("u1", "POST", "/v1/campaigns", json=make_campaign())
    assert answer.status_code == 403
    assert await drive.city.counts() == before
    where = await drive.plan()
    before = await drive.city.counts()
    assert await drive.refused("evaluator", "POST", f"{where}/launch") == (
        409,
        {("scope_matches_something", "scope")},
    )
    assert (
        await drive.desk.ask("evaluator", "POST", f"{where}/launch", json={"dry_run": True})
    ).status_code == 409
    assert await drive.city.counts() == before
    early = await drive.plan(first_day="2024-09-09")
    assert await drive.refused("evaluator", "POST", f"{early}/launch") == (
        409,
        {("launched_on_its_days", "first_day")},
    )
    assert (await drive.desk.ask("evaluator", "GET", "/v1/campaigns/999999")).status_code == 404


async def test_a_list_is_frozen_once_and_what_was_closed_before_is_not_on_it(drive: Drive) -> None:
    there = await drive.give("u1", 3, "s1")
    await drive.close("u1", there[0])
    drive.to(119)
    await drive.plan()
    answers = await asyncio.gather(
        *(drive.desk.ask("evaluator", "POST", f"{drive.campaign}/launch", json={}) for _ in range(4))
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert (await drive.figures())["total"]["items"] == 2
    outside = f"{drive.campaign}/items/{there[1]}/plan"
    assert await drive.refused("evaluator", "PUT", outside, due_on="2024-12-01") == (
        409,
        {("due_within_campaign", "due_on")},
    )


async def test_a_scope_knows_the_filters_of_the_list_of_cases(drive: Drive) -> None:
    assert drive.desk.app is not None
    said = drive.desk.app.openapi()["paths"]["/v1/cases"]["get"]["parameters"]
    filters = {one["name"] for one in said if one["in"] == "query"} - {"limit", "cursor"}
    # Only open cases are frozen, so nothing is asked about their end.
    assert {*ScopeIn.model_fields} == filters - {"open", "ended_from", "ended_to"}
