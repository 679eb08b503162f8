"""The commands of filing conditions and their limits."""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.catalogue import commands as catalogue
from casehub.catalogue.conditions import Changes, FilingCondition
from casehub.catalogue.limits import tell_cell
from casehub.catalogue.problems import LimitTableInvalid
from casehub.catalogue.sheets import COLUMNS, table_row, tell_changes
from casehub.clock import WallClock
from casehub.exchange import commands as exchange
from casehub.settings import Settings
from casehub.terminal import console, fail, run

limits_app = typer.Typer(no_args_is_help=True, help="Filing conditions and their limits.")


@limits_app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file.", exists=True, dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change, line by line.")
    ] = False,
) -> None:
    """Load a limit table, all of it or nothing. May be repeated: a second time changes nothing.

    Columns: scheme, kind, code, condition, description, time_class (`-` where areas make no difference), limit; also
    closing_condition and source. A limit is an amount and a unit, or steps: `stop 4 work_hour; demolish 20 work_day`.
    Each category that the file names gets the conditions it says and no others; other categories stay.

    Examples: `casehub limits load limits.xlsx --dry-run`, `casehub limits load limits.csv`
    """

    async def work(engine: AsyncEngine, settings: Settings) -> Changes:
        numbered = ((line, table_row(cells)) for line, cells in exchange.read_rows(file, COLUMNS))
        there = [(line, row) for line, row in numbered if row is not None]
        rows = [row for _, row in there]
        if not await exchange.is_furnished(engine):
            await opening.furnish(engine, settings, WallClock())
        try:
            async with engine.begin() as tx:
                return await catalogue.set_limits(tx, rows, dry_run=dry_run)
        except LimitTableInvalid as problem:
            for place, one in problem.faults:
                typer.echo(f"{file}:{there[place][0]}: {one.field}: {one.en}", err=True)
            raise fail(
                f"{len(problem.faults)} faults in {len(rows)} rows of {file}: nothing was changed"
            ) from None

    changes = run(work)
    if dry_run:
        for line in tell_changes(changes):
            typer.echo(line)
    typer.echo(
        f"filing conditions: {len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} taken away,"
        f" {changes.same} as they were{' (dry run: nothing was written)' if dry_run else ''}"
    )


@limits_app.command("show")
def show(
    scheme: Annotated[str | None, typer.Option(help="Only this scheme of codes.")] = None,
    code: Annotated[str | None, typer.Option(help="Only this code.")] = None,
) -> None:
    """Print filing conditions with their limits in every time class, and the set they were taken from.

    Example: `casehub limits show --scheme gbt30428_2_2013 --code 0101`
    """

    async def work(engine: AsyncEngine, _: Settings) -> tuple[list[FilingCondition], dict[int, str]]:
        async with engine.begin() as tx:
            found = await catalogue.list_limits(tx, scheme, code)
            named = await catalogue.list_categories(tx, scheme)
        return found, {one["category_id"]: one["name"] for one in named}

    found, names = run(work)
    for said, conditions in groupby(found, lambda one: one.scheme):
        table = Table(
            "kind", "code", "name", "condition", "description", "class", Column("limit", no_wrap=True), "source",
            title=said, title_justify="left",
        )  # fmt: skip
        for one in conditions:
            for time_class, steps in one.limits.items():
                table.add_row(
                    one.kind, one.code, escape(names[one.category_id]), one.condition, escape(one.description),
                    time_class, tell_cell(steps).replace("; ", "\n"), escape(one.source or ""),
                )  # fmt: skip
        console.print(table)
    typer.echo(f"{len(found)} filing conditions")
