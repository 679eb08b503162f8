"""How fast the watch is: alerts a second with one worker and two, beside a plain UPDATE; and what an idle look costs.

.venv/bin/python tests/benchmarks/alerts.py [--tasks 100000] [--closed 1000000]
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import asyncpg
from homes import own_home
from rich.console import Console

from casehub import opening
from casehub.cases.commands import open_desk, report_case
from casehub.cases.commands_watch import strike_due
from casehub.cases.reports import Report
from casehub.clock import WallClock
from casehub.people.actors import SYSTEM
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine
from casehub.worker import STRIKES

#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]

# Copies of one reported case; its histories verify no more, which the watch does not look at.
_COPIES = """
    INSERT INTO {cases} ({case_columns}) SELECT {case_values} FROM {cases} AS c, generate_series(1, {count}) AS n
    WHERE c.case_no = '{seed}';
    INSERT INTO {tasks} ({task_columns}) SELECT {task_values} FROM {tasks} AS t JOIN {cases} AS c USING (case_id),
    generate_series(1, {count}) AS n WHERE c.case_no = '{seed}';
"""


async def _columns(connection: asyncpg.Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'casehub'"
        " ORDER BY ordinal_position",
        table,
    )
    return [row["column_name"] for row in rows]


async def copy(connection: asyncpg.Connection, seed: str, count: int, first: int, *, closed: bool) -> None:
    """`count` more cases like `seed`, with ids from `first` on; closed ones have finished their task."""
    case = {name: f"c.{name}" for name in await _columns(connection, "cases")}
    case |= {"case_id": f"{first} + n", "case_no": f"'W' || ({first} + n)"}
    task = {name: f't."{name}"' for name in await _columns(connection, "tasks")}
    task |= {
        "case_id": f"{first} + n",
        "struck": "'[]'",
        "next_alert_at": "t.due_at + interval '1 microsecond'",
    }
    if closed:
        case |= {"ended_at": "c.due_at", "due_at": "NULL", "state": "'closed'"}
        task |= {"finished_at": "t.due_at", "next_alert_at": "NULL"}
    quoted = ", ".join(f'"{name}"' for name in task)
    await connection.execute(
        _COPIES.format(
            cases="casehub.cases", tasks="casehub.tasks", count=count, seed=seed, case_columns=", ".join(case),
            case_values=", ".join(case.values()), task_columns=quoted, task_values=", ".join(task.values()),
        ),
        timeout=3600,
    )  # fmt: skip


async def work(url: str) -> int:
    """One worker: strike until nothing is due; how many alerts it told."""
    engine, at, told = make_engine(url, "casehub", pool_size=1), WallClock().now() + timedelta(days=30), 0
    while True:
        async with engine.begin() as tx:
            count = await strike_due(tx, at, most=STRIKES)
        if not count:
            await engine.dispose()
            return told
        told += count


def strike_all(url: str, workers: int, tasks: int) -> float:
    """Alerts a second, with so many worker processes, their start left out."""
    command = [sys.executable, __file__, "--worker", url]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) for _ in range(workers)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    begin = time.perf_counter()
    told = sum(int(one.communicate(b"go\n")[0]) for one in started)
    spent = time.perf_counter() - begin
    assert told == tasks, (told, tasks)
    return tasks / spent


async def _begin(url: str, home: Path) -> str:
    settings, clock = Settings(home=home), WallClock()
    engine = make_engine(url, "casehub", pool_size=2)
    await opening.migrate(engine, "casehub")
    await opening.furnish(engine, settings, clock)
    async with engine.begin() as tx:
        report = Report("event", "0102", "leader", "路口有暴露垃圾", lon=113.3, lat=33.7)
        outcome = await report_case(
            tx, report, by=SYSTEM, at=clock.now(), desk=open_desk(engine, settings, opening.home_of(settings))
        )
    await engine.dispose()
    assert outcome.case is not None
    return outcome.case.case_no


async def measure(url: str, home: Path, tasks: int, closed: int) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    seed = await _begin(url, home)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    rows: list[Row] = []
    figures = []
    await copy(connection, seed, tasks, 10**9, closed=False)
    await connection.execute("ANALYZE", timeout=3600)
    begin = time.perf_counter()
    for low in range(10**9, 10**9 + tasks + 1, STRIKES):  # undone again: the same rows strike next
        async with connection.transaction():
            await connection.fetch(
                "UPDATE casehub.tasks SET next_alert_at = next_alert_at + interval '1 second', struck = '[\"yellow\"]'"
                " WHERE case_id > $1 AND case_id <= $2 RETURNING case_id, task_no",
                low, low + STRIKES,
            )  # fmt: skip
    limit = tasks / (time.perf_counter() - begin)
    await connection.execute("UPDATE casehub.tasks SET struck = '[]'", timeout=3600)
    for place, workers in enumerate((1, 2)):
        if place:
            await copy(connection, seed, tasks, 2 * 10**9, closed=False)
        await connection.execute("VACUUM ANALYZE", timeout=3600)
        figures.append(await asyncio.to_thread(strike_all, url, workers, tasks + (1 - place)))
        goal = 3000.0 if workers == 1 else None
        rows.append((f"alerts, {workers} worker{'s'[: workers - 1]}", figures[-1], "/s", goal, limit))
    if closed:
        await copy(connection, seed, closed, 3 * 10**9, closed=True)
        await connection.execute("VACUUM ANALYZE", timeout=3600)
        rows.append((f"an idle look, {closed:,} closed, {2 * tasks:,} open", await idle(url), "ms", 5, None))
    await connection.close()
    return rows


async def idle(url: str) -> float:
    """Milliseconds of a look when nothing is due, the median of many."""
    engine, at = make_engine(url, "casehub", pool_size=1), WallClock().now() - timedelta(days=1)
    times = []
    for _ in range(100):
        begin = time.perf_counter()
        async with engine.begin() as tx:
            assert await strike_due(tx, at, most=STRIKES) == 0
        times.append((time.perf_counter() - begin) * 1000)
    await engine.dispose()
    return sorted(times)[50]


def rows(tasks: int, closed: int) -> list[Row]:
    """The rows of this benchmark, on a home of its own."""
    with own_home() as home, start_embedded(home) as database:
        return asyncio.run(measure(database.dsn_url, home, tasks, closed))


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--closed", type=int, default=1_000_000)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        os.write(1, b"ready\n")
        sys.stdin.readline()
        os.write(1, str(asyncio.run(work(options.worker))).encode())
        return
    for name, figure, unit, goal, limit in rows(options.tasks, options.closed):
        share = "" if limit is None else f", {figure / limit:.2f} of a plain UPDATE ({limit:,.0f}/s)"
        Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}{share}")


if __name__ == "__main__":
    main()
