"""What a webhook is told, and how it is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from standardwebhooks import Webhook

from casehub.events.chain import Event


@dataclass(frozen=True, slots=True)
class Told:
    """An event, its case as it was after it, and the class of the case."""

    event: Event
    case: Mapping[str, Any]
    category: Mapping[str, str]

    @property
    def message_id(self) -> str:
        """What names its message."""
        return message_id(self.case["case_no"], self.event.seq)


class NoticeKind(StrEnum):
    """What is told that is no event of a case; a webhook names it among its actions."""

    BULLETIN_PUBLISHED = "bulletin_published"
    BULLETIN_WITHDRAWN = "bulletin_withdrawn"
    LETTER_SENT = "letter_sent"
    LETTER_REPLIED = "letter_replied"
    LETTER_WITHDRAWN = "letter_withdrawn"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is no event of a case: what it is about, its number there, its kind and what it tells."""

    subject: str
    seq: int
    kind: str
    at: datetime
    data: Mapping[str, Any]

    @property
    def message_id(self) -> str:
        """What names its message."""
        return message_id(self.subject, self.seq)


def message_id(subject: str, seq: int) -> str:
    """What names the message of an event of a case, or of a notice about something, however often it is sent."""
    return f"{subject}-{seq}"


def content_of(told: Told | Notice) -> str:
    """The message as JSON; the same text at every attempt."""
    if isinstance(told, Notice):
        return orjson.dumps({"type": told.kind, "timestamp": told.at, "data": told.data}).decode()
    event, body, case = told.event, orjson.loads(told.event.body), told.case
    return orjson.dumps({
        "type": f"case.{event.action}",
        "timestamp": event.at,
        "data": {
            "event": {
                "seq": event.seq, "action": event.action, "at": event.at, "by": body["by"], "role": body["role"],
                "from_state": body["from"], "to_state": body["to"], "form": body["form"], "hash": event.hash,
            },
            "case": {
                "case_no": case["case_no"], "kind": case["kind"], "category": told.category, "source": case["source"],
                "external_no": case["external_no"], "workflow": case["workflow"], "area": case["area_code"],
                "state": case["state"], "stage": case["stage"], "department": case["department_code"],
                "reported_at": case["reported_at"], "due_at": case["due_at"], "ended_at": case["ended_at"],
            },
        },
    }).decode()  # fmt: skip


def headers_of(told: Told | Notice, content: str, secret: str, at: datetime) -> dict[str, str]:
    """The headers that let the receiver know who sent this, when, and whether it came before."""
    return {
        "Content-Type": "application/json",
        "Webhook-Id": told.message_id,
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign(told.message_id, at, content),
    }
