"""Whatever is changed behind our back shows."""

import asyncio

import pytest
from tests.cast import City, Desk

from casehub.cases.commands import audit


async def faults(city: City) -> list[tuple[str, str]]:
    found, last = [], 0
    while True:
        async with city.engine.execution_options(isolation_level="REPEATABLE READ").begin() as tx:
            last, count, wrong = await audit(tx, last, 2)
        if not count:
            return found
        found += wrong


@pytest.fixture
async def marked(client: Desk, city: City) -> str:
    """A case in the middle of others."""
    await client.case_in("closed")
    case_no = await client.case_in("handled")
    await client.report()
    assert await faults(city) == []
    return case_no


INSERTED = """
    INSERT INTO case_events (case_id, seq, action, at, body, hash)
    SELECT case_id, {seq}, action, at, body, hash FROM case_events e JOIN cases c USING (case_id)
    WHERE c.case_no = :no AND e.seq = 3
"""
OF_CASE = "case_id = (SELECT case_id FROM cases WHERE case_no = :no)"
CHANGES = {
    "a changed body": f"UPDATE case_events SET body = replace(body, '\"a1\"', '\"a2\"') WHERE seq = 2 AND {OF_CASE}",
    "a changed time": f"UPDATE case_events SET at = at - interval '1 hour' WHERE seq = 2 AND {OF_CASE}",
    "a changed action": f"UPDATE case_events SET action = 'close' WHERE seq = 4 AND {OF_CASE}",
    "a changed hash": f"UPDATE case_events SET hash = repeat('0', 64) WHERE seq = 6 AND {OF_CASE}",
    "a removed first event": f"DELETE FROM case_events WHERE seq = 1 AND {OF_CASE}",
    "a removed middle event": f"DELETE FROM case_events WHERE seq = 3 AND {OF_CASE}",
    "a removed last event": f"DELETE FROM case_events WHERE seq = 6 AND {OF_CASE}",
    "all events removed": f"DELETE FROM case_events WHERE {OF_CASE}",
    "an event added at the end": INSERTED.format(seq=7),
    "an event put before all": INSERTED.format(seq=0),
    "a changed state": "UPDATE cases SET state = 'closed' WHERE case_no = :no",
    "a changed description": "UPDATE cases SET description = '没有垃圾' WHERE case_no = :no",
    "a changed department": "UPDATE cases SET department_code = 'd2' WHERE case_no = :no",
    "a changed deadline": "UPDATE cases SET due_at = now() WHERE case_no = :no",
    "a changed mark": "UPDATE cases SET marks = marks - 'result' WHERE case_no = :no",
    "an added mark": "UPDATE cases SET marks = marks || '{\"is_difficult\": true}' WHERE case_no = :no",
    "a changed version": "UPDATE cases SET version = 7 WHERE case_no = :no",
    "a changed head": "UPDATE cases SET head_hash = repeat('0', 64) WHERE case_no = :no",
    "a task's deadline": f"UPDATE tasks SET due_at = due_at + interval '1 day' WHERE kind = 'handle' AND {OF_CASE}",
    "a task's end": f"UPDATE tasks SET finished_at = entered_at WHERE kind = 'handle' AND {OF_CASE}",
    "a task exempted": "UPDATE tasks SET exemption = jsonb_build_object('by', 'a1', 'at', entered_at, 'reason', '照顾')"
    f" WHERE kind = 'handle' AND {OF_CASE}",
    "a removed task": f"DELETE FROM tasks WHERE kind = 'sign' AND {OF_CASE}",
    "a task's ledger": "UPDATE tasks SET ledger = ledger || jsonb_build_array(jsonb_build_object("
    f"'at', entered_at, 'what', 'paused', 'why', 'dept_return')) WHERE kind = 'handle' AND {OF_CASE}",
    "a task's original deadline": "UPDATE tasks SET original_due_at = original_due_at + interval '1 day'"
    f" WHERE kind = 'handle' AND {OF_CASE}",
    "a task's use": f"UPDATE tasks SET used_microseconds = 1 WHERE kind = 'handle' AND {OF_CASE}",
    "an added task": "INSERT INTO tasks SELECT (jsonb_populate_record(t, '{\"task_no\": 99}')).* FROM tasks AS t"
    f" WHERE kind = 'sign' AND {OF_CASE}",
}


async def test_whatever_is_changed_behind_our_back_shows(city: City, marked: str) -> None:
    for name, change in CHANGES.items():
        async with city.engine.connect() as tx:
            done = await tx.exec_driver_sql(change.replace(":no", f"'{marked}'"))
            assert done.rowcount > 0, name
            last, found = 0, list[tuple[str, str]]()
            while True:
                last, count, wrong = await audit(tx, last, 2)
                if not count:
                    break
                found += wrong
            await tx.rollback()
        assert found, f"{name} was not noticed"
        assert {case_no for case_no, _ in found} == {marked}, name
    assert await faults(city) == []


async def test_a_living_city_is_never_accused(client: Desk, city: City) -> None:
    case_nos = [await client.case_in("handling") for _ in range(4)]
    going = True

    async def work(case_no: str) -> None:
        while going:
            await client.act("dispatcher", case_no, "remind")

    workers = [asyncio.create_task(work(one)) for one in case_nos]
    try:
        for _ in range(15):
            assert await faults(city) == []
    finally:
        going = False
        await asyncio.gather(*workers)
