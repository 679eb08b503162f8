"""The door of the watch: clocks that are due strike, and deadlines are counted anew when a city wants it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from casehub.cases import store, store_watch
from casehub.cases.commands import flow_of
from casehub.cases.facts import CaseFacts, Decision
from casehub.cases.rules import Moved, decide_recompute, decide_strikes
from casehub.deadlines.commands import calendars_for, keep_alerts
from casehub.deadlines.stopwatch import Calendars
from casehub.storage.transaction import Tx
from casehub.workflow.commands import definition_of


class StrikeFailed(Exception):  # noqa: N818 - what happened, to one case
    """The rules raised for one case; its cause says what."""

    def __init__(self, case: CaseFacts) -> None:
        super().__init__(f"case {case.case_no} could not be struck")
        self.case_id = case.case_id


async def strike_due(tx: Tx, at: datetime, *, most: int, skipped: Collection[int] = ()) -> int:
    """Let the clocks strike that are due at `at`, of at most `most` tasks, the earliest first; how many cases were due.

    Locks the cases; those that somebody holds, and those `skipped`, are passed over. Raises StrikeFailed, and then
    nothing of this batch may be kept.
    """
    due = await store_watch.read_due(tx, at, most, skipped)
    if not due:
        return 0
    calendars = await calendars_for(tx, (task for case in due for task in case.tasks))
    told = [one for case in due for one in await _struck(tx, case, calendars, at)]
    if told:
        await store.write_decisions(tx, told)
    if alerts := [row for decision in told for row in _alerts(decision)]:
        await keep_alerts(tx, alerts)
    return len(due)


async def _struck(tx: Tx, case: CaseFacts, calendars: Calendars, at: datetime) -> list[Decision]:
    flow = flow_of(await definition_of(tx, case.workflow_digest))
    try:
        return decide_strikes(flow, case, at=at, calendars=calendars)
    except Exception as error:
        # One bad case must not stop the city: who called passes over it and goes on.
        raise StrikeFailed(case) from error


def _alerts(decision: Decision) -> list[dict[str, Any]]:
    said = decision.body["form"]
    if decision.action != "alert":
        return []
    key = {"case_id": decision.case.case_id, "task_no": said["task_no"], "round": said["round"]}
    return [{**key, "rung": rung, "at": decision.at, "seq": decision.case.version} for rung in said["rungs"]]


async def recompute_deadlines(
    tx: Tx, *, after: int, most: int, at: datetime
) -> tuple[int | None, Sequence[Moved]]:
    """Count deadlines given by an earlier calendar by the current one: the id to go on from (None at the end), and
    which deadlines moved. Whoever only wants to see them rolls back. Raises CalendarEnds.
    """
    calendars = await calendars_for(tx, ())
    found = await store_watch.read_counted_before(tx, calendars.current.version, after, most)
    moved: list[Moved] = []
    decisions = []
    for case in found:
        kept = await calendars_for(tx, case.tasks)
        flow = flow_of(await definition_of(tx, case.workflow_digest))
        decision, changes = decide_recompute(flow, case, at=at, calendars=kept)
        if decision is not None:
            decisions.append(decision)
            moved += changes
    if decisions:
        await store.write_decisions(tx, decisions)
    return (found[-1].case_id if len(found) == most else None), moved
