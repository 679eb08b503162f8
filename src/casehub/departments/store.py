"""SQL of departments."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text

from casehub.departments.tables import departments
from casehub.storage.sent import packed, upserting
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
_WRITE = upserting(departments, ["name", "kind", "parent_code"], ["department_code"])


async def write_departments(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add departments, or set what is said of those that are there."""
    if (await tx.execute(_WRITE, {"rows": packed(rows)})).rowcount:
        await tx.execute(_CLIMB)


async def read_departments(tx: Tx) -> list[dict[str, Any]]:
    """All departments."""
    rows = await tx.execute(
        select(*[c for c in departments.c if c.name != "belongs_to"]).order_by(departments.c.department_code)
    )
    return [dict(row) for row in rows.mappings()]
