"""Sums as an answer: rows by what was asked, each rate with what it is made of, raw and adjusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from casehub.rates.cells import DIMS
from casehub.rates.counts import COUNTS, STOCKS
from casehub.rates.indicators import Rate
from casehub.rates.questions import BY, LEFT_OUT, NONE, AreaName, CategoryName, Question, Sum


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of dimensions are called, and what they lie in."""

    areas: Mapping[str, AreaName] = field(default_factory=dict)
    departments: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)  # name, the one above
    categories: Mapping[str, CategoryName] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


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

    def take(self, name: str, n: int, *, exempt: bool) -> None:
        """Add so many."""
        self.raw[name] = self.raw.get(name, 0) + n
        if exempt:
            self.exempt[name] = self.exempt.get(name, 0) + n

    @property
    def adjusted(self) -> dict[str, int]:
        """What counts: exempted tasks leave numerator and denominator. Source: reference 5.2."""
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
    rows: dict[tuple[Key, ...], Figures] = {}
    total = Figures()
    keys: dict[tuple[str, str], tuple[Key, ...]] = {}
    for one in sums:
        values = dict(zip(grouped, (one.a, one.b), strict=False))
        key = keys.get((one.a, one.b))
        if key is None:
            key = tuple(key_of(name, values[BY[name][1]], names, question) for name in question.by)
            keys[one.a, one.b] = key
        row = rows.setdefault(key, Figures())
        for name, n in _named(one, question):
            row.take(name, n, exempt=one.exempt)
            total.take(name, n, exempt=one.exempt)
    return Answer(question, rows if question.by else {}, total)


def _in_order(question: Question) -> list[str]:
    return sorted(question.by, key=lambda name: DIMS.index(BY[name][1]))


def _named(one: Sum, question: Question) -> list[tuple[str, int]]:
    name = COUNTS[one.place].name
    if not one.standing:
        return [(name, one.n)]
    return [
        (stock.name, one.n if stock.began == name else -one.n)
        for stock in STOCKS
        if name in {stock.began, stock.ended} and stock.name in question.names
    ]


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


def shown(answer: Answer, link: Mapping[str, str]) -> dict[str, Any]:
    """An answer as it is told; `link` are the parameters of the question that a drill-down repeats."""
    question = answer.question
    rows = sorted(
        answer.rows.items(), key=lambda item: [(key.code is None, key.code or "") for key in item[0]]
    )
    return {
        "rows": [
            {
                "key": [key.code for key in keys],
                "name": [key.name for key in keys],
                **_figures(question, figures, {**link, **dict(pair for key in keys for pair in key.said)}),
            }
            for keys, figures in rows
        ],
        "total": _figures(question, answer.total, dict(link)),
        "left_out": left_out(answer.total, question),
    }


def left_out(figures: Figures, question: Question) -> dict[str, int]:
    """What is in no rate, by why. Source: reference 5.2."""
    below = {name.removeprefix("-") for one in question.figures for name in one.denominator}
    return {
        "exempt": sum(figures.exempt.get(name, 0) for name in sorted(below)),
        **{name: figures.raw.get(name, 0) for name in LEFT_OUT},
    }


def _figures(question: Question, figures: Figures, link: Mapping[str, str]) -> dict[str, Any]:
    adjusted = figures.adjusted
    rates = {}
    for one in question.figures:
        rate, raw = one.of(adjusted), one.of(figures.raw)
        behind = {part: _behind(one.name, part, link) for part in ("numerator", "rest")}
        rates[one.name] = {**rate_out(rate), "raw": rate_out(raw), "cases": behind}
    counts = {
        name: {"value": adjusted.get(name, 0), "cases": _behind(name, None, link)} for name in question.counts
    }
    return {"indicators": rates, "counts": counts}


def rate_out(rate: Rate) -> dict[str, Any]:
    """A rate as it is told: from 0 to 1, and as it is printed."""
    percent = rate.percent
    return {
        "numerator": rate.numerator, "denominator": rate.denominator, "value": rate.value,
        "percent": None if percent is None else str(percent),
    }  # fmt: skip


def _behind(name: str, part: str | None, link: Mapping[str, str]) -> str:
    said: Sequence[tuple[str, str]] = [("figure", name), *([("part", part)] if part else []), *link.items()]
    return f"/v1/rates/cases?{urlencode(said)}"
