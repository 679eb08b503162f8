"""The benchmarks: each figure beside its goal and beside a limit measured in the same run.

    .venv/bin/python tests/benchmarks/run.py [--seconds 5] [--cases 1000000] [--json build/benchmarks.json]

A real `casehub serve` answers in a process of its own on an embedded PostgreSQL of its own, commits are durable.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

from deadlines import deadlines
from fill import fill
from homes import own_home
from load import Connection, lifecycle, report_body
from places import places

from casehub.cases.commands import flow_of
from casehub.cases.facts import Category, Known
from casehub.cases.reports import Report, draft
from casehub.cases.rules import decide, decide_report
from casehub.clock import WallClock
from casehub.opening import shipped
from casehub.people.actors import Actor, Role, posts_of
from casehub.storage.embedded import start_embedded
from casehub.workflow.definition import parse_definition

ADMIN = "benchmark-administrator-key"
CONNECTIONS = 16
BATCH = 500
#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]


def decisions() -> Row:
    """A walk of seven decisions through the hotline flow, in process."""
    path = shipped("workflows") / "hotline.yaml"
    flow = flow_of(parse_definition(path.read_text(encoding="utf-8"), path.name))
    category = Category(1, "cjt214_2007", "event", "0102", "暴露垃圾", "市容环境", self_handling_allowed=True)
    known = Known(departments=frozenset({"d1"}), category=category)
    actor = Actor("k", posts_of(set(Role) - {Role.SYSTEM}, department="d1"), "p1")
    at = WallClock().now()
    report = Report("event", "0102", "leader", "路口有暴露垃圾", lon=113.3, lat=33.7)
    fresh = draft(
        report, 1, "1", category=category, flow=flow.definition, photos={}, reported_by="p1", at=at
    )  # fmt: skip
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < 2:
        case = decide_report(flow, fresh, "report", {}, actor=actor, at=at, known=known).case
        for action, form in lifecycle("d1"):
            case = decide(flow, case, action, form, actor=actor, at=at, known=known).case
        count += 1 + len(lifecycle("d1"))
    return "decisions in process", count / spent, "/s", 20_000, None


class Server:
    """A `casehub serve` in a process of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        environment = {
            **os.environ, "CASEHUB_HOME": str(home), "CASEHUB_ADMIN_KEY": ADMIN, "CASEHUB_LOG": "error",
            "CASEHUB_CASE_NO_DIGITS": "8",
        }  # fmt: skip
        environment.pop("CASEHUB_DATABASE_URL", None)
        command = [sys.executable, "-m", "casehub", "serve", "--port", str(port)]
        start = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment)
        while not self._answers():
            time.sleep(0.02)
        self.start_seconds = time.perf_counter() - start

    def _answers(self) -> bool:
        try:
            return bool(
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1).status == 200
            )
        except OSError:
            if self.process.poll() is not None:
                raise SystemExit("the server did not start") from None
            return False

    def megabytes(self) -> float:
        """Memory of the server process."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def stop(self) -> None:
        """Stop it and its database."""
        self.process.terminate()
        self.process.wait(30)


async def furnish(port: int) -> str:
    """A department, and somebody who acts for it and holds every post of the city; the token of their sign-in."""
    client = await Connection.open(port, ADMIN)
    await client.call("PUT", "/v1/departments/d1", {"name": "环卫", "kind": "bureau"})
    await client.call("PUT", "/v1/people/b1", {"name": "全岗"})
    posts = [{"role": role} for role in Role if role not in {Role.SYSTEM, Role.DEPARTMENT, Role.HANDLER}]
    posts.append({"role": Role.DEPARTMENT, "department_code": "d1"})
    await client.call("PUT", "/v1/people/b1/posts", {"posts": posts})
    _, once = await client.call("POST", "/v1/people/b1/password", {})
    _, first = await client.call("POST", "/v1/sign-in", {"person_no": "b1", "password": once["password"]})
    own = {"old": once["password"], "new": "of a benchmark alone"}
    await (await Connection.open(port, first["token"])).call("PUT", "/v1/me/password", own)
    status, body = await client.call("POST", "/v1/sign-in", {"person_no": "b1", "password": own["new"]})
    assert status == 200, body
    return str(body["token"])


async def load(
    port: int, key: str, seconds: float, work: Callable[[Connection, int], Awaitable[int]]
) -> dict[str, float]:
    """Sixteen connections do `work` for some seconds; units a second and the latency of one round of work."""
    times: list[float] = []
    done = 0
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        nonlocal done
        client = await Connection.open(port, key)
        turn = 0
        while time.perf_counter() < end:
            start = time.perf_counter()
            count = await work(client, number * 10_000_000 + turn)
            done += count  # after the wait: += around it would lose what others did meanwhile
            times.append(time.perf_counter() - start)
            turn += 1

    start = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    spent = time.perf_counter() - start
    marks = statistics.quantiles(times, n=100)
    return {"rate": done / spent, "p50": marks[49] * 1000, "p99": marks[98] * 1000}


async def one_report(client: Connection, turn: int) -> int:
    """A report with its Idempotency-Key."""
    status, body = await client.call("POST", "/v1/cases", report_body(turn), f"r-{id(client)}-{turn}")
    assert status == 201, body
    return 1


async def one_batch(client: Connection, turn: int) -> int:
    """A batch of 500 reports."""
    body = {"reports": [report_body(turn * BATCH + place) for place in range(BATCH)]}
    status, answer = await client.call("POST", "/v1/cases/batch", body)
    assert status == 200, answer
    return sum(1 for one in answer["outcomes"] if one["status"] == 201)


async def one_lifecycle(client: Connection, turn: int) -> int:
    """Eight calls: report, six actions to closed, and a read."""
    status, case = await client.call("POST", "/v1/cases", report_body(turn), f"l-{id(client)}-{turn}")
    assert status == 201, case
    for action, form in lifecycle("d1"):
        status, body = await client.call("POST", f"/v1/cases/{case['case_no']}/actions/{action}", form)
        assert status == 200, (action, body)
    status, body = await client.call("GET", f"/v1/cases/{case['case_no']}")
    assert body["state"] == "closed", body
    return 1


def actor_of(numbers: list[str]) -> Callable[[Connection, int], Awaitable[int]]:
    """Reminds open cases, each connection its own."""

    async def one_action(client: Connection, turn: int) -> int:
        case_no = numbers[
            (turn // 10_000_000) * (len(numbers) // CONNECTIONS) + turn % (len(numbers) // CONNECTIONS)
        ]
        status, body = await client.call("POST", f"/v1/cases/{case_no}/actions/propose_void", {"reason": "x"})
        assert status == 200, body
        return 1

    return one_action


_COPY = """
    CREATE SCHEMA IF NOT EXISTS plain;
    CREATE TABLE IF NOT EXISTS plain.cases (LIKE casehub.cases INCLUDING ALL);
    CREATE TABLE IF NOT EXISTS plain.case_events (LIKE casehub.case_events INCLUDING ALL);
    CREATE TABLE IF NOT EXISTS plain.tasks (LIKE casehub.tasks INCLUDING ALL);
    CREATE TABLE IF NOT EXISTS plain.idempotency_keys (LIKE casehub.idempotency_keys INCLUDING ALL);
"""


async def plain_inserts(url: str, seconds: float) -> tuple[float, float]:
    """The limit: the same four rows a report, written by a bare asyncpg loop; and by 500 in one transaction."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    await pool.execute(_COPY)
    rows = {
        name: tuple(await pool.fetchrow(f"SELECT * FROM casehub.{name} ORDER BY 1 LIMIT 1"))
        for name in ("cases", "case_events", "tasks", "idempotency_keys")
    }
    sql = {
        name: f"INSERT INTO plain.{name} VALUES ({', '.join(f'${place}' for place in range(1, len(row) + 1))})"
        for name, row in rows.items()
    }

    def fresh(name: str, number: int) -> tuple[Any, ...]:
        row = rows[name]
        return (row[0], str(number), *row[2:]) if name == "idempotency_keys" else (
            (number, str(number), *row[2:]) if name == "cases" else (number, *row[1:])
        )  # fmt: skip

    done, end = 0, time.perf_counter() + seconds

    async def single(number: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            number += CONNECTIONS
            async with pool.acquire() as connection, connection.transaction():
                for name, statement in sql.items():
                    await connection.execute(statement, *fresh(name, number))
            done += 1

    start = time.perf_counter()
    await asyncio.gather(*(single(number) for number in range(CONNECTIONS)))
    one_by_one = done / (time.perf_counter() - start)
    many, number, start = 0, 10**9, time.perf_counter()
    async with pool.acquire() as connection:
        while time.perf_counter() - start < seconds:
            async with connection.transaction():
                for name in ("cases", "case_events", "tasks"):
                    await connection.executemany(
                        sql[name], [fresh(name, number + place) for place in range(BATCH)]
                    )
            many, number = many + BATCH, number + BATCH
    batched = many / (time.perf_counter() - start)
    await pool.execute("DROP SCHEMA plain CASCADE")
    await pool.close()
    return one_by_one, batched


LISTS = {
    "open in a state": "state=reported", "red": "light=red", "a department": "department=d1",
    "a department's red": "department=d1&light=red", "text, found": "text=%E6%9A%B4%E9%9C%B2",
    "text, not found": "text=%E9%BE%99%E8%88%9F", "late": "late=true", "a category": "category=0102&scheme=cjt214_2007",
}  # fmt: skip


async def lists(port: int, key: str) -> list[Row]:
    """The p95 of one page of each list, in milliseconds, and that of a report with its duplicates."""
    client = await Connection.open(port, key)
    rows: list[Row] = []
    for name, query in LISTS.items():
        times = []
        for _ in range(20):
            start = time.perf_counter()
            status, body = await client.call("GET", f"/v1/cases?limit=20&{query}")
            assert status == 200, body
            times.append((time.perf_counter() - start) * 1000)
        rows.append((f"  list: {name}, p95", statistics.quantiles(times, n=20)[18], "ms", None, None))
    return rows


async def over_http(server: Server, url: str, seconds: float, million: int) -> list[Row]:
    """Everything that goes through the server."""
    key = await furnish(server.port)
    rows: list[Row] = []
    reports = await load(server.port, key, seconds, one_report)
    one_by_one, batched = await plain_inserts(url, seconds)
    rows += [
        ("report over HTTP", reports["rate"], "/s", 800, one_by_one),
        ("  report p50", reports["p50"], "ms", None, None), ("  report p99", reports["p99"], "ms", 80, None),
    ]  # fmt: skip
    batch = await load(server.port, key, seconds, one_batch)
    rows.append((f"batch report, {BATCH} at once", batch["rate"], "cases/s", 4000, batched))
    client = await Connection.open(server.port, key)
    numbers: list[str] = []
    address = "/v1/cases?limit=200&state=reported"
    while len(numbers) < 4800 and address:
        _, body = await client.call("GET", address)
        numbers += [one["case_no"] for one in body["items"]]
        address = body["next"]
    actions = await load(server.port, key, seconds, actor_of(numbers))
    rows += [("action", actions["rate"], "/s", 500, None), ("  action p99", actions["p99"], "ms", None, None)]
    cycles = await load(server.port, key, seconds, one_lifecycle)
    rows.append(("lifecycle of eight calls", cycles["rate"], "/s", 60, None))
    if million:
        start = time.perf_counter()
        await fill(url, million)
        rows.append((f"  filling {million:,} cases", time.perf_counter() - start, "s", None, None))
        cycles = await load(server.port, key, seconds, one_lifecycle)
        rows += [
            (f"lifecycle with {million:,} cases", cycles["rate"], "/s", 50, None),
            *await lists(server.port, key),
        ]
    rows.append(("memory of the server", server.megabytes(), "MB", 200, None))
    return rows


def imports(home: Path) -> list[Row]:
    """`casehub import` of the Baltimore file, histories included; less what an import of one row takes."""
    source = Path(__file__).parents[3] / "shared" / "data" / "baltimore311_10k.csv"
    if not source.exists():
        return []
    environment = {**os.environ, "CASEHUB_HOME": str(home), "CASEHUB_LOG": "error"}
    command = [sys.executable, "-m", "casehub", "import", str(source), "--mapping", "baltimore311"]
    times = []
    for limit in (["--limit", "1"], ["--limit", "1"], []):  # the first makes the home
        start = time.perf_counter()
        subprocess.run([*command, *limit], env=environment, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return [("import with full history", 9_999 / (times[2] - times[1]), "cases/s", 5000, None)]


def verdict(row: Row) -> str:
    """Did it reach its goal? Times and memory should stay below theirs."""
    _, figure, unit, goal, _ = row
    if goal is None:
        return ""
    return "reached" if (figure <= goal if unit in {"ms", "s", "MB"} else figure >= goal) else "missed"


def show(rows: list[Row], path: Path) -> None:
    """The table, and the same as JSON."""
    table = Table("benchmark", "figure", "goal", "limit in this run", "share", "")
    for row in rows:
        name, figure, unit, goal, limit = row
        table.add_row(
            name, f"{figure:,.1f} {unit}", "" if goal is None else f"{goal:,.0f}", "" if limit is None else f"{limit:,.0f}",
            "" if limit is None else f"{figure / limit:.2f}", verdict(row),
        )  # fmt: skip
    Console(width=120).print(table)
    told = [dict(zip(("name", "figure", "unit", "goal", "limit"), row, strict=True)) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    path.write_text(json.dumps({"machine": machine, "benchmarks": told}, indent=1), encoding="utf-8")


def main() -> None:
    """Run them all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5, help="how long each load lasts")
    parser.add_argument(
        "--cases", type=int, default=1_000_000, help="cases in the full store; 0 leaves it out"
    )
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"))
    options = parser.parse_args()
    rows = [decisions(), *deadlines(), *places()]
    with own_home() as folder:
        server = Server(folder / "home", 8791)
        rows.append(("first start to first answer", server.start_seconds, "s", 8, None))
        with start_embedded(folder / "home") as database:
            url = database.dsn_url.replace("+asyncpg", "")
            rows += asyncio.run(over_http(server, url, options.seconds, options.cases))
            server.stop()
        server = Server(folder / "home", 8791)
        rows.append(("later start to first answer", server.start_seconds, "s", 3, None))
        server.stop()
        rows += imports(folder / "import")
    show(rows, options.json)


if __name__ == "__main__":
    main()
