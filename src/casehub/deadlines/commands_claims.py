"""The door of claims. Which tasks somebody may take is the queue's matter: it gives conditions on the tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from casehub.deadlines import store_claims
from casehub.storage.transaction import Tx


async def claim_tasks(
    tx: Tx, inboxes: Sequence[Sequence[Any]], *, by: str, at: datetime, until: datetime, most: int
) -> list[tuple[int, int]]:
    """Take the most urgent free tasks in hand, of all inboxes together: (case_id, task_no).

    Each inbox is a list of conditions; one statement each, so that every one rides on its index. Of many who claim at
    once no two get the same task, and nobody waits for another.
    """
    free = [one for inbox in inboxes for one in await store_claims.lock_free(tx, inbox, by, at, most)]
    these = [(case_id, task_no) for _, case_id, task_no in sorted(set(free))[:most]]
    if these:
        await store_claims.write_claims(tx, these, by, until)
    return these


async def release_tasks(tx: Tx, conditions: Sequence[Any], *, by: str, at: datetime) -> int:
    """Let go what `by` has in hand and fulfils the conditions; how many tasks."""
    return await store_claims.write_releases(tx, conditions, by, at)
