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
from fill import FIRST, fill
from homes import own_home
from queues import _seeds
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from casehub.campaigns import commands, commands_figures, commands_lists, commands_reports
from casehub.cases.commands import act, open_desk, report_case
from casehub.cases.reports import Report
from casehub.clock import SimulatedClock, WallClock
from casehub.people.actors import EVERYTHING, Actor, Post, Role, posts_of
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

LAUNCH_GOAL, LOOK_GOAL = 10, 50
LOOKS = 100
LISTS: dict[str, dict[str, Any]] = {
    "all": {}, "its last page": {"after": FIRST + 10**6 - 60}, "what is left": {"open": True}, "what is done": {"open": False},
    "of a unit": {"unit": "f1"}, "of an area": {"area": "f1"}, "to recheck": {"to_recheck": True},
}  # fmt: skip
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
# What lies in what, as the doors of departments and places write it.
_NESTED = """
    UPDATE casehub.departments SET belongs_to = ARRAY[department_code] WHERE department_code LIKE 'f%';
    UPDATE casehub.areas AS a SET lies_in = array_remove(ARRAY[a.area_code, a.parent_code, 'f'], NULL) WHERE area_code LIKE 'f%';
"""
# As if the list had been frozen two months ago, planned, and six in ten cases cleared since, day by day.
_LATER = """
    WITH begun AS (UPDATE casehub.campaigns SET frozen_at = frozen_at - interval '60 days' WHERE campaign_id = $1),
         counted AS (UPDATE casehub.campaign_counts SET counted_on = NULL WHERE campaign_id = $1),
         those AS (SELECT case_id, case_id * 7919 % 60 AS n, case_id * 31 % 60 AS due FROM casehub.campaign_items
                   WHERE campaign_id = $1 AND case_id * 13 % 10 < 6),
         ended AS (UPDATE casehub.cases AS c SET state = 'closed', ended_at = now() - n * interval '1 day'
                   FROM those WHERE c.case_id = those.case_id)
    UPDATE casehub.campaign_items AS i SET case_state = 'closed', case_ended_at = now() - n * interval '1 day',
        checked = n % 7 > 0, written_off = n % 3 > 0, due_on = current_date - due::int
    FROM those WHERE i.campaign_id = $1 AND i.case_id = those.case_id
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
    url: str, look: Callable[[AsyncConnection], Awaitable[Any]], before: Callable[[], Awaitable[Any]] | None = None
) -> tuple[float, float]:  # fmt: skip
    """Milliseconds of a look: (median, 95th percentile); `before` happens before each, and is not measured."""
    engine, spent = make_engine(url, "casehub", pool_size=1), []
    for turn in range(LOOKS + 5):  # the first ones prepare their statements
        if before is not None:
            await before()
        begin = time.perf_counter()
        async with engine.begin() as tx:
            assert await look(tx) is not None
        spent += [(time.perf_counter() - begin) * 1000] if turn >= 5 else []
    await engine.dispose()
    spent.sort()
    return spent[LOOKS // 2], spent[LOOKS * 95 // 100]


async def measure(url: str, home: Path, still_open: int, closed: int) -> list[Row]:
    """The rows of this benchmark, on an empty city."""
    await _seeds(url, home)
    await _closed_one(url, home)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await fill(url.replace("+asyncpg", ""), closed, still_open)
    await connection.execute(_NESTED)
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
    at, one = WallClock().now(), await _closing(connection, 1)

    async def dashboard(tx: AsyncConnection) -> Any:
        return await commands_figures.figures_of(tx, await commands.find_campaign(tx, campaign_id), at)

    async def ledger(tx: AsyncConnection) -> Any:
        campaign = await commands.find_campaign(tx, campaign_id)
        return await commands_figures.ledger(tx, campaign, "subdistrict", at)

    async def closes() -> None:
        await connection.execute(one)

    rows = [
        ("the first look, which counts all", await _once(url, dashboard), "ms", None),
        *_told("dashboard, nothing moves", await looks(url, dashboard), LOOK_GOAL),
        *_told(
            "dashboard, a case closed since the last look", await looks(url, dashboard, closes), LOOK_GOAL
        ),
    ]
    await connection.execute(await _closing(connection, 3600))
    rows.append(("a look after 3,600 were closed", await _once(url, dashboard), "ms", None))
    rows += _told("ledger of 100 sub-districts, nothing moves", await looks(url, ledger))
    for name, wanted in LISTS.items():
        rows += _told(f"list: {name}", await looks(url, _listing(campaign_id, wanted)))
    await connection.execute(_LATER, campaign_id, timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    return [
        *rows,
        ("two months later the first look", await _once(url, dashboard), "ms", None),
        *_told("two months later a case closed since the last look", await looks(url, dashboard, closes), LOOK_GOAL),
        *_told("two months later the ledger", await looks(url, ledger)),
    ]  # fmt: skip


def _listing(campaign_id: int, wanted: dict[str, Any]) -> Callable[[AsyncConnection], Awaitable[Any]]:
    async def listing(tx: AsyncConnection) -> Any:
        after, at = wanted.get("after"), WallClock().now()
        return await commands_lists.list_items(tx, campaign_id, EVERYTHING, wanted, at, after=after, most=50)

    return listing


def _told(name: str, found: tuple[float, float], goal: float | None = None) -> list[Row]:
    median, late = found
    return [(f"{name}: p95", late, "ms", goal), ("  p50", median, "ms", None)]


async def _once(url: str, look: Callable[[AsyncConnection], Awaitable[Any]]) -> float:
    engine = make_engine(url, "casehub", pool_size=1)
    begin = time.perf_counter()
    async with engine.begin() as tx:
        await look(tx)
    spent = (time.perf_counter() - begin) * 1000
    await engine.dispose()
    return spent


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
