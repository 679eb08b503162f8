"""Rows sent as one JSON parameter, so that any number of them, for several tables, go in one statement."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import CTE, Table, Text, bindparam, cast, column, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSON, Insert, insert
from sqlalchemy.sql.selectable import TableValuedAlias


def packed(rows: Iterable[Any]) -> str:
    """Rows, mappings or dataclasses, as the parameter of `sent`; a column left out is null."""
    return orjson.dumps([*rows]).decode()


def sent(table: Table, parameter: str) -> TableValuedAlias:
    """The rows in `parameter`, typed as the table's."""
    rows = cast(bindparam(parameter, type_=Text), JSON)
    columns = (column(one.name, one.type) for one in table.columns)
    named = func.json_populate_recordset(literal_column(f"NULL::{table.name}"), rows)
    return named.table_valued(*columns, name=parameter)


def inserting(table: Table, parameter: str, *, returning: Sequence[str] = ()) -> CTE:
    """A part of a statement: insert the rows in `parameter`; other parts may read the columns it is `returning`.

    Columns with a default of the database are left to it.
    """
    names = [one.name for one in table.columns if one.server_default is None]
    rows = sent(table, parameter).columns
    statement = insert(table).from_select(names, select(*(rows[name] for name in names)))
    if returning:
        return statement.returning(*(table.c[name] for name in returning)).cte(f"new_{table.name}")
    return statement.cte(f"new_{table.name}")


def upserting(table: Table, columns: Sequence[str], key: Sequence[str]) -> Insert:
    """Insert the rows in the parameter `rows`, or set these columns of those that are there and differ.

    One statement, so that rows may refer to each other in any order. What the columns don't name stays.
    """
    rows = sent(table, "rows")
    names = [*key, *(name for name in columns if name not in key)]
    statement = insert(table).from_select(names, select(*(rows.c[name] for name in names)))
    said = {name: statement.excluded[name] for name in names if name not in key}
    if not said:
        return statement.on_conflict_do_nothing(index_elements=[*key])
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in said.items()))
    return statement.on_conflict_do_update(index_elements=[*key], set_=said, where=differs)
