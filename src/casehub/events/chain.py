"""The hash chain of one case."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

#: What the first event of a case is chained to.
GENESIS = "0" * 64


class Unasked(StrEnum):
    """What is told of a case beside the actions of its workflow."""

    ALERT = "alert"
    WAKE = "wake"
    MERGED_IN = "merged_in"
    RECOMPUTE = "recompute"
    MIGRATE_WORKFLOW = "migrate_workflow"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is kept: `body` is the canonical JSON text that `hash` covers together with the hash before."""

    case_id: int
    seq: int
    action: str
    at: datetime
    body: str
    hash: str


# What an instant that is not in UTC looks like. Text that looks so does no harm: it only takes longer.
_ZONED = re.compile(r'T\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d"')


def canonical(body: dict[str, Any]) -> str:
    """JSON with sorted keys, instants in UTC to the microsecond, no white space."""
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()
    if _ZONED.search(text) is None:
        return text
    return orjson.dumps(body, _utc, orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _utc(value: Any) -> str:
    """An instant as text; orjson itself would keep the zone it came with."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no place in an event")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def link(case_id: int, seq: int, action: str, at: datetime, body: dict[str, Any], before: str) -> Event:
    """Make event `seq` of a case, chained to the hash of the one before."""
    text = canonical({**body, "case_id": case_id, "seq": seq, "action": action, "at": at})
    return Event(case_id, seq, action, at, text, _hash(before, text))


def _hash(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def faults(events: Sequence[Event], head: str) -> list[str]:
    """Every reason why this history can't be trusted; empty when it verifies against the case's `head` hash."""
    found: list[str] = []
    before = GENESIS
    for expected, event in enumerate(events, start=1):
        if event.seq != expected:
            found.append(f"event {expected} is missing or event {event.seq} was inserted")
            break
        body = orjson.loads(event.body)
        told = (body.get("case_id"), body.get("seq"), body.get("action"), body.get("at"))
        if told != (
            event.case_id,
            event.seq,
            event.action,
            orjson.loads(orjson.dumps(event.at, option=orjson.OPT_UTC_Z)),
        ):
            found.append(f"event {event.seq}: its columns don't say what its body says")
        if _hash(before, event.body) != event.hash:
            found.append(f"event {event.seq} was changed, or one before it was changed, removed or inserted")
        before = event.hash
    if before != head:
        found.append("the last event is not the one that the case points to")
    return found
