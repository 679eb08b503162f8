"""Scores (综合评分): what a formula gives one unit, with every input, so that the unit can count it again.

A line is exact to six decimals, half-up; a sum is the sum of its lines as they are printed; only the total is rounded
to two. Source: reference 5.6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from casehub.errors import Problem, Refusal
from casehub.rate import Rate
from casehub.rates.formula import (
    Assessment,
    Band,
    EnteredPart,
    Formula,
    Part,
    RatePart,
    Scheme,
    Tally,
    items_of,
    wanted,
)
from casehub.rates.norms import begun, earned, percent_of, plain, tell

_NOTHING = Decimal(0)
_MILLION = 10**6


class ScoreNotReady(Problem):
    """This formula can't score yet; what is missing is listed"""

    type, status, zh = "score-not-ready", 409, "尚不能按此办法计分，所缺内容见 errors"


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one unit: its rates by indicator, its counts, and what people entered."""

    rates: Mapping[str, Rate]
    counts: Mapping[str, int]
    entered: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part: its rule, its inputs and what they give; no points where its rate has no value.

    points = share of the weight that is earned x weight x (weights / weighed of the sum that it stands in).
    """

    name: str
    rule: Part
    rate: Rate | None
    percent: Decimal | None
    marks: Decimal | None
    points: Decimal | None
    words: str
    words_en: str
    inside: "Reckoning | None" = None


@dataclass(frozen=True, slots=True)
class TallyLine:
    """One deduction or bonus: its rule, its inputs and its points, which are positive in both.

    `units` is how far the number, or the percent, lies beyond the threshold; points = units x each, up to `most`.
    """

    name: str
    rule: Tally
    rate: Rate | None
    percent: Decimal | None
    number: Decimal | None
    units: Decimal
    points: Decimal
    words: str
    words_en: str


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A sum: `sum` is base + parts + bonuses - deductions, `points` the same kept within 0 and the cap.

    `weights` are those of all its parts, `weighed` those of the parts that have a value. No part has one: no points.
    """

    base: Decimal
    parts: tuple[PartLine, ...]
    deductions: tuple[TallyLine, ...]
    bonuses: tuple[TallyLine, ...]
    weights: Decimal
    weighed: Decimal
    sum: Decimal | None
    cap: Decimal
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class Score:
    """What a formula gives one unit: the total with two decimals, its grade, and how it came about."""

    formula: str
    no_value: str
    total: Decimal | None
    grade: Band | None
    reckoning: Reckoning


def score(formula: Formula, measured: Measured, scheme: Scheme | None = None) -> Score:
    """Score one unit, and grade it where bands are given. Raises ScoreNotReady. Source: reference 5.6, 5.8.

    A part whose rate has a denominator of zero is left out and the weights beside it scaled up, or given in full, as
    the formula says; every part without a value: no score.
    """
    missing = [*not_given(formula), *not_entered(formula, measured)]
    if missing:
        raise ScoreNotReady(errors=missing)
    reckoning = _reckon(formula, measured, full=formula.no_value == "full")
    points = reckoning.points
    total = None if points is None else points.quantize(Decimal("0.01"), ROUND_HALF_UP)
    grade = scheme.grade(total) if scheme is not None and total is not None else None
    return Score(formula.formula, formula.no_value, total, grade, reckoning)


def not_given(formula: Formula) -> list[Refusal]:
    """The weights that the city has yet to give. Source: reference 5.6 (平顶山: weights not printed)."""
    return [
        Refusal("weight_needed", f"{path} has no weight; put the formula with the weight that your city gives it", f"{path} 尚无权重，请按本市规定填写后再保存计分办法", f"{path}.weight")
        for path, item in items_of(formula)
        if not isinstance(item, Tally) and item.weight is None
    ]  # fmt: skip


def not_entered(formula: Formula, measured: Measured) -> Iterator[Refusal]:
    """What people have yet to mark for this unit, or marked beyond the formula."""
    for name in sorted(wanted(formula).entered - set(measured.entered)):
        yield Refusal("entered_needed", f"{name} was not entered for this unit; enter it", f"该单位的 {name} 尚未录入，请录入", f"entered.{name}")  # fmt: skip
    for _, item in items_of(formula):
        asked = getattr(item, "entered", None)
        number = None if asked is None else measured.entered.get(asked)
        most = item.out_of if isinstance(item, EnteredPart) else None
        if number is not None and (number < 0 or (most is not None and number > most)):
            en = f"from 0 to {plain(most)}" if most else "0 or more"
            zh = f"在 0 至 {plain(most)} 之间" if most else "不小于 0"
            yield Refusal("entered_beyond", f"{asked} is {number}, but must be {en}; correct it", f"{asked} 为 {number}，应{zh}，请更正", f"entered.{asked}")  # fmt: skip


class _Earned(NamedTuple):
    """The share of its weight that a part earns, in words too, and the sum inside."""

    share: Fraction | None
    zh: str
    en: str
    inside: Reckoning | None = None


def _reckon(said: Formula | Assessment, measured: Measured, *, full: bool) -> Reckoning:
    shares = {name: _earned(part, measured, full=full) for name, part in said.parts.items()}
    weights = sum((_weight(part) for part in said.parts.values()), _NOTHING)
    weighed = sum(
        (_weight(said.parts[name]) for name, one in shares.items() if one.share is not None), _NOTHING
    )
    parts = tuple(
        _part_line(name, part, shares[name], measured, (weights, weighed))
        for name, part in said.parts.items()
    )
    deductions = tuple(_tally_line(name, tally, measured) for name, tally in said.deductions.items())
    bonuses = tuple(_tally_line(name, tally, measured) for name, tally in said.bonuses.items())
    if parts and not weighed:
        return Reckoning(said.base, parts, deductions, bonuses, weights, weighed, None, said.cap, None)
    given = sum((line.points for line in parts if line.points is not None), said.base)
    raw = given + _points(bonuses) - _points(deductions)
    points = min(max(raw, _NOTHING), said.cap)
    return Reckoning(said.base, parts, deductions, bonuses, weights, weighed, raw, said.cap, points)


def _weight(part: Part) -> Decimal:
    assert part.weight is not None, "a formula without all its weights does not score"
    return part.weight


def _earned(part: Part, measured: Measured, *, full: bool) -> _Earned:
    weight = plain(_weight(part))
    match part:
        case RatePart():
            rate = measured.rates[part.indicator]
            if not rate.denominator:
                return _without_value(weight, full=full)
            return _Earned(earned(part.norm, rate, _weight(part)), *tell(part.norm, rate, _weight(part)))
        case EnteredPart():
            marks = measured.entered[part.entered]
            said = f"{plain(marks)} / {plain(part.out_of)} × {weight}"
            return _Earned(Fraction(marks) / Fraction(part.out_of), said, said)
        case Assessment():
            inside = _reckon(part, measured, full=full)
            if inside.points is None:
                return _without_value(weight, full=full)._replace(inside=inside)
            said = f"{plain(inside.points)} / {plain(part.cap)} × {weight}"
            return _Earned(Fraction(inside.points) / Fraction(part.cap), said, said, inside)


def _without_value(weight: str, *, full: bool) -> _Earned:
    if full:
        return _Earned(
            Fraction(1), f"无应办事项，按满分计：{weight}", f"nothing was to be done, given in full: {weight}"
        )
    return _Earned(None, "无应办事项，不计，其余权重按比例放大", "nothing was to be done: left out, the other weights are scaled up")  # fmt: skip


def _part_line(
    name: str, part: Part, got: _Earned, measured: Measured, scale: tuple[Decimal, Decimal]
) -> PartLine:
    weights, weighed = scale
    points, given = None, ""
    if got.share is not None:
        points = _six(got.share * Fraction(_weight(part)) * Fraction(weights) / Fraction(weighed))
        scaled = "" if weights == weighed else f" (× {plain(weights)}/{plain(weighed)})"
        given = f"{scaled} = {plain(points)}"
    rate = measured.rates[part.indicator] if isinstance(part, RatePart) else None
    marks = measured.entered[part.entered] if isinstance(part, EnteredPart) else None
    percent = rate.percent if rate else None
    return PartLine(
        name, part, rate, percent, marks, points, got.zh + given, got.en + given, got.inside
    )  # fmt: skip


def _points(tallies: tuple[TallyLine, ...]) -> Decimal:
    return sum((line.points for line in tallies), _NOTHING)


def _tally_line(name: str, tally: Tally, measured: Measured) -> TallyLine:
    rate = None if tally.indicator is None else measured.rates[tally.indicator]
    number = None if rate is not None else _number(tally, measured)
    units = _units_of_rate(tally, rate) if rate is not None else _beyond(tally, Fraction(number or 0))
    taken = units * Fraction(tally.each)
    points = _six(taken if tally.most is None else min(taken, Fraction(tally.most)))
    zh, en = _told(tally, rate, number)
    given = f"{plain(_six(units))} × {plain(tally.each)} = {plain(points)}"
    percent = None if rate is None else rate.percent
    return TallyLine(
        name, tally, rate, percent, number, _six(units), points, f"{zh}：{given}", f"{en}: {given}"
    )  # fmt: skip


def _number(tally: Tally, measured: Measured) -> Decimal:
    if tally.count is not None:
        return Decimal(measured.counts[tally.count])
    assert tally.entered is not None, "a tally has exactly one source"
    return measured.entered[tally.entered]


def _units_of_rate(tally: Tally, rate: Rate) -> Fraction:
    """A begun percent counts as one; none where nothing was to be done."""
    return Fraction(begun(_beyond(tally, percent_of(rate)))) if rate.denominator else Fraction(0)


def _beyond(tally: Tally, found: Fraction) -> Fraction:
    beyond = found - Fraction(tally.above or 0) if tally.below is None else Fraction(tally.below) - found
    return max(beyond, Fraction(0))


def _told(tally: Tally, rate: Rate | None, number: Decimal | None) -> tuple[str, str]:
    unit, found = (
        ("", plain(number or _NOTHING)) if rate is None else ("%", f"{rate.numerator}/{rate.denominator}")
    )
    if rate is not None and rate.denominator:
        found += f" = {rate.percent}%"
    zh = en = found
    if tally.below is not None:
        zh, en = f"{zh}，低于 {plain(tally.below)}{unit}", f"{en}, below {plain(tally.below)}{unit}"
    if tally.above is not None:
        zh, en = f"{zh}，高于 {plain(tally.above)}{unit}", f"{en}, above {plain(tally.above)}{unit}"
    if tally.most is not None:
        zh, en = f"{zh}，至多 {plain(tally.most)} 分", f"{en}, at most {plain(tally.most)} points"
    return zh, en


def _six(number: Fraction) -> Decimal:
    """Six decimals, half-up; never negative here."""
    return Decimal(int(number * _MILLION + Fraction(1, 2))) / _MILLION
