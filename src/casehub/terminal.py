"""What the commands of the command line share: settings, the city's database, and how an error is said."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.clock import WallClock
from casehub.errors import Problem
from casehub.settings import Settings
from casehub.storage.embedded import EmbeddedServerError
from casehub.storage.engine import make_engine

T = TypeVar("T")
console = Console()
errors = Console(stderr=True)


def fail(message: object) -> typer.Exit:
    """The end of a command, with its reason in one line."""
    if isinstance(message, Problem) and message.errors and not message.detail:
        message = "; ".join(one.en for one in message.errors)
    errors.print(f"[red]casehub:[/red] {escape(str(message))}", soft_wrap=True, highlight=False)
    return typer.Exit(1)


def read_settings() -> Settings:
    """The settings of the environment."""
    try:
        return Settings()
    except ValueError as error:
        raise fail(error) from None


async def bring_up(engine: AsyncEngine, settings: Settings) -> None:
    """Migrate the embedded database where it needs it; a database of your own is migrated by you."""
    if not await opening.pending(engine, settings.schema_name):
        return
    if settings.database_url:
        raise fail("the database needs `casehub migrate` first")
    await opening.migrate(engine, settings.schema_name)


async def open_city(url: str, settings: Settings, clock: WallClock) -> None:
    """Bring the city up with all that it needs to be at work."""
    engine = make_engine(url, settings.schema_name, pool_size=2)
    try:
        await bring_up(engine, settings)
        await opening.furnish(engine, settings, clock)
    finally:
        await engine.dispose()


def begin_log(settings: Settings) -> None:
    """Log what happens, as the settings say."""
    logging.basicConfig(level=settings.log.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in (
        "transitions",
        "alembic",
        "httpx",
    ):  # every step of every case and migration, every request
        logging.getLogger(chatty).setLevel(logging.WARNING)


def run(work: Callable[[AsyncEngine, Settings], Awaitable[T]]) -> T:
    """Do `work` on the city's database, migrated when it is the embedded one."""
    settings = read_settings()

    async def inside(url: str) -> T:
        engine = make_engine(url, settings.schema_name, pool_size=4)
        try:
            await bring_up(engine, settings)
            return await work(engine, settings)
        finally:
            await engine.dispose()

    try:
        with opening.database(settings) as url:
            return asyncio.run(inside(url))
    except (Problem, EmbeddedServerError, OSError) as error:
        raise fail(error) from None


def progress() -> Progress:
    """How far a long command has come."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
    )
