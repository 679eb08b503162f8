"""SQL of claims: two columns of open tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, tuple_, update

from casehub.deadlines.tables import in_queue, tasks, urgent_at
from casehub.storage.transaction import Tx

_ORDER = (urgent_at, tasks.c.case_id, tasks.c.task_no)


async def lock_free(
    tx: Tx, conditions: Sequence[Any], by: str, at: datetime, most: int
) -> list[tuple[datetime, int, int]]:
    """Lock tasks that fulfil the conditions and that nobody else has in hand: (urgent_at, case_id, task_no).

    The most urgent first; those that somebody takes or finishes at this very moment are passed over.
    """
    free = or_(tasks.c.claimed_until.is_(None), tasks.c.claimed_until <= at, tasks.c.claimed_by == by)
    found = select(*_ORDER).where(in_queue, free, *conditions).order_by(*_ORDER).limit(most)
    rows = await tx.execute(found.with_for_update(skip_locked=True, of=tasks))
    return [(row[0], row[1], row[2]) for row in rows]


async def write_claims(tx: Tx, these: Sequence[tuple[int, int]], by: str, until: datetime) -> None:
    """Take tasks (case_id, task_no) in hand. The caller holds their locks."""
    key = tuple_(tasks.c.case_id, tasks.c.task_no)
    await tx.execute(update(tasks).where(key.in_(these)).values(claimed_by=by, claimed_until=until))


async def write_releases(tx: Tx, conditions: Sequence[Any], by: str, at: datetime) -> int:
    """Let tasks go that `by` has in hand and that fulfil the conditions; how many."""
    held = update(tasks).where(in_queue, tasks.c.claimed_by == by, tasks.c.claimed_until > at, *conditions)
    return (await tx.execute(held.values(claimed_by=None, claimed_until=None))).rowcount
