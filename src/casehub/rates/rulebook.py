"""The rule book of a city (考核办法): its own indicators, its formulas and its grades, in versions that never change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from casehub.errors import Refusal
from casehub.rates.formula import Formula, Scheme, wanted
from casehub.rates.indicators import Indicator


class Kind(StrEnum):
    """What a rule book holds."""

    INDICATOR = "indicator"
    FORMULA = "formula"
    GRADES = "grades"


class Rule(NamedTuple):
    """A version of something, as it is kept; its content is None where it was taken away."""

    kind: Kind
    name: str
    version: int
    content: dict[str, Any] | None
    made_at: datetime
    made_by: str


class Version(NamedTuple):
    """Which version something is, by whom and when."""

    version: int
    made_at: datetime | None
    made_by: str | None


SHIPPED = Version(0, None, None)
_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Kept(Generic[_Said]):
    """Something of the rule book, and which version of it."""

    said: _Said
    version: Version = SHIPPED


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What counts, by name: what ships, and over it what the city wrote."""

    indicators: Mapping[str, Kept[Indicator]] = field(default_factory=dict)
    formulas: Mapping[str, Kept[Formula]] = field(default_factory=dict)
    schemes: Mapping[str, Kept[Scheme]] = field(default_factory=dict)

    @property
    def own(self) -> list[Indicator]:
        """The indicators of the city, by name."""
        return [self.indicators[name].said for name in sorted(self.indicators)]


def with_rules(shipped: RuleBook, rules: Iterable[Rule]) -> RuleBook:
    """What ships, with these rules over it: one version of each name."""
    indicators, formulas, schemes = dict(shipped.indicators), dict(shipped.formulas), dict(shipped.schemes)
    for rule in rules:
        if rule.content is None:
            continue
        version = Version(rule.version, rule.made_at, rule.made_by)
        match rule.kind:
            case Kind.INDICATOR:
                indicators[rule.name] = Kept(indicator_of(rule.name, rule.content), version)
            case Kind.FORMULA:
                formulas[rule.name] = Kept(Formula.model_validate(rule.content), version)
            case Kind.GRADES:
                schemes[rule.name] = Kept(Scheme.model_validate(rule.content), version)
    return RuleBook(indicators, formulas, schemes)


def indicator_of(name: str, content: Mapping[str, Any]) -> Indicator:
    """An indicator from its content: {title, title_en, numerator[], denominator[], objects[], source}."""
    said: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in content.items()
    }
    return Indicator(name, **said)


def users_of(indicator: str, book: RuleBook) -> list[Refusal]:
    """The formulas that an indicator can't be taken away from."""
    return [
        Refusal("used_by_formula", f"formula {name} uses it; put {name} without it first", f"计分办法 {name} 正在使用该指标；请先从 {name} 中去掉", f"formulas.{name}")
        for name, kept in sorted(book.formulas.items())
        if indicator in wanted(kept.said).indicators
    ]  # fmt: skip
