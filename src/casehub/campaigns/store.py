"""SQL of campaigns, their frozen lists and what is entered about them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import any_, func, insert, literal, or_, select, update

from casehub.campaigns.rules import Campaign, ItemFacts, State
from casehub.campaigns.tables import (
    campaign_counts,
    campaign_items,
    campaign_reports,
    campaign_visits,
    campaign_write_offs,
    campaigns,
)
from casehub.cases.duplicates import CELLS_OF_EARTH
from casehub.cases.tables import cases
from casehub.cases.tables_scope import within
from casehub.catalogue.tables import categories
from casehub.deadlines.tables import tasks
from casehub.departments.tables import departments
from casehub.people.actors import Scope
from casehub.people.tables import people
from casehub.places.tables import areas
from casehub.storage.transaction import Tx

_CAMPAIGN = [campaigns.c[one.name] for one in fields(Campaign)]


def _campaign_of(row: Any) -> Campaign:
    told = dict(row._mapping)  # noqa: SLF001 - its documented mapping
    listed = {name: tuple(told[name]) for name in ("rhythm", "units")}
    return Campaign(**{**told, **listed, "state": State(told["state"])})


async def write_campaign(tx: Tx, row: Mapping[str, Any]) -> int:
    """A campaign as it is planned; its number."""
    added = insert(campaigns).values(**row).returning(campaigns.c.campaign_id)
    return int((await tx.execute(added)).scalar_one())


async def read_campaign(tx: Tx, campaign_id: int, *, lock: bool = False) -> Campaign | None:
    """A campaign; with `lock`, nobody else moves it until the transaction ends."""
    found = select(*_CAMPAIGN).where(campaigns.c.campaign_id == campaign_id)
    row = (await tx.execute(found.with_for_update(key_share=True) if lock else found)).first()
    return None if row is None else _campaign_of(row)


async def read_campaigns(tx: Tx, state: str | None, *, after: int | None, most: int) -> list[Campaign]:
    """A page of campaigns, newest first."""
    found = select(*_CAMPAIGN)
    if state is not None:
        found = found.where(campaigns.c.state == state)
    if after is not None:
        found = found.where(campaigns.c.campaign_id < after)
    rows = await tx.execute(found.order_by(campaigns.c.campaign_id.desc()).limit(most))
    return [_campaign_of(row) for row in rows]


async def read_campaigns_between(tx: Tx, first: datetime, end: datetime) -> list[Campaign]:
    """Those whose list was frozen before `end` and that did not end before `first`, in order of their numbers."""
    c = campaigns.c
    found = select(*_CAMPAIGN).where(c.frozen_at < end, c.ended_at.is_(None) | (c.ended_at >= first))
    return [_campaign_of(row) for row in await tx.execute(found.order_by(c.campaign_id))]


async def read_running(tx: Tx, after: int) -> int | None:
    """The next running campaign by number."""
    running = select(campaigns.c.campaign_id).where(campaigns.c.state == State.RUNNING)
    found = running.where(campaigns.c.campaign_id > after).order_by(campaigns.c.campaign_id).limit(1)
    return (await tx.execute(found)).scalar()


async def write_state(tx: Tx, campaign_id: int, state: State, **said: Any) -> None:
    """Move a campaign on. The caller holds its lock."""
    moved = update(campaigns).where(campaigns.c.campaign_id == campaign_id)
    await tx.execute(moved.values(state=state, **said))


async def read_units(tx: Tx, codes: Collection[str]) -> set[str]:
    """Those of these departments that are there."""
    code = departments.c.department_code
    return {*(await tx.execute(select(code).where(code.in_(codes)))).scalars()}


async def read_unknown(tx: Tx, scope: Mapping[str, Any]) -> set[str]:
    """Those fields of a scope that name an area, a department or a category that there is not."""
    kind = categories.c
    of_scheme = [kind.scheme == scope["scheme"]] if "scheme" in scope else []
    there = {
        "area": select(areas.c.area_code).where(areas.c.area_code == scope.get("area")),
        "department": select(departments.c.department_code).where(departments.c.department_code == scope.get("department")),
        "scheme": select(kind.category_id).where(*of_scheme),
        "category": select(kind.category_id).where(kind.code == scope.get("category"), *of_scheme),
    }  # fmt: skip
    asked = [(~one.exists()).label(name) for name, one in there.items() if name in scope]
    missing = (await tx.execute(select(*asked))).mappings().one() if asked else {}
    return {str(name) for name, is_missing in missing.items() if is_missing}


async def read_active(tx: Tx, person_no: str) -> bool:
    """Is this an active person?"""
    found = select(people.c.person_no).where(people.c.person_no == person_no, people.c.active)
    return (await tx.execute(found)).first() is not None


def of_units(codes: Sequence[str]) -> list[Any]:
    """The condition that one of these departments, or one below it, leads a case; none means all."""
    if not codes:
        return []
    below = select(departments.c.department_code).where(departments.c.belongs_to.overlap([*codes]))
    return [cases.c.department_code.in_(below)]


def _open(conditions: Sequence[Any], units: Sequence[str]) -> list[Any]:
    return [cases.c.ended_at.is_(None), *conditions, *of_units(units)]


async def count_fitting(tx: Tx, conditions: Sequence[Any], units: Sequence[str]) -> int:
    """How many open cases fit a scope."""
    counted = select(func.count()).select_from(cases).where(*_open(conditions, units))
    return int((await tx.execute(counted)).scalar_one())


def late_at(at: datetime) -> Any:
    """The condition that the department's deadline had passed by then. Rides on the key of tasks."""
    own = (tasks.c.case_id == cases.c.case_id) & (tasks.c.kind == "handle") & tasks.c.lead
    passed = (tasks.c.due_at < at) & or_(tasks.c.finished_at.is_(None), tasks.c.finished_at > tasks.c.due_at)
    return select(tasks.c.case_id).where(own, passed).exists()


async def write_items(
    tx: Tx, campaign_id: int, conditions: Sequence[Any], units: Sequence[str], *, at: datetime, zone: str
) -> int:
    """Freeze the open cases that fit, in one statement; how many."""
    day = func.date(func.timezone(zone, cases.c.reported_at))
    frozen = {
        "campaign_id": literal(campaign_id),
        "case_id": cases.c.case_id,
        "department_code": cases.c.department_code,
        "area_code": cases.c.area_code,
        "baseline_age_days": func.greatest(func.date(func.timezone(zone, at)) - day, 0),
        "baseline_state": cases.c.state,
        "baseline_overdue": late_at(at),
        "cell": cases.c.spot % CELLS_OF_EARTH,
        "case_state": cases.c.state,
        "checked": literal(False),
        "write_offs": literal(0),
        "written_off": literal(False),
    }
    chosen = select(*frozen.values()).where(*_open(conditions, units))
    return int((await tx.execute(insert(campaign_items).from_select([*frozen], chosen))).rowcount)


async def write_count(tx: Tx, campaign_id: int) -> None:
    """Room for the figures of a fresh list; nothing is counted yet."""
    xid = func.txid_snapshot_xmin(func.txid_current_snapshot())
    row = {"campaign_id": campaign_id, "counted_xid": xid, "figures": {}}
    await tx.execute(insert(campaign_counts).values(row))


_LAST = (
    select(campaign_write_offs.c.written_off_by)
    .where(
        campaign_write_offs.c.campaign_id == campaign_items.c.campaign_id,
        campaign_write_offs.c.case_id == campaign_items.c.case_id,
        campaign_write_offs.c.number == campaign_items.c.write_offs,
    )
    .scalar_subquery()
)


async def read_case_id(tx: Tx, campaign_id: int, case_no: str, scope: Scope) -> int | None:
    """The id of a case that is on the list and that the reader may see."""
    i = campaign_items.c
    found = select(i.case_id).join(cases, cases.c.case_id == i.case_id)
    those = (i.campaign_id == campaign_id, cases.c.case_no == case_no, within(scope))
    return (await tx.execute(found.where(*those))).scalar()


async def read_item(tx: Tx, campaign_id: int, case_id: int) -> ItemFacts:
    """An item with its case as it is now. The caller holds the lock of the list."""
    i = campaign_items.c
    facts = (i.department_code, cases.c.state, i.write_offs, i.written_off, i.recheck_result, _LAST)
    found = select(i.case_id, cases.c.case_no, *facts).join(cases, cases.c.case_id == i.case_id)
    return ItemFacts(*(await tx.execute(found.where(*_item(campaign_id, case_id)))).one())


def _item(campaign_id: int, case_id: int) -> list[Any]:
    return [campaign_items.c.campaign_id == campaign_id, campaign_items.c.case_id == case_id]


async def read_due(tx: Tx, campaign_id: int, case_id: int) -> tuple[date | None, bool]:
    """The day of an item, and has its case ended? The caller holds the lock of the list."""
    ended = cases.c.ended_at.is_not(None)
    found = select(campaign_items.c.due_on, ended).join(cases, cases.c.case_id == campaign_items.c.case_id)
    row = (await tx.execute(found.where(*_item(campaign_id, case_id)))).one()
    return row[0], row[1]


async def write_plan(tx: Tx, campaign_id: int, case_id: int, said: Mapping[str, Any]) -> None:
    """Plan, due day and obstacle of an item."""
    await tx.execute(update(campaign_items).where(*_item(campaign_id, case_id)).values(**said))


async def write_off(tx: Tx, campaign_id: int, item: ItemFacts, said: Mapping[str, Any]) -> None:
    """Cross an item off once more."""
    number = item.write_offs + 1
    now = {"write_offs": number, "written_off": True, "recheck_result": None}
    await tx.execute(update(campaign_items).where(*_item(campaign_id, item.case_id)).values(now))
    row = {"campaign_id": campaign_id, "case_id": item.case_id, "number": number, **said}
    await tx.execute(insert(campaign_write_offs).values(row))


async def write_recheck(tx: Tx, campaign_id: int, item: ItemFacts, said: Mapping[str, Any]) -> None:
    """What a recheck of the last write-off found."""
    result = {"recheck_result": said["result"], "written_off": said["result"] == "pass"}
    await tx.execute(update(campaign_items).where(*_item(campaign_id, item.case_id)).values(result))
    w = campaign_write_offs.c
    these = (w.campaign_id == campaign_id, w.case_id == item.case_id, w.number == item.write_offs)
    await tx.execute(update(campaign_write_offs).where(*these).values(**said))


def in_part(wanted: Mapping[str, Any]) -> list[Any]:
    """The conditions that an item is of a unit and an area, or of one below them; both as they were when it was frozen.

    As arrays, not joins: a page then walks the key of the list until it is full, and looks only at cases of that part.
    """
    found: list[Any] = []
    if wanted.get("unit"):
        below = select(departments.c.department_code).where(
            departments.c.belongs_to.contains([wanted["unit"]])
        )
        found.append(campaign_items.c.department_code == any_(func.array(below.scalar_subquery())))
    if wanted.get("area"):
        inside = select(areas.c.area_code).where(areas.c.lies_in.contains([wanted["area"]]))
        found.append(campaign_items.c.area_code == any_(func.array(inside.scalar_subquery())))
    return found


async def read_above(tx: Tx, codes: Collection[str], kind: str) -> dict[str, str]:
    """For each of these areas the one of that kind that it lies in."""
    above = areas.alias()
    found = select(areas.c.area_code, above.c.area_code).join(
        above, above.c.area_code == any_(areas.c.lies_in)
    )
    rows = await tx.execute(found.where(areas.c.area_code.in_(codes), above.c.kind == kind))
    return {code: place for code, place in rows}  # noqa: C416 - dict() of a result takes its keys for columns


async def read_names(tx: Tx, codes: Collection[str], *, of_areas: bool) -> dict[str, str]:
    """What these areas or departments are called."""
    code, name = (
        (areas.c.area_code, areas.c.name) if of_areas else (departments.c.department_code, departments.c.name)
    )
    return {
        one.code: one.name
        for one in await tx.execute(select(code.label("code"), name).where(code.in_(codes)))
    }


async def write_visit(tx: Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    """A visit to a unit, as it is kept."""
    added = insert(campaign_visits).values(**row).returning(*campaign_visits.c)
    return dict((await tx.execute(added)).mappings().one())


async def read_visits(tx: Tx, campaign_id: int, *, after: int | None, most: int) -> list[dict[str, Any]]:
    """A page of visits, newest first."""
    v = campaign_visits.c
    found = select(*v).where(v.campaign_id == campaign_id)
    found = found if after is None else found.where(v.visit_id < after)
    return [dict(row) for row in (await tx.execute(found.order_by(v.visit_id.desc()).limit(most))).mappings()]


async def read_visits_between(
    tx: Tx, campaign_id: int, first: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The visits of a period, first to last, with what the unit is called."""
    v = campaign_visits.c
    told = (v.visited_at, v.department_code, departments.c.name, v.people, v.problems, v.agreed)
    found = select(*told).join(departments, departments.c.department_code == v.department_code)
    found = found.where(v.campaign_id == campaign_id, v.visited_at >= first, v.visited_at < end)
    return [dict(row) for row in (await tx.execute(found.order_by(v.visited_at, v.visit_id))).mappings()]


_REPORT = [column for column in campaign_reports.columns if column.name != "figures"]


async def read_reports(tx: Tx, campaign_id: int, *, after: int | None, most: int) -> list[dict[str, Any]]:
    """A page of reports without their figures, newest first."""
    r = campaign_reports.c
    found = select(*_REPORT).where(r.campaign_id == campaign_id)
    found = found if after is None else found.where(r.report_id < after)
    return [
        dict(row) for row in (await tx.execute(found.order_by(r.report_id.desc()).limit(most))).mappings()
    ]


async def read_report(tx: Tx, campaign_id: int, report_id: int) -> dict[str, Any] | None:
    """A report with its figures."""
    r = campaign_reports.c
    found = select(*r).where(r.campaign_id == campaign_id, r.report_id == report_id)
    row = (await tx.execute(found)).mappings().first()
    return None if row is None else dict(row)


async def read_made(tx: Tx, campaign_id: int) -> set[tuple[str, date]]:
    """The latest report of each unit of the rhythm: (unit, first day)."""
    r = campaign_reports.c
    rows = await tx.execute(
        select(r.unit, func.max(r.first_day)).where(r.campaign_id == campaign_id).group_by(r.unit)
    )
    return {(unit, first) for unit, first in rows}


async def write_report(tx: Tx, row: Mapping[str, Any]) -> None:
    """A report. The caller holds the lock of its campaign, and saw that it is not there."""
    await tx.execute(insert(campaign_reports).values(**row))


async def lock_running(tx: Tx, campaign_id: int) -> bool:
    """Take a running campaign in hand; False where another worker has it."""
    those = (campaigns.c.campaign_id == campaign_id, campaigns.c.state == State.RUNNING)
    found = select(campaigns.c.campaign_id).where(*those)
    return (await tx.execute(found.with_for_update(skip_locked=True, key_share=True))).first() is not None
