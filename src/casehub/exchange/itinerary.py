"""The requests that lead the records of a file to their outcomes, in the order in which it all happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casehub.exchange.histories import WORKFLOW, steps_of
from casehub.exchange.mapping import Mapping
from casehub.exchange.rows import Record

#: A live server sends no department work without a deadline; a row without one gets a limit nobody reaches.
NO_DEADLINE = "9999 natural_day"
#: Who does which step.
_ROLES = {"report": "acceptor", "dispatch_directly": "dispatcher", "conclude": "acceptor"}
_STATES = {"reported": "reported", "handling": "handling", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request: the `place`-th event of the case with this external number."""

    at: datetime
    line: int
    place: int
    external_no: str
    action: str
    body: dict[str, Any]

    @property
    def role(self) -> str:
        """Whose key sends it."""
        return _ROLES[self.action]


def itinerary(mapping: Mapping, records: Iterable[Record]) -> list[Step]:
    """All requests in order of time; steps of one case keep their order."""
    steps = [step for record in records for step in _steps(mapping, record)]
    return sorted(steps, key=lambda step: (step.at, step.line, step.place))


def _steps(mapping: Mapping, record: Record) -> list[Step]:
    def step(place: int, at: datetime, action: str, body: dict[str, Any]) -> Step:
        return Step(at, record.line, place, record.external_no, action, body)

    steps = [step(1, record.created_at, "report", _report(mapping, record))]
    for place, (action, form) in enumerate(steps_of(record), start=2):
        at = record.closed_at if action == "conclude" and record.closed_at else record.created_at
        body = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in form.items()}
        if action == "dispatch_directly" and record.due_at is None:
            body["limit"] = NO_DEADLINE
        steps.append(step(place, at, action, body))
    return steps


def _report(mapping: Mapping, record: Record) -> dict[str, Any]:
    place = {"lon": record.lon, "lat": record.lat, "address": record.address}
    return {
        "kind": "event", "category": record.category.code, "scheme": mapping.category.scheme,
        "source": mapping.source, "description": record.description, "location": place,
        "external_no": record.external_no, "workflow": WORKFLOW,
        "reporter": {"name": record.reporter} if record.reporter else None,
    }  # fmt: skip


def expected(records: Iterable[Record]) -> dict[str, int]:
    """What the file says: cases by state, and those that were late."""
    told = dict.fromkeys([*_STATES.values(), "late"], 0)
    for record in records:
        told[_STATES[record.outcome]] += 1
        told["late"] += record.late
    return told
