"""The door of places: areas, the map made of them, permits, and the city."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.errors import Problem, Refusal
from casehub.places import store, store_components
from casehub.places.areas import area_faults, chief_faults, unknown_person
from casehub.places.citymap import BLANK, CityMap, by_class
from casehub.places.grids import Box, Locator, Point, box_of, geometry_faults, grid_of
from casehub.places.permits import Permit, permit_faults
from casehub.storage.transaction import Tx

#: Components that one statement writes.
BATCH = 5_000


class ClockFixed(Problem):
    """The clock of a city is chosen when the city is made and can't be changed"""

    type, status, zh = "clock-fixed", 409, "城市的时钟在建立时选定，不能更改"


class AreaInvalid(Problem):
    """The area can't be so; every reason is listed"""

    type, status, zh = "area-invalid", 422, "区域设置有误，原因见 errors"


class AreaNotFound(Problem):
    """There is no such area"""

    type, status, zh = "area-not-found", 404, "区域不存在"


class ChiefsInvalid(Problem):
    """The responsible persons can't be so; every reason is listed"""

    type, status, zh = "chiefs-invalid", 422, "责任人设置有误，原因见 errors"


class PermitInvalid(Problem):
    """The permit can't be taken as it is; every reason is listed"""

    type, status, zh = "permit-invalid", 422, "许可内容有误，原因见 errors"


class Atlas:
    """The map of the city as one process knows it; read again when the city says that it is old."""

    def __init__(self) -> None:
        self._version, self._map = -1, BLANK

    async def at(self, tx: Tx, version: int) -> CityMap:
        """The map of this version or a newer one."""
        if version != self._version:
            self._map, self._version = await read_map(tx), version
        return self._map

    async def now(self, tx: Tx) -> CityMap:
        """The map as it is now, for those who have not read its version with something else."""
        return await self.at(tx, await store.read_map_version(tx))


async def read_map(tx: Tx) -> CityMap:
    """The map as it is now."""
    return CityMap(Locator(await store.read_grounds(tx)), by_class(await store.read_permits(tx)))


async def add_areas(tx: Tx, rows: list[dict[str, Any]]) -> int:
    """Add sound areas, or change those that are there; how many differed.

    {area_code, name, kind, parent_code, time_class, groups, geometry}: what all rows leave out stays as it is.
    Components are placed anew.
    """
    changed = await store.write_areas(tx, rows) if rows else 0
    if changed:
        await _place_components(tx)
    return changed


async def _place_components(tx: Tx, box: Box | None = None) -> None:
    """Place components anew after the city's polygons changed: all of them, or those in a box."""
    locator, after = (await read_map(tx)).locator, ""
    while rows := await store_components.read_after(tx, after, BATCH, box):
        after = rows[-1]["component_code"]
        grids = locator.grids([(row["lon"], row["lat"]) for row in rows])
        placed = ((row, grid) for row, grid in zip(rows, grids, strict=True) if row["area_code"] != grid)
        if elsewhere := [row | {"area_code": grid} for row, grid in placed]:
            await store_components.write_components(tx, elsewhere)


async def list_areas(tx: Tx, *, with_polygons: bool = False) -> list[dict[str, Any]]:
    """All areas by code."""
    return await store.read_areas(tx, with_polygons=with_polygons)


async def page_of_areas(
    tx: Tx, *, parent: str | None, kind: str | None, after: str | None, most: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of areas by code, and the code to go on from (None on the last page)."""
    rows = await store.read_area_page(tx, parent, kind, after, most + 1)
    return rows[:most], rows[most - 1]["area_code"] if len(rows) > most else None


async def find_area(tx: Tx, area_code: str) -> dict[str, Any]:
    """An area with its polygon, all it lies in, and its chiefs. Raises AreaNotFound."""
    row = await store.read_area(tx, area_code)
    if row is None:
        raise AreaNotFound(area_code)
    return row | {"chiefs": await store.read_chiefs(tx, area_code)}


async def areas_at(tx: Tx, atlas: Atlas, point: Point) -> dict[str, Any]:
    """The unit grid of a point, and all areas that it lies in."""
    grounds = (await atlas.now(tx)).locator.holding([point])[0]
    around = await store.read_above(tx, [one.area_code for one in grounds]) if grounds else []
    return {"unit_grid": grid_of(grounds), "areas": around}


async def set_area(tx: Tx, row: dict[str, Any]) -> None:
    """Add an area, or change it; components in its polygon, and in the one it had, are placed anew. Raises AreaInvalid."""
    around = {area["area_code"]: area for area in await list_areas(tx)}
    around[row["area_code"]] = row
    before = await store.read_area(tx, row["area_code"])
    found = [*area_faults(row["area_code"], row, around)]
    if before is not None and before["kind"] != row["kind"]:
        found += _kept_kind(row, around)
    if row["geometry"] is not None:
        found += geometry_faults(row["geometry"])
    if found:
        raise AreaInvalid(errors=found)
    await store.write_areas(tx, [row])
    drawn = [one["geometry"] for one in (before, row) if one and one["geometry"]]
    if drawn and (before is None or any(before[name] != row[name] for name in ("kind", "geometry"))):
        await _place_components(tx, box_of(drawn))


def _kept_kind(row: Mapping[str, Any], around: Mapping[str, Mapping[str, Any]]) -> list[Refusal]:
    """What lies below an area, or belongs to it, must still be able to when its kind changes."""
    code = row["area_code"]
    touched = [name for name, area in around.items() if area["parent_code"] == code or code in area["groups"]]
    broken = [name for name in touched if any(area_faults(name, around[name], around))]
    return [
        Refusal(
            "kind_in_use", f"{', '.join(broken[:5])} could not lie in a {row['kind']}: change them first",
            f"{'、'.join(broken[:5])} 不能隶属于 {row['kind']}，请先调整", "kind",
        )
    ] if broken else []  # fmt: skip


async def add_chiefs(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add responsible persons of areas, or change their days: {area_code, duty, person_no, valid_from, valid_to}."""
    if rows:
        await store.write_chiefs(tx, rows)


async def list_chiefs(tx: Tx) -> list[dict[str, Any]]:
    """The responsible persons of all areas."""
    return await store.read_chiefs(tx)


async def set_chiefs(tx: Tx, area_code: str, rows: Sequence[dict[str, Any]]) -> None:
    """Let these answer for an area and nobody else: {duty, person_no, valid_from, valid_to}.

    Raises AreaNotFound, ChiefsInvalid.
    """
    if await store.read_area(tx, area_code) is None:
        raise AreaNotFound(area_code)
    if found := [*chief_faults(rows)]:
        raise ChiefsInvalid(errors=found)
    await store.delete_chiefs(tx, area_code)
    for place, row in enumerate(rows):
        try:
            async with tx.begin_nested():
                await store.write_chiefs(tx, [{"area_code": area_code, **row}])
        except IntegrityError:
            found.append(unknown_person(place, row["person_no"]))
    if found:
        raise ChiefsInvalid(errors=found)


async def add_permits(tx: Tx, permits: Sequence[Permit]) -> None:
    """Add sound permits, or change those that are there."""
    if permits:
        await store.write_permits(tx, [asdict(one) for one in permits])


async def set_permit(tx: Tx, permit: Permit) -> None:
    """Add a permit, or change it. Raises PermitInvalid."""
    if found := [*permit_faults(permit)]:
        raise PermitInvalid(errors=found)
    try:
        async with tx.begin_nested():
            await store.write_permits(tx, [asdict(permit)])
    except IntegrityError:
        raise PermitInvalid(f"there is no area {permit.area_code!r} or no scheme {permit.scheme!r}") from None


async def list_permits(tx: Tx) -> list[Permit]:
    """All permits by code."""
    return await store.read_permits(tx)


async def open_city(tx: Tx, *, simulated: bool, at: datetime) -> None:
    """Make the city at its first start; at every later one see that its clock is the same. Raises ClockFixed."""
    if await store.write_city(tx, simulated=simulated, at=at) != simulated:
        has = "a real" if simulated else "a simulated"
        raise ClockFixed(f"this city was made with {has} clock; use another CASEHUB_HOME or CASEHUB_SCHEMA")
