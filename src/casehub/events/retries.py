"""How a delivery stands, and when a message that did not arrive is sent again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["waiting", "delivered", "failed"]

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=8)
#: The first one at once, twelve within half a day, then one every eight hours until the third day is over.
ATTEMPTS = 22


def next_try(attempts: int, at: datetime, chance: float) -> datetime | None:
    """When to try again after that many attempts in vain; None to give up.

    Twice as long each time. `chance`, 0 to 1, makes it up to a quarter shorter or longer, so that what failed together
    is not tried together. Source: our choice; Standard Webhooks asks for backoff over several days.
    """
    if attempts >= ATTEMPTS:
        return None
    return at + min(FIRST * 2.0 ** (attempts - 1), LONGEST) * (0.75 + chance / 2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt at a delivery: it arrived, or there is an error and when to try again, if at all."""

    webhook_id: int
    case_id: int
    seq: int
    attempt: int
    error: str | None = None
    next_try_at: datetime | None = None
