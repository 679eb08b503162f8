"""Which clocks run after a step. The workflow's states name them; this applies it. Source: reference 2.3, 2.4, 4.3."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from casehub.deadlines.limits import Limit, parse_limit
from casehub.deadlines.stopwatch import (
    Calendars,
    Holder,
    Task,
    finish,
    left,
    pause,
    resume,
    start,
    start_until,
)  # fmt: skip
from casehub.workflow.definition import Clock, Definition


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms new clocks start: who holds each, the handling limit, and what rework keeps of the last one."""

    holder: Callable[[Clock], Holder]
    handling_limit: str | None = None
    handling_due_at: datetime | None = None
    urgent: bool = False
    milestones: tuple[tuple[str, Limit], ...] = ()
    remaining: tuple[str, ...] = ()
    # Of the clocks that the action itself starts, where its form says one.
    started_limit: str | None = None


class Clocks:
    """The tasks of one case while one step moves them; `changed` holds those that the step opened or touched.

    `why` and `reason` go into the ledgers of those that it pauses or resumes.
    """

    def __init__(
        self,
        definition: Definition,
        tasks: Iterable[Task],
        at: datetime,
        calendars: Calendars,
        why: str,
        reason: str | None = None,
    ) -> None:
        self._definition, self._at, self._calendars = definition, at, calendars
        self._why, self._reason = why, reason
        self.tasks = {task.task_no: task for task in tasks}
        self.changed: dict[int, Task] = {}

    def put(self, task: Task) -> None:
        """Keep a task as it is now."""
        self.tasks[task.task_no] = self.changed[task.task_no] = task

    def open(self, kind: str, *, lead: bool = True) -> Task | None:
        """The open task of that kind."""
        for task in self.tasks.values():
            if task.kind == kind and task.lead is lead and task.open:
                return task
        return None

    def enter(self, state: str, terms: Terms) -> None:
        """Arrive in `state`: run the clocks it runs, pause those it pauses, stop the others."""
        target = self._definition.states[state]
        for task in [t for t in self.tasks.values() if t.open]:
            if task.kind in target.running and task.lead:
                continue
            if task.kind in target.paused and task.lead:
                self.put(pause(task, self._at, self._calendars, self._why, self._reason))
            elif target.terminal or (task.lead and not self._definition.clocks[task.kind].independent):
                self.stop(task)
            elif task.lead and self.begins(task.kind, terms):
                self._pass_on(task, terms)
        for kind in target.running:
            self.run(kind, terms)

    def _pass_on(self, task: Task, terms: Terms) -> None:
        """An independent task follows the case to the department that has it now; where none has it, it ends."""
        if terms.holder(self._definition.clocks[task.kind]).department is None:
            self.stop(task)
        else:
            self.run(task.kind, terms)

    def stop(self, task: Task) -> None:
        """End a task by this step."""
        self.put(finish(task, self._at, self._why))

    def run(self, kind: str, terms: Terms) -> None:
        """Resume the clock, or start it; another holder always gets a new one. Source: reference 4.3 rule 5."""
        task = self.open(kind)
        if task is not None and not self.begins(kind, terms):
            self.put(resume(task, self._at, self._calendars, self._why, self._reason))
            return
        if task is not None:
            self.put(finish(task, self._at, "transferred"))
        self.put(self._born(kind, terms.holder(self._definition.clocks[kind]), terms))

    def run_until(self, kind: str, terms: Terms, due: datetime) -> None:
        """Start a clock with a deadline of its own."""
        holder, number = terms.holder(self._definition.clocks[kind]), len(self.tasks) + 1
        self.put(start_until(number, kind, holder, due, self._at, self._calendars.current))

    def knows(self, kind: str) -> bool:
        """Has the workflow such a clock? Cases keep the version they began with, and some began before it did."""
        return kind in self._definition.clocks

    def begins(self, kind: str, terms: Terms) -> bool:
        """Would running the clock start a new one, because none is open or because another holds it now?"""
        task = self.open(kind)
        return task is None or not _same(task.holder, terms.holder(self._definition.clocks[kind]))

    def follow_lead(self, kind: str) -> None:
        """Tasks that the lead department gave on rest while its own does, and end with it."""
        followers = [t for t in self.tasks.values() if t.kind == kind and t.open]
        lead = self.open("handle") if followers else None
        for task in followers:
            if lead is None or lead.task_no > task.task_no:  # a later one is another department's
                self.stop(task)
            elif lead.running_since is None:
                self.put(pause(task, self._at, self._calendars, self._why, self._reason))
            elif task.running_since is None:
                self.put(resume(task, self._at, self._calendars, self._why, self._reason))

    def rest(self, kinds: Iterable[str]) -> None:
        """Those that rest for another clock are paused while that one is open, and go on when it is not."""
        for kind in kinds:
            task, other = self.open(kind), self._definition.clocks[kind].rests_for
            if task is None or other is None:
                continue
            rests = self.open(other) is not None
            if rests is (task.running_since is not None):
                turn = pause if rests else resume
                self.put(turn(task, self._at, self._calendars, self._why, self._reason))

    def wake(self, kinds: Iterable[str]) -> None:
        """Let clocks run that slept until an instant that has come, from that instant on."""
        for task in [
            t for t in self.tasks.values() if t.kind in kinds and t.wake_at and t.wake_at <= self._at
        ]:
            self.put(resume(task, task.wake_at or self._at, self._calendars, self._why))

    def _born(self, kind: str, holder: Holder, terms: Terms) -> Task:
        number = len(self.tasks) + 1
        if kind == "handle" and terms.handling_due_at is not None:
            return start_until(number, kind, holder, terms.handling_due_at, self._at, self._calendars.current)
        last = self._last(kind, holder) if kind in terms.remaining else None
        if last is not None:  # rework goes on with what was left, in the kind of time it was counted in
            said, remaining = last.limit, left(last, self._at, self._calendars)
            limit = None if said is None else parse_limit(said)
            return start(number, kind, holder, limit, self._at, self._calendars.current, remaining=remaining)
        milestones = terms.milestones if kind == "handle" else ()
        limit = self.limit(kind, terms)
        return start(number, kind, holder, limit, self._at, self._calendars.current, milestones=milestones)

    def limit(self, kind: str, terms: Terms) -> Limit | None:
        """The limit of a new clock; None where the workflow sets none."""
        clock = self._definition.clocks[kind]
        said = clock.urgent if terms.urgent and clock.urgent else clock.limit
        text = terms.started_limit or (terms.handling_limit if said == "filing_condition" else said)
        return None if text in {None, "none"} else parse_limit(str(text))

    def _last(self, kind: str, holder: Holder) -> Task | None:
        """The lead's latest task of that kind, if the same holder had it."""
        last = next((t for t in reversed(self.tasks.values()) if t.kind == kind and t.lead), None)
        return last if last is not None and _same(last.holder, holder) else None

    def add(self, kind: str, holder: Holder, limit: Limit | None, *, lead: bool) -> None:
        """Open one more clock beside those of the state (a co-department's, a reply)."""
        self.put(
            start(len(self.tasks) + 1, kind, holder, limit, self._at, self._calendars.current, lead=lead)
        )


def _same(one: Holder, other: Holder) -> bool:
    """Is it the same post? Its clock goes on, whoever of its people has it in hand."""
    return (one.role, one.department) == (other.role, other.department)
