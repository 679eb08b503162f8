"""The door of rates: keep facts and cells up to date, make them again, and prove that they are right."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from casehub.deadlines.commands import current_calendar
from casehub.events.chain import Event
from casehub.events.commands import histories_of
from casehub.rates import store
from casehub.rates.cells import Cell, Row, cells_of
from casehub.rates.counts import COUNTS, PLACE
from casehub.rates.facts import CaseCounts, Told, facts_of
from casehub.rates.periods import of_days
from casehub.rates.store import FactRow, State
from casehub.storage.transaction import Tx

#: Cases whose facts are made in one transaction.
MOST = 500
#: Days that are sealed in one transaction.
DAYS = 7


def made_by(tz: ZoneInfo) -> str:
    """What facts and cells depend on besides events: another table of counts, or zone, and they are made again."""
    names = " ".join(count.name for count in COUNTS)
    return hashlib.sha256(f"{names} {tz.key}".encode()).hexdigest()[:16]


async def keep_up(tx: Tx, at: datetime) -> bool:
    """One step of the worker: make the facts of cases that changed, else seal days that are over; whether there is more.

    Nothing where another worker is at it.
    """
    tz = (await current_calendar(tx)).tz
    state = await store.try_lock(tx)
    if state is None:
        return False
    if state.made_by != made_by(tz):
        await _forget(tx, tz)
        return True
    state, more = await _fold(tx, state, tz, MOST)
    if not more:
        state, more = await _seal(tx, state, at.astimezone(tz).date(), tz)
    return more


def _fresh(tz: ZoneInfo) -> State:
    return State(0, None, -1, made_by(tz))


async def _forget(tx: Tx, tz: ZoneInfo) -> None:
    await store.delete_cells(tx)
    await store.delete_facts(tx)
    await store.write_state(tx, _fresh(tz))


async def catch_up(tx: Tx) -> State:
    """Make the facts of every case that changed, so that an answer in this transaction leaves none out.

    Waits for a worker that is at it. Cells are as they were: an answer reads later days fact by fact.
    """
    tz = (await current_calendar(tx)).tz
    state = await store.read_state(tx)
    _, map_version, case_ids = await store.read_changed(tx, state.folded_xid, 1)
    if not case_ids and state.made_by == made_by(tz) and state.map_version == map_version:
        return state
    state = await store.read_state(tx, lock=True)
    if state.made_by != made_by(tz):
        await _forget(tx, tz)
        state = _fresh(tz)
    more = True
    while more:
        state, more = await _fold(tx, state, tz, MOST)
    return state


async def hold(tx: Tx) -> State:
    """As `catch_up`, and until the transaction ends nobody else makes facts or sums: what is asked with it is of one instant."""
    await store.read_state(tx, lock=True)
    return await catch_up(tx)


async def _fold(tx: Tx, state: State, tz: ZoneInfo, most: int) -> tuple[State, bool]:
    xmin, map_version, case_ids = await store.read_changed(tx, state.folded_xid, most)
    if map_version != state.map_version:
        state = await _follow_map(tx, state, map_version)
    if case_ids:
        await _tell(tx, state, case_ids, tz)
    more = len(case_ids) == most
    folded = replace(state, folded_xid=state.folded_xid if more else xmin)
    if folded != state:
        await store.write_state(tx, folded)
    return folded, more


async def _follow_map(tx: Tx, state: State, map_version: int) -> State:
    """Areas may lie elsewhere now; where one does that cells know, all cells are made again."""
    was, now = await store.read_places(tx), await store.read_coarse(tx)
    if was != now:
        await store.write_places(tx, now)
    if any(now.get(code) != place for code, place in was.items()):
        await store.delete_cells(tx)
        state = replace(state, sealed_to=None)
    return replace(state, map_version=map_version)


def told_of(events: Iterable[Event]) -> list[Told]:
    """Events as facts are read from them."""
    return [Told(event.action, event.at, orjson.loads(event.body)) for event in events]


def rows_of(case: CaseCounts) -> list[FactRow]:
    """The facts of a case as they are kept."""
    return [
        FactRow(
            fact.at, tuple(sorted(PLACE[name] for name in fact.counts)), case.area, case.category_id, case.source,
            case.workflow, fact.department, fact.person, fact.light, fact.task_no, fact.open, fact.exempt,
        )
        for fact in case.facts
    ]  # fmt: skip


async def _tell(tx: Tx, state: State, case_ids: Sequence[int], tz: ZoneInfo) -> None:
    """Make the facts of these cases what their events say, and the cells of sealed days with them."""
    told = await histories_of(tx, case_ids)
    kept = await store.read_facts(tx, case_ids)
    gone: list[tuple[int, int]] = []
    new: list[tuple[int, int, FactRow]] = []
    moved: list[tuple[FactRow, int]] = []
    for case_id, events in told.items():
        old, number = kept.get(case_id, {}), max(kept.get(case_id, {}), default=-1)
        missing = Counter(rows_of(facts_of(case_id, told_of(events))))
        for place, row in old.items():
            if missing[row]:
                missing[row] -= 1
            else:
                gone.append((case_id, place))
                moved.append((row, -1))
        for row in missing.elements():
            number += 1
            new.append((case_id, number, row))
            moved.append((row, 1))
    await store.write_facts(tx, gone, new, {case_id: len(events) for case_id, events in told.items()})
    if state.sealed_to is not None:
        await _add_cells(tx, moved, tz, state.sealed_to)


async def _add_cells(tx: Tx, moved: Sequence[tuple[FactRow, int]], tz: ZoneInfo, sealed_to: date) -> None:
    sealed = [(row, sign) for row, sign in moved if row.at.astimezone(tz).date() < sealed_to]
    codes = {row.area_code for row, _ in sealed if row.area_code is not None}
    places = await store.read_places(tx, codes) if codes else {}
    await store.write_cells(tx, cells_of([_row(row, places, tz, sign) for row, sign in sealed]))


def _row(row: FactRow, places: dict[str, str], tz: ZoneInfo, sign: int = 1) -> Row:
    area = row.area_code or ""
    values = (
        places.get(area, area), str(row.category_id), row.department_code or "", row.person_no or "", row.source,
        row.workflow, row.light or "", area,
    )  # fmt: skip
    return Row(row.at.astimezone(tz).date(), values, row.exempt, row.counts, sign)


async def _seal(tx: Tx, state: State, today: date, tz: ZoneInfo) -> tuple[State, bool]:
    """Make the cells of days that are over. What changes in them later is added to their cells."""
    first = state.sealed_to
    if first is None:
        earliest = await store.read_first(tx)
        if earliest is None:
            return state, False
        first = earliest.astimezone(tz).date()
    if first >= today:
        return state, False
    end = min(first + timedelta(days=DAYS), today)
    places = await store.read_places(tx)
    rows = await store.read_facts_of(tx, of_days(first, end, tz))
    await store.write_cells(tx, cells_of([_row(row, places, tz) for row in rows]))
    state = replace(state, sealed_to=end)
    await store.write_state(tx, state)
    return state, end < today


async def rebuild(tx: Tx, at: datetime, advance: Callable[[int], None]) -> None:
    """Make all facts and cells again, from the events; answers stay what they were until this is committed.

    `advance` is told of every so many cases that are done.
    """
    tz = (await current_calendar(tx)).tz
    await store.read_state(tx, lock=True)
    await _forget(tx, tz)
    state, more = _fresh(tz), True
    while more:
        state, more = await _fold(tx, state, tz, MOST)
        advance(MOST)
    await reseal(tx, at)


async def reseal(tx: Tx, at: datetime) -> None:
    """Make all cells again, from the facts: added up in memory, so that each is written once."""
    state, tz = await store.read_state(tx, lock=True), (await current_calendar(tx)).tz
    await store.delete_cells(tx)
    earliest, today, total = await store.read_first(tx), at.astimezone(tz).date(), _Sum()
    if earliest is None:
        return
    places, day = await store.read_places(tx), earliest.astimezone(tz).date()
    while day < today:
        end = min(day + timedelta(days=DAYS), today)
        total.take([_row(row, places, tz) for row in await store.read_facts_of(tx, of_days(day, end, tz))])
        day = end
    await store.write_new_cells(tx, total.cells())
    await store.write_state(tx, replace(state, sealed_to=day))


async def count_cases(tx: Tx) -> int:
    """How many cases there are."""
    return await store.count_cases(tx)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that rollups say and facts do not."""

    where: str
    kept: object
    true: object


async def verify(tx: Tx, advance: Callable[[int], None]) -> list[Difference]:
    """Compare facts with what the events say, and cells with the facts; every difference. Holds up the worker meanwhile."""
    state = await catch_up(tx)
    await store.read_state(tx, lock=True)
    tz = (await current_calendar(tx)).tz
    found, after = [], 0
    places, true_cells = await store.read_places(tx), _Sum()
    while case_ids := await store.read_case_ids(tx, after, MOST):
        told, kept = await histories_of(tx, case_ids), await store.read_facts(tx, case_ids)
        for case_id in case_ids:
            true = Counter(rows_of(facts_of(case_id, told_of(told[case_id]))))
            there = Counter(kept.get(case_id, {}).values())
            found += [Difference(f"case_id {case_id}", row, None) for row in (there - true).elements()]
            found += [Difference(f"case_id {case_id}", None, row) for row in (true - there).elements()]
            rows = [_row(row, places, tz) for row in true.elements()]
            true_cells.take(
                [row for row in rows if state.sealed_to is not None and row.day < state.sealed_to]
            )
        after = case_ids[-1]
        advance(len(case_ids))
    return found + true_cells.differences(await store.read_cells(tx))


class _Sum:
    """Cells added up in memory."""

    def __init__(self) -> None:
        self._cells: dict[tuple[Any, ...], list[int]] = {}
        self._waiting: list[Row] = []

    def take(self, rows: Iterable[Row]) -> None:
        """Add facts."""
        self._waiting += rows
        if len(self._waiting) > 200 * MOST:
            self._add()

    def _add(self) -> None:
        for cell in cells_of(self._waiting):
            self._cells[cell[:-1]] = _plus(self._cells.get(cell[:-1], []), cell.n)
        self._waiting = []

    def cells(self) -> Iterator[Cell]:
        """What they come to."""
        self._add()
        return (Cell._make((*key, n)) for key, n in self._cells.items() if n)

    def differences(self, kept: Iterable[Cell]) -> list[Difference]:
        """Where cells that are kept are not what they come to."""
        true: dict[tuple[Any, ...], list[int]] = {cell[:-1]: cell.n for cell in self.cells()}
        there: dict[tuple[Any, ...], list[int]] = {cell[:-1]: _plus(cell.n, []) for cell in kept}
        names = sorted({*there, *true}, key=str)
        return [
            Difference(f"cell {key}", there.get(key), true.get(key))
            for key in names
            if there.get(key) != true.get(key)
        ]


def _plus(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The sum of two cells, zeros at the end left out."""
    total = [a + b for a, b in zip_longest(one, other, fillvalue=0)]
    while total and not total[-1]:
        total.pop()
    return total
