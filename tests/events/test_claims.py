"""Whose turn it is, and what is believed of whom, when several try the same delivery."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import City, Desk
from tests.receiver import add_webhook

from casehub.events import store
from casehub.events.relay import LEASE
from casehub.events.retries import Outcome
from casehub.storage.engine import make_engine

Places = list[tuple[int, int]]


@pytest.fixture
async def webhook(client: Desk) -> int:
    """A webhook that waits for the three events of one case."""
    made = await add_webhook(client, "http://127.0.0.1:9/")
    await client.case_in("filed")
    return int(made["webhook_id"])


async def claim(city: City, webhook: int, at: datetime) -> tuple[Places, dict[tuple[int, int], int]]:
    async with city.engine.begin() as tx:
        due = await store.read_due(tx, webhook, at)
        return due, await store.write_claims(tx, webhook, due, at + LEASE)


async def settle(city: City, at: datetime, *outcomes: Outcome) -> None:
    async with city.engine.begin() as tx:
        await store.write_outcomes(tx, outcomes, at)


async def rows(city: City) -> list[Any]:
    return await city.sql("SELECT * FROM deliveries ORDER BY seq")


async def test_the_first_event_goes_and_the_others_wait_until_it_has_arrived(
    city: City, webhook: int
) -> None:
    at = city.clock.now()
    due, turns = await claim(city, webhook, at)
    (case_id, _), *_ = due
    assert (len(due), turns) == (3, {(case_id, 1): 1})
    assert {one.next_try_at for one in await rows(city)} == {at + LEASE}
    assert await claim(city, webhook, at + LEASE / 2) == ([], {})
    then = at + LEASE / 2
    await settle(city, then, Outcome(webhook, case_id, 1, 1))
    first, second, third = await rows(city)
    assert (first.delivered_at, first.next_try_at) == (then, None)
    assert (second.next_try_at, third.next_try_at) == (then, at + LEASE)
    assert (await claim(city, webhook, then))[1] == {(case_id, 2): 1}


async def test_later_events_wait_as_long_as_the_one_before_them(city: City, webhook: int) -> None:
    at = city.clock.now()
    ((case_id, _), *_), _ = await claim(city, webhook, at)
    later = at + timedelta(hours=5)
    await settle(city, at, Outcome(webhook, case_id, 1, 1, "answered 500", later))
    assert await claim(city, webhook, at + LEASE) == ([(case_id, 2), (case_id, 3)], {})
    assert {one.next_try_at for one in await rows(city)} == {later}
    assert [one.last_error for one in await rows(city)] == ["answered 500", None, None]


async def test_what_another_worker_holds_is_passed_by(city: City, webhook: int) -> None:
    at, other = city.clock.now(), make_engine(city.url, city.schema, pool_size=1)
    async with city.engine.begin() as tx:
        assert len(await store.read_due(tx, webhook, at)) == 3
        async with other.begin() as beside:
            assert await store.read_due(beside, webhook, at) == []
    await other.dispose()


async def test_an_outcome_told_too_late_undoes_nothing_but_an_arrival_is_one(
    city: City, webhook: int
) -> None:
    at = city.clock.now()
    ((case_id, _), *_), _ = await claim(city, webhook, at)
    _, turns = await claim(city, webhook, at + LEASE)
    assert turns == {(case_id, 1): 2}, "the first one to try was too slow"
    late = Outcome(webhook, case_id, 1, 1, "answered 500", at + timedelta(hours=1))
    await settle(city, at + LEASE, late)
    assert (await rows(city))[0].next_try_at == at + 2 * LEASE
    await settle(city, at + LEASE, Outcome(webhook, case_id, 1, 1))
    before = await rows(city)
    assert before[0].delivered_at == at + LEASE
    await settle(city, at + 2 * LEASE, Outcome(webhook, case_id, 1, 2, "answered 500", None), late)
    assert await rows(city) == before
