"""How rates are told."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from casehub.rates.counts import COUNTS, STOCKS, Count, Moment, Stock
from casehub.rates.indicators import INDICATORS, OBJECTS, Indicator
from casehub.rates.questions import BY
from casehub.rates.store_answers import Behind


class RateOut(BaseModel):
    """A rate with what it is made of; no value where nothing was to be done."""

    numerator: int
    denominator: int
    value: float | None = Field(description="From 0 to 1; null over a denominator of zero.")
    percent: str | None = Field(description="As it is printed: two decimals, half-up.", examples=["99.85"])


class BehindOut(BaseModel):
    """Where the tasks or cases of a rate are listed."""

    numerator: str
    rest: str


class FigureOut(RateOut):
    """A rate with exempted tasks left out, and with them."""

    raw: RateOut = Field(description="With what an approved appeal exempted.")
    cases: BehindOut


class CountOut(BaseModel):
    """A number, and where its tasks or cases are listed."""

    value: int
    cases: str


class FiguresOut(BaseModel):
    """Rates and counts by name."""

    indicators: dict[str, FigureOut]
    counts: dict[str, CountOut]


class ComparedOut(FiguresOut):
    """The same of another period."""

    first: date
    end: date


class RowOut(FiguresOut):
    """One row: its codes in the order of `by`, null where there is none, and their names."""

    key: list[str | None]
    name: list[str | None]
    compared: dict[str, FiguresOut] = {}


class LeftOutOut(BaseModel):
    """What is in no rate of this answer, by why."""

    exempt: int = Field(description="Exempted by an approved appeal; in the raw values.")
    without_deadline: int
    voided: int
    merged: int


class AnswerOut(BaseModel):
    """Figures of a period."""

    first: date
    end: date = Field(description="The day after the last.")
    at: datetime = Field(description="The instant at which they are so.")
    by: list[str]
    rows: list[RowOut]
    more_rows: int = Field(description="Rows beyond `limit`; they are in the total.")
    total: FiguresOut
    left_out: LeftOutOut
    compared: dict[str, ComparedOut] = Field(
        default={}, description="The total of the periods compared with."
    )


class TermOut(BaseModel):
    """What is counted."""

    name: str
    title: str
    words: str
    moment: Moment
    source: str


class IndicatorOut(BaseModel):
    """A rate."""

    name: str
    title: str
    formula: str
    numerator: list[str]
    denominator: list[str]
    objects: list[str]
    source: str
    variant_of: str | None
    own: bool = Field(description="Made by the city itself.")


class IndicatorsOut(BaseModel):
    """All that can be asked of rates."""

    counts: list[TermOut]
    indicators: list[IndicatorOut]
    by: dict[str, str]
    objects: dict[str, str]


class CaseBehindOut(BaseModel):
    """A task or case behind a number."""

    case_no: str
    state: str
    task_no: int | None = None
    at: datetime | None = Field(default=None, description="The moment by which it belongs to the period.")
    department: str | None = None
    person: str | None = None
    area: str | None = None
    light: str | None = None
    open: bool | None = Field(default=None, description="Overdue, and not done yet.")
    exempt: bool | None = None


class CasesBehindOut(BaseModel):
    """A page of them, oldest first."""

    items: list[CaseBehindOut]
    next: str | None


def indicators_out(own: list[Indicator], *, zh: bool) -> dict[str, Any]:
    """All that can be asked."""
    return {
        "counts": [_term(one, zh=zh) for one in (*COUNTS, *STOCKS)],
        "indicators": [_indicator(one, own=one in own, zh=zh) for one in (*INDICATORS, *own)],
        "by": {name: title if zh else name for name, (title, _) in BY.items()},
        "objects": {name: title if zh else name for name, title in OBJECTS.items()},
    }


def _term(one: Count | Stock, *, zh: bool) -> dict[str, Any]:
    moment = one.moment if isinstance(one, Count) else Moment.STOCK
    return {
        "name": one.name, "title": one.title if zh else one.title_en, "words": one.words, "moment": moment,
        "source": one.source,
    }  # fmt: skip


def _indicator(one: Indicator, *, own: bool, zh: bool) -> dict[str, Any]:
    return {
        "name": one.name, "title": one.title if zh else one.title_en, "formula": one.words,
        "numerator": one.numerator, "denominator": one.denominator, "objects": one.objects, "source": one.source,
        "variant_of": one.variant_of, "own": own,
    }  # fmt: skip


def behind_out(one: Behind) -> dict[str, Any]:
    """A fact as it is told."""
    return {
        "case_no": one.case_no, "state": one.state, "task_no": one.task_no, "at": one.at,
        "department": one.department_code, "person": one.person_no, "area": one.area_code, "light": one.light,
        "open": one.open, "exempt": one.exempt,
    }  # fmt: skip
