"""Routes of campaigns: work the list off."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from casehub.campaigns import commands, commands_batches, commands_items, commands_lists
from casehub.campaigns.api import RUNS, Cursor, Limit, Number
from casehub.campaigns.commands_batches import Acting
from casehub.campaigns.figures import Outcome
from casehub.campaigns.schemas_work import (
    Age,
    BatchIn,
    BatchOut,
    ItemPageOut,
    NewcomerPageOut,
    PlanIn,
    RecheckIn,
    ResultPageOut,
    VisitIn,
    VisitOut,
    VisitPageOut,
    WriteOffIn,
    form_of,
    item_out,
    newcomer_out,
    result_out,
    visit_out,
)
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.wire.answers import answered
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.pages import page, read_cursor
from casehub.wire.text import CivilDay, Moment, Short

router = APIRouter(prefix="/v1/campaigns/{campaign_id}", tags=["campaigns"])

CaseNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$", description="The number of the case.")]
#: Who does something with many cases at once; what with each is for its workflow to say.
BATCHES = (*RUNS, Role.ACCEPTOR, Role.DISPATCHER, Role.SHIFT_LEADER)


class Filters:
    """What narrows a list; all that are given must hold."""

    def __init__(
        self,
        unit: Annotated[Short | None, Query(description="A department and those below it.")] = None,
        area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
        open: Annotated[bool | None, Query(description="Only what is left, or only what is done.")] = None,  # noqa: A002
        to_recheck: Annotated[bool | None, Query(description="Crossed off and not rechecked yet.")] = None,
        department: Annotated[
            Short | None, Query(description="The department itself that led it then; - for none.")
        ] = None,
        outcome: Outcome | None = None,
        ended_from: Annotated[Moment | None, Query(description="Its case ended from this moment on.")] = None,
        ended_to: Annotated[Moment | None, Query(description="Its case ended before this moment.")] = None,
        checked: Annotated[bool | None, Query(description="It passed a check after its handling.")] = None,
        rechecked: Annotated[
            Literal["any", "pass", "fail"] | None,
            Query(description="A recheck of this result is in its history."),
        ] = None,
        rebound: Annotated[bool | None, Query(description="Cleared, and reported there again.")] = None,
        due: Annotated[
            bool | None, Query(description="Planned, and cleared or due before the day `on`.")
        ] = None,
        on_plan: Annotated[bool | None, Query(description="Cleared by its day.")] = None,
        age: Annotated[
            Age | None,
            Query(description="Days of age on the day `on`."),
        ] = None,
        on: Annotated[
            CivilDay | None,
            Query(description="The day by which age and plan are told; today, or the day on which it ended."),
        ] = None,
    ) -> None:
        self.wanted = {name: value for name, value in locals().items() if name != "self"}


@router.get("/items", response_model=ItemPageOut, summary="The list, as far as you may see its cases (清单)")
async def list_items(
    call: Caller, campaign_id: Number, filters: Annotated[Filters, Depends()], limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:  # fmt: skip
    """One page, by case. Of an ended campaign each case is as it was then."""
    found, ended = await commands_lists.list_items(
        call.tx, campaign_id, call.scope, filters.wanted, call.at, after=read_cursor(cursor), most=limit
    )
    return page(call.request, [item_out(one) for one in found], ended)


@router.get(
    "/newcomers",
    response_model=NewcomerPageOut,
    summary="What fits and came later, as far as you may see it (新增)",
)
async def list_newcomers(
    call: Caller, campaign_id: Number,
    open: Annotated[bool | None, Query(description="Only open, or only ended cases.")] = None,  # noqa: A002
    to: Annotated[Moment | None, Query(description="Reported before this moment; else until now, or until the campaign ended.")] = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, by case."""
    found, ended = await commands_lists.list_newcomers(
        call.tx,
        campaign_id,
        call.scope,
        call.at,
        until=to,
        still_open=open,
        after=read_cursor(cursor),
        most=limit,
    )
    return page(call.request, [newcomer_out(one) for one in found], ended)


@router.put("/items/{case_no}/plan", status_code=204, summary="Plan, day and obstacle of an item (一案一策)")
async def plan_item(call: Caller, campaign_id: Number, case_no: CaseNo, body: PlanIn) -> None:
    """By who runs the campaign, or by the department for what it may see. A day that has passed stays, and what has ended gets none."""
    call.need(*RUNS, Role.DEPARTMENT)
    await commands_items.plan_item(
        call.tx, campaign_id, case_no, body.model_dump(), scope=call.scope, at=call.at
    )


@router.post(
    "/items/{case_no}/write-off", status_code=204, openapi_extra=REPEATABLE, summary="Cross an item off with proof (销号)"
)  # fmt: skip
async def write_off(call: Caller, campaign_id: Number, case_no: CaseNo, body: WriteOffIn) -> Response:
    """Once its case is closed. Whoever sees the case sees the photos."""
    call.need(*RUNS, Role.DEPARTMENT)
    said = (call.tx, campaign_id, case_no, body.photos, body.note)

    async def make() -> Response:
        await commands_items.write_off(*said, by=call.actor, scope=call.scope, at=call.at)
        return Response(status_code=204)

    return await call.once(make)


@router.post(
    "/items/{case_no}/recheck", status_code=204, openapi_extra=REPEATABLE, summary="Look again at what is crossed off (复核)"
)  # fmt: skip
async def recheck(call: Caller, campaign_id: Number, case_no: CaseNo, body: RecheckIn) -> Response:
    """By somebody else than who crossed it off; a fail opens the item again."""
    call.need(*RUNS)
    said = (call.tx, campaign_id, case_no, body.result, body.finding)

    async def make() -> Response:
        await commands_items.recheck(*said, by=call.actor, scope=call.scope, at=call.at)
        return Response(status_code=204)

    return await call.once(make)


@router.post(
    "/visits", status_code=201, openapi_extra=REPEATABLE, response_model=VisitOut, summary="Enter a visit to a unit (走访)"
)  # fmt: skip
async def enter_visit(call: Caller, campaign_id: Number, body: VisitIn) -> Response:
    """Who came, what stood in the way, what was agreed."""
    call.need(*RUNS)

    async def make() -> Response:
        row = await commands.enter_visit(call.tx, campaign_id, body.row(), by=call.actor, at=call.at)
        return answered(visit_out(row), 201)

    return await call.once(make)


@router.get("/visits", response_model=VisitPageOut, summary="Visits, newest first")
async def list_visits(
    call: Caller, campaign_id: Number, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """One page."""
    found, ended = await commands.list_visits(call.tx, campaign_id, after=read_cursor(cursor), most=limit)
    return page(call.request, [visit_out(one) for one in found], ended)


@router.post(
    "/batches", status_code=201, openapi_extra=REPEATABLE, response_model=BatchOut, summary="Do something with many cases"
)  # fmt: skip
async def start_batch(call: Caller, campaign_id: Number, body: BatchIn) -> Response:
    """Keeps the list of cases; `POST .../steps` does them, 100 at a time. A dry run tells what would happen.

    Letters are opened by evaluators and shift leaders, who may draft them.
    """
    call.need(*BATCHES)
    wanted, form = body.cases.model_dump(), form_of(body)

    async def make() -> Response:
        args = (call.tx, campaign_id, body.doing, form, wanted, _acting(call))
        if body.dry_run:
            return answered(_previewed(call, body.doing, await commands_batches.preview(*args)))
        return answered(await _told(call, campaign_id, await commands_batches.start(*args)), 201)

    return await call.once(make)


def _acting(call: Call) -> Acting:
    return Acting(call.actor, call.scope, call.at)


def _previewed(call: Call, doing: str, found: commands_batches.Preview) -> dict[str, Any]:
    results = [result_out(one, zh=call.zh) for one in found.results]
    refused = sum(one["status"] == "refused" for one in results)
    return {
        "batch_id": None, "doing": doing, "round_id": None, "cases": found.cases, "waiting": found.cases - refused, "done": 0, "refused": refused,
        "results": results,
    }  # fmt: skip


async def _told(call: Call, campaign_id: int, batch_id: int) -> dict[str, Any]:
    told = await commands_batches.progress(call.tx, campaign_id, batch_id)
    counts = {name: told[name] for name in ("waiting", "done", "refused")}
    refused, _ = await commands_batches.results(
        call.tx, campaign_id, batch_id, call.scope, "refused", after=None, most=200
    )
    results = [result_out(one, zh=call.zh) for one in refused]
    return {
        "batch_id": batch_id,
        "doing": told["doing"],
        "round_id": told["round_id"],
        "cases": sum(counts.values()),
        **counts,
        "results": results,
    }


@router.get("/batches/{batch_id}", response_model=BatchOut, summary="How far a batch has come")
async def read_batch(call: Caller, campaign_id: Number, batch_id: Number) -> Response:
    """Counts are of all its cases. `results` has the first 200 that were refused, as far as you see them; `/results` has all."""
    call.need(*BATCHES)
    return answered(await _told(call, campaign_id, batch_id))


@router.post(
    "/batches/{batch_id}/steps", openapi_extra=REPEATABLE, response_model=BatchOut, summary="Go on with a batch"
)  # fmt: skip
async def go_on(call: Caller, campaign_id: Number, batch_id: Number) -> Response:
    """The next 100 cases, or the letter to the next unit, in a transaction of their own: again until none waits.

    A case that is refused leaves the others done. What you do not see is left to who does.
    """
    call.need(*BATCHES)

    async def make() -> Response:
        await commands_batches.go_on(call.tx, campaign_id, batch_id, _acting(call))
        return answered(await _told(call, campaign_id, batch_id))

    return await call.once(make)


@router.get(
    "/batches/{batch_id}/results", response_model=ResultPageOut, summary="What became of each case of a batch"
)
async def list_results(
    call: Caller, campaign_id: Number, batch_id: Number,
    status: Literal["waiting", "done", "refused"] | None = None, limit: Limit = 50, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, by case."""
    call.need(*BATCHES)
    found, ended = await commands_batches.results(
        call.tx, campaign_id, batch_id, call.scope, status, after=read_cursor(cursor), most=limit
    )
    return page(call.request, [result_out(one, zh=call.zh) for one in found], ended)
