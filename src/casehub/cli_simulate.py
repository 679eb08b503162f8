"""The command that lives a half-year."""

import gc
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.clock import WallClock
from casehub.exchange import commands as exchange
from casehub.settings import Settings
from casehub.terminal import fail, progress, run


def simulate(
    seed: Annotated[int, typer.Option(help="The same number gives the same city.")] = 1,
    reports: Annotated[int, typer.Option(min=1, help="Reports that come in.")] = 59_259,
    departments: Annotated[int, typer.Option(min=4, max=999, help="Departments, in two levels.")] = 60,
    first: Annotated[str, typer.Option("--from", help="The first day.")] = "2025-01-01",
    last: Annotated[str, typer.Option("--to", help="The day after the last one.")] = "2025-07-01",
    tally: Annotated[Path, typer.Option(help="Where the simulator's own count goes, as JSON.")] = Path("build/tally.json"),
) -> None:  # fmt: skip
    """Live a half-year of an invented city through the real engine, and write beside it what was done, counted by hand.

    It wants a home of its own, or a schema: an empty city. The tally has every base count, in all and by department,
    sub-district, minor category and collector, for each month; the rates of the city must equal it to the last case.

    Examples: `casehub simulate`, `casehub simulate --seed 7 --reports 2000 --tally tally.json`
    """
    # Drawing and tables take their time to load, and no other command wants them.
    from casehub.exchange.commands_simulate import Plan
    from casehub.exchange.commands_simulate import simulate as live

    plan = Plan(seed, reports, departments, _day("--from", first), _day("--to", last))
    if plan.last <= plan.first:
        raise fail("--to must come after --from")
    # As for an import: next to no cycles among very many objects.
    gc.freeze()
    gc.set_threshold(100_000)

    async def work(engine: AsyncEngine, settings: Settings) -> dict[str, Any]:
        if not await exchange.is_furnished(engine):
            await opening.furnish(engine, settings, WallClock())
        with progress() as shown:
            bar = shown.add_task("reports", total=reports)
            home = opening.home_of(settings)
            return await live(engine, settings, home, plan, tell=lambda n: shown.advance(bar, n))

    told = run(work)
    tally.parent.mkdir(parents=True, exist_ok=True)
    tally.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    whole = told["whole"]["total"]
    for name in ("reports", "filed", "self_handled", "handled", "closed_in_period", "open_close"):
        typer.echo(f"{name}: {whole[name]}")
    typer.echo(f"the tally: {tally}")


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fail(f"{option} takes a day such as 2025-01-01, not {text!r}") from None
