"""Routes of signing in, and of the logs that auditors read."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from casehub.people import commands_sign_in as commands
from casehub.people.actors import Role
from casehub.people.depends import AtTheDoor, Caller, Newcomer
from casehub.people.problems import NoSession, SignInRefused
from casehub.people.schemas import (
    OneTimePasswordOut,
    PasswordChangeIn,
    PersonNo,
    ReadingsOut,
    SignedInOut,
    SignInIn,
    SignInsOut,
)
from casehub.wire.pages import page, read_cursor
from casehub.wire.problems import problem_response
from casehub.wire.text import Moment, Short

router = APIRouter()


@router.post(
    "/sign-in",
    response_model=SignedInOut,
    openapi_extra={"security": []},
    summary="Sign in with a password (登录)",
)
async def sign_in(door: AtTheDoor, request: Request, body: SignInIn) -> Response | dict[str, object]:
    """Send the token as `Authorization: Bearer`. After too many wrong passwords a person is locked out for a while."""
    outcome = await commands.sign_in(
        door.tx, door.reception, body.person_no, body.password, address=door.address, at=door.at
    )
    if isinstance(outcome, SignInRefused):
        return problem_response(request, outcome)
    return asdict(outcome)


@router.post("/session", response_model=SignedInOut, summary="Renew your session")
async def renew(call: Caller) -> dict[str, object]:
    """Another token for the same session; the old one is over."""
    return asdict(await commands.renew(call.tx, call.reception, call.token, at=call.at))


@router.delete("/session", status_code=204, summary="Sign out (退出)")
async def sign_out(call: Newcomer) -> Response:
    """The token opens nothing from now on."""
    await commands.sign_out(call.tx, call.token)
    return Response(status_code=204)


@router.put("/me/password", status_code=204, summary="Change your password")
async def change_password(call: Newcomer, body: PasswordChangeIn) -> Response:
    """Your other sessions end. A wrong old password counts like one at the sign-in."""
    if call.actor.person is None:
        raise NoSession
    refused = await commands.change_password(
        call.tx, call.reception, call.actor.person, body.old, body.new, token=call.token, at=call.at
    )
    return problem_response(call.request, refused) if refused else Response(status_code=204)


@router.post(
    "/people/{person_no}/password", status_code=201, response_model=OneTimePasswordOut, summary="Give a password for one sign-in"
)  # fmt: skip
async def give_password(call: Caller, person_no: PersonNo) -> dict[str, str]:
    """It is in the answer and nowhere else, and must be changed at first use. Sessions end, a lock too."""
    call.need(Role.SECURITY)
    return {"password": await commands.give_password(call.tx, call.reception, person_no, at=call.at)}


@router.delete("/people/{person_no}/lock", status_code=204, summary="Unlock a person")
async def unlock(call: Caller, person_no: PersonNo) -> Response:
    """They may try to sign in again, with all attempts anew."""
    call.need(Role.SECURITY)
    await commands.unlock(call.tx, person_no)
    return Response(status_code=204)


@router.delete("/people/{person_no}/sessions", status_code=204, summary="Sign a person out everywhere")
async def sign_out_everywhere(call: Caller, person_no: PersonNo) -> Response:
    """Their sessions end, and the provider's tokens made until now are refused."""
    call.need(Role.SECURITY)
    await commands.sign_out_everywhere(call.tx, person_no, at=call.at)
    return Response(status_code=204)


Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100)]
From = Annotated[Moment | None, Query(alias="from")]


@router.get("/sign-ins", response_model=SignInsOut, summary="Who signed in, and who tried")
async def list_sign_ins(
    call: Caller, request: Request, person: Short | None = None, begins_at: From = None, to: Moment | None = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, the latest first."""
    call.need(Role.AUDITOR)
    wanted = {"person_no": person, "from": begins_at, "to": to}
    rows, last = await commands.list_sign_ins(call.tx, wanted, after=read_cursor(cursor), most=limit)
    return page(request, rows, last)


@router.get("/readings", response_model=ReadingsOut, summary="Who read callers' data, and what for")
async def list_readings(
    call: Caller, request: Request, person: Short | None = None, case_no: Short | None = None,
    begins_at: From = None, to: Moment | None = None, limit: Limit = 50, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, the latest first."""
    call.need(Role.AUDITOR)
    wanted = {"read_by": person, "case_no": case_no, "from": begins_at, "to": to}
    rows, last = await commands.list_readings(call.tx, wanted, after=read_cursor(cursor), most=limit)
    return page(request, rows, last)
