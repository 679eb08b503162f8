"""SQL of areas and of the city."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from casehub.places.grids import Ground
from casehub.places.permits import Permit
from casehub.places.tables import area_chiefs, areas, city, permits
from casehub.storage.sent import packed, upserting
from casehub.storage.transaction import Tx

# Every area with all above it, and the groups that it or they belong to. Rows that stay as they are are not written.
_CLIMB = text(
    """
    WITH RECURSIVE climb (code, above, joined, up) AS (
        SELECT area_code, ARRAY[area_code], groups, parent_code FROM areas
        UNION ALL
        SELECT c.code, c.above || t.area_code, c.joined || t.groups, t.parent_code
        FROM climb AS c JOIN areas AS t ON t.area_code = c.up
    ), reached (code, around) AS (
        SELECT code, above || ARRAY(SELECT DISTINCT unnest(joined) ORDER BY 1) FROM climb WHERE up IS NULL
    )
    UPDATE areas SET lies_in = reached.around FROM reached
    WHERE reached.code = areas.area_code AND lies_in <> reached.around
    """
)
_SAID = [areas.c[name] for name in ("area_code", "name", "kind", "parent_code", "time_class", "groups")]


async def write_areas(tx: Tx, rows: Sequence[dict[str, Any]]) -> int:
    """Add areas, or set what the rows say of those that are there; how many rows that changed. All name the same columns."""
    done = await tx.execute(upserting(areas, [*rows[0]], ["area_code"]), {"rows": packed(rows)})
    if done.rowcount:
        await tx.execute(_CLIMB)
        await write_map_version(tx)
    return int(done.rowcount)


async def write_map_version(tx: Tx) -> None:
    """Tell every process that its map is old. One transaction after the other."""
    await tx.execute(update(city).values(map_version=city.c.map_version + 1))


async def read_areas(tx: Tx, *, with_polygons: bool = False) -> list[dict[str, Any]]:
    """All areas, as they are said."""
    columns = [*_SAID, areas.c.geometry] if with_polygons else _SAID
    rows = await tx.execute(select(*columns).order_by(areas.c.area_code))
    return [dict(row) for row in rows.mappings()]


async def read_area_page(
    tx: Tx, parent: str | None, kind: str | None, after: str | None, most: int
) -> list[dict[str, Any]]:
    """Areas by code. Rides on the primary key, ix_areas_parent_code or ix_areas_kind_area_code."""
    statement = select(*_SAID).order_by(areas.c.area_code).limit(most)
    if parent is not None:
        statement = statement.where(areas.c.parent_code == parent)
    if kind is not None:
        statement = statement.where(areas.c.kind == kind)
    if after is not None:
        statement = statement.where(areas.c.area_code > after)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def read_area(tx: Tx, area_code: str) -> dict[str, Any] | None:
    """An area with its polygon and all areas it lies in."""
    statement = select(*_SAID, areas.c.geometry, areas.c.lies_in).where(areas.c.area_code == area_code)
    row = (await tx.execute(statement)).mappings().first()
    return None if row is None else dict(row)


async def read_above(tx: Tx, codes: Sequence[str]) -> list[dict[str, Any]]:
    """What is said of these areas and of those that they lie in."""
    around = select(func.unnest(areas.c.lies_in)).where(areas.c.area_code.in_(codes))
    statement = select(*_SAID).where(areas.c.area_code.in_(around)).order_by(areas.c.area_code)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def read_map_version(tx: Tx) -> int:
    """The version of the city's polygons and permits."""
    return int((await tx.execute(select(city.c.map_version))).scalar_one())


async def read_grounds(tx: Tx) -> list[tuple[Ground, str]]:
    """Areas with a polygon, and that as GeoJSON."""
    polygon = cast(areas.c.geometry, Text)
    statement = select(areas.c.area_code, areas.c.kind, areas.c.lies_in, polygon)
    rows = await tx.execute(statement.where(areas.c.geometry.is_not(None)))
    return [(Ground(code, kind, frozenset(lies_in)), text) for code, kind, lies_in, text in rows]


async def write_chiefs(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add responsible persons, or set their days."""
    statement = upserting(area_chiefs, ["valid_from", "valid_to"], ["area_code", "duty", "person_no"])
    await tx.execute(statement, {"rows": packed(rows)})


async def delete_chiefs(tx: Tx, area_code: str) -> None:
    """Take away all responsible persons of an area."""
    await tx.execute(delete(area_chiefs).where(area_chiefs.c.area_code == area_code))


async def read_chiefs(tx: Tx, area_code: str | None = None) -> list[dict[str, Any]]:
    """Responsible persons of one area, or of all."""
    statement = select(*area_chiefs.c).order_by(*area_chiefs.primary_key)
    if area_code is not None:
        statement = statement.where(area_chiefs.c.area_code == area_code)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def write_permits(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add permits, or change those that are there."""
    done = await tx.execute(upserting(permits, [*permits.c.keys()], ["permit_code"]), {"rows": packed(rows)})
    if done.rowcount:
        await write_map_version(tx)


async def read_permits(tx: Tx) -> list[Permit]:
    """All permits by code."""
    rows = (await tx.execute(select(*permits.c).order_by(permits.c.permit_code))).mappings()
    return [
        Permit(**{**row, "categories": tuple(row["categories"]), "hours": tuple(row["hours"])})
        for row in rows
    ]


async def write_city(tx: Tx, *, simulated: bool, at: datetime) -> bool:
    """Make the city if it is not made yet; whether it is a simulated one."""
    await tx.execute(insert(city).values(only=True, simulated=simulated, made_at=at).on_conflict_do_nothing())
    return bool((await tx.execute(select(city.c.simulated))).scalar_one())
