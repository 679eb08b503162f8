"""The words in which cases are decided: what is known of a case, of what surrounds it, and what was decided."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from casehub.catalogue.limits import LimitStep
from casehub.deadlines.claims import Claim
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Calendars, Task
from casehub.people.actors import Actor
from casehub.workflow.definition import Action

#: Columns of a case that an action may change; every other change goes into `marks`.
MOVING = frozenset({
    "state", "stage", "category_id", "condition", "department_code", "assignee_no", "due_at", "yellow_at", "ended_at", "photos",
    "workflow_digest",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Category:
    """A minor class under its scheme, with what the city allows for it."""

    category_id: int
    scheme: str
    kind: str
    code: str
    name: str
    major_name: str
    self_handling_allowed: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as guards see it."""

    attachment_id: str
    kind: str


@dataclass(frozen=True)
class CaseFacts:
    """The present of a case and its obligations."""

    case_id: int
    case_no: str
    kind: str
    category_id: int
    condition: str | None
    source: str
    description: str
    address: str | None
    lon: float | None
    lat: float | None
    area_code: str | None
    component_code: str | None
    external_no: str | None
    workflow: str
    workflow_digest: str
    state: str
    stage: str
    reported_at: datetime
    observed_at: datetime | None
    reported_by: str | None
    department_code: str | None
    assignee_no: str | None
    due_at: datetime | None
    yellow_at: datetime | None
    ended_at: datetime | None
    marks: Mapping[str, Any]
    photos: tuple[Photo, ...]
    version: int
    head_hash: str
    last_at: datetime  # of its last event
    tasks: tuple[Task, ...] = ()
    claims: tuple[Claim, ...] = ()  # on its open tasks

    @property
    def point(self) -> tuple[float, float] | None:
        """Where it is: (lon, lat)."""
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)

    def task(self, kind: str) -> Task | None:
        """The lead's latest task of that kind, open or finished."""
        return next((task for task in reversed(self.tasks) if task.kind == kind and task.lead), None)

    @property
    def checked(self) -> bool:
        """Has it passed a check since it was last handled? What was done again since was not checked."""
        check, handle = self.task("check"), self.task("handle")
        if check is None or handle is None or check.finished_at is None or handle.finished_at is None:
            return False
        return self.marks.get("check_result") == "pass" and check.finished_at >= handle.finished_at

    def changed(self, **now: Any) -> "CaseFacts":
        """The case with these fields as they are now.

        Not `dataclasses.replace`, which hands all thirty fields to the constructor again: that took a third of a decision.
        """
        after = object.__new__(CaseFacts)
        vars(after).update(vars(self), **now)
        return after


#: Columns of a case, tasks and claims left out.
CASE_COLUMNS = tuple(f.name for f in fields(CaseFacts) if f.name not in {"tasks", "claims"})


@dataclass(frozen=True, slots=True)
class Person:
    """An active person: their department, and the roles that their posts and keys give them now."""

    department: str | None
    roles: Collection[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the references in a form point to, as far as it exists. Keys are what the form says."""

    people: Mapping[str, Person] = field(default_factory=dict)  # by person_no
    departments: Mapping[str, Collection[str]] = field(
        default_factory=dict
    )  # code -> itself and all above it
    # Of the category that the form names, else of the case's own -> limit in its area.
    conditions: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, Photo] = field(default_factory=dict)
    cases: Mapping[str, CaseFacts] = field(default_factory=dict)
    category: Category | None = None
    categories: Mapping[str, Category] = field(default_factory=dict)  # of the case's scheme and kind, by code
    calendars: Calendars = USUAL_CALENDARS
    steps: Mapping[str, tuple[LimitStep, ...]] = field(default_factory=dict)  # the same, step by step
    duty_row: str | None = None  # of the duty list, when it named the department: version/row
    collector_by: str | None = None  # the rule of the roster, when it named the collector


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a guard or an effect may look at."""

    case: CaseFacts
    action: Action
    form: Mapping[str, Any]
    actor: Actor
    at: datetime
    known: Known

    def photos(self) -> tuple[Photo, ...]:
        """Photos that come with this very action."""
        return tuple(
            self.known.photos[one] for one in self.form.get("photos") or () if one in self.known.photos
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What an action does: the case after it, its tasks after it, and the body of the event that tells it."""

    before: CaseFacts | None
    case: CaseFacts
    action: str
    at: datetime
    body: dict[str, Any]
    tasks: tuple[Task, ...]  # those opened or changed
