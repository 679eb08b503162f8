"""SQL of tasks and of the working calendar."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, bindparam, case, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from casehub.deadlines.claims import Claim
from casehub.deadlines.stopwatch import Entry, Exemption, Holder, Milestone, Task
from casehub.deadlines.tables import alerts, calendars, tasks
from casehub.storage.hot import Hot
from casehub.storage.sent import sent
from casehub.storage.transaction import Tx

# Plain str: orjson takes no subclass as a key.
_CLAIM = {"claimed_by", "claimed_until"}  # not a matter of decisions
_COLUMNS = [str(c.name) for c in tasks.c if c.name not in _CLAIM]
_NOW = sent(tasks, "tasks_now")
_WRITE = insert(tasks).from_select(_COLUMNS, select(*(_NOW.c[name] for name in _COLUMNS)))
# Who is given a task by name has it in hand; a claim of somebody before would keep them from it.
_SAME_PERSON = _WRITE.excluded.person_no.is_not_distinct_from(tasks.c.person_no)
KEEPING = _WRITE.on_conflict_do_update(
    index_elements=["case_id", "task_no"],
    set_={name: _WRITE.excluded[name] for name in _COLUMNS if name not in {"case_id", "task_no"}}
    | {name: case((_SAME_PERSON, tasks.c[name])) for name in sorted(_CLAIM)},
).cte("kept_tasks")
_OF_CASES = Hot(
    select(*tasks.c)
    .where(tasks.c.case_id == func.any(bindparam("case_ids", type_=ARRAY(BigInteger))))
    .order_by(tasks.c.case_id, tasks.c.task_no)
)


_HOLDER = {"role": "role", "department_code": "department", "person_no": "person"}
_PLAIN = [
    name
    for name in _COLUMNS
    if name not in {"case_id", "area_code", "ledger", "struck", "exemption", "milestones", *_HOLDER}
]


def row_of(case_id: int, area: str | None, task: Task) -> dict[str, Any]:
    """A task as its row; `area` is where its case lies."""
    holder = {column: getattr(task.holder, name) for column, name in _HOLDER.items()}
    parts = {name: getattr(task, name) for name in ("ledger", "struck", "exemption", "milestones")}
    return {
        "case_id": case_id,
        "area_code": area,
        **holder,
        **{name: getattr(task, name) for name in _PLAIN},
        **parts,
    }


def _timed(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """JSON with instants read."""
    return {**said, **{name: said[name] and datetime.fromisoformat(said[name]) for name in names}}


def task_of(row: Mapping[str, Any]) -> Task:
    """A row as its task."""
    exempt = row["exemption"]
    return Task(
        **{name: row[name] for name in _PLAIN},
        holder=Holder(row["role"], row["department_code"], row["person_no"]),
        exemption=exempt and Exemption(**_timed(exempt, "at")),
        ledger=tuple(Entry(**_timed(entry, "at")) for entry in row["ledger"]),
        struck=tuple(row["struck"]),
        milestones=tuple(Milestone(**_timed(one, "due_at", "done_at")) for one in row["milestones"]),
    )


async def read_tasks(tx: Tx, case_ids: Collection[int]) -> dict[int, tuple[Task, ...]]:
    """The tasks of these cases, oldest first."""
    found: dict[int, list[Task]] = {}
    for row in await _OF_CASES.fetch(tx, {"case_ids": [*case_ids]}):
        found.setdefault(row["case_id"], []).append(task_of(row))
    return {case_id: tuple(told) for case_id, told in found.items()}


async def read_tasks_and_claims(tx: Tx, case_id: int) -> tuple[tuple[Task, ...], tuple[Claim, ...]]:
    """The tasks of a case, oldest first, and the claims on those that are open, past ones too."""
    rows = await _OF_CASES.fetch(tx, {"case_ids": [case_id]})
    claimed = (row for row in rows if row["claimed_by"] is not None and row["finished_at"] is None)
    claims = (Claim(row["task_no"], row["claimed_by"], row["claimed_until"]) for row in claimed)
    return tuple(map(task_of, rows)), tuple(claims)


async def write_alerts(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Claim alerts; a second one on the same rung is refused by the key."""
    await tx.execute(insert(alerts), list(rows))


async def read_alerts(tx: Tx, case_id: int) -> list[dict[str, Any]]:
    """The alerts of a case, oldest first."""
    told = select(alerts.c.task_no, alerts.c.rung, alerts.c.at).where(alerts.c.case_id == case_id)
    rows = await tx.execute(told.order_by(alerts.c.at, alerts.c.task_no, alerts.c.rung))
    return [{"task_no": row.task_no, "rung": row.rung, "at": row.at} for row in rows]


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
