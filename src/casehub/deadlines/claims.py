"""Claims (领取): who has a task in hand, and until when. A claim ends by itself and is no part of the history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from casehub.deadlines.stopwatch import Task


@dataclass(frozen=True, slots=True)
class Claim:
    """A task of one case, in somebody's hand until then."""

    task_no: int
    by: str
    until: datetime


def claimed_by_another(
    tasks: Iterable[Task],
    claims: Iterable[Claim],
    *,
    role: str,
    department: str | None,
    by: str,
    at: datetime,
) -> Claim | None:
    """The claim that keeps `by` from acting in `role` for `department` now, if any. Source: our choice."""
    mine = {
        task.task_no
        for task in tasks
        if task.open and task.holder.role == role and task.holder.department in {None, department}
    }
    live = (claim for claim in claims if claim.task_no in mine and claim.until > at and claim.by != by)
    return next(live, None)
