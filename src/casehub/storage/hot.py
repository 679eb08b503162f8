"""Statements of hot paths: compiled once, sent straight to the driver.

Such a statement costs 27 microseconds of this process, through SQLAlchemy 76 (tests/benchmarks, 2 cores). Parameters
and rows are the driver's own: JSON goes as text and comes as values.
"""

from collections.abc import Mapping
from typing import Any, cast

from asyncpg import Connection, Record
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from casehub.storage.transaction import Tx

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_BEGIN = text("SELECT 1")


class Hot:
    """One statement."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=_DIALECT))
        self._sql, self._names = str(compiled), tuple(compiled.positiontup or ())

    async def fetch(self, tx: Tx, values: Mapping[str, Any]) -> list[Record]:
        """Its rows. Raises asyncpg's own errors."""
        connection: Connection = (await tx.get_raw_connection()).driver_connection
        if not connection.is_in_transaction():
            await tx.execute(_BEGIN)  # SQLAlchemy begins with the first statement that goes through it
        rows: list[Record] = await connection.fetch(self._sql, *[values[name] for name in self._names])
        return rows
