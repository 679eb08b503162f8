"""What a bulletin holds, from the answers to what it asked. Plain JSON, so that it can be frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from casehub.bulletins.asked import ROWS, Asked
from casehub.bulletins.definition import Definition, Group, Section
from casehub.bulletins.words import Said, opening_of, period_of, sentence_of, source_of
from casehub.deadlines.calendar import Calendar
from casehub.rate import Rate
from casehub.rates.answers import Answer, Figures, Key, rate_out, shown
from casehub.rates.asking import Days
from casehub.rates.counts import COUNTED
from casehub.rates.formula import Formula, Scheme, wanted
from casehub.rates.indicators import INDICATORS
from casehub.rates.ranking import BESIDE, Standing, Unit, holiday_exposure, rank
from casehub.rates.scores import Measured, score

_RATES = {one.name: one for one in INDICATORS}
_FILTER = {"district": "area", "subdistrict": "area", "department": "department", "unit": "unit"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that a bulletin is drawn from. `units` are names by code, one mapping for each group."""

    definition: Definition
    days: Days
    at: datetime
    calendar: Calendar
    formula: Formula | None
    scheme: Scheme | None
    asked: Mapping[str, Asked]
    answers: Mapping[str, Answer]
    units: Sequence[Mapping[str, str]]
    deadlines: Mapping[str, Mapping[str, Mapping[date, int]]]
    overdue: Sequence[Mapping[str, Any]]
    letters: Mapping[str, Any]
    campaigns: Sequence[Mapping[str, Any]]


def content_of(drawing: Drawing) -> dict[str, Any]:
    """The content: opening, figures of the city and of its rows, groups with their rankings, overdue cases, letters and campaigns."""
    definition, days = drawing.definition, drawing.days
    city = _told(drawing, "city")["total"]
    basis = Said(definition.basis, definition.basis_en)
    drawn = drawing.at.astimezone(drawing.calendar.tz)
    content: dict[str, Any] = {
        "definition": definition.model_dump(mode="json"),
        "period": {"first": days.first, "end": days.end, **period_of(definition.rhythm, days.first, days.end).told()},
        "drawn_at": drawing.at,
        "opening": [one.told() for one in opening_of(basis, days.first, days.end, drawn)],
        "city": city,
        "headlines": [{"figure": name, **sentence_of(name, figure_in(city, name)).told()} for name in definition.indicators],
        "left_out": _told(drawing, "city")["left_out"],
    }  # fmt: skip
    for with_what in ("previous", "last_year"):
        if with_what in drawing.answers:
            other = drawing.asked[with_what].days
            content[with_what] = {
                "first": other.first,
                "end": other.end,
                **_told(drawing, with_what)["total"],
            }
    for section in definition.sections:
        if section in ROWS:
            content[section.value] = _rows(drawing, section)
    if definition.groups:
        content["groups"] = [
            _group(drawing, group, units)
            for group, units in zip(definition.groups, drawing.units, strict=True)
        ]
    if Section.OVERDUE in definition.sections:
        content["overdue"] = [*drawing.overdue]
    if Section.LETTERS in definition.sections:
        content["letters"] = drawing.letters
    if Section.CAMPAIGNS in definition.sections:
        content["campaigns"] = [*drawing.campaigns]
    return content


def figure_in(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A figure of a row, be it a rate or a count."""
    found: dict[str, Any] = row["indicators"].get(name) or row["counts"][name]
    return found


def _told(drawing: Drawing, name: str) -> dict[str, Any]:
    days = drawing.asked[name].days
    return shown(drawing.answers[name], {"from": days.first.isoformat(), "to": days.end.isoformat()})


def _rows(drawing: Drawing, section: Section) -> list[dict[str, Any]]:
    """Rows of one count, the largest first, each with its share of all."""
    count, told = ROWS[section][1], _told(drawing, section.value)
    everything = told["total"]["counts"][count]["value"]
    rows = [
        {
            **_named(row, section), "indicators": {}, "counts": row["counts"],
            "share": rate_out(Rate(row["counts"][count]["value"], everything)),
        }
        for row in told["rows"]
        if row["counts"][count]["value"]
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["counts"][count]["value"], row["code"] or ""))
    return rows


def _named(row: Mapping[str, Any], section: Section) -> dict[str, Any]:
    (code,), (name,) = row["key"], row["name"]
    if section is Section.CHANNELS:
        said = source_of(code)
        return {"code": code, "name": said.zh, "name_en": said.en}
    return {"code": code, "name": name or code}


def _group(drawing: Drawing, group: Group, units: Mapping[str, str]) -> dict[str, Any]:
    """One row for each unit of the group, also where nothing was to be done."""
    name = f"by {group.by}"
    answer = drawing.answers[name]
    there = {key.code: figures for (key, *_), figures in answer.rows.items()}
    rows: dict[tuple[Key, ...], Figures] = {
        (Key(code, called, ((_FILTER[group.by], code),)),): there.get(code, Figures())
        for code, called in units.items()
    }
    days = drawing.asked[name].days
    link = {"from": days.first.isoformat(), "to": days.end.isoformat()}
    told = shown(replace(answer, rows=rows), link)
    return {
        "title": group.title, "title_en": group.title_en, "by": group.by,
        "rows": [
            {"code": row["key"][0], "name": row["name"][0], "indicators": row["indicators"], "counts": row["counts"]}
            for row in told["rows"]
        ],
        "ranking": None if drawing.formula is None else _ranking(drawing, drawing.formula, group, {key.code: figures for (key, *_), figures in rows.items()}),
    }  # fmt: skip


def _ranking(
    drawing: Drawing, formula: Formula, group: Group, figures: Mapping[str | None, Figures]
) -> dict[str, Any]:
    needs = wanted(formula)
    deadlines = drawing.deadlines[group.by]
    units = []
    for code, one in figures.items():
        adjusted = one.adjusted
        counts = {name: adjusted.get(name, 0) for name in needs.counts | BESIDE}
        rates = {name: _RATES[name].of(adjusted) for name in needs.indicators}
        scored = score(formula, Measured(rates, counts, {}), drawing.scheme)
        units.append(
            Unit(str(code), scored, counts, holiday_exposure(deadlines.get(str(code), {}), drawing.calendar))
        )
    ranking = rank(formula, units)
    return {
        "formula": formula.formula, "title": formula.title, "title_en": formula.title_en,
        "minimum": formula.minimum.model_dump(mode="json"), "load": COUNTED[formula.minimum.count].title,
        "load_en": COUNTED[formula.minimum.count].title_en,
        "ranked": [_standing(one) for one in ranking.ranked], "apart": [_standing(one) for one in ranking.apart],
        "best": [one.key for one in ranking.best], "worst": [one.key for one in ranking.worst],
    }  # fmt: skip


def _standing(one: Standing) -> dict[str, Any]:
    burden, apart = one.burden, one.apart
    return {
        "code": one.key, "rank": one.rank, "total": None if one.total is None else str(one.total),
        "grade": None if one.grade is None else {"word": one.grade.word, "word_en": one.grade.word_en, "colour": one.grade.colour},
        "load": burden.load, "load_share": rate_out(burden.load_share), "urgent_share": rate_out(burden.urgent_share),
        "difficult_share": rate_out(burden.difficult_share), "holiday_exposure": rate_out(burden.holiday_exposure),
        "apart": None if apart is None else {"rule": apart.rule, "zh": apart.zh, "en": apart.en},
    }  # fmt: skip
