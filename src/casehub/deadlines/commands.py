"""The door of deadlines: reading and keeping tasks."""

from collections.abc import Mapping

from casehub.deadlines import store
from casehub.deadlines.stopwatch import Task
from casehub.storage.sent import packed
from casehub.storage.transaction import Tx

#: A part of the statement that stores a decision: keep the `tasks_now` it is given (see `packed_tasks`).
KEEPING = store.KEEPING


def packed_tasks(now: Mapping[tuple[int, int], Task]) -> str:
    """Tasks by (case_id, task_no) for `KEEPING`. The caller holds the lock of their cases."""
    return packed(store.row_of(case_id, task) for (case_id, _), task in now.items())


async def tasks_of(tx: Tx, case_id: int) -> tuple[Task, ...]:
    """The tasks of one case, oldest first."""
    return await store.read_tasks(tx, case_id)


async def tasks_between(tx: Tx, first: int, last: int) -> dict[int, list[Task]]:
    """The tasks of all cases with ids from `first` to `last`, both included."""
    return await store.read_between(tx, first, last)
