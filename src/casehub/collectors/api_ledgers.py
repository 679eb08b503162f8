"""Routes of the ledgers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from casehub.collectors import commands_ledgers as commands
from casehub.collectors.ledgers import INSPECTS, Kind, Row, State, Wanted
from casehub.collectors.schemas_ledgers import (
    ContestIn,
    FiguresOut,
    FindingIn,
    FindingOut,
    FindingPageOut,
    OpinionIn,
    SpotCheckIn,
    SpotCheckOut,
    SpotCheckPageOut,
    figures_out,
    ledger_out,
)
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.wire.pages import page, read_cursor
from casehub.wire.text import Moment, Short

router = APIRouter(prefix="/v1", tags=["collectors"])

READS = (*INSPECTS, Role.COLLECTOR)
Number = Annotated[int, Path(ge=1, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100)]
From = Annotated[Moment | None, Query(alias="from", description="From this moment on.")]
To = Annotated[Moment | None, Query(alias="to", description="Until before this moment.")]


def _narrowed(
    first: From = None, last: To = None, collector: Short | None = None,
    area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
) -> Wanted:  # fmt: skip
    return Wanted(first, last, collector, area)


Narrowed = Annotated[Wanted, Depends(_narrowed)]


def _page(request: Request, found: tuple[list[Row], int | None]) -> dict[str, Any]:
    rows, ended = found
    return page(request, [ledger_out(row) for row in rows], ended)


@router.post(
    "/spot-checks", status_code=201, response_model=SpotCheckOut, summary="Enter a spot check (抽查)"
)
async def enter_spot_check(call: Caller, body: SpotCheckIn) -> dict[str, Any]:
    """Rows are never changed: a wrong one is corrected by another that names it."""
    call.need(*INSPECTS)
    return ledger_out(await commands.enter_spot_check(call.tx, body.row(), by=call.actor, at=call.at))


@router.get("/spot-checks", response_model=SpotCheckPageOut, summary="Spot checks, newest first")
async def list_spot_checks(
    call: Caller, request: Request, wanted: Narrowed, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """One page of those in your part of the city; a collector sees their own."""
    call.need(*READS)
    after = read_cursor(cursor)
    return _page(
        request, await commands.list_spot_checks(call.tx, wanted, by=call.actor, after=after, most=limit)
    )


@router.post(
    "/missed-reports",
    status_code=201,
    response_model=FindingOut,
    summary="Propose a missed or false report (漏报、虚报)",
)
async def propose(call: Caller, body: FindingIn) -> dict[str, Any]:
    """A missed report is blamed on who was on shift in the duty grid when another one saw it, unless you name somebody."""
    call.need(*INSPECTS)
    return ledger_out(await commands.propose_finding(
        call.tx, body.kind, body.case_no, collector=body.collector, reason=body.reason, by=call.actor, at=call.at
    ))  # fmt: skip


@router.get(
    "/missed-reports", response_model=FindingPageOut, summary="Missed and false reports, newest first"
)
async def list_findings(
    call: Caller, request: Request, wanted: Narrowed, kind: Kind | None = None, state: State | None = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """One page of those in your part of the city; a collector sees what is said of them."""
    call.need(*READS)
    those = Wanted(wanted.first, wanted.last, wanted.collector, wanted.area, kind, state)
    after = read_cursor(cursor)
    return _page(
        request, await commands.list_findings(call.tx, those, by=call.actor, after=after, most=limit)
    )


@router.post(
    "/missed-reports/{finding_id}/contest",
    response_model=FindingOut,
    summary="Answer what is said of you (申辩)",
)
async def contest(call: Caller, finding_id: Number, body: ContestIn) -> dict[str, Any]:
    """Once, before it is decided."""
    call.need(Role.COLLECTOR)
    found = await commands.contest_finding(call.tx, finding_id, body.reason, by=call.actor, at=call.at)
    return ledger_out(found)


async def _decide(call: Call, number: int, state: State, opinion: str | None) -> dict[str, Any]:
    call.need(Role.EVALUATOR)
    found = await commands.decide_finding(call.tx, number, state, opinion, by=call.actor, at=call.at)
    return ledger_out(found)


@router.post("/missed-reports/{finding_id}/confirm", response_model=FindingOut, summary="Confirm it (认定)")
async def confirm(call: Caller, finding_id: Number, body: OpinionIn) -> dict[str, Any]:
    """From now on it counts."""
    return await _decide(call, finding_id, State.CONFIRMED, body.opinion)


@router.post(
    "/missed-reports/{finding_id}/dismiss", response_model=FindingOut, summary="Dismiss it (不予认定)"
)
async def dismiss(call: Caller, finding_id: Number, body: OpinionIn) -> dict[str, Any]:
    """It counts for nothing."""
    return await _decide(call, finding_id, State.DISMISSED, body.opinion)


@router.get("/collectors/figures", response_model=list[FiguresOut], summary="The figures of each collector")
async def read_figures(
    call: Caller, first: Annotated[Moment, Query(alias="from")], last: Annotated[Moment, Query(alias="to")],
    area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Counts and rates of the period from `from` until before `to`, of your part of the city; a collector sees their own."""
    call.need(*READS)
    found = await commands.read_figures(call.tx, first, last, area=area, by=call.actor, at=call.at)
    return [figures_out(one) for one in found]
