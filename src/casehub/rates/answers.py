"""Sums as an answer: rows by what was asked, each rate with what it is made of, raw and adjusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Any
from urllib.parse import urlencode

from casehub.rate import Rate
from casehub.rates.counts import COUNTS
from casehub.rates.questions import BY, LEFT_OUT, NONE, ORDER, AreaName, CategoryName, Question, Sum


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of dimensions are called, and what they lie in."""

    areas: Mapping[str, AreaName] = field(default_factory=dict)
    departments: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)  # name, the one above
    categories: Mapping[str, CategoryName] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """Of whom a row tells: a code with its name, and the filters that say the same."""

    code: str | None
    name: str | None
    said: tuple[tuple[str, str], ...]


@dataclass
class Figures:
    """Counts of one row, by name: with and without what was exempted."""

    raw: dict[str, int] = field(default_factory=dict)
    exempt: dict[str, int] = field(default_factory=dict)

    @property
    def adjusted(self) -> dict[str, int]:
        """What counts: exempted tasks leave numerator and denominator. Source: reference 5.2."""
        if not self.exempt:
            return self.raw
        return {name: n - self.exempt.get(name, 0) for name, n in self.raw.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures by key, and of all together."""

    question: Question
    rows: dict[tuple[Key, ...], Figures]
    total: Figures


def answer_of(question: Question, sums: Iterable[Sum], names: Names) -> Answer:
    """The answer that these sums give."""
    grouped = list(dict.fromkeys(BY[name][1] for name in _in_order(question)))
    where = [(name, grouped.index(BY[name][1])) for name in question.by]
    keys: dict[tuple[str, str], Key] = {}
    found: dict[tuple[tuple[Key, ...], bool, bool], list[int]] = {}
    for one in sums:
        told = [(name, one.b if second else one.a) for name, second in where]
        for pair in told:
            if pair not in keys:
                keys[pair] = key_of(*pair, names, question)
        of_row = (tuple([keys[pair] for pair in told]), one.standing, one.exempt)
        found[of_row] = list(map(add, found[of_row], one.n)) if of_row in found else one.n
    rows: dict[tuple[Key, ...], Figures] = {}
    total = Figures()
    for (key, standing, exempt), numbers in found.items():
        named = _named(question, numbers, standing=standing)
        for figures in (rows.setdefault(key, Figures()), total):
            _take(figures.raw, named)
            if exempt:
                _take(figures.exempt, named)
    return Answer(question, rows if question.by else {}, total)


def _take(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, n in more.items():
        counts[name] = counts.get(name, 0) + n


def _named(question: Question, numbers: Sequence[int], *, standing: bool) -> dict[str, int]:
    if standing:
        pairs = zip(question.stocks, numbers[::2], numbers[1::2], strict=True)
        return {stock.name: began - ended for stock, began, ended in pairs}
    return {COUNTS[place].name: n for place, n in zip(question.flows, numbers, strict=True)}


def _in_order(question: Question) -> list[str]:
    return sorted(question.by, key=lambda name: ORDER.index(BY[name][1]))


def key_of(name: str, value: str, names: Names, question: Question) -> Key:
    """Whose a value is when asked by `name`."""
    if BY[name][1] in {"place", "area"}:
        return _area(name, value, names)
    if name == "department":
        return _department(value, names, question)
    if name in {"category", "category_major", "kind", "scheme"}:
        return _category(name, value, names)
    called = {
        "unit": lambda: names.departments.get(value, (None, None))[0],
        "person": lambda: names.people.get(value),
        "campaign": lambda: names.campaigns.get(value),
    }
    if not value:
        return Key(None, None, ((name, NONE),))
    return Key(value, called[name]() if name in called else value, ((name, value),))


def _area(kind: str, value: str, names: Names) -> Key:
    lies_in = names.areas[value].lies_in if value in names.areas else []
    for code in lies_in:
        if names.areas[code].kind == kind:
            return Key(code, names.areas[code].name, (("area", code),))
    return Key(None, None, ())


def _department(value: str, names: Names, question: Question) -> Key:
    """The department right below what was asked for that holds it, or is it; on top, the highest."""
    asked = question.filters.get("department") or next((d for _, d in question.parts if d is not None), None)
    if not value or value not in names.departments:
        return Key(None, None, (("unit", NONE),))
    code = value
    while code != asked and (above := names.departments[code][1]) is not None and above != asked:
        code = above
    own = code == asked
    return Key(code, names.departments[code][0], (("unit" if own else "department", code),))


def _category(name: str, value: str, names: Names) -> Key:
    one = names.categories[value]
    whole = {"scheme": (one.scheme, one.scheme), "kind": (one.kind, one.kind), "category_major": (one.major, one.major_name),
             "category": (one.code, one.name)}  # fmt: skip
    said = {"scheme": ("scheme",), "kind": ("kind",)}.get(name, ("scheme", "kind", name))
    code, called = whole[name]
    # A code is only meaningful with its scheme.
    shown = "/".join(whole[part][0] for part in said)
    return Key(shown, called, tuple((part, whole[part][0] if part != name else code) for part in said))


def shown(answer: Answer, link: Mapping[str, str], most: int | None = None) -> dict[str, Any]:
    """An answer as it is told, `most` rows of it; `link` are the parameters of the question that a drill-down repeats."""
    rows = sorted(
        answer.rows.items(), key=lambda item: [(key.code is None, key.code or "") for key in item[0]]
    )
    return {
        "rows": [
            {
                "key": [key.code for key in keys],
                "name": [key.name for key in keys],
                **_figures(
                    answer.question, figures, {**link, **dict(pair for key in keys for pair in key.said)}
                ),
            }
            for keys, figures in rows[:most]
        ],
        "more_rows": 0 if most is None else max(0, len(rows) - most),
        "total": _figures(answer.question, answer.total, link),
        "left_out": left_out(answer.total, answer.question),
    }


def left_out(figures: Figures, question: Question) -> dict[str, int]:
    """What is in no rate, by why. Source: reference 5.2."""
    below = {name.removeprefix("-") for one in question.figures for name in one.denominator}
    return {
        "exempt": sum(figures.exempt.get(name, 0) for name in sorted(below)),
        **{name: figures.raw.get(name, 0) for name in LEFT_OUT},
    }


def _figures(question: Question, figures: Figures, link: Mapping[str, str]) -> dict[str, Any]:
    adjusted, behind = figures.adjusted, urlencode(link)
    rates = {}
    for one in question.figures:
        rate = rate_out(one.of(adjusted))
        address = f"/v1/rates/cases?figure={one.name}&part="
        rates[one.name] = {
            **rate, "raw": rate_out(one.of(figures.raw)) if figures.exempt else rate,
            "cases": {part: f"{address}{part}&{behind}" for part in ("numerator", "rest")},
        }  # fmt: skip
    counts = {
        name: {"value": adjusted.get(name, 0), "cases": f"/v1/rates/cases?figure={name}&{behind}"}
        for name in question.counts
    }
    return {"indicators": rates, "counts": counts}


def rate_out(rate: Rate) -> dict[str, Any]:
    """A rate as it is told: from 0 to 1, and as it is printed."""
    percent = rate.percent
    return {
        "numerator": rate.numerator, "denominator": rate.denominator, "value": rate.value,
        "percent": None if percent is None else str(percent),
    }  # fmt: skip
