"""How fast supervisors are answered: among a million cases, by one dimension and by two, beside plain SQL and DuckDB.

.venv/bin/python tests/benchmarks/rates.py [--cases 1000000] [--actions 10000]

Facts are those of some hundred real histories, copied over a year, 1,000 grids, 60 departments, 90 classes, 200 people.
"""

import argparse
import asyncio
import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import duckdb
from homes import own_home
from load import report_body
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import opening
from casehub.cases.commands import (
    Desk,
    act,
    draw_numbers,
    flow_of,
    open_desk,
    pack_histories,
    report_cases,
    take_over,
)
from casehub.cases.facts import Category, Decision, Known, Person, Photo
from casehub.cases.reports import Report, draft
from casehub.cases.rules import decide, decide_report
from casehub.clock import WallClock
from casehub.departments.commands import add_departments
from casehub.people.actors import EVERYTHING, Actor, Role, Scope, posts_of
from casehub.people.commands import add_people
from casehub.places.commands import add_areas
from casehub.rates import commands_answers as commands
from casehub.rates.answers import shown
from casehub.rates.asking import read_figures
from casehub.rates.commands import keep_up, reseal
from casehub.rates.periods import of_days
from casehub.rates.questions import Question
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine
from casehub.workflow.definition import parse_definition

TZ = ZoneInfo("Asia/Shanghai")
YEAR = of_days(date(2025, 1, 1), date(2026, 1, 1), TZ)
NOW = datetime(2026, 1, 10, tzinfo=UTC)
DEPARTMENTS, GRIDS, PEOPLE, CLASSES, HISTORIES = 60, 1000, 200, 90, 200
INDICATORS = (
    "on_time_check_rate",
    "closing_rate",
    "on_time_handling_rate",
    "valid_filing_rate",
    "reports",
    "open_close",
)
ONE = (
    "district",
    "subdistrict",
    "unit_grid",
    "department",
    "person",
    "category",
    "category_major",
    "kind",
    "source",
    "light",
)
TWO = ("district,category_major", "subdistrict,department", "department,category", "department,light", "person,category", "source,district")  # fmt: skip
TIMES = 30
#: (name, figure, unit, goal)
Row = tuple[str, float, str, float | None]


def p95(times: Sequence[float]) -> float:
    """In milliseconds."""
    return statistics.quantiles(times, n=20)[18] * 1000


async def furnished(engine: AsyncEngine, settings: Settings) -> None:
    """Departments in a tree, districts, sub-districts, communities and grids."""
    await opening.migrate(engine, "casehub")
    await opening.furnish(engine, settings, WallClock())
    async with engine.begin() as tx:
        await add_departments(tx, [
            {"department_code": f"q{n}", "name": f"部门{n}", "kind": "bureau", "parent_code": None if n % 6 == 0 else f"q{n - n % 6}"}
            for n in range(DEPARTMENTS)
        ])  # fmt: skip
        await add_people(tx, [
            {"person_no": f"p{n}", "name": f"职员{n}", "department_code": None, "active": True} for n in range(PEOPLE)
        ])  # fmt: skip
        for kind, letter, many, above in (
            ("district", "d", 10, None), ("subdistrict", "s", 100, "d"), ("community", "m", 500, "s"), ("unit_grid", "g", GRIDS, "m"),
        ):  # fmt: skip
            wide = {"d": 10, "s": 100, "m": 500}.get(str(above), 1)
            await add_areas(tx, [
                {"area_code": f"{letter}{n}", "name": f"{letter}{n}", "kind": kind, "parent_code": above and f"{above}{n % wide}"}
                for n in range(many)
            ])  # fmt: skip


def history(case_id: int, number: str, chance: random.Random) -> list[Decision]:
    """A case from report to close as cases go: some late, some reworked, some still open."""
    path = opening.shipped("workflows") / "event.yaml"
    flow = flow_of(parse_definition(path.read_text(encoding="utf-8"), path.name))
    category = Category(
        1 + case_id % CLASSES,
        "cjt214_2007",
        "event",
        "0102",
        "暴露垃圾",
        "市容环境",
        self_handling_allowed=True,
    )
    known = Known(
        {"p1": Person(None, [*Role])},
        {"q1": ("q1",)},
        photos={one: Photo(one, one) for one in ("after", "near")},
        category=category,
    )
    actor = Actor("k", posts_of(set(Role) - {Role.SYSTEM}, department="q1"), "p1")
    at = datetime(2025, 12, 20, tzinfo=UTC) + timedelta(minutes=chance.randrange(5000))
    report = Report(
        "event",
        "0102",
        chance.choice(["leader", "leader", "transfer"]),
        "路口有暴露垃圾",
        lon=113.3,
        lat=33.7,
    )
    begun = draft(
        report, case_id, number, category=category, flow=flow.definition, photos={}, reported_by="p1", at=at
    )
    told = [decide_report(flow, begun, "report", {}, actor=actor, at=at, known=known)]
    late = chance.random() < 0.1
    steps: list[tuple[str, dict[str, Any], float]] = [
        ("propose_filing", {}, 5), ("file", {}, 5), ("dispatch", {"department": "q1", "limit": "4 urgent_hour"}, 5),
        ("sign_in", {}, 20), ("feedback", {"result": "已清理", "photos": ["after"]}, 400 if late else 100),
        ("send_check", {"collector": "p1"}, 5), ("check_done", {"result": "pass", "photos": ["near"]}, chance.choice([30, 40, 90])),
        ("close", {"closing_condition_met": True}, 10),
    ]  # fmt: skip
    for action, form, minutes in steps[: chance.choice([8] * 17 + [6, 5, 3])]:
        at += timedelta(minutes=minutes * chance.uniform(0.5, 1.5))
        told.append(decide(flow, told[-1].case, action, form, actor=actor, at=at, known=known))
    return told


_PHOTOS = """
    INSERT INTO attachments (attachment_id, sha256, kind, media_type, size_bytes, uploaded_by, uploaded_at)
    SELECT kind, kind, kind, 'image/jpeg', 1, 'p1', now() FROM unnest(ARRAY['after', 'near']) AS kind
"""
_CASES = """
    INSERT INTO cases ({names}) SELECT {values} FROM cases AS s JOIN generate_series(1, $1::int) AS n ON s.case_id = $2 + n % $3
"""
_FACTS = """
    INSERT INTO rate_facts
    SELECT 1000000000 + n, s.fact_no, s.at - (n::bigint * 7919 % 345) * interval '1 day' - n % 1440 * interval '1 minute', s.counts,
           'g' || n % {grids}, 1 + n % {classes}, s.source, s.workflow,
           CASE WHEN s.department_code IS NOT NULL THEN 'q' || n % {departments} * (1 + n % 3) / 3 END,
           CASE WHEN s.person_no IS NOT NULL THEN 'p' || (n + s.fact_no) % {people} END, s.light, s.task_no, s.open, s.exempt
    FROM generate_series(1, $1::int) AS n JOIN rate_facts AS s ON s.case_id = $2 + n % $3
"""


async def filled(url: str, engine: AsyncEngine, desk: Desk, cases: int, chance: random.Random) -> None:
    """So many cases with all their facts."""
    async with engine.begin() as tx:
        await tx.exec_driver_sql(_PHOTOS)
        drawn = await draw_numbers(tx, [NOW] * HISTORIES, desk)
        told = [one for case_id, number in drawn for one in history(case_id, number, chance)]
        await take_over(tx, pack_histories([told], {}, desk.vault))
    await kept_up(engine, datetime(2020, 1, 1, tzinfo=UTC))
    connection = await asyncpg.connect(url, server_settings={"search_path": "casehub"}, command_timeout=3600)
    first = drawn[0][0]
    names = [row["column_name"] for row in await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'casehub' AND table_name = 'cases'")]  # fmt: skip
    said = {"case_id": "1000000000 + n", "case_no": "'R' || n", "external_no": "NULL"}
    values = ", ".join(said.get(name, f's."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    await connection.execute("ALTER TABLE rate_facts DROP CONSTRAINT fk_rate_facts_case_id")
    await connection.execute(_CASES.format(names=quoted, values=values), cases, first, HISTORIES)
    where = {"grids": GRIDS, "classes": CLASSES, "departments": DEPARTMENTS, "people": PEOPLE}
    await connection.execute(_FACTS.format(**where), cases, first, HISTORIES)
    await connection.execute("VACUUM ANALYZE rate_facts")
    await connection.execute("VACUUM ANALYZE cases")
    await connection.close()


async def kept_up(engine: AsyncEngine, at: datetime) -> float:
    """Seconds until the worker has nothing more to count."""
    begin, more = time.perf_counter(), True
    while more:
        async with engine.begin() as tx:
            more = await keep_up(tx, at)
    return time.perf_counter() - begin


async def timed(work: Callable[[], Awaitable[Any]], times: int = TIMES) -> list[float]:
    """Seconds of each turn, after two to warm up."""
    spent = []
    for turn in range(times + 2):
        begin = time.perf_counter()
        await work()
        if turn > 1:
            spent.append(time.perf_counter() - begin)
    return spent


async def questions(engine: AsyncEngine) -> list[Row]:
    """Each dimension, some pairs, narrowed ones, and the cases behind a number."""
    rates, counts = read_figures(INDICATORS)
    rows: list[Row] = []

    def asking(by: str, filters: dict[str, Any], scope: Scope = EVERYTHING) -> Callable[[], Awaitable[Any]]:
        async def ask() -> None:
            question = Question(rates, counts, YEAR, tuple(by.split(",")) if by else (), filters, scope)
            async with engine.begin() as tx:
                told = shown(await commands.answer(tx, question, NOW), {}, 1000)
            assert told["rows"] or not by

        return ask

    one: list[float] = []
    for by in ONE:
        spent = await timed(asking(by, {}))
        one += spent
        rows.append((f"  by {by}", p95(spent), "ms", 50))
    rows.insert(0, ("by one dimension over a year, p95 of all", p95(one), "ms", 50))
    two: list[float] = []
    for by in TWO:
        spent = await timed(asking(by, {}))
        two += spent
        rows.append((f"  by {by}", p95(spent), "ms", 200))
    rows.append(("by two dimensions over a year, p95 of all", p95(two), "ms", 200))
    rows.append(
        (
            "  of one district by department",
            p95(await timed(asking("department", {"area": "d3"}))),
            "ms",
            None,
        )
    )
    scope = Scope((("d3", None),))
    rows.append(
        (
            "  by category, as one who sees a district",
            p95(await timed(asking("category", {}, scope))),
            "ms",
            None,
        )
    )

    async def behind() -> None:
        question = Question(rates[:1], (), YEAR, (), {"department": "q6"}, EVERYTHING)
        async with engine.begin() as tx:
            assert len(await commands.behind(tx, question, "numerator", NOW, after=None, most=51)) == 51

    rows.append(("a page of the cases behind a number, p95", p95(await timed(behind)), "ms", 20))
    return rows


_PLAIN = """
    SELECT {key} AS key, c AS place, count(*) AS n FROM {table}, unnest(counts) AS {alias}
    WHERE "at" >= TIMESTAMPTZ '2024-12-31T16:00:00Z' AND "at" < TIMESTAMPTZ '2025-12-31T16:00:00Z' GROUP BY 1, 2
"""


async def beside(url: str, home: Path) -> list[Row]:
    """The same questions as plain SQL over the facts, and as DuckDB over a Parquet export of them."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "casehub"}, command_timeout=3600)
    plain, duck = [], []
    keys = ("department_code", "category_id", "department_code || '/' || category_id")
    for key in keys:
        begin = time.perf_counter()
        await connection.fetch(_PLAIN.format(key=key, table="rate_facts", alias="u(c)"))
        plain.append(time.perf_counter() - begin)
    said = "SELECT at, array_to_string(counts, ' ') AS counts, department_code, category_id FROM rate_facts"
    file = home / "facts.csv"
    await connection.copy_from_query(said, output=file, format="csv", header=True)
    await connection.close()
    db = duckdb.connect()
    db.execute(f"""
        COPY (SELECT "at"::TIMESTAMPTZ AS "at", list_transform(str_split(counts, ' '), lambda x: x::SMALLINT) AS counts, department_code,
                     category_id FROM read_csv('{file}', types = {{'counts': 'VARCHAR', 'at': 'VARCHAR'}}))
        TO '{home}/facts.parquet' (FORMAT parquet)
    """)
    for key in keys:
        begin = time.perf_counter()
        db.execute(_PLAIN.format(key=key, table=f"'{home}/facts.parquet'", alias="u(c)")).fetchall()
        duck.append(time.perf_counter() - begin)
    return [
        (
            "plain SQL over the facts, one dimension / two",
            plain[0] * 1000,
            f"ms / {plain[2] * 1000:,.0f} ms",
            None,
        ),
        ("DuckDB over Parquet, one dimension / two", duck[0] * 1000, f"ms / {duck[2] * 1000:,.0f} ms", None),
    ]


async def lag(engine: AsyncEngine, desk: Desk, actions: int) -> Row:
    """Seconds that the worker needs after so many actions at once."""
    actor = Actor("k", posts_of(set(Role) - {Role.SYSTEM}), "p1")
    numbers: list[str] = []
    for first in range(0, actions, 500):
        bodies = [report_body(first + n) for n in range(500)]
        reports = [
            Report(
                "event",
                "0102",
                "leader",
                one["description"],
                lon=one["location"]["lon"],
                lat=one["location"]["lat"],
            )
            for one in bodies
        ]
        async with engine.begin() as tx:
            told = await report_cases(tx, reports, by=actor, at=WallClock().now(), desk=desk)
        numbers += [one.case.case_no for one in told if one.case]
    return f"the worker's lag after {actions:,} actions at once", await kept_up(engine, NOW), "s", 5


async def cost(engine: AsyncEngine, desk: Desk) -> list[Row]:
    """Actions a second by sixteen at once, without the worker's counting and with it."""
    actor = Actor("k", posts_of(set(Role) - {Role.SYSTEM}), "p1")
    numbers: list[str] = []
    for turn in range(4):
        reports = [
            Report("event", "0102", "leader", f"第{n}处", lon=110 + n / 1e3 + turn, lat=31.0)
            for n in range(500)
        ]
        async with engine.begin() as tx:
            told = await report_cases(tx, reports, by=actor, at=WallClock().now(), desk=desk)
        numbers += [one.case.case_no for one in told if one.case]

    async def actions(seconds: float) -> float:
        done, end = 0, time.perf_counter() + seconds

        async def work(number: int) -> None:
            nonlocal done
            turn = number
            while time.perf_counter() < end:
                async with engine.begin() as tx:
                    await act(
                        tx,
                        numbers[turn % len(numbers)],
                        "remind",
                        {},
                        by=actor,
                        scope=EVERYTHING,
                        at=WallClock().now(),
                    )
                done += 1
                turn += 16

        await asyncio.gather(*(work(number) for number in range(16)))
        return done / seconds

    async def counting(stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with engine.begin() as tx:
                more = await keep_up(tx, NOW)
            if not more:
                await asyncio.sleep(1)

    await actions(2)
    without, during = [], []
    for _ in range(3):  # by turns, for the machine is not the same from one second to the next
        without.append(await actions(4))
        stop = asyncio.Event()
        task = asyncio.create_task(counting(stop))
        during.append(await actions(4))
        stop.set()
        await task
    rate, less = statistics.median(without), 1 - statistics.median(during) / statistics.median(without)
    return [
        ("actions without the worker's counting", rate, "/s", None),
        ("  what it takes of them", less * 100, "%", 10),
    ]


async def measure(url: str, home: Path, cases: int, actions: int) -> None:
    """Everything, told as it comes."""
    settings = Settings(home=home)
    engine, numbering = make_engine(url, "casehub", pool_size=18), make_engine(url, "casehub", pool_size=2)
    await furnished(engine, settings)
    desk = open_desk(numbering, settings, home)
    plain = url.replace("+asyncpg", "")
    begin = time.perf_counter()
    await filled(plain, engine, desk, cases, random.Random(1))
    tell([(f"filling {cases:,} cases with their facts", time.perf_counter() - begin, "s", None)])
    begin = time.perf_counter()
    async with engine.begin() as tx:
        await reseal(tx, NOW)
    tell([("adding all of them up", time.perf_counter() - begin, "s", None)])
    connection = await asyncpg.connect(
        plain, server_settings={"search_path": "casehub"}, command_timeout=3600
    )
    await connection.execute("VACUUM ANALYZE")
    for table in ("rate_facts", "rate_cells"):
        tell([(f"  rows of {table}", await connection.fetchval(f"SELECT count(*) FROM {table}"), "", None)])
    await connection.close()
    # As `casehub serve` does: else the collector looks through all that the filling left, in the middle of an answer.
    gc.collect()
    gc.freeze()
    tell(await questions(engine))
    tell(await beside(plain, home))
    tell([await lag(engine, desk, actions)])
    tell(await cost(engine, desk))
    await engine.dispose()
    await numbering.dispose()


def tell(rows: Sequence[Row]) -> None:
    """Print them."""
    for name, figure, unit, goal in rows:
        Console().print(f"{name}: {figure:,.1f} {unit}{f' (goal {goal:,.0f})' if goal else ''}")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--actions", type=int, default=10_000)
    options = parser.parse_args()
    with own_home() as home, start_embedded(home) as database:
        asyncio.run(measure(database.dsn_url, home, options.cases, options.actions))


if __name__ == "__main__":
    main()
