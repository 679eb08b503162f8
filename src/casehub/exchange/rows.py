"""One row of a file: a record of what the source says, or the reason why it can't be read."""

import re
from collections.abc import Mapping as Row
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from casehub.exchange.mapping import Mapping, Outcome

#: What a code of a department may be made of; see PUT /v1/departments.
_NOT_SLUG = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Class:
    """A category of the source's own scheme."""

    code: str
    major: str
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says, in our words. Instants are in UTC."""

    line: int
    external_no: str
    category: Class
    department: tuple[str, str]
    outcome: Outcome
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    description: str
    address: str | None
    lon: float | None
    lat: float | None
    reporter: str | None
    result: str | None
    marks: Row[str, Any] = field(default_factory=dict)
    row: Row[str, Any] = field(default_factory=dict)
    area: str | None = None  # the unit grid of its point, where the city has one

    @property
    def late(self) -> bool:
        """Closed after its deadline."""
        return (
            self.outcome == "closed"
            and self.due_at is not None
            and self.closed_at is not None
            and self.closed_at > self.due_at
        )


class RowRejected(ValueError):  # noqa: N818 - it names what became of the row
    """A row can't be read; the message says why."""


def read_row(mapping: Mapping, line: int, row: Row[str, Any]) -> Record:
    """The record of one row. Raises RowRejected with the reason."""
    columns = mapping.columns
    external_no = _text(row, columns.external_no)
    if external_no is None:
        raise RowRejected(f"{columns.external_no} is missing")
    created = _instant(mapping, row, columns.created)
    if created is None:
        raise RowRejected(f"{columns.created} is missing")
    due, closed = _instant(mapping, row, columns.due), _instant(mapping, row, columns.closed)
    status = _text(row, columns.status)
    outcome, marks = _outcome(mapping, status)
    _check_times(mapping, outcome, created, closed)
    lon, lat = _degrees(row, columns.lon, 180), _degrees(row, columns.lat, 90)
    if lon is None or lat is None:
        lon = lat = None
    if (lon, lat) in mapping.rounded_points:
        marks["rounded_point"] = True
    if channel := _text(row, columns.channel):
        marks["channel"] = channel
    if closed is not None and outcome != "closed":
        marks["source_closed_at"] = closed.isoformat()
        closed = None
    if outcome == "reported":
        marks |= _not_dispatched_yet(mapping, row, due)
    parts = dict.fromkeys(filter(None, (_text(row, one) for one in columns.description)))
    return Record(
        line, external_no, _class(mapping, row), _department(mapping, row), outcome, created, due, closed,
        "\n".join(parts), _text(row, columns.address), lon, lat, _text(row, columns.reporter),
        _text(row, columns.result), marks, row,
    )  # fmt: skip


def _not_dispatched_yet(mapping: Mapping, row: Row[str, Any], due: datetime | None) -> dict[str, Any]:
    """What the source says already and the engine asks for only at dispatch."""
    said = {"source_department": _department(mapping, row)[0]}
    return said | ({"source_due_at": due.isoformat()} if due else {})


def _text(row: Row[str, Any], column: str | None) -> str | None:
    value = row.get(column) if column else None
    return None if value is None else str(value).replace("\x00", "").strip() or None


def _instant(mapping: Mapping, row: Row[str, Any], column: str | None) -> datetime | None:
    """A wall-clock time of the source in UTC. In the doubled hour of autumn it is taken as the first one."""
    value = row.get(column) if column else None
    if isinstance(value, datetime):
        return value.replace(tzinfo=mapping.city_zone).astimezone(UTC)
    text = _text(row, column)
    if text is None:
        return None
    for form in mapping.times:
        try:
            return datetime.strptime(text, form).replace(tzinfo=mapping.city_zone).astimezone(UTC)
        except ValueError:
            continue
    raise RowRejected(f"{column} {text!r} is not a time like {mapping.times[0]}")


def _outcome(mapping: Mapping, status: str | None) -> tuple[Outcome, dict[str, Any]]:
    if status is None:
        if mapping.without_status is None:
            raise RowRejected(f"{mapping.columns.status} is missing")
        return mapping.without_status, {}
    rule = mapping.statuses.get(status)
    if rule is None:
        raise RowRejected(f"the mapping knows no status {status!r}")
    return rule.outcome, {**rule.marks, "source_status": status}


def _check_times(mapping: Mapping, outcome: Outcome, created: datetime, closed: datetime | None) -> None:
    if outcome != "closed":
        return
    if closed is None:
        raise RowRejected(f"closed, but {mapping.columns.closed} is missing")
    if closed < created:
        raise RowRejected(f"{mapping.columns.closed} lies before {mapping.columns.created}")


def _degrees(row: Row[str, Any], column: str | None, most: float) -> float | None:
    text = _text(row, column)
    try:
        value = float(text) if text else None
    except ValueError:
        raise RowRejected(f"{column} {text!r} is not a number") from None
    if value is not None and not -most <= value <= most:
        raise RowRejected(f"{column} {text!r} is not a place on earth")
    return value


def _class(mapping: Mapping, row: Row[str, Any]) -> Class:
    rule = mapping.category
    if rule.only is not None:
        return Class(rule.only[0], rule.only[1], rule.only[1])
    parts = [part for part in (_text(row, one) for one in rule.columns) if part]
    if not parts or _text(row, rule.columns[0]) is None:
        raise RowRejected(f"{rule.columns[0]} is missing")
    code = " - ".join(parts)
    major, cut, name = code.partition(rule.split) if rule.split else (parts[0], " ", " - ".join(parts[1:]))
    return Class(code, major.strip(), name.strip() or major.strip()) if cut else Class(code, code, code)


def slug(name: str) -> str:
    """The code of a department: its name in small letters and digits, at most 40."""
    return _NOT_SLUG.sub("_", name.lower()).strip("_")[:40]


def _department(mapping: Mapping, row: Row[str, Any]) -> tuple[str, str]:
    rule = mapping.department
    if rule.only is not None:
        return rule.only
    said = _text(row, rule.column)
    if said is None or not slug(said):
        raise RowRejected(f"{rule.column} is missing")
    return slug(said), _text(row, rule.name_column) or said
