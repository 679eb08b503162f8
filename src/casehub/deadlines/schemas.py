"""The calendar and the steps of a deadline on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from casehub.deadlines.calendar import Calendar, Day, Slot, Why, WorkDay, known_until
from casehub.deadlines.limits import MOST, Step, Unit
from casehub.deadlines.revisions import read_time, tell_time, to_content
from casehub.wire.text import CivilDay, Moment, Short

#: A time of the city's wall clock; 24:00 ends a day.
WallTime = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["08:00", "24:00"])
]


class SlotIn(BaseModel):
    """Working time of a day, by the city's wall clock; one across midnight is written as two."""

    model_config = ConfigDict(extra="forbid")
    opens: WallTime
    closes: WallTime

    def slot(self) -> Slot:
        """In minutes after midnight."""
        return Slot(read_time(self.opens), read_time(self.closes))


class HoursIn(BaseModel):
    """The slots of every working day from a day on, up to the next change that is planned already."""

    model_config = ConfigDict(extra="forbid")
    valid_from: CivilDay
    slots: list[SlotIn] = Field(max_length=24)


class OverrideIn(BaseModel):
    """The city's own word on a day: worked, or not, whatever the public holidays are."""

    model_config = ConfigDict(extra="forbid")
    working: bool
    note: Short


class WorkDayIn(BaseModel):
    """What one work_day is."""

    model_config = ConfigDict(extra="forbid")
    work_day: WorkDay


class YellowShareIn(BaseModel):
    """When clocks turn yellow."""

    model_config = ConfigDict(extra="forbid")
    yellow_share: float = Field(ge=0, le=1, examples=[0.3])


class LimitIn(BaseModel):
    """An amount and a unit."""

    model_config = ConfigDict(extra="forbid")
    amount: int = Field(ge=1, le=MOST)
    unit: Unit


class PreviewIn(BaseModel):
    """A limit that begins at an instant."""

    model_config = ConfigDict(extra="forbid")
    start: Moment
    limit: LimitIn


class SlotOut(BaseModel):
    """Working time of a day."""

    opens: str
    closes: str


class HoursOut(BaseModel):
    """The slots of every working day from a day up to and with another; null goes on."""

    valid_from: date
    valid_to: date | None
    slots: list[SlotOut]


class OverrideOut(BaseModel):
    """The city's own word on a day."""

    day: date
    working: bool
    note: str


class CalendarOut(BaseModel):
    """The current calendar; `known_until` is the last day whose public holidays are known, null when today's are not."""

    version: int
    zone: str
    hours: list[HoursOut]
    overrides: list[OverrideOut]
    years: list[int]
    work_day: WorkDay
    yellow_share: float
    known_until: date | None


class VersionOut(BaseModel):
    """Who changed the calendar, when, and what."""

    version: int
    made_at: datetime
    made_by: str
    note: str


class DayOut(BaseModel):
    """Whether a day is worked, and why; `working` is null where its public holidays are not known."""

    day: date
    working: bool | None
    why: Why
    name: str | None
    note: str | None
    slots: list[SlotOut]


class StepOut(BaseModel):
    """A span on the way to a deadline, counted or skipped, and how much was counted by its end."""

    begins_at: datetime
    ends_at: datetime
    counted: bool
    why: Why
    name: str | None
    note: str | None
    total_seconds: float
    days: int | None


class DeadlineOut(BaseModel):
    """A deadline and how it comes about."""

    due_at: datetime
    calendar_version: int
    steps: list[StepOut]


def slots_out(slots: Sequence[Slot]) -> list[dict[str, str]]:
    """Slots on the wire."""
    return [{"opens": tell_time(one.opens), "closes": tell_time(one.closes)} for one in slots]


def calendar_out(calendar: Calendar, today: date) -> dict[str, Any]:
    """A calendar on the wire."""
    return {
        "version": calendar.version,
        **to_content(calendar),
        "known_until": known_until(calendar, today),
    }


def day_out(day: Day, *, zh: bool) -> dict[str, Any]:
    """A day on the wire."""
    return {
        "day": day.day, "working": day.working, "why": day.why, "name": day.name_zh if zh else day.name,
        "note": day.note, "slots": slots_out(day.slots),
    }  # fmt: skip


def step_out(step: Step, *, zh: bool) -> dict[str, Any]:
    """A step on the wire."""
    return {
        "begins_at": step.begins_at, "ends_at": step.ends_at, "counted": step.counted, "why": step.why,
        "name": step.name_zh if zh else step.name, "note": step.note,
        "total_seconds": step.total.total_seconds(), "days": step.days,
    }  # fmt: skip
