"""The command that works without serving."""

import asyncio
import signal

from casehub import opening
from casehub.clock import WallClock
from casehub.errors import Problem
from casehub.settings import Settings
from casehub.storage.embedded import EmbeddedServerError
from casehub.terminal import begin_log, fail, open_city, read_settings
from casehub.worker import running


def worker() -> None:
    """Do what runs without a request, until SIGTERM or Ctrl-C: watch the deadlines, deliver to webhooks.

    For beside `casehub serve --no-worker`; any number of workers may run at once. A city on a simulated clock works in
    the process that serves it, and nowhere else.

    Example: `casehub worker`
    """
    settings, clock = read_settings(), WallClock()
    begin_log(settings)
    try:
        with opening.database(settings) as url:
            asyncio.run(_work(url, settings, clock))
    except (Problem, EmbeddedServerError, OSError) as error:
        raise fail(error) from None


async def _work(url: str, settings: Settings, clock: WallClock) -> None:
    told = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    await open_city(url, settings, clock)
    async with running(settings, url, clock):
        await told.wait()
