"""SQL of the register of components."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from sqlalchemy import Result, func, select

from casehub.places.grids import Box, Point
from casehub.places.tables import areas, components
from casehub.storage.sent import packed, upserting
from casehub.storage.transaction import Tx

_COLUMNS = [column for column in components.c if column.name != "kind"]
_METRES_PER_DEGREE = 111_195.0
#: 6 digits of the county, then class and sequence. Source: reference 3.2.
_DIGITS = 16


async def write_components(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add components, or set what the rows say of those that are there. All rows name the same columns."""
    statement = upserting(components, [*rows[0]], ["component_code"])
    await tx.execute(statement, {"rows": packed([{"kind": "component", **row} for row in rows])})


async def read_components(tx: Tx, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Components with these codes."""
    rows = await tx.execute(select(*_COLUMNS).where(components.c.component_code == func.any([*codes])))
    return _plain(rows)


async def read_after(tx: Tx, after: str, most: int, box: Box | None = None) -> list[dict[str, Any]]:
    """Components by code, for walks over the whole register or, by ix_components_lat_lon, over those in a box."""
    statement = select(*_COLUMNS).where(components.c.component_code > after)
    if box is not None:
        west, south, east, north = box
        statement = statement.where(
            components.c.lat.between(south, north), components.c.lon.between(west, east)
        )
    rows = await tx.execute(statement.order_by(components.c.component_code).limit(most))
    return _plain(rows)


async def read_page(  # noqa: PLR0913 - each is a filter
    tx: Tx, *, near: Point | None, metres: float, begins: str | None, area: str | None, after: str | None, most: int
) -> list[dict[str, Any]]:  # fmt: skip
    """Components by code.

    A near point rides on ix_components_lat_lon, the beginning of a code on the primary key, an area on
    ix_components_area_code.
    """
    statement = select(*_COLUMNS).order_by(components.c.component_code).limit(most)
    if near is not None:
        statement = statement.where(*_round(near, metres))
    if begins is not None:
        first, last = begins.ljust(_DIGITS, "0"), begins.ljust(_DIGITS, "9")
        statement = statement.where(components.c.component_code.between(first, last))
    if area is not None:
        below = select(areas.c.area_code).where(areas.c.lies_in.contains([area]))
        statement = statement.where(components.c.area_code.in_(below))
    if after is not None:
        statement = statement.where(components.c.component_code > after)
    return _plain(await tx.execute(statement))


def _plain(rows: Result[Any]) -> list[dict[str, Any]]:
    # Names of columns come as a subclass of str, which orjson refuses as a key.
    return [{str(name): value for name, value in row.items()} for row in rows.mappings()]


def _round(point: Point, metres: float) -> list[Any]:
    """Within a circle: first the square round it, then the great circle on a sphere of the same degree."""
    (lon, lat), c = point, components.c
    tall = metres / _METRES_PER_DEGREE
    wide = tall / max(cos(radians(lat)), 0.01) * 1.01
    half = func.power(func.sin(func.radians(c.lat - lat) / 2), 2) + cos(radians(lat)) * func.cos(
        func.radians(c.lat)
    ) * func.power(func.sin(func.radians(c.lon - lon) / 2), 2)
    return [
        c.lat.between(lat - tall, lat + tall), c.lon.between(lon - wide, lon + wide),
        func.degrees(2 * func.asin(func.sqrt(half))) * _METRES_PER_DEGREE <= metres,
    ]  # fmt: skip
