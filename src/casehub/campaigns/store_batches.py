"""SQL of batches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, any_, bindparam, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.campaigns.batches import Status
from casehub.campaigns.store import in_part
from casehub.campaigns.tables import campaign_batch_cases, campaign_batches, campaign_items
from casehub.cases.tables import cases
from casehub.cases.tables_scope import within
from casehub.people.actors import Scope
from casehub.storage.transaction import Tx


def _chosen(campaign_id: int, scope: Scope, wanted: Mapping[str, Any]) -> list[Any]:
    """Cases on the list that the caller sees: those named, whatever became of them, or the open ones of a unit and an area."""
    found: list[Any] = [campaign_items.c.campaign_id == campaign_id, within(scope), *in_part(wanted)]
    if wanted.get("case_nos") is None:
        return [*found, cases.c.ended_at.is_(None)]
    return [*found, cases.c.case_no == any_(bindparam(None, [*wanted["case_nos"]], type_=ARRAY(Text)))]


async def read_left_out(tx: Tx, campaign_id: int, scope: Scope, wanted: Mapping[str, Any]) -> list[str]:
    """Which of the named cases are not on the list as the caller sees it, in the order of their numbers."""
    same = cases.c.case_id == campaign_items.c.case_id
    chosen = select(cases.c.case_no).join(campaign_items, same).where(*_chosen(campaign_id, scope, wanted))
    return sorted({*wanted["case_nos"]} - {*(await tx.execute(chosen)).scalars()})


async def read_chosen(
    tx: Tx, campaign_id: int, scope: Scope, wanted: Mapping[str, Any], most: int
) -> tuple[int, list[tuple[int, str]]]:
    """How many cases a batch would take, and the first of them: (case_id, case_no)."""
    same = cases.c.case_id == campaign_items.c.case_id
    conditions = _chosen(campaign_id, scope, wanted)
    total = select(func.count()).select_from(campaign_items.join(cases, same)).where(*conditions)
    first = select(cases.c.case_id, cases.c.case_no).join(campaign_items, same).where(*conditions)
    rows = await tx.execute(first.order_by(cases.c.case_id).limit(most))
    return int((await tx.execute(total)).scalar_one()), [(row.case_id, row.case_no) for row in rows]


async def write_batch(tx: Tx, row: Mapping[str, Any], scope: Scope, wanted: Mapping[str, Any]) -> int:
    """A batch with its list of cases; its number."""
    added = insert(campaign_batches).values(**row).returning(campaign_batches.c.batch_id)
    batch_id = int((await tx.execute(added)).scalar_one())
    same = cases.c.case_id == campaign_items.c.case_id
    chosen = select(literal(batch_id), cases.c.case_id, literal(Status.WAITING.value)).join(
        campaign_items, same
    )
    chosen = chosen.where(*_chosen(row["campaign_id"], scope, wanted))
    await tx.execute(insert(campaign_batch_cases).from_select(["batch_id", "case_id", "status"], chosen))
    return batch_id


async def read_batch(tx: Tx, campaign_id: int, batch_id: int, *, lock: bool = False) -> dict[str, Any] | None:
    """A batch; with `lock`, nobody else goes on with it until the transaction ends."""
    b = campaign_batches.c
    found = select(*b).where(b.campaign_id == campaign_id, b.batch_id == batch_id)
    row = (await tx.execute(found.with_for_update(key_share=True) if lock else found)).mappings().first()
    return None if row is None else dict(row)


async def read_waiting(tx: Tx, batch_id: int, scope: Scope, most: int) -> list[tuple[int, str]]:
    """What a step in this scope does next: (case_id, case_no). The caller holds the lock of the batch."""
    b = campaign_batch_cases.c
    found = select(b.case_id, cases.c.case_no).join(cases, cases.c.case_id == b.case_id)
    waiting = (b.batch_id == batch_id, b.status == Status.WAITING, within(scope))
    found = found.where(*waiting).order_by(b.case_id).limit(most)
    return [(row.case_id, row.case_no) for row in await tx.execute(found)]


async def read_waiting_of_unit(tx: Tx, batch_id: int, scope: Scope, most: int) -> list[tuple[int, str]]:
    """What waits of the next unit in this scope, those first that nobody leads: (case_id, case_no). The caller holds the lock of the batch."""
    b, unit = campaign_batch_cases.c, cases.c.department_code
    waiting = (b.batch_id == batch_id, b.status == Status.WAITING, within(scope))
    found = select(b.case_id, cases.c.case_no).join(cases, cases.c.case_id == b.case_id).where(*waiting)
    upcoming = select(unit).join(campaign_batch_cases, cases.c.case_id == b.case_id).where(*waiting)
    upcoming = upcoming.order_by(unit.nulls_first()).limit(1).correlate(None)
    same = unit.is_not_distinct_from(upcoming.scalar_subquery())
    rows = await tx.execute(found.where(same).order_by(b.case_id).limit(most))
    return [(row.case_id, row.case_no) for row in rows]


async def write_round(tx: Tx, batch_id: int, round_id: int) -> None:
    """The round that its letters are in. The caller holds the lock of the batch."""
    those = campaign_batches.c.batch_id == batch_id
    await tx.execute(update(campaign_batches).where(those).values(round_id=round_id))


async def write_results(tx: Tx, batch_id: int, results: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """What became of cases: {case_id, status, problem}."""
    b = campaign_batch_cases.c
    settled = update(campaign_batch_cases).where(b.batch_id == batch_id, b.case_id == bindparam("this"))
    settled = settled.values(status=bindparam("now"), problem=bindparam("why"), settled_at=at)
    rows = [{"this": one["case_id"], "now": one["status"], "why": one["problem"]} for one in results]
    await tx.execute(settled, rows)


async def read_progress(tx: Tx, batch_id: int) -> dict[str, int]:
    """How many cases are in which status."""
    b = campaign_batch_cases.c
    rows = await tx.execute(select(b.status, func.count()).where(b.batch_id == batch_id).group_by(b.status))
    counted = {str(status): int(n) for status, n in rows}
    return {status.value: counted.get(status, 0) for status in Status}


async def read_batches_between(
    tx: Tx, campaign_id: int, first: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The batches that were started in a period, first to last, and how far each has come."""
    b, c = campaign_batches.c, campaign_batch_cases.c
    came = [func.count().filter(c.status == status.value).label(status.value) for status in Status]
    found = select(b.doing, b.started_at, func.count().label("cases"), *came).join(
        campaign_batch_cases, c.batch_id == b.batch_id
    )
    found = found.where(b.campaign_id == campaign_id, b.started_at >= first, b.started_at < end)
    rows = await tx.execute(found.group_by(b.batch_id).order_by(b.started_at, b.batch_id))
    return [dict(row) for row in rows.mappings()]


async def read_results(
    tx: Tx, batch_id: int, scope: Scope, status: str | None, *, after: int | None, most: int
) -> list[dict[str, Any]]:
    """A page of results of cases in scope, by case."""
    b = campaign_batch_cases.c
    found = select(b.case_id, cases.c.case_no, b.status, b.problem, b.settled_at)
    found = found.join(cases, cases.c.case_id == b.case_id).where(b.batch_id == batch_id, within(scope))
    found = found if after is None else found.where(b.case_id > after)
    found = found if status is None else found.where(b.status == status)
    return [dict(row) for row in (await tx.execute(found.order_by(b.case_id).limit(most))).mappings()]
