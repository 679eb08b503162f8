"""What all tests share: one PostgreSQL, a fresh city in a schema of its own, the application on it, and a real server."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.cast import ADMIN_KEY, START, City, Desk, desk_of, drop, free_port, furnish_cast, make_settings

from casehub import opening
from casehub.clock import SimulatedClock, WallClock
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine


def pytest_configure(config: pytest.Config) -> None:
    # zhconv reads its dictionary once and leaves the closing of the file to Python.
    ignored = "ignore:.*zhcdict.json:pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", ignored)


MakeCity = Callable[..., Awaitable[City]]


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """CASEHUB_TEST_DATABASE_URL, or an embedded server in a home that is thrown away."""
    if url := os.environ.get("CASEHUB_TEST_DATABASE_URL"):
        yield url
        return
    # Not pytest's own temporary folder: that is closed for the system user that runs PostgreSQL under root.
    with tempfile.TemporaryDirectory(prefix="casehub-test-") as home, start_embedded(Path(home)) as server:
        yield server.dsn_url


@pytest.fixture
async def make_city(embedded_url: str) -> AsyncIterator[MakeCity]:
    """Makes fresh cities; all are dropped after the test."""
    made: list[City] = []

    async def make(*, clock: WallClock | None = None, cast: bool = True, **said: object) -> City:
        schema = f"city_{uuid4().hex[:12]}"
        settings, clock = make_settings(schema, **said), clock or WallClock()
        city = City(embedded_url, schema, make_engine(embedded_url, schema, pool_size=4), settings, clock)
        made.append(city)
        await opening.migrate(city.engine, schema)
        await opening.furnish(city.engine, settings, clock)
        if cast:
            city.keys = await furnish_cast(city.engine)
        return city

    yield make
    for city in made:
        await drop(city)


@pytest.fixture
async def city(make_city: MakeCity) -> City:
    """A fresh city with the cast in it."""
    return await make_city()


@pytest.fixture(scope="module")
async def town(embedded_url: str) -> AsyncIterator[City]:
    """A city that the tests of one file share: for those that only add to it and mind only what they added."""
    schema, clock = f"town_{uuid4().hex[:12]}", WallClock()
    shared = City(
        embedded_url, schema, make_engine(embedded_url, schema, pool_size=4), make_settings(schema), clock
    )
    await opening.migrate(shared.engine, schema)
    await opening.furnish(shared.engine, shared.settings, clock)
    shared.keys = await furnish_cast(shared.engine)
    yield shared
    await drop(shared)


@pytest.fixture
async def client(city: City, tmp_path: Path) -> AsyncIterator[Desk]:
    """The application on a fresh city."""
    async with desk_of(city, tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
async def desk(town: City, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """The application on the city that the file shares."""
    async with desk_of(town, tmp_path_factory.mktemp("home")) as shared:
        yield shared


@dataclass
class Served:
    """`casehub serve` as a process of its own."""

    home: Path
    environment: dict[str, str]
    port: int
    log: Path
    engine: AsyncEngine
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *options: str) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "casehub", "serve", "--port", str(self.port), *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - starting takes no time; what is awaited is its answer
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        async with httpx.AsyncClient() as http:
            while self.process.poll() is None:
                with suppress(httpx.TransportError):
                    if (await http.get(f"{self.base}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"casehub serve ended: {self.log.read_text()}")

    def kill(self) -> None:
        """kill -9, of the server and its workers."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(timeout=60)


@pytest.fixture
async def served(embedded_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A server of its own, not started yet: its city lies in a fresh schema, its photos in a home of their own."""
    schema = f"served_{uuid4().hex[:12]}"
    said = {
        "CASEHUB_HOME": str(tmp_path / "home"), "CASEHUB_DATABASE_URL": embedded_url, "CASEHUB_SCHEMA": schema,
        "CASEHUB_ADMIN_KEY": ADMIN_KEY, "CASEHUB_LOG": "warning", "CASEHUB_REGION_CODE": "110101",
    }  # fmt: skip
    engine = make_engine(embedded_url, schema, pool_size=2)
    server = Served(tmp_path / "home", {**os.environ, **said}, free_port(), tmp_path / "log", engine)
    await opening.migrate(engine, schema)
    yield server
    server.stop()
    async with engine.begin() as tx:
        await tx.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    await engine.dispose()


@pytest.fixture
async def replay(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[tuple[City, Desk]]:
    """A city on a simulated clock, and the application on it."""
    city = await make_city(clock=SimulatedClock(START))
    async with desk_of(city, tmp_path) as desk:
        yield city, desk
