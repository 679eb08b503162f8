"""What routes ask for: the call, that is who calls, when, and the open transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.clock import SimulatedClock, WallClock
from casehub.errors import Problem
from casehub.people.actors import Actor, Role, Scope, scope_of
from casehub.people.commands import Admitted, authenticate, need, token_in
from casehub.people.commands_sign_in import Reception
from casehub.people.problems import PasswordMustChange
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import once
from casehub.wire.problems import prefers_chinese
from casehub.wire.text import Moment


class ClockRefused(Problem):
    """Casehub-Time moves only the clock of a city made for replay, and only forward"""

    type, status, zh = "clock-refused", 409, "Casehub-Time 仅用于仿真城市，且只能向前"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its transaction, its caller, its time."""

    request: Request
    tx: Tx
    admitted: Admitted
    at: datetime

    @property
    def actor(self) -> Actor:
        """Who calls, with the posts they hold now."""
        return self.admitted.actor

    @property
    def token(self) -> str:
        """The key or token that they came with."""
        return token_in(self.request.headers.get("authorization"))

    @property
    def reception(self) -> Reception:
        """What signing in needs."""
        return reception_of(self.request)

    @property
    def scope(self) -> Scope:
        """Whose cases the caller may see."""
        return scope_of(self.actor)

    @property
    def zh(self) -> bool:
        """Does the caller read Chinese?"""
        return prefers_chinese(self.request.headers.get("accept-language", ""))

    def need(self, *roles: Role) -> None:
        """Raises WrongRole unless the caller has one of the roles."""
        need(self.actor, *roles)

    async def once(self, make: Callable[[], Awaitable[Response]]) -> Response:
        """Answer once for each Idempotency-Key."""
        return await once(self.tx, self.request, self.actor.key_id, self.at, self.admitted.kept, make)


_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def reception_of(request: Request) -> Reception:
    """What signing in needs."""
    found: Reception = request.app.state.reception
    return found


async def open_call(request: Request) -> AsyncIterator[Call]:
    """Who calls, and when; one transaction, rolled back when the route raises.

    Headers are read from the request itself: declared as parameters they cost a tenth of a report. The provider is
    asked before the transaction begins. Raises KeyMissing, KeyUnknown, TokenRefused, IssuerUnreachable, ClockRefused.
    """
    engine: AsyncEngine = request.app.state.engine
    clock: WallClock = request.app.state.clock
    headers, issuer = request.headers, reception_of(request).issuer
    token = token_in(headers.get("authorization"))
    bearer = await issuer.bearer_of(token, clock.now()) if issuer and token.count(".") == 2 else None  # noqa: PLR2004 - the form of a JWT
    async with engine.begin() as tx:
        admitted = await authenticate(
            tx, token, headers.get("idempotency-key"), at=clock.now(), bearer=bearer
        )
        yield Call(request, tx, admitted, _now(clock, headers.get("casehub-time")))


def _now(clock: WallClock, moved_to: str | None) -> datetime:
    if moved_to is not None:
        try:
            to = _MOMENT.validate_python(moved_to)
        except ValidationError as error:
            raise RequestValidationError(
                [{**one, "loc": ("header", "casehub-time")} for one in error.errors()]
            ) from None
        if not (isinstance(clock, SimulatedClock) and clock.advance_to(to)):
            raise ClockRefused
    return clock.now()


# scope="function" commits before the answer is sent: with the default, a commit that fails comes after a 201.
#: A caller, also one whose password was for one sign-in.
Newcomer = Annotated[Call, Depends(open_call, scope="function")]


async def settled(call: Newcomer) -> Call:
    """A caller with a password of their own. Raises PasswordMustChange."""
    if call.admitted.must_change_password:
        raise PasswordMustChange
    return call


Caller = Annotated[Call, Depends(settled)]


@dataclass(frozen=True, slots=True)
class Door:
    """Somebody without a key or token: a transaction, and where they come from."""

    tx: Tx
    reception: Reception
    address: str | None
    at: datetime


async def open_door(request: Request) -> AsyncIterator[Door]:
    """For a stranger; the line forms before the database, so that many at once leave the others their connections."""
    reception, engine = reception_of(request), request.app.state.engine
    address = request.client.host if request.client else None
    async with reception.comparing, engine.begin() as tx:
        yield Door(tx, reception, address, request.app.state.clock.now())


AtTheDoor = Annotated[Door, Depends(open_door, scope="function")]
