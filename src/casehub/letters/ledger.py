"""How the ledger of letters (台账) is asked."""

from dataclasses import dataclass
from datetime import datetime

from casehub.letters.figures import Happening
from casehub.letters.numbers import Number


@dataclass(frozen=True, slots=True)
class Wanted:
    """What narrows the ledger; all that are given must hold. Periods are [first, last): of drafting, and of what happened."""

    status: str | None = None
    step: str | None = None
    to_unit: str | None = None
    number: Number | None = None
    case_no: str | None = None
    round_id: int | None = None
    text: str | None = None
    overdue: bool | None = None
    first: datetime | None = None
    last: datetime | None = None
    happened: Happening | None = None
    happened_first: datetime | None = None
    happened_last: datetime | None = None
    unanswered_at: datetime | None = None
