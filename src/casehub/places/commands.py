"""The door of places."""

from datetime import datetime
from typing import Any

from casehub.errors import Problem
from casehub.places import store
from casehub.storage.transaction import Tx


class ClockFixed(Problem):
    """The clock of a city is chosen when the city is made and can't be changed"""

    type, status, zh = "clock-fixed", 409, "城市的时钟在建立时选定，不能更改"


async def add_areas(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add areas, or change those that are there: {area_code, name, kind, parent_code, time_class}, parents first.

    All rows may leave out `time_class`: they take that of the area above.
    """
    if rows:
        await store.write_areas(tx, rows)


async def list_areas(tx: Tx) -> list[dict[str, Any]]:
    """All areas by code."""
    return await store.read_areas(tx)


async def open_city(tx: Tx, *, simulated: bool, at: datetime) -> None:
    """Make the city at its first start; at every later one see that its clock is the same. Raises ClockFixed."""
    if await store.write_city(tx, simulated=simulated, at=at) != simulated:
        has = "a real" if simulated else "a simulated"
        raise ClockFixed(f"this city was made with {has} clock; use another CASEHUB_HOME or CASEHUB_SCHEMA")


class AreaInvalid(Problem):
    """The parent of an area must be there, and an area can't lie below itself"""

    type, status, zh = "area-invalid", 422, "上级区域不存在，或区域层级成环"


async def set_area(tx: Tx, row: dict[str, Any]) -> None:
    """Add an area, or change it. Raises AreaInvalid."""
    known = {area["area_code"]: area["parent_code"] for area in await list_areas(tx)}
    parent = row["parent_code"]
    if parent is not None and parent not in known:
        raise AreaInvalid(f"there is no area {parent!r}")
    while parent is not None:
        if parent == row["area_code"]:
            raise AreaInvalid
        parent = known[parent]
    await store.write_areas(tx, [row])
