"""SQL of areas and of the city."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from casehub.places.tables import areas, city
from casehub.storage.transaction import Tx

# Every area with all above it. A tree is small and seldom changed; rows that stay as they are are not written.
_CLIMB = text(
    """
    WITH RECURSIVE climb (code, above, up) AS (
        SELECT area_code, ARRAY[area_code], parent_code FROM areas
        UNION ALL
        SELECT c.code, c.above || t.area_code, t.parent_code FROM climb AS c JOIN areas AS t ON t.area_code = c.up
    )
    UPDATE areas SET lies_in = climb.above FROM climb
    WHERE climb.up IS NULL AND climb.code = areas.area_code AND lies_in <> climb.above
    """
)


async def write_areas(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add areas, or set what is said of those that are there."""
    statement = insert(areas)
    said = {name: statement.excluded[name] for name in ("name", "kind", "parent_code", "time_class")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["area_code"], set_=said), rows)
    await tx.execute(_CLIMB)


async def read_areas(tx: Tx) -> list[dict[str, Any]]:
    """All areas."""
    return [
        dict(row)
        for row in (
            await tx.execute(select(*[c for c in areas.c if c.name != "lies_in"]).order_by(areas.c.area_code))
        ).mappings()
    ]


async def write_city(tx: Tx, *, simulated: bool, at: datetime) -> bool:
    """Make the city if it is not made yet; whether it is a simulated one."""
    await tx.execute(insert(city).values(only=True, simulated=simulated, made_at=at).on_conflict_do_nothing())
    return bool((await tx.execute(select(city.c.simulated))).scalar_one())
