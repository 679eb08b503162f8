"""What is done with a list, on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from casehub.campaigns.batches import Status
from casehub.campaigns.figures import Outcome, outcome_of
from casehub.campaigns.schemas import Body
from casehub.wire.text import CivilDay, Long, Moment, Short
from casehub.workflow.definition import LIMIT_PATTERN

_Line = Annotated[Short, StringConstraints(max_length=50)]
Reason = Literal["unclear_owner", "no_funds", "engineering", "season", "refusal"]
Age = Literal["to_30", "31_to_90", "91_to_180", "over_180"]


class PlanIn(Body):
    """Plan of an item; what is left out is taken away."""

    plan: Long | None = None
    due_on: CivilDay | None = Field(default=None, description="The day by the end of which it is cleared.")
    reason: Reason | None = Field(default=None, description="What stands in the way.")


class WriteOffIn(Body):
    """Proof that an item is done."""

    photos: list[Short] = Field(max_length=20, description="Ids from POST /v1/attachments.", examples=[[]])
    note: Long = ""


class RecheckIn(Body):
    """What a second look found."""

    result: Literal["pass", "fail"]
    finding: Long = ""


class VisitIn(Body):
    """A visit to a unit."""

    department: Short
    visited_at: Moment
    people: list[Short] = Field(min_length=1, max_length=50, examples=[["张工"]])
    problems: Long
    agreed: Long

    def row(self) -> dict[str, Any]:
        """As the door takes it."""
        return {**self.model_dump(exclude={"department"}), "department_code": self.department}


class ChosenIn(Body):
    """Which cases of the list: those named, or the open ones of a unit and an area; all that are open when nothing is said."""

    case_nos: list[Short] | None = Field(default=None, min_length=1, max_length=5000)
    unit: Short | None = None
    area: Short | None = None


class PlanForm(PlanIn):
    """What to write into each item."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _says_something(self) -> "PlanForm":
        if not self.model_fields_set:
            raise ValueError("say at least one of plan, due_on and reason")
        return self


class FileForm(Body):
    """By what condition, where the category has any."""

    condition: Short | None = Field(
        default=None, description="Of cases that nobody has proposed to file yet."
    )
    urgent: bool | None = Field(default=None, description="The same.")
    opinion: Long | None = None


class AssignForm(Body):
    """To whom, and why."""

    department: Short
    limit: Short | None = None
    reason: Long


class RemindForm(Body):
    """What to say."""

    content: Long = ""


class ExtendForm(Body):
    """The dispatcher's word on the requests that wait."""

    opinion: Long = ""


class LettersForm(Body):
    """As POST /v1/letters/rounds takes it; what is left out is as the ladder says."""

    step: Short = Field(description="A step of the ladder that is drafted.", examples=["supervision_letter"])
    round_title: Short = Field(examples=["2026年第6期督办"])
    cc_units: list[Short] = Field(
        default=[], max_length=20, description="Departments that get a copy (抄送)."
    )
    reply_limit: Annotated[str, StringConstraints(pattern=LIMIT_PATTERN)] | None = None
    contact_name: _Line | None = None
    contact_phone: _Line | None = None
    secrecy: _Line | None = None
    urgency: _Line | None = None


class _BatchIn(Body):
    cases: ChosenIn = ChosenIn()
    dry_run: bool = Field(
        default=False, description="Say what would become of the first 100; change nothing."
    )


class PlanBatch(_BatchIn):
    """Give items a plan; what is left out stays as it is."""

    doing: Literal["plan"]
    form: PlanForm


class FileBatch(_BatchIn):
    """Propose to file what is reported, and file what is proposed (立案): first an acceptor, then a shift leader."""

    doing: Literal["file"]
    form: FileForm = FileForm()


class AssignBatch(_BatchIn):
    """Give cases to a department (改派)."""

    doing: Literal["assign"]
    form: AssignForm


class RemindBatch(_BatchIn):
    """Remind the departments (催办)."""

    doing: Literal["remind"]
    form: RemindForm = RemindForm()


class ExtendBatch(_BatchIn):
    """Grant the extensions that are asked for (延期)."""

    doing: Literal["extend"]
    form: ExtendForm = ExtendForm()


class LettersBatch(_BatchIn):
    """Draft a letter to each unit on its cases (督办); they wait for review and signature as all do."""

    doing: Literal["open_letters"]
    form: LettersForm


BatchIn = Annotated[
    RemindBatch | PlanBatch | FileBatch | AssignBatch | ExtendBatch | LettersBatch,
    Field(discriminator="doing"),
]


def form_of(body: BatchIn) -> dict[str, Any]:
    """The form of a batch, plain; what was left out stays out."""
    return body.form.model_dump(mode="json", exclude_unset=True)


class WriteOffOut(BaseModel):
    """A write-off with its recheck."""

    number: int
    proof: list[str]
    note: str
    written_off_by: str
    written_off_at: datetime
    result: Literal["pass", "fail"] | None
    finding: str | None
    rechecked_by: str | None
    rechecked_at: datetime | None


class ItemOut(BaseModel):
    """An item with its case as it is now."""

    case_no: str
    description: str
    address: str | None
    state: str
    ended_at: datetime | None
    outcome: Outcome
    unchecked_reason: str | None = Field(description="Why its case was closed without a passed check.")
    department: str | None = Field(description="Who led it when the list was frozen.")
    area: str | None
    baseline_age_days: int = Field(description="Days since its report when the list was frozen.")
    baseline_state: str
    baseline_overdue: bool
    plan: str | None
    due_on: date | None
    reason: str | None
    written_off: bool = Field(description="Crossed off, and neither reopened nor refuted by a recheck since.")
    recheck_result: str | None
    history: list[WriteOffOut]


class ItemPageOut(BaseModel):
    """A page of the list."""

    items: list[ItemOut]
    next: str | None


class NewcomerOut(BaseModel):
    """A case that fits, and came after the list was frozen."""

    case_no: str
    description: str
    address: str | None
    state: str
    reported_at: datetime
    ended_at: datetime | None
    department: str | None
    area: str | None


class NewcomerPageOut(BaseModel):
    """A page of newcomers."""

    items: list[NewcomerOut]
    next: str | None


class VisitOut(BaseModel):
    """A visit."""

    visit_id: int
    department: str
    visited_at: datetime
    people: list[str]
    problems: str
    agreed: str
    entered_by: str
    entered_at: datetime


class VisitPageOut(BaseModel):
    """A page of visits."""

    items: list[VisitOut]
    next: str | None


class ResultOut(BaseModel):
    """What became of one case, or would."""

    case_no: str
    status: Status = Field(description="In a dry run what would be done is waiting.")
    problem: dict[str, Any] | None = Field(description="Why it was refused, as errors are told everywhere.")


class BatchOut(BaseModel):
    """A batch and how far it has come; of a dry run, what would become of the first cases."""

    batch_id: int | None
    doing: str
    round_id: int | None = Field(description="The round that its letters are in, from the first one on.")
    cases: int
    waiting: int
    done: int
    refused: int
    results: list[ResultOut]


class ResultPageOut(BaseModel):
    """A page of results."""

    items: list[ResultOut]
    next: str | None


_AS_IS = (
    "case_no", "description", "address", "state", "ended_at", "baseline_age_days", "baseline_state", "baseline_overdue", "plan",
    "due_on", "reason", "recheck_result", "unchecked_reason", "history",
)  # fmt: skip


def item_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it is sent."""
    return {
        **{name: row[name] for name in _AS_IS},
        "outcome": outcome_of(row["state"], row["recheck_result"], ended=row["ended_at"] is not None),
        "department": row["department_code"],
        "area": row["area_code"],
        "written_off": row["written_off"],
    }


def newcomer_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A newcomer as it is sent."""
    told = {name: row.get(name) for name in NewcomerOut.model_fields}
    return {**told, "department": row["department_code"], "area": row["area_code"]}


def visit_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A visit as it is sent."""
    return {**{name: row.get(name) for name in VisitOut.model_fields}, "department": row["department_code"]}


def result_out(row: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """What became of one case, in the language of who asks."""
    problem = row["problem"] and row["problem"]["zh" if zh else "en"]
    return {"case_no": row["case_no"], "status": row["status"], "problem": problem}
