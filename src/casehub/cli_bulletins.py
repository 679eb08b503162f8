"""The commands of bulletins."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.commands import define, document, draw, examples, find, publish
from casehub.bulletins.commands_print import Form, print_document
from casehub.bulletins.definition import Definition, parse
from casehub.clock import WallClock
from casehub.errors import Problem
from casehub.settings import Settings
from casehub.terminal import errors, fail, run

bulletin_app = typer.Typer(
    no_args_is_help=True, help="Bulletins (通报): define, draw up, publish and print them."
)
_BY = "cli"
Id = Annotated[int, typer.Argument(help="The number that drawing it up told.", min=1)]


def _busy(what: str) -> Progress:
    shown = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=errors, transient=True)
    shown.add_task(what)
    return shown


@bulletin_app.command("define")
def bulletin_define(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="YAML files; the examples that ship when left out.")
    ] = None,
) -> None:
    """Keep definitions of bulletins, each in the place of the one of its name.

    Examples: `casehub bulletin define`, `casehub bulletin define monthly.yaml weekly.yaml`
    """
    try:
        definitions = _read(paths)
    except (Problem, OSError) as error:
        raise fail(error) from None

    async def work(engine: AsyncEngine, _: Settings) -> None:
        async with engine.begin() as tx:
            for one in definitions:
                await define(tx, one, by=_BY, at=WallClock().now())

    run(work)
    for one in definitions:
        typer.echo(f"{one.bulletin}: {one.title} ({one.rhythm.value})")


def _read(paths: list[Path] | None) -> list[Definition]:
    if paths:
        return [parse(one.read_text(encoding="utf-8"), one.name) for one in paths]
    return examples()


@bulletin_app.command("draw")
def bulletin_draw(
    name: Annotated[str, typer.Argument(help="The name of its definition.")],
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day of the period; the last that is over when left out."),
    ] = None,
) -> None:
    """Draw up the draft of a period, anew where there is one.

    Examples: `casehub bulletin draw monthly`, `casehub bulletin draw monthly --on 2024-05-01`
    """

    async def work(engine: AsyncEngine, _: Settings) -> Bulletin:
        with _busy(f"counting {name}"):
            async with engine.begin() as tx:
                return await draw(tx, name, on.date() if on else None, by=_BY, at=WallClock().now())

    _tell(run(work))


@bulletin_app.command("publish")
def bulletin_publish(bulletin_id: Id) -> None:
    """Publish a draft: it stays as it is, and webhooks hear of it.

    Example: `casehub bulletin publish 12`
    """

    async def work(engine: AsyncEngine, _: Settings) -> Bulletin:
        async with engine.begin() as tx:
            return await publish(tx, bulletin_id, by=_BY, at=WallClock().now())

    _tell(run(work))


@bulletin_app.command("print")
def bulletin_print(
    bulletin_id: Id,
    path: Annotated[Path, typer.Argument(help="The file to write: .pdf, .docx or .xlsx.")],
    english: Annotated[bool, typer.Option("--english", help="In English instead of Chinese.")] = False,
) -> None:
    """Print a bulletin into a file.

    Examples: `casehub bulletin print 12 may.pdf`, `casehub bulletin print 12 may.xlsx --english`
    """
    form = path.suffix.removeprefix(".").lower()
    if form not in {*Form}:
        raise fail(f"{path.name}: a bulletin is printed as .pdf, .docx or .xlsx; give the file one of these endings")  # fmt: skip

    async def work(engine: AsyncEngine, _: Settings) -> bytes:
        async with engine.begin() as tx:
            bulletin = await find(tx, bulletin_id, drafts=True)
            paper = await document(tx, bulletin, "en" if english else "zh")
        with _busy(f"printing {path.name}"):
            return await print_document(paper, Form(form))

    printed = run(work)
    path.write_bytes(printed)
    typer.echo(f"{path}: {len(printed):,} bytes")


def _tell(bulletin: Bulletin) -> None:
    number = f", no. {bulletin.number} of {bulletin.year}" if bulletin.number else ""
    typer.echo(
        f"bulletin {bulletin.bulletin_id}: {bulletin.bulletin}, {bulletin.first} to before {bulletin.end}, "
        f"{bulletin.state}{number}, digest {bulletin.digest[:12]}"
    )
