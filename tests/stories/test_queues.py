"""People work their queues: what waits, what is most urgent, who has it in hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event, text
from tests.cast import START, City, Desk, furnish_cast, make_report

from casehub.clock import SimulatedClock
from casehub.people.actors import Role
from casehub.people.commands import add_people, create_key
from casehub.wire.pages import write_cursor


async def more_keys(city: City, desk: Desk, who: str, role: Role, **said: Any) -> None:
    """Another person of a role, as `who`."""
    said = {"person": None, "department": None, **said}
    async with city.engine.begin() as tx:
        _, desk.keys[who] = await create_key(tx, [role], at=START, **said)


async def queue(desk: Desk, who: str, **narrowed: Any) -> list[str]:
    told = await desk.get(who, "/v1/queue", params=narrowed)
    return [item["case"]["case_no"] for item in told["items"]]


@pytest.fixture
async def morning(replay: tuple[City, Desk]) -> tuple[City, Desk, SimulatedClock]:
    city, desk = replay
    assert isinstance(city.clock, SimulatedClock)
    return city, desk, city.clock


async def test_a_queue_has_what_one_may_do_now_most_urgent_first(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    _, desk, clock = morning
    late = await desk.case_in("dispatched")  # 4 working hours
    first = (await desk.report())["case_no"]
    clock.advance_to(START + timedelta(minutes=5))
    second = (await desk.report())["case_no"]
    assert await queue(desk, "acceptor") == [first, second]
    assert await queue(desk, "shift_leader") == []
    # Of the department's two tasks the signing comes first.
    told = (await desk.get("department", "/v1/queue"))["items"]
    assert [(one["case"]["case_no"], one["kind"]) for one in told] == [(late, "sign"), (late, "handle")]
    assert told[1]["light"] == "green"
    assert told[1]["seconds_left"] > 4 * 3600
    assert told[1]["case"]["state_title"] == "Dispatched"
    assert await queue(desk, "other_department") == []
    await desk.act("acceptor", first, "propose_filing")
    assert (await queue(desk, "acceptor"), await queue(desk, "shift_leader")) == ([second], [first])


async def test_a_queue_leaves_what_waits_elsewhere(morning: tuple[City, Desk, SimulatedClock]) -> None:
    _, desk, _ = morning
    case_no = (await desk.report(source="public"))["case_no"]
    await desk.act("acceptor", case_no, "send_verify", collector="c1")
    assert await queue(desk, "acceptor") == [], "the acceptor's clock pauses"
    assert await queue(desk, "collector") == [case_no]
    assert await queue(desk, "stranger") == []
    returned = await desk.case_in("dispatched")
    await desk.act("department", returned, "dept_return", reason="wrong_class", opinion="不属本单位")
    assert await queue(desk, "department") == []
    assert await queue(desk, "dispatcher") == [returned]


async def test_a_queue_is_narrowed_counted_and_turned_page_by_page(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    _, desk, clock = morning
    numbers = []
    for minute in range(7):
        clock.advance_to(START + timedelta(minutes=minute))
        area = "east1" if minute % 2 else "west"
        numbers.append((await desk.report(area=area, category="0103" if minute == 6 else "0102"))["case_no"])
    assert await queue(desk, "acceptor", area="east") == numbers[1::2]
    assert await queue(desk, "acceptor", category="0103") == numbers[6:]
    assert await queue(desk, "acceptor", kind="dispatch") == []
    clock.advance_to(START + timedelta(minutes=17))
    assert await queue(desk, "acceptor", light="red") == numbers[:2], (
        "due after 15 minutes; the deadline itself is not late"
    )
    summary = await desk.get("acceptor", "/v1/queue/summary")
    assert summary["kinds"]["accept"]["red"] == 2
    assert sum(summary["total"].values()) == 7
    seen, address = [], "/v1/queue?limit=3"
    while address:
        told = await desk.get("acceptor", address)
        seen.append([item["case"]["case_no"] for item in told["items"]])
        address = told["next"]
    assert seen == [numbers[:3], numbers[3:6], numbers[6:]]
    now = START.isoformat()
    for key in (
        (1,),
        (now, 2**63, 1),
        (now, -1, 1),
        (now, 1, "x"),
        ("0001-01-01T00:00:00+14:00", 1, 1),
        ("2024-05-06", 1, 1),
    ):
        broken = await desk.ask("acceptor", "GET", "/v1/queue", params={"cursor": write_cursor(*key)})
        assert (broken.status_code, broken.json()["type"]) == (422, "/v1/problems#cursor-invalid"), key


async def test_an_empty_queue_says_why(morning: tuple[City, Desk, SimulatedClock]) -> None:
    _, desk, _ = morning
    await desk.report()
    why = {
        "evaluator": "no_post_has_tasks",
        "dispatcher": "nothing_waits",
    }
    for who, said in why.items():
        told = await desk.get(who, "/v1/queue")
        assert told["items"] == []
        assert told["empty_because"]["rule"] == said
    narrowed = await desk.get("acceptor", "/v1/queue?light=red", headers={"Accept-Language": "zh"})
    assert narrowed["empty_because"]["message"].startswith("待办中没有符合")
    assert (await desk.get("acceptor", "/v1/queue"))["empty_because"] is None


async def test_a_post_in_one_district_has_that_districts_queue(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    city, desk, _ = morning
    await more_keys(city, desk, "acceptor of the east", Role.ACCEPTOR, area="east")
    there = (await desk.report(area="east1"))["case_no"]
    await desk.report(area="west")
    assert await queue(desk, "acceptor of the east") == [there]
    assert len(await queue(desk, "acceptor")) == 2


async def test_what_one_has_claimed_nobody_else_gets_or_does(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    city, desk, clock = morning
    await more_keys(city, desk, "second dispatcher", Role.DISPATCHER)
    numbers = [await desk.case_in("filed") for _ in range(3)]

    async def claim(who: str, **said: Any) -> list[str]:
        answer = await desk.ask(who, "POST", "/v1/queue/claims", json=said)
        assert answer.status_code == 200, answer.text
        return [item["case"]["case_no"] for item in answer.json()["items"]]

    assert await claim("dispatcher") == numbers[:1]
    assert await claim("second dispatcher", count=5) == numbers[1:]
    assert await queue(desk, "dispatcher", claimed="free") == numbers[:1]
    assert await queue(desk, "dispatcher", claimed="mine") == numbers[:1]
    told = (await desk.get("second dispatcher", "/v1/queue"))["items"]
    assert told[0]["claimed_by"] == "p1"
    form = {"department": "d1", "limit": "4 work_hour"}
    refused = await desk.try_act("second dispatcher", numbers[0], "dispatch", form)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["rule"] == "claimed_by_another"
    other = await desk.ask("second dispatcher", "POST", f"/v1/queue/claims/{numbers[0]}")
    assert (other.status_code, other.json()["type"]) == (409, "/v1/problems#not-in-queue")
    # It is let go, and taken.
    assert (await desk.ask("dispatcher", "DELETE", f"/v1/queue/claims/{numbers[0]}")).status_code == 204
    assert (await desk.ask("second dispatcher", "POST", f"/v1/queue/claims/{numbers[0]}")).status_code == 200
    # Who lets it lie loses it.
    clock.advance_to(START + timedelta(minutes=16))
    assert await claim("dispatcher", count=3) == numbers
    await desk.act("dispatcher", numbers[0], "dispatch", **form)
    assert await queue(desk, "dispatcher", claimed="mine") == numbers[1:]
    assert (await desk.ask("dispatcher", "DELETE", "/v1/queue/claims")).status_code == 204
    assert await queue(desk, "dispatcher", claimed="mine") == []
    assert not any(one["claimed_by"] for one in (await desk.get("dispatcher", "/v1/queue"))["items"])


async def test_a_claim_is_no_event_and_survives_what_the_watch_does(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    city, desk, clock = morning
    case_no = await desk.case_in("filed")
    before = await desk.get("dispatcher", f"/v1/cases/{case_no}/history")
    await desk.ask("dispatcher", "POST", f"/v1/queue/claims/{case_no}")
    assert await desk.get("dispatcher", f"/v1/cases/{case_no}/history") == before
    clock.advance_to(START + timedelta(minutes=1))
    await desk.act("dispatcher", case_no, "remind")
    assert (await desk.get("dispatcher", "/v1/queue"))["items"][0]["claimed_by"] == "p1"
    assert (await city.casehub("audit", "verify"))[0] == 0


async def test_a_claim_ends_when_the_task_is_given_to_somebody_else(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    city, desk, _ = morning
    async with city.engine.begin() as tx:
        second = {"person_no": "w2", "name": "w2 同志", "department_code": "d1", "active": True}
        await add_people(tx, [second])
    await more_keys(city, desk, "second handler", Role.HANDLER, person="w2", department="d1")
    case_no = await desk.case_in("handling")

    async def claim(who: str) -> int:
        return (await desk.ask(who, "POST", f"/v1/queue/claims/{case_no}")).status_code

    assert await claim("department") == 200
    await desk.act("department", case_no, "assign_handler", handler="w1")
    assert await queue(desk, "handler", claimed="free") == [case_no]
    assert await claim("handler") == 200
    await desk.act("shift_leader", case_no, "hand_over", from_person="w1", to_person="w2")
    assert await claim("second handler") == 200
    photo = await desk.photo("second handler", "after")
    await desk.act("second handler", case_no, "handler_submit", result="已清理", photos=[photo])
    photo = await desk.photo("department", "after")
    await desk.act("department", case_no, "feedback", result="已清理", photos=[photo])


async def test_a_department_may_act_in_spite_of_what_its_handler_has_claimed(
    morning: tuple[City, Desk, SimulatedClock],
) -> None:
    city, desk, _ = morning
    await more_keys(city, desk, "second head", Role.DEPARTMENT, department="d1")
    case_no = await desk.case_in("handling")
    claim = f"/v1/queue/claims/{case_no}"
    photos = [await desk.photo("department", "after")]
    assert (await desk.ask("second head", "POST", claim)).status_code == 200
    refused = await desk.try_act("department", case_no, "feedback", {"result": "好", "photos": photos})
    assert refused.json()["errors"][0]["rule"] == "claimed_by_another", "a colleague of the same post"
    await desk.act("second head", case_no, "assign_handler", handler="w1")
    assert (await desk.ask("handler", "POST", claim)).status_code == 200
    done = await desk.act("department", case_no, "feedback", result="已清理", photos=photos)
    assert done["state"] == "handled"


async def test_sixteen_who_claim_at_once_never_get_the_same_case(desk: Desk, town: City) -> None:
    numbers = [await desk.case_in("filed") for _ in range(40)]
    for number in range(16):
        await more_keys(town, desk, f"dispatcher {number}", Role.DISPATCHER)

    async def claim(who: str) -> list[str]:
        answer = await desk.ask(who, "POST", "/v1/queue/claims", json={"count": 3})
        return [item["case"]["case_no"] for item in answer.json()["items"]]

    got = await asyncio.gather(*(claim(f"dispatcher {number}") for number in range(16)))
    counted = Counter(one for mine in got for one in mine)
    assert set(counted.values()) == {1}
    assert set(counted) == set(numbers)


async def test_a_claim_repeated_under_its_key_takes_nothing_more(desk: Desk) -> None:
    for _ in range(2):
        await desk.report()
    headers = {"Idempotency-Key": "claim-1"}
    first, again = [
        await desk.ask("acceptor", "POST", "/v1/queue/claims", json={"count": 1}, headers=headers)
        for _ in range(2)
    ]
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_queue_costs_the_same_statements_however_long_it_is(desk: Desk, town: City) -> None:
    said: list[str] = []
    engine = desk.app.state.engine.sync_engine  # type: ignore[union-attr]
    event.listen(engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    counts = set()
    for limit in (1, 30):
        said.clear()
        await desk.get("acceptor", f"/v1/queue?limit={limit}")
        counts.add(len(said))
    assert len(counts) == 1


async def test_a_stream_tells_the_queue_whenever_it_changes(served: Any) -> None:
    await served.start()
    keys = await furnish_cast(served.engine)

    async def events(lines: Any) -> AsyncIterator[tuple[str, Any]]:
        name = ""
        async for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, orjson.loads(line.removeprefix("data: "))

    def as_(who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {keys[who]}"}

    async with httpx.AsyncClient(base_url=served.base, timeout=20) as http:
        async with http.stream("GET", "/v1/queue/stream", headers=as_("acceptor")) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = events(answer.aiter_lines())
            assert (await anext(told))[1]["items"] == []
            made = await http.post("/v1/cases", json=make_report(), headers=as_("acceptor"))
            assert made.status_code == 201
            name, now = await anext(told)
            assert name == "queue"
            assert [item["case"]["case_no"] for item in now["items"]] == [made.json()["case_no"]]
            assert now["summary"]["kinds"]["accept"]["green"] == 1
            async with served.engine.begin() as tx:
                await tx.execute(text("UPDATE api_keys SET revoked_at = now() WHERE person_no = 'a1'"))
            name, problem = await anext(told)
            assert (name, problem["type"]) == ("end", "/v1/problems#key-unknown")
            assert [one async for one in told] == []
        # A stream that is open does not keep the server from stopping.
        async with http.stream("GET", "/v1/queue/stream", headers=as_("dispatcher")) as answer:
            await anext(events(answer.aiter_lines()))
            await asyncio.to_thread(served.stop)
    assert served.process.returncode is not None
