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
from casehub.people.commands import authenticate, need
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import Kept, once
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
    actor: Actor
    at: datetime
    kept: Kept | None  # what was answered to its Idempotency-Key before

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
        return await once(self.tx, self.request, self.actor.key_id, self.at, self.kept, make)


_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


async def open_call(request: Request) -> AsyncIterator[Call]:
    """Who calls, and when; one transaction, rolled back when the route raises.

    Headers are read from the request itself: declared as parameters they cost a tenth of a report. Raises KeyMissing,
    KeyUnknown, ClockRefused.
    """
    engine: AsyncEngine = request.app.state.engine
    headers = request.headers
    async with engine.begin() as tx:
        actor, kept = await authenticate(tx, headers.get("authorization"), headers.get("idempotency-key"))
        yield Call(request, tx, actor, _now(request.app.state.clock, headers.get("casehub-time")), kept)


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
Caller = Annotated[Call, Depends(open_call, scope="function")]
