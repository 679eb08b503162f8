"""Queues on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from casehub.deadlines.calendar import Calendar
from casehub.deadlines.lights import Light, light, seconds_left
from casehub.queues.commands import Entry
from casehub.wire.problems import ReasonOut
from casehub.wire.text import Short


class QueuedCaseOut(BaseModel):
    """The case of a task, as far as one must know it to choose."""

    case_no: str
    category: dict[str, str]
    description: str
    address: str | None
    lon: float | None
    lat: float | None
    area: str | None
    source: str
    state: str
    state_title: str
    stage: str
    version: int
    marks: dict[str, Any]


class QueuedOut(BaseModel):
    """An open task (待办) with its case."""

    task_no: int
    kind: str
    title: str
    role: str
    department: str | None
    person: str | None
    lead: bool
    entered_at: datetime
    due_at: datetime | None
    light: Light | None
    seconds_left: float | None = Field(description="Until the deadline by the clock; negative when overdue.")
    working_seconds_left: float | None
    claimed_by: str | None = Field(description="Who has it in hand (领取).")
    claimed_until: datetime | None
    case: QueuedCaseOut


class QueueOut(BaseModel):
    """A page of a queue, most urgent first."""

    items: list[QueuedOut]
    next: str | None
    empty_because: ReasonOut | None = Field(description="Why there is nothing, where there is nothing.")


class LightsOut(BaseModel):
    """How many tasks show which light; `none` have no deadline."""

    green: int
    yellow: int
    red: int
    none: int


class SummaryOut(BaseModel):
    """How many tasks lie in your queue, by kind and light."""

    total: LightsOut
    kinds: dict[str, LightsOut]


class ClaimIn(BaseModel):
    """What to take in hand; all that is given must fit."""

    model_config = ConfigDict(extra="forbid")
    count: int = Field(default=1, ge=1, le=20)
    kind: Short | None = None
    area: Short | None = None
    department: Short | None = None
    category: Short | None = None
    light: Light | None = None

    def wanted(self) -> dict[str, Any]:
        """As the queue is narrowed."""
        return self.model_dump(exclude={"count"})


class ClaimedOut(BaseModel):
    """Tasks that you have in hand now, most urgent first; fewer than asked for when no more are free."""

    items: list[QueuedOut]


def queued_out(entry: Entry, at: datetime, calendar: Calendar, *, zh: bool) -> dict[str, Any]:
    """A task of a queue as JSON."""
    row, flow = entry
    plain, working = seconds_left(row["due_at"], at, calendar)
    clock = flow.clocks.get(row["kind"])
    title = row["kind"] if clock is None else clock.title if zh else clock.title_en
    claimed = row["claimed_until"] is not None and row["claimed_until"] > at
    return {
        "task_no": row["task_no"], "kind": row["kind"], "title": title, "role": row["role"],
        "department": row["department_code"], "person": row["person_no"], "lead": row["lead"],
        "entered_at": row["entered_at"], "due_at": row["due_at"], "light": light(row["due_at"], row["yellow_at"], at),
        "seconds_left": plain, "working_seconds_left": working,
        "claimed_by": row["claimed_by"] if claimed else None, "claimed_until": row["claimed_until"] if claimed else None,
        "case": _case_out(row, flow.states[row["state"]], zh=zh),
    }  # fmt: skip


def _case_out(row: Mapping[str, Any], state: Any, *, zh: bool) -> dict[str, Any]:
    category = {name: row[f"category_{name}"] for name in ("scheme", "code", "name")}
    plain = (
        "case_no",
        "description",
        "address",
        "lon",
        "lat",
        "source",
        "state",
        "stage",
        "version",
        "marks",
    )
    return {
        **{name: row[name] for name in plain},
        "category": category, "area": row["area_code"], "state_title": state.title if zh else state.title_en,
    }  # fmt: skip


def summary_out(counted: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Counts by kind and light as JSON, with their total."""
    names = ("green", "yellow", "red", "none")
    total = {name: sum(lights[name] for lights in counted.values()) for name in names}
    return {"total": total, "kinds": counted}
