"""SQL of bulletins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.definition import Known
from casehub.bulletins.tables import bulletin_definitions, bulletins
from casehub.cases.tables import cases
from casehub.catalogue.tables import categories
from casehub.departments.tables import departments
from casehub.places.tables import areas
from casehub.rates.formula import Formula
from casehub.rates.tables import rate_facts, rate_state
from casehub.storage.transaction import Tx

_BULLETIN = [bulletins.c[one.name] for one in fields(Bulletin)]
_LISTED = [column for column in _BULLETIN if column.name != "content"]


async def read_definitions(tx: Tx) -> list[dict[str, Any]]:
    """Every definition, by name: {said, made_at, made_by}."""
    columns = (bulletin_definitions.c[name] for name in ("said", "made_at", "made_by"))
    rows = await tx.execute(select(*columns).order_by(bulletin_definitions.c.bulletin))
    return [dict(row) for row in rows.mappings()]


async def read_definition(tx: Tx, name: str, *, lock: bool = False) -> dict[str, Any] | None:
    """What a definition says; with `lock`, nobody else draws up or publishes one of its bulletins meanwhile."""
    wanted = select(bulletin_definitions.c.said).where(bulletin_definitions.c.bulletin == name)
    found: dict[str, Any] | None = (await tx.execute(wanted.with_for_update() if lock else wanted)).scalar()
    return found


async def try_definition(tx: Tx, name: str) -> bool:
    """Lock a definition, unless somebody else draws one of its bulletins up just now."""
    wanted = select(bulletin_definitions.c.bulletin).where(bulletin_definitions.c.bulletin == name)
    return (await tx.execute(wanted.with_for_update(skip_locked=True))).first() is not None


async def write_definition(tx: Tx, name: str, said: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Keep a definition in the place of the one of its name."""
    row = {"said": said, "made_at": at, "made_by": by}
    statement = insert(bulletin_definitions).values({**row, "bulletin": name})
    await tx.execute(statement.on_conflict_do_update(index_elements=["bulletin"], set_=row))


async def read_known(tx: Tx, formulas: Mapping[str, Formula]) -> Known:
    """What the city has that a definition may name."""
    above = await tx.execute(select(departments.c.department_code, departments.c.parent_code))
    kinds: dict[str, set[str]] = {}
    there = select(areas.c.kind, areas.c.area_code).where(areas.c.kind.in_(("district", "subdistrict")))
    for kind, code in await tx.execute(there):
        kinds.setdefault(kind, set()).add(code)
    return Known({row.department_code: row.parent_code for row in above}, kinds, formulas)


async def read_areas_of(tx: Tx, kind: str, codes: Sequence[str]) -> dict[str, str]:
    """The names of these areas, or of all of that kind, by code."""
    wanted = areas.c.area_code.in_(codes) if codes else areas.c.kind == kind
    rows = await tx.execute(select(areas.c.area_code, areas.c.name).where(wanted).order_by(areas.c.area_code))
    return {row.area_code: row.name for row in rows}


async def read_units(tx: Tx, codes: Sequence[str], kinds: Sequence[str], *, on_top: bool) -> dict[str, str]:
    """The names of these departments, or of all of these kinds, or of all, by code; with `on_top` those below none."""
    wanted = select(departments.c.department_code, departments.c.name).order_by(departments.c.department_code)
    if codes:
        wanted = wanted.where(departments.c.department_code.in_(codes))
    if kinds:
        wanted = wanted.where(departments.c.kind.in_(kinds))
    if on_top:
        wanted = wanted.where(departments.c.parent_code.is_(None))
    rows = await tx.execute(wanted)
    return {row.department_code: row.name for row in rows}


class Overdue(NamedTuple):
    """What is told of an overdue case: neither its address nor its description."""

    case_no: str
    category: str
    department: str | None
    area: str | None
    due_at: datetime | None


async def read_overdue(tx: Tx, case_ids: Collection[int]) -> list[dict[str, Any]]:
    """These cases, the oldest first."""
    columns = (cases.c.case_no, categories.c.name, departments.c.name, areas.c.name, cases.c.due_at)
    those = (
        select(*columns)
        .join(categories, categories.c.category_id == cases.c.category_id)
        .outerjoin(departments, departments.c.department_code == cases.c.department_code)
        .outerjoin(areas, areas.c.area_code == cases.c.area_code)
        .where(cases.c.case_id == any_(bindparam(None, [*case_ids], type_=ARRAY(BigInteger))))
        .order_by(cases.c.case_id)
    )
    return [Overdue(*row)._asdict() for row in await tx.execute(those)]


async def read_counted(tx: Tx) -> tuple[datetime | None, date | None]:
    """The first fact that there is, and the day before which the worker has sealed all days. Rides on ix_rate_facts_at."""
    first = select(func.min(rate_facts.c.at)).scalar_subquery()
    row = (await tx.execute(select(first.label("first"), rate_state.c.sealed_to))).one()
    return row.first, row.sealed_to


async def read_bulletin(tx: Tx, bulletin_id: int, *, lock: bool = False) -> Bulletin | None:
    """A bulletin with its content."""
    wanted = select(*_BULLETIN).where(bulletins.c.bulletin_id == bulletin_id)
    row = (await tx.execute(wanted.with_for_update() if lock else wanted)).first()
    return None if row is None else Bulletin(*row)


async def read_drawn(tx: Tx, name: str, first: date, end: date) -> tuple[int, str] | None:
    """(id, state) of the last bulletin of a definition and period, if there is one. Rides on uq_bulletins_period."""
    wanted = select(bulletins.c.bulletin_id, bulletins.c.state).where(
        bulletins.c.bulletin == name, bulletins.c.first == first, bulletins.c.end == end
    )
    row = (await tx.execute(wanted.order_by(bulletins.c.bulletin_id.desc()).limit(1))).first()
    return None if row is None else (row.bulletin_id, row.state)


async def read_bulletins(
    tx: Tx, *, drafts: bool, name: str | None, state: str | None, after: int | None, most: int
) -> list[dict[str, Any]]:
    """Bulletins without their content, the newest first."""
    wanted = select(*_LISTED).order_by(bulletins.c.bulletin_id.desc()).limit(most)
    if not drafts:
        wanted = wanted.where(bulletins.c.state != "draft")
    if name is not None:
        wanted = wanted.where(bulletins.c.bulletin == name)
    if state is not None:
        wanted = wanted.where(bulletins.c.state == state)
    if after is not None:
        wanted = wanted.where(bulletins.c.bulletin_id < after)
    return [dict(row) for row in (await tx.execute(wanted)).mappings()]


async def write_draft(tx: Tx, row: Mapping[str, Any]) -> int:
    """Add a draft; its id. The caller has locked its definition."""
    made = (
        insert(bulletins).values({**row, "state": "draft", "version": 1}).returning(bulletins.c.bulletin_id)
    )
    return int((await tx.execute(made)).scalar_one())


async def write_changes(tx: Tx, bulletin_id: int, changes: Mapping[str, Any]) -> None:
    """Change a bulletin that the caller has locked."""
    said = update(bulletins).where(bulletins.c.bulletin_id == bulletin_id)
    await tx.execute(said.values({**changes, "version": bulletins.c.version + 1}))


async def read_last_number(tx: Tx, name: str, year: int) -> int:
    """The last number given in a year; 0 when none was. The caller has locked the definition."""
    numbers = select(func.coalesce(func.max(bulletins.c.number), 0))
    wanted = numbers.where(bulletins.c.bulletin == name, bulletins.c.year == year)
    return int((await tx.execute(wanted)).scalar_one())
