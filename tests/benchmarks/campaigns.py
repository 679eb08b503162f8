"""How fast a campaign is: launched over many of many cases, its dashboard while cases are closed, its report printed.

.venv/bin/python tests/benchmarks/campaigns.py [--open 100000] [--closed 900000]
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from fill import fill
from homes import own_home
from queues import _seeds
from rich.console import Console

from casehub.campaigns import commands, commands_figures, commands_reports
from casehub.cases.commands import act, open_desk, report_case
from casehub.cases.reports import Report
from casehub.clock import SimulatedClock, WallClock
from casehub.people.actors import EVERYTHING, Actor, Post, Role, posts_of
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

LAUNCH_GOAL, LOOK_GOAL = 10, 50
LOOKS = 300
#: Before every so many looks a case on the list is closed.
BETWEEN = 15
#: (name, figure, unit, goal or None)
Row = tuple[str, float, str, float | None]
EVALUATOR = Actor("e", posts_of({Role.EVALUATOR}), "e1")
# As what closes a case does, as far as a campaign looks.
_CLOSE = """
    WITH one AS (SELECT i.case_id FROM casehub.campaign_items AS i JOIN casehub.cases AS c USING (case_id)
                 WHERE c.ended_at IS NULL LIMIT {many}),
         told AS (INSERT INTO casehub.case_events ({names}) SELECT {values} FROM one,
                  (SELECT * FROM casehub.case_events ORDER BY case_id, seq LIMIT 1) AS s)
    UPDATE casehub.cases SET state = 'closed', ended_at = now() FROM one WHERE cases.case_id = one.case_id
"""


async def _closing(connection: asyncpg.Connection, many: int) -> str:
    names = [
        row["attname"]
        for row in await connection.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'casehub.case_events'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attname <> 'xid'"
        )
    ]
    quoted = ", ".join(f'"{name}"' for name in names)
    said = {"case_id": "one.case_id", "seq": "1000"}
    values = ", ".join(said.get(name, f's."{name}"') for name in names)
    return _CLOSE.format(names=quoted, values=values, many=many)


async def _closed_one(url: str, home: Path) -> None:
    """A case that the hotline concluded, to be copied."""
    settings, at = Settings(home=home), WallClock().now()
    engine, numbering = (make_engine(url, "casehub", pool_size=2) for _ in range(2))
    desk, everyone = (
        open_desk(numbering, settings, home),
        Actor("k", posts_of(set(Role) - {Role.SYSTEM}), "x"),
    )
    ways = [
        ("accept_order", {}),
        ("dispatch", {"department": "q0", "limit": "4 work_hour"}),
        ("conclude", {"result": "已办结"}),
    ]
    ways.insert(2, ("sign_in", {}))
    office = Actor("o", (Post(Role.DEPARTMENT, department="q0"),), "y")
    async with engine.begin() as tx:
        report = Report("event", "0102", "hotline", "路口有暴露垃圾", lon=113.3, lat=33.7)
        outcome = await report_case(tx, report, by=everyone, at=at, desk=desk)
        assert outcome.case is not None
        for action, form in ways:
            who = office if action in {"sign_in", "conclude"} else everyone
            await act(tx, outcome.case.case_no, action, form, by=who, scope=EVERYTHING, at=at)
    await engine.dispose()
    await numbering.dispose()


async def looks(
    url: str, campaign_id: int, before: Callable[[], Awaitable[Any]] | None = None
) -> tuple[float, float]:
    """Milliseconds of a dashboard: (median, 95th percentile); `before` happens now and then, and is not measured."""
    engine, at, spent = make_engine(url, "casehub", pool_size=1), WallClock().now(), []
    for turn in range(LOOKS):
        if before is not None and turn % BETWEEN == 0:
            await before()
        begin = time.perf_counter()
        async with engine.begin() as tx:
            campaign = await commands.find_campaign(tx, campaign_id)
            told = await commands_figures.figures_of(tx, campaign, at)
        spent.append((time.perf_counter() - begin) * 1000)
        assert told
    await engine.dispose()
    spent.sort()
    return spent[LOOKS // 2], spent[LOOKS * 95 // 100]


async def measure(url: str, home: Path, still_open: int, closed: int) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    await _seeds(url, home)
    await _closed_one(url, home)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await fill(url.replace("+asyncpg", ""), closed, still_open)
    await connection.execute(
        "INSERT INTO casehub.people (person_no, name, active) VALUES ('e1', '王工', true)"
    )
    engine, at = make_engine(url, "casehub", pool_size=2), WallClock().now()
    today = at.date()
    said = {
        "kind": "backlog", "name": "案件清零", "first_day": today - timedelta(days=1), "last_day": today + timedelta(days=60),
        "owner": "e1", "rhythm": ["day"], "scope": {"kind": "event"}, "units": [], "targets": {},
        "rebound_days": 30,
    }  # fmt: skip
    async with engine.begin() as tx:
        campaign_id = (await commands.plan_campaign(tx, said, by=EVALUATOR, at=at)).campaign_id
    begin = time.perf_counter()
    async with engine.begin() as tx:
        _, frozen = await commands.launch(tx, campaign_id, by=EVALUATOR, scope=EVERYTHING, at=at)
    rows: list[Row] = [
        (
            f"launch of {frozen:,} of {still_open + closed:,} cases",
            time.perf_counter() - begin,
            "s",
            LAUNCH_GOAL,
        )
    ]
    await connection.execute("ANALYZE", timeout=3600)
    rows += await _dashboards(url, campaign_id, connection)
    rows += await _report(url, campaign_id, SimulatedClock(at + timedelta(days=1)))
    await connection.close()
    await engine.dispose()
    return rows


async def _dashboards(url: str, campaign_id: int, connection: asyncpg.Connection) -> list[Row]:
    begin = time.perf_counter()
    await looks_once(url, campaign_id)
    rows: list[Row] = [("the first look, which counts all", (time.perf_counter() - begin) * 1000, "ms", None)]
    one = await _closing(connection, 1)
    median, late = await looks(url, campaign_id)
    rows += [("dashboard, nothing moves: p95", late, "ms", LOOK_GOAL), ("  p50", median, "ms", None)]
    median, late = await looks(url, campaign_id, lambda: connection.execute(one))
    rows += [
        (f"dashboard, a case closed every {BETWEEN} looks: p95", late, "ms", LOOK_GOAL),
        ("  p50", median, "ms", None),
    ]
    await connection.execute(await _closing(connection, 3600))
    begin = time.perf_counter()
    await looks_once(url, campaign_id)
    rows.append(("a look after 3,600 were closed", (time.perf_counter() - begin) * 1000, "ms", None))
    return rows


async def looks_once(url: str, campaign_id: int) -> None:
    """One look, on a connection of its own."""
    engine = make_engine(url, "casehub", pool_size=1)
    async with engine.begin() as tx:
        campaign = await commands.find_campaign(tx, campaign_id)
        await commands_figures.figures_of(tx, campaign, WallClock().now())
    await engine.dispose()


async def _report(url: str, campaign_id: int, clock: SimulatedClock) -> list[Row]:
    engine, rows = make_engine(url, "casehub", pool_size=1), list[Row]()
    begin = time.perf_counter()
    async with engine.begin() as tx:
        await commands_reports.keep_up(tx, campaign_id, clock.now())
    rows.append(("the worker makes a report", (time.perf_counter() - begin) * 1000, "ms", None))
    process = psutil.Process()
    for form in ("xlsx", "docx", "pdf"):
        begin, before = time.perf_counter(), process.memory_info().rss
        async with engine.begin() as tx:
            found, _ = await commands_reports.list_reports(tx, campaign_id, after=None, most=1)
            await commands_reports.print_report(tx, campaign_id, found[0]["report_id"], form, "zh")
        grown = (process.memory_info().rss - before) / 2**20
        rows.append(
            (
                f"the first {form}, which takes {grown:.0f} MB more",
                (time.perf_counter() - begin) * 1000,
                "ms",
                None,
            )
        )
    await engine.dispose()
    return rows


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--closed", type=int, default=900_000)
    options = parser.parse_args()
    with own_home() as home, start_embedded(home) as database:
        rows = asyncio.run(measure(database.dsn_url, home, options.open, options.closed))
    for name, figure, unit, goal in rows:
        Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}")


if __name__ == "__main__":
    main()
