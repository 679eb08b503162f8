"""The real server, as its own process: killed in the middle, flooded, put on the wrong clock."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text
from tests.cast import ADMIN_KEY, START, City, Desk, furnish_cast, make_report

from casehub import opening
from casehub.clock import SimulatedClock, WallClock
from casehub.places.commands import ClockFixed

Served = Any


def http_of(served: Served, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=served.base, headers={"Authorization": f"Bearer {key}"}, timeout=60)


async def rows(served: Served, statement: str) -> list[Any]:
    async with served.engine.connect() as tx:
        return [*await tx.execute(text(statement))]


async def post(port: int, key: str, name: str, body: bytes) -> tuple[int, bytes, bool]:
    """One report on a connection of its own: httpx takes 20 s for a thousand at once, this does not."""
    head = (
        f"POST /v1/cases HTTP/1.1\r\nHost: casehub\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {name}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + body)
    said, _, content = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(said.split()[1]), content, b"idempotent-replayed: true" in said.lower()


async def test_a_thousand_identical_reports_at_once_are_one_case(served: Served) -> None:
    await served.start("--workers", "2")
    keys = await furnish_cast(served.engine)
    body = orjson.dumps(make_report())
    answers = await asyncio.gather(*(post(served.port, keys["acceptor"], "flood", body) for _ in range(1000)))
    assert Counter(status for status, _, _ in answers) == {201: 1000}
    assert len({content for _, content, _ in answers}) == 1
    assert sum(replayed for _, _, replayed in answers) == 999
    assert await rows(served, "SELECT count(*) FROM cases") == [(1,)]


async def test_every_report_that_was_answered_survives_kill_9(served: Served) -> None:
    await served.start()
    keys = await furnish_cast(served.engine)
    sent: dict[str, dict[str, Any]] = {}
    answered: dict[str, str] = {}

    async def stream(http: httpx.AsyncClient) -> None:
        while True:
            key = uuid4().hex
            sent[key] = make_report(description=key)
            try:
                answer = await http.post("/v1/cases", json=sent[key], headers={"Idempotency-Key": key})
            except httpx.TransportError:
                return
            assert answer.status_code == 201
            answered[key] = answer.json()["case_no"]
            if len(answered) == 150:
                served.kill()

    async with http_of(served, keys["acceptor"]) as http:
        await asyncio.gather(*(stream(http) for _ in range(8)))
    assert len(sent) > len(answered) >= 150
    await served.start()
    async with http_of(served, keys["acceptor"]) as http:
        kept = {
            row.description: row.case_no
            for row in await rows(served, "SELECT description, case_no FROM cases")
        }
        assert {key: kept.get(key) for key in answered} == answered, "every 201 is there"
        for key, report in sent.items():
            again = await http.post("/v1/cases", json=report, headers={"Idempotency-Key": key})
            assert again.status_code == 201
            assert again.json()["case_no"] == kept.get(key, again.json()["case_no"])
    counted = await rows(served, "SELECT description, count(*) FROM cases GROUP BY 1")
    assert {(row.description, row.count) for row in counted} == {(key, 1) for key in sent}
    assert await rows(
        served, "SELECT count(*) FROM cases c LEFT JOIN case_events e USING (case_id) WHERE e.seq IS NULL"
    ) == [(0,)]


async def test_a_city_made_real_is_never_put_on_a_simulated_clock(served: Served) -> None:
    await served.start()
    served.stop()
    with pytest.raises(AssertionError, match="was made with a real clock"):
        await served.start("--simulated-clock", "2014-01-01T00:00:00Z")
    with pytest.raises(AssertionError, match="zone"):
        await served.start("--simulated-clock", "2014-01-01T00:00:00")
    await served.start()
    async with http_of(served, ADMIN_KEY) as http:
        assert (await http.get("/v1/me")).status_code == 200


async def test_the_kind_of_a_clock_never_changes(make_city: Any) -> None:
    real, replayed = await make_city(), await make_city(clock=SimulatedClock(START))
    for city, clock in ((real, SimulatedClock(START)), (replayed, WallClock())):
        with pytest.raises(ClockFixed):
            await opening.furnish(city.engine, city.settings, clock)


async def test_only_a_simulated_clock_is_moved_by_requests_and_only_forward(
    desk: Desk, replay: tuple[City, Desk]
) -> None:
    for at in ("2030-01-01T00:00:00Z", "2014-01-01T00:00:00Z"):
        refused = await desk.ask("acceptor", "GET", "/v1/me", headers={"Casehub-Time": at})
        assert (refused.status_code, refused.json()["type"]) == (409, "/v1/problems#clock-refused")
    _, replayed = replay
    born = await replayed.report()
    assert born["reported_at"] == "2024-05-06T01:00:00+00:00"
    for at, status in (
        ("2024-05-06T10:00:00+08:00", 200), ("2024-05-06T01:59:59Z", 409), ("2024-05-06T03:00:00", 422), ("noon", 422),
    ):  # fmt: skip
        answer = await replayed.ask("acceptor", "GET", "/v1/me", headers={"Casehub-Time": at})
        assert answer.status_code == status, at
    assert (
        await replayed.ask("nobody", "GET", "/v1/me", headers={"Casehub-Time": "2025-01-01T00:00:00Z"})
    ).status_code == 401
    assert (await replayed.report())["reported_at"] == "2024-05-06T02:00:00+00:00"
