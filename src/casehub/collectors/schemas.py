"""Items from devices on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from casehub.collectors.commands import Answer
from casehub.wire.points import Location
from casehub.wire.text import Long, Moment, Short


def _plain(form: dict[str, Any]) -> dict[str, Any]:
    try:
        said = orjson.dumps(form)
    except TypeError as error:
        raise ValueError(f"must be plain JSON: {error}") from None
    if b"\\u0000" in said:
        raise ValueError("must not contain NUL characters")
    return dict(orjson.loads(said))


class Body(BaseModel):
    """What comes in: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


ItemId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]


class PhotoNamed(Body):
    """A photo by its content; it may be uploaded before or after, once or twice."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    kind: Literal["near", "far", "reference", "before", "after"]


class SyncReport(Body):
    """What was reported on the street."""

    kind: Literal["event", "component"]
    category: Short
    scheme: Short | None = None
    source: Short = "collector"
    description: Long = ""
    location: Location | None = None
    area: Short | None = None
    component_code: Short | None = None
    self_handled: bool = Field(default=False, description="Solved on the spot (自行处置).")


class _Item(Body):
    id: ItemId = Field(
        description="Made by the device, such as a UUID; the same again gives the first outcome."
    )
    observed_at: Moment = Field(description="When it was seen or done, by the clock of the device.")
    after: ItemId | None = Field(default=None, description="The item that must be applied before this one.")
    photos: list[PhotoNamed] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _not_after_itself(self) -> "_Item":
        if self.id in {self.after, getattr(self, "report_id", None)}:
            raise ValueError("an item can't wait for itself")
        return self


class ReportItem(_Item):
    """A report made offline."""

    kind: Literal["report"]
    report: SyncReport

    def body(self) -> dict[str, Any]:
        """The item as it is kept."""
        said = self.model_dump(mode="json")
        report = said["report"]
        action = "self_handle" if report.pop("self_handled") else "report"
        place = report.pop("location") or {}
        return {**said, "report": {**report, **place, "action": action}}


class ActionItem(_Item):
    """An action done offline: on a case by its number, or on the one that an item reported."""

    kind: Literal["action"]
    case_no: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")] | None = None
    report_id: ItemId | None = Field(default=None, description="The item that reported the case.")
    action: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    form: Annotated[dict[str, Any], AfterValidator(_plain)] = Field(
        default={}, description="As GET /v1/cases/{case_no}/actions describes; photos are named beside it."
    )

    @model_validator(mode="after")
    def _about_one_case(self) -> "ActionItem":
        if (self.case_no is None) == (self.report_id is None):
            raise ValueError("name the case either by case_no or by report_id")
        return self

    def body(self) -> dict[str, Any]:
        """The item as it is kept."""
        return self.model_dump(mode="json")


class SyncIn(Body):
    """What was done on the street since the last time there was a network."""

    items: list[Annotated[ReportItem | ActionItem, Field(discriminator="kind")]] = Field(
        min_length=1, max_length=200
    )


class CandidateOut(BaseModel):
    """A case that may be the same problem; a person decides."""

    case_no: str
    state: str
    reported_at: datetime
    distance_metres: float


class SyncedCaseOut(BaseModel):
    """The case as the item left it."""

    case_no: str
    state: str
    version: int
    candidates: list[CandidateOut]


class LackingOut(BaseModel):
    """What has not arrived yet."""

    photos: list[PhotoNamed]
    items: list[str]


class AnswerOut(BaseModel):
    """What became of an item: applied (with the case), waiting (for what), refused (the problem)."""

    id: str
    status: Literal["applied", "waiting", "refused"]
    case: SyncedCaseOut | None
    waits_for: LackingOut | None
    problem: dict[str, Any] | None


class SyncOut(BaseModel):
    """What became of each item, in their order."""

    items: list[AnswerOut]


class OpenItemsOut(SyncOut):
    """One page of what waits and what was refused, newest first."""

    next: str | None


def answer_out(answer: Answer, *, zh: bool) -> dict[str, Any]:
    """An answer as JSON."""
    refused: Mapping[str, Any] | None = answer.outcome if answer.status == "refused" else None
    lacks = answer.lacks
    return {
        "id": answer.item_id, "status": answer.status,
        "case": answer.outcome if answer.status == "applied" else None,
        "waits_for": lacks and {
            "photos": [{"sha256": sha256, "kind": kind} for sha256, kind in lacks.photos], "items": list(lacks.items),
        },
        "problem": refused and refused["zh" if zh else "en"],
    }  # fmt: skip
