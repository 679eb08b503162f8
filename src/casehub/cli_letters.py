"""The commands of letters: the ladder as a file."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.clock import WallClock
from casehub.letters import commands as letters
from casehub.letters.problems import LadderInvalid
from casehub.settings import Settings
from casehub.terminal import fail, run

letters_app = typer.Typer(no_args_is_help=True, help="Letters (督办): the ladder of a city.")


@letters_app.command("ladder")
def ladder() -> None:
    """Print the ladder in force: agencies, steps, and what each letter says.

    Example: `casehub letters ladder > ladder.yaml`
    """

    async def work(engine: AsyncEngine, settings: Settings) -> str:
        await opening.furnish(engine, settings, WallClock())
        async with engine.begin() as tx:
            return str((await letters.read_ladder(tx))["content"])

    typer.echo(run(work), nl=False)


@letters_app.command("load")
def load(
    file: Annotated[
        Path,
        typer.Argument(
            help="A YAML file, as `casehub letters ladder` prints it.", exists=True, dir_okay=False
        ),
    ],
) -> None:
    """Load a ladder, all of it or nothing; every mistake is said with its line. Letters already drafted stay as they are.

    Example: `casehub letters load ladder.yaml`
    """
    content = file.read_text(encoding="utf-8")

    async def work(engine: AsyncEngine, settings: Settings) -> int:
        await opening.furnish(engine, settings, WallClock())
        try:
            async with engine.begin() as tx:
                return int(
                    (await letters.load_ladder(tx, content, by="cli", at=WallClock().now()))["version"]
                )
        except LadderInvalid as problem:
            for one in problem.errors:
                typer.echo(one.en.replace("ladder.yaml", str(file), 1), err=True)
            raise fail(f"{len(problem.errors)} mistakes in {file}: nothing was changed") from None

    typer.echo(f"ladder {run(work)} is in force")
