"""SQL of what is done to many cases at once."""

from collections.abc import Collection

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.cases.facts import CaseFacts
from casehub.cases.store import CASE, facts_of
from casehub.cases.tables import cases
from casehub.deadlines.commands import tasks_of
from casehub.storage.hot import Hot
from casehub.storage.transaction import Tx

# In order of ids, so that two who do this never wait for each other crosswise.
_LOCKED = Hot(
    select(*CASE)
    .where(cases.c.case_id == func.any(bindparam("case_ids", type_=ARRAY(BigInteger))))
    .order_by(cases.c.case_id)
    .with_for_update(key_share=True)
)


async def read_locked(tx: Tx, case_ids: Collection[int]) -> list[CaseFacts]:
    """These cases with their tasks, ours until the transaction ends."""
    rows = await _LOCKED.fetch(tx, {"case_ids": [*case_ids]})
    told = await tasks_of(tx, [row["case_id"] for row in rows])
    return [facts_of(row).changed(tasks=told.get(row["case_id"], ())) for row in rows]
