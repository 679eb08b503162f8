"""Sends what must leave: a lane for each webhook, so that a slow receiver holds up only itself."""

import asyncio
import logging
from datetime import timedelta
from secrets import SystemRandom

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import __version__
from casehub.clock import WallClock
from casehub.events import store
from casehub.events.messages import Notice, Told, content_of, headers_of
from casehub.events.retries import Outcome, next_try

logger = logging.getLogger("casehub")

#: A receiver that has not answered in full by then has not answered.
PATIENCE_SECONDS = 10
#: For so long what a worker took is left to it; longer than sending and settling take.
LEASE = timedelta(seconds=30)
#: The answer is read so far that the connection can be used again, if it is a short one.
READ_BYTES = 65_536
_CHANCE = SystemRandom()
_MACHINE = WallClock()


class Relay:
    """The deliveries of one process. Any number of processes may deliver at once."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock
        # No limit of connections: a lane has at most one for each delivery it claimed, and none waits for another's.
        self._http = httpx.AsyncClient(
            timeout=None, limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),  # noqa: S113 - see _send
            headers={"User-Agent": f"casehub/{__version__}"},
        )  # fmt: skip
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._outcomes: list[Outcome] = []
        self._settling = asyncio.Lock()
        self._closing = False

    async def step(self) -> bool:
        """Give a lane to each webhook that something is due for. Raises what ended a lane."""
        ended = [webhook_id for webhook_id, lane in self._lanes.items() if lane.done()]
        lanes = [self._lanes.pop(webhook_id) for webhook_id in ended]
        async with self._engine.begin() as tx:
            due = await store.read_webhooks_with_due(tx, self._clock.now())
        for webhook_id in set(due) - set(self._lanes):
            self._lanes[webhook_id] = asyncio.create_task(self._empty(webhook_id))
        for lane in lanes:
            lane.result()
        return False

    async def close(self) -> None:
        """End, after the deliveries under way."""
        self._closing = True
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        await self._http.aclose()

    async def _empty(self, webhook_id: int) -> None:
        while not self._closing and await self._round(webhook_id):
            pass

    async def _round(self, webhook_id: int) -> bool:
        """Claim a few deliveries and send them side by side; False when nothing was due."""
        at = self._clock.now()
        async with self._engine.begin() as tx:
            receiver = await store.read_receiver(tx, webhook_id)
            due = await store.read_due(tx, webhook_id, at) if receiver else []
            if receiver is None or not due:
                return False
            turns = await store.write_claims(tx, webhook_id, due, at + LEASE)
            told = await store.read_told(tx, [*turns])
        sending = (
            self._deliver((webhook_id, *place), receiver, told[place], turn) for place, turn in turns.items()
        )
        for outcome in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return True

    async def _deliver(
        self, place: tuple[int, int, int], receiver: tuple[str, str], told: Told | Notice, attempt: int
    ) -> None:
        error = await self._send(*receiver, told)
        later = next_try(attempt, self._clock.now(), _CHANCE.random()) if error else None
        self._outcomes.append(Outcome(*place, attempt, error, later))
        await self._settle()
        if error:
            level = logging.INFO if later else logging.WARNING
            logger.log(
                level, "webhook %d: case_id %d, event %d (message %s), attempt %d: %s",
                *place, told.message_id, attempt, error,
            )  # fmt: skip

    async def _settle(self) -> None:
        """Write what is known by now; what becomes known meanwhile is written together, by whoever comes next."""
        async with self._settling:
            outcomes, self._outcomes = self._outcomes, []
            if outcomes:
                async with self._engine.begin() as tx:
                    await store.write_outcomes(tx, outcomes, self._clock.now())

    async def _send(self, url: str, secret: str, told: Told | Notice) -> str | None:
        """Why it did not arrive; None when it did. Signed by the machine's time, which the receiver compares with its own."""
        try:
            content = content_of(told)
            headers = headers_of(told, content, secret, _MACHINE.now())
            async with (
                asyncio.timeout(PATIENCE_SECONDS),
                self._http.stream("POST", url, content=content, headers=headers) as answer,
            ):
                await _read_some(answer)
        except TimeoutError:
            return f"no answer within {PATIENCE_SECONDS} seconds"
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, it is told in its row and the others go on
            return f"{type(error).__name__}: {error}"[:500]
        if answer.is_redirect:
            return f"answered {answer.status_code}: redirects are refused, name the final address"
        return None if answer.is_success else f"answered {answer.status_code}"


async def _read_some(answer: httpx.Response) -> None:
    """Read the answer and forget it. Not unpacked: it may unpack to anything."""
    count = 0
    async for part in answer.aiter_raw():
        count += len(part)
        if count > READ_BYTES:
            return
