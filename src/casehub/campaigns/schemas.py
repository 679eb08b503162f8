"""Campaigns on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from casehub.campaigns.rules import REBOUND_DAYS, Campaign, State
from casehub.deadlines.lights import Light
from casehub.wire.text import CivilDay, Moment, Short

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
    difficult: bool | None = Field(default=None, description="Difficult cases (疑难), or all others.")
    return_pending: bool | None = None
    request_pending: bool | None = None
    foreign_no: Short | None = None
    reported_from: Moment | None = None
    reported_to: Moment | None = None


class TargetsIn(Body):
    """Shares to reach, from 0 to 1; reports print them beside the rates."""

    cleared_rate: Share | None = None
    write_off_rate: Share | None = None
    on_plan_rate: Share | None = None
    recheck_pass_rate: Share | None = None


class CampaignIn(Body):
    """A campaign as it is planned."""

    kind: Literal["backlog", "special_action", "census"] = Field(
        description="案件清零, 专项整治 or 专项普查. All work alike; a census is launched when its survey has been made."
    )
    name: Short
    first_day: CivilDay = Field(description="From this day on it may be launched.")
    last_day: CivilDay = Field(
        description="Launched and planned for until this day; it ends when somebody ends it."
    )
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

    items: int = Field(description="All on the list: residual, cleared, voided and passed_on together.")
    residual: int = Field(description="Left: open, suspended and failed together.")
    open: int
    suspended: int
    failed: int = Field(description="Closed, and open again because a recheck failed.")
    cleared: int = Field(description="Closed, and no recheck says otherwise.")
    voided: int
    passed_on: int = Field(description="Merged, transferred, or not filed after all.")
    written_off: int = Field(description="Cleared, and crossed off with proof that still holds (销号).")
    due: int = Field(description="Planned, and cleared or past their day: what on_plan_rate is over.")
    overdue_before: int = Field(description="Overdue when the list was frozen.")
    cleared_overdue: int = Field(description="Cleared, and as late as it was.")
    cleared_rate: RateOut = Field(description="cleared / items.")
    write_off_rate: RateOut = Field(description="written_off / items.")
    on_plan_rate: RateOut = Field(description="Cleared by their day / due.")
    recheck_pass_rate: RateOut = Field(description="Passed / rechecks; each recheck of an item counts.")
    rebound_rate: RateOut = Field(
        description="Cleared, and reported there again within rebound_days / cleared."
    )
    without_check_rate: RateOut = Field(description="Cleared without a passed check / cleared.")
    ages: dict[str, AgeOut] = Field(description="By days of age: to_30, 31_to_90, 91_to_180, over_180.")
    reasons: dict[str, int] = Field(
        description="What is in the way of those left; not_said where nobody said."
    )


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
    """What was left at the end of each day, from the day of the launch; lists run along `days`."""

    days: list[date]
    left: list[int]
    cleared: list[int]
    ended_otherwise: list[int] = Field(description="Voided, merged, transferred or not filed by then.")
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
    counted_at: datetime = Field(
        description="When newcomers were counted; all else is as of now, or of the end."
    )


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


class LedgerRowOut(TallyOut):
    """Of one area."""

    area: str | None
    name: str | None


class LedgerOut(BaseModel):
    """The list by areas."""

    rows: list[LedgerRowOut]


class ReportOut(BaseModel):
    """A report of a period that is over, or of a campaign that has ended."""

    report_id: int
    unit: Literal["day", "week", "month", "whole"]
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


class ReportBatchOut(BaseModel):
    """A batch in a report, and how far it had come."""

    started_at: datetime
    doing: str
    cases: int
    done: int
    refused: int
    waiting: int


class ReportFiguresOut(FiguresOut):
    """Frozen when the report was made."""

    visits: list[ReportVisitOut]
    batches: list[ReportBatchOut] = []


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


def report_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A report as it is sent, with its figures where there are any."""
    return {name: row[name] for name in (*ReportOut.model_fields, *(["figures"] if "figures" in row else []))}
