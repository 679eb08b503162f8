"""What routes ask for: the call, that is who calls, when, and the open transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from casehub.clock import SimulatedClock
from casehub.errors import Problem
from casehub.people.actors import Actor, Role, Scope, scope_of
from casehub.people.commands import authenticate, need
from casehub.storage.transaction import OpenTx, Tx
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
    actor: Actor
    at: datetime

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
        return await once(self.tx, self.request, self.actor.key_id, self.at, make)


async def open_call(
    request: Request,
    tx: OpenTx,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    casehub_time: Annotated[Moment | None, Header(include_in_schema=False)] = None,
) -> Call:
    """Who calls, and when. Raises KeyMissing, KeyUnknown, ClockRefused."""
    actor = await authenticate(tx, authorization)
    clock = request.app.state.clock
    if casehub_time is not None:
        moved = isinstance(clock, SimulatedClock) and clock.advance_to(casehub_time)
        if not moved:
            raise ClockRefused
    return Call(request, tx, actor, clock.now())


Caller = Annotated[Call, Depends(open_call, scope="function")]
