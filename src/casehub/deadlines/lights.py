"""The colour of an open clock. Source: reference 4.4."""

from datetime import datetime
from enum import StrEnum

from casehub.deadlines.calendar import Calendar, knows, worked


class Light(StrEnum):
    """Green, yellow, red."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def light(due_at: datetime | None, yellow_at: datetime | None, at: datetime) -> Light | None:
    """Colour of an open clock at `at`; the deadline itself is still yellow. None where no deadline runs."""
    if due_at is None or yellow_at is None:
        return None
    if at > due_at:
        return Light.RED
    return Light.YELLOW if at >= yellow_at else Light.GREEN


def seconds_left(
    due_at: datetime | None, at: datetime, calendar: Calendar
) -> tuple[float | None, float | None]:
    """What is left of an open clock, by the clock and in working time; negative when overdue.

    None where no deadline runs, and for working time beyond the years that the calendar knows.
    """
    if due_at is None:
        return None, None
    working = worked(calendar, at, due_at).total_seconds() if knows(calendar, at, due_at) else None
    return (due_at - at).total_seconds(), working
