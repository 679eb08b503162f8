"""Campaigns on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from casehub.campaigns.batches import Status
from casehub.campaigns.figures import Item, Outcome, outcome
from casehub.campaigns.rules import REBOUND_DAYS, Campaign, State
from casehub.deadlines.lights import Light
from casehub.wire.text import CivilDay, Long, Moment, Short

Reason = Literal["unclear_owner", "no_funds", "engineering", "season", "refusal"]
Share = Annotated[float, Field(ge=0, le=1)]


class Body(BaseModel):
    """What comes in: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class ScopeIn(Body):
    """The filters of GET /v1/cases, saved; all that are given must hold. Only open cases are taken."""

    state: Short | None = None
    stage: Literal["collect", "verify", "dispatch", "handle", "check", "close"] | None = None
    kind: Literal["event", "component"] | None = None
    category: Short | None = None
    scheme: Short | None = None
    department: Short | None = Field(default=None, description="A department itself; see also units.")
    area: Short | None = None
    source: Short | None = None
    workflow: Short | None = None
    external_no: Short | None = None
    assignee: Short | None = None
    text: Short | None = None
    light: Light | None = None
    late: bool | None = None
    tagged_duplicate: bool | None = None
    difficult: bool | None = None
    return_pending: bool | None = None
    request_pending: bool | None = None
    foreign_no: Short | None = None
    reported_from: Moment | None = None
    reported_to: Moment | None = None


class TargetsIn(Body):
    """Shares to reach."""

    cleared_rate: Share | None = None
    write_off_rate: Share | None = None
    on_plan_rate: Share | None = None
    recheck_pass_rate: Share | None = None


class CampaignIn(Body):
    """A campaign as it is planned."""

    kind: Literal["backlog", "special_action", "census"]
    name: Short
    first_day: CivilDay
    last_day: CivilDay
    owner: Short = Field(description="Number of the person who answers for it.")
    scope: ScopeIn = ScopeIn()
    units: list[Short] = Field(
        default=[], max_length=200, description="Departments, each with those below; empty for all."
    )
    rhythm: list[Literal["day", "week", "month"]] = Field(
        default=["day", "week", "month"], max_length=3, description="After which periods a report is made."
    )
    targets: TargetsIn = TargetsIn()
    rebound_days: int = Field(
        default=REBOUND_DAYS, ge=1, le=365, description="Within how many days the same problem has come back."
    )

    def row(self) -> dict[str, Any]:
        """As the door takes it."""
        told = {
            name: getattr(self, name)
            for name in ("kind", "name", "first_day", "last_day", "owner", "rebound_days")
        }
        said = {
            name: getattr(self, name).model_dump(mode="json", exclude_none=True)
            for name in ("scope", "targets")
        }
        return {
            **told,
            **said,
            "units": [*dict.fromkeys(self.units)],
            "rhythm": [*dict.fromkeys(self.rhythm)],
        }


class LaunchIn(Body):
    """Freeze the list."""

    dry_run: bool = Field(default=False, description="Say how many cases would be on it; change nothing.")


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
    """Which open cases of the list: those named, or those of a unit and an area; all when nothing is said."""

    case_nos: list[Short] | None = Field(default=None, min_length=1, max_length=5000)
    unit: Short | None = None
    area: Short | None = None


def _plain(form: Mapping[str, Any]) -> dict[str, Any]:
    return dict(orjson.loads(orjson.dumps(form)))


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


class _BatchIn(Body):
    cases: ChosenIn = ChosenIn()
    dry_run: bool = Field(
        default=False, description="Say what would become of the first 100; change nothing."
    )


class PlanBatch(_BatchIn):
    """Give items a plan."""

    doing: Literal["plan"]
    form: PlanIn


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


BatchIn = Annotated[RemindBatch | PlanBatch | AssignBatch | ExtendBatch, Field(discriminator="doing")]


def form_of(body: BatchIn) -> dict[str, Any]:
    """The form of a batch, plain; what was left out stays out, but for a plan, which it empties."""
    return _plain(body.form.model_dump(mode="json", exclude_none=body.doing != "plan"))


class RateOut(BaseModel):
    """A rate with what it is made of; no value where nothing was to be done."""

    numerator: int
    denominator: int
    value: float | None
    percent: str | None


class AgeOut(BaseModel):
    """Items of an age: when the list was frozen, and those open now."""

    before: int
    now: int


class TallyOut(BaseModel):
    """Counts and rates of some items."""

    items: int
    residual: int
    open: int
    suspended: int
    failed: int = Field(description="Closed, and open again because a recheck failed.")
    cleared: int
    voided: int
    passed_on: int = Field(description="Merged, transferred, or not filed after all.")
    written_off: int
    due: int
    overdue_before: int = Field(description="Overdue when the list was frozen.")
    cleared_overdue: int = Field(description="Cleared, and as late as it was.")
    cleared_rate: RateOut
    write_off_rate: RateOut
    on_plan_rate: RateOut
    recheck_pass_rate: RateOut
    rebound_rate: RateOut
    without_check_rate: RateOut
    ages: dict[str, AgeOut]
    reasons: dict[str, int]


class UnitOut(TallyOut):
    """Of one unit, with its place."""

    rank: int
    unit: str | None
    name: str | None


class CourseOut(BaseModel):
    """What one unit had left at the end of each day."""

    unit: str | None
    name: str | None
    left: list[int]


class BurnDownOut(BaseModel):
    """What was left at the end of each day."""

    days: list[date]
    left: list[int]
    cleared: list[int]
    ended_otherwise: list[int]
    units: list[CourseOut]


class NewcomersOut(BaseModel):
    """Cases that fit and came after the list was frozen."""

    cases: int
    open: int


class FiguresOut(BaseModel):
    """What a campaign has come to."""

    total: TallyOut
    units: list[UnitOut]
    burn_down: BurnDownOut
    newcomers: NewcomersOut
    counted_at: datetime


class CampaignOut(BaseModel):
    """A campaign."""

    campaign_id: int
    kind: str
    name: str
    first_day: date
    last_day: date
    owner: str
    rhythm: list[str]
    scope: dict[str, Any]
    units: list[str]
    targets: dict[str, float]
    rebound_days: int
    state: State
    created_by: str
    created_at: datetime
    launched_by: str | None
    frozen_at: datetime | None
    ended_at: datetime | None


class CampaignDetailOut(CampaignOut):
    """With its figures; null before the list is frozen."""

    figures: FiguresOut | None


class CampaignPageOut(BaseModel):
    """A page of campaigns."""

    items: list[CampaignOut]
    next: str | None


class LaunchedOut(BaseModel):
    """The campaign, and how many cases are on its list, or would be."""

    campaign: CampaignOut
    cases: int


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
    department: str | None
    area: str | None
    baseline_age_days: int
    baseline_state: str
    baseline_overdue: bool
    plan: str | None
    due_on: date | None
    reason: str | None
    written_off: bool
    recheck_result: str | None
    history: list[WriteOffOut]


class ItemPageOut(BaseModel):
    """A page of the list."""

    items: list[ItemOut]
    next: str | None


class LedgerRowOut(TallyOut):
    """Of one area."""

    area: str | None
    name: str | None


class LedgerOut(BaseModel):
    """The list by areas."""

    rows: list[LedgerRowOut]


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
    status: Status
    problem: dict[str, Any] | None


class BatchOut(BaseModel):
    """A batch and how far it has come; of a dry run, what would become of the first cases."""

    batch_id: int | None
    doing: str
    cases: int
    waiting: int
    done: int
    refused: int
    results: list[ResultOut]


class ResultPageOut(BaseModel):
    """A page of results."""

    items: list[ResultOut]
    next: str | None


class ReportOut(BaseModel):
    """A report of a period that is over."""

    report_id: int
    unit: str
    first_day: date
    end_day: date = Field(description="The day after its last.")
    made_at: datetime


class ReportVisitOut(BaseModel):
    """A visit in a report."""

    visited_at: datetime
    department_code: str
    people: list[str]
    problems: str
    agreed: str


class ReportFiguresOut(FiguresOut):
    """Frozen when the report was made."""

    visits: list[ReportVisitOut]


class ReportDetailOut(ReportOut):
    """With its figures."""

    figures: ReportFiguresOut


class ReportPageOut(BaseModel):
    """A page of reports."""

    items: list[ReportOut]
    next: str | None


def campaign_out(one: Campaign) -> dict[str, Any]:
    """A campaign as it is sent."""
    return {name: getattr(one, name) for name in CampaignOut.model_fields}


_AS_IS = (
    "case_no", "description", "address", "state", "ended_at", "baseline_age_days", "baseline_state", "baseline_overdue", "plan",
    "due_on", "reason", "recheck_result", "history",
)  # fmt: skip


def item_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it is sent."""
    ended = row["ended_at"].date() if row["ended_at"] else None
    seen = Item(
        None, row["state"], ended, False, False, 0, 0, None, None, False, row["recheck_result"], False
    )  # fmt: skip
    return {
        **{name: row[name] for name in _AS_IS},
        "outcome": outcome(seen),
        "department": row["department_code"],
        "area": row["area_code"],
        "written_off": row["write_offs"] > 0 and row["recheck_result"] != "fail",
    }


def visit_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A visit as it is sent."""
    return {**{name: row.get(name) for name in VisitOut.model_fields}, "department": row["department_code"]}


def result_out(row: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """What became of one case, in the language of who asks."""
    problem = row["problem"] and row["problem"]["zh" if zh else "en"]
    return {"case_no": row["case_no"], "status": row["status"], "problem": problem}


def report_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A report as it is sent, with its figures where there are any."""
    return {name: row[name] for name in (*ReportOut.model_fields, *(["figures"] if "figures" in row else []))}
