"""SQL of the roster."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, tuple_

from casehub.places.tables import areas
from casehub.places.tables_roster import shifts
from casehub.storage.sent import packed, upserting
from casehub.storage.transaction import Tx

_ORDER = (shifts.c.begins_at, shifts.c.area_code, shifts.c.person_no)


async def read_named(tx: Tx, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these areas that are there: {area_code: {kind, lies_in}}."""
    found = select(areas.c.area_code, areas.c.kind, areas.c.lies_in).where(areas.c.area_code.in_(codes))
    return {row["area_code"]: dict(row) for row in (await tx.execute(found)).mappings()}


async def write_shifts(tx: Tx, rows: Sequence[Any]) -> None:
    """Add shifts, or change their ends."""
    key = ["person_no", "area_code", "begins_at"]
    await tx.execute(upserting(shifts, ["ends_at", "standing"], key), {"rows": packed(rows)})


async def read_begun(tx: Tx, first: datetime, last: datetime) -> list[dict[str, Any]]:
    """Shifts that begin between these, both included. Rides on ix_shifts_begins_at."""
    rows = await tx.execute(select(*shifts.c).where(shifts.c.begins_at.between(first, last)))
    return [dict(row) for row in rows.mappings()]


async def read_shifts(  # noqa: PLR0913 - each narrows
    tx: Tx,
    first: datetime,
    last: datetime,
    *,
    area: str | None,
    person: str | None,
    after: tuple[datetime, str, str] | None,
    most: int,
) -> list[dict[str, Any]]:
    """Shifts that have a moment in [first, last), in order. Rides on ix_shifts_ends_at."""
    ongoing = or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > first)
    found = select(*shifts.c).where(shifts.c.begins_at < last, ongoing)
    if area is not None:
        there = select(areas.c.area_code).where(areas.c.lies_in.contains([area]))
        found = found.where(shifts.c.area_code.in_(there))
    if person is not None:
        found = found.where(shifts.c.person_no == person)
    if after is not None:
        found = found.where(tuple_(*_ORDER) > tuple_(*after))
    return [dict(row) for row in (await tx.execute(found.order_by(*_ORDER).limit(most))).mappings()]
