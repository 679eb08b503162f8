"""The door of queues: look, count, claim, let go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casehub.deadlines.commands_claims import claim_tasks, release_tasks
from casehub.deadlines.lights import Light
from casehub.errors import Problem, Refusal
from casehub.people.actors import Actor
from casehub.queues import store
from casehub.queues.inboxes import DONE, FILTERED, NO_POST, inboxes_of
from casehub.storage.transaction import Tx
from casehub.workflow.commands import definition_of
from casehub.workflow.definition import Definition

#: A task of a queue, as its row with that of its case, and the workflow that names it.
Entry = tuple[Mapping[str, Any], Definition]


class NotInQueue(Problem):
    """This case has no task that you may do now, or somebody else has it in hand"""

    type, status, zh = "not-in-queue", 409, "该案件没有可由您办理的任务，或已被他人领取"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a queue; `ends_at` is the place to go on from, None on the last page."""

    entries: list[Entry]
    ends_at: store.Place | None
    empty_because: Refusal | None


async def _lain(tx: Tx, actor: Actor, wanted: Mapping[str, Any], at: datetime) -> list[list[Any]]:
    asked, inboxes = {**wanted, "by": actor.name}, inboxes_of(actor)
    named = {inbox.area for inbox in inboxes} | {wanted.get("area")}
    below = await store.read_below(tx, {code for code in named if code is not None})
    return [store.conditions(inbox, asked, below, at) for inbox in inboxes]


async def read_queue(
    tx: Tx, actor: Actor, wanted: Mapping[str, Any], at: datetime, *, after: store.Place | None = None, most: int = 50
) -> Page:  # fmt: skip
    """What the actor may do now, most urgent first.

    `wanted` narrows it: kind, area, department, category, light, claimed (`mine` or `free`), case_no.
    """
    lain = await _lain(tx, actor, wanted, at)
    if not lain:
        return Page([], None, NO_POST)
    rows = await store.read_queue(tx, lain, after=after, most=most + 1)
    told = await _told(tx, rows[:most])
    ends_at = _place(rows[most - 1]) if len(rows) > most else None
    empty = FILTERED if any(wanted.values()) else DONE
    return Page(told, ends_at, None if rows or after else empty)


def _place(row: Mapping[str, Any]) -> store.Place:
    return row["urgent_at"], row["case_id"], row["task_no"]


async def _told(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    return [(row, await definition_of(tx, row["workflow_digest"])) for row in rows]


async def count_queue(
    tx: Tx, actor: Actor, wanted: Mapping[str, Any], at: datetime
) -> dict[str, dict[str, int]]:
    """How many tasks of each kind show which light: {kind: {green, yellow, red, none}}; `none` has no deadline."""
    lain = await _lain(tx, actor, wanted, at)
    counted: dict[str, dict[str, int]] = {}
    for row in await store.count_queue(tx, lain, at) if lain else ():
        lights = counted.setdefault(row["kind"], dict.fromkeys((*map(str, Light), "none"), 0))
        lights[row["light"] or "none"] = row["tasks"]
    return dict(sorted(counted.items()))


async def claim(
    tx: Tx, actor: Actor, wanted: Mapping[str, Any], at: datetime, *, minutes: int, most: int = 1
) -> list[Entry]:
    """Take the most urgent tasks in hand that nobody else has, or take them again: for `minutes` from now.

    Of many who claim at once no two get the same task. Raises NotInQueue when the case that is `wanted` by its number
    has none.
    """
    until = at + timedelta(minutes=minutes)
    lain = await _lain(tx, actor, wanted, at)
    these = await claim_tasks(tx, lain, by=actor.name, at=at, until=until, most=most)
    if not these and wanted.get("case_no"):
        raise NotInQueue(wanted["case_no"])
    return await _told(tx, await store.read_tasks(tx, these)) if these else []


async def release(tx: Tx, actor: Actor, at: datetime, case_no: str | None = None) -> None:
    """Let go what the actor has in hand: of one case, or all. Nothing happens when there is nothing."""
    wanted = {"case_no": case_no}
    for lain in await _lain(tx, actor, wanted, at):
        await release_tasks(tx, lain, by=actor.name, at=at)


async def pulse(tx: Tx) -> str:
    """Something that differs once anything was written: while it is the same, no queue changed but by time."""
    return await store.read_pulse(tx)
