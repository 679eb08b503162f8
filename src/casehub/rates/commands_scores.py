"""The door of the rule book (考核办法): what ships, what the city writes over it, and the marks that people enter."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from casehub.errors import Refusal
from casehub.people.actors import Actor
from casehub.rates import store_scores as store
from casehub.rates.asking import Days
from casehub.rates.formula import Formula, FormulaInvalid, Scheme, parse, read_formula, read_scheme
from casehub.rates.indicators import Indicator, faults
from casehub.rates.marks import Mark, MarkRow, mark_faults
from casehub.rates.problems import (
    FormulaNotFound,
    IndicatorInUse,
    IndicatorInvalid,
    IndicatorNotFound,
    MarksInvalid,
)
from casehub.rates.rulebook import Kept, Kind, Rule, RuleBook, indicator_of, users_of, with_rules
from casehub.storage.transaction import Tx

_BANDS = "bands.yaml"


@cache
def example_scheme() -> Scheme:
    """The grade bands that ship: a proposal, no official ones were recovered. Source: reference 5.8."""
    return parse(_read(_BANDS), _BANDS, read_scheme)


@cache
def example_formulas() -> dict[str, Formula]:
    """The formulas of real cities that ship, as far as they were published, by name. Source: reference 5.6."""
    names = sorted(one.name for one in files("casehub.rates").joinpath("examples").iterdir())
    schemes = {example_scheme().scheme}
    found = [
        parse(_read(name), name, lambda raw: read_formula(raw, schemes=schemes))
        for name in names
        if name != _BANDS
    ]
    return {formula.formula: formula for formula in found}


def _read(name: str) -> str:
    return files("casehub.rates").joinpath("examples", name).read_text(encoding="utf-8")


@cache
def _shipped() -> RuleBook:
    scheme = example_scheme()
    return RuleBook(
        formulas={name: Kept(one) for name, one in example_formulas().items()},
        schemes={scheme.scheme: Kept(scheme)},
    )


async def rule_book(
    tx: Tx, as_of: datetime | None = None, *, kinds: Collection[Kind] = tuple(Kind)
) -> RuleBook:
    """What counts now, or counted at `as_of`; of the city's own, these kinds."""
    return with_rules(_shipped(), await store.read_rules(tx, kinds, as_of))


async def own_indicators(tx: Tx) -> list[Indicator]:
    """The indicators that the city made itself, by name."""
    return (await rule_book(tx, kinds=[Kind.INDICATOR])).own


async def _keep(
    tx: Tx, kind: Kind, name: str, content: dict[str, Any] | None, *, by: str, at: datetime
) -> None:
    """Add a version, unless the newest one says the same. The caller holds the lock of the rule book."""
    versions = await store.read_versions(tx, kind, name)
    # As text: parts in another order are another version.
    if not versions or orjson.dumps(versions[0].content) != orjson.dumps(content):
        newest = versions[0].version if versions else 0
        await store.write_rule(tx, Rule(kind, name, newest + 1, content, at, by))


async def define_indicator(tx: Tx, name: str, content: dict[str, Any], *, by: str, at: datetime) -> None:
    """Define an indicator of the city, or define it anew. Raises IndicatorInvalid with every reason."""
    if found := faults(indicator_of(name, content)):
        raise IndicatorInvalid(errors=found)
    await store.lock_rules(tx)
    await _keep(tx, Kind.INDICATOR, name, content, by=by, at=at)


async def withdraw_indicator(tx: Tx, name: str, *, by: str, at: datetime) -> None:
    """Take an indicator of the city away. Raises IndicatorNotFound, IndicatorInUse with the formulas that use it."""
    await store.lock_rules(tx)
    book = await rule_book(tx)
    if name not in book.indicators:
        raise IndicatorNotFound
    if users := users_of(name, book):
        raise IndicatorInUse(errors=users)
    await _keep(tx, Kind.INDICATOR, name, None, by=by, at=at)


async def keep_formula(tx: Tx, name: str, raw: dict[str, Any], *, by: str, at: datetime) -> None:
    """Write a formula into the rule book, over what has its name. Raises FormulaInvalid with every reason."""
    await store.lock_rules(tx)
    book = await rule_book(tx)
    formula = read_formula(_named("formula", name, raw), indicators=book.indicators, schemes=book.schemes)
    await _keep(tx, Kind.FORMULA, name, formula.model_dump(mode="json"), by=by, at=at)


async def keep_scheme(tx: Tx, name: str, raw: dict[str, Any], *, by: str, at: datetime) -> None:
    """Write grade bands into the rule book, over what has their name. Raises FormulaInvalid with every reason."""
    scheme = read_scheme(_named("scheme", name, raw))
    await store.lock_rules(tx)
    await _keep(tx, Kind.GRADES, name, scheme.model_dump(mode="json"), by=by, at=at)


def _named(key: str, name: str, raw: dict[str, Any]) -> dict[str, Any]:
    """What was sent, by the name of its address. Raises FormulaInvalid where it says another one."""
    if raw.get(key, name) != name:
        raise FormulaInvalid(errors=[Refusal(
            "name_of_address", f"{key} is {name} by its address; leave it out, or write the same", f"{key} 应与地址中的 {name} 一致，或不填", key
        )])  # fmt: skip
    return {**raw, key: name}


async def formula_versions(tx: Tx, name: str) -> list[Kept[Formula]]:
    """Every version of a formula, newest first, the shipped one last. Raises FormulaNotFound."""
    rules = await store.read_versions(tx, Kind.FORMULA, name)
    found = [with_rules(RuleBook(), [one]).formulas[name] for one in rules]
    shipped = _shipped().formulas.get(name)
    if not found and shipped is None:
        raise FormulaNotFound
    return found if shipped is None else [*found, shipped]


async def enter_marks(
    tx: Tx, name: str, days: Days, marks: Sequence[Mark], *, by: Actor, at: datetime
) -> None:
    """Give units marks for a period; over earlier ones, which stay on record. Raises FormulaNotFound, MarksInvalid."""
    formula = await _formula(tx, name)
    units = await store.read_units(tx, {mark.unit for mark in marks})
    if found := [*mark_faults(formula, marks, units, by)]:
        raise MarksInvalid(errors=found)
    said = {"formula": name, "first": days.first, "end": days.end, "made_at": at, "made_by": by.name}
    await store.write_marks(tx, marks, said)


async def marks_of(tx: Tx, name: str, days: Days) -> list[MarkRow]:
    """The marks of a formula for a period, in the order in which they were made. Raises FormulaNotFound."""
    await _formula(tx, name)
    return await store.read_marks(tx, name, days)


async def _formula(tx: Tx, name: str) -> Formula:
    kept = (await rule_book(tx, kinds=[Kind.FORMULA])).formulas.get(name)
    if kept is None:
        raise FormulaNotFound
    return kept.said
