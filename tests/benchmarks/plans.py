"""How much each question touches among a million closed cases, in the mode the connections plan in.

    .venv/bin/python tests/benchmarks/plans.py [--cases 1000000] [--open 50000]

A page of twenty should touch some hundreds of blocks of 8 kB, whatever the number of closed cases.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
from fill import fill
from homes import own_home
from load import Connection, lifecycle, report_body
from rich.console import Console
from rich.table import Table
from run import Server, furnish, one_lifecycle
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from casehub.cases.commands import find_case, list_cases
from casehub.cases.duplicates import Nearness
from casehub.cases.reports import Report
from casehub.cases.store import read_intake
from casehub.deadlines.lights import Light
from casehub.people.actors import EVERYTHING, Scope
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

PORT = 8792
ALL, OFFICE, PERSON = EVERYTHING, Scope(((None, "f3"),)), Scope(person="f7")
NOW = datetime.now(UTC)
#: What is asked for, and by whom.
LISTS: list[tuple[Scope, dict[str, Any]]] = [
    (ALL, {}), (ALL, {"open": True}), (ALL, {"open": False}), (ALL, {"state": "reported"}), (ALL, {"state": "closed"}),
    (ALL, {"state": "voided"}), (ALL, {"stage": "handle"}), (ALL, {"light": Light.RED}), (ALL, {"light": Light.YELLOW}),
    (ALL, {"light": Light.GREEN}), (ALL, {"department": "f3"}), (ALL, {"department": "f3", "open": True}),
    (ALL, {"department": "f3", "light": Light.RED}), (ALL, {"department": "nobody", "light": Light.RED}),
    (ALL, {"department": "f3", "state": "handling"}), (ALL, {"department": "f3", "late": True}),
    (ALL, {"department": "nobody", "late": True}), (ALL, {"late": True}), (ALL, {"late": False}),
    (ALL, {"area": "f"}), (ALL, {"area": "f3"}), (ALL, {"area": "f3_12"}), (ALL, {"area": "nowhere"}),
    (ALL, {"area": "f3", "open": True}), (ALL, {"area": "f3", "light": Light.RED}), (ALL, {"area": "f3", "state": "reported"}),
    (ALL, {"text": "暴露"}), (ALL, {"text": "龙舟"}), (ALL, {"text": "平安大街7号"}), (ALL, {"text": "暴露", "open": True}),
    (ALL, {"text": "暴露", "department": "nobody"}), (ALL, {"category": "0102", "scheme": "cjt214_2007"}),
    (ALL, {"category": "none"}), (ALL, {"category": "0102", "open": True}), (ALL, {"category": "0102", "light": Light.RED}),
    (ALL, {"category": "0102", "state": "reported"}), (ALL, {"source": "leader"}), (ALL, {"source": "nowhere"}),
    (ALL, {"source": "nowhere", "open": True}), (ALL, {"workflow": "hotline"}), (ALL, {"workflow": "none"}), (ALL, {"kind": "component"}),
    (ALL, {"external_no": "F1000000007"}), (ALL, {"source": "leader", "external_no": "F1000000007"}),
    (ALL, {"assignee": "nobody"}), (ALL, {"reported_from": NOW - timedelta(days=3)}),
    (ALL, {"reported_from": NOW - timedelta(days=302), "reported_to": NOW - timedelta(days=300)}),
    (ALL, {"ended_from": NOW - timedelta(days=302), "ended_to": NOW - timedelta(days=300)}),
    (ALL, {"tagged_duplicate": True}), (ALL, {"difficult": True}), (ALL, {"return_pending": True}),
    (ALL, {"request_pending": True}), (ALL, {"foreign_no": "nobody's"}), (OFFICE, {}), (OFFICE, {"open": True}), (OFFICE, {"light": Light.RED}),
    (OFFICE, {"state": "handling"}), (OFFICE, {"late": True}), (PERSON, {}), (PERSON, {"open": True}),
    (Scope(person="nobody"), {}),
]  # fmt: skip

Heard = tuple[str, tuple[Any, ...]]


@asynccontextmanager
async def heard(tx: AsyncConnection) -> AsyncIterator[list[Heard]]:
    """The statements that go through SQLAlchemy or straight to the driver meanwhile."""
    driver: asyncpg.Connection = (await tx.get_raw_connection()).driver_connection
    said: list[Heard] = []

    def hear(*told: Any) -> None:
        said.append((told[2], told[3]))

    event.listen(tx.sync_connection, "before_cursor_execute", hear)
    with driver.query_logger(lambda record: said.append((record.query, record.args))):
        yield said
    event.remove(tx.sync_connection, "before_cursor_execute", hear)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return _literal("{" + ",".join(json.dumps(str(one), ensure_ascii=False) for one in value) + "}")
    return "'" + str(value).replace("'", "''") + "'"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _touched(node: dict[str, Any]) -> float:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


_numbers = count()


async def explained(tx: AsyncConnection, statement: Heard) -> tuple[float, int, int, str]:
    """Milliseconds, blocks, rows that scans touched, and the scans; prepared, so that it is planned as always."""
    driver: asyncpg.Connection = (await tx.get_raw_connection()).driver_connection
    name = f"asked_{next(_numbers)}"
    await driver.execute(f"PREPARE {name} AS {statement[0]}")
    values = f"({', '.join(map(_literal, statement[1]))})" if statement[1] else ""
    for _ in range(2):  # the second time the cache is warm
        told = await driver.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name}{values}", timeout=300
        )
    plan = (json.loads(told) if isinstance(told, str) else told)[0]
    nodes = [*_nodes(plan["Plan"])]
    scans = [node for node in nodes if "Scan" in node["Node Type"] and not node.get("Plans")]
    used = dict.fromkeys(
        str(node.get("Index Name") or node.get("Relation Name")) for node in scans if node["Actual Loops"]
    )
    blocks = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return plan["Execution Time"], blocks, round(sum(map(_touched, scans))), ", ".join(used)


def _question(scope: Scope, wanted: dict[str, Any]) -> str:
    by = "" if scope.everything else f"{scope.parts or scope.person}: "
    return by + (", ".join(f"{name} {str(value)[:13]}" for name, value in wanted.items()) or "all")


async def plans(url: str) -> None:
    """The table of all questions."""
    engine = make_engine(url, "casehub")
    table = Table("question", "ms", "blocks", "rows", "rides on")

    async def add(tx: AsyncConnection, name: str, ask: Awaitable[Any]) -> None:
        async with heard(tx) as said:
            await ask
        for statement in said:
            if "FROM" in statement[0] and "pg_" not in statement[0]:
                spent, blocks, rows, used = await explained(tx, statement)
                table.add_row(name, f"{spent:,.1f}", f"{blocks:,}", f"{rows:,}", used)

    async with engine.begin() as tx:
        at = datetime.now(UTC)
        for scope, wanted in LISTS:
            await add(tx, _question(scope, wanted), list_cases(tx, scope, wanted, at, most=20))
        deep = {"after": 1_000_300_000, "most": 20}
        await add(tx, "all, far down", list_cases(tx, ALL, {}, at, **deep))
        reports = [
            Report(
                "event",
                "0102",
                "leader",
                lon=113 + n / 1e4,
                lat=33 + n / 1e4,
                external_no=f"F{10**9 + n}",
                area="f3",
            )
            for n in range(500)
        ]
        await add(tx, "a report", read_intake(tx, reports[:1], at, Nearness()))
        await add(tx, "500 reports", read_intake(tx, reports, at, Nearness()))
        await add(tx, "a case", find_case(tx, "F1000000007", ALL))
        await add(tx, "a case of mine", find_case(tx, "F1000000002", OFFICE))
    await engine.dispose()
    Console(width=150).print(table)


async def seed(port: int) -> None:
    """Some real cases, closed and in every state on the way."""
    client = await Connection.open(port, await furnish(port))
    for turn in range(60):
        await one_lifecycle(client, turn)
        _, case = await client.call("POST", "/v1/cases", report_body(1000 + turn))
        for action, form in lifecycle("d1")[: turn % 6]:
            await client.call("POST", f"/v1/cases/{case['case_no']}/actions/{action}", form)


def main() -> None:
    """Make the city, fill it, and ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000, help="closed cases")
    parser.add_argument("--open", type=int, default=50_000, help="open cases")
    options = parser.parse_args()
    with own_home() as folder:
        server = Server(folder, PORT)
        with start_embedded(folder) as database:
            asyncio.run(seed(PORT))
            server.stop()
            url = database.dsn_url.replace("+asyncpg", "")
            asyncio.run(fill(url, options.cases, options.open))
            asyncio.run(plans(url))


if __name__ == "__main__":
    main()
