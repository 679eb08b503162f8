"""The worker as a process of its own: killed, stopped, beside the server; and its loops."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cast import START, City, Desk, desk_of, furnish_cast
from tests.conftest import MakeCity, Served
from tests.receiver import Message, Receiver, add_webhook, deliveries, receiver, silence, thanks, until

from casehub.cases import commands_watch
from casehub.clock import SimulatedClock, WallClock
from casehub.worker import Loop, Watch, Worker

Process = asyncio.subprocess.Process
Work = Callable[[City], Awaitable[Process]]


@pytest.fixture
async def work() -> AsyncIterator[Work]:
    """Starts `casehub worker` on a city."""
    started: list[Process] = []

    async def start(city: City) -> Process:
        said = {"CASEHUB_DATABASE_URL": city.url, "CASEHUB_SCHEMA": city.schema, "CASEHUB_LOG": "info"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "casehub", "worker", env={**os.environ, **said},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


async def settled(desk: Desk, webhook: dict[str, Any]) -> bool:
    return not await deliveries(desk, webhook, "waiting")


async def test_what_a_killed_worker_had_sent_and_not_settled_is_sent_again_under_the_same_id(
    client: Desk, city: City, work: Work, there: Receiver
) -> None:
    webhook, there.answer = await add_webhook(client, there.url), silence
    first = await work(city)
    numbers = [(await client.report())["case_no"] for _ in range(5)]
    await until(lambda: len(there.came) == 5)
    first.kill()
    await first.wait()
    there.answer = thanks
    second = await work(city)
    fresh = await client.report()
    await until(lambda: len(there.kept) == 1)
    assert there.kept[0].id == f"{fresh['case_no']}-1", "what the dead one held is left to it for a while"
    await city.sql(
        "UPDATE deliveries SET next_try_at = made_at WHERE next_try_at IS NOT NULL"
    )  # that while is over
    await until(lambda: settled(client, webhook))
    assert sorted(one.id for one in there.kept[1:]) == sorted(f"{one}-1" for one in numbers)
    before, after = ({one.id: one.content for one in half} for half in (there.came[:5], there.kept[1:]))
    assert before == after
    rows = await deliveries(client, webhook, "delivered")
    assert [one["attempts"] for one in rows] == [2, 2, 2, 2, 2, 1]
    second.terminate()
    assert await second.wait() == 0


async def test_a_worker_that_is_asked_to_stop_finishes_what_it_has_in_hand(
    client: Desk, city: City, work: Work, there: Receiver
) -> None:
    asked = asyncio.Event()

    async def when_asked(_: Message) -> int:
        await asked.wait()
        return 200

    webhook, there.answer = await add_webhook(client, there.url), when_asked
    process = await work(city)
    case_no = await client.case_in("filed")
    await until(lambda: len(there.came) == 1)
    process.terminate()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(process.wait(), 0.3)
    asked.set()
    assert await process.wait() == 0
    rows = await deliveries(client, webhook)
    assert [(one["message_id"], one["state"]) for one in rows] == [
        (f"{case_no}-1", "delivered"), (f"{case_no}-2", "waiting"), (f"{case_no}-3", "waiting"),
    ]  # fmt: skip


async def test_a_worker_goes_on_when_the_database_comes_back(
    client: Desk, city: City, work: Work, there: Receiver
) -> None:
    webhook = await add_webhook(client, there.url)
    process = await work(city)
    await client.report()
    await until(lambda: settled(client, webhook))
    await city.sql("ALTER TABLE webhooks RENAME TO away")
    assert process.stdout is not None
    async for line in process.stdout:
        if b"relay failed, 2 times in a row" in line:
            break
    await city.sql("ALTER TABLE away RENAME TO webhooks")
    await client.report()
    await until(lambda: settled(client, webhook))
    assert len(there.kept) == 2


async def test_a_city_on_a_simulated_clock_has_no_worker_of_its_own(make_city: MakeCity, work: Work) -> None:
    process = await work(await make_city(clock=SimulatedClock(START)))
    said, _ = await process.communicate()
    assert process.returncode == 1
    assert b"was made with a simulated clock" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
async def test_the_server_delivers_too_unless_it_is_told_not_to(
    served: Served, there: Receiver, options: tuple[str, ...]
) -> None:
    await served.start("--no-worker", *options)
    keys = await furnish_cast(served.engine)
    async with httpx.AsyncClient(base_url=served.base) as http:
        desk = Desk(http, keys)
        webhook = await add_webhook(desk, there.url)
        await desk.case_in("filed")
    served.stop()
    assert there.came == []
    await served.start(*options)
    async with httpx.AsyncClient(base_url=served.base) as http:
        await until(lambda: settled(Desk(http, keys), webhook))
        assert [one.action for one in there.came] == ["report", "propose_filing", "file"]
    served.stop()
    assert served.process is not None
    assert served.process.returncode == 0, served.log.read_text()
    assert "Traceback" not in served.log.read_text()


async def test_a_loop_that_fails_stops_no_other_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    def step_of(name: str, *, fails: bool = False) -> Callable[[], Awaitable[bool]]:
        async def step() -> bool:
            ran.append(name)
            if fails:
                raise ValueError(name)
            await asyncio.sleep(0)
            return ran.count(name) < 100

        return step

    async def close() -> None:
        ran.append("closed")

    worker = Worker([
        Loop("busy", step_of("busy"), idle_seconds=60, close=close),
        Loop("broken", step_of("broken", fails=True), idle_seconds=0.001),
    ])  # fmt: skip
    running = asyncio.create_task(worker.run())
    await until(lambda: ran.count("busy") == 100 and ran.count("broken") > 2)
    worker.stop()
    await running
    assert (ran.count("busy"), ran[-1]) == (100, "closed"), (
        "a loop with nothing to do rests, and wakes up to end"
    )
    assert "broken failed, 3 times in a row" in caplog.text


async def test_the_watch_of_two_workers_killed_and_started_again_tells_each_alert_once(
    make_city: MakeCity, work: Work, tmp_path: Path
) -> None:
    city = await make_city()
    async with desk_of(city, tmp_path) as desk:
        for _ in range(40):
            await desk.report()
        # As after a standstill: their clocks began on a Monday morning of 2024, and nobody has looked since.
        await city.sql(
            "UPDATE tasks SET running_since = :start, yellow_at = :yellow, next_alert_at = :yellow, due_at = :due",
            start=START, yellow=START + timedelta(minutes=10), due=START + timedelta(minutes=15),
        )  # fmt: skip
        first, second = await work(city), await work(city)
        await until_told(city, 1)
        first.kill()
        await work(city)
        await until_told(city, 80)
        second.kill()
        told = await city.sql("SELECT rung, count(*) AS times FROM alerts GROUP BY rung ORDER BY rung")
        assert [(row.rung, row.times) for row in told] == [("red", 40), ("yellow", 40)]
        events = await city.sql("SELECT count(*) AS n FROM case_events WHERE action = 'alert'")
        assert events[0].n == 40


async def test_a_database_that_goes_away_under_the_watch_makes_it_neither_miss_nor_repeat(
    make_city: MakeCity, work: Work, tmp_path: Path
) -> None:
    city = await make_city()
    async with desk_of(city, tmp_path) as desk:
        numbers = [(await desk.report())["case_no"] for _ in range(3)]
        await work(city)
        for case_no in numbers:
            await city.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND backend_type = 'client backend'"
            )
            await city.engine.dispose()
            await city.sql(
                "UPDATE tasks SET running_since = :start, due_at = :due, yellow_at = :due, next_alert_at = :due"
                " WHERE case_id = (SELECT case_id FROM cases WHERE case_no = :case_no)",
                start=START, due=START + timedelta(minutes=15), case_no=case_no,
            )  # fmt: skip
        await until_told(city, 6)
        told = await city.sql("SELECT rung, count(*) AS times FROM alerts GROUP BY rung ORDER BY rung")
        assert [(row.rung, row.times) for row in told] == [("red", 3), ("yellow", 3)]


async def until_told(city: City, count: int) -> None:
    """Wait until so many alerts were told."""

    async def told() -> bool:
        return bool(
            (await city.sql("SELECT count(*) >= :count AS enough FROM alerts", count=count))[0].enough
        )

    await until(told)


async def test_the_watch_passes_over_a_case_whose_rules_raise(
    client: Desk, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await client.report(), await client.report()
    rule = commands_watch.decide_strikes

    def raises(flow: Any, case: Any, **said: Any) -> Any:
        if case.case_no == bad["case_no"]:
            raise LookupError(case.case_no)
        return rule(flow, case, **said)

    monkeypatch.setattr(commands_watch, "decide_strikes", raises)
    watch = Watch(city.engine, SimulatedClock(WallClock().now() + timedelta(days=1)))
    while await watch.step():
        pass
    told = await city.sql("SELECT DISTINCT case_no FROM alerts JOIN cases USING (case_id)")
    assert [row.case_no for row in told] == [good["case_no"]]
