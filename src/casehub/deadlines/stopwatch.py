"""The clock of one task: start, pause, resume, extend, finish. Source: reference 4.3 rules 5 to 8.

A task keeps a budget and what it has used of it, in its own kind of time: working time where its limit counts working
hours or days, plain time otherwise. Its deadline follows from both, so pauses and extensions in any order are right.
The ledger says when it was paused, resumed and extended, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from casehub.deadlines.calendar import USUAL, Calendar, opening
from casehub.deadlines.limits import (
    WORKING,
    Limit,
    Step,
    Unit,
    deadline,
    granted,
    parse_limit,
    passage,
    ran,
    run_out,
)

#: Limits as long as this, in their own kind of time, have a reminder when half is left: two working days, or two days.
#: Source: reference 4.4 speaks of long limits; how long is our choice.
LONG_WORKING, LONG_PLAIN = timedelta(hours=16), timedelta(days=2)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is held to a task: a role, narrowed to a department or a person where one is named."""

    role: str
    department: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a task's ledger: `paused`, `resumed`, `extended` or `recomputed`, by which action, for what reason."""

    at: datetime
    what: str
    why: str
    reason: str | None = None
    limit: str | None = None  # what an extension granted
    calendar: int | None = None  # the version by which the run was counted that ends here


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why an overdue task does not count against its holder; that it was overdue stays."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendar by which deadlines are given now, and versions by which some were given before."""

    current: Calendar = USUAL
    kept: Mapping[int, Calendar] = field(default_factory=dict)

    def of(self, version: int) -> Calendar:
        """A version."""
        return self.current if version == self.current.version else self.kept[version]


@dataclass(frozen=True, slots=True)
class Milestone:
    """What must be reached before the deadline (on the scene, stopped). Source: reference 4.8.

    `budget_microseconds` is in the task's kind of time, from the task's start; `due_at` is None while it is paused.
    """

    name: str
    limit: str
    budget_microseconds: int
    due_at: datetime | None
    done_at: datetime | None = None


#: Before a city says otherwise.
USUAL_CALENDARS = Calendars()


@dataclass(frozen=True)
class Task:
    """One obligation of one case.

    `budget_microseconds` is what was granted (extensions included), None where no deadline is set;
    `used_microseconds` is what ran off before `running_since`. A paused task has neither `running_since` nor `due_at`;
    it may have a `wake_at`, when it goes on by itself. `calendar` is the version that its deadline was counted with.
    `struck` are the alerts it has had since it began or was last extended, `next_alert_at` is when it is looked at next.
    """

    task_no: int
    kind: str
    holder: Holder
    lead: bool
    limit: str | None
    calendar: int
    entered_at: datetime
    budget_microseconds: int | None
    used_microseconds: int
    running_since: datetime | None
    due_at: datetime | None
    yellow_at: datetime | None
    original_due_at: datetime | None
    finished_at: datetime | None = None
    outcome: str | None = None
    exemption: Exemption | None = None
    ledger: tuple[Entry, ...] = ()
    struck: tuple[str, ...] = ()
    wake_at: datetime | None = None
    next_alert_at: datetime | None = None
    milestones: tuple[Milestone, ...] = ()

    def changed(self, **now: Any) -> "Task":
        """The task with these fields as they are now.

        Not `dataclasses.replace`, which hands all twenty fields to the constructor again: that cost a tenth of a decision.
        """
        after = object.__new__(Task)
        vars(after).update(vars(self), **now)
        return after

    @property
    def open(self) -> bool:
        """Nobody has finished it yet."""
        return self.finished_at is None

    @property
    def late(self) -> bool:
        """Finished after its deadline; a task without a deadline is neither late nor on time."""
        return self.finished_at is not None and self.due_at is not None and self.finished_at > self.due_at

    @property
    def late_originally(self) -> bool:
        """Finished after the deadline that it began with, whatever was granted since."""
        return (
            self.finished_at is not None
            and self.original_due_at is not None
            and self.finished_at > self.original_due_at
        )

    @property
    def extensions(self) -> int:
        """How often it was extended."""
        return sum(entry.what == "extended" for entry in self.ledger)


@lru_cache(maxsize=1024)
def unit_of(limit: str | None) -> Unit:
    """The kind of time of a task; a deadline that another system gave is counted plainly."""
    return Unit.URGENT_MINUTE if limit is None else parse_limit(limit).unit


def _microseconds(amount: timedelta) -> int:
    return amount // _MICROSECOND


def start(  # noqa: PLR0913 - a task is born with all of these
    task_no: int,
    kind: str,
    holder: Holder,
    limit: Limit | None,
    at: datetime,
    calendar: Calendar,
    *,
    lead: bool = True,
    remaining: timedelta | None = None,
    milestones: Sequence[tuple[str, Limit]] = (),
) -> Task:
    """A clock that runs from `at`; `remaining` replaces the limit's own length (what was left of an earlier task).

    `milestones` are names and limits, counted from `at` too.

    Raises CalendarEnds where a working limit reaches a year whose holidays are not known.
    """
    budget = due = None
    said = str(limit) if limit else None
    if remaining is not None:
        budget, due = remaining, run_out(unit_of(said), remaining, at, calendar)
    elif limit is not None:
        due = deadline(limit, at, calendar)
        budget = ran(limit.unit, at, due, calendar)
    begun = _begun(task_no, kind, holder, said, at, calendar, budget, due, lead=lead)
    if limit is None or not milestones:
        return begun
    return _wound(
        begun, calendar, milestones=tuple(_milestone(limit.unit, one, at, calendar) for one in milestones)
    )


def _milestone(unit: Unit, said: tuple[str, Limit], at: datetime, calendar: Calendar) -> Milestone:
    name, limit = said
    due = deadline(limit, at, calendar)
    return Milestone(name, str(limit), _microseconds(ran(unit, at, due, calendar)), due)


def start_until(
    task_no: int, kind: str, holder: Holder, due: datetime, at: datetime, calendar: Calendar
) -> Task:
    """A clock with a deadline that another system gave; it may lie in the past."""
    return _begun(task_no, kind, holder, None, at, calendar, due - at, due, lead=True)


def _begun(  # noqa: PLR0913, PLR0917 - as start
    task_no: int,
    kind: str,
    holder: Holder,
    limit: str | None,
    at: datetime,
    calendar: Calendar,
    budget: timedelta | None,
    due: datetime | None,
    *,
    lead: bool,
) -> Task:
    yellow, alert = None, None
    if budget is not None and due is not None:
        yellow, alert = _lights(unit_of(limit), budget, budget, at, due, (), calendar)
    return Task(
        task_no, kind, holder, lead=lead, limit=limit, calendar=calendar.version, entered_at=at,
        budget_microseconds=None if budget is None else _microseconds(budget), used_microseconds=0, running_since=at,
        due_at=due, yellow_at=yellow, original_due_at=due, next_alert_at=alert,
    )  # fmt: skip


def _remaining(task: Task) -> timedelta:
    """What is left of the budget when the hand last began to run."""
    return ((task.budget_microseconds or 0) - task.used_microseconds) * _MICROSECOND


def left(task: Task, at: datetime, calendars: Calendars) -> timedelta | None:
    """What remains of the budget at `at`, in the task's kind of time (negative when overdue); None without a deadline."""
    if task.budget_microseconds is None:
        return None
    if task.running_since is None:
        return _remaining(task)
    stop = task.finished_at or at
    return _remaining(task) - ran(unit_of(task.limit), task.running_since, stop, calendars.of(task.calendar))


def _used(task: Task, at: datetime, calendars: Calendars) -> int:
    """What ran off up to `at`, counted by the version that the task was given its deadline with; 0 without one."""
    if task.budget_microseconds is None or task.running_since is None:
        return task.used_microseconds
    running = ran(unit_of(task.limit), task.running_since, at, calendars.of(task.calendar))
    return task.used_microseconds + _microseconds(running)


def pause(task: Task, at: datetime, calendars: Calendars, why: str, reason: str | None = None) -> Task:
    """Stop the hand; what has run so far is kept. A paused task stays as it is."""
    if task.running_since is None:
        return task
    used = _used(task, at, calendars)
    if task.due_at is not None and at > task.due_at:
        # No working time runs while the city is closed; a clock paused then would forget that it is overdue.
        used = max(used, (task.budget_microseconds or 0) + 1)
    ahead = (replace(one, due_at=None) if one.done_at is None else one for one in task.milestones)
    return task.changed( used_microseconds=used, running_since=None, due_at=None, yellow_at=None, next_alert_at=None,
        milestones=tuple(ahead), ledger=(*task.ledger, Entry(at, "paused", why, reason, calendar=task.calendar)),
    )  # fmt: skip


def resume(task: Task, at: datetime, calendars: Calendars, why: str, reason: str | None = None) -> Task:
    """Let the hand go on with what is left, by the current calendar. A running task stays as it is. Raises CalendarEnds."""
    if task.running_since is not None:
        return task
    due = None
    if task.budget_microseconds is not None:
        due = run_out(unit_of(task.limit), _remaining(task), at, calendars.current)
    return _wound(
        task, calendars.current, running_since=at, due_at=due, wake_at=None, next_alert_at=None,
        calendar=calendars.current.version, original_due_at=task.original_due_at or due,
        ledger=(*task.ledger, Entry(at, "resumed", why, reason)),
    )  # fmt: skip


def extend(
    task: Task, limit: Limit, at: datetime, calendars: Calendars, why: str, reason: str | None = None
) -> Task:
    """Grant more time, counted from the current deadline; its alerts are armed again. Source: reference 2.6, extension.

    Where the calendar changed meanwhile, what ran so far stays as it was counted, and the rest is counted by the
    current one, so that nothing is left at the new deadline. Raises CalendarEnds.
    """
    if task.budget_microseconds is None:
        return task
    unit, calendar = unit_of(task.limit), calendars.current
    if task.due_at is None:
        more = _microseconds(granted(limit, at, calendar))
        entry = Entry(at, "extended", why, reason, str(limit))
        return task.changed(
            budget_microseconds=task.budget_microseconds + more, struck=(), ledger=(*task.ledger, entry)
        )
    due, used = deadline(limit, task.due_at, calendar), _used(task, at, calendars)
    entry = Entry(at, "extended", why, reason, str(limit), task.calendar)
    return _wound(
        task, calendar, budget_microseconds=used + _microseconds(ran(unit, at, due, calendar)), due_at=due, struck=(),
        used_microseconds=used, running_since=at, calendar=calendar.version, ledger=(*task.ledger, entry),
    )  # fmt: skip


def recompute(task: Task, at: datetime, calendars: Calendars, why: str) -> Task:
    """Count a running task anew by the current calendar; what ran so far stays as it was counted. Raises CalendarEnds.

    An overdue task stays as it is: what is late can't become less late, or later than it was.
    """
    if task.due_at is None or task.budget_microseconds is None or at > task.due_at:
        return task
    used = _used(task, at, calendars)
    remaining = (task.budget_microseconds - used) * _MICROSECOND
    due = run_out(unit_of(task.limit), remaining, at, calendars.current)
    if due == task.due_at:
        return task
    return _wound(
        task, calendars.current, used_microseconds=used, running_since=at, due_at=due,
        calendar=calendars.current.version,
        ledger=(*task.ledger, Entry(at, "recomputed", why, calendar=task.calendar)),
    )  # fmt: skip


def reach(task: Task, name: str, at: datetime, calendars: Calendars) -> Task:
    """A milestone is reached; it strikes no more, and whether it was late stays."""
    told = tuple(replace(one, done_at=at) if one.name == name else one for one in task.milestones)
    return _wound(task, calendars.of(task.calendar), milestones=told)


def sleep(task: Task, until: datetime) -> Task:
    """A paused task that goes on by itself at an instant. Source: reference 2.6, suspension."""
    return task.changed(wake_at=until, next_alert_at=until)


def put_off(task: Task, until: datetime, at: datetime, calendars: Calendars, why: str, reason: str) -> Task:
    """A task that has just begun and is not to run before an instant; its deadline is first given then."""
    return sleep(pause(task, at, calendars, why, reason), until).changed(original_due_at=None)


def finish(task: Task, at: datetime, outcome: str) -> Task:
    """End the obligation. A paused one gets a deadline back, what was left added plainly, so that its lateness can be told."""
    due = task.due_at
    if task.running_since is None and task.budget_microseconds is not None:
        due = at + _remaining(task)
    return task.changed(due_at=due, finished_at=at, outcome=outcome, wake_at=None, next_alert_at=None)


class Rung(NamedTuple):
    """One alert of a clock: `half` and `yellow` remind people, `red` says that it is overdue."""

    name: str
    at: datetime


def rungs(task: Task, calendar: Calendar) -> tuple[Rung, ...]:
    """The alerts that a running task still has ahead; a milestone strikes by its name, right after it was due."""
    if task.due_at is None or task.running_since is None or task.yellow_at is None or not task.open:
        return ()
    budget = (task.budget_microseconds or 0) * _MICROSECOND
    since, unit = task.running_since, unit_of(task.limit)
    lights = _rungs(unit, budget, _remaining(task), since, task.due_at, task.yellow_at, task.struck, calendar)
    if not task.milestones:
        return lights
    missed = (
        Rung(one.name, one.due_at + _MICROSECOND)
        for one in task.milestones
        if one.due_at is not None and one.done_at is None and one.name not in task.struck
    )
    return tuple(sorted((*lights, *missed), key=lambda rung: rung.at))


def _rungs(  # noqa: PLR0913, PLR0917 - what the alerts of a clock follow from
    unit: Unit,
    budget: timedelta,
    remaining: timedelta,
    since: datetime,
    due: datetime,
    yellow: datetime,
    struck: tuple[str, ...],
    calendar: Calendar,
) -> tuple[Rung, ...]:
    """A reminder to people waits for the next opening of the city; one that would come after the deadline is left to red.

    Source: reference 4.4; that reminders wait and red does not is our choice, nobody reads them at night.
    """
    # Red is the last of its round, though a pause may bring the reminders before it into an open hour.
    if "red" in struck:
        return ()
    ahead = []
    if "half" not in struck and budget >= (LONG_WORKING if unit in WORKING else LONG_PLAIN):
        ahead.append(Rung("half", opening(calendar, run_out(unit, remaining - budget / 2, since, calendar))))
    if "yellow" not in struck:
        ahead.append(Rung("yellow", opening(calendar, yellow)))
    # The deadline itself is still on time.
    # A city may have its clocks yellow before half of a limit is left.
    reminders = sorted((rung for rung in ahead if rung.at <= due), key=lambda rung: rung.at)
    return (*reminders, Rung("red", due + _MICROSECOND))


def _lights(  # noqa: PLR0913, PLR0917 - as _rungs
    unit: Unit,
    budget: timedelta,
    remaining: timedelta,
    since: datetime,
    due: datetime,
    struck: tuple[str, ...],
    calendar: Calendar,
) -> tuple[datetime, datetime | None]:
    """When a clock turns yellow, and when it is to be looked at next."""
    spent = remaining - calendar.yellow_share * max(budget, timedelta(0))
    yellow = min(run_out(unit, spent, since, calendar), due)
    ahead = _rungs(unit, budget, remaining, since, due, yellow, struck, calendar)
    return yellow, min((rung.at for rung in ahead), default=None)


def _wound(task: Task, current: Calendar, /, **changes: Any) -> Task:
    """The task with changes, and its lights as they follow from its deadline."""
    moved = task.changed(**changes)
    if moved.due_at is None or moved.running_since is None:
        return moved
    budget = (moved.budget_microseconds or 0) * _MICROSECOND
    unit, since = unit_of(moved.limit), moved.running_since
    yellow, alert = _lights(unit, budget, _remaining(moved), since, moved.due_at, moved.struck, current)
    if not moved.milestones:
        return moved.changed(yellow_at=yellow, next_alert_at=alert)
    told = tuple(one if one.done_at else _due(moved, one, unit, since, current) for one in moved.milestones)
    lit = moved.changed(yellow_at=yellow, milestones=told)
    return lit.changed(next_alert_at=min((rung.at for rung in rungs(lit, current)), default=None))


def _due(task: Task, one: Milestone, unit: Unit, since: datetime, calendar: Calendar) -> Milestone:
    left_of_it = (one.budget_microseconds - task.used_microseconds) * _MICROSECOND
    return replace(one, due_at=run_out(unit, left_of_it, since, calendar))


def strike(task: Task, at: datetime, calendar: Calendar) -> tuple[Task, tuple[Rung, ...]]:
    """The alerts that are due at `at`, and the task that has had them."""
    due = tuple(rung for rung in rungs(task, calendar) if rung.at <= at)
    struck = task.changed(struck=(*task.struck, *(rung.name for rung in due)))
    ahead = rungs(struck, calendar)
    return struck.changed(next_alert_at=min((rung.at for rung in ahead), default=None)), due


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of time in which a clock ran, the version it was counted with, and its spans."""

    begins_at: datetime
    ends_at: datetime
    calendar: int
    steps: tuple[Step, ...]


def runs(task: Task, at: datetime, calendars: Calendars) -> list[Run]:
    """When a clock ran so far, and, while it is open and not overdue, up to its deadline."""
    told: list[Run] = []
    begins: datetime | None = task.entered_at
    for entry in task.ledger:
        if entry.what == "resumed":
            begins = entry.at
        elif entry.calendar is not None and begins is not None:
            told.append(_run(task, begins, entry.at, entry.calendar, calendars))
            begins = None if entry.what == "paused" else entry.at
    if begins is not None:
        ends = task.finished_at or max(at, task.due_at or at)
        told.append(_run(task, begins, ends, task.calendar, calendars))
    return told


def _run(task: Task, begins: datetime, ends: datetime, version: int, calendars: Calendars) -> Run:
    return Run(begins, ends, version, passage(unit_of(task.limit), begins, ends, calendars.of(version)))
