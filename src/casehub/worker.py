"""What runs without a request: named loops, each at its own pace, until it is told to stop.

Any number of workers may run at once, in the processes of `casehub serve` or alone: what one has taken in hand, the
others pass by.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.bulletins.commands import draw_due, due_definitions
from casehub.campaigns.commands_reports import keep_up as keep_up_campaign
from casehub.campaigns.commands_reports import next_running
from casehub.cases.commands_watch import StrikeFailed, strike_due
from casehub.clock import WallClock
from casehub.events.relay import Relay
from casehub.letters.commands_watch import climb
from casehub.rates.commands import keep_up
from casehub.settings import Settings
from casehub.storage.engine import make_engine

logger = logging.getLogger("casehub")

#: Database connections of a worker; it holds none while it waits for somebody else.
CONNECTIONS = 4
#: Clocks that strike in one transaction; whoever acts on one of their cases meanwhile waits for it.
STRIKES = 200
#: Letters of one transaction: to find out which are due costs as much for few as for many.
LETTERS = 1000
#: When the watch comes back to a case whose rules raised.
AGAIN = timedelta(minutes=1)
#: A loop that fails again and again waits up to 64 times as long as one that has nothing to do.
MOST_DOUBLINGS = 6


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Loop:
    """Something done again and again: at once when `step` says that there may be more, else after a while.

    `close` ends what steps began and left running.
    """

    name: str
    step: Callable[[], Awaitable[bool]]
    idle_seconds: float
    close: Callable[[], Awaitable[None]] = _nothing


class Watch:
    """Lets the clocks strike that are due: alerts are told, suspensions end."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock
        self._skipped: dict[int, datetime] = {}

    async def step(self) -> bool:
        """One batch, the earliest first; whether there may be more. A case whose rules raise is tried again later."""
        at = self._clock.now()
        self._skipped = {case_id: until for case_id, until in self._skipped.items() if until > at}
        try:
            async with self._engine.begin() as tx:
                return await strike_due(tx, at, most=STRIKES, skipped=self._skipped) > 0
        except StrikeFailed as failed:
            logger.exception("the watch passes over a case")
            self._skipped[failed.case_id] = at + AGAIN
            return True


class Pressing:
    """Climbs the ladder of letters: warnings and reminders go out, official letters are drafted."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock
        self._rung = 0

    async def step(self) -> bool:
        """One batch; whether the pass over the whole ladder goes on."""
        async with self._engine.begin() as tx:
            climbed = await climb(tx, self._clock.now(), most=LETTERS, rung=self._rung)
        self._rung = climbed.rung or 0
        return climbed.rung is not None


class Counting:
    """Keeps the sums that rates are answered from up with what happened."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock

    async def step(self) -> bool:
        """One batch of cases that changed, or some days that are over; whether there may be more."""
        async with self._engine.begin() as tx:
            return await keep_up(tx, self._clock.now())


class Drafting:
    """Draws up the bulletins whose period is over."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock
        self._skipped: dict[str, datetime] = {}

    async def step(self) -> bool:
        """Whatever is due, each in a transaction of its own; one that can't be drawn up is tried again later."""
        at = self._clock.now()
        async with self._engine.begin() as tx:
            due = await due_definitions(tx, at)
        for name in due:
            if self._skipped.get(name, at) > at:
                continue
            try:
                async with self._engine.begin() as tx:
                    await draw_due(tx, name, at)
            except Exception:
                logger.exception("bulletin %s can't be drawn up", name)
                self._skipped[name] = at + AGAIN
        return False


class Campaigning:
    """Keeps the figures of running campaigns ready, and makes their reports when a day, week or month is over."""

    def __init__(self, engine: AsyncEngine, clock: WallClock) -> None:
        self._engine, self._clock = engine, clock
        self._last = 0

    async def step(self) -> bool:
        """The next campaign; whether this round has more. One that fails holds up none: the next step is the next one's."""
        async with self._engine.begin() as tx:
            found = await next_running(tx, self._last)
            self._last = found or 0
            if found is not None:
                await keep_up_campaign(tx, found, self._clock.now())
        return found is not None


def loops_of(engine: AsyncEngine, clock: WallClock) -> list[Loop]:
    """Every loop of casehub."""
    relay, watch, counting = Relay(engine, clock), Watch(engine, clock), Counting(engine, clock)
    campaigning = Campaigning(engine, clock)
    return [
        Loop("relay", relay.step, idle_seconds=0.5, close=relay.close),
        Loop("watch", watch.step, idle_seconds=1),
        Loop("letters", Pressing(engine, clock).step, idle_seconds=60),
        Loop("rates", counting.step, idle_seconds=1),
        Loop("bulletins", Drafting(engine, clock).step, idle_seconds=30),
        Loop("campaigns", campaigning.step, idle_seconds=5),
    ]


class Worker:
    """Runs loops side by side."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until `stop`; the steps under way are finished first."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(self._turn(loop))

    def stop(self) -> None:
        """Begin no other step."""
        self._stopping.set()

    async def _turn(self, loop: Loop) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                more, failures = await loop.step(), 0
            except Exception:
                more, failures = False, failures + 1
                logger.exception("%s failed, %d times in a row", loop.name, failures)
            if not more:
                await self._rest(loop.idle_seconds * 2 ** min(failures, MOST_DOUBLINGS))
        await loop.close()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


@asynccontextmanager
async def running(settings: Settings, url: str, clock: WallClock) -> AsyncIterator[None]:
    """A worker of this city runs meanwhile, on connections of its own."""
    engine = make_engine(url, settings.schema_name, pool_size=CONNECTIONS)
    worker = Worker(loops_of(engine, clock))
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task
        await engine.dispose()
