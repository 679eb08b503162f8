"""SQL of the catalogue."""

from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from casehub.catalogue.tables import categories, filing_conditions, schemes
from casehub.storage.transaction import Tx

_ADD = insert(categories).on_conflict_do_nothing(index_elements=["scheme", "kind", "code"])
_CONDITIONS = select(filing_conditions.c.condition, filing_conditions.c.limit).where(
    filing_conditions.c.category_id == bindparam("category_id")
)


async def write_scheme(tx: Tx, scheme: str, name: str) -> None:
    """Add a scheme."""
    row = {"scheme": scheme, "name": name, "is_default": False}
    await tx.execute(insert(schemes).values(row).on_conflict_do_nothing())


async def write_default_scheme(tx: Tx, scheme: str) -> None:
    """Make a scheme the city's default, if it has none."""
    none = ~select(schemes.c.scheme).where(schemes.c.is_default).exists()
    await tx.execute(update(schemes).where(schemes.c.scheme == scheme, none).values(is_default=True))


async def write_categories(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add categories; those that are there stay as the city has them."""
    await tx.execute(_ADD, rows)


async def read_categories(tx: Tx, scheme: str | None = None) -> list[dict[str, Any]]:
    """Categories of one scheme, or of all."""
    statement = select(*categories.c).order_by(categories.c.scheme, categories.c.kind, categories.c.code)
    if scheme is not None:
        statement = statement.where(categories.c.scheme == scheme)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def read_schemes(tx: Tx) -> list[dict[str, Any]]:
    """All schemes with the number of their categories."""
    counted = (
        select(*schemes.c, func.count(categories.c.category_id).label("categories"))
        .outerjoin(categories, categories.c.scheme == schemes.c.scheme)
        .group_by(schemes.c.scheme)
        .order_by(schemes.c.scheme)
    )
    return [dict(row) for row in (await tx.execute(counted)).mappings()]


async def read_conditions(tx: Tx, category_id: int) -> dict[str, str]:
    """The filing conditions of a category: {condition: limit}."""
    return {row.condition: row.limit for row in await tx.execute(_CONDITIONS, {"category_id": category_id})}


async def write_condition(tx: Tx, row: dict[str, Any]) -> bool:
    """Add a filing condition, or change it; False when its category does not exist."""
    there = select(categories.c.category_id).where(categories.c.category_id == row["category_id"])
    if (await tx.execute(there)).first() is None:
        return False
    statement = insert(filing_conditions).values(row)
    said = {name: statement.excluded[name] for name in ("description", "closing_condition", "limit")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["category_id", "condition"], set_=said))
    return True


async def read_condition_rows(tx: Tx, category_id: int) -> list[dict[str, Any]]:
    """The filing conditions of a category, whole."""
    statement = select(*filing_conditions.c).where(filing_conditions.c.category_id == category_id)
    return [
        dict(row) for row in (await tx.execute(statement.order_by(filing_conditions.c.condition))).mappings()
    ]
