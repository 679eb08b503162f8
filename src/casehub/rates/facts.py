"""What one case adds to the counts of a city, read from its events. Source: reference 5.2, 5.3.

A fact is a moment with the counts that are one higher because of it, and whose they are. A task counts once, at
`min(finished_at, due_at)`; one that is still open counts once its deadline has passed. Rates, rollups and drill-downs
are sums of facts and of nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from casehub.deadlines.lights import Light

#: Cases that end so leave all counts but those of reports. Source: reference 5.2.
LEFT_OUT = {"voided": "voided", "merged": "merged"}
#: A task that ends so was taken from its holder undone.
TAKEN_AWAY = frozenset({"transferred", "void", "withdraw", "merge", "transfer_out", "migrate_workflow"})
#: The department was not the right one, or the case was not right: it is not charged.
NOT_THEIRS = frozenset({"return_accept", "return_to_acceptor"})
#: In these states a case has been taken up; the first arrival is its filing, whatever the workflow calls it.
_TAKEN_UP = frozenset({"filed", "dispatched", "handling"})
#: Sources are an open list; these are the public's. Source: reference 2.2.
_PUBLIC = frozenset({"public", "hotline"})


class Told(NamedTuple):
    """One event of a case."""

    action: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """A moment and what it adds. `open` facts wait until their moment has passed; `exempt` ones leave adjusted rates."""

    at: datetime
    counts: tuple[str, ...]
    department: str | None = None
    person: str | None = None
    light: str | None = None
    task_no: int | None = None
    open: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """The facts of one case, and what all of them have in common."""

    case_id: int
    version: int
    area: str | None
    category_id: int
    source: str
    workflow: str
    facts: tuple[Fact, ...]


@dataclass
class _Story:
    """A case as its events tell it."""

    case: dict[str, Any] = field(default_factory=lambda: {"marks": {}})
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    # By task: the event that finished it.
    ended_by: dict[int, Told] = field(default_factory=dict)
    events: list[Told] = field(default_factory=list)
    # The tasks that each of these events finished.
    ended: list[list[int]] = field(default_factory=list)
    # The number of tasks there were when each round began: the first, and one for every reopening.
    rounds: list[tuple[int, Told]] = field(default_factory=list)
    # The closing of each round.
    closings: list[Told] = field(default_factory=list)
    # The closing of a case that nobody had taken up: answered on the call.
    answered: Told | None = None

    @property
    def department(self) -> str | None:
        code: str | None = self.case.get("department_code")
        return code


def facts_of(case_id: int, events: Sequence[Told]) -> CaseCounts:
    """What a case adds to the counts. Its events come in order, from the first; cut short, it is the case as it was then."""
    story = _read(events)
    found = [_report(story)]
    if story.case["state"] in LEFT_OUT:
        ended = _moment(story.case["ended_at"])
        found.append(Fact(ended, (LEFT_OUT[story.case["state"]],), story.department, events[-1].body["by"]))
    else:
        found += [*_steps(story), *_tasks(story), *_rounds(story), *_happened(story)]
    case = story.case
    return CaseCounts(
        case_id, len(events), case["area_code"], case["category_id"], case["source"], case["workflow"], _bundled(found),
    )  # fmt: skip


def _read(events: Sequence[Told]) -> _Story:
    story = _Story()
    for told in events:
        changes = dict(told.body["case"])
        marks = {**story.case["marks"], **changes.pop("marks", {})}
        before = len(story.tasks)
        story.case |= {**changes, "marks": {k: v for k, v in marks.items() if v is not None}}
        ended = [t["task_no"] for t in told.body["tasks"] if t["finished_at"] is not None]
        story.ended.append([number for number in ended if number not in story.ended_by])
        story.ended_by |= dict.fromkeys(story.ended[-1], told)
        story.tasks |= {task["task_no"]: task for task in told.body["tasks"]}
        arrived = told.body["to"]
        if arrived != told.body["from"]:
            if (arrived in _TAKEN_UP and not story.rounds) or told.action == "reopen":
                story.rounds.append((before, told))
            if arrived == "closed" and story.rounds:
                story.closings.append(told)
            elif arrived == "closed":
                story.answered = told
        story.events.append(told)
    return story


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _bundled(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts of one moment that are the same person's are one fact with the counts of all; none has a count twice."""
    found: dict[tuple[Any, ...], list[list[str]]] = {}
    for one in facts:
        key = (one.at, one.department, one.person, one.light, one.task_no, one.open, one.exempt)
        bundles = found.setdefault(key, [])
        for name in one.counts:
            bundle = next((each for each in bundles if name not in each), None)
            if bundle is None:
                bundles.append([name])
            else:
                bundle.append(name)
    return tuple(
        Fact(at, tuple(counts), department, person, light, task_no, is_open, exempt)
        for (at, department, person, light, task_no, is_open, exempt), bundles in found.items()
        for counts in bundles
    )


def _report(story: _Story) -> Fact:
    case, state = story.case, story.case["state"]
    counts = ["reports"]
    if case["source"] == "collector":
        counts.append("collector_reports")
    if case["source"] in _PUBLIC:
        counts.append("public_reports")
    if state not in LEFT_OUT and (story.rounds or state == "self_handled"):
        counts.append("valid_reports")
    if state == "self_handled":
        counts.append("self_handled")
    if case["source"] == "hotline":
        counts.append("calls")
        if any(one.action == "answer_directly" for one in story.events):
            counts.append("answered_directly")
    return Fact(_moment(case["reported_at"]), tuple(counts), story.department, case["reported_by"])


def _steps(story: _Story) -> list[Fact]:
    """Taken in charge, refused, filed: each once a case."""
    found: list[Fact] = []
    accept = next((one for one in story.tasks.values() if one["kind"] == "accept"), None)
    by = None if accept is None else story.ended_by.get(accept["task_no"])
    if accept is not None and by is not None and by.action not in {"refuse", *TAKEN_AWAY}:
        counts = ["accepted", *(["on_time_accepted"] if _on_time(accept) else [])]
        counts += ["accurate_accepted"] if story.case["state"] != "not_filed" else []
        found.append(_by(by, story, counts, accept))
    for told in story.events:
        ends = {"refuse": "not_accepted", "decline_filing": "not_filed", "transfer_out": "transferred"}
        if told.action in ends:
            found.append(_by(told, story, [ends[told.action]]))
    return [*found, *([_filing(story)] if story.rounds else [])]


def _filing(story: _Story) -> Fact:
    told = story.rounds[0][1]
    ended = {story.tasks[n]["kind"]: story.tasks[n] for n, one in story.ended_by.items() if one is told}
    # Where the acceptor files there and then, the filing is as punctual as the acceptance.
    task = ended.get("file") or ended.get("accept")
    counts = ["filed"]
    if task is not None and _on_time(task):
        counts.append("on_time_filed")
    if all(one.action != "return_to_acceptor" for one in story.events):
        counts.append("accurate_filed")
    if story.case["marks"].get("urgent"):
        counts.append("urgent")
    return _by(told, story, counts, task)


def _by(told: Told, story: _Story, counts: Sequence[str], task: Mapping[str, Any] | None = None) -> Fact:
    """A fact of whoever did this."""
    light = None if task is None else _light(task)
    return Fact(told.at, tuple(counts), story.department, told.body["by"], light)


def _on_time(task: Mapping[str, Any]) -> bool:
    """It had a deadline and kept it: `finished_at <= due_at`. Source: reference 4.3 rule 8."""
    finished, due = _maybe(task["finished_at"]), _maybe(task["due_at"])
    return finished is not None and due is not None and finished <= due


def _late(task: Mapping[str, Any]) -> bool:
    finished, due = _maybe(task["finished_at"]), _maybe(task["due_at"])
    return finished is not None and due is not None and finished > due


def _light(task: Mapping[str, Any]) -> str | None:
    """The light that its clock showed when it was finished; one that is open counts when it is red."""
    due = _maybe(task["due_at"])
    if due is None:
        return None
    finished, yellow = _maybe(task["finished_at"]), _maybe(task["yellow_at"])
    if finished is None or finished > due:
        return Light.RED.value
    return (Light.YELLOW if yellow is not None and finished >= yellow else Light.GREEN).value


class _Judged(NamedTuple):
    """How tasks of one kind are counted: should, done, on time; and outcomes that leave them undone."""

    should: str
    done: str | None
    on_time: str
    undone: frozenset[str]


_JUDGED = {
    "verify": _Judged("should_verify", "verified", "on_time_verified", TAKEN_AWAY),
    "dispatch": _Judged("should_dispatch", None, "on_time_dispatched", TAKEN_AWAY),
    "sign": _Judged("should_sign", "signed", "on_time_signed", TAKEN_AWAY | NOT_THEIRS | {"dept_return", "reassign"}),
    "check": _Judged("should_check", "checked", "on_time_checked", TAKEN_AWAY | {"rework"}),
    # What ends it else is the end of the case, or of the letter behind it: nobody replied.
    "reply": _Judged("should_reply", "replied", "on_time_replied", TAKEN_AWAY | {"close", "conclude", "return_to_acceptor", "lift_supervision"}),
}  # fmt: skip


def _tasks(story: _Story) -> list[Fact]:
    """Tasks that count one by one: those of collectors, dispatchers, and what departments sign and reply."""
    found: list[Fact] = []
    wrong = _wrongly_dispatched(story)
    for number, task in story.tasks.items():
        judged = _JUDGED.get(task["kind"])
        if judged is None or not task["lead"]:
            continue
        extra = ("accurate_dispatched",) if task["kind"] == "dispatch" and number not in wrong else ()
        found += _one_task(story, number, task, judged, extra)
    return found


def _one_task(
    story: _Story, number: int, task: Mapping[str, Any], judged: _Judged, extra: tuple[str, ...]
) -> list[Fact]:
    by, due, finished = story.ended_by.get(number), _maybe(task["due_at"]), _maybe(task["finished_at"])
    holder, outcome = task["holder"], task["outcome"]
    department = holder["department"] or story.department
    person = holder["person"] or (None if by is None else by.body["by"])
    done = finished is not None and outcome not in judged.undone
    whose: dict[str, Any] = {"department": department, "person": person, "light": _light(task), "task_no": number,
             "exempt": task["exemption"] is not None}  # fmt: skip
    if done and due is None:
        return [Fact(finished, ("without_deadline",), **whose)] if finished is not None else []
    if due is None or (finished is not None and not done and finished <= due):
        return []
    counts = [judged.should, *([judged.done] if done and judged.done else []), *(extra if done else ())]
    if finished is None:
        return [Fact(due, tuple(counts), open=True, **whose)]
    if finished > due:
        return [Fact(due, tuple(counts), **whose)]
    return [Fact(finished, (*counts, judged.on_time), **whose)]


def _wrongly_dispatched(story: _Story) -> set[int]:
    """Dispatch tasks whose department returned the case as not its own, and was right. Source: reference 2.4 row 15."""
    wrong: set[int] = set()
    last: int | None = None
    reason = None
    for told, ended in zip(story.events, story.ended, strict=True):
        if told.action == "dept_return":
            reason = told.body["form"].get("reason")
        if told.action == "return_accept" and reason == "wrong_owner" and last is not None:
            wrong.add(last)
        if _given(told):  # by a dispatcher's task, or by taking it from another department, which is none
            last = next((number for number in ended if story.tasks[number]["kind"] == "dispatch"), None)
    return wrong


def _rounds(story: _Story) -> list[Fact]:
    """Handling and closing: each once from filing, or reopening, to the next close; so one department is charged."""
    found = [] if story.answered is None else [_by(story.answered, story, ("closed_in_period",))]
    for place, (first, began) in enumerate(story.rounds):
        last = story.rounds[place + 1][0] if place + 1 < len(story.rounds) else len(story.tasks)
        closing = story.closings[place] if place < len(story.closings) else None
        mine = [
            t for n, t in story.tasks.items() if first < n <= last and t["kind"] == "handle" and t["lead"]
        ]
        found += [*_stock(mine), *_round(story, mine, closing)]
        found.append(Fact(began.at, ("case_opened",), story.department))
        ended = closing.at if closing is not None else _maybe(story.case["ended_at"])
        if ended is not None:
            found.append(Fact(ended, ("case_ended",), story.department))
    return found


def _stock(handles: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """When departments had it in hand, and when overdue: what stood open at an instant is what began less what ended."""
    found: list[Fact] = []
    for task in handles:
        department, finished, due = (
            task["holder"]["department"],
            _maybe(task["finished_at"]),
            _maybe(task["due_at"]),
        )
        found.append(Fact(_moment(task["entered_at"]), ("handling_begun",), department))
        if finished is not None:
            found.append(Fact(finished, ("handling_ended",), department))
        if due is not None and (finished is None or finished > due):
            found.append(Fact(due, ("handling_overdue",), department, open=finished is None))
            if finished is not None:
                found.append(Fact(finished, ("handling_overdue_ended",), department))
    return found


def _charged(story: _Story, handles: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The task by which a round of handling is judged: the first that was overdue, else the last.

    A department that was not the right one is not charged. Source: reference 5.2, department attribution.
    """
    theirs = [
        t for t in handles if (by := story.ended_by.get(t["task_no"])) is None or by.action not in NOT_THEIRS
    ]
    return next((t for t in theirs if _late(t)), theirs[-1] if theirs else None)


def _round(story: _Story, handles: Sequence[Mapping[str, Any]], closing: Told | None) -> list[Fact]:
    task = _charged(story, handles)
    if task is None:
        return [] if closing is None else [_by(closing, story, ("closed_in_period",))]
    last, due = handles[-1], _maybe(task["due_at"])
    whose = {"department": task["holder"]["department"], "exempt": task["exemption"] is not None}
    handled = last["finished_at"] is not None and last["outcome"] not in TAKEN_AWAY | NOT_THEIRS
    found = []
    if handled and due is None:
        found.append(
            Fact(_moment(last["finished_at"]), ("without_deadline",), task_no=last["task_no"], **whose)
        )
    elif due is not None:
        found += _handling(task, due, whose, handled=handled)
    closed_by = None if closing is None else closing.body["by"]
    if closing is not None:
        found.append(Fact(closing.at, ("closed_in_period",), whose["department"], closed_by))
    if due is not None and (closing is not None or story.case["ended_at"] is None):
        urgent = bool(story.case["marks"].get("urgent"))
        found += _closing(
            due, None if closing is None else closing.at, {**whose, "person": closed_by}, urgent=urgent
        )
    return found


def _handling(
    task: Mapping[str, Any], due: datetime, whose: Mapping[str, Any], *, handled: bool
) -> list[Fact]:
    finished, light, number = _maybe(task["finished_at"]), _light(task), task["task_no"]
    if finished is not None and finished > due:
        counts = ("should_handle", *(("handled", "overdue_handled") if handled else ()))
        return [Fact(due, counts, light=light, task_no=number, **whose)]
    if finished is None:
        return [Fact(due, ("should_handle",), light=light, task_no=number, open=True, **whose)]
    if not handled:
        return []
    return [
        Fact(finished, ("should_handle", "handled", "on_time_handled"), light=light, task_no=number, **whose)
    ]


def _closing(due: datetime, closed: datetime | None, whose: Mapping[str, Any], *, urgent: bool) -> list[Fact]:
    """A case is closed on time by the handling deadline of its department. Source: reference 0.3 rule 3, 4.8."""
    late = closed is None or closed > due
    counts = ["should_close", *(["urgent_should_close"] if urgent else [])]
    if closed is not None:
        counts += ["closed", "overdue_closed" if late else "on_time_closed"]
        counts += ["urgent_on_time_closed"] if urgent and not late else []
    light = (Light.RED if late else Light.GREEN).value
    found = [Fact(due if late else closed or due, tuple(counts), light=light, open=closed is None, **whose)]
    if late:
        found.append(Fact(due, ("case_overdue",), whose["department"], open=closed is None))
        found += [] if closed is None else [Fact(closed, ("case_overdue_ended",), whose["department"])]
    return found


def _happened(story: _Story) -> list[Fact]:
    """What is counted at the moment it happens."""
    found: list[Fact] = []
    department: str | None = None
    seen: set[str] = set()
    for told in story.events:
        changed = told.body["case"]
        before, department = department, changed.get("department_code", department)
        if _given(told):
            again = ("second_dispatched",) if "dispatched" in seen else ()
            found.append(Fact(told.at, ("dispatched", *again), department, told.body["by"]))
            seen.add("dispatched")
        counts = _counted(story, told, seen)
        if counts:
            # A return that is accepted is that of who returned it, not of who has it then.
            whose = before if told.action == "return_accept" else department
            found.append(Fact(told.at, tuple(counts), whose, told.body["by"]))
    return found


def _given(told: Told) -> bool:
    """Did this give the case to a department? After a reopening it may be the same one, so its code does not tell."""
    return "dispatch_count" in told.body["case"].get("marks", {})


def _counted(story: _Story, told: Told, seen: set[str]) -> list[str]:
    form, action = told.body["form"], told.action
    if action == "rework" or (action == "check_done" and form.get("result") == "not_pass"):
        first = "reworked" not in seen
        seen.add("reworked")
        return ["reworked", *(["reworked_cases"] if first else [])]
    if action == "supervise":
        return ["supervised", *(["supervised_closed"] if story.case["state"] == "closed" else [])]
    if action == "revisit":
        return _revisit(form)
    if told.body["case"].get("marks", {}).get("is_difficult") and "difficult" not in seen:
        seen.add("difficult")
        return [*_PLAIN.get(action, ()), "difficult"]
    return list(_PLAIN.get(action, ()))


_PLAIN = {
    "dept_return": ("returned",),
    "return_accept": ("returns_reviewed", "returns_accepted"),
    "return_reject": ("returns_reviewed",),
    "approve_extension": ("extended",),
    "suspend": ("suspended",),
    "reopen": ("reopened",),
}
_SOLVED = {"solved": "solved", "partly": "partly_solved"}
_RATED = {"satisfied": "satisfied", "basically": "basically_satisfied", "not": "unsatisfied"}


def _revisit(form: Mapping[str, Any]) -> list[str]:
    """A valid revisit was reached and answered. Source: reference 8.5."""
    solved, rated = form.get("solved"), form.get("satisfied")
    counts = ["revisited", *(["valid_revisits"] if solved != "unreachable" else [])]
    counts += [_SOLVED[solved]] if solved in _SOLVED else []
    return counts + ([_RATED[rated], "rated"] if rated in _RATED else [])
