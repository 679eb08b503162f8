"""What units are ranked by, made from what was asked: a formula of the rule book, or one indicator alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from casehub.deadlines.calendar import Calendar
from casehub.errors import Refusal
from casehub.rates.answers import Figures
from casehub.rates.counts import COUNTED
from casehub.rates.formula import Formula, Minimum, RatePart, Scheme, wanted
from casehub.rates.indicators import INDICATORS, Indicator
from casehub.rates.marks import RANKED_BY
from casehub.rates.norms import Complement, Share
from casehub.rates.problems import FormulaNotFound, QuestionInvalid
from casehub.rates.ranking import BESIDE, Unit, holiday_exposure, reaches
from casehub.rates.rulebook import Kept, RuleBook, Version
from casehub.rates.scores import Measured, ScoreNotReady, not_entered, not_given, score

Dimension = Literal["department", "unit", "district", "subdistrict", "person"]
Better = Literal["higher", "lower"]
#: A unit with fewer cases is not ranked by an indicator, as in the formulas that ship. Source: our choice.
MINIMUM = 10
#: Stands for the denominator of the one indicator that units are ranked by.
DENOMINATOR = "denominator"


class Asked(NamedTuple):
    """What was asked: a formula, or an indicator of which more or less is better."""

    formula: str | None
    indicator: str | None
    better: Better = "higher"
    by: Dimension | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """By what units are ranked; ranked by one indicator, it stands alone in a formula that is nobody's."""

    formula: Formula
    version: Version | None
    scheme: Kept[Scheme] | None
    indicators: tuple[Indicator, ...]
    by: str

    @property
    def counts(self) -> frozenset[str]:
        """The counts that must be known besides those of the indicators."""
        return (wanted(self.formula).counts | BESIDE | {"should_handle"}) & COUNTED.keys()


def contest_of(asked: Asked, book: RuleBook) -> Contest:
    """By what units are ranked. Raises QuestionInvalid, FormulaNotFound, ScoreNotReady where weights are missing."""
    if (asked.formula is None) == (asked.indicator is None):
        raise QuestionInvalid(errors=[Refusal(
            "formula_or_indicator", "say a formula or an indicator to rank by, one of them; GET /v1/formulas and GET /v1/indicators list them",
            "请给出 formula 或 indicator，须且只须一项；见 GET /v1/formulas 与 GET /v1/indicators", "formula",
        )])  # fmt: skip
    if asked.indicator is not None:
        return _by_indicator(asked, asked.indicator, book)
    kept = book.formulas.get(asked.formula or "")
    if kept is None:
        raise FormulaNotFound
    return _by_formula(asked, kept, book)


def _by_formula(asked: Asked, kept: Kept[Formula], book: RuleBook) -> Contest:
    formula, fitting = kept.said, RANKED_BY[kept.said.object]
    by = asked.by or fitting[0]
    if by not in fitting:
        raise QuestionInvalid(errors=[Refusal(
            "by_fits_object", f"{formula.formula} scores a {formula.object}; rank by {' or '.join(fitting)}",
            f"{formula.formula} 的评价对象为 {formula.object}；by 应为 {'、'.join(fitting)}", "by",
        )])  # fmt: skip
    if missing := not_given(formula):
        raise ScoreNotReady(errors=missing)
    known = _known(book)
    indicators = tuple(known[name] for name in sorted(wanted(formula).indicators))
    scheme = None if formula.bands is None else book.schemes[formula.bands]
    return Contest(formula, kept.version, scheme, indicators, by)


def _known(book: RuleBook) -> dict[str, Indicator]:
    return {one.name: one for one in (*INDICATORS, *book.own)}


def _by_indicator(asked: Asked, name: str, book: RuleBook) -> Contest:
    indicator = _known(book).get(name)
    if indicator is None:
        raise QuestionInvalid(errors=[Refusal(
            "unknown_indicator", f"there is no indicator {name}; GET /v1/indicators lists them",
            f"没有指标 {name}；见 GET /v1/indicators", "indicator",
        )])  # fmt: skip
    norm = Share() if asked.better == "higher" else Complement(kind="complement")
    said = {"title": indicator.title, "title_en": indicator.title_en}
    part = RatePart(**said, indicator=name, weight=Decimal(100), norm=norm)
    minimum = Minimum(count=DENOMINATOR, at_least=MINIMUM)
    formula = Formula(**said, formula=name, object="centre", minimum=minimum, parts={name: part})
    return Contest(formula, None, None, (indicator,), asked.by or "department")


def units_of(
    contest: Contest,
    rows: Mapping[str, Figures],
    marks: Mapping[str, Mapping[str, Decimal]],
    due_on: Mapping[str, Mapping[date, int]],
    calendar: Calendar,
) -> list[Unit]:
    """The units on which anything was to be judged, scored. Raises ScoreNotReady for all marks that are missing.

    Whoever is under the minimum needs no marks, and has no score without them.
    """
    units: list[Unit] = []
    missing: list[Refusal] = []
    for key, figures in rows.items():
        measured = _measured(contest, figures, marks.get(key, {}))
        if not _judged(contest, measured):
            continue
        lacking = list(not_entered(contest.formula, measured))
        if reaches(contest.formula.minimum, measured.counts):
            missing += (replace(one, en=f"{key}: {one.en}", zh=f"{key}：{one.zh}") for one in lacking)
        scheme = None if contest.scheme is None else contest.scheme.said
        found = None if lacking else score(contest.formula, measured, scheme)
        units.append(Unit(key, found, measured.counts, holiday_exposure(due_on.get(key, {}), calendar)))
    if missing:
        raise ScoreNotReady(errors=missing)
    return units


def _measured(contest: Contest, figures: Figures, marks: Mapping[str, Decimal]) -> Measured:
    adjusted = figures.adjusted
    rates = {one.name: one.of(adjusted) for one in contest.indicators}
    counts = {name: adjusted.get(name, 0) for name in sorted(contest.counts)}
    if contest.version is None:
        counts[DENOMINATOR] = rates[contest.formula.formula].denominator
    return Measured(rates, counts, marks)


def _judged(contest: Contest, measured: Measured) -> bool:
    """Was there anything that the formula asks for? A collector is not in a ranking of acceptors."""
    asked = wanted(contest.formula).counts
    return any(rate.denominator for rate in measured.rates.values()) or any(
        measured.counts[name] for name in sorted(asked)
    )
