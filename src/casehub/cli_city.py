"""The commands of a city's reference data."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.clock import WallClock
from casehub.exchange import commands as exchange
from casehub.exchange.city import CityLoad
from casehub.settings import Settings
from casehub.terminal import fail, progress, run

city_app = typer.Typer(
    no_args_is_help=True, help="Areas, departments, people, posts, shifts, duty list, components and permits."
)


@city_app.command("load")
def load(
    folder: Annotated[Path, typer.Argument(help="A folder of files.", exists=True, file_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be added or changed, line by line.")
    ] = False,
) -> None:
    """Load a city's reference data, all of it or nothing. May be repeated: a second time changes nothing.

    Any of these, as .csv (UTF-8) or .xlsx, and `areas.geojson` with the polygons in CGCS2000 degrees:

    - areas: area_code, name, kind, parent_code, time_class, groups
    - departments: department_code, name, kind, parent_code
    - people: person_no, name, department_code, active
    - posts: person_no, role, area_code, department_code, valid_from, valid_to
    - shifts: person_no, area_code, begins_at, ends_at, standing
    - duty: department, scheme, kind, major, code, area, owner, co_departments, basis, auto, valid_from, valid_to
    - components: component_code, scheme, category, lon, lat, owner_unit, care_unit, state, origin
    - permits: permit_code, holder, note, scheme, categories, area_code or lon, lat and radius_metres, valid_from,
      valid_to, hours
    - chiefs: area_code, duty, person_no, valid_from, valid_to

    Several codes in a cell are parted by `;`. A column that a file lacks leaves what the city has. Nothing is deleted,
    but that the people whom `posts` names have its posts and no others, and that `duty` is the whole duty list.

    Examples: `casehub city load mycity --dry-run`, `casehub city load mycity`, and for a province, a schema each:
    `for one in */; do export CASEHUB_SCHEMA=city_${one%/}; casehub migrate; casehub city load $one; done`
    """

    async def work(engine: AsyncEngine, settings: Settings) -> CityLoad:
        if not await exchange.is_furnished(engine):
            await opening.furnish(engine, settings, WallClock())
        with progress() as shown:
            bar = shown.add_task(folder.name, total=None)
            async with engine.connect() as tx, tx.begin() as all_or_nothing:
                told = typer.echo if dry_run else lambda _: None
                loaded = CityLoad(
                    tx, folder, at=WallClock().now(), tell=told, advance=lambda n: shown.advance(bar, n)
                )
                await loaded.run()
                if loaded.faults or dry_run:
                    await all_or_nothing.rollback()
        return loaded

    _tell(run(work), folder)
    if dry_run:
        typer.echo("dry run: nothing was written")


def _tell(loaded: CityLoad, folder: Path) -> None:
    for fault in loaded.faults:
        typer.echo(str(fault), err=True)
    if loaded.faults:
        raise fail(f"{len(loaded.faults)} faults in {folder}: nothing was changed")
    for name, tally in loaded.tallies.items():
        typer.echo(f"{name}: {tally}")
