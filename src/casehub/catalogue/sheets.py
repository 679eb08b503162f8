"""Limit tables as files: rows of cells in, and what a table changes told line by line."""

import csv
from collections.abc import Iterator, Mapping
from typing import Any

from casehub.catalogue.conditions import Changes, FilingCondition, TableRow
from casehub.catalogue.limits import DEFAULT_CLASS, LimitStep, read_cell, tell_cell
from casehub.catalogue.standard import category_row

#: Columns that a limit table has; `closing_condition` and `source` may be there too, any others are not read.
COLUMNS = frozenset({"scheme", "kind", "code", "condition", "description", "time_class", "limit"})


def table_row(cells: Mapping[str, Any]) -> TableRow | None:
    """The row of these cells; None for a row in which nothing is written."""
    said = {name: " ".join(str(cell).split()) for name, cell in cells.items() if cell is not None}
    if not any(said.values()):
        return None
    plain = {name: said.get(name, "") for name in COLUMNS - {"time_class", "limit"}}
    return TableRow(
        **plain, time_class=said.get("time_class") or DEFAULT_CLASS, limit=read_cell(said.get("limit", "")),
        closing_condition=said.get("closing_condition") or None, source=said.get("source") or None,
    )  # fmt: skip


def example_table(text: str) -> tuple[list[dict[str, Any]], list[TableRow]]:
    """The categories that the example city's table names, and its rows. Source: reference 4.6, 4.7."""
    cells = [*csv.DictReader(text.splitlines())]
    categories = {
        (one["kind"], one["code"]): category_row(
            one["scheme"], one["kind"], major=one["code"][:2], major_name=one["major_name"], minor=one["code"][2:],
            name=one["name"], status=one["status"],
        )
        for one in cells
    }  # fmt: skip
    return [*categories.values()], [row for one in cells if (row := table_row(one)) is not None]


def tell_changes(changes: Changes) -> Iterator[str]:
    """A line for each limit and each word that a table changes: `+` added, `~` changed, `-` taken away."""
    for one in changes.removed:
        yield f"- {_named(one)} {one.description}"
    for one in changes.added:
        for name, steps in one.limits.items():
            yield f"+ {_named(one)} {one.description} [{name}] {tell_cell(steps)}"
    for before, after in changes.changed:
        for field in ("description", "closing_condition", "source"):
            old, new = getattr(before, field), getattr(after, field)
            if old != new:
                yield f"~ {_named(after)} {field}: {old or 'none'} -> {new or 'none'}"
        for name in sorted({*before.limits, *after.limits}):
            if before.limits.get(name) != after.limits.get(name):
                yield f"~ {_named(after)} [{name}] {_cell(before, name)} -> {_cell(after, name)}"


def _named(one: FilingCondition) -> str:
    return f"{one.scheme} {one.kind} {one.code} {one.condition}"


def _cell(one: FilingCondition, time_class: str) -> str:
    steps: tuple[LimitStep, ...] | None = one.limits.get(time_class)
    return tell_cell(steps) if steps else "none"
