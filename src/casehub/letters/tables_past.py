"""What had happened to letters, and how they stood at an instant: conditions told by their events."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, DateTime, and_, case, cast, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from casehub.letters.figures import Happening
from casehub.letters.flow import SENDS
from casehub.letters.tables import letter_events, letters

_E = letter_events.c
_BODY = cast(_E.body, JSONB)
_LATE = cast(_BODY["letter"]["marks"]["reply"]["late"], Boolean)
#: Which event tells what.
_TOLD: dict[Happening, ColumnElement[bool]] = {
    Happening.SENT: _E.action.in_(SENDS),
    Happening.ANSWERED_ON_TIME: and_(_E.action == "reply", ~_LATE),
    Happening.ANSWERED_LATE: and_(_E.action == "reply", _LATE),
    Happening.REJECTED: _E.action == "reject_reply",
    Happening.ESCALATED: _E.action == "escalate",
    Happening.WITHDRAWN: and_(_E.action == "withdraw", letters.c.sent_at.is_not(None)),
}
#: What an event tells, null where it is nothing to count. The letter itself stands in the same statement.
HAPPENING = case(*((condition, literal(name.value)) for name, condition in _TOLD.items()))


def happened(
    what: Happening, first: datetime | None = None, end: datetime | None = None
) -> ColumnElement[bool]:
    """It happened to the letter, at any time from `first` up to but not with `end`."""
    these = [_E.letter_id == letters.c.letter_id, _TOLD[what]]
    these += [] if first is None else [_E.at >= first]
    these += [] if end is None else [_E.at < end]
    return select(_E.letter_id).where(*these).correlate(letters).exists()


def unanswered_at(moment: datetime) -> ColumnElement[bool]:
    """Its reply was due before that moment, and none had come then."""
    before = and_(_E.letter_id == letters.c.letter_id, _E.at < moment)

    def last(told: Any, *also: ColumnElement[bool]) -> Any:
        found = select(told).where(before, *also).order_by(_E.seq.desc()).limit(1)
        return found.correlate(letters).scalar_subquery()

    status = last(_BODY["to"].astext)
    due_at = last(
        cast(_BODY["letter"]["reply_due_at"].astext, DateTime(timezone=True)),
        _BODY["letter"].has_key("reply_due_at"),
    )
    return and_(
        # What these say of today leaves out most letters, on ix_letters_ended_at, and none that was unanswered then.
        letters.c.reply_limit.is_not(None), letters.c.sent_at < moment,
        letters.c.ended_at.is_(None) | (letters.c.ended_at >= moment),
        status.in_(["sent", "received", "escalated"]), due_at < moment,
    )  # fmt: skip
