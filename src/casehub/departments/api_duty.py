"""Routes of the duty list."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from casehub.deadlines.commands import current_calendar
from casehub.departments import commands_duty as commands
from casehub.departments.schemas import (
    DutyListIn,
    DutyListOut,
    DutyOut,
    DutyVersionOut,
    MatterIn,
    duty_out,
    list_out,
)
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.etags import etag, read_match

router = APIRouter(prefix="/v1/duty", tags=["city"])


@router.get("", response_model=DutyListOut, summary="The duty list in force (权责清单)")
async def read(call: Caller, response: Response) -> dict[str, Any]:
    """Which department handles what where."""
    said, rows = await commands.read_list(call.tx)
    response.headers["ETag"] = etag(said["version"])
    return list_out(said, rows)


@router.put("", response_model=DutyListOut, summary="Put a duty list into force")
async def replace(
    call: Caller,
    body: DutyListIn,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The version you saw; another one in force gives 412.")
    ] = None,
) -> dict[str, Any]:
    """The whole list; what was dispatched by the one before stays where it is."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_list(
        call.tx,
        body.duty_rows(),
        note=body.note,
        by=call.actor.name,
        at=call.at,
        seen=read_match(if_match),
    )
    return await read(call, response)


@router.get("/versions", response_model=list[DutyVersionOut], summary="Versions of the duty list")
async def list_versions(call: Caller) -> list[dict[str, Any]]:
    """Every version, newest first."""
    return await commands.list_versions(call.tx)


@router.get("/versions/{version}", response_model=DutyListOut, summary="A version of the duty list")
async def read_version(call: Caller, version: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> dict[str, Any]:
    """As it was, whatever is in force now."""
    return list_out(*await commands.read_list(call.tx, version))


@router.get("/explain", response_model=DutyOut, summary="Who must handle this, and which row says so")
async def explain(call: Caller, asked: Annotated[MatterIn, Query()]) -> dict[str, Any]:
    """The row that decides, and every other one that fits."""
    on = asked.on or call.at.astimezone((await current_calendar(call.tx)).tz).date()
    category_id = await commands.class_id(call.tx, asked.scheme, asked.kind, asked.category)
    told = await commands.duty_for(call.tx, category_id, area=asked.area, owner=asked.owner, on=on)
    return duty_out(*told)
