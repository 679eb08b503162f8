"""SQL of tasks and of the working calendar."""

from typing import Any

from sqlalchemy import Text, bindparam, cast, select, text
from sqlalchemy.dialects.postgresql import insert

from casehub.deadlines.stopwatch import Holder, Task
from casehub.deadlines.tables import calendars, tasks
from casehub.storage.sent import sent
from casehub.storage.transaction import Tx

_COLUMNS = [c.name for c in tasks.c]
_WRITE = insert(tasks).from_select(_COLUMNS, select(*sent(tasks, "tasks_now").columns))
KEEPING = _WRITE.on_conflict_do_update(
    index_elements=["case_id", "task_no"],
    set_={name: _WRITE.excluded[name] for name in _COLUMNS if name not in {"case_id", "task_no"}},
).cte("kept_tasks")
# The content as text: what is compiled of it is remembered by that very text.
_CURRENT = (
    select(calendars.c.version, cast(calendars.c.content, Text).label("content"))
    .order_by(calendars.c.version.desc())
    .limit(1)
)
_READ = select(*tasks.c).where(tasks.c.case_id == bindparam("case_id")).order_by(tasks.c.task_no)


def row_of(case_id: int, task: Task) -> dict[str, Any]:
    """A task as its row."""
    return {
        "case_id": case_id, "task_no": task.task_no, "kind": task.kind, "role": task.holder.role,
        "department_code": task.holder.department, "person_no": task.holder.person, "lead": task.lead,
        "limit": task.limit, "entered_at": task.entered_at, "budget_seconds": task.budget_seconds,
        "used_seconds": task.used_seconds, "running_since": task.running_since, "due_at": task.due_at,
        "original_due_at": task.original_due_at, "finished_at": task.finished_at, "outcome": task.outcome,
        "exempt_reason": task.exempt_reason,
    }  # fmt: skip


def task_of(row: Any) -> Task:
    """A row as its task."""
    return Task(
        row.task_no, row.kind, Holder(row.role, row.department_code, row.person_no), lead=row.lead, limit=row.limit,
        entered_at=row.entered_at, budget_seconds=row.budget_seconds, used_seconds=row.used_seconds,
        running_since=row.running_since, due_at=row.due_at, original_due_at=row.original_due_at,
        finished_at=row.finished_at, outcome=row.outcome, exempt_reason=row.exempt_reason,
    )  # fmt: skip


async def read_tasks(tx: Tx, case_id: int) -> tuple[Task, ...]:
    """The tasks of one case, oldest first."""
    return tuple(task_of(row) for row in await tx.execute(_READ, {"case_id": case_id}))


async def read_between(tx: Tx, first: int, last: int) -> dict[int, list[Task]]:
    """The tasks of a range of cases, by case."""
    found: dict[int, list[Task]] = {}
    ranged = (
        select(*tasks.c)
        .where(tasks.c.case_id.between(first, last))
        .order_by(tasks.c.case_id, tasks.c.task_no)
    )
    for row in await tx.execute(ranged):
        found.setdefault(row.case_id, []).append(task_of(row))
    return found


async def read_calendar(tx: Tx) -> tuple[int, str] | None:
    """The current calendar: (version, content); None before the city is furnished."""
    row = (await tx.execute(_CURRENT)).first()
    return None if row is None else (row.version, row.content)


async def lock_calendars(tx: Tx) -> None:
    """Let one after the other change the calendar; readers go on."""
    await tx.execute(text("LOCK TABLE calendars IN SHARE ROW EXCLUSIVE MODE"))


async def write_calendar(tx: Tx, row: dict[str, Any]) -> None:
    """Add a version. The caller holds the lock of `lock_calendars`."""
    await tx.execute(insert(calendars).values(row))


async def read_versions(tx: Tx) -> list[dict[str, Any]]:
    """Every version without its content, newest first."""
    said = (calendars.c.version, calendars.c.made_at, calendars.c.made_by, calendars.c.note)
    rows = await tx.execute(select(*said).order_by(calendars.c.version.desc()))
    return [dict(row) for row in rows.mappings()]
