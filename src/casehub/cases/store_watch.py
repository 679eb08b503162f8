"""SQL of the watch: the cases whose clocks are due to be looked at."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Integer, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.cases.facts import CaseFacts
from casehub.cases.store import CASE, facts_of
from casehub.cases.tables import cases
from casehub.deadlines.commands import tasks_of
from casehub.deadlines.tables import in_queue, tasks
from casehub.storage.hot import Hot
from casehub.storage.metadata import Instant
from casehub.storage.transaction import Tx

# Rides on the partial index ix_tasks_next_alert_at: the earliest first, whatever the number of other clocks. Cases that
# somebody else holds are passed over; their clocks are due again right after.
_DUE = Hot(
    select(*CASE)
    .join(tasks, tasks.c.case_id == cases.c.case_id)
    .where(
        tasks.c.next_alert_at <= bindparam("at", type_=Instant),
        cases.c.case_id != func.all(bindparam("skipped", type_=ARRAY(BigInteger))),
    )
    .order_by(tasks.c.next_alert_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(key_share=True, skip_locked=True, of=cases)
)
# Cases with a running clock that was counted with an earlier calendar; rides on ix_tasks_queue.
_COUNTED_BEFORE = Hot(
    select(*CASE)
    .where(
        cases.c.case_id > bindparam("after", type_=BigInteger),
        cases.c.case_id.in_(
            select(tasks.c.case_id).where(
                in_queue,
                tasks.c.due_at.is_not(None),
                tasks.c.calendar < bindparam("version", type_=Integer),
            )
        ),
    )
    .order_by(cases.c.case_id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(key_share=True, of=cases)
)


async def read_due(tx: Tx, at: datetime, most: int, skipped: Collection[int]) -> list[CaseFacts]:
    """Cases with a clock that is due at `at`, the earliest first, locked, with their tasks as they are now."""
    rows = await _DUE.fetch(tx, {"at": at, "most": most, "skipped": [*skipped]})
    return await _with_tasks(tx, {row["case_id"]: facts_of(row) for row in rows})


async def read_counted_before(tx: Tx, version: int, after: int, most: int) -> list[CaseFacts]:
    """Open cases with ids above `after` whose deadline was given by a calendar before `version`, locked."""
    rows = await _COUNTED_BEFORE.fetch(tx, {"version": version, "after": after, "most": most})
    return await _with_tasks(tx, {row["case_id"]: facts_of(row) for row in rows})


async def _with_tasks(tx: Tx, found: dict[int, CaseFacts]) -> list[CaseFacts]:
    told = await tasks_of(tx, found)
    return [case.changed(tasks=told.get(case_id, ())) for case_id, case in found.items()]
