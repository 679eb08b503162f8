"""Cases on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from casehub.cases.commands import Outcome
from casehub.cases.facts import CaseFacts, Category
from casehub.cases.reports import Report
from casehub.deadlines.calendar import Calendar
from casehub.deadlines.lights import Light, light, seconds_left
from casehub.deadlines.limits import Step, counts_work
from casehub.deadlines.stopwatch import Calendars, Task, left, runs
from casehub.departments.duty import Certainty, Duty
from casehub.wire.points import Location
from casehub.wire.problems import ReasonOut
from casehub.wire.text import Long, Moment, Short
from casehub.workflow.definition import Definition

CaseNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$", description="The number of the case.")]
Kind = Literal["event", "component"]


class Body(BaseModel):
    """What comes in: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Reporter(Body):
    """Who reported: kept encrypted, shown masked, and only to those who must answer them."""

    name: Short | None = None
    telephone: Short | None = None
    address: Short | None = None
    secret: bool = Field(
        default=False, description="They ask not to be named (保密): not shown, not even masked."
    )


class PurposeIn(Body):
    """What the caller's data are read for; the auditor sees it."""

    purpose: Short = Field(examples=["回访"])


class CallerOut(BaseModel):
    """Who reported."""

    name: str | None
    telephone: str | None
    address: str | None
    secret: bool
    merged_from: str | None = Field(
        description="The case that they reported, if it was merged into this one."
    )


class ReportIn(Body):
    """A report of a problem in the city."""

    kind: Kind = Field(description="event (事件) or component (部件).")
    category: Short = Field(
        description="Code of the minor class in its scheme, such as 0102.", examples=["0102"]
    )
    scheme: Short | None = Field(
        default=None, description="Scheme of the code; the city's default when left out."
    )
    source: Short = Field(
        description="Where the report comes from: collector, public, hotline, leader, video, ai, sensor, patrol, transfer, ...",
        examples=["collector"],
    )
    description: Long = ""
    location: Location | None = None
    area: Short | None = Field(default=None, description="Code of the area it lies in.")
    component_code: Short | None = Field(default=None, description="Register code of the component.")
    photos: list[Short] = Field(default=[], max_length=20, description="Ids from POST /v1/attachments.")
    observed_at: Moment | None = Field(default=None, description="When it was seen, if before now.")
    external_no: Short | None = Field(default=None, description="The number that the source itself gave it.")
    reporter: Reporter | None = None
    workflow: Short | None = Field(
        default=None, description="The workflow to begin; chosen by source and kind when left out."
    )
    self_handled: bool = Field(default=False, description="The collector solved it on the spot (自行处置).")

    def report(self) -> Report:
        """The report as the city reads it."""
        place = self.location or Location()
        return Report(
            kind=self.kind, category=self.category, source=self.source, description=self.description,
            scheme=self.scheme, lon=place.lon, lat=place.lat, address=place.address, area=self.area,
            component_code=self.component_code, external_no=self.external_no, observed_at=self.observed_at,
            workflow=self.workflow, action="self_handle" if self.self_handled else "report",
            photos=tuple(self.photos), reporter=self.reporter.model_dump() if self.reporter else None,
        )  # fmt: skip


class BatchIn(Body):
    """Many reports at once; each has its own outcome."""

    reports: list[ReportIn] = Field(min_length=1, max_length=500)


class CategoryOut(BaseModel):
    """A minor class."""

    scheme: str
    code: str
    name: str
    major_name: str


class ExemptionOut(BaseModel):
    """Why an overdue task does not count against its holder."""

    by: str
    at: datetime
    reason: str


class TaskOut(BaseModel):
    """An obligation of the case."""

    kind: str
    role: str
    department: str | None
    person: str | None
    lead: bool
    limit: str | None
    entered_at: datetime
    due_at: datetime | None
    original_due_at: datetime | None
    paused: bool
    finished_at: datetime | None
    outcome: str | None
    late: bool
    late_originally: bool
    exemption: ExemptionOut | None


class LedgerOut(BaseModel):
    """A pause, a resumption, an extension, or a new count of a clock; by which action, and for what reason."""

    at: datetime
    what: Literal["paused", "resumed", "extended", "recomputed"]
    why: str
    reason: str | None
    limit: str | None


class SpanOut(BaseModel):
    """A span that counted or was skipped, and why."""

    begins_at: datetime
    ends_at: datetime
    counted: bool
    why: str
    name: str | None


class RunOut(BaseModel):
    """A stretch in which the clock ran, and the version of the calendar it was counted with."""

    begins_at: datetime
    ends_at: datetime
    calendar_version: int
    spans: list[SpanOut]


class ClockOut(TaskOut):
    """How the deadline of a task comes about: which rule gave the limit, what ran off, and every span."""

    task_no: int
    rule: Literal["workflow", "filing_condition", "dispatch", "another_system", "none"]
    counts: Literal["working_time", "plain_time"]
    calendar_version: int
    granted_seconds: float | None
    left_seconds: float | None
    yellow_at: datetime | None
    light: Light | None
    ledger: list[LedgerOut]
    milestones: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    runs: list[RunOut]


class DuplicateOut(BaseModel):
    """A case that may be the same problem; a person decides."""

    case_no: str
    state: str
    reported_at: datetime
    distance_metres: float


class CaseOut(BaseModel):
    """A case as it is now."""

    case_no: str
    kind: Kind
    category: CategoryOut
    condition: str | None
    source: str
    description: str
    address: str | None
    lon: float | None
    lat: float | None
    area: str | None
    component_code: str | None
    external_no: str | None
    workflow: str
    workflow_version: str
    state: str
    state_title: str
    stage: str
    version: int
    reported_at: datetime
    observed_at: datetime | None
    department: str | None
    assignee: str | None
    due_at: datetime | None
    light: Light | None
    seconds_left: float | None = Field(description="Until the deadline by the clock; negative when overdue.")
    working_seconds_left: float | None = Field(
        description="The same in working time; null beyond the years that the calendar knows."
    )
    ended_at: datetime | None
    marks: dict[str, Any]
    photos: list[dict[str, str]]


class CaseDetailOut(CaseOut):
    """A case with its tasks; who reported only for those who must answer them."""

    tasks: list[TaskOut]
    reporters: list[CallerOut] | None = Field(
        default=None, description="Masked; in full by POST .../reporters/readings."
    )


class ReportedOut(CaseOut):
    """A fresh case, with the cases that may be the same problem."""

    candidates: list[DuplicateOut]


class BatchItemOut(BaseModel):
    """The outcome of one report of a batch: the case, or the problem."""

    status: int
    case: ReportedOut | None = None
    problem: dict[str, Any] | None = None


class BatchOut(BaseModel):
    """The outcomes of a batch, in the order of its reports."""

    outcomes: list[BatchItemOut]


class PageOut(BaseModel):
    """One page of cases; `next` is the address of the following one."""

    items: list[CaseOut]
    next: str | None
    empty_because: ReasonOut | None = Field(description="Why there is no case; null when there are some.")


class EventOut(BaseModel):
    """One entry of the history."""

    seq: int
    action: str
    title: str
    at: datetime
    by: str
    role: str | None
    from_state: str | None
    to_state: str
    form: dict[str, Any]
    hash: str


class ActionOut(BaseModel):
    """An action that the case's state allows: who may do it and what its form asks for (JSON Schema)."""

    action: str
    title: str
    roles: list[str]
    allowed: bool
    form: dict[str, Any]


class SuggestionOut(BaseModel):
    """Who must handle a case by the duty list (权责清单); `GET /v1/duty/explain` tells every row that fits."""

    version: int | None
    row_no: int | None
    certainty: Certainty
    department: str | None
    co_departments: list[str]
    basis: str | None
    automatic: bool


class DryRunOut(BaseModel):
    """What an action would do, or every reason why not."""

    allowed: bool
    status: int
    problem: dict[str, Any] | None = None
    state: str | None = None
    stage: str | None = None
    due_at: datetime | None = None
    changes: dict[str, Any] = {}
    tasks: list[TaskOut] = []


class AttachmentOut(BaseModel):
    """A photo that was taken in."""

    id: str
    sha256: str
    kind: str
    media_type: str
    size_bytes: int
    taken_at: str | None
    lon: float | None
    lat: float | None


def case_out(
    case: CaseFacts, category: Category, flow: Definition, at: datetime, calendar: Calendar, *, zh: bool
) -> dict[str, Any]:
    """A case as JSON."""
    state = flow.states[case.state]
    plain, working = seconds_left(case.due_at, at, calendar)
    return {
        "case_no": case.case_no, "kind": case.kind,
        "category": {"scheme": category.scheme, "code": category.code, "name": category.name, "major_name": category.major_name},
        "condition": case.condition, "source": case.source, "description": case.description, "address": case.address,
        "lon": case.lon, "lat": case.lat, "area": case.area_code, "component_code": case.component_code,
        "external_no": case.external_no, "workflow": case.workflow, "workflow_version": case.workflow_digest[:12],
        "state": case.state, "state_title": state.title if zh else state.title_en, "stage": case.stage,
        "version": case.version, "reported_at": case.reported_at, "observed_at": case.observed_at,
        "department": case.department_code, "assignee": case.assignee_no, "due_at": case.due_at,
        "light": light(case.due_at, case.yellow_at, at),
        "seconds_left": plain, "working_seconds_left": working, "ended_at": case.ended_at, "marks": dict(case.marks),
        "photos": [{"id": photo.attachment_id, "kind": photo.kind} for photo in case.photos],
    }  # fmt: skip


def suggestion_out(version: int | None, duty: Duty) -> dict[str, Any]:
    """What the duty list says of a case, as JSON."""
    row = duty.row
    return {
        "version": version, "row_no": row and row.row_no, "certainty": duty.certainty, "department": duty.department,
        "co_departments": list(row.co_departments) if row else [], "basis": row and row.basis,
        "automatic": duty.automatic,
    }  # fmt: skip


def tasks_out(case: CaseFacts) -> list[dict[str, Any]]:
    """The tasks of a case as JSON."""
    return [
        {
            "kind": t.kind, "role": t.holder.role, "department": t.holder.department, "person": t.holder.person,
            "lead": t.lead, "limit": t.limit, "entered_at": t.entered_at, "due_at": t.due_at,
            "original_due_at": t.original_due_at, "paused": t.open and t.running_since is None,
            "finished_at": t.finished_at, "outcome": t.outcome, "late": t.late,
            "late_originally": t.late_originally, "exemption": t.exemption,
        }
        for t in case.tasks
    ]  # fmt: skip


def clocks_out(
    case: CaseFacts, flow: Definition, at: datetime, calendars: Calendars, alerts: Sequence[Mapping[str, Any]], *, zh: bool
) -> list[dict[str, Any]]:  # fmt: skip
    """The clocks of a case explained, as JSON."""
    return [
        told | _clock_out(task, at, calendars, zh=zh)
        | {
            "rule": _rule(case, task, flow),
            "alerts": [one for one in alerts if one["task_no"] == task.task_no],
        }
        for task, told in zip(case.tasks, tasks_out(case), strict=True)
    ]  # fmt: skip


def _clock_out(task: Task, at: datetime, calendars: Calendars, *, zh: bool) -> dict[str, Any]:
    granted, remaining = task.budget_microseconds, left(task, at, calendars)
    works = task.limit is not None and counts_work(task.limit)
    return {
        "task_no": task.task_no, "counts": "working_time" if works else "plain_time",
        "calendar_version": task.calendar, "granted_seconds": None if granted is None else granted / 1e6,
        "left_seconds": None if remaining is None else remaining.total_seconds(), "yellow_at": task.yellow_at,
        "light": light(task.due_at, task.yellow_at, at) if task.open else None,
        "ledger": [{n: getattr(entry, n) for n in ("at", "what", "why", "reason", "limit")} for entry in task.ledger],
        "milestones": [
            {"name": one.name, "limit": one.limit, "due_at": one.due_at, "done_at": one.done_at} for one in task.milestones
        ],
        "runs": [
            {
                "begins_at": run.begins_at, "ends_at": run.ends_at, "calendar_version": run.calendar,
                "spans": [_span_out(step, zh=zh) for step in run.steps],
            }
            for run in runs(task, at, calendars)
        ],
    }  # fmt: skip


def _span_out(step: Step, *, zh: bool) -> dict[str, Any]:
    name = step.note or (step.name_zh if zh else step.name)
    return {
        "begins_at": step.begins_at,
        "ends_at": step.ends_at,
        "counted": step.counted,
        "why": step.why,
        "name": name,
    }


def _rule(case: CaseFacts, task: Task, flow: Definition) -> str:
    """Where the limit of a task comes from."""
    if task.limit is None:
        return "none" if task.budget_microseconds is None else "another_system"
    if not task.lead or (task.kind == "handle" and case.marks.get("limit_override") == task.limit):
        return "dispatch"
    return "filing_condition" if flow.clocks[task.kind].limit == "filing_condition" else "workflow"


def reported_out(outcome: Outcome, flow: Definition, at: datetime, *, zh: bool) -> dict[str, Any]:
    """A fresh case as JSON."""
    assert outcome.case is not None
    assert outcome.category is not None
    return {
        **case_out(outcome.case, outcome.category, flow, at, outcome.calendar, zh=zh),
        "candidates": list(outcome.candidates),
    }
