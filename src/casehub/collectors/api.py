"""Routes of offline work."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from casehub.cases.depends import TheDesk
from casehub.collectors import commands
from casehub.collectors.schemas import OpenItemsOut, SyncIn, SyncOut, answer_out
from casehub.people.depends import Caller
from casehub.wire.pages import page, read_cursor

router = APIRouter(prefix="/v1/sync", tags=["collectors"])


@router.post("", response_model=SyncOut, summary="Bring what was done offline (离线补传)")
async def sync(call: Caller, the_desk: TheDesk, body: SyncIn) -> dict[str, Any]:
    """Reports and actions with ids made by the device, in any order, once or again; their photos may come later.

    Whatever arrives, an item or a photo, does all that has become possible; at most 1,000 of yours may wait. An item
    happens when it arrives: its `observed_at` is recorded and moves no clock.
    """
    bodies = [one.body() for one in body.items]
    async with the_desk.batches:
        answers = await commands.sync(call.tx, bodies, by=call.actor, at=call.at, desk=the_desk)
    return {"items": [answer_out(one, zh=call.zh) for one in answers]}


@router.get("", response_model=OpenItemsOut, summary="What of yours waits or was refused, newest first")
async def list_open(
    call: Caller, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page. A refused item is sent again, corrected, under a new id."""
    answers, ended = await commands.open_items(
        call.tx, call.actor.name, after=read_cursor(cursor), most=limit
    )
    return page(request, [answer_out(one, zh=call.zh) for one in answers], ended)
