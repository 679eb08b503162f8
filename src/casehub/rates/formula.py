"""A score as its city says it: parts with weights and norms, deductions, bonuses, a cap, a minimum, grade bands.

Read from YAML, or from JSON of the same form. Source: reference 5.6 (model), 5.8 (bands).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from reprlib import repr as shortened
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, ValidationError

from casehub.errors import Problem, Refusal
from casehub.rates.counts import COUNTED
from casehub.rates.indicators import INDICATORS, OBJECTS
from casehub.rates.norms import Linear, Norm, Points, Share
from casehub.wire.text import Long, Short
from casehub.workflow.definition import DefinitionError, line_of, read_yaml

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
#: From where on a deduction or bonus counts: pieces of a count, percents of a rate.
Threshold = Annotated[Decimal, Field(ge=0, le=100_000_000, decimal_places=4)]
_RATES = frozenset(one.name for one in INDICATORS)


class FormulaInvalid(Problem):
    """The formula can't be taken; every reason is listed"""

    type, status, zh = "formula-invalid", 422, "计分办法有误，原因见 errors"


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    title: Short
    title_en: Short


class RatePart(_Said):
    """A part that a rate earns. A weight of null is one that the city has yet to give."""

    indicator: Name
    weight: Points | None
    norm: Norm = Share()


class EnteredPart(_Said):
    """A part that people mark, because no rate can give it: organisation, conduct. Marks run 0 to `out_of`."""

    entered: Name
    weight: Points | None
    out_of: Points


class Tally(_Said):
    """A deduction or a bonus: `each` for every piece of a count, or percent of a rate, `above` or `below` a threshold.

    A begun percent counts as one. `most` is the most that it takes or gives. Exactly one of count, indicator, entered.
    """

    count: Name | None = None
    indicator: Name | None = None
    entered: Name | None = None
    each: Points
    above: Threshold | None = None
    below: Threshold | None = None
    most: Points | None = None


class _Sum(_Said):
    """Base points, plus parts and bonuses, less deductions; never below 0, never above the cap."""

    base: Annotated[Decimal, Field(ge=0, le=1000, decimal_places=4)] = Decimal(0)
    parts: Annotated[dict[Name, "Part"], Field(max_length=50)] = {}
    deductions: Annotated[dict[Name, Tally], Field(max_length=50)] = {}
    bonuses: Annotated[dict[Name, Tally], Field(max_length=50)] = {}
    cap: Annotated[Decimal, Field(gt=0, le=1000, decimal_places=2)] = Decimal(100)


class Assessment(_Sum):
    """A part that is a sum of its own, such as 日常考核; its cap is worth the weight. Source: reference 0.4 S0a."""

    weight: Points | None


def _kind(said: Any) -> str:
    # A part itself when it is written as JSON; anything else is told off by Assessment.
    keys = said if isinstance(said, dict) else getattr(said, "__dict__", {})
    return next((f"({key})" for key in ("indicator", "entered") if key in keys), "(sum)")


Part = Annotated[
    Annotated[RatePart, Tag("(indicator)")]
    | Annotated[EnteredPart, Tag("(entered)")]
    | Annotated[Assessment, Tag("(sum)")],
    Discriminator(_kind),
]


class Minimum(BaseModel):
    """Units with less than so many of a count are listed apart, without a rank; the count is also their load."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: Name
    at_least: Annotated[int, Field(ge=0, le=100_000_000)]


class Formula(_Sum):
    """How units of one kind are scored, out of `cap`.

    `no_value` says what a part is worth whose rate has a denominator of zero: nothing was to be done, which is neither
    0 nor 100 %. `leave_out` takes it out and scales the other weights of its sum up; `full` gives all its points.
    Source: reference 5.2 (no value); our choice between the two.
    """

    formula: Name
    source: Long = ""
    object: Name
    no_value: Literal["leave_out", "full"] = "leave_out"
    minimum: Minimum
    bands: Name | None = None


class Band(BaseModel):
    """A grade: its word, and the colour on the map. It begins at `min` and ends where the next better one begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    min: Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
    word: Short
    word_en: Short
    colour: Name


class Scheme(_Said):
    """The grades of a city, best first; the last begins at 0, so that every score has one. Source: reference 5.8."""

    scheme: Name
    source: Long = ""
    bands: Annotated[dict[Name, Band], Field(min_length=1, max_length=20)]

    def grade(self, points: Decimal) -> Band:
        """The band of a score."""
        return next(band for band in self.bands.values() if points >= band.min)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whatever a formula has to be told of a unit."""

    indicators: frozenset[str]
    counts: frozenset[str]
    entered: frozenset[str]


def wanted(formula: Formula) -> Wanted:
    """The indicators, counts and entered values that a formula asks for, those of its minimum too."""
    items = [item for _, item in items_of(formula)]
    found = {
        kind: {name for one in items if (name := getattr(one, kind, None)) is not None}
        for kind in ("indicator", "count", "entered")
    }
    counts = found["count"] | {formula.minimum.count}
    return Wanted(frozenset(found["indicator"]), frozenset(counts), frozenset(found["entered"]))


def items_of(said: _Sum, path: str = "") -> Iterator[tuple[str, Part | Tally]]:
    """Every part, deduction and bonus, those inside of parts too, with its path."""
    for kind in ("parts", "deductions", "bonuses"):
        for name, item in getattr(said, kind).items():
            here = f"{path}{kind}.{name}"
            yield here, item
            if isinstance(item, Assessment):
                yield from items_of(item, f"{here}.")


def read_formula(raw: Any, *, indicators: Collection[str] = (), schemes: Collection[str] = ()) -> Formula:
    """A formula from what JSON or YAML says. `indicators` and `schemes` of the city may be named. Raises FormulaInvalid."""
    formula = _validated(Formula, raw)
    found = [*_faults(formula, _RATES | set(indicators)), *_faults_of_sums(formula)]
    if formula.object not in OBJECTS:
        found.append(Refusal("unknown_object", f"object is one of {', '.join(OBJECTS)}", f"评价对象应为 {'、'.join(OBJECTS)} 之一", "object"))  # fmt: skip
    if formula.minimum.count not in COUNTED:
        found.append(_unknown_count(formula.minimum.count, "minimum"))
    if formula.bands is not None and formula.bands not in schemes:
        found.append(Refusal("unknown_bands", f"there are no grade bands {formula.bands}; enter them first, or leave bands out", f"没有等级方案 {formula.bands}；请先录入，或去掉 bands", "bands"))  # fmt: skip
    if found:
        raise FormulaInvalid(errors=found)
    return formula


def read_scheme(raw: Any) -> Scheme:
    """Grade bands from what JSON or YAML says. Raises FormulaInvalid."""
    scheme = _validated(Scheme, raw)
    begins = [band.min for band in scheme.bands.values()]
    if begins != sorted(set(begins), reverse=True) or begins[-1] != 0:
        raise FormulaInvalid(errors=[Refusal("bands_descend", "bands go from the best down, each min below the one before, the last 0", "等级由高到低排列，min 逐级减小，最低一级为 0", "bands")])  # fmt: skip
    return scheme


_Read = TypeVar("_Read", Formula, Scheme)


def parse(text: str, file: str, read: Callable[[Any], _Read]) -> _Read:
    """What `read` makes of a YAML file. Raises FormulaInvalid, each reason with its file and line."""
    try:
        raw, lines, twice = read_yaml(text, file)
    except DefinitionError as error:
        raise FormulaInvalid(errors=[Refusal("yaml", str(error), f"不是有效的 YAML：{error}")]) from None
    found = [Refusal("stands_twice", f"{one}; keep one", f"{one.file}:{one.line}: 键重复，请保留一个（{one.message}）") for one in twice]  # fmt: skip
    try:
        said = read(raw)
    except FormulaInvalid as problem:
        found += [_placed(one, file, lines) for one in problem.errors]
    if found:
        raise FormulaInvalid(errors=found)
    return said


def _placed(one: Refusal, file: str, lines: dict[tuple[str, ...], int]) -> Refusal:
    at = f"{file}:{line_of(lines, tuple((one.field or '').split('.')))}: "
    return replace(one, en=f"{at}{_at(one)}{one.en}", zh=f"{at}{_at(one)}{one.zh}")


def _at(one: Refusal) -> str:
    return f"{one.field}: " if one.field else ""


_DO = {
    "missing": ("is missing; write it", "缺少此项，请补上"),
    "extra_forbidden": (
        "is not known here; take it out or mend its name",
        "此处没有这一项，请去掉或改正名称",
    ),
}


#: Levels of JSON that a formula may have; a sum inside of a sum takes two.
_LEVELS = 40


def _validated(model: type[_Read], raw: Any) -> _Read:
    level = [raw]
    for _ in range(_LEVELS):
        level = [part for one in level for part in _inside(one)]
    if level:
        raise FormulaInvalid(errors=[Refusal("too_deep", f"it has more than {_LEVELS} levels; write fewer sums inside of sums", f"嵌套超过 {_LEVELS} 层，请减少分项嵌套")])  # fmt: skip
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise FormulaInvalid(errors=[_refusal(one) for one in error.errors(include_url=False)]) from None


def _inside(one: Any) -> list[Any]:
    if isinstance(one, dict):
        return [*one.values()]
    return one if isinstance(one, list) else []


def _refusal(one: Mapping[str, Any]) -> Refusal:
    # The tags of Part stand in brackets, and are no part of the path that people see.
    path = ".".join(str(part) for part in one["loc"] if not str(part).startswith("("))
    found = shortened(one["input"])
    en, zh = _DO.get(one["type"], (f"{found}: {one['msg']}", f"值 {found} 无效：{one['msg']}"))
    return Refusal(one["type"], en, zh, path or None)


def _unknown_count(name: str, path: str) -> Refusal:
    return Refusal("unknown_count", f"there is no count {name}; GET /v1/indicators lists them", f"没有计数项 {name}；见 GET /v1/indicators", f"{path}.count")  # fmt: skip


def _faults(formula: Formula, indicators: Collection[str]) -> Iterator[Refusal]:
    for path, item in items_of(formula):
        indicator = getattr(item, "indicator", None)
        if indicator is not None and indicator not in indicators:
            yield Refusal("unknown_indicator", f"there is no indicator {indicator}; GET /v1/indicators lists them", f"没有指标 {indicator}；见 GET /v1/indicators", f"{path}.indicator")  # fmt: skip
        if isinstance(item, Tally):
            yield from _faults_of_tally(item, path)
        if (
            isinstance(item, RatePart)
            and isinstance(item.norm, Linear)
            and item.norm.none_at_percent == item.norm.full_at_percent
        ):
            yield Refusal("two_points", "a line needs two points; make full_at_percent differ from none_at_percent", "直线须有两点，full_at_percent 与 none_at_percent 不得相同", f"{path}.norm")  # fmt: skip


def _faults_of_tally(tally: Tally, path: str) -> Iterator[Refusal]:
    if sum(one is not None for one in (tally.count, tally.indicator, tally.entered)) != 1:
        yield Refusal("one_source", "say exactly one of count, indicator, entered", "count、indicator、entered 须且只须写一项", path)  # fmt: skip
    if tally.count is not None and tally.count not in COUNTED:
        yield _unknown_count(tally.count, path)
    if tally.above is not None and tally.below is not None:
        yield Refusal("one_side", "say above or below, not both", "above 与 below 只可写一项", path)
    if tally.indicator is not None and tally.above is None and tally.below is None:
        yield Refusal("goal_needed", "say the percent above or below which it counts", "须写 above 或 below（百分数）", path)  # fmt: skip


def _faults_of_sums(formula: Formula) -> Iterator[Refusal]:
    sums = [
        ("", formula),
        *((path, item) for path, item in items_of(formula) if isinstance(item, Assessment)),
    ]
    for path, said in sums:
        if not said.parts and not said.base:
            yield Refusal("nothing_given", "nothing gives points here; write parts, or base points to deduct from", "没有得分项；请写 parts，或写用于扣减的 base", f"{path}.parts".removeprefix("."))  # fmt: skip
