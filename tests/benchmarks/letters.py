"""How fast letters are drafted and printed, one process; and how long the ladder takes over a night's overdue tasks.

.venv/bin/python tests/benchmarks/letters.py [--letters 1000] [--overdue 50000]
"""

import argparse
import asyncio
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import asyncpg
import psutil
from alerts import copy
from homes import own_home
from rich.console import Console
from tests.cast import City, desk_of, furnish_cast, make_settings

from casehub import opening
from casehub.clock import WallClock
from casehub.deadlines.calendar import USUAL
from casehub.deadlines.calendar import opening as opening_hour
from casehub.letters.commands import Asked, draft_letter
from casehub.letters.commands_paper import Paper, Parts, print_letter, read_parts
from casehub.letters.commands_watch import climb
from casehub.letters.flow import Letter
from casehub.people.actors import Actor, Role, posts_of
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine
from casehub.worker import LETTERS

#: (name, figure, unit, goal)
Row = tuple[str, float, str, float | None]
EVALUATOR = Actor("e1", posts_of({Role.EVALUATOR}), "e1")
FIRST = 10**9


async def draft_all(city: City, letters: int) -> tuple[float, list[Parts]]:
    """Letters a second, each about three cases, and all that is needed to print them."""
    made: list[Letter] = []
    begin = time.perf_counter()
    for number in range(letters):
        named = tuple(f"W{FIRST + 3 * number + place}" for place in (1, 2, 3))
        async with city.engine.begin() as tx:
            made.append(
                await draft_letter(tx, Asked("supervision_letter", named), by=EVALUATOR, at=city.clock.now())
            )
    spent = time.perf_counter() - begin
    async with city.engine.begin() as tx:
        return letters / spent, [await read_parts(tx, one) for one in made]


def print_all(parts: list[Parts], paper: Paper, home: Path) -> float:
    """Documents a second."""
    begin = time.perf_counter()
    for one in parts:
        assert print_letter(one, paper, home.joinpath)
    return len(parts) / (time.perf_counter() - begin)


def opening_of(at: datetime) -> datetime:
    """When the city next works: nobody is warned at night."""
    return opening_hour(USUAL, at) + timedelta(minutes=1)


async def climb_all(city: City) -> tuple[float, int]:
    """Seconds until nothing is due by the ladder, and how many letters that made."""
    made, at = 0, opening_of(city.clock.now() + timedelta(days=1))
    begin, rung = time.perf_counter(), 0
    while rung is not None:
        async with city.engine.begin() as tx:
            begun, rung = await climb(tx, at, most=LETTERS, rung=rung)
        made += begun
    return time.perf_counter() - begin, made


async def measure(url: str, home: Path, letters: int, overdue: int) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    city = City(
        url, "casehub", make_engine(url, "casehub", pool_size=2), make_settings("casehub"), WallClock()
    )
    await opening.migrate(city.engine, "casehub")
    await opening.furnish(city.engine, city.settings, city.clock)
    city.keys = await furnish_cast(city.engine)
    async with desk_of(city, home) as desk:
        seed = await desk.case_in("handling")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await copy(connection, seed, max(3 * letters, overdue), FIRST, closed=False)
    await connection.execute("ANALYZE", timeout=3600)
    drafted, parts = await draft_all(city, letters)
    rows: list[Row] = [("letters drafted, three cases each", drafted, "/s", None)]
    rows += [
        (f"letters printed as {one}", print_all(parts, one, home), "/s", 20)
        for one in (Paper.PDF, Paper.DOCX)
    ]
    rows.append(("memory after printing", psutil.Process().memory_info().rss / 2**20, "MB", None))
    late = "SET due_at = due_at - interval '20 days', yellow_at = yellow_at - interval '20 days' WHERE case_id > 10"
    for table in ("cases", "tasks"):
        await connection.execute(f"UPDATE casehub.{table} {late}", timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    spent, made = await climb_all(city)
    rows.append((f"a pass over {overdue:,} overdue tasks, {made:,} letters", spent, "s", 60))
    rows.append(("a pass that finds nothing new", (await climb_all(city))[0], "s", None))
    await connection.close()
    await city.engine.dispose()
    return rows


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--overdue", type=int, default=50_000)
    options = parser.parse_args()
    with own_home() as home, start_embedded(home) as database:
        for name, figure, unit, goal in asyncio.run(
            measure(database.dsn_url, home, options.letters, options.overdue)
        ):
            Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}")


if __name__ == "__main__":
    main()
