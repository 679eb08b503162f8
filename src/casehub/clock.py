"""The only reader of the wall clock; a home made for replay has a clock that its requests move instead."""

from datetime import UTC, datetime


class WallClock:
    """The time of the machine."""

    simulated = False

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class SimulatedClock(WallClock):
    """A clock that stands still until it is moved, and never goes back."""

    simulated = True

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last moved to, in UTC."""
        return self._at

    def advance_to(self, at: datetime) -> bool:
        """Move forward to `at`; False, and unmoved, when that lies in the past."""
        if at < self._at:
            return False
        self._at = at.astimezone(UTC)
        return True
