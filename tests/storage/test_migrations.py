"""Migrations up, down and up again on a filled city, and what they make is what tables.py says."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.cast import City, desk_of

from casehub import opening

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), opening.every_table()))


async def _shape(city: City) -> list[Any]:
    columns = await city.sql(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = current_schema() ORDER BY 1, 2"
    )
    indexes = await city.sql(
        "SELECT replace(indexdef, schemaname, '') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
    )
    rules = await city.sql(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2"
    )
    return [tuple(row) for rows in (columns, indexes, rules) for row in rows]


async def test_the_migrations_make_what_the_tables_say(city: City) -> None:
    async with city.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_filled_city_goes_down_and_up_again(city: City, tmp_path: Path) -> None:
    async with desk_of(city, tmp_path) as desk:
        await desk.case_in("closed", reporter={"name": "甲"}, area="east1")
    before = await _shape(city)
    assert await opening.pending(city.engine, city.schema) is False
    await opening.migrate(city.engine, city.schema, "base")
    left = await city.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S')"
    )
    assert [row.relname for row in left] == ["alembic_version"]
    assert await opening.pending(city.engine, city.schema) is True
    await opening.migrate(city.engine, city.schema)
    assert await _shape(city) == before
    await opening.furnish(city.engine, city.settings, city.clock)
    await opening.migrate(city.engine, city.schema, "-1")
    await opening.migrate(city.engine, city.schema)
    assert await _shape(city) == before


async def test_two_who_start_at_once_migrate_one_after_the_other(make_city: Any) -> None:
    import asyncio

    city = await make_city(cast=False)
    await opening.migrate(city.engine, city.schema, "base")
    await asyncio.gather(*(opening.migrate(city.engine, city.schema) for _ in range(3)))
    await asyncio.gather(*(opening.furnish(city.engine, city.settings, city.clock) for _ in range(3)))
    assert (await city.counts())["city"] == 1


async def test_a_migration_that_fails_leaves_nothing_behind(
    make_city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = await make_city(cast=False)
    await opening.migrate(city.engine, city.schema, "base")
    # A table in the way of the last one that the migration makes.
    await city.sql("CREATE TABLE tasks (x int)")
    with pytest.raises(Exception, match="tasks"):
        await opening.migrate(city.engine, city.schema)
    async with city.engine.connect() as tx:
        made = await tx.execute(text("SELECT to_regclass('cases')"))
        assert made.scalar() is None


async def test_limits_survive_the_way_to_limit_tables_and_back(city: City) -> None:
    since = [one for one in VERSIONS.glob("0*.py") if one.name > "0003"]
    before = f"-{len(since)}"
    row = "SELECT category_id, 'c1', 'x', '2 work_day' FROM categories WHERE code = '0102' LIMIT 1"
    await opening.migrate(city.engine, city.schema, before)
    await city.sql(f'INSERT INTO filing_conditions (category_id, condition, description, "limit") {row}')
    await opening.migrate(city.engine, city.schema)
    kept = await city.sql("SELECT condition, time_class, steps FROM condition_limits")
    step = {"step": "done", "title": "处置完毕", "title_en": "Done", "limit": "2 work_day"}
    assert [tuple(one) for one in kept] == [("c1", "-", [step])]
    more = """[{"step": "stop", "limit": "4 work_hour"}, {"step": "done", "limit": "9 work_day"}]"""
    await city.sql(
        "INSERT INTO condition_limits SELECT category_id, condition, 'A', steps FROM condition_limits"
    )
    await city.sql(f"UPDATE condition_limits SET steps = CAST('{more}' AS jsonb) WHERE time_class = '-'")
    await opening.migrate(city.engine, city.schema, before)
    back = await city.sql('SELECT condition, "limit" FROM filing_conditions')
    assert [tuple(one) for one in back] == [("c1", "9 work_day")]
