"""The commands for the keys of caller data."""

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.cases.commands import open_desk
from casehub.cases.commands_callers import reseal
from casehub.settings import Settings
from casehub.storage.vault import new_key
from casehub.terminal import fail, progress, run

callers_app = typer.Typer(no_args_is_help=True, help="Keys of the callers' encrypted data.")


@callers_app.command("new-key")
def callers_new_key() -> None:
    """Print a fresh key, for the front of CASEHUB_DATA_KEYS or for the first line of data.keys in the home."""
    typer.echo(new_key())


@callers_app.command("reseal")
def callers_reseal() -> None:
    """Encrypt all caller data under the first key, in batches; then keys behind it may be taken away.

    May be repeated, also while the city is at work. Exits 1 when some data are under a key that is not there.
    """

    async def work(engine: AsyncEngine, settings: Settings) -> tuple[int, int]:
        vault, last, seen, unread = open_desk(engine, settings, opening.home_of(settings)).vault, 0, 0, 0
        with progress() as shown:
            bar = shown.add_task("callers", total=None)
            while True:
                async with engine.begin() as tx:
                    last, count, shut = await reseal(tx, vault, last)
                if not count:
                    return seen, unread
                seen, unread = seen + count, unread + shut
                shown.update(bar, completed=seen)

    seen, unread = run(work)
    typer.echo(f"{seen - unread} callers sealed under the first key")
    if unread:
        raise fail(f"{unread} callers are sealed under a key that is not there")
