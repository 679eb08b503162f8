"""Routes of letters."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from casehub.letters import commands, commands_rounds
from casehub.letters.commands import READS, WRITES
from casehub.letters.commands_paper import Paper, print_letter, read_parts
from casehub.letters.figures import Happening
from casehub.letters.flow import Letter
from casehub.letters.ledger import Wanted
from casehub.letters.numbers import parse_number
from casehub.letters.problems import NumberInvalid
from casehub.letters.schemas import (
    BegunOut,
    LadderIn,
    LadderOut,
    LetterActionOut,
    LetterDetailOut,
    LetterEventOut,
    LetterIn,
    LetterPageOut,
    RoundIn,
    RoundPageOut,
    event_out,
    letter_detail_out,
    letter_out,
)
from casehub.paper.files import MEDIA_TYPES
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.wire.answers import answered
from casehub.wire.etags import etag, read_match
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_cursor
from casehub.wire.text import Moment, Short
from casehub.workflow.definition import form_model

router = APIRouter(prefix="/v1/letters", tags=["letters"])

Number = Annotated[int, Path(ge=1, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100)]
SEES = (*READS, Role.DEPARTMENT)


@router.get("/ladder", response_model=LadderOut, summary="The ladder in force (督办阶梯)")
async def read_ladder(call: Caller) -> dict[str, Any]:
    """Which letter follows on which trouble, who signs it, by when it is answered and what it says."""
    call.need(*SEES)
    return await commands.read_ladder(call.tx)


@router.put("/ladder", response_model=LadderOut, summary="Load a ladder")
async def load_ladder(call: Caller, body: LadderIn) -> dict[str, Any]:
    """Refused with the line of every mistake. What is drafted already stays as it is."""
    call.need(Role.ADMINISTRATOR)
    return await commands.load_ladder(call.tx, body.content, by=call.actor.name, at=call.at)


@router.post(
    "/rounds",
    status_code=201,
    openapi_extra=REPEATABLE,
    response_model=BegunOut,
    summary="Begin a round of supervision (期)",
)
async def begin_round(call: Caller, body: RoundIn) -> Response:
    """A draft to each department that leads some of the cases; refused as a whole when one case can't be in it."""
    call.need(*WRITES)

    async def make() -> Response:
        begun = await commands_rounds.draft_round(
            call.tx, body.round_title, body.asked(), by=call.actor, at=call.at
        )
        return answered({"round_id": begun[0], "letters": [await _told(call, one) for one in begun[1]]}, 201)

    return await call.once(make)


@router.get("/rounds", response_model=RoundPageOut, summary="Rounds of supervision, newest first")
async def list_rounds(
    call: Caller, request: Request, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """With how many letters about cases in your part of the city they have in which status."""
    call.need(*READS)
    after = read_cursor(cursor)
    return page(request, *await commands_rounds.list_rounds(call.tx, by=call.actor, after=after, most=limit))


async def _told(call: Call, letter: Letter, *, whole: bool = False) -> dict[str, Any]:
    flow = (await commands.letter_flow(call.tx, letter)).definition
    return (letter_detail_out if whole else letter_out)(letter, flow, call.at, zh=call.zh)


@router.post(
    "",
    status_code=201,
    openapi_extra=REPEATABLE,
    response_model=LetterDetailOut,
    summary="Draft a letter (草拟)",
)
async def draft(call: Caller, body: LetterIn) -> Response:
    """About cases of one department. It leaves nobody's desk before it is reviewed, signed by another person, and sent."""
    call.need(*WRITES)

    async def make() -> Response:
        letter = await commands.draft_letter(call.tx, body.asked(), by=call.actor, at=call.at)
        headers = {"Location": f"/v1/letters/{letter.letter_id}", "ETag": etag(letter.version)}
        return answered(await _told(call, letter, whole=True), 201, **headers)

    return await call.once(make)


def _wanted(
    status: Annotated[Short | None, Query(description="A status of the letter workflow, such as draft, sent or closed.")] = None,
    step: Annotated[Short | None, Query(description="A step of the ladder, such as supervision_letter.")] = None,
    to_unit: Annotated[Short | None, Query(description="The department that it is addressed to.")] = None,
    number: Annotated[Short | None, Query(description="Such as 平城管督〔2023〕1号; brackets may be lost or of another shape.")] = None,
    case_no: Annotated[Short | None, Query(description="About this case, among others.")] = None,
    round_id: Annotated[int | None, Query(ge=1, lt=2**63, description="Of this round (期).")] = None,
    text: Annotated[Short | None, Query(description="Part of the title or the body.")] = None,
    overdue: Annotated[bool | None, Query(description="Whether the reply is overdue.")] = None,
    first: Annotated[Moment | None, Query(alias="from", description="Drafted from this moment on.")] = None,
    last: Annotated[Moment | None, Query(alias="to", description="Drafted before this moment.")] = None,
    happened: Annotated[Happening | None, Query(description="What happened to it, once at least.")] = None,
    happened_from: Annotated[Moment | None, Query(description="And that from this moment on.")] = None,
    happened_to: Annotated[Moment | None, Query(description="And that before this moment.")] = None,
    unanswered_at: Annotated[Moment | None, Query(description="The reply was overdue at this moment, and none had come.")] = None,
) -> Wanted:  # fmt: skip
    parsed = None if number is None else parse_number(number)
    if number is not None and parsed is None:
        raise NumberInvalid(number)
    return Wanted(
        status,
        step,
        to_unit,
        parsed,
        case_no,
        round_id,
        text,
        overdue,
        first,
        last,
        happened,
        happened_from,
        happened_to,
        unanswered_at,
    )


@router.get("", response_model=LetterPageOut, summary="The ledger of letters (台账), newest first")
async def list_letters(
    call: Caller,
    request: Request,
    wanted: Annotated[Wanted, Depends(_wanted)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """One page of letters about cases in your part of the city; a department sees those that went to it."""
    call.need(*SEES)
    after = read_cursor(cursor)
    rows, ended = await commands.list_letters(
        call.tx, wanted, by=call.actor, at=call.at, after=after, most=limit
    )
    return page(request, [await _told(call, one) for one in rows], ended)


@router.get("/{letter_id}", response_model=LetterDetailOut, summary="A letter")
async def read(call: Caller, letter_id: Number) -> Response:
    """What it says, about which cases, and what was answered."""
    call.need(*SEES)
    letter = await commands.find_letter(call.tx, letter_id, by=call.actor)
    return answered(await _told(call, letter, whole=True), ETag=etag(letter.version))


@router.get("/{letter_id}/history", response_model=list[LetterEventOut], summary="The history of a letter")
async def read_history(call: Caller, letter_id: Number) -> list[dict[str, Any]]:
    """Every event, oldest first, chained by hash; a department sees a letter to it from its sending on."""
    call.need(*SEES)
    letter = await commands.find_letter(call.tx, letter_id, by=call.actor)
    flow = (await commands.letter_flow(call.tx, letter)).definition
    told = await commands.history(call.tx, letter, by=call.actor)
    return [event_out(one, flow, zh=call.zh) for one in told]


@router.get(
    "/{letter_id}/actions", response_model=list[LetterActionOut], summary="What can be done with a letter now"
)
async def list_actions(call: Caller, letter_id: Number) -> list[dict[str, Any]]:
    """Every action that its status allows, with its roles and the JSON Schema of its form."""
    call.need(*SEES)
    letter = await commands.find_letter(call.tx, letter_id, by=call.actor)
    possible = (await commands.letter_flow(call.tx, letter)).definition.actions_from(letter.status)
    return [
        {
            "action": one.name,
            "title": one.title if call.zh else one.title_en,
            "roles": list(one.roles),
            "form": form_model(one).model_json_schema(),
        }
        for one in possible
    ]


@router.post(
    "/{letter_id}/actions/{action}",
    openapi_extra=REPEATABLE,
    response_model=LetterDetailOut,
    summary="Do an action to a letter",
)
async def act(
    call: Caller, letter_id: Number, action: Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")],
    form: Annotated[dict[str, Any] | None, Body(description="The form that GET .../actions describes.")] = None,
    if_match: Annotated[str | None, Header(description="The ETag you saw; another version gives 412.")] = None,
) -> Response:  # fmt: skip
    """Move the letter. Sending and rejecting a reply set the reply clocks of its cases going, a reply stops them."""
    call.need(*SEES)
    seen = read_match(if_match)

    async def make() -> Response:
        letter = await commands.act(
            call.tx, letter_id, action, form or {}, by=call.actor, at=call.at, seen=seen
        )
        return answered(await _told(call, letter, whole=True), ETag=etag(letter.version))

    return await call.once(make)


@router.get(
    "/{letter_id}/document", summary="The letter as PDF or DOCX",
    responses={200: {"content": {one: {"schema": {"type": "string", "format": "binary"}} for one in (MEDIA_TYPES[form] for form in Paper)}}},
)  # fmt: skip
async def read_document(
    call: Caller, letter_id: Number, request: Request, form: Paper = Paper.PDF
) -> Response:
    """In the form of GB/T 9704-2012; DOCX for signing and stamping in an office program."""
    call.need(*SEES)
    letter = await commands.find_letter(call.tx, letter_id, by=call.actor)
    parts = await read_parts(call.tx, letter)
    printed = await run_in_threadpool(print_letter, parts, form, request.app.state.blobs.path)
    named = {"Content-Disposition": f'attachment; filename="letter-{letter_id}.{form}"'}
    return Response(printed, headers=named, media_type=MEDIA_TYPES[form])


@router.get(
    "/{letter_id}/photos/{attachment_id}", summary="A photo of a reply",
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def read_photo(
    call: Caller,
    letter_id: Number,
    request: Request,
    attachment_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
) -> Response:
    """Of a letter that you may see."""
    call.need(*SEES)
    photo = await commands.find_photo(call.tx, letter_id, attachment_id, by=call.actor)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}
    return FileResponse(
        request.app.state.blobs.path(photo["sha256"]), media_type=photo["media_type"], headers=headers
    )
