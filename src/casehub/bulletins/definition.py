"""A bulletin as its city defines it, read from YAML or from JSON of the same form. Source: reference 5.7."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casehub.bulletins.problems import BulletinDefinitionInvalid
from casehub.errors import Refusal
from casehub.rates.counts import COUNTED
from casehub.rates.formula import Formula, Minimum, Name, RatePart, wanted
from casehub.rates.indicators import INDICATORS, Indicator
from casehub.rates.norms import Complement, Share
from casehub.rates.scores import not_given
from casehub.wire.text import Long, Short
from casehub.workflow.definition import DefinitionError, line_of, read_yaml


class Rhythm(StrEnum):
    """How often a bulletin appears: the names of the periods that rates have. Source: reference 5.7."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Section(StrEnum):
    """A part of a bulletin; it prints them in the order in which its definition names them."""

    OVERVIEW = "overview"
    CHECK = "check"
    COMPARISON = "comparison"
    GROUPS = "groups"
    RANKING = "ranking"
    CLASSES = "classes"
    HAZARDS = "hazards"
    CHANNELS = "channels"
    SPECIAL = "special"
    OVERDUE = "overdue"
    LETTERS = "letters"
    CAMPAIGNS = "campaigns"


OTHER_NAME = Refusal("one_name", "is not the name in the address; say the same there and here", "与地址中的名称不一致，请改为相同", "bulletin")  # fmt: skip
#: Indicators that a table as wide as a page has room for.
_MOST_COLUMNS = 8
_RATES: dict[str, Indicator] = {one.name: one for one in INDICATORS}
By = Literal["district", "subdistrict", "department", "unit"]
UnitKind = Literal["district_platform", "bureau", "squad", "firm", "utility"]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Said):
    """Units that are told and ranked together: areas of a kind, departments with those below (department) or without (unit).

    Those named by `codes`; else the departments of these `kinds`; else all that there are. A department tells with those
    below it, and so has none above it.
    """

    title: Short
    title_en: Short
    by: By
    codes: Annotated[tuple[Short, ...], Field(max_length=200)] = ()
    kinds: Annotated[tuple[UnitKind, ...], Field(max_length=5)] = ()


class Ranking(_Said):
    """By what units are ranked: one indicator, best first, or a formula of points. Source: reference 5.6, 5.7."""

    indicator: Name | None = None
    least_first: Annotated[bool, Field(description="The lowest rate ranks first: rework, returns.")] = False
    formula: Name | None = None
    minimum: Annotated[Minimum | None, Field(description="Under it a unit is listed apart; a formula may have its own.")] = None  # fmt: skip


class Definition(_Said):
    """A bulletin that the city draws up again and again."""

    bulletin: Name
    title: Short
    title_en: Short
    rhythm: Rhythm
    scheduled: Annotated[bool, Field(description="Drawn up by itself when its period is over.")] = True
    issuer: Annotated[Short, Field(description="Who signs it.")]
    issuer_en: Short
    basis: Annotated[Long, Field(description="The measures (考核办法) by which it evaluates.")]
    basis_en: Long
    indicators: Annotated[tuple[Name, ...], Field(min_length=1, max_length=_MOST_COLUMNS)]
    groups: Annotated[tuple[Group, ...], Field(max_length=20)] = ()
    ranking: Ranking | None = None
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=len(Section))]


@dataclass(frozen=True, slots=True)
class Known:
    """What a city has that a definition may name: its departments, its areas by kind, and formulas."""

    departments: Mapping[str, str | None]  # the one above each
    areas: Mapping[str, Collection[str]]
    formulas: Mapping[str, Formula]


def read_definition(raw: Any) -> Definition:
    """A definition from what JSON or YAML says. Raises BulletinDefinitionInvalid with every reason."""
    try:
        return Definition.model_validate(raw)
    except ValidationError as error:
        raise BulletinDefinitionInvalid(errors=[_refusal(one) for one in error.errors(include_url=False)]) from None  # fmt: skip


def parse(text: str, file: str) -> Definition:
    """A definition from a YAML file. Raises BulletinDefinitionInvalid, each reason with its file and line."""
    try:
        raw, lines, twice = read_yaml(text, file)
    except DefinitionError as error:
        raise BulletinDefinitionInvalid(errors=[Refusal("yaml", str(error), f"不是有效的 YAML：{error}")]) from None  # fmt: skip
    found = [Refusal("stands_twice", f"{one}; keep one", f"{one.file}:{one.line}: 键重复，请保留一个（{one.message}）") for one in twice]  # fmt: skip
    try:
        said = read_definition(raw)
    except BulletinDefinitionInvalid as problem:
        found += [_placed(one, file, lines) for one in problem.errors]
    if found:
        raise BulletinDefinitionInvalid(errors=found)
    return said


def _placed(one: Refusal, file: str, lines: dict[tuple[str, ...], int]) -> Refusal:
    at = f"{file}:{line_of(lines, tuple((one.field or '').split('.')))}: {one.field or ''}: "
    return replace(one, en=at + one.en, zh=at + one.zh)


def _refusal(one: Mapping[str, Any]) -> Refusal:
    field = ".".join(str(part) for part in one["loc"]) or None
    match one["type"]:
        case "missing":
            return Refusal("missing", "is missing; write it", "缺少此项，请补上", field)
        case "extra_forbidden":
            return Refusal("extra_forbidden", "is not known here; take it out or mend its name", "此处没有这一项，请去掉或改正名称", field)  # fmt: skip
    return Refusal(one["type"], f"{one['input']!r}: {one['msg']}", f"值 {one['input']!r} 无效：{one['msg']}", field)  # fmt: skip


def faults(definition: Definition, known: Known) -> list[Refusal]:
    """Everything that a city can't draw up as it is said."""
    found = [
        Refusal("unknown_figure", f"there is no {name}; GET /v1/indicators lists all", f"没有指标 {name}；见 GET /v1/indicators", f"indicators.{place}")
        for place, name in enumerate(definition.indicators)
        if name not in _RATES and name not in COUNTED
    ]  # fmt: skip
    for field, named in (("indicators", definition.indicators), ("sections", definition.sections)):
        if len(set(named)) < len(named):
            found.append(Refusal("named_once", "name each one once", "每项只写一次", field))
    for place, group in enumerate(definition.groups):
        found += _faults_of_group(group, f"groups.{place}", known)
    return [*found, *_faults_of_sections(definition), *_faults_of_ranking(definition.ranking, known)]


def _faults_of_group(group: Group, field: str, known: Known) -> Iterator[Refusal]:
    departments = group.by in {"department", "unit"}
    there = known.departments if departments else known.areas.get(group.by, ())
    where = "GET /v1/departments" if departments else f"GET /v1/areas?kind={group.by}"
    for place, code in enumerate(group.codes):
        if code not in there:
            yield Refusal("unknown_unit", f"there is no {group.by} {code}; see {where}", f"没有单位或区域 {code}；见 {where}", f"{field}.codes.{place}")  # fmt: skip
        elif group.by == "department" and known.departments[code] is not None:
            yield Refusal("on_top", f"{code} lies below {known.departments[code]}: name that one, or tell units (by: unit)", f"{code} 隶属于 {known.departments[code]}：请填写上级部门，或改用 by: unit", f"{field}.codes.{place}")  # fmt: skip
    if group.kinds and (group.codes or not departments):
        yield Refusal("codes_or_kinds", "say kinds only for departments, and not together with codes", "kinds 仅用于部门，且不与 codes 同用", f"{field}.kinds")  # fmt: skip


def _faults_of_sections(definition: Definition) -> Iterator[Refusal]:
    said = {*definition.sections}
    if said & {Section.GROUPS, Section.RANKING} and not definition.groups:
        yield Refusal("groups_needed", "the sections groups and ranking tell of groups; name at least one", "groups、ranking 两节须有单位分组，请至少写一组", "groups")  # fmt: skip
    if Section.RANKING in said and definition.ranking is None:
        yield Refusal("ranking_needed", "the section ranking needs a ranking: an indicator or a formula", "ranking 一节须写明排名依据（indicator 或 formula）", "ranking")  # fmt: skip


def _faults_of_ranking(ranking: Ranking | None, known: Known) -> Iterator[Refusal]:
    if ranking is None:
        return
    if (ranking.indicator is None) == (ranking.formula is None):
        yield Refusal("one_ranking", "rank by an indicator or by a formula: say exactly one", "indicator 与 formula 须且只须写一项", "ranking")  # fmt: skip
    if ranking.indicator is not None and ranking.indicator not in _RATES:
        yield Refusal("unknown_indicator", f"there is no indicator {ranking.indicator}; GET /v1/indicators lists them", f"没有指标 {ranking.indicator}；见 GET /v1/indicators", "ranking.indicator")  # fmt: skip
    if ranking.indicator is not None and ranking.minimum is None:
        yield Refusal("minimum_needed", "say how many of which count a unit needs to be ranked", "请写明参加排名所需的最低件数", "ranking.minimum")  # fmt: skip
    if ranking.minimum is not None and ranking.minimum.count not in COUNTED:
        yield Refusal("unknown_count", f"there is no count {ranking.minimum.count}; GET /v1/indicators lists them", f"没有计数项 {ranking.minimum.count}；见 GET /v1/indicators", "ranking.minimum.count")  # fmt: skip
    if ranking.formula is not None:
        yield from _faults_of_formula(ranking.formula, known)


def _faults_of_formula(name: str, known: Known) -> Iterator[Refusal]:
    formula = known.formulas.get(name)
    if formula is None:
        there = ", ".join(sorted(known.formulas))
        yield Refusal("unknown_formula", f"there is no formula {name}; there are {there}", f"没有计分办法 {name}；可用：{there}", "ranking.formula")  # fmt: skip
        return
    if missing := not_given(formula):
        yield Refusal("weights_needed", f"{name} lacks weights: {missing[0].en}", f"{name} 缺少权重：{missing[0].zh}", "ranking.formula")  # fmt: skip
    if own := sorted(wanted(formula).indicators - set(_RATES)):
        yield Refusal("shipped_only", f"{name} asks for indicators of the city's own ({', '.join(own)}); a bulletin knows those that ship", f"{name} 含本市自定义指标（{'、'.join(own)}），通报仅支持内置指标", "ranking.formula")  # fmt: skip
    if entered := sorted(wanted(formula).entered):
        yield Refusal("counted_only", f"{name} asks for marks that people give ({', '.join(entered)}); a bulletin ranks by what is counted", f"{name} 含人工评分项（{'、'.join(entered)}），通报只按系统计数排名", "ranking.formula")  # fmt: skip


def formula_of(ranking: Ranking, formulas: Mapping[str, Formula]) -> Formula:
    """The formula that ranks: the one named, or the indicator itself in percent."""
    if ranking.formula is not None:
        formula = formulas[ranking.formula]
        return formula if ranking.minimum is None else formula.model_copy(update={"minimum": ranking.minimum})
    assert ranking.indicator is not None
    assert ranking.minimum is not None
    one = _RATES[ranking.indicator]
    least = ranking.least_first
    norm = Complement(kind="complement") if least else Share()
    title, title_en = (
        (f"100－{one.title}", f"100 less {one.title_en}") if least else (one.title, one.title_en)
    )
    part = RatePart(title=title, title_en=title_en, indicator=one.name, weight=Decimal(100), norm=norm)
    return Formula(
        formula=one.name, title=title, title_en=title_en, object="department", minimum=ranking.minimum, parts={one.name: part},
    )  # fmt: skip
