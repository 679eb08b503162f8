"""How the rule book, marks and rankings are told."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.rate import Rate
from casehub.rates.answers import rate_out
from casehub.rates.commands_rankings import Ranked
from casehub.rates.formula import Band, Formula, Name, Scheme, wanted
from casehub.rates.marks import Mark, MarkRow
from casehub.rates.norms import plain
from casehub.rates.ranking import Burden, Standing
from casehub.rates.rulebook import Kept, Version
from casehub.rates.schemas import RateOut
from casehub.rates.scores import PartLine, Reckoning, TallyLine, not_given
from casehub.wire.problems import ReasonOut, reason
from casehub.wire.text import CivilDay, Long, Short

Term = Annotated[str, StringConstraints(pattern=r"^-?[a-z][a-z0-9_]{0,59}$")]
Terms = Annotated[list[Term], Field(min_length=1, max_length=20)]


class IndicatorIn(BaseModel):
    """A rate of the city's own: the sum of some counts over the sum of others; `-name` takes one away."""

    model_config = ConfigDict(extra="forbid")
    title: Short
    title_en: Short
    numerator: Terms
    denominator: Terms
    objects: Annotated[list[Name], Field(max_length=10)] = []
    source: Long = ""


class MarkIn(BaseModel):
    """What one unit is given for one thing that the formula asks people for."""

    model_config = ConfigDict(extra="forbid")
    unit: Annotated[Short, Field(description="Code of the area, department or person.")]
    entered: Name
    value: Annotated[Decimal, Field(ge=0, le=100_000_000, decimal_places=4)]


class MarksIn(BaseModel):
    """Marks for a period; over earlier ones, which stay on record."""

    model_config = ConfigDict(extra="forbid")
    first: Annotated[CivilDay, Field(alias="from")]
    end: Annotated[CivilDay, Field(alias="to", description="The day after the last.")]
    marks: Annotated[list[MarkIn], Field(min_length=1, max_length=5000)]

    def said(self) -> list[Mark]:
        """The marks."""
        return [Mark(one.entered, one.unit, one.value) for one in self.marks]


class VersionOut(BaseModel):
    """A version of something in the rule book; version 0 ships with casehub."""

    version: int
    made_at: datetime | None
    made_by: str | None


class FormulaOut(VersionOut):
    """A formula."""

    formula: str
    title: str
    object: str
    lacks: list[ReasonOut] = Field(description="What must be given before it can score.")
    entered: list[str] = Field(description="What people mark for it.")


class FormulaWholeOut(FormulaOut):
    """A formula with all that it says, in the form in which it is put, and its versions, newest first."""

    content: dict[str, Any]
    versions: list[VersionOut]


class GradesOut(VersionOut):
    """Grade bands, in the form in which they are put."""

    content: dict[str, Any]


class MarkOut(BaseModel):
    """A mark as it was entered."""

    unit: str
    entered: str
    value: str
    made_at: datetime
    made_by: str
    counts: bool = Field(description="False for one that was corrected since.")


class MarksOut(BaseModel):
    """The marks of a period, in the order in which they were entered."""

    first: date
    end: date
    marks: list[MarkOut]


class PartOut(BaseModel):
    """A part of a score: points = what its rule gives its inputs; null where its rate has no value."""

    name: str
    title: str
    weight: str
    rate: RateOut | None
    marks: str | None
    points: str | None
    words: str = Field(description="The sum to do by hand.")
    inside: "ReckoningOut | None"


class TallyOut(BaseModel):
    """A deduction or bonus: points = units × each."""

    name: str
    title: str
    rate: RateOut | None
    number: str | None
    units: str
    points: str
    words: str


class ReckoningOut(BaseModel):
    """sum = base + parts + bonuses - deductions; points are the sum kept within 0 and the cap."""

    base: str
    parts: list[PartOut]
    deductions: list[TallyOut]
    bonuses: list[TallyOut]
    weights: str = Field(description="Of all parts.")
    weighed: str = Field(description="Of those that have a value.")
    sum: str | None
    cap: str
    points: str | None


class GradeOut(BaseModel):
    """A grade."""

    word: str
    colour: str


class BurdenOut(BaseModel):
    """What a unit had to bear."""

    load: int = Field(description="The count that the minimum is of.")
    load_share: RateOut
    urgent_share: RateOut
    difficult_share: RateOut
    holiday_exposure: RateOut = Field(description="Handling deadlines on days on which the city rests.")


class StandingOut(BaseModel):
    """A unit, with all that its score was made of."""

    key: str
    name: str | None
    rank: int | None
    score: str | None
    grade: GradeOut | None
    reckoning: ReckoningOut | None
    burden: BurdenOut
    apart: ReasonOut | None = Field(description="Why it has no rank.")


class MinimumOut(BaseModel):
    """Units with less are listed apart."""

    count: str
    at_least: int


class RankingOut(BaseModel):
    """A ranking; ties share a rank, and the next one is skipped."""

    first: date
    end: date
    at: datetime = Field(description="The instant at which it is so; as_of with it gives the same again.")
    by: str
    whole_city: bool = Field(
        description="False: only that part was ranked which you see; ranks in the city may differ."
    )
    formula: str | None
    indicator: str | None
    title: str
    version: int | None = Field(description="Of the formula.")
    grades: str | None
    grades_version: int | None
    minimum: MinimumOut
    ranked: list[StandingOut]
    apart: list[StandingOut]
    best: list[str]
    worst: list[str]


def version_out(one: Version) -> dict[str, Any]:
    """Which version, by whom and when."""
    return one._asdict()


def formula_out(kept: Kept[Formula], *, zh: bool) -> dict[str, Any]:
    """A formula in a list."""
    said = kept.said
    return {
        "formula": said.formula, "title": said.title if zh else said.title_en, "object": said.object,
        "lacks": [reason(one, zh=zh) for one in not_given(said)], "entered": sorted(wanted(said).entered),
        **version_out(kept.version),
    }  # fmt: skip


def whole_out(kept: Kept[Formula], versions: list[Kept[Formula]], *, zh: bool) -> dict[str, Any]:
    """A formula with all that it says."""
    return {
        **formula_out(kept, zh=zh),
        "content": kept.said.model_dump(mode="json"),
        "versions": [version_out(one.version) for one in versions],
    }


def grades_out(kept: Kept[Scheme]) -> dict[str, Any]:
    """Grade bands."""
    return {"content": kept.said.model_dump(mode="json"), **version_out(kept.version)}


def marks_out(rows: list[MarkRow]) -> list[dict[str, Any]]:
    """Marks, with which of them count."""
    last = {(row.unit, row.entered): row.mark_no for row in rows}
    return [
        {
            "unit": row.unit, "entered": row.entered, "value": plain(row.value), "made_at": row.made_at, "made_by": row.made_by,
            "counts": last[row.unit, row.entered] == row.mark_no,
        }
        for row in rows
    ]  # fmt: skip


def ranking_out(told: Ranked, *, zh: bool) -> dict[str, Any]:
    """A ranking."""
    contest, ranking = told.contest, told.ranking
    formula, scheme, version = contest.formula, contest.scheme, contest.version
    return {
        "by": contest.by, "whole_city": told.whole_city,
        "formula": None if version is None else formula.formula,
        "indicator": formula.formula if version is None else None,
        "title": formula.title if zh else formula.title_en,
        "version": None if version is None else version.version,
        "grades": None if scheme is None else scheme.said.scheme,
        "grades_version": None if scheme is None else scheme.version.version,
        "minimum": formula.minimum.model_dump(),
        "ranked": [_standing(one, told, zh=zh) for one in ranking.ranked],
        "apart": [_standing(one, told, zh=zh) for one in ranking.apart],
        "best": [one.key for one in ranking.best],
        "worst": [one.key for one in ranking.worst],
    }  # fmt: skip


def _standing(one: Standing, told: Ranked, *, zh: bool) -> dict[str, Any]:
    score = told.units[one.key].score
    return {
        "key": one.key, "name": told.names[one.key], "rank": one.rank, "score": _said(one.total),
        "grade": None if one.grade is None else _grade(one.grade, zh=zh),
        "reckoning": None if score is None else _reckoning(score.reckoning, zh=zh),
        "burden": _burden(one.burden),
        "apart": None if one.apart is None else reason(one.apart, zh=zh),
    }  # fmt: skip


def _said(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _grade(band: Band, *, zh: bool) -> dict[str, str]:
    return {"word": band.word if zh else band.word_en, "colour": band.colour}


def _burden(one: Burden) -> dict[str, Any]:
    shares = ("load_share", "urgent_share", "difficult_share", "holiday_exposure")
    return {"load": one.load, **{name: rate_out(getattr(one, name)) for name in shares}}


def _reckoning(one: Reckoning, *, zh: bool) -> dict[str, Any]:
    return {
        "base": plain(one.base),
        "parts": [_part(line, zh=zh) for line in one.parts],
        "deductions": [_tally(line, zh=zh) for line in one.deductions],
        "bonuses": [_tally(line, zh=zh) for line in one.bonuses],
        "weights": plain(one.weights), "weighed": plain(one.weighed), "sum": _plain(one.sum), "cap": plain(one.cap),
        "points": _plain(one.points),
    }  # fmt: skip


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    return None if rate is None else rate_out(rate)


def _part(line: PartLine, *, zh: bool) -> dict[str, Any]:
    rule = line.rule
    return {
        "name": line.name, "title": rule.title if zh else rule.title_en, "weight": _plain(rule.weight),
        "rate": _rate(line.rate), "marks": _plain(line.marks), "points": _plain(line.points),
        "words": line.words if zh else line.words_en,
        "inside": None if line.inside is None else _reckoning(line.inside, zh=zh),
    }  # fmt: skip


def _tally(line: TallyLine, *, zh: bool) -> dict[str, Any]:
    rule = line.rule
    return {
        "name": line.name, "title": rule.title if zh else rule.title_en, "rate": _rate(line.rate),
        "number": _plain(line.number), "units": plain(line.units), "points": plain(line.points),
        "words": line.words if zh else line.words_en,
    }  # fmt: skip
