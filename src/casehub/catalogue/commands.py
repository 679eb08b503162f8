"""The door of the catalogue."""

from importlib.resources import files
from typing import Any

from casehub.catalogue import store
from casehub.catalogue.standard import SCHEMES, standard_categories
from casehub.errors import Problem
from casehub.storage.transaction import Tx


class CategoryNotFound(Problem):
    """There is no such category"""

    type, status, zh = "category-not-found", 404, "类别不存在"


async def load_standard(tx: Tx) -> None:
    """Load the shipped schemes into a city, and the default one as its default. Changes nothing that is there."""
    for scheme, name in SCHEMES.items():
        await store.write_scheme(tx, scheme, name)
    await store.write_default_scheme(tx, next(iter(SCHEMES)))
    text = files("casehub.catalogue").joinpath("codes.csv").read_text(encoding="utf-8")
    await store.write_categories(tx, standard_categories(text))


async def add_scheme(tx: Tx, scheme: str, name: str, rows: list[dict[str, Any]]) -> None:
    """Add a scheme of the city's or of another system with its categories; what is there stays."""
    await store.write_scheme(tx, scheme, name)
    if rows:
        await store.write_categories(tx, rows)


async def conditions_of(tx: Tx, category_id: int) -> dict[str, str]:
    """The filing conditions of a category and their limits."""
    return await store.read_conditions(tx, category_id)


async def set_condition(tx: Tx, category_id: int, condition: str, said: dict[str, Any]) -> None:
    """Add or change a filing condition: {description, closing_condition, limit}. Raises CategoryNotFound."""
    if not await store.write_condition(tx, {"category_id": category_id, "condition": condition, **said}):
        raise CategoryNotFound(str(category_id))


async def list_categories(tx: Tx, scheme: str | None = None) -> list[dict[str, Any]]:
    """Categories of one scheme, or of all."""
    return await store.read_categories(tx, scheme)


async def list_schemes(tx: Tx) -> list[dict[str, Any]]:
    """All schemes."""
    return await store.read_schemes(tx)


async def list_conditions(tx: Tx, category_id: int) -> list[dict[str, Any]]:
    """The filing conditions of a category, whole."""
    return await store.read_condition_rows(tx, category_id)
