"""Fills a city with cases: copies of real ones with their whole histories, spread over place, time, class and office.

Only for a city that is thrown away: meanwhile nothing is durable, and keys and indexes are away to be built once.
"""

import asyncio
from collections.abc import Iterable

import asyncpg

TABLES = ("cases", "case_events", "tasks")
#: Ids of copies begin here, far above those of the city.
FIRST = 1_000_000_000
DEPARTMENTS, DISTRICTS, STREETS = 20, 10, 100

_HASTY = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "16GB"}
_PLACES = f"""
    INSERT INTO casehub.departments (department_code, name, kind)
        SELECT 'f' || n, '部门' || n, 'bureau' FROM generate_series(1, {DEPARTMENTS}) AS n ON CONFLICT DO NOTHING;
    INSERT INTO casehub.areas (area_code, name, kind) VALUES ('f', '城区', 'city') ON CONFLICT DO NOTHING;
    INSERT INTO casehub.areas (area_code, name, kind, parent_code)
        SELECT 'f' || n, '区' || n, 'district', 'f' FROM generate_series(1, {DISTRICTS}) AS n ON CONFLICT DO NOTHING;
    INSERT INTO casehub.areas (area_code, name, kind, parent_code)
        SELECT 'f' || 1 + n % {DISTRICTS} || '_' || n, '街道' || n, 'subdistrict', 'f' || 1 + n % {DISTRICTS}
        FROM generate_series(1, {STREETS}) AS n ON CONFLICT DO NOTHING;
"""
# Closed long ago: all instants of a copy lie as far back as those of its events and tasks.
_BACK = "(n % 500 + 1) * interval '1 day' + n * 7919 % 86400 * interval '1 second'"
_LON, _LAT = "113 + n * 37 % 100003 / 1e5", "33 + n * 91 % 100019 / 1e5"
# As duplicates.spot_of counts.
_SPOT = (
    f"((((s.reported_at - {_BACK}) AT TIME ZONE 'UTC')::date - date '0001-01-01' + 1)::bigint * 180000"
    f" + floor(({_LAT}) * 1000)::bigint) * 360000 + floor(({_LON}) * 1000)::bigint"
)
_DEPARTMENT = f"CASE WHEN s.department_code IS NOT NULL THEN 'f' || 1 + n % {DEPARTMENTS} END"
_COPIED = {
    "cases": {
        "case_id": "n", "case_no": "'F' || n", "lon": _LON, "lat": _LAT, "spot": _SPOT, "external_no": "'F' || n",
        "category_id": "(SELECT array_agg(category_id) FROM casehub.categories)[1 + n % 50]",
        "department_code": _DEPARTMENT, "reported_by": "'f' || n % 500",
        "area_code": f"'f' || 1 + n % {STREETS} % {DISTRICTS} || '_' || nullif(n % {STREETS}, 0)",
    },
    "case_events": {"case_id": "n"},
    "tasks": {
        "case_id": "n", "department_code": _DEPARTMENT,
        # One handling in six was late.
        "due_at": f"CASE WHEN n % 6 = 0 AND s.kind = 'handle' THEN s.finished_at - interval '1 hour' ELSE s.due_at END - {_BACK}",
    },
}  # fmt: skip
_INSTANTS = ("reported_at", "ended_at", "at", "entered_at", "running_since", "original_due_at", "finished_at")
# Open ones are of this month, and one in four is overdue.
_OPEN_BACK = "n % 30 * interval '1 day'"
_OPEN_DUE = "CASE WHEN s.due_at IS NOT NULL THEN now() + (n % 96 - 24) * interval '1 hour' END"
_OPEN = {"due_at": _OPEN_DUE, "yellow_at": f"{_OPEN_DUE} - interval '2 hours'"}

_KEYS = """
    SELECT conrelid::regclass::text AS place, conname AS name, contype::text AS kind, pg_get_constraintdef(oid) AS said
    FROM pg_constraint WHERE contype IN ('f', 'p', 'u')
        AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
"""
_INDEXES = """
    SELECT 'casehub.' || tablename AS place, indexname AS name, indexdef AS said FROM pg_indexes
    WHERE schemaname = 'casehub' AND tablename = ANY($1) AND indexname <> ALL($2)
"""


async def fill(url: str, closed: int, still_open: int = 0) -> None:
    """Add copies of closed cases, and of open ones in every state there is."""
    connections = [await asyncpg.connect(url) for _ in TABLES]
    first = connections[0]
    for name, value in _HASTY.items():
        await first.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await first.execute("SELECT pg_reload_conf()")
    await first.execute(_PLACES)
    seeds = await first.fetchval("SELECT array_agg(case_id) FROM casehub.cases WHERE state = 'closed'")
    open_seeds = await first.fetchval(
        "SELECT array_agg(case_id) FROM (SELECT DISTINCT ON (state) case_id FROM casehub.cases WHERE ended_at IS NULL) AS s"
    )
    columns = {table: await _columns(first, table) for table in TABLES}
    rebuilt = await _strip(first)
    for connection in connections:
        await connection.execute("SET maintenance_work_mem = '1GB'; SET search_path = casehub")

    async def grow(connection: asyncpg.Connection, table: str) -> None:
        await _copy(connection, table, columns[table], seeds[:50], range(FIRST, FIRST + closed))
        span = range(FIRST + closed, FIRST + closed + still_open)
        await _copy(connection, table, columns[table], open_seeds or seeds[:1], span, ended=False)
        await _run(connection, rebuilt[table])

    await asyncio.gather(
        *(grow(connection, table) for connection, table in zip(connections, TABLES, strict=True))
    )
    await _run(first, rebuilt["keys"])
    await _run(first, [f"ALTER SYSTEM RESET {name}" for name in _HASTY])
    await _run(first, ["SELECT pg_reload_conf()", "VACUUM ANALYZE", "CHECKPOINT"])
    for connection in connections:
        await connection.close()


async def _columns(connection: asyncpg.Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
        f"casehub.{table}",
    )
    return [row["name"] for row in rows]


async def _strip(connection: asyncpg.Connection) -> dict[str, list[str]]:
    """Take keys and indexes away; the statements that bring them back, by table, foreign keys last."""
    keys = await connection.fetch(_KEYS, [f"casehub.{table}" for table in TABLES])
    indexes = await connection.fetch(_INDEXES, [*TABLES], [key["name"] for key in keys])
    foreign = [key for key in keys if key["kind"] == "f"]
    own = [key for key in keys if key["kind"] != "f"]
    for key in [*foreign, *own]:
        await connection.execute(f'ALTER TABLE {key["place"]} DROP CONSTRAINT "{key["name"]}"')
    for index in indexes:
        await connection.execute(f'DROP INDEX casehub."{index["name"]}"')
    back = {table: [_adding(key) for key in own if key["place"] == f"casehub.{table}"] for table in TABLES}
    for index in indexes:
        back[index["place"].removeprefix("casehub.")].append(index["said"])
    return back | {"keys": [_adding(key) for key in foreign]}


def _adding(key: asyncpg.Record) -> str:
    return f'ALTER TABLE {key["place"]} ADD CONSTRAINT "{key["name"]}" {key["said"]}'


async def _copy(
    connection: asyncpg.Connection,
    table: str,
    columns: list[str],
    seeds: list[int],
    ids: range,
    *,
    ended: bool = True,
) -> None:
    back = _BACK if ended else _OPEN_BACK
    said = {name: f"s.{name} - {back}" for name in _INSTANTS} | _COPIED[table] | ({} if ended else _OPEN)
    values = ", ".join(said.get(name, f's."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    await connection.execute(
        f"INSERT INTO casehub.{table} ({names}) SELECT {values} FROM generate_series({ids.start}::bigint, {ids.stop - 1}) AS n"
        f" JOIN casehub.{table} AS s ON s.case_id = (ARRAY{seeds}::bigint[])[1 + n % {len(seeds)}]",
        timeout=3600,
    )


async def _run(connection: asyncpg.Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        await connection.execute(statement, timeout=3600)
