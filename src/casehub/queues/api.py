"""Routes of queues."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from casehub.deadlines.commands import current_calendar
from casehub.deadlines.lights import Light
from casehub.errors import Problem
from casehub.people.depends import Call, Caller, open_call
from casehub.queues import commands
from casehub.queues.schemas import ClaimedOut, ClaimIn, QueueOut, SummaryOut, queued_out, summary_out
from casehub.wire.answers import answered
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_key, read_moment, read_number
from casehub.wire.problems import problem_body, reason
from casehub.wire.text import Short

router = APIRouter(prefix="/v1/queue", tags=["queues"])

CaseNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$", description="The number of the case.")]


class Filters:
    """What narrows a queue; all that are given must hold."""

    def __init__(
        self,
        kind: Annotated[Short | None, Query(description="Kind of task, such as dispatch or handle.")] = None,
        area: Annotated[Short | None, Query(description="Cases in an area and all below it.")] = None,
        department: Annotated[
            Short | None, Query(description="Cases of a department and those below it.")
        ] = None,
        category: Annotated[Short | None, Query(description="Code of a minor class.")] = None,
        light: Light | None = None,
        claimed: Annotated[
            Literal["mine", "free"] | None, Query(description="In your hand, or in nobody else's.")
        ] = None,
    ) -> None:
        self.wanted = {name: value for name, value in locals().items() if name != "self"}


TheFilters = Annotated[Filters, Depends()]


async def _items(call: Call, entries: list[commands.Entry]) -> list[dict[str, Any]]:
    calendar = await current_calendar(call.tx)
    return [queued_out(one, call.at, calendar, zh=call.zh) for one in entries]


def _place(cursor: str | None) -> tuple[datetime, int, int] | None:
    key = read_key(cursor, 3)
    if key is None:
        return None
    urgent_at, case_id, task_no = key
    return read_moment(urgent_at), read_number(case_id), read_number(task_no)


async def _page(call: Call, filters: Filters, cursor: str | None, limit: int) -> dict[str, Any]:
    found = await commands.read_queue(
        call.tx, call.actor, filters.wanted, call.at, after=_place(cursor), most=limit
    )
    empty = reason(found.empty_because, zh=call.zh) if found.empty_because else None
    told = page(call.request, await _items(call, found.entries), found.ends_at)
    return {**told, "empty_because": empty}


@router.get("", response_model=QueueOut, summary="What you may do now, most urgent first (待办)")
async def read(
    call: Caller, filters: TheFilters,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:  # fmt: skip
    """One page of your open tasks: those of your role's pool, of your department, or given to you."""
    return answered(await _page(call, filters, cursor, limit))


@router.get("/summary", response_model=SummaryOut, summary="How many tasks of which light")
async def read_summary(call: Caller, filters: TheFilters) -> Response:
    """Counts of your open tasks by kind and light."""
    return answered(summary_out(await commands.count_queue(call.tx, call.actor, filters.wanted, call.at)))


@router.post(
    "/claims",
    openapi_extra=REPEATABLE,
    response_model=ClaimedOut,
    summary="Take the most urgent free tasks in hand (领取)",
)
async def claim_next(call: Caller, body: ClaimIn) -> Response:
    """For some minutes (`CASEHUB_CLAIM_MINUTES`) nobody else gets them, or may act on them in your role.

    A department may act in spite of its handler.
    """

    async def make() -> Response:
        return await _claim(call, body.wanted(), body.count)

    return await call.once(make)


@router.post(
    "/claims/{case_no}", response_model=ClaimedOut, summary="Take one case in hand, or keep it longer"
)
async def claim_one(call: Caller, case_no: CaseNo) -> Response:
    """Refused when somebody else has it. Repeating it begins the minutes anew."""
    return await _claim(call, {"case_no": case_no}, 20)


async def _claim(call: Call, wanted: Mapping[str, Any], most: int) -> Response:
    minutes = call.request.app.state.settings.claim_minutes
    taken = await commands.claim(call.tx, call.actor, wanted, call.at, minutes=minutes, most=most)
    return answered({"items": await _items(call, taken)})


@router.delete("/claims", status_code=204, summary="Let go all that you have in hand")
async def release_all(call: Caller) -> Response:
    """The tasks are free for others at once."""
    await commands.release(call.tx, call.actor, call.at)
    return Response(status_code=204)


@router.delete("/claims/{case_no}", status_code=204, summary="Let go one case")
async def release_one(call: Caller, case_no: CaseNo) -> Response:
    """Its tasks are free for others at once."""
    await commands.release(call.tx, call.actor, call.at, case_no)
    return Response(status_code=204)


#: How often a stream looks whether anything was written, how often it reads its queue again anyway: lights change with
#: time alone.
LOOK_SECONDS, READ_SECONDS = 1, 15


@router.get(
    "/stream",
    response_class=Response,
    summary="Your queue as it changes (server-sent events)",
    responses={
        200: {
            "description": "Events `queue` with {items, summary}; `end` with the problem that ended it.",
            "content": {
                "text/event-stream": {
                    "itemSchema": {"type": "object", "properties": {"event": {"enum": ["queue", "end"]}}}
                }
            },
        }
    },
)
async def stream(
    call: Caller, filters: TheFilters, limit: Annotated[int, Query(ge=1, le=50)] = 20
) -> EventSourceResponse:
    """The first page and the summary at once, and again whenever they change. Ends when your key does."""
    return EventSourceResponse(_live(call.request, filters, limit))


async def _live(request: Request, filters: Filters, limit: int) -> AsyncIterator[bytes]:
    seen: tuple[Any, Any] = (None, None)
    rests = 0
    try:
        while True:
            async with asynccontextmanager(open_call)(request) as call:
                pulse = await commands.pulse(call.tx)
                if pulse != seen[0] or rests >= READ_SECONDS:
                    told = await _whole(call, filters, limit)
                    if (face := _face(told)) != seen[1]:
                        yield format_sse_event(event="queue", data_str=orjson.dumps(told).decode())
                    else:
                        yield format_sse_event(comment="still here")
                    seen, rests = (pulse, face), 0
            rests += 1
            await asyncio.sleep(LOOK_SECONDS)
    except Problem as problem:
        yield format_sse_event(event="end", data_str=orjson.dumps(problem_body(problem, zh=False)).decode())


async def _whole(call: Call, filters: Filters, limit: int) -> dict[str, Any]:
    counted = await commands.count_queue(call.tx, call.actor, filters.wanted, call.at)
    return {"items": (await _page(call, filters, None, limit))["items"], "summary": summary_out(counted)}


def _face(told: Mapping[str, Any]) -> tuple[Any, ...]:
    """What must change for a queue to look different; seconds that run off don't."""
    names = ("task_no", "due_at", "light", "claimed_by")
    return told["summary"], [
        (item["case"]["case_no"], *(item[name] for name in names)) for item in told["items"]
    ]
