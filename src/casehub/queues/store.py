"""SQL of queues: open tasks with the cases they belong to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, case, func, null, or_, select, text, true, tuple_, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.cases.tables import cases
from casehub.cases.tables_scope import of_department
from casehub.catalogue.tables import categories
from casehub.deadlines.lights import Light
from casehub.deadlines.tables import department_or_pool, in_queue, lit, tasks, urgent_at
from casehub.places.tables import areas
from casehub.queues.inboxes import Inbox
from casehub.storage.engine import PLAN_FOR_VALUES
from casehub.storage.transaction import Tx

#: Where a page ended: (urgent_at, case_id, task_no).
Place = tuple[datetime, int, int]

_KEY = (urgent_at.label("urgent_at"), tasks.c.case_id, tasks.c.task_no)
_TASK = [
    tasks.c[name]
    for name in (
        *(
            "kind",
            "role",
            "department_code",
            "person_no",
            "lead",
            "limit",
            "entered_at",
            "due_at",
            "yellow_at",
        ),
        *("claimed_by", "claimed_until"),
    )
]
_CASE = [
    cases.c[name]
    for name in (
        *(
            "case_no",
            "description",
            "address",
            "lon",
            "lat",
            "area_code",
            "source",
            "state",
            "stage",
            "version",
        ),
        *("workflow_digest", "marks", "condition"),
    )
]


async def read_below(tx: Tx, codes: Collection[str]) -> dict[str, list[str]]:
    """The areas that lie in each of these. Looked up first, so that a queue walks its index with plain codes at hand."""
    found: dict[str, list[str]] = {code: [] for code in codes}
    if codes:
        rows = await tx.execute(
            select(areas.c.area_code, areas.c.lies_in).where(areas.c.lies_in.overlap([*codes]))
        )
        for row in rows:
            for code in found.keys() & {*row.lies_in}:
                found[code].append(row.area_code)
    return found


def conditions(
    inbox: Inbox, wanted: Mapping[str, Any], below: Mapping[str, list[str]], at: datetime
) -> list[Any]:
    """That a task lies in the inbox and is one of those wanted. Rides on ix_tasks_held or ix_tasks_queue.

    `below` tells what lies in the areas that are named, see `read_below`.
    """
    found = [tasks.c.role == inbox.role, *_held(inbox)]
    if wanted.get("kind"):
        found.append(tasks.c.kind == wanted["kind"])
    if wanted.get("light"):
        found.append(lit(tasks.c.due_at, tasks.c.yellow_at, wanted["light"], at))
    if wanted.get("claimed"):
        found.append(_in_hand(wanted["claimed"], wanted["by"], at))
    found += [
        tasks.c.area_code == func.any(bindparam(None, below[area], type_=ARRAY(Text)))
        for area in (inbox.area, wanted.get("area"))
        if area is not None
    ]
    if of_case := _of_case(inbox, wanted):
        found.append(tasks.c.case_id.in_(select(cases.c.case_id).where(*of_case)))
    return found


def _held(inbox: Inbox) -> list[Any]:
    if inbox.held_by_me:
        return [tasks.c.person_no == inbox.person]
    if inbox.department is not None:
        return [department_or_pool == inbox.department]
    return [department_or_pool == "", or_(tasks.c.person_no.is_(None), tasks.c.person_no == inbox.person)]


def _of_case(inbox: Inbox, wanted: Mapping[str, Any]) -> list[Any]:
    parts = [of_department(one) for one in (inbox.below, wanted.get("department")) if one is not None]
    if wanted.get("category"):
        codes = select(categories.c.category_id).where(categories.c.code == wanted["category"])
        parts.append(cases.c.category_id.in_(codes))
    if wanted.get("case_no"):
        parts.append(cases.c.case_no == wanted["case_no"])
    return [*parts, cases.c.ended_at.is_(None)] if parts else []


def _in_hand(whose: str, by: str, at: datetime) -> Any:
    held = tasks.c.claimed_until > at
    if whose == "mine":
        return held & (tasks.c.claimed_by == by)
    return func.coalesce(~held, true()) | (tasks.c.claimed_by == by)


async def read_queue(
    tx: Tx, lain: Sequence[Sequence[Any]], *, after: Place | None, most: int
) -> list[Mapping[str, Any]]:
    """A page of the tasks that lie in any of the inboxes, most urgent first."""
    await tx.execute(PLAN_FOR_VALUES)

    def branch(where: Sequence[Any]) -> Select[Any]:
        one = select(*_KEY).where(in_queue, *where)
        if after is not None:
            one = one.where(tuple_(urgent_at, tasks.c.case_id, tasks.c.task_no) > tuple_(*after))
        return one.order_by(*_KEY).limit(most)

    found = union_all(*(select(branch(one).subquery()) for one in lain)).subquery()
    # A person with two posts may find a task in both.
    keys = select(*found.c).distinct().order_by(*found.c).limit(most).subquery()
    return await _read_told(tx, keys)


async def read_tasks(tx: Tx, these: Sequence[tuple[int, int]]) -> list[Mapping[str, Any]]:
    """These tasks (case_id, task_no), most urgent first."""
    wanted = select(*_KEY).where(tuple_(tasks.c.case_id, tasks.c.task_no).in_(these))
    return await _read_told(tx, wanted.subquery())


async def _read_told(tx: Tx, keys: Any) -> list[Mapping[str, Any]]:
    named = [categories.c[name].label(f"category_{name}") for name in ("scheme", "code", "name")]
    told = (
        select(*keys.c, *_TASK, *_CASE, *named)
        .join(tasks, (tasks.c.case_id == keys.c.case_id) & (tasks.c.task_no == keys.c.task_no))
        .join(cases, cases.c.case_id == keys.c.case_id)
        .join(categories, categories.c.category_id == cases.c.category_id)
        .order_by(*keys.c)
    )
    return [dict(row) for row in (await tx.execute(told)).mappings()]


async def count_queue(tx: Tx, lain: Sequence[Sequence[Any]], at: datetime) -> list[Mapping[str, Any]]:
    """How many tasks lie in the inboxes: {kind, light, tasks} for each kind and light that occurs."""
    await tx.execute(PLAN_FOR_VALUES)
    columns = (tasks.c.case_id, tasks.c.task_no, tasks.c.kind, tasks.c.due_at, tasks.c.yellow_at)
    found = union_all(*(select(*columns).where(in_queue, *one) for one in lain)).subquery()
    # Inboxes may overlap; only then is it worth to look for what lies in two.
    one = (select(*found.c).distinct() if len(lain) > 1 else select(*found.c)).subquery()
    light = case(
        (one.c.due_at.is_(None), null()),
        (lit(one.c.due_at, one.c.yellow_at, Light.RED, at), Light.RED.value),
        (lit(one.c.due_at, one.c.yellow_at, Light.YELLOW, at), Light.YELLOW.value),
        else_=Light.GREEN.value,
    ).label("light")
    counted = select(one.c.kind, light, func.count().label("tasks")).group_by(one.c.kind, text("light"))
    return [dict(row) for row in (await tx.execute(counted)).mappings()]


async def read_pulse(tx: Tx) -> str:
    """The transactions that are under way: it differs once any has begun or ended that writes."""
    return str((await tx.execute(text("SELECT pg_current_snapshot()::text"))).scalar_one())
