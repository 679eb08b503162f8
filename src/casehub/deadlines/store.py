"""SQL of tasks and of the working calendar."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from casehub.deadlines.stopwatch import Entry, Exemption, Holder, Task
from casehub.deadlines.tables import calendars, tasks
from casehub.storage.hot import Hot
from casehub.storage.sent import sent
from casehub.storage.transaction import Tx

# Plain str: orjson takes no subclass as a key.
_COLUMNS = [str(c.name) for c in tasks.c]
_WRITE = insert(tasks).from_select(_COLUMNS, select(*sent(tasks, "tasks_now").columns))
KEEPING = _WRITE.on_conflict_do_update(
    index_elements=["case_id", "task_no"],
    set_={name: _WRITE.excluded[name] for name in _COLUMNS if name not in {"case_id", "task_no"}},
).cte("kept_tasks")
_READ = select(*tasks.c).where(tasks.c.case_id == bindparam("case_id")).order_by(tasks.c.task_no)


_HOLDER = {"role": "role", "department_code": "department", "person_no": "person"}
_PLAIN = [name for name in _COLUMNS if name not in {"case_id", "ledger", "struck", "exemption", *_HOLDER}]


def row_of(case_id: int, task: Task) -> dict[str, Any]:
    """A task as its row."""
    holder = {column: getattr(task.holder, name) for column, name in _HOLDER.items()}
    parts = {"ledger": task.ledger, "struck": task.struck, "exemption": task.exemption}
    return {"case_id": case_id, **holder, **{name: getattr(task, name) for name in _PLAIN}, **parts}


def task_of(row: Any) -> Task:
    """A row as its task."""
    said = {name: getattr(row, name) for name in _PLAIN}
    exempt = row.exemption
    return Task(
        **said,
        holder=Holder(row.role, row.department_code, row.person_no),
        exemption=exempt and Exemption(**{**exempt, "at": datetime.fromisoformat(exempt["at"])}),
        ledger=tuple(Entry(**{**entry, "at": datetime.fromisoformat(entry["at"])}) for entry in row.ledger),
        struck=tuple(row.struck),
    )


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


_VERSIONS = Hot(
    select(calendars.c.version, cast(calendars.c.content, Text).label("content"))
    .where(
        (calendars.c.version == func.any(bindparam("versions", type_=ARRAY(Integer))))
        | (calendars.c.version == select(func.max(calendars.c.version)).scalar_subquery())
    )
    .order_by(calendars.c.version)
)


async def read_calendars(tx: Tx, versions: Collection[int]) -> list[tuple[int, str]]:
    """These versions and the current one, which is the last: (version, content)."""
    return [(row["version"], row["content"]) for row in await _VERSIONS.fetch(tx, {"versions": [*versions]})]


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
