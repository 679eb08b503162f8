"""The one function that moves a case: `decide`. Pure: what it needs to know is in its arguments, time included."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from casehub.cases.adjustments import adjust, end_requests, request_of
from casehub.cases.clocks import Clocks, Terms
from casehub.cases.effects import EFFECTS
from casehub.cases.facts import CASE_COLUMNS, MOVING, CaseFacts, Decision, Known, Photo, Situation
from casehub.cases.guards import GUARDS
from casehub.cases.holders import handler, holder_of
from casehub.cases.problems import ActionNotPossible, ActionRefused, ActionUnknown
from casehub.cases.references import missing_references
from casehub.cases.reports import seen_in_future
from casehub.deadlines.claims import claimed_by_another
from casehub.deadlines.stopwatch import Calendars, Rung, Task, recompute, resume, strike
from casehub.errors import Refusal
from casehub.events.chain import Unasked
from casehub.people.actors import SYSTEM, Actor, Role
from casehub.people.problems import WrongRole
from casehub.workflow.definition import Action, Definition, form_model
from casehub.workflow.machine import FlowMachine


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow version, compiled."""

    definition: Definition
    machine: FlowMachine


LIMIT_NEEDED = Refusal(
    "limit_needed", "no filing condition gives a handling limit: say one, such as 4 work_hour",
    "立案条件没有给出处置时限，请填写时限", "limit",
)  # fmt: skip
#: Nobody waits longer than this for the lock of a case; a clock that lags by more is wrong.
WAITED = timedelta(seconds=60)
TIME_BACKWARDS = Refusal(
    "time_backwards", "the last event of this case is later than now", "当前时间早于案件最后一次操作"
)


def read_form(action: Action, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The form as the action declares it. Raises ActionRefused (422) with a reason for each wrong field."""
    try:
        form = form_model(action).model_validate(dict(raw))
    except ValidationError as error:
        refusals = [
            Refusal(one["type"], one["msg"], one["msg"], ".".join(str(part) for part in one["loc"]) or None)
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise FormInvalid(errors=refusals) from None
    return {name: value for name, value in form.model_dump().items() if value is not None}


class FormInvalid(ActionRefused):
    """The form of this action is not filled in right; every reason is listed"""

    type, status, zh = "form-invalid", 422, "表单填写有误，原因见 errors"


def decide(  # noqa: PLR0913 - everything a decision depends on, and nothing else
    flow: Flow,
    case: CaseFacts,
    action: str,
    form: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    known: Known,
) -> Decision:
    """What `action` does to `case` at `at`; writes nothing.

    Raises ActionUnknown, WrongRole, ActionNotPossible, FormInvalid, or ActionRefused with every guard's reason.
    """
    declared = flow.definition.actions.get(action)
    if declared is None or not declared.from_:
        raise ActionUnknown(f"{action!r} is not an action of workflow {case.workflow!r}")
    role_of(declared, actor)
    if case.state not in declared.from_:
        raise ActionNotPossible(
            f"{action} starts from {', '.join(declared.from_)}; the case is {case.state}",
            state=case.state, possible=list(flow.machine.possible(case.state)),
        )  # fmt: skip
    filled = read_form(declared, form)
    return _move(flow, Situation(case, declared, filled, actor, at, known))


def role_of(action: Action, actor: Actor) -> Role:
    """The role in which the actor does this. Raises WrongRole with the roles that may."""
    for role in action.roles:
        if role in actor.roles:
            return Role(role)
    raise WrongRole(
        f"{action.name} needs one of the roles: {', '.join(action.roles)}", roles_needed=list(action.roles)
    )


def _move(flow: Flow, s: Situation) -> Decision:
    late = [TIME_BACKWARDS] if s.at < s.case.last_at else []
    early = [seen_in_future(s.form.get("observed_at"), s.at)]
    refusals = [*late, *filter(None, early), *_in_other_hands(s), *missing_references(s)]

    def run_guards() -> list[Refusal]:
        found = (GUARDS[name](s) for name in s.action.guards)
        return refusals + [one for one in found if one is not None]

    moved = flow.machine.move(s.case.state, s.action.name, s.form, run_guards)
    if moved.to is None:
        raise ActionRefused(errors=moved.refusals)
    return _settle(flow.definition, s, moved.to)


def _in_other_hands(s: Situation) -> list[Refusal]:
    if not s.case.claims:
        return []
    role = role_of(s.action, s.actor)
    # The department answers for its handler, so it may step in.
    over = handler(s.case) if role is Role.DEPARTMENT else None
    claims = (claim for claim in s.case.claims if claim.by != over)
    claim = claimed_by_another(
        s.case.tasks, claims, role=role, department=s.actor.department, by=s.actor.name, at=s.at
    )
    if not claim:
        return []
    until = claim.until.isoformat(timespec="seconds")
    return [
        Refusal(
            "claimed_by_another", f"{claim.by} has this in hand until {until}; take another case or wait",
            f"{claim.by} 已领取该任务，至 {until}；请处理其他案件或等待",
        )
    ]  # fmt: skip


def after_waiting(case: CaseFacts, at: datetime) -> datetime:
    """When an action asked for at `at` takes place: who waited for the lock of the case comes after who held it."""
    return case.last_at if at < case.last_at <= at + WAITED else at


def _settle(definition: Definition, s: Situation, to: str) -> Decision:
    changes: dict[str, Any] = {}
    for name in s.action.effects:
        changes |= EFFECTS[name](s)
    after = apply_changes(s.case, changes)
    clocks = _run_clocks(definition, s, after, to)
    moved = _arrive(definition, s, after, to, clocks)
    return _told(s, moved, clocks, role_of(s.action, s.actor))


#: What events tell of a case: all of one that begins, else what an action may change.
_BORN_WITH = tuple(name for name in CASE_COLUMNS if name not in {"version", "head_hash", "marks"})
_MOVING = tuple(sorted(MOVING))


def _told(s: Situation, moved: CaseFacts, clocks: Clocks, role: Role | None) -> Decision:
    born = not s.case.version
    names = _BORN_WITH if born else _MOVING
    was, now = vars(s.case), vars(moved)
    changed = {name: now[name] for name in names if born or now[name] != was[name]}
    old: Mapping[str, Any] = {} if born else s.case.marks
    if moved.marks != old:
        every = sorted({*moved.marks, *old})
        changed["marks"] = {k: moved.marks.get(k) for k in every if moved.marks.get(k) != old.get(k)}
    tasks = tuple(clocks.changed[number] for number in sorted(clocks.changed))
    body = {
        "by": s.actor.name, "role": role, "from": None if born else s.case.state, "to": moved.state, "form": s.form,
        "case": changed, "tasks": tasks,
    }  # fmt: skip
    return Decision(None if born else s.case, moved, s.action.name, s.at, body, tasks)


def apply_changes(case: CaseFacts, changes: Mapping[str, Any]) -> CaseFacts:
    """The case with columns and marks changed; a mark set to None is taken away."""
    if not changes:
        return case
    marks = {**case.marks, **{key: value for key, value in changes.items() if key not in MOVING}}
    columns = {key: value for key, value in changes.items() if key in MOVING}
    return case.changed(**columns, marks={key: value for key, value in marks.items() if value is not None})


def _terms(s: Situation, after: CaseFacts) -> Terms:
    limit = after.marks.get("limit_override") or s.known.conditions.get(str(after.condition))
    steps = () if after.marks.get("limit_override") else s.known.steps.get(str(after.condition), ())
    return Terms(
        lambda clock: holder_of(clock, s, after), limit, s.form.get("due_at"), urgent=bool(after.marks.get("urgent")),
        remaining=s.action.remaining,
        milestones=tuple((step.step.value, step.limit) for step in steps[:-1]),
    )  # fmt: skip


def _run_clocks(definition: Definition, s: Situation, after: CaseFacts, to: str) -> Clocks:
    clocks, terms = _clocks(definition, s), _terms(s, after)
    clocks.wake(definition.states[s.case.state].running if s.case.version else ())
    asked = request_of(after) if "handle" in definition.states[to].running else None
    end_requests(clocks, asked)
    if s.action.to is not None:
        if _lacks_limit(definition, s, to, clocks, terms):
            raise ActionRefused(errors=[LIMIT_NEEDED])
        clocks.enter(to, terms)
    for kind in s.action.stops:
        if (task := clocks.open(kind)) is not None:
            clocks.stop(task)
    for kind in s.action.starts:
        if clocks.open(kind) is None:
            clocks.run(kind, replace(terms, started_limit=s.form.get("limit")))
    adjust(clocks, s, terms, after, asked)
    clocks.rest(definition.states[to].running)
    clocks.follow_lead("unit_handle")
    return clocks


def _clocks(definition: Definition, s: Situation) -> Clocks:
    """The clocks of a case; a request that is granted now was given its reason before."""
    granted = {"grant_extension", "suspend_until"} & set(s.action.effects)
    reason = s.case.marks.get("request_reason") if granted else s.form.get("opinion") or s.form.get("reason")
    return Clocks(definition, s.case.tasks, s.at, s.known.calendars, s.action.name, reason)


def _lacks_limit(definition: Definition, s: Situation, to: str, clocks: Clocks, terms: Terms) -> bool:
    """A department is never sent work without a deadline; only the record of another system may have none."""
    foreign = Role.SYSTEM in s.actor.roles and s.case.external_no is not None
    if foreign or terms.handling_due_at is not None:
        return False
    starts = (
        k
        for k in definition.states[to].running
        if clocks.begins(k, terms) and definition.clocks[k].limit == "filing_condition"
    )
    return any(clocks.limit(kind, terms) is None and kind not in terms.remaining for kind in starts)


def _arrive(definition: Definition, s: Situation, after: CaseFacts, to: str, clocks: Clocks) -> CaseFacts:
    state = definition.states[to]
    due, yellow = _deadline(state.running, clocks)
    ended = (s.case.ended_at or s.at) if state.terminal else None
    return after.changed(
        state=to, stage=state.stage or after.stage, due_at=due, yellow_at=yellow, ended_at=ended,
        photos=_joined(s.case.photos, s.photos()), version=s.case.version + 1, last_at=s.at,
        tasks=tuple(clocks.tasks[number] for number in sorted(clocks.tasks)),
    )  # fmt: skip


def _joined(old: tuple[Photo, ...], new: tuple[Photo, ...]) -> tuple[Photo, ...]:
    return old + tuple(photo for photo in new if photo not in old) if new else old


def _deadline(running: tuple[str, ...], clocks: Clocks) -> tuple[datetime | None, datetime | None]:
    task: Task | None = clocks.open(running[0]) if running else None
    return (None, None) if task is None else (task.due_at, task.yellow_at)


def decide_report(  # noqa: PLR0913 - as decide
    flow: Flow,
    draft: CaseFacts,
    action: str,
    form: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    known: Known,
) -> Decision:
    """The birth of a case: `report`, or `self_handle`. `draft` is the case at version 0, without state.

    Raises ActionUnknown, WrongRole, or ActionRefused with every guard's reason.
    """
    declared = flow.definition.actions.get(action)
    if declared is None or declared.from_:
        raise ActionUnknown(f"a case of workflow {draft.workflow!r} can't begin with {action!r}")
    role_of(declared, actor)
    s = Situation(draft, declared, form, actor, at, known)
    refusals = [one for name in declared.guards if (one := GUARDS[name](s)) is not None]
    if refusals:
        raise ActionRefused(errors=refusals)
    return _settle(flow.definition, s, str(declared.to))


def decide_merged_in(target: CaseFacts, merged: CaseFacts, *, actor: Actor, at: datetime) -> Decision:
    """What a merge does to its target: the report is remembered there, nothing moves. Source: reference 2.4 row 3."""
    at = max(at, target.last_at)
    marks = {"merged_in": [*target.marks.get("merged_in", ()), merged.case_no]}
    after = target.changed(marks={**target.marks, **marks}, version=target.version + 1, last_at=at)
    body = {
        "by": actor.name, "role": None, "from": target.state, "to": target.state, "form": {"merged": merged.case_no},
        "case": {"marks": marks}, "tasks": (),
    }  # fmt: skip
    return Decision(target, after, Unasked.MERGED_IN, at, body, ())


def decide_migration(
    definition: Definition, case: CaseFacts, to: str, *, at: datetime, calendars: Calendars
) -> Decision:
    """Move an open case to another version of its workflow, into the state that its old one maps to."""
    action = Action(
        name=Unasked.MIGRATE_WORKFLOW, title="流程迁移", title_en="Move to another workflow version"
    )
    s = Situation(case, action, {}, SYSTEM, at, Known(calendars=calendars))
    clocks = _clocks(definition, s)
    if to != case.state:
        clocks.enter(to, _terms(s, case))
        clocks.rest(definition.states[to].running)
    moved = _arrive(definition, s, case, to, clocks).changed(workflow_digest=definition.digest)
    return _told(s, moved, clocks, None)


def decide_strikes(flow: Flow, case: CaseFacts, *, at: datetime, calendars: Calendars) -> list[Decision]:
    """What the clocks of a case do that are due at `at`: a suspension that has ended resumes, a check that waited for its
    time of day begins, alerts are told.

    A suspension ends at its date, however late somebody looks. Several alerts of one task that are due at once, after
    a standstill, are one event. A clock that was set back strikes no earlier than the last event.
    """
    told: list[Decision] = []
    for task in [t for t in case.tasks if t.next_alert_at is not None and t.next_alert_at <= at]:
        now = told[-1].case if told else case
        if task.wake_at is not None:
            woken = max(task.wake_at, now.last_at)
            if task.kind in flow.definition.states[now.state].running:
                told.append(_awake(flow, now, task, woken, calendars))
            else:
                known = Known(calendars=calendars)
                told.append(decide(flow, now, "resume", {}, actor=SYSTEM, at=woken, known=known))
            continue
        struck, rungs = strike(task, at, calendars.of(task.calendar))
        told.append(_alerted(now, struck, rungs, max(at, now.last_at)))
    return told


def _alerted(case: CaseFacts, struck: Task, rungs: tuple[Rung, ...], at: datetime) -> Decision:
    after = case.changed(version=case.version + 1, last_at=at, tasks=_among(case.tasks, struck))
    form = {
        "task_no": struck.task_no, "kind": struck.kind, "round": struck.extensions, "rungs": [r.name for r in rungs],
        "due_at": struck.due_at,
    }  # fmt: skip
    return Decision(case, after, Unasked.ALERT, at, _unmoved(case, form, {}, (struck,)), (struck,))


def _awake(flow: Flow, case: CaseFacts, task: Task, at: datetime, calendars: Calendars) -> Decision:
    """A clock of the present state that slept until now begins to run."""
    awake = resume(task, at, calendars, "wake")
    after = case.changed(version=case.version + 1, last_at=at, tasks=_among(case.tasks, awake))
    changed: dict[str, Any] = {}
    if flow.definition.states[case.state].running[0] == task.kind:
        changed = {"due_at": awake.due_at, "yellow_at": awake.yellow_at}
    form = {"task_no": task.task_no, "kind": task.kind, "due_at": awake.due_at}
    return Decision(
        case, after.changed(**changed), Unasked.WAKE, at, _unmoved(case, form, changed, (awake,)), (awake,)
    )


def _among(tasks: tuple[Task, ...], changed: Task) -> tuple[Task, ...]:
    return tuple(changed if task.task_no == changed.task_no else task for task in tasks)


def _unmoved(
    case: CaseFacts, form: Mapping[str, Any], changed: Mapping[str, Any], tasks: tuple[Task, ...]
) -> dict[str, Any]:
    """The body of an event of the system that leaves a case in its state."""
    return {
        "by": SYSTEM.name, "role": Role.SYSTEM, "from": case.state, "to": case.state, "form": form, "case": changed,
        "tasks": tasks,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that a changed calendar moved."""

    case_no: str
    kind: str
    before: datetime
    after: datetime


def decide_recompute(
    flow: Flow, case: CaseFacts, *, at: datetime, calendars: Calendars
) -> tuple[Decision | None, list[Moved]]:
    """Count the running clocks of a case by the current calendar; None when no deadline moves.

    The original deadlines stay. Raises CalendarEnds.
    """
    at = max(at, case.last_at)
    counted = {task.task_no: recompute(task, at, calendars, "recompute") for task in case.tasks if task.open}
    changed = tuple(task for task in counted.values() if task not in case.tasks)
    if not changed:
        return None, []
    tasks = tuple(counted.get(task.task_no, task) for task in case.tasks)
    running = flow.definition.states[case.state].running
    lit = next((t for t in tasks if t.open and t.lead and running and t.kind == running[0]), None)
    due, yellow = (lit.due_at, lit.yellow_at) if lit else (case.due_at, case.yellow_at)
    after = case.changed(version=case.version + 1, last_at=at, tasks=tasks, due_at=due, yellow_at=yellow)
    moves = {
        name: getattr(after, name)
        for name in ("due_at", "yellow_at")
        if getattr(after, name) != getattr(case, name)
    }
    body = _unmoved(case, {"calendar": calendars.current.version}, moves, changed)
    told = [
        Moved(case.case_no, task.kind, before.due_at, task.due_at)
        for task in changed
        for before in case.tasks
        if before.task_no == task.task_no and before.due_at and task.due_at
    ]
    return Decision(case, after, Unasked.RECOMPUTE, at, body, changed), told
