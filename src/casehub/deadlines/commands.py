"""The door of deadlines: reading and keeping tasks, and the working calendar they are counted with."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from casehub.deadlines import store
from casehub.deadlines.calendar import Calendar
from casehub.deadlines.claims import Claim
from casehub.deadlines.problems import CalendarChanged
from casehub.deadlines.revisions import from_content, to_content
from casehub.deadlines.stopwatch import Calendars, Task
from casehub.storage.sent import packed
from casehub.storage.transaction import Tx

#: A part of the statement that stores a decision: keep the `tasks_now` it is given (see `packed_tasks`).
KEEPING = store.KEEPING


def packed_tasks(now: Mapping[tuple[int, int], Task], areas: Mapping[int, str | None]) -> str:
    """Tasks by (case_id, task_no) for `KEEPING`, with the areas of their cases. The caller holds the lock of these."""
    return packed(store.row_of(case_id, areas[case_id], task) for (case_id, _), task in now.items())


async def tasks_of(tx: Tx, case_ids: Collection[int]) -> dict[int, tuple[Task, ...]]:
    """The tasks of these cases, oldest first."""
    return await store.read_tasks(tx, case_ids)


async def tasks_and_claims_of(tx: Tx, case_id: int) -> tuple[tuple[Task, ...], tuple[Claim, ...]]:
    """The tasks of a case, oldest first, and the claims on its open ones."""
    return await store.read_tasks_and_claims(tx, case_id)


async def alerts_of(tx: Tx, case_id: int) -> list[dict[str, Any]]:
    """The alerts that the clocks of a case have given, oldest first: {task_no, rung, at}."""
    return await store.read_alerts(tx, case_id)


async def keep_alerts(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember alerts: {case_id, task_no, round, rung, at, seq}. Each rung of a round is claimed once, by this insert."""
    await store.write_alerts(tx, rows)


async def current_calendar(tx: Tx) -> Calendar:
    """The calendar by which deadlines are counted now; one object for each version, compiled once in a process."""
    return (await calendars_for(tx, ())).current


async def calendars_for(tx: Tx, tasks: Iterable[Task]) -> Calendars:
    """The current calendar, and the versions that the deadlines of these tasks were counted with."""
    told = (one for task in tasks for one in (task.calendar, *(entry.calendar for entry in task.ledger)))
    rows = await store.read_calendars(tx, {version for version in told if version is not None})
    assert rows, "furnish the city first"
    kept = {version: from_content(version, content) for version, content in rows}
    return Calendars(kept[rows[-1][0]], kept)


async def change_calendar(
    tx: Tx,
    change: Callable[[Calendar], Calendar],
    *,
    note: str,
    by: str,
    at: datetime,
    seen: int | None = None,
) -> Calendar:
    """Make the next version; deadlines already given stay. A change that changes nothing makes none.

    Changes come one after the other. Raises CalendarChanged when `seen` is no longer current, and what `change` raises.
    """
    await store.lock_calendars(tx)
    calendar = await current_calendar(tx)
    if seen is not None and seen != calendar.version:
        raise CalendarChanged(version=calendar.version)
    changed = change(calendar)
    if changed.version != calendar.version:
        await _keep(tx, changed, note=note, by=by, at=at)
    return changed


async def _keep(tx: Tx, calendar: Calendar, *, note: str, by: str, at: datetime) -> None:
    row = {
        "version": calendar.version,
        "content": to_content(calendar),
        "made_at": at,
        "made_by": by,
        "note": note,
    }
    await store.write_calendar(tx, row)


async def open_calendar(tx: Tx, zone: str, *, at: datetime) -> None:
    """Give a city its first calendar; one that is there stays, whatever zone it has."""
    if not await store.read_calendars(tx, ()):
        await store.lock_calendars(tx)
        if not await store.read_calendars(tx, ()):
            await _keep(tx, Calendar(zone=zone), note="the usual hours", by="system", at=at)


async def list_versions(tx: Tx) -> list[dict[str, Any]]:
    """Every version, newest first: {version, made_at, made_by, note}."""
    return await store.read_versions(tx)
