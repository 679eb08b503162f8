"""The door of the catalogue."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from casehub.catalogue import store
from casehub.catalogue.conditions import (
    Changes,
    FilingCondition,
    TableRow,
    changes,
    condition_faults,
    conditions_in,
    said_by_class,
    table_faults,
)  # fmt: skip
from casehub.catalogue.limits import LimitStep, steps_of
from casehub.catalogue.problems import CategoryNotFound, ConditionInvalid, LimitTableInvalid, SchemeNotFound
from casehub.catalogue.sheets import example_table
from casehub.catalogue.standard import SCHEMES, standard_categories
from casehub.storage.transaction import Tx


async def load_standard(tx: Tx) -> None:
    """Load the shipped schemes into a city, and the default one as its default. Changes nothing that is there."""
    for scheme, name in SCHEMES.items():
        await store.write_scheme(tx, scheme, name)
    await store.write_default_scheme(tx, next(iter(SCHEMES)))
    text = files("casehub.catalogue").joinpath("codes.csv").read_text(encoding="utf-8")
    await store.write_categories(tx, standard_categories(text))


async def load_example(tx: Tx) -> None:
    """Load the limits of one real city as an example, with the local categories they are for. Source: reference 4.6, 4.7.

    They are that city's administrative standard and no national limits: each condition says so in its source.
    """
    text = files("casehub.catalogue").joinpath("limits_example_city.csv").read_text(encoding="utf-8")
    categories, rows = example_table(text)
    await store.write_categories(tx, categories)
    await set_limits(tx, rows)


async def add_scheme(tx: Tx, scheme: str, name: str, rows: list[dict[str, Any]]) -> None:
    """Add a scheme of the city's or of another system with its categories; what is there stays."""
    await store.write_scheme(tx, scheme, name)
    if rows:
        await store.write_categories(tx, rows)


async def conditions_of(tx: Tx, category_id: int, area_code: str | None) -> dict[str, tuple[LimitStep, ...]]:
    """The filing conditions of a category with the steps that hold in an area; the last one's limit is for handling.

    Those of the area's time class, or else of `-`. Source: reference 4.2, 4.8.
    """
    return await store.read_limits(tx, category_id, area_code)


async def set_condition(tx: Tx, category_id: int, condition: str, said: Mapping[str, Any]) -> None:
    """Add or change a filing condition: {description, closing_condition, source, limit | steps, limits}.

    Cases filed before keep the limit they were given. Raises CategoryNotFound, ConditionInvalid.
    """
    key = await store.read_category(tx, category_id)
    if key is None:
        raise CategoryNotFound(str(category_id))
    if found := condition_faults(said):
        raise ConditionInvalid(errors=found)
    limits = {name: steps_of(one) for name, (_, one) in said_by_class(said).items()}
    words = (said["description"], said["closing_condition"], said["source"])
    await store.write_conditions(tx, [FilingCondition(category_id, *key, condition, *words, limits)])


async def set_limits(tx: Tx, rows: Sequence[TableRow], *, dry_run: bool = False) -> Changes:
    """Give every category that a limit table names the conditions it says and no others; other categories stay.

    A dry run only tells. Raises LimitTableInvalid with every fault of every row.
    """
    if not dry_run:
        await store.lock_conditions(tx)
    named = {row.category for row in rows}
    categories = await store.read_category_ids(tx, sorted({row.scheme for row in rows}))
    if found := table_faults(rows, categories):
        raise LimitTableInvalid(rows, found)
    old = await store.read_conditions(tx, {"category_id": [categories[key] for key in named]})
    changed = changes(old, conditions_in(rows, categories, old))
    if not dry_run:
        await store.delete_conditions(tx, changed.removed)
        await store.write_conditions(tx, [*changed.added, *(after for _, after in changed.changed)])
    return changed


async def set_scheme_limits(tx: Tx, scheme: str, rows: Sequence[TableRow]) -> Changes:
    """A limit table of one scheme. Raises SchemeNotFound, LimitTableInvalid."""
    if all(one["scheme"] != scheme for one in await list_schemes(tx)):
        raise SchemeNotFound(scheme)
    return await set_limits(tx, rows)


async def list_limits(tx: Tx, scheme: str | None = None, code: str | None = None) -> list[FilingCondition]:
    """All filing conditions, or those of one scheme, or of one code, or of both."""
    wanted = {"scheme": scheme, "code": code}
    return await store.read_conditions(tx, {name: one for name, one in wanted.items() if one is not None})


async def list_categories(tx: Tx, scheme: str | None = None) -> list[dict[str, Any]]:
    """Categories of one scheme, or of all."""
    return await store.read_categories(tx, scheme)


async def list_schemes(tx: Tx) -> list[dict[str, Any]]:
    """All schemes."""
    return await store.read_schemes(tx)


async def list_conditions(tx: Tx, category_id: int) -> list[FilingCondition]:
    """The filing conditions of a category, whole."""
    return await store.read_conditions(tx, {"category_id": category_id})
