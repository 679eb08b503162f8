"""The colour of an open clock. Source: reference 4.4."""

from datetime import datetime, timedelta
from enum import StrEnum

#: Yellow when this share of the limit, or less, is left.
YELLOW_SHARE = 0.3


class Light(StrEnum):
    """Green, yellow, red."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def yellow_from(due_at: datetime, budget_seconds: int) -> datetime:
    """The instant from which an open clock shows yellow."""
    return due_at - timedelta(seconds=YELLOW_SHARE * max(budget_seconds, 0))


def light(due_at: datetime | None, yellow_at: datetime | None, at: datetime) -> Light | None:
    """Colour of an open clock at `at`; the deadline itself is still yellow. None where no deadline runs."""
    if due_at is None or yellow_at is None:
        return None
    if at > due_at:
        return Light.RED
    return Light.YELLOW if at >= yellow_at else Light.GREEN
