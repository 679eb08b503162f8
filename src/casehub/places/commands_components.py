"""The door of the register of components."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.errors import Problem
from casehub.places import store_components
from casehub.places.commands import Atlas
from casehub.places.components import component_faults
from casehub.places.grids import Locator, Point
from casehub.storage.transaction import Tx


class ComponentInvalid(Problem):
    """The component can't be taken as it is; every reason is listed"""

    type, status, zh = "component-invalid", 422, "部件内容有误，原因见 errors"


async def add_components(tx: Tx, rows: Sequence[Mapping[str, Any]], locator: Locator) -> None:
    """Add sound components, or change those that are there; each is placed by its point. All rows name the same columns."""
    if rows:
        grids = locator.grids([(row["lon"], row["lat"]) for row in rows])
        placed = [{**row, "area_code": grid} for row, grid in zip(rows, grids, strict=True)]
        await store_components.write_components(tx, placed)


async def set_component(tx: Tx, atlas: Atlas, row: Mapping[str, Any]) -> None:
    """Add a component, or change it. Raises ComponentInvalid."""
    if found := [*component_faults(row["component_code"], row["category"])]:
        raise ComponentInvalid(errors=found)
    locator = (await atlas.now(tx)).locator
    try:
        async with tx.begin_nested():
            await add_components(tx, [row], locator)
    except IntegrityError:
        named = (
            f"class {row['scheme']} {row['category']}, owner {row['owner_unit']!r}, care {row['care_unit']!r}"
        )
        raise ComponentInvalid(
            f"one of these is not there: {named}; see GET /v1/categories and /v1/departments"
        ) from None


async def find_components(tx: Tx, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Components with these codes, as far as they are there."""
    return await store_components.read_components(tx, codes)


async def page_of_components(  # noqa: PLR0913 - each is a filter
    tx: Tx, *, near: Point | None, metres: float, begins: str | None, area: str | None, after: str | None, most: int
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """A page of components by code, and the code to go on from (None on the last page)."""
    rows = await store_components.read_page(
        tx, near=near, metres=metres, begins=begins, area=area, after=after, most=most + 1
    )
    return rows[:most], rows[most - 1]["component_code"] if len(rows) > most else None
