"""Bulletins on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.commands import MOST_CASES
from casehub.bulletins.corrections import Correction
from casehub.bulletins.definition import Definition
from casehub.bulletins.words import title_of
from casehub.wire.text import CivilDay, Long, Short

State = Literal["draft", "published", "withdrawn"]


class DefinitionOut(BaseModel):
    """A definition, and who kept it."""

    said: Definition
    made_at: datetime
    made_by: str


class DrawIn(BaseModel):
    """Which bulletin to draw up, of which period."""

    model_config = ConfigDict(extra="forbid")
    bulletin: Short = Field(description="The name of its definition.")
    on: CivilDay | None = Field(default=None, description="A day of the period; without it, the last that is over.")  # fmt: skip


class WithdrawIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[Long, StringConstraints(min_length=1)]


class BulletinOut(BaseModel):
    """A bulletin without its content."""

    bulletin_id: int
    bulletin: str
    first: date
    end: date = Field(description="The day after the last.")
    state: State
    version: int
    digest: str = Field(description="SHA-256 of the content: its JSON with sorted keys and no white space.")
    drawn_at: datetime = Field(description="The instant at which its figures are so.")
    drawn_by: str
    year: int | None
    number: int | None = Field(description="Its number among those of its definition that year; never given twice.")  # fmt: skip
    published_at: datetime | None
    published_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


class WholeBulletinOut(BulletinOut):
    """A bulletin with its content."""

    content: dict[str, Any] = Field(
        description="Opening, headlines in words, figures of the city and of its rows as `GET /v1/rates` tells them, "
        "each with the address of the cases behind it, groups with their rankings, overdue cases, letters, campaigns."
    )


class BulletinsOut(BaseModel):
    """A page of bulletins."""

    items: list[BulletinOut]
    next: str | None


class NumbersOut(BaseModel):
    """What a figure is made of: a count has a value, a rate the others."""

    value: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    percent: str | None = None


class CorrectionOut(BaseModel):
    """A figure that was published and comes out otherwise now."""

    part: str
    group: int | None = Field(description="Which of the groups, from 0.")
    code: str | None = Field(description="Code of the unit, area, class or channel; null for the city.")
    figure: str
    title: str
    then: NumbersOut
    now: NumbersOut
    cases: list[str] = Field(description="The cases by which it changed; none where no case did.")
    more_cases: bool


class CorrectionsOut(BaseModel):
    """Everything that comes out otherwise now."""

    bulletin_id: int
    published_at: datetime
    drawn_at: datetime
    at: datetime
    items: list[CorrectionOut]


def bulletin_out(bulletin: Bulletin) -> dict[str, Any]:
    """A bulletin with its content, the very JSON that the digest covers."""
    said = {name: getattr(bulletin, name) for name in BulletinOut.model_fields}
    return {**said, "content": orjson.Fragment(bulletin.content)}


def corrections_out(
    bulletin: Bulletin, found: list[tuple[Correction, list[str]]], at: datetime, *, zh: bool
) -> dict[str, Any]:
    """What comes out otherwise."""
    items = [
        {
            **one.place._asdict(), "title": title_of(one.place.figure).zh if zh else title_of(one.place.figure).en,
            "then": _numbers(one.then, one.now), "now": _numbers(one.now, one.then),
            "cases": cases[:MOST_CASES], "more_cases": len(cases) > MOST_CASES,
        }
        for one, cases in found
    ]  # fmt: skip
    return {
        "bulletin_id": bulletin.bulletin_id, "published_at": bulletin.published_at, "drawn_at": bulletin.drawn_at, "at": at,
        "items": items,
    }  # fmt: skip


def _numbers(figure: Any, other: Any) -> dict[str, Any]:
    """A row that is not there tells zeros."""
    if "numerator" not in (figure or other):
        return {"value": figure["value"] if figure else 0}
    empty = {"numerator": 0, "denominator": 0, "percent": None}
    return {name: (figure or empty)[name] for name in empty}
