"""The door of deadlines: reading and keeping tasks."""

from collections.abc import Sequence

from casehub.deadlines import store
from casehub.deadlines.stopwatch import Task
from casehub.storage.transaction import Tx


async def tasks_of(tx: Tx, case_id: int) -> tuple[Task, ...]:
    """The tasks of one case, oldest first."""
    return await store.read_tasks(tx, case_id)


async def keep_tasks(tx: Tx, rows: Sequence[tuple[int, Task]]) -> None:
    """Keep (case_id, task) pairs as they are now. The caller holds the lock of their cases."""
    if rows:
        await store.write_tasks(tx, rows)


async def tasks_between(tx: Tx, first: int, last: int) -> dict[int, list[Task]]:
    """The tasks of all cases with ids from `first` to `last`, both included."""
    return await store.read_between(tx, first, last)
