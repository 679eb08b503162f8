"""How fast queues are: a page and its summary among few and many closed cases, and claims by sixteen at once.

.venv/bin/python tests/benchmarks/queues.py [--open 50000] [--closed 100000 1000000]
"""

import argparse
import asyncio
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from homes import own_home
from rich.console import Console
from rich.progress import track

from casehub import opening
from casehub.cases.commands import act, open_desk, report_case
from casehub.cases.reports import Report
from casehub.clock import WallClock
from casehub.departments.commands import add_departments
from casehub.people.actors import EVERYTHING, Actor, Post, Role, posts_of
from casehub.places.commands import add_areas
from casehub.queues import commands
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

DEPARTMENTS, DISTRICTS, GRIDS = 300, 10, 1000
CLAIMERS, CLAIMS = 16, 4000
WARMING = 20
#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]

#: Who looks: a department with its share, one district's dispatcher, a dispatcher and an acceptor of the whole city.
LOOKERS = {
    "a department": Actor("a", (Post(Role.DEPARTMENT, department="q7"),)),
    "a district's dispatcher": Actor("b", (Post(Role.DISPATCHER, area="d3"),)),
    "the city's dispatcher": Actor("c", posts_of({Role.DISPATCHER})),
    "the city's acceptor": Actor("d", posts_of({Role.ACCEPTOR})),
}
WANTED: dict[str, Any] = {}

# Copies of a case in one state; their histories verify no more, which a queue does not look at.
_CASES = """
    INSERT INTO casehub.cases ({names}) SELECT {values} FROM casehub.cases AS s, generate_series(1, {count}) AS n
    WHERE s.case_no = '{seed}'
"""
_TASKS = """
    INSERT INTO casehub.tasks ({names}) SELECT {values} FROM casehub.tasks AS s JOIN casehub.cases AS c USING (case_id),
    generate_series(1, {count}) AS n WHERE c.case_no = '{seed}'
"""
_DUE = "now() + (n::bigint * 7919 % 200000 - 20000) * interval '1 second'"


async def _columns(connection: asyncpg.Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'casehub' AND table_name = $1", table
    )  # fmt: skip
    return [row["column_name"] for row in rows]


async def copy(
    connection: asyncpg.Connection, seed: str, first: int, count: int, *, closed: bool = False
) -> None:
    """`count` more cases like `seed`, with ids from `first` on, spread over departments, grids and deadlines."""
    department = f"CASE WHEN s.department_code IS NOT NULL THEN 'q' || n % {DEPARTMENTS} END"
    case = {
        "case_id": f"{first} + n", "case_no": f"'Q' || ({first} + n)", "area_code": f"'g' || n % {GRIDS}",
        "department_code": department, "due_at": _DUE,
    }  # fmt: skip
    task = {
        "case_id": f"{first} + n", "department_code": department, "area_code": f"'g' || n % {GRIDS}", "next_alert_at": "NULL",
        "due_at": f"CASE WHEN s.due_at IS NOT NULL THEN {_DUE} END",
        "yellow_at": f"CASE WHEN s.due_at IS NOT NULL THEN {_DUE} - interval '1 hour' END",
    }  # fmt: skip
    if closed:
        case |= {"ended_at": "now()", "state": "'closed'"}
        task |= {"finished_at": "now()", "running_since": "s.entered_at"}
    for table, said, statement in (("cases", case, _CASES), ("tasks", task, _TASKS)):
        names = await _columns(connection, table)
        values = ", ".join(said.get(name, f's."{name}"') for name in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        await connection.execute(
            statement.format(names=quoted, values=values, count=count, seed=seed), timeout=3600
        )


async def _seeds(url: str, home: Path) -> list[str]:
    """A case in each of three states: reported, filed, dispatched."""
    settings, clock = Settings(home=home), WallClock()
    engine, numbering = (make_engine(url, "casehub", pool_size=2) for _ in range(2))
    await opening.migrate(engine, "casehub")
    await opening.furnish(engine, settings, clock)
    desk, at = open_desk(numbering, settings, opening.home_of(settings)), clock.now()
    everyone = Actor("k", posts_of(set(Role) - {Role.SYSTEM}), "x")
    ways: list[list[tuple[str, dict[str, Any]]]] = [[], [("propose_filing", {}), ("file", {})]]
    ways.append([*ways[1], ("dispatch", {"department": "q0", "limit": "4 work_hour"})])
    numbers = []
    async with engine.begin() as tx:
        await add_departments(tx, [
            {"department_code": f"q{n}", "name": f"部门{n}", "kind": "bureau", "parent_code": None} for n in range(DEPARTMENTS)
        ])  # fmt: skip
        await add_areas(tx, [
            {"area_code": f"d{n}", "name": f"区{n}", "kind": "district", "parent_code": None} for n in range(DISTRICTS)
        ])  # fmt: skip
        await add_areas(tx, [
            {"area_code": f"g{n}", "name": f"街{n}", "kind": "subdistrict", "parent_code": f"d{n % DISTRICTS}"}
            for n in range(GRIDS)
        ])  # fmt: skip
        for way in ways:
            report = Report("event", "0102", "leader", "路口有暴露垃圾", lon=113.3, lat=33.7)
            outcome = await report_case(tx, report, by=everyone, at=at, desk=desk)
            assert outcome.case is not None
            numbers.append(outcome.case.case_no)
            for action, form in way:
                await act(tx, numbers[-1], action, form, by=everyone, scope=EVERYTHING, at=at)
    await engine.dispose()
    await numbering.dispose()
    return numbers


async def look(url: str, who: Actor, times: int = 300) -> tuple[float, float, int]:
    """Milliseconds of a page and its summary in one transaction: (median, 99th percentile), and how long the queue is.

    A server answers all day: the first looks, which connect and compile the statements, are left out.
    """
    engine, at, spent = make_engine(url, "casehub", pool_size=1), WallClock().now(), []
    for turn in range(WARMING + times):
        begin = time.perf_counter()
        async with engine.begin() as tx:
            page = await commands.read_queue(tx, who, WANTED, at, most=50)
            counted = await commands.count_queue(tx, who, WANTED, at)
        if turn >= WARMING:
            spent.append((time.perf_counter() - begin) * 1000)
        assert len(page.entries) == 50
    await engine.dispose()
    spent.sort()
    return spent[times // 2], spent[times * 99 // 100], sum(sum(one.values()) for one in counted.values())


async def claims(url: str) -> tuple[float, float]:
    """Claims a second by sixteen at once, each done before its next; and plain UPDATEs that do as much in one statement."""
    engine, at = make_engine(url, "casehub", pool_size=CLAIMERS), WallClock().now()
    taken: Counter[str] = Counter()

    async def work(number: int) -> None:
        who = Actor(f"dispatcher {number}", posts_of({Role.DISPATCHER}))
        for _ in range(CLAIMS // CLAIMERS):
            async with engine.begin() as tx:
                got = await commands.claim(tx, who, WANTED, at, minutes=15)
            taken[got[0][0]["case_no"]] += 1
            async with engine.begin() as tx:
                await tx.exec_driver_sql(
                    "UPDATE casehub.tasks SET finished_at = now() WHERE claimed_by = $1 AND finished_at IS NULL"
                    " AND case_id = $2", (who.name, got[0][0]["case_id"]),
                )  # fmt: skip

    begin = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(CLAIMERS)))
    rate = CLAIMS / (time.perf_counter() - begin)
    await engine.dispose()
    assert set(taken.values()) == {1}, "a case was claimed twice"
    return rate, await _plain(url, at)


async def _plain(url: str, at: datetime) -> float:
    connections = [await asyncpg.connect(url.replace("+asyncpg", "")) for _ in range(CLAIMERS)]

    async def work(connection: asyncpg.Connection) -> None:
        for _ in range(CLAIMS // CLAIMERS):
            await connection.execute(
                "UPDATE casehub.tasks SET finished_at = $1 WHERE (case_id, task_no) = (SELECT case_id, task_no FROM casehub.tasks"
                " WHERE role = 'dispatcher' AND coalesce(department_code, '') = '' AND finished_at IS NULL"
                " AND running_since IS NOT NULL ORDER BY coalesce(due_at, entered_at), case_id, task_no"
                " LIMIT 1 FOR UPDATE SKIP LOCKED)", at,
            )  # fmt: skip

    begin = time.perf_counter()
    await asyncio.gather(*map(work, connections))
    rate = CLAIMS / (time.perf_counter() - begin)
    for connection in connections:
        await connection.close()
    return rate


async def measure(url: str, home: Path, still_open: int, closed: list[int]) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    reported, filed, dispatched = await _seeds(url, home)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    first = 10**9
    shares = (
        (dispatched, still_open * 6 // 10),
        (filed, still_open * 2 // 10),
        (reported, still_open * 2 // 10),
    )
    for seed, count in shares:  # fmt: skip
        await copy(connection, seed, first, count)
        first += count
    rows: list[Row] = []
    there = 0
    for many in track(closed, description="closed cases", transient=True):
        await copy(connection, dispatched, first, many - there, closed=True)
        first, there = first + many - there, many
        await connection.execute("VACUUM ANALYZE", timeout=3600)
        for name, who in LOOKERS.items():
            median, last, long = await look(url, who)
            rows.append((f"{name} of {long:,} tasks, {many:,} closed: p99", last, "ms", 20, None))
            rows.append(("  p50", median, "ms", None, None))
    rate, limit = await claims(url)
    rows.append((f"claims by {CLAIMERS} at once", rate, "/s", None, limit))
    await connection.close()
    return rows


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", type=int, default=50_000)
    parser.add_argument("--closed", type=int, nargs="+", default=[100_000, 1_000_000])
    options = parser.parse_args()
    with own_home() as home, start_embedded(home) as database:
        rows = asyncio.run(measure(database.dsn_url, home, options.open, options.closed))
    for name, figure, unit, goal, limit in rows:
        share = "" if limit is None else f", {figure / limit:.2f} of a plain UPDATE ({limit:,.0f}/s)"
        Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}{share}")


if __name__ == "__main__":
    main()
