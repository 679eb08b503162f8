"""Imagined formulas and units, and a second way to count a score: from its JSON alone, with nothing of ours."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from hypothesis import strategies as st

from casehub.rate import Rate
from casehub.rates.formula import Formula, read_formula
from casehub.rates.scores import Measured

INDICATORS = ("on_time_handling_rate", "rework_rate", "closing_rate")
COUNTS = ("reworked", "should_handle")
ENTERED = ("conduct", "fraud")
_NAMED = {"title": "项", "title_en": "Item"}


def _points(most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals("0.1", most, places=1)


_norms = st.one_of(
    st.just({"kind": "share"}),
    st.just({"kind": "complement"}),
    st.builds(
        lambda full, less: {"kind": "steps", "full_from_percent": full, "less_per_percent": less},
        st.integers(0, 100),
        _points(5),
    ),
    st.lists(st.integers(0, 100), min_size=2, max_size=2, unique=True).map(
        lambda two: {"kind": "linear", "none_at_percent": two[0], "full_at_percent": two[1]}
    ),
)
_rate_parts = st.builds(
    lambda indicator, weight, norm: {**_NAMED, "indicator": indicator, "weight": weight, "norm": norm},
    st.sampled_from(INDICATORS),
    _points(60),
    _norms,
)
_entered_parts = st.builds(
    lambda weight: {**_NAMED, "entered": "conduct", "weight": weight, "out_of": 10}, _points(60)
)
_sources = st.sampled_from(
    [{"count": "reworked"}, {"entered": "fraud"}, {"indicator": "closing_rate"}, {"indicator": "rework_rate"}]
)
_tallies = st.builds(
    lambda source, each, side, beyond, most: {
        **_NAMED, **source, "each": each, side: beyond, **({"most": most} if most else {}),
    },
    _sources, _points(3), st.sampled_from(["above", "below"]), st.integers(0, 100), st.none() | _points(9),
)  # fmt: skip


def _sums(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "parts": st.dictionaries(st.sampled_from("abcd"), parts, min_size=1),
            "base": st.integers(0, 20),
            "cap": st.integers(1, 120),
            "deductions": st.dictionaries(st.sampled_from("xy"), _tallies),
            "bonuses": st.dictionaries(st.sampled_from("xy"), _tallies),
        }
    )


_leaves = _rate_parts | _entered_parts
_nested = st.builds(lambda said, weight: {**_NAMED, **said, "weight": weight}, _sums(_leaves), _points(60))


def _formula(said: dict[str, Any], no_value: str) -> Formula:
    minimum = {"count": "should_handle", "at_least": 10}
    return read_formula(
        {
            **_NAMED,
            **said,
            "formula": "imagined",
            "object": "region",
            "minimum": minimum,
            "no_value": no_value,
        }
    )


formulas = st.builds(_formula, _sums(_leaves | _nested), st.sampled_from(["leave_out", "full"]))
rates = st.integers(0, 60).flatmap(lambda below: st.builds(Rate, st.integers(0, below), st.just(below)))
measurements = st.builds(
    Measured,
    rates=st.fixed_dictionaries(dict.fromkeys(INDICATORS, rates)),
    counts=st.fixed_dictionaries(dict.fromkeys(COUNTS, st.integers(0, 120))),
    entered=st.fixed_dictionaries(
        {"conduct": st.decimals(0, 10, places=1), "fraud": st.integers(0, 5).map(Decimal)}
    ),
)


def counted_again(score: dict[str, Any]) -> str | None:
    """The total that the JSON of a score gives, counted from its rules and inputs."""
    points = _points_of(score["reckoning"])
    if points is None:
        return None
    return str(Decimal(_rounded(points, 2)).scaleb(-2))


def _rounded(number: Fraction, places: int) -> int:
    return int(number * 10**places + Fraction(1, 2))


def _points_of(told: dict[str, Any]) -> Fraction | None:
    earned = {line["name"]: _earned(line) for line in told["parts"]}
    weight = {line["name"]: Fraction(line["rule"]["weight"]) for line in told["parts"]}
    weighed = sum(weight[name] for name, share in earned.items() if share is not None)
    if told["parts"] and not weighed:
        return None
    total = Fraction(told["base"])
    for name, share in earned.items():
        if share is not None:
            points = share * weight[name] * sum(weight.values()) / weighed
            total += Fraction(_rounded(points, 6), 10**6)
    total += sum(_tallied(line) for line in told["bonuses"])
    total -= sum(_tallied(line) for line in told["deductions"])
    return max(Fraction(0), min(total, Fraction(told["cap"])))


def _earned(line: dict[str, Any]) -> Fraction | None:
    if line["points"] is None:
        return None
    rule = line["rule"]
    if line["inside"] is not None:
        points = _points_of(line["inside"])
        return Fraction(1) if points is None else points / Fraction(rule["cap"])
    if line["rate"] is None:
        return Fraction(line["marks"]) / Fraction(rule["out_of"])
    if line["rate"]["denominator"] == 0:
        return Fraction(1)
    percent = Fraction(100 * line["rate"]["numerator"], line["rate"]["denominator"])
    return max(Fraction(0), min(_by_norm(rule, percent), Fraction(1)))


def _by_norm(rule: dict[str, Any], percent: Fraction) -> Fraction:
    norm = rule["norm"]
    if norm["kind"] == "share":
        return percent / 100
    if norm["kind"] == "complement":
        return (100 - percent) / 100
    if norm["kind"] == "steps":
        short = max(0, ceil(Fraction(norm["full_from_percent"]) - percent))
        return (Fraction(rule["weight"]) - short * Fraction(norm["less_per_percent"])) / Fraction(
            rule["weight"]
        )
    none_at, full_at = Fraction(norm["none_at_percent"]), Fraction(norm["full_at_percent"])
    return (percent - none_at) / (full_at - none_at)


def _tallied(line: dict[str, Any]) -> Fraction:
    rule, rate = line["rule"], line["rate"]
    if rate is not None and rate["denominator"] == 0:
        return Fraction(0)
    found = (
        Fraction(line["number"]) if rate is None else Fraction(100 * rate["numerator"], rate["denominator"])
    )
    over = found - Fraction(rule["above"] or 0) if rule["below"] is None else Fraction(rule["below"]) - found
    units = max(over, Fraction(0)) if rate is None else Fraction(max(0, ceil(over)))
    points = units * Fraction(rule["each"])
    return points if rule["most"] is None else min(points, Fraction(rule["most"]))


def half_up(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)
