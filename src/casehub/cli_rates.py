"""The commands for the sums that rates are answered from."""

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.clock import WallClock
from casehub.rates.commands import count_cases, rebuild, verify
from casehub.settings import Settings
from casehub.terminal import fail, progress, run

rates_app = typer.Typer(no_args_is_help=True, help="The sums that rates are answered from.")
#: Differences that are printed; more are only counted.
SHOWN = 20


@rates_app.command("rebuild")
def rates_rebuild() -> None:
    """Make all sums again, from the events of every case.

    Nothing is lost by it: the events are what counts. Answers stay as they are until it is done.

    Example: `casehub rates rebuild`
    """

    async def work(engine: AsyncEngine, _: Settings) -> int:
        with progress() as shown:
            async with engine.begin() as tx:
                total = await count_cases(tx)
                bar = shown.add_task("cases", total=total)
                await rebuild(tx, WallClock().now(), lambda done: shown.advance(bar, done))
        return total

    typer.echo(f"the sums of {run(work)} cases are made again")


@rates_app.command("verify")
def rates_verify() -> None:
    """Compare all sums with what the events of every case say. Exits 1 on any difference.

    Example: `casehub rates verify`
    """

    async def work(engine: AsyncEngine, _: Settings) -> tuple[int, list[str]]:
        with progress() as shown:
            async with engine.begin() as tx:
                total = await count_cases(tx)
                bar = shown.add_task("cases", total=total)
                found = await verify(tx, lambda done: shown.advance(bar, done))
        return total, [f"{one.where}: kept {one.kept}, true {one.true}" for one in found]

    total, found = run(work)
    for line in found[:SHOWN]:
        typer.echo(line)
    if found:
        raise fail(f"{len(found)} differences in {total} cases; casehub rates rebuild makes them again")
    typer.echo(f"{total} cases: the sums are what their events say")
