"""The door of exchange: read a file with its mapping, and take its rows over as cases."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.cases.commands import (
    Desk,
    Histories,
    categories_of,
    count_cases,
    draw_numbers,
    flow_of,
    known_external,
    pack_histories,
    take_over,
)
from casehub.cases.problems import ActionRefused
from casehub.catalogue.commands import add_scheme
from casehub.departments.commands import add_departments, list_departments
from casehub.errors import Problem
from casehub.exchange.histories import WORKFLOW, Tally, category_rows, department_rows, history_of, placed
from casehub.exchange.mapping import Mapping, MappingInvalid, parse_mapping
from casehub.exchange.rows import Record, RowRejected, read_row
from casehub.people.actors import EVERYTHING
from casehub.storage.transaction import Tx
from casehub.workflow.commands import current_versions

#: Rows that one transaction takes over.
BATCH = 500

#: Under this name a row keeps the cells that have no column.
BEYOND = ""

Row = dict[str, Any]
Rejected = tuple[int, str, Row]


class FileUnreadable(Problem):
    """The file is not a CSV or XLSX with the columns that are needed"""

    type, status, zh = "file-unreadable", 422, "文件不是含所需各列的 CSV 或 XLSX"


class ColumnTwice(FileUnreadable):
    """The file names a column twice, so that it is not clear which one counts"""

    type, status, zh = "column-twice", 422, "文件表头列名重复，请只保留一列"


def load_mapping(name_or_path: str) -> Mapping:
    """A mapping that ships, by its name, or one in a file. Raises MappingInvalid."""
    folder = files("casehub.exchange").joinpath("mappings")
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise MappingInvalid(f"there is no file {name_or_path}")
        return parse_mapping(path.read_text(encoding="utf-8"))
    shipped = sorted(one.name.removesuffix(".yaml") for one in folder.iterdir())
    if name_or_path not in shipped:
        raise MappingInvalid(f"{name_or_path!r} is neither a .yaml file nor one of: {', '.join(shipped)}")
    return parse_mapping(folder.joinpath(f"{name_or_path}.yaml").read_text(encoding="utf-8"))


def read_file(path: Path, mapping: Mapping) -> Iterator[tuple[int, Row]]:
    """The rows of a file with the line each ends on, and the columns of its mapping. Raises FileUnreadable."""
    return read_rows(path, mapping.needed_columns())


def read_rows(path: Path, needed: Iterable[str]) -> Iterator[tuple[int, Row]]:
    """The rows of a file with the line each ends on; it has the columns that are needed. Raises FileUnreadable.

    Every row has every column of the header. Raises ColumnTwice when that is not clear.
    """
    try:
        lines = _read_sheet(path) if path.suffix.lower() == ".xlsx" else _read_csv(path)
        names = [str(cell or "") for cell in next(lines, (1, ()))[1]]
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            raise ColumnTwice(f"{path.name}:1 names the column {', '.join(twice)} twice: leave one of them")
        first = next(lines, None)
        if first is None:
            raise FileUnreadable(f"{path.name} has no rows")
        if lost := set(needed) - set(names):
            raise FileUnreadable(f"{path.name} has no column {', '.join(sorted(lost))}")
        for line, cells in chain([first], lines):
            yield line, _named(names, cells)
    except UnicodeDecodeError:
        raise FileUnreadable(f"{path.name} is not in UTF-8: save it as CSV UTF-8") from None
    except (OSError, csv.Error, BadZipFile, KeyError, ValueError) as error:
        raise FileUnreadable(f"{path.name}: {error}") from None


def _read_csv(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for cells in filter(None, reader):
            yield reader.line_num, cells


def _read_sheet(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
        yield from enumerate(book.worksheets[0].iter_rows(values_only=True), start=1)


def _named(names: Sequence[str], cells: Sequence[Any]) -> Row:
    """Cells by their columns; those that say something and have none are together under `BEYOND`."""
    both = [*zip_longest(names, cells)]
    row = {name: cell for name, cell in both if name}
    beyond = [cell for name, cell in both if not name and cell is not None and str(cell).strip()]
    return row | {BEYOND: beyond} if beyond else row


def read_records(
    rows: Iterable[tuple[int, Row]], mapping: Mapping, reject: Callable[[Rejected], None]
) -> Iterator[Record]:
    """The records of a file; rows that can't be read, or repeat an external number, are given to `reject`."""
    seen: dict[str, int] = {}
    for line, row in rows:
        try:
            record = read_row(mapping, line, row)
        except RowRejected as reason:
            reject((line, str(reason), row))
            continue
        if (first := seen.setdefault(record.external_no, line)) != line:
            reject((line, f"{record.external_no} was on line {first} already", row))
            continue
        yield record


def write_rejects(path: Path, rejected: list[Rejected]) -> None:
    """A CSV of the rows left out: line, reason, and the row as it was. Opens in a spreadsheet as it is."""
    names = list(rejected[0][2]) if rejected else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *names])
        for line, reason, row in sorted(rejected, key=lambda one: one[0]):
            writer.writerow([line, reason, *(row.get(name) for name in names)])


async def is_furnished(engine: AsyncEngine) -> bool:
    """Does the city have the workflow that imported cases follow?"""
    async with engine.connect() as tx:
        return WORKFLOW in await current_versions(tx)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a file, those of them that come over, and these as cases ready to be kept."""

    read: int
    already_there: int
    taken: list[Record]
    histories: Histories


async def import_records(
    engine: AsyncEngine,
    mapping: Mapping,
    records: Iterator[Record],
    desk: Desk,
    *,
    reject: Callable[[Rejected], None],
    tell: Callable[[int], None],
) -> Tally:
    """Take over all records, a batch a transaction; `tell` hears how many were kept or were there already.

    While the database writes one batch, the next is read and decided. A batch that fails ends the import.
    """
    tally = Tally()
    writing: asyncio.Task[None] | None = None
    try:
        while rows := [one async for one in _unhurried(islice(records, BATCH))]:
            batch = await decide_batch(engine, mapping, rows, desk, reject)
            if writing is not None:
                await writing
            writing = asyncio.create_task(_keep(engine, batch, tally, tell))
    finally:
        if writing is not None:
            await writing
    return tally


async def _unhurried(these: Iterable[Record]) -> AsyncIterator[Record]:
    """The same, with pauses in which the batch before is sent: it is more than a socket takes at once."""
    for place, one in enumerate(these):
        if place % 16 == 0:
            await asyncio.sleep(0)
        yield one


async def decide_batch(
    engine: AsyncEngine,
    mapping: Mapping,
    records: list[Record],
    desk: Desk,
    reject: Callable[[Rejected], None],
) -> Batch:
    """Records that are not there yet as full cases, as far as the engine lets them in. Keeps the source's codes."""
    async with engine.begin() as tx:
        there = await known_external(tx, mapping.source, [one.external_no for one in records])
        fresh = sorted(
            (one for one in records if one.external_no not in there), key=lambda one: one.created_at
        )
        fresh = placed(fresh, (await desk.atlas.now(tx)).locator)
        await _add_codes(tx, mapping, fresh)
        categories = await categories_of(tx, sorted({one.category.code for one in fresh}))
        flow = flow_of((await current_versions(tx))[WORKFLOW])
        numbers = iter(await draw_numbers(tx, [one.created_at for one in fresh], desk))
    taken, histories, reporters = [], [], {}
    async for record in _unhurried(fresh):
        case_id, case_no = next(numbers)
        category = categories[mapping.category.scheme, "event", record.category.code]
        try:
            histories.append(history_of(flow, mapping, record, category, case_id, case_no))
        except ActionRefused as refused:
            reasons = "; ".join(f"{one.field}: {one.en}" for one in refused.errors)
            reject((record.line, reasons, dict(record.row)))
            continue
        taken.append(record)
        if record.reporter:
            reporters[case_id] = record.reporter
    return Batch(len(records), len(there), taken, pack_histories(histories, reporters, desk.vault))


async def _keep(engine: AsyncEngine, batch: Batch, tally: Tally, tell: Callable[[int], None]) -> None:
    if batch.taken:
        async with engine.begin() as tx:
            await take_over(tx, batch.histories)
    tally.take(batch.taken)
    tally.already_there += batch.already_there
    tell(batch.read)


async def _add_codes(tx: Tx, mapping: Mapping, records: list[Record]) -> None:
    """The source's categories and departments; what the city has under the same code stays as it is."""
    await add_scheme(tx, mapping.category.scheme, mapping.category.name, category_rows(mapping, records))
    there = {row["department_code"] for row in await list_departments(tx)}
    rows = department_rows(mapping, records)
    await add_departments(tx, [row for row in rows if row["department_code"] not in there])


async def count_imported(tx: Tx, mapping: Mapping, tally: Tally, at: datetime) -> None:
    """Fill in what the city's own record says of this source: closed after due, and tagged duplicates by state."""
    mine = {"source": mapping.source}
    tally.late = await count_cases(tx, EVERYTHING, {**mine, "late": True}, at)
    for state in (await current_versions(tx))[WORKFLOW].states:
        wanted = {**mine, "tagged_duplicate": True, "state": state}
        if count := await count_cases(tx, EVERYTHING, wanted, at):
            tally.tagged[state] = count
