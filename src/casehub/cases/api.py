"""Routes of cases."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Body, Depends, File, Form, Header, Path, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse

from casehub.cases import api_callers, commands, photos
from casehub.cases.commands import Outcome
from casehub.cases.commands_callers import masked_reporters
from casehub.cases.commands_duty import duty_of
from casehub.cases.depends import TheDesk, desk
from casehub.cases.facts import CaseFacts
from casehub.cases.schemas import (
    ActionOut,
    AttachmentOut,
    BatchIn,
    BatchOut,
    CaseDetailOut,
    CaseNo,
    ClockOut,
    DryRunOut,
    EventOut,
    PageOut,
    ReportedOut,
    ReportIn,
    SuggestionOut,
    case_out,
    clocks_out,
    reported_out,
    suggestion_out,
    tasks_out,
)  # fmt: skip
from casehub.deadlines.commands import alerts_of, calendars_for, current_calendar
from casehub.deadlines.lights import Light
from casehub.errors import Problem
from casehub.events.commands import history
from casehub.people.depends import Call, Caller
from casehub.wire.answers import answered
from casehub.wire.etags import etag, read_match
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_cursor
from casehub.wire.problems import problem_body, reason
from casehub.wire.text import Moment, Short
from casehub.workflow.commands import definition_of
from casehub.workflow.definition import form_model

router = APIRouter(prefix="/v1", tags=["cases"])

router.include_router(api_callers.router)


async def _told(call: Call, case: CaseFacts) -> dict[str, Any]:
    flow = await definition_of(call.tx, case.workflow_digest)
    category = await commands.category_of(call.tx, case)
    calendar = await current_calendar(call.tx)
    told = case_out(case, category, flow, call.at, calendar, zh=call.zh) | {"tasks": tasks_out(case)}
    reader = await commands.as_of_case(call.tx, call.actor, case)
    reporters = await masked_reporters(call.tx, desk(call.request).vault, case, reader)
    return told if reporters is None else told | {"reporters": reporters}


@router.post(
    "/cases",
    status_code=201,
    openapi_extra=REPEATABLE,
    response_model=ReportedOut,
    summary="Report a problem (上报)",
)
async def report(call: Caller, the_desk: TheDesk, body: ReportIn) -> Response:
    """Begin a case. `candidates` lists cases that may be the same problem; a person decides whether to merge."""

    async def make() -> Response:
        outcome = await commands.report_case(call.tx, body.report(), by=call.actor, at=call.at, desk=the_desk)
        assert outcome.case is not None
        told = reported_out(
            outcome, await definition_of(call.tx, outcome.case.workflow_digest), call.at, zh=call.zh
        )
        return answered(
            told, 201, Location=f"/v1/cases/{outcome.case.case_no}", ETag=etag(outcome.case.version)
        )

    return await call.once(make)


@router.post(
    "/cases/batch",
    openapi_extra=REPEATABLE,
    response_model=BatchOut,
    summary="Report up to 500 problems at once",
)
async def report_batch(call: Caller, the_desk: TheDesk, body: BatchIn) -> Response:
    """Begin many cases; each has its own outcome, a refused one leaves the others."""

    async def make() -> Response:
        async with the_desk.batches:
            reports = [one.report() for one in body.reports]
            outcomes = await commands.report_cases(call.tx, reports, by=call.actor, at=call.at, desk=the_desk)
            return answered({"outcomes": [await _item(call, one) for one in outcomes]})

    return await call.once(make)


async def _item(call: Call, outcome: Outcome) -> dict[str, Any]:
    if outcome.case is None:
        assert outcome.problem is not None
        return {
            "status": outcome.problem.status,
            "case": None,
            "problem": problem_body(outcome.problem, zh=call.zh),
        }
    flow = await definition_of(call.tx, outcome.case.workflow_digest)
    return {"status": 201, "case": reported_out(outcome, flow, call.at, zh=call.zh), "problem": None}


class Filters:
    """The filters of a list of cases; all that are given must hold."""

    def __init__(
        self,
        state: Short | None = None,
        stage: Literal["collect", "verify", "dispatch", "handle", "check", "close"] | None = None,
        kind: Literal["event", "component"] | None = None,
        category: Annotated[Short | None, Query(description="Code of a minor class.")] = None,
        scheme: Short | None = None,
        department: Short | None = None,
        area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
        source: Short | None = None,
        workflow: Short | None = None,
        external_no: Short | None = None,
        assignee: Short | None = None,
        text: Annotated[
            Short | None,
            Query(
                description="Part of description, address or external number; traditional and simplified alike."
            ),
        ] = None,
        light: Light | None = None,
        open: Annotated[bool | None, Query(description="Only open, or only ended cases.")] = None,  # noqa: A002
        late: Annotated[
            bool | None, Query(description="Whether the department finished after its deadline.")
        ] = None,
        tagged_duplicate: Annotated[
            bool | None, Query(description="Tagged as a duplicate by its source.")
        ] = None,
        difficult: Annotated[bool | None, Query(description="The ledger of difficult cases (疑难).")] = None,
        return_pending: Annotated[
            bool | None, Query(description="A department's return waits for a decision.")
        ] = None,
        request_pending: Annotated[
            bool | None, Query(description="A request for more time or a suspension waits for a decision.")
        ] = None,
        foreign_no: Annotated[
            Short | None, Query(description="The number that another platform gave a transferred case.")
        ] = None,
        reported_from: Moment | None = None,
        reported_to: Moment | None = None,
        ended_from: Moment | None = None,
        ended_to: Moment | None = None,
    ) -> None:
        self.wanted: Mapping[str, Any] = {name: value for name, value in locals().items() if name != "self"}


@router.get("/cases", response_model=PageOut, summary="List cases, newest first")
async def list_cases(
    call: Caller, filters: Annotated[Filters, Depends()], request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:  # fmt: skip
    """One page of the cases that you may see."""
    rows, last = await commands.list_cases(
        call.tx, call.scope, filters.wanted, call.at, after=read_cursor(cursor), most=limit
    )
    calendar = await current_calendar(call.tx)
    items = [case_out(case, category, flow, call.at, calendar, zh=call.zh) for case, category, flow in rows]
    none = not items and cursor is None
    why = reason(await commands.why_none(call.tx, call.scope, filters.wanted), zh=call.zh) if none else None
    return answered(page(request, items, last) | {"empty_because": why})


@router.get("/cases/{case_no}", response_model=CaseDetailOut, summary="Read a case with its tasks")
async def read(call: Caller, case_no: CaseNo) -> Response:
    """A case as it is now."""
    case = await commands.find_case(call.tx, case_no, call.scope)
    return answered(await _told(call, case), ETag=etag(case.version))


@router.get(
    "/cases/{case_no}/history", response_model=list[EventOut], summary="What happened to a case, oldest first"
)
async def read_history(call: Caller, case_no: CaseNo) -> Response:
    """Every event of the case, as it was recorded."""
    case = await commands.find_case(call.tx, case_no, call.scope)
    flow = await definition_of(call.tx, case.workflow_digest)
    told = []
    for event in await history(call.tx, case.case_id):
        body, action = orjson.loads(event.body), flow.actions.get(event.action)
        title = (action.title if call.zh else action.title_en) if action else event.action
        told.append({
            "seq": event.seq, "action": event.action, "title": title, "at": event.at, "by": body["by"],
            "role": body["role"], "from_state": body["from"], "to_state": body["to"], "form": body["form"],
            "hash": event.hash,
        })  # fmt: skip
    return answered(told)


@router.get(
    "/cases/{case_no}/clock", response_model=list[ClockOut], summary="How the deadlines of a case come about"
)
async def read_clock(call: Caller, case_no: CaseNo) -> Response:
    """Each task: the rule and the calendar version that gave its date, what counted and what was skipped, every pause,
    extension and alert.
    """
    case = await commands.find_case(call.tx, case_no, call.scope)
    flow = await definition_of(call.tx, case.workflow_digest)
    calendars, alerts = await calendars_for(call.tx, case.tasks), await alerts_of(call.tx, case.case_id)
    return answered(clocks_out(case, flow, call.at, calendars, alerts, zh=call.zh))


@router.get("/cases/{case_no}/duty", response_model=SuggestionOut, summary="Who must handle it (权责清单)")
async def read_duty(call: Caller, case_no: CaseNo) -> Response:
    """The department that the duty list in force names, and by which row; a dispatch that names none goes there."""
    case = await commands.find_case(call.tx, case_no, call.scope)
    return answered(
        suggestion_out(*await duty_of(call.tx, case, call.at, (await current_calendar(call.tx)).tz))
    )


@router.get(
    "/cases/{case_no}/actions", response_model=list[ActionOut], summary="What can be done with a case now"
)
async def list_actions(call: Caller, case_no: CaseNo) -> Response:
    """Every action that the present state allows, with its roles and the JSON Schema of its form."""
    case = await commands.find_case(call.tx, case_no, call.scope)
    flow = await definition_of(call.tx, case.workflow_digest)
    mine = (await commands.as_of_case(call.tx, call.actor, case)).roles
    return answered([
        {
            "action": action.name, "title": action.title if call.zh else action.title_en, "roles": list(action.roles),
            "allowed": bool(mine & set(action.roles)), "form": form_model(action).model_json_schema(),
        }
        for action in flow.actions_from(case.state)
    ])  # fmt: skip


@router.post(
    "/cases/{case_no}/actions/{action}",
    openapi_extra=REPEATABLE,
    response_model=CaseDetailOut | DryRunOut,
    summary="Do an action",
)
async def act(
    call: Caller,
    case_no: CaseNo,
    action: Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")],
    form: Annotated[
        dict[str, Any] | None, Body(description="The form that GET .../actions describes.")
    ] = None,
    dry_run: Annotated[
        bool, Query(description="Say what would happen, or every reason why not; change nothing.")
    ] = False,
    if_match: Annotated[
        str | None, Header(description="The ETag you saw; another version gives 412.")
    ] = None,
) -> Response:
    """Move the case. With If-Match, only if nobody else did so since you looked."""
    seen = read_match(if_match)
    if dry_run:
        return answered(await _would(call, case_no, action, form or {}, seen))

    async def make() -> Response:
        case, _ = await commands.act(
            call.tx, case_no, action, form or {}, by=call.actor, scope=call.scope, at=call.at, seen=seen
        )
        return answered(await _told(call, case), ETag=etag(case.version))

    return await call.once(make)


async def _would(
    call: Call, case_no: str, action: str, form: Mapping[str, Any], seen: int | None
) -> dict[str, Any]:
    try:
        case, decision = await commands.act(
            call.tx,
            case_no,
            action,
            form,
            by=call.actor,
            scope=call.scope,
            at=call.at,
            seen=seen,
            dry_run=True,
        )
    except Problem as problem:
        return {"allowed": False, "status": problem.status, "problem": problem_body(problem, zh=call.zh)}
    return {
        "allowed": True, "status": 200, "state": case.state, "stage": case.stage, "due_at": case.due_at,
        "changes": decision.body["case"], "tasks": tasks_out(case),
    }  # fmt: skip


@router.post(
    "/attachments",
    status_code=201,
    response_model=AttachmentOut,
    tags=["attachments"],
    summary="Upload a photo",
)
async def upload(
    call: Caller, the_desk: TheDesk, request: Request, file: Annotated[UploadFile, File()],
    kind: Annotated[Literal["near", "far", "reference", "before", "after"], Form(description="What it shows.")],
) -> Response:  # fmt: skip
    """Take in a photo: its type is read from its content, its size is limited, EXIF position and time are read.

    The same photo again, of the same kind and from the same person, has the same id.
    """
    content = await file.read()
    row = photos.inspect(content, kind, limit_bytes=request.app.state.settings.photo_limit_bytes)
    kept = await commands.keep_photo(
        call.tx, row, request.app.state.blobs.put(content), by=call.actor, at=call.at
    )
    await the_desk.photo_kept(call.tx, call.actor, call.at, the_desk)
    return answered(kept, 201, Location=f"/v1/attachments/{kept['id']}")


@router.get(
    "/attachments/{attachment_id}", tags=["attachments"], summary="Download a photo",
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def download(
    call: Caller, request: Request, attachment_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
) -> Response:
    """A photo that you uploaded, or of a case that you may see."""
    row = await commands.find_photo(call.tx, attachment_id, call.scope, call.actor)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400",
        "ETag": f'"{row["sha256"]}"',
    }
    return FileResponse(
        request.app.state.blobs.path(row["sha256"]), media_type=row["media_type"], headers=headers
    )
