"""How long somebody has, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """Units of a limit. Source: reference 4.1."""

    URGENT_MINUTE = "urgent_minute"
    URGENT_HOUR = "urgent_hour"
    URGENT_DAY = "urgent_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


_LENGTH = {
    Unit.URGENT_MINUTE: timedelta(minutes=1),
    Unit.URGENT_HOUR: timedelta(hours=1),
    Unit.URGENT_DAY: timedelta(days=1),
    Unit.WORK_HOUR: timedelta(hours=1),
    Unit.WORK_DAY: timedelta(days=1),
    Unit.NATURAL_DAY: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount and a unit, written `4 work_hour`."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


def parse_limit(text: str) -> Limit:
    """Read `4 work_hour`. Raises ValueError on anything else."""
    amount, _, unit = text.partition(" ")
    if not amount.isdigit():
        raise ValueError(f"{text!r} is not a limit such as '4 work_hour'")
    return Limit(int(amount), Unit(unit))


def budget(limit: Limit) -> timedelta:
    """The time that a limit grants. Source: our choice until the working calendar (see the door-plate)."""
    return limit.amount * _LENGTH[limit.unit]


def due_at(granted: timedelta, start: datetime) -> datetime:
    """The last instant that is still on time when the clock starts at `start` with `granted` left."""
    return start + granted
