"""SQL of the duty list."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, insert, or_, select, text

from casehub.catalogue.tables import categories
from casehub.departments.duty import DutyRow, Known
from casehub.departments.tables import departments
from casehub.departments.tables_duty import duty_lists, duty_rows
from casehub.places.tables import areas
from casehub.storage.transaction import Tx

_CURRENT = select(func.max(duty_lists.c.version)).scalar_subquery()
_ROW = [column for column in duty_rows.c if column.name != "version"]


def _row_of(row: RowMapping) -> DutyRow:
    return DutyRow(**{**dict(row), "co_departments": tuple(row["co_departments"])})


async def lock_lists(tx: Tx) -> None:
    """Let one after the other change the list; readers go on."""
    await tx.execute(text("LOCK TABLE duty_lists IN SHARE ROW EXCLUSIVE MODE"))


async def read_versions(tx: Tx) -> list[dict[str, Any]]:
    """Every version, newest first: {version, made_at, made_by, note}."""
    rows = await tx.execute(select(*duty_lists.c).order_by(duty_lists.c.version.desc()))
    return [dict(row) for row in rows.mappings()]


async def read_rows(tx: Tx, version: int) -> list[DutyRow]:
    """The rows of a version in order."""
    rows = await tx.execute(select(*_ROW).where(duty_rows.c.version == version).order_by(duty_rows.c.row_no))
    return [_row_of(row) for row in rows.mappings()]


async def read_near(
    tx: Tx, *, code: str, major: str, owner: str | None, depths: Mapping[str, int]
) -> tuple[int | None, list[DutyRow]]:
    """The version in force, and those of its rows that may fit."""
    version = (await tx.execute(select(_CURRENT))).scalar()
    near = select(*_ROW).where(
        duty_rows.c.version == version,
        or_(duty_rows.c.code.is_(None), duty_rows.c.code == code),
        or_(duty_rows.c.major.is_(None), duty_rows.c.major == major),
        or_(duty_rows.c.area.is_(None), duty_rows.c.area.in_([*depths])),
        or_(duty_rows.c.owner.is_(None), duty_rows.c.owner == owner),
    )
    rows = await tx.execute(near.order_by(duty_rows.c.row_no))
    return version, [_row_of(row) for row in rows.mappings()]


async def read_depths(tx: Tx, area: str | None) -> dict[str, int]:
    """The areas that an area lies in, itself included, with how many lie round each."""
    if area is None:
        return {}
    round_it = select(func.unnest(areas.c.lies_in)).where(areas.c.area_code == area)
    depth = func.cardinality(areas.c.lies_in)
    rows = await tx.execute(select(areas.c.area_code, depth).where(areas.c.area_code.in_(round_it)))
    return {row[0]: row[1] for row in rows}


async def read_class(tx: Tx, category_id: int) -> tuple[str, str, str, str]:
    """(scheme, kind, major, code) of a minor class."""
    columns = (categories.c.scheme, categories.c.kind, categories.c.major, categories.c.code)
    row = (await tx.execute(select(*columns).where(categories.c.category_id == category_id))).one()
    return row[0], row[1], row[2], row[3]


async def read_class_named(tx: Tx, scheme: str, kind: str, code: str) -> int | None:
    """The id of a minor class, if there is one."""
    found = select(categories.c.category_id).where(
        categories.c.scheme == scheme, categories.c.kind == kind, categories.c.code == code
    )
    return (await tx.execute(found)).scalar()


async def read_known(tx: Tx) -> Known:
    """All that a row may name."""
    classes = [
        *await tx.execute(
            select(categories.c.scheme, categories.c.kind, categories.c.major, categories.c.code)
        )
    ]
    return Known(
        frozenset((await tx.execute(select(departments.c.department_code))).scalars()),
        frozenset((await tx.execute(select(areas.c.area_code))).scalars()),
        frozenset((row[0], row[1], row[2]) for row in classes),
        frozenset((row[0], row[1], row[3]) for row in classes),
    )


async def write_list(tx: Tx, said: Mapping[str, Any], rows: Sequence[DutyRow]) -> None:
    """Add a version. The caller holds the lock of `lock_lists`."""
    await tx.execute(insert(duty_lists).values(said))
    if rows:
        await tx.execute(insert(duty_rows), [{"version": said["version"], **asdict(row)} for row in rows])
