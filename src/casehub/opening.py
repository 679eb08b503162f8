"""Opening a city: the database is up, its schema is as this version needs it, codes and workflows are loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

import casehub
from casehub.bulletins import tables as _bulletins
from casehub.campaigns import tables as _campaigns
from casehub.cases import tables as _cases
from casehub.cases.effects import CLOCKS, NEEDS
from casehub.cases.guards import GUARDS
from casehub.catalogue import commands as catalogue
from casehub.catalogue import tables as _catalogue
from casehub.clock import SimulatedClock, WallClock
from casehub.collectors import tables as _collectors
from casehub.deadlines import commands as deadlines
from casehub.deadlines import tables as _deadlines
from casehub.departments import tables as _departments
from casehub.departments import tables_duty as _duty
from casehub.errors import Problem
from casehub.events import tables as _events
from casehub.letters import commands as letters
from casehub.letters import flow as letter_flow
from casehub.letters import tables as _letters
from casehub.people import commands as people
from casehub.people import tables as _people
from casehub.places import commands as places
from casehub.places import tables as _places
from casehub.places import tables_roster as _roster
from casehub.rates import tables as _rates
from casehub.rates import tables_scores as _scores
from casehub.settings import Settings
from casehub.storage.embedded import default_home, is_made, start_embedded
from casehub.storage.metadata import metadata
from casehub.wire import tables as _wire
from casehub.workflow import commands as workflows
from casehub.workflow import tables as _workflow
from casehub.workflow.check import check
from casehub.workflow.definition import DefinitionError, Finding, parse_definition

_ROOMS = (
    _bulletins,
    _campaigns,
    _cases,
    _catalogue,
    _collectors,
    _deadlines,
    _departments,
    _duty,
    _events,
    _letters,
    _people,
    _places,
    _rates,
    _roster,
    _scores,
    _wire,
    _workflow,
)


class DatabaseTooOld(Problem):
    """casehub needs PostgreSQL 15 or newer"""

    type, status, zh = "database-too-old", 503, "需要 PostgreSQL 15 或更新版本"


def every_table() -> MetaData:
    """The metadata, with the tables of every room in it."""
    assert all(_ROOMS)
    return metadata


def shipped(folder: str) -> Path:
    """`workflows` or `migrations`: inside an installed wheel, or at the root of a checkout."""
    package = Path(casehub.__file__).parent
    inside = package / f"_{folder}"
    return inside if inside.is_dir() else package.parents[1] / folder


def home_of(settings: Settings) -> Path:
    """The folder of the embedded database and the photos."""
    return settings.home or default_home()


def has_city(settings: Settings) -> bool:
    """Is there a database to ask: one of your own, or an embedded one that was made before?"""
    return settings.database_url is not None or is_made(home_of(settings))


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of the city's database; without one of your own, the embedded server runs meanwhile."""
    if settings.database_url:
        yield settings.database_url
        return
    with start_embedded(home_of(settings)) as server:
        yield server.dsn_url


def _alembic(connection: Connection, schema: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    config.attributes.update(connection=connection, schema=schema)
    return config


async def migrate(engine: AsyncEngine, schema: str, revision: str = "head") -> None:
    """Bring the schema up, or with `revision` such as `-1` or `base` down. Creates the schema first."""

    def run(connection: Connection) -> None:
        if (connection.dialect.server_version_info or (0,)) < (15,):
            raise DatabaseTooOld
        config = _alembic(connection, schema)
        # Two processes that start at once migrate one after the other.
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:schema))"), {"schema": f"casehub {schema}"}
        )
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        down = revision.startswith("-") or revision == "base"
        (command.downgrade if down else command.upgrade)(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(run)


async def pending(engine: AsyncEngine, schema: str) -> bool:
    """Does the schema need `casehub migrate`?"""

    def run(connection: Connection) -> bool:
        heads = set(ScriptDirectory.from_config(_alembic(connection, schema)).get_heads())
        there = connection.execute(
            text("SELECT to_regclass(:t)"), {"t": f"{schema}.alembic_version"}
        ).scalar()
        if there is None:
            return True
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) != heads

    async with engine.connect() as connection:
        return await connection.run_sync(run)


def check_workflow(content: str, file: str) -> list[Finding]:
    """Every reason why a workflow file can't be used."""
    try:
        definition = parse_definition(content, file)
    except DefinitionError as error:
        return error.findings
    if definition.of == "letter":
        return check(definition, content, file, letter_flow.GUARDS, letter_flow.NEEDS, {})
    return check(definition, content, file, GUARDS, NEEDS, CLOCKS)


async def furnish(engine: AsyncEngine, settings: Settings, clock: WallClock) -> None:
    """Load what every city needs: its clock, a calendar, the standard codes, the shipped workflows, the administrator's key."""
    at = clock.now()
    async with engine.begin() as tx:
        await places.open_city(tx, simulated=isinstance(clock, SimulatedClock), at=at)
        await deadlines.open_calendar(tx, settings.timezone, at=at)
        await catalogue.load_standard(tx)
        await letters.open_ladder(tx, at)
        there = await workflows.current_versions(tx)
        for path in sorted(shipped("workflows").glob("*.yaml")):
            content = path.read_text(encoding="utf-8")
            # A city that has its own version keeps it; `casehub workflow load` changes it.
            if path.stem not in there:
                if findings := check_workflow(content, path.name):
                    raise DefinitionError(findings)
                await workflows.adopt(tx, content, at)
        if settings.admin_key:
            await people.ensure_admin(tx, settings.admin_key, at=at)
