"""Routes of campaigns: plan, launch, look."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from casehub.campaigns import commands, commands_figures, commands_reports
from casehub.campaigns.printing import Language
from casehub.campaigns.rules import State
from casehub.campaigns.schemas import (
    CampaignDetailOut,
    CampaignIn,
    CampaignOut,
    CampaignPageOut,
    LaunchedOut,
    LaunchIn,
    LedgerOut,
    ReportDetailOut,
    ReportPageOut,
    campaign_out,
    report_out,
)
from casehub.paper.files import MEDIA_TYPES
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.answers import answered
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_cursor

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])

#: Who runs campaigns.
RUNS = (Role.EVALUATOR, Role.ADMINISTRATOR)
Number = Annotated[int, Path(ge=1, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100)]


@router.post(
    "", status_code=201, openapi_extra=REPEATABLE, response_model=CampaignOut, summary="Plan a campaign"
)
async def plan(call: Caller, body: CampaignIn) -> Response:
    """Write it down with its scope; the list is frozen when it is launched."""
    call.need(*RUNS)

    async def make() -> Response:
        made = await commands.plan_campaign(call.tx, body.row(), by=call.actor, at=call.at)
        return answered(campaign_out(made), 201, Location=f"/v1/campaigns/{made.campaign_id}")

    return await call.once(make)


@router.get("", response_model=CampaignPageOut, summary="Campaigns, newest first (专项行动)")
async def list_campaigns(
    call: Caller, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """One page."""
    found, ended = await commands.list_campaigns(call.tx, state, after=read_cursor(cursor), most=limit)
    return page(call.request, [campaign_out(one) for one in found], ended)


@router.get("/{campaign_id}", response_model=CampaignDetailOut, summary="A campaign and what it has come to")
async def read(call: Caller, campaign_id: Number) -> Response:
    """Exact to the last case on its list until it ended; newcomers as of `counted_at`."""
    campaign = await commands.find_campaign(call.tx, campaign_id)
    told = await commands_figures.figures_of(call.tx, campaign, call.at)
    return answered({**campaign_out(campaign), "figures": told})


@router.put("/{campaign_id}", response_model=CampaignOut, summary="Plan it otherwise, before its launch")
async def plan_anew(call: Caller, campaign_id: Number, body: CampaignIn) -> Response:
    """Takes the place of all that was planned. Once the list is frozen nothing can be changed."""
    call.need(*RUNS)
    return answered(campaign_out(await commands.plan_anew(call.tx, campaign_id, body.row(), at=call.at)))


@router.post(
    "/{campaign_id}/launch", openapi_extra=REPEATABLE, response_model=LaunchedOut, summary="Freeze the list (启动)"
)  # fmt: skip
async def launch(call: Caller, campaign_id: Number, body: LaunchIn) -> Response:
    """Every open case in your part of the city that fits scope and units is on it from now on; it never changes again."""
    call.need(*RUNS)

    async def make() -> Response:
        campaign, cases = await commands.launch(
            call.tx, campaign_id, by=call.actor, scope=call.scope, at=call.at, dry_run=body.dry_run
        )
        return answered({"campaign": campaign_out(campaign), "cases": cases})

    return await call.once(make)


@router.post(
    "/{campaign_id}/end", openapi_extra=REPEATABLE, response_model=CampaignOut, summary="End a campaign"
)
async def end(call: Caller, campaign_id: Number) -> Response:
    """Its list and figures stay as they are now; a report of the whole campaign is made, and none after it."""
    call.need(*RUNS)

    async def make() -> Response:
        return answered(campaign_out(await commands_reports.end(call.tx, campaign_id, call.at)))

    return await call.once(make)


@router.get("/{campaign_id}/ledger", response_model=LedgerOut, summary="The list by areas (一社区一清单)")
async def read_ledger(
    call: Caller,
    campaign_id: Number,
    by: Literal["district", "subdistrict", "community", "unit_grid"] = "subdistrict",
) -> Response:
    """Each with its figures; items that lie in no such area stand in the last row."""
    campaign = await commands.find_campaign(call.tx, campaign_id)
    return answered({"rows": await commands_figures.ledger(call.tx, campaign, by, call.at)})


@router.get(
    "/{campaign_id}/reports",
    response_model=ReportPageOut,
    summary="Reports, newest first (日报、周报、月报、总结报告)",
)
async def list_reports(
    call: Caller, campaign_id: Number, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """One page, without figures."""
    found, ended = await commands_reports.list_reports(
        call.tx, campaign_id, after=read_cursor(cursor), most=limit
    )
    return page(call.request, [report_out(one) for one in found], ended)


@router.get(
    "/{campaign_id}/reports/{report_id}", response_model=ReportDetailOut, summary="A report, as it was frozen"
)
async def read_report(call: Caller, campaign_id: Number, report_id: Number) -> Mapping[str, Any]:
    """Its figures are those of the evening of its last day, and never change."""
    return report_out(await commands_reports.find_report(call.tx, campaign_id, report_id))


@router.get(
    "/{campaign_id}/reports/{report_id}/{form}",
    response_class=Response,
    responses={200: {"description": "The file", "content": {one: {} for one in MEDIA_TYPES.values()}}},
    summary="A report to read, to write on, or to count on",
)
async def print_report(
    call: Caller, campaign_id: Number, report_id: Number, form: Literal["pdf", "docx", "xlsx"], language: Language = "zh"
) -> Response:  # fmt: skip
    """PDF, DOCX or XLSX, with the course of the campaign as charts."""
    printed, name = await commands_reports.print_report(call.tx, campaign_id, report_id, form, language)
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(printed, 200, told, MEDIA_TYPES[form])
