"""How fast webhooks are served: deliveries a second to a local sink that fails every tenth, and whether all arrive.

.venv/bin/python tests/benchmarks/deliveries.py [--messages 5000]
"""

import argparse
import asyncio
import os
import random
import sys
import time
from pathlib import Path

from homes import own_home
from rich.console import Console
from sqlalchemy import text

from casehub import opening
from casehub.cases.commands import open_desk, report_cases
from casehub.cases.reports import Report
from casehub.clock import WallClock
from casehub.events.commands import make_webhook
from casehub.people.actors import SYSTEM
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

BATCH = 500
#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]


class Sink:
    """Takes messages on loopback, and answers every tenth, at random, with 503."""

    def __init__(self, messages: int) -> None:
        self.arrived: set[str] = set()
        self.attempts, self.began_at = 0, 0.0
        self.most = asyncio.Event()  # all are here that did not fail at first
        self.all = asyncio.Event()
        self._messages, self._chance = messages, random.Random(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        while head := await self._head(reader):
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
            named = {name.lower(): value for name, value in headers.items()}
            await reader.readexactly(int(named["content-length"]))
            writer.write(self._answer(named["webhook-id"]))
        writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    def _answer(self, message: str) -> bytes:
        self.began_at = self.began_at or time.perf_counter()
        self.attempts += 1
        failed = self._chance.random() < 0.1
        if not failed:
            self.arrived.add(message)
        if self.attempts >= self._messages:
            self.most.set()
        if len(self.arrived) == self._messages:
            self.all.set()
        status = b"503 Service Unavailable" if failed else b"204 No Content"
        return b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"


async def measure(url: str, home: Path, messages: int) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    sink = Sink(messages)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await _events(url, home, f"http://127.0.0.1:{port}/", messages)
    said = {"CASEHUB_DATABASE_URL": url, "CASEHUB_LOG": "error", "CASEHUB_HOME": str(home)}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "casehub", "worker", env={**os.environ, **said}
    )
    await asyncio.wait_for(sink.most.wait(), 300)
    rate = messages / (time.perf_counter() - sink.began_at)
    await asyncio.wait_for(sink.all.wait(), 300)
    await asyncio.sleep(1)
    worker.terminate()
    await worker.wait()
    server.close()
    engine = make_engine(url, "casehub", pool_size=1)
    async with engine.begin() as tx:
        kept = await tx.execute(text("SELECT count(*) FROM deliveries WHERE delivered_at IS NOT NULL"))
        delivered = kept.scalar_one()
    await engine.dispose()
    assert delivered == messages == len(sink.arrived), (delivered, len(sink.arrived))
    again = (sink.attempts - messages) / messages
    return [
        ("webhook attempts, one process, a tenth failing", rate, "/s", 500, None),
        ("  sent again, all arrived", again * 100, "%", None, None),
    ]


async def _events(url: str, home: Path, sink: str, messages: int) -> None:
    settings, clock = Settings(home=home), WallClock()
    engine, numbering = (make_engine(url, "casehub", pool_size=2) for _ in range(2))
    await opening.migrate(engine, "casehub")
    await opening.furnish(engine, settings, clock)
    desk, at = open_desk(numbering, settings, opening.home_of(settings)), clock.now()
    async with engine.begin() as tx:
        said = {"url": sink, "actions": None, "area_code": None, "department_code": None, "active": True}
        await make_webhook(tx, said, by="bench", at=at)
    for _ in range(messages // BATCH):
        async with engine.begin() as tx:
            reports = [Report("event", "0102", "leader", "路口有暴露垃圾", address="长安街")] * BATCH
            await report_cases(tx, reports, by=SYSTEM, at=at, desk=desk)
    await engine.dispose()
    await numbering.dispose()


def rows(messages: int) -> list[Row]:
    """The rows of this benchmark, on a home of its own."""
    with own_home() as home, start_embedded(home) as database:
        return asyncio.run(measure(database.dsn_url, home, messages))


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5000)
    for name, figure, unit, goal, _ in rows(parser.parse_args().messages):
        Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}")


if __name__ == "__main__":
    main()
