"""Routes of bulletins."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from casehub.bulletins import commands
from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.commands_print import Form, print_document
from casehub.bulletins.definition import OTHER_NAME, Definition
from casehub.bulletins.problems import BulletinDefinitionInvalid
from casehub.bulletins.schemas import (
    BulletinsOut,
    CorrectionsOut,
    DefinitionOut,
    DrawIn,
    State,
    WholeBulletinOut,
    WithdrawIn,
    bulletin_out,
    corrections_out,
)
from casehub.errors import Problem
from casehub.paper.document import Document
from casehub.paper.files import MEDIA_TYPES
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.wire.answers import answered
from casehub.wire.etags import etag, read_match
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_cursor
from casehub.wire.problems import problem_response
from casehub.wire.text import Short

router = APIRouter(prefix="/v1/bulletins", tags=["bulletins"])

#: Who draws up, and sees drafts.
_DRAWS = (Role.EVALUATOR, Role.ADMINISTRATOR)
BulletinId = Annotated[int, Path(ge=1, le=2**31 - 1)]


def _sees_drafts(call: Call) -> bool:
    return bool(call.actor.roles & {*_DRAWS})


def _told(bulletin: Bulletin, status: int = 200) -> Response:
    address = f"/v1/bulletins/{bulletin.bulletin_id}"
    headers = {"ETag": etag(bulletin.version), **({"Location": address} if status == 201 else {})}  # noqa: PLR2004 - created
    return answered(bulletin_out(bulletin), status, **headers)


class Printed(Response):
    """A file that is printed once the database is let go: who waits for the press takes no connection from others."""

    def __init__(self, document: Document, form: Form, name: str) -> None:
        super().__init__(media_type=MEDIA_TYPES[form])
        self.document, self.form, self.name = document, form, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Print, or say why not."""
        headers = {"Content-Disposition": f'attachment; filename="{self.name}.{self.form.value}"'}
        try:
            file = await print_document(self.document, self.form)
            answer = Response(file, headers=headers, media_type=self.media_type)
        except Problem as problem:
            answer = problem_response(Request(scope), problem)
        await answer(scope, receive, send)


@router.get("/definitions", response_model=list[DefinitionOut], summary="Which bulletins are drawn up (通报方案)")  # fmt: skip
async def list_definitions(call: Caller) -> list[dict[str, Any]]:
    """Every definition, by name."""
    return await commands.list_definitions(call.tx)


@router.put("/definitions/{bulletin}", status_code=204, summary="Define a bulletin")
async def define(call: Caller, bulletin: Annotated[str, Path(max_length=60)], body: Definition) -> Response:
    """For what is drawn up from now on; what was drawn up stays as it is."""
    call.need(Role.ADMINISTRATOR)
    if body.bulletin != bulletin:
        raise BulletinDefinitionInvalid(errors=[OTHER_NAME])
    await commands.define(call.tx, body, by=call.actor.name, at=call.at)
    return Response(status_code=204)


@router.get("", response_model=BulletinsOut, summary="Bulletins (通报)")
async def list_bulletins(
    call: Caller, bulletin: Annotated[Short | None, Query(description="Of this definition.")] = None, state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, the newest first; drafts for who draws up alone."""
    found = await commands.list_bulletins(
        call.tx, drafts=_sees_drafts(call), name=bulletin, state=state, after=read_cursor(cursor), most=limit + 1,
    )  # fmt: skip
    return page(call.request, found[:limit], found[limit - 1]["bulletin_id"] if len(found) > limit else None)


@router.post("", status_code=201, response_model=WholeBulletinOut, summary="Draw up a bulletin", openapi_extra=REPEATABLE)  # fmt: skip
async def draw(call: Caller, body: DrawIn) -> Response:
    """The draft of a period, anew where there is one. Of a period that is not over it can't be published yet."""
    call.need(*_DRAWS)

    async def make() -> Response:
        return _told(await commands.draw(call.tx, body.bulletin, body.on, by=call.actor.name, at=call.at), 201)  # fmt: skip

    return await call.once(make)


@router.get(
    "/{bulletin_id}.{form}", response_class=Response, summary="A bulletin as a spreadsheet, a text or a PDF",
    responses={200: {"description": "The file.", "content": {media: {} for media in MEDIA_TYPES.values()}}},
)  # fmt: skip
async def read_file(
    call: Caller, bulletin_id: BulletinId, form: Form, language: Literal["zh", "en"] = "zh"
) -> Response:
    """Printed from its content; a draft and a withdrawn one say that they are."""
    bulletin = await commands.find(call.tx, bulletin_id, drafts=_sees_drafts(call))
    document = await commands.document(call.tx, bulletin, language)
    return Printed(document, form, f"{bulletin.bulletin}-{bulletin.first}")


@router.get("/{bulletin_id}", response_model=WholeBulletinOut, summary="Read a bulletin")
async def read(call: Caller, bulletin_id: BulletinId) -> Response:
    """With its content; what is published is the same bytes whenever it is read."""
    return _told(await commands.find(call.tx, bulletin_id, drafts=_sees_drafts(call)))


@router.post("/{bulletin_id}/publish", response_model=WholeBulletinOut, summary="Publish a bulletin (发布)", openapi_extra=REPEATABLE)  # fmt: skip
async def publish(
    call: Caller,
    bulletin_id: BulletinId,
    if_match: Annotated[
        str | None, Header(description="The version of the draft that you saw; another one gives 412.")
    ] = None,
) -> Response:
    """As it was drawn up: its content stays for good. Webhooks hear of it as bulletin_published."""
    call.need(Role.EVALUATOR)
    seen = read_match(if_match)

    async def make() -> Response:
        return _told(await commands.publish(call.tx, bulletin_id, by=call.actor.name, at=call.at, seen=seen))

    return await call.once(make)


@router.post("/{bulletin_id}/withdraw", response_model=WholeBulletinOut, summary="Withdraw a bulletin (撤回)", openapi_extra=REPEATABLE)  # fmt: skip
async def withdraw(call: Caller, bulletin_id: BulletinId, body: WithdrawIn) -> Response:
    """It stays to be read, with the mark and the reason; another one may be drawn up for its period."""
    call.need(Role.EVALUATOR)

    async def make() -> Response:
        return _told(await commands.withdraw(call.tx, bulletin_id, body.reason, by=call.actor.name, at=call.at))  # fmt: skip

    return await call.once(make)


@router.get("/{bulletin_id}/corrections", response_model=CorrectionsOut, summary="What comes out otherwise now (更正)")  # fmt: skip
async def corrections(call: Caller, bulletin_id: BulletinId) -> Response:
    """Its figures counted again at this moment: each that differs, then and now, with the cases by which it does."""
    bulletin = await commands.find(call.tx, bulletin_id, drafts=_sees_drafts(call))
    found = await commands.find_corrections(call.tx, bulletin, call.at)
    return answered(corrections_out(bulletin, found, call.at, zh=call.zh))
