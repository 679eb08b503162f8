"""What effects do to clocks beyond those that a state runs: extension, exemption, tasks of others, requests, plans."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from casehub.cases.clocks import Clocks, Terms
from casehub.cases.facts import CaseFacts, Situation
from casehub.cases.holders import handler
from casehub.deadlines.limits import Limit, parse_limit
from casehub.deadlines.periods import next_same_period
from casehub.deadlines.stopwatch import Exemption, Holder, extend, put_off, reach, sleep
from casehub.people.actors import Role

Adjust = Callable[[Clocks, Situation, Terms], None]


def adjust(clocks: Clocks, s: Situation, terms: Terms, after: CaseFacts, asked: str | None) -> None:
    """Whatever this action's effects do to clocks, and what follows from it; `asked` is the task of a pending request."""
    for name in s.action.effects:
        if name in _ADJUST:
            _ADJUST[name](clocks, s, terms)
    _keep_to_the_handler(clocks, after)
    if asked is not None and clocks.knows(asked) and clocks.open(asked) is None:
        clocks.run(asked, terms)


def request_of(after: CaseFacts) -> str | None:
    """The task by which a request is in the queue of who must decide on it: first the department, then the dispatcher."""
    return _REQUESTS.get(after.marks.get("request_waits_for", ""))


def end_requests(clocks: Clocks, asked: str | None) -> None:
    """A request that was decided on, or that died with the assignment, is nobody's task any more."""
    for task in [t for t in clocks.tasks.values() if t.kind in _ASKED and t.kind != asked and t.open]:
        clocks.stop(task)


_REQUESTS = {Role.DEPARTMENT.value: "confirm", Role.DISPATCHER.value: "approve"}
_ASKED = frozenset(_REQUESTS.values())


def _keep_to_the_handler(clocks: Clocks, after: CaseFacts) -> None:
    """The department's task is in the queue of the person who works on it."""
    task = clocks.open("handle")
    if task is not None and task.holder.person != handler(after):
        clocks.put(task.changed(holder=Holder(task.holder.role, task.holder.department, handler(after))))


def _grant_extension(clocks: Clocks, s: Situation, _: Terms) -> None:
    if (task := clocks.open("handle")) is not None:
        more, reason = parse_limit(str(s.case.marks["extension_pending"])), s.case.marks.get("request_reason")
        clocks.put(extend(task, more, s.at, s.known.calendars, s.action.name, reason))


def _suspend(clocks: Clocks, s: Situation, _: Terms) -> None:
    if (task := clocks.open("handle")) is not None:
        clocks.put(sleep(task, datetime.fromisoformat(s.case.marks["suspension_pending"])))


def _reach_milestone(clocks: Clocks, s: Situation, _: Terms) -> None:
    if (task := clocks.open("handle")) is not None:
        clocks.put(reach(task, str(s.form["milestone"]), s.at, s.known.calendars))


def _help(clocks: Clocks, kind: str, department: str, limit: Limit | None) -> None:
    clocks.add(kind, Holder(Role.DEPARTMENT, department=department), limit, lead=False)


def _said_limit(s: Situation) -> Limit | None:
    return parse_limit(str(s.form["limit"])) if s.form.get("limit") else None


def _open_co_task(clocks: Clocks, s: Situation, _: Terms) -> None:
    _help(clocks, "handle", str(s.form["department"]), _said_limit(s))


def _open_co_tasks(clocks: Clocks, s: Situation, terms: Terms) -> None:
    for department in dict.fromkeys(s.form.get("co_departments") or ()):
        _help(clocks, "handle", department, clocks.limit("handle", terms))


def _open_unit_task(clocks: Clocks, s: Situation, _: Terms) -> None:
    _help(clocks, "unit_handle", str(s.form["department"]), _said_limit(s))


def _close_tasks(kind: str) -> Adjust:
    """End what the actor's department has to do beside the lead."""

    def close(clocks: Clocks, s: Situation, _: Terms) -> None:
        _end_help(clocks, kind, s.actor.department)

    return close


def _end_help(clocks: Clocks, kind: str, department: str | None) -> None:
    for task in [t for t in clocks.tasks.values() if t.open and not t.lead and t.kind == kind]:
        if task.holder.department == department:
            clocks.stop(task)


def _assign_department(clocks: Clocks, s: Situation, _: Terms) -> None:
    """Who leads from now on helps no more. Source: reference 1.2, lead_dept."""
    _end_help(clocks, "handle", str(s.form["department"]))


def _review_appeal(clocks: Clocks, s: Situation, _: Terms) -> None:
    if s.form["result"] == "granted":
        for task in [t for t in clocks.tasks.values() if t.kind == "handle" and t.lead and t.late]:
            reason = s.form.get("opinion") or "appeal granted"
            clocks.put(task.changed(exemption=Exemption(s.actor.name, s.at, reason)))


def _wait_for_period(clocks: Clocks, s: Situation, _: Terms) -> None:
    """A check at the same time of day begins when that comes. Source: reference 1.3, same_period_check."""
    task = clocks.open("check")
    if task is not None and s.form.get("same_period"):
        seen, calendar = s.case.observed_at or s.case.reported_at, s.known.calendars.current
        begins = next_same_period(calendar, seen, s.at)
        if begins > s.at:
            clocks.put(put_off(task, begins, s.at, s.known.calendars, s.action.name, "same_period"))


def _plan(clocks: Clocks, s: Situation, terms: Terms) -> None:
    """The plan's own deadline; another plan takes the place of the one before. Source: reference 0.4 S0d."""
    if clocks.knows("plan"):
        if (task := clocks.open("plan")) is not None:
            clocks.stop(task)
        clocks.run_until("plan", terms, s.form["finish_by"])


def _send_back(clocks: Clocks, *_: Any) -> None:
    """Nobody leads, so there is nothing to help with."""
    for task in [t for t in clocks.tasks.values() if t.open and not t.lead]:
        clocks.stop(task)


def _hand_over(clocks: Clocks, s: Situation, _: Terms) -> None:
    for task in [t for t in clocks.tasks.values() if t.open and t.holder.person == s.form["from_person"]]:
        heir = Holder(task.holder.role, task.holder.department, s.form["to_person"])
        clocks.put(task.changed(holder=heir))


_ADJUST: dict[str, Adjust] = {
    "grant_extension": _grant_extension, "suspend_until": _suspend, "reach_milestone": _reach_milestone,
    "open_co_task": _open_co_task, "open_co_tasks": _open_co_tasks, "close_co_task": _close_tasks("handle"),
    "open_unit_task": _open_unit_task, "close_unit_task": _close_tasks("unit_handle"),
    "review_appeal": _review_appeal, "assign_collector": _wait_for_period, "record_plan": _plan, "hand_over": _hand_over,
    "send_back": _send_back, "assign_department": _assign_department,
}  # fmt: skip
