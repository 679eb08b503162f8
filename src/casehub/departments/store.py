"""SQL of departments."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from casehub.departments.tables import departments
from casehub.storage.transaction import Tx

# Every department with all above it. A tree is small and seldom changed; rows that stay as they are are not written.
_CLIMB = text(
    """
    WITH RECURSIVE climb (code, above, up) AS (
        SELECT department_code, ARRAY[department_code], parent_code FROM departments
        UNION ALL
        SELECT c.code, c.above || t.department_code, t.parent_code FROM climb AS c JOIN departments AS t ON t.department_code = c.up
    )
    UPDATE departments SET belongs_to = climb.above FROM climb
    WHERE climb.up IS NULL AND climb.code = departments.department_code AND belongs_to <> climb.above
    """
)


async def write_departments(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add departments, or set what is said of those that are there."""
    statement = insert(departments)
    said = {name: statement.excluded[name] for name in ("name", "kind", "parent_code")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["department_code"], set_=said), rows)
    await tx.execute(_CLIMB)


async def read_departments(tx: Tx) -> list[dict[str, Any]]:
    """All departments."""
    rows = await tx.execute(
        select(*[c for c in departments.c if c.name != "belongs_to"]).order_by(departments.c.department_code)
    )
    return [dict(row) for row in rows.mappings()]
