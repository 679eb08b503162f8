"""The clock of one task: start, pause, resume, extend, finish. Source: reference 4.3 rules 5 to 8."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from casehub.deadlines.limits import Limit, budget, due_at


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is held to a task: a role, narrowed to a department or a person where one is named."""

    role: str
    department: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One obligation of one case.

    `budget_seconds` is what was granted (extensions included), None where no deadline is set; `used_seconds` is what
    ran off before `running_since`. A paused task has neither `running_since` nor `due_at`.
    """

    task_no: int
    kind: str
    holder: Holder
    lead: bool
    limit: str | None
    entered_at: datetime
    budget_seconds: int | None
    used_seconds: int
    running_since: datetime | None
    due_at: datetime | None
    original_due_at: datetime | None
    finished_at: datetime | None = None
    outcome: str | None = None
    exempt_reason: str | None = None

    @property
    def open(self) -> bool:
        """Nobody has finished it yet."""
        return self.finished_at is None

    @property
    def late(self) -> bool:
        """Finished after its deadline; a task without a deadline is neither late nor on time."""
        return self.finished_at is not None and self.due_at is not None and self.finished_at > self.due_at


def start(  # noqa: PLR0913 - a task is born with all of these
    task_no: int,
    kind: str,
    holder: Holder,
    limit: Limit | None,
    at: datetime,
    *,
    lead: bool = True,
    granted: timedelta | None = None,
) -> Task:
    """A clock that runs from `at`; `granted` replaces the limit's own length (what was left of an earlier task)."""
    if granted is None and limit is not None:
        granted = budget(limit)
    due = None if granted is None else due_at(granted, at)
    seconds = None if granted is None else round(granted.total_seconds())
    return Task(
        task_no, kind, holder, lead=lead, limit=str(limit) if limit else None, entered_at=at, budget_seconds=seconds,
        used_seconds=0, running_since=at, due_at=due, original_due_at=due,
    )  # fmt: skip


def start_until(task_no: int, kind: str, holder: Holder, due: datetime, at: datetime) -> Task:
    """A clock with a deadline that another system gave; it may lie in the past."""
    return replace(start(task_no, kind, holder, None, at, granted=due - at), due_at=due, original_due_at=due)


def left(task: Task, at: datetime) -> timedelta | None:
    """What remains of the budget at `at` (negative when overdue); None without a deadline."""
    if task.budget_seconds is None:
        return None
    stop = task.finished_at or at
    ran = (stop - task.running_since).total_seconds() if task.running_since else 0
    return timedelta(seconds=task.budget_seconds - task.used_seconds - ran)


def pause(task: Task, at: datetime) -> Task:
    """Stop the hand; what has run so far is kept. A paused task stays as it is."""
    if task.running_since is None:
        return task
    used = task.used_seconds + round((at - task.running_since).total_seconds())
    return replace(task, used_seconds=used, running_since=None, due_at=None)


def resume(task: Task, at: datetime) -> Task:
    """Let the hand go on with what is left. A running task stays as it is."""
    if task.running_since is not None:
        return task
    running = replace(task, running_since=at)
    remaining = left(running, at)
    return replace(running, due_at=None if remaining is None else due_at(remaining, at))


def extend(task: Task, limit: Limit) -> Task:
    """Grant more time, counted from the current deadline. Source: reference 2.6, extension."""
    more = budget(limit)
    return replace(
        task,
        budget_seconds=None
        if task.budget_seconds is None
        else task.budget_seconds + round(more.total_seconds()),
        due_at=None if task.due_at is None else due_at(more, task.due_at),
    )


def finish(task: Task, at: datetime, outcome: str) -> Task:
    """End the obligation; a paused one gets its deadline back first, so that its lateness can be told."""
    return replace(resume(task, at), finished_at=at, outcome=outcome)
