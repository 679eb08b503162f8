"""One day of one city: over a hundred people work their queues at random over HTTP, within their roles, on bad networks.

At the end everything that must always hold is looked at. Source: architecture, section 9.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text
from tests.cast import photo_bytes

from casehub.cases.commands import audit
from casehub.catalogue.commands import set_condition
from casehub.departments.commands import add_departments
from casehub.opening import shipped
from casehub.people.actors import Role
from casehub.people.commands import add_people, create_key
from casehub.places.commands import add_areas
from casehub.workflow.definition import parse_definition

MORNING = datetime(2024, 5, 6, 0, 30, tzinfo=UTC)  # 08:30, a Monday
ROUNDS, MINUTES = 22, 24
DISTRICTS, GRIDS, PLATFORMS, UNITS = 4, 40, 12, 48
TELEPHONE = "13912345678"
#: How much somebody likes to do what; what is not named is done now and then.
LIKED = {
    "propose_filing": 9, "file": 12, "dispatch": 12, "sign_in": 12, "feedback": 8, "send_check": 9, "check_done": 9, "close": 9,
    "verify_done": 9, "send_verify": 5, "return_accept": 5, "return_reject": 5, "approve_extension": 5, "suspend": 3,
}  # fmt: skip
#: Ends of a case that a city seldom chooses.
SELDOM = {
    "refuse",
    "withdraw",
    "decline_filing",
    "void",
    "transfer_out",
    "propose_void",
    "split",
    "add_co_dept",
    "hand_over",
}


@dataclass
class Person:
    """Somebody who works their queue."""

    name: str
    role: Role
    key: str
    department: str | None = None
    area: str | None = None


@dataclass
class Day:
    """What happened."""

    http: httpx.AsyncClient
    at: datetime
    flows: dict[str, Any]
    chance: random.Random
    people: list[Person] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    reported: set[str] = field(default_factory=set)
    leaked: list[str] = field(default_factory=list)

    async def ask(self, who: Person, method: str, path: str, **said: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who.key}", **said.pop("headers", {})}
        answer = await self.http.request(method, path, headers=headers, **said)
        self.statuses[answer.status_code] += 1
        assert answer.status_code < 500, (method, path, answer.text)
        if TELEPHONE in answer.text:
            self.leaked.append(f"{who.role} {method} {path}")
        return answer

    async def send(self, who: Person, path: str, body: Any) -> httpx.Response:
        """A write on a bad network: now and then it is sent twice, and answered alike."""
        headers = {"Idempotency-Key": uuid4().hex}
        first = await self.ask(who, "POST", path, json=body, headers=headers)
        if self.chance.random() < 0.15:
            again = await self.ask(who, "POST", path, json=body, headers=headers)
            assert again.status_code == first.status_code
            if first.is_success:
                assert again.content == first.content
        return first

    async def photo(self, who: Person, kind: str) -> str:
        files = {"file": ("x.jpg", photo_bytes(), "image/jpeg")}
        answer = await self.ask(who, "POST", "/v1/attachments", files=files, data={"kind": kind})
        return str(answer.json()["id"])


async def furnish(served: Any, day: Day) -> None:
    """The city: districts, grids, platforms with units below them, and everybody's key."""
    areas = [{"area_code": "city", "name": "市", "kind": "city", "parent_code": None}]
    areas += [
        {"area_code": f"r{n}", "name": f"区{n}", "kind": "district", "parent_code": "city"}
        for n in range(DISTRICTS)
    ]
    areas += [
        {"area_code": f"g{n}", "name": f"网格{n}", "kind": "community", "parent_code": f"r{n % DISTRICTS}"}
        for n in range(GRIDS)
    ]
    units = [
        {"department_code": f"p{n}", "name": f"平台{n}", "kind": "district_platform", "parent_code": None}
        for n in range(PLATFORMS)
    ]
    units += [
        {"department_code": f"u{n}", "name": f"单位{n}", "kind": "squad", "parent_code": f"p{n % PLATFORMS}"}
        for n in range(UNITS)
    ]
    posts: list[tuple[str, Role, str | None, str | None]] = [
        *((f"c{n}", Role.COLLECTOR, None, f"g{n}") for n in range(40)),
        *((f"a{n}", Role.ACCEPTOR, None, None) for n in range(4)),
        ("a4", Role.ACCEPTOR, None, "r0"),
        *((f"s{n}", Role.SHIFT_LEADER, None, None) for n in range(2)),
        *((f"d{n}", Role.DISPATCHER, None, None) for n in range(3)),
        *((one["department_code"], Role.DEPARTMENT, one["department_code"], None) for one in units),
    ]  # fmt: skip
    people = [
        {"person_no": name, "name": f"{name} 同志", "department_code": unit, "active": True}
        for name, _, unit, _ in posts
    ]
    async with served.engine.begin() as tx:
        await add_areas(tx, areas)
        await add_departments(tx, units)
        await add_people(tx, people)
        for name, role, unit, area in posts:
            _, key = await create_key(tx, [role], person=name, department=unit, area=area, at=MORNING)
            day.people.append(Person(name, role, key, unit, area))
        rows = await tx.execute(
            text("SELECT category_id FROM categories WHERE kind = 'event' ORDER BY 1 LIMIT 20")
        )
        for row in rows.all():
            said = {"description": "一处", "closing_condition": None, "source": None, "limit": "90 work_hour"}
            said |= {"limit": "2 work_hour"} if row.category_id % 2 else {}
            await set_condition(tx, row.category_id, "c1", {**said, "steps": None, "limits": {}})


async def report(day: Day, who: Person) -> None:
    """Something seen, or a call."""
    grid = who.area if who.role is Role.COLLECTOR else f"g{day.chance.randrange(GRIDS)}"
    source = "collector" if who.role is Role.COLLECTOR else day.chance.choice(["public", "hotline", "leader"])
    body: dict[str, Any] = {
        "kind": "event", "category": day.chance.choice(["0101", "0102", "0103", "0104"]), "source": source, "area": grid,
        "description": f"{grid} 暴露垃圾", "observed_at": (day.at - timedelta(minutes=3)).isoformat(),
        "location": {"lon": 110 + day.chance.random() * 5, "lat": 30 + day.chance.random() * 5},
    }  # fmt: skip
    if source == "collector":
        body["photos"] = [await day.photo(who, "near")]
    else:
        body["reporter"] = {"name": "张三", "telephone": TELEPHONE}
    answer = await day.send(who, "/v1/cases", body)
    if answer.status_code == 201:
        day.reported.add(answer.json()["case_no"])


async def fill(day: Day, who: Person, action: Any) -> dict[str, Any]:
    """A form as somebody in a hurry fills it in."""
    form: dict[str, Any] = {}
    for name, one in action.form.items():
        if not one.required and one.type not in {"photos", "condition"} and day.chance.random() < 0.5:
            continue
        department = day.chance.choice(
            [f"p{day.chance.randrange(PLATFORMS)}", f"u{day.chance.randrange(UNITS)}"]
        )
        told: dict[str, Any] = {
            "text": "已办", "flag": True, "integer": 1, "choice": day.chance.choice([*one.choices] or [""]), "category": "0102",
            "instant": (day.at + timedelta(hours=3)).isoformat(), "department": department, "departments": [department],
            "condition": "c1", "limit": "4 work_hour", "case": day.chance.choice(sorted(day.reported)),
            "person": f"c{day.chance.randrange(40)}" if name == "collector" else who.name,
        }  # fmt: skip
        form[name] = [await day.photo(who, "after")] if one.type == "photos" else told[one.type]
    return form


async def work(day: Day, who: Person) -> None:
    """Take one task of one's queue and do something about it."""
    if who.role in {Role.DISPATCHER, Role.ACCEPTOR} and day.chance.random() < 0.8:
        answer = await day.send(who, "/v1/queue/claims", {"count": 1})
    else:
        answer = await day.ask(who, "GET", "/v1/queue?limit=5")
    items = answer.json()["items"]
    assert all(item["case"]["state"] not in {"closed", "voided", "merged"} for item in items)
    if not items:
        return
    case = day.chance.choice(items)["case"]
    told = await day.ask(who, "GET", f"/v1/cases/{case['case_no']}/actions")
    if told.status_code == 404:
        return  # somebody else has just given it away
    actions = told.json()
    offered = [one["action"] for one in actions if one["allowed"]]
    if day.chance.random() < 0.97:
        offered = [one for one in offered if one not in SELDOM] or offered
    if not offered:
        return
    chosen = day.chance.choices(offered, [LIKED.get(one, 1) for one in offered])[0]
    flow = day.flows["hotline" if case["source"] == "hotline" else "event"]
    form = await fill(day, who, flow.actions[chosen])
    done = await day.send(who, f"/v1/cases/{case['case_no']}/actions/{chosen}", form)
    if done.is_success:
        day.done[chosen] += 1


async def turn(day: Day, who: Person, at_once: asyncio.Semaphore) -> None:
    async with at_once:
        if who.role in {Role.COLLECTOR, Role.ACCEPTOR} and day.chance.random() < 0.25:
            await report(day, who)
        busy = {Role.DISPATCHER: 8, Role.ACCEPTOR: 8, Role.SHIFT_LEADER: 12}.get(who.role, 1)
        for _ in range(busy):
            await work(day, who)


async def rows(served: Any, statement: str) -> list[Any]:
    async with served.engine.connect() as tx:
        return [*await tx.execute(text(statement))]


@pytest.mark.timeout(300)
async def test_a_day_of_a_city_leaves_everything_as_it_must_be(served: Any) -> None:
    await served.start("--simulated-clock", MORNING.isoformat())
    files = shipped("workflows").glob("*.yaml")
    flows = {one.stem: parse_definition(one.read_text(encoding="utf-8"), one.name) for one in files}
    at_once = asyncio.Semaphore(12)
    async with httpx.AsyncClient(base_url=served.base, timeout=60) as http:
        day = Day(http, MORNING, flows, random.Random(12345))
        await furnish(served, day)
        for _ in range(ROUNDS):
            await asyncio.gather(*(turn(day, who, at_once) for who in day.people))
            day.at += timedelta(minutes=MINUTES)
            moved = {"Casehub-Time": day.at.isoformat()}
            assert (await day.ask(day.people[0], "GET", "/v1/me", headers=moved)).status_code == 200
        await _told(served, day)
        await _kept(served, day)
        await _seen(day)
    print(dict(day.statuses), dict(day.done))


async def _told(served: Any, day: Day) -> None:
    """The watch has told every deadline that passed, each once."""
    waiting = f"SELECT count(*) FROM tasks WHERE next_alert_at <= '{day.at.isoformat()}'"
    for _ in range(200):
        if not (await rows(served, waiting))[0][0]:
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("the watch leaves deadlines untold")
    untold = await rows(served, f"""
        SELECT t.case_id FROM tasks AS t WHERE finished_at IS NULL AND due_at < '{day.at.isoformat()}'
        AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.case_id = t.case_id AND a.task_no = t.task_no AND a.rung = 'red')
    """)  # fmt: skip
    assert untold == []
    assert (await rows(served, "SELECT count(*) FROM alerts WHERE rung = 'red'"))[0][0] > 0


async def _kept(served: Any, day: Day) -> None:
    """Nothing is lost, nothing is forged: histories replay, open cases have somebody who holds a task."""
    assert {one[0] for one in await rows(served, "SELECT case_no FROM cases")} == day.reported
    async with served.engine.connect() as tx:
        _, verified, faults = await audit(tx, 0, most=100_000)
    assert (verified, faults) == (len(day.reported), [])
    idle = await rows(served, """
        SELECT case_no, state FROM cases AS c WHERE ended_at IS NULL AND NOT EXISTS (
            SELECT FROM tasks AS t WHERE t.case_id = c.case_id AND finished_at IS NULL
            AND coalesce(person_no, department_code, role) IS NOT NULL)
    """)  # fmt: skip
    assert idle == []
    busy = await rows(served, """
        SELECT case_no, t.kind FROM cases AS c JOIN tasks AS t USING (case_id)
        WHERE c.ended_at IS NOT NULL AND t.finished_at IS NULL AND t.kind <> 'reply'
    """)  # fmt: skip
    assert busy == []
    # It was a day's work, down every main road.
    ways = {"file", "dispatch", "sign_in", "feedback", "send_check", "check_done", "close", "dept_return"}
    assert ways <= {name for name, count in day.done.items() if count}
    assert len(day.reported) > 100


async def _seen(day: Day) -> None:
    """Nobody sees what lies outside their scope, and no answer but a logged one holds a caller's telephone."""
    assert day.leaked == []
    shown = {
        who.name: await _all_seen(day, who) for who in day.people if who.name in {"a4", "u1", "c1", "a0"}
    }
    assert shown["a0"] == day.reported
    assert shown["a4"] < day.reported
    for name, seen in shown.items():
        who = next(one for one in day.people if one.name == name)
        for case_no in sorted(day.reported - seen)[:5]:
            assert (await day.ask(who, "GET", f"/v1/cases/{case_no}")).status_code == 404
        queue = (await day.ask(who, "GET", "/v1/queue?limit=200")).json()["items"]
        assert {item["case"]["case_no"] for item in queue} <= seen


async def _all_seen(day: Day, who: Person) -> set[str]:
    seen: set[str] = set()
    address: str | None = "/v1/cases?limit=200"
    while address:
        page = orjson.loads((await day.ask(who, "GET", address)).content)
        seen |= {one["case_no"] for one in page["items"]}
        address = page["next"]
    return seen
