"""A bulletin as it is kept: what was drawn up, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`content` is the JSON whose SHA-256 is the digest; `end` is the day after the last."""

    bulletin_id: int
    bulletin: str
    first: date
    end: date
    state: str
    version: int
    content: str
    digest: str
    drawn_at: datetime
    drawn_by: str
    year: int | None
    number: int | None
    published_at: datetime | None
    published_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None
