"""SQL of departments."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from casehub.departments.tables import departments
from casehub.storage.transaction import Tx


async def write_departments(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add departments, or set what is said of those that are there."""
    statement = insert(departments)
    said = {name: statement.excluded[name] for name in ("name", "kind", "parent_code")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["department_code"], set_=said), rows)


async def read_departments(tx: Tx) -> list[dict[str, Any]]:
    """All departments."""
    rows = await tx.execute(select(*departments.c).order_by(departments.c.department_code))
    return [dict(row) for row in rows.mappings()]
