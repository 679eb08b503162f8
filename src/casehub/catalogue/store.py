"""SQL of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, bindparam, delete, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from casehub.catalogue.conditions import FilingCondition, Key
from casehub.catalogue.limits import DEFAULT_CLASS, LimitStep, steps_of, tell_steps
from casehub.catalogue.tables import categories, condition_limits, filing_conditions, schemes
from casehub.places.tables import areas
from casehub.storage.transaction import Tx

_ADD = insert(categories).on_conflict_do_nothing(index_elements=["scheme", "kind", "code"])


def _class_of_area() -> Any:
    """The time class of :area_code: its own, or that of the nearest area above that has one. No area, no class."""
    mine = select(areas.c.parent_code, areas.c.time_class).where(areas.c.area_code == bindparam("area_code"))
    up = mine.cte("up", recursive=True)
    above = select(areas.c.parent_code, areas.c.time_class).join(up, areas.c.area_code == up.c.parent_code)
    up = up.union(above.where(up.c.time_class.is_(None)))
    return select(up.c.time_class).where(up.c.time_class.is_not(None)).scalar_subquery()


# Rides on the primary key. The area's own class comes after the usual one, and takes its place.
_LIMITS = (
    select(condition_limits.c.condition, condition_limits.c.steps)
    .where(
        condition_limits.c.category_id == bindparam("category_id"),
        or_(
            condition_limits.c.time_class == literal(DEFAULT_CLASS),
            condition_limits.c.time_class == _class_of_area(),
        ),
    )
    .order_by((condition_limits.c.time_class == literal(DEFAULT_CLASS)).desc())
)
_CONDITIONS = (
    select(
        categories.c.scheme, categories.c.kind, categories.c.code, *filing_conditions.c,
        func.json_object_agg(condition_limits.c.time_class, condition_limits.c.steps, type_=JSON).label("limits"),
    )
    .join(filing_conditions, filing_conditions.c.category_id == categories.c.category_id)
    .join(condition_limits)
    .group_by(categories.c.category_id, filing_conditions.c.category_id, filing_conditions.c.condition)
    .order_by(
        categories.c.scheme, categories.c.kind, categories.c.code,
        # c2 before c10.
        func.length(filing_conditions.c.condition), filing_conditions.c.condition,
    )
)  # fmt: skip


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


async def read_category(tx: Tx, category_id: int) -> Key | None:
    """Scheme, kind and code of a category."""
    key = select(categories.c.scheme, categories.c.kind, categories.c.code)
    row = (await tx.execute(key.where(categories.c.category_id == category_id))).first()
    return None if row is None else (row.scheme, row.kind, row.code)


async def read_category_ids(tx: Tx, names: Sequence[str]) -> dict[Key, int]:
    """All categories of some schemes."""
    key = select(categories.c.category_id, categories.c.scheme, categories.c.kind, categories.c.code)
    rows = await tx.execute(key.where(categories.c.scheme.in_(names)))
    return {(row.scheme, row.kind, row.code): row.category_id for row in rows}


async def read_schemes(tx: Tx) -> list[dict[str, Any]]:
    """All schemes with the number of their categories."""
    counted = (
        select(*schemes.c, func.count(categories.c.category_id).label("categories"))
        .outerjoin(categories, categories.c.scheme == schemes.c.scheme)
        .group_by(schemes.c.scheme)
        .order_by(schemes.c.scheme)
    )
    return [dict(row) for row in (await tx.execute(counted)).mappings()]


async def read_limits(tx: Tx, category_id: int, area_code: str | None) -> dict[str, tuple[LimitStep, ...]]:
    """The filing conditions of a category with the steps that hold in an area."""
    rows = await tx.execute(_LIMITS, {"category_id": category_id, "area_code": area_code})
    return {row.condition: steps_of(row.steps) for row in rows}


async def read_conditions(tx: Tx, wanted: Mapping[str, Any]) -> list[FilingCondition]:
    """Whole filing conditions of the categories whose columns are as wanted; a list means any of them."""
    said = [categories.c[name].in_(one) if isinstance(one, list) else categories.c[name] == one for name, one in wanted.items()]  # fmt: skip
    rows = (await tx.execute(_CONDITIONS.where(*said))).mappings()
    return [
        FilingCondition(**row | {"limits": {name: steps_of(row["limits"][name]) for name in sorted(row["limits"])}})
        for row in map(dict, rows)
    ]  # fmt: skip


async def lock_conditions(tx: Tx) -> None:
    """Let one after the other load a limit table; readers go on."""
    await tx.execute(text("LOCK TABLE filing_conditions IN SHARE ROW EXCLUSIVE MODE"))


async def write_conditions(tx: Tx, conditions: Sequence[FilingCondition]) -> None:
    """Add filing conditions, or change those that are there; their limits are these and no others."""
    if not conditions:
        return
    statement = insert(filing_conditions)
    words = ("description", "closing_condition", "source")
    said = {name: statement.excluded[name] for name in words}
    key = ["category_id", "condition"]
    rows = [{name: getattr(one, name) for name in (*key, *words)} for one in conditions]
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=said), rows)
    await tx.execute(
        delete(condition_limits).where(
            condition_limits.c.category_id == bindparam("of_category"),
            condition_limits.c.condition == bindparam("of_condition"),
        ),
        _keys(conditions),
    )
    limits = [
        {"category_id": one.category_id, "condition": one.condition, "time_class": name, "steps": tell_steps(steps)}
        for one in conditions
        for name, steps in one.limits.items()
    ]  # fmt: skip
    await tx.execute(insert(condition_limits), limits)


async def delete_conditions(tx: Tx, conditions: Sequence[FilingCondition]) -> None:
    """Take filing conditions away, with their limits."""
    if conditions:
        gone = delete(filing_conditions).where(
            filing_conditions.c.category_id == bindparam("of_category"),
            filing_conditions.c.condition == bindparam("of_condition"),
        )
        await tx.execute(gone, _keys(conditions))


def _keys(conditions: Sequence[FilingCondition]) -> list[dict[str, Any]]:
    return [{"of_category": one.category_id, "of_condition": one.condition} for one in conditions]
