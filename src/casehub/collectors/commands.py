"""The door of what devices bring from offline work."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from casehub.cases.commands import Desk, act, report_case
from casehub.cases.reports import Report
from casehub.collectors import store
from casehub.collectors.problems import ItemBarred, ItemReused, TooManyWaiting
from casehub.collectors.store import Stored
from casehub.collectors.sync import (
    MOST_WAITING,
    Around,
    Item,
    Lacking,
    Line,
    Settled,
    Status,
    barred,
    circle,
    lacking,
)
from casehub.errors import Problem
from casehub.people.actors import Actor, scope_of
from casehub.storage.transaction import Tx
from casehub.wire.problems import problem_body


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item: `outcome` is the case or the problem; `lacks` is what it waits for."""

    item_id: str
    status: Status
    outcome: Mapping[str, Any] | None
    lacks: Lacking | None


def item_of(body: Mapping[str, Any]) -> Item:
    """An item from its body as it is kept."""
    return Item(
        body["id"], datetime.fromisoformat(body["observed_at"]), body["after"],
        tuple((one["sha256"], one["kind"]) for one in body["photos"]),
        **{name: body.get(name) for name in ("report", "case_no", "report_id", "action", "form")},
    )  # fmt: skip


async def sync(
    tx: Tx, bodies: Sequence[Mapping[str, Any]], *, by: Actor, at: datetime, desk: Desk
) -> list[Answer]:
    """Take items that a device made, and do what has become possible; what became of each, in their order.

    One that came before gives its first outcome; the same id with another body is refused and changes nothing, and so
    is what would wait beyond `MOST_WAITING`.
    """
    await store.lock_owner(tx, by.name)
    kept = {one: item.body for one, item in (await store.read_items(tx, by.name, _ids(bodies))).items()}
    fresh: dict[str, Mapping[str, Any]] = {}
    for body in bodies:
        if body["id"] not in kept:
            fresh[body["id"]] = kept[body["id"]] = body
    if fresh:
        row = {"owner": by.name, "status": Status.WAITING, "received_at": at}
        await store.write_items(tx, [{**row, "item_id": one, "body": body} for one, body in fresh.items()])
    left = await _settle(tx, by, at, desk)
    # Of a delivery that fills the line the last ones are not kept; what sets others going never waits.
    over = max(len(left) - MOST_WAITING, 0)
    if beyond := [one for one in reversed(fresh) if one in left][:over]:
        await store.delete_items(tx, by.name, beyond)
    known = await store.read_items(tx, by.name, _ids(bodies))
    told = {one.item_id: one for one in await _answers(tx, by.name, known.values())}
    told |= {one: _untaken(one, TooManyWaiting(most=MOST_WAITING)) for one in beyond}
    return [
        _untaken(body["id"], ItemReused(body["id"])) if kept[body["id"]] != body else told[body["id"]]
        for body in bodies
    ]


def _ids(bodies: Sequence[Mapping[str, Any]]) -> set[str]:
    return {body["id"] for body in bodies}


async def photo_arrived(tx: Tx, by: Actor, at: datetime, desk: Desk) -> None:
    """Somebody brought a photo: do what waited for it."""
    await store.lock_owner(tx, by.name)
    await _settle(tx, by, at, desk)


async def open_items(tx: Tx, owner: str, *, after: int | None, most: int) -> tuple[list[Answer], int | None]:
    """A page of what waits and what was refused, newest first, and where to go on."""
    found = await store.read_open(tx, owner, after, most + 1)
    ended = found[most - 1].received_no if len(found) > most else None
    return await _answers(tx, owner, found[:most]), ended


async def _answers(tx: Tx, owner: str, those: Iterable[Stored]) -> list[Answer]:
    kept = [*those]
    waiting = {one.item_id: item_of(one.body) for one in kept if one.status is Status.WAITING}
    around = await _around(tx, owner, waiting.values())
    return [
        Answer(one.item_id, one.status, one.outcome, None)
        if one.item_id not in waiting
        else Answer(one.item_id, one.status, None, lacking(waiting[one.item_id], around))
        for one in kept
    ]


def _untaken(item_id: str, why: Problem) -> Answer:
    return Answer(item_id, Status.REFUSED, _told(why), None)


async def _around(tx: Tx, owner: str, items: Iterable[Item]) -> Around:
    those = [*items]
    photos, before = (
        {name for one in those for name in one.photos},
        {name for one in those for name in one.items},
    )
    return Around(
        await store.read_photos(tx, owner, photos) if photos else {},
        await store.read_settled(tx, owner, before) if before else {},
    )


async def _settle(tx: Tx, by: Actor, at: datetime, desk: Desk) -> Collection[str]:
    """Settle all that has become possible, what was seen first before what was seen later; what still waits."""
    numbers = {one.item_id: one for one in await store.read_waiting(tx, by.name)}
    waiting = [item_of(kept.body) for kept in numbers.values()]
    around = await _around(tx, by.name, waiting)
    settled = dict(around.settled)
    around = Around(around.photos, settled, circle(waiting))
    line = Line(waiting, around)
    while (item := line.next()) is not None:
        status, case_no, outcome = await _do(tx, item, around, by=by, at=at, desk=desk)
        settled[item.item_id] = Settled(case_no)
        line.settled(item)
        number = numbers[item.item_id].received_no
        await store.write_outcome(tx, number, status, case_no=case_no, outcome=outcome, at=at)
    return line.waiting


async def _do(
    tx: Tx, item: Item, around: Around, *, by: Actor, at: datetime, desk: Desk
) -> tuple[Status, str | None, dict[str, Any]]:
    try:
        if (why := barred(item, around)) is not None:
            raise ItemBarred(errors=[why])
        # What a refused item began is undone; the items around it stay.
        async with tx.begin_nested():
            told = await (_report if item.report is not None else _act)(
                tx, item, around, by=by, at=at, desk=desk
            )
    except Problem as problem:
        return Status.REFUSED, None, _told(problem)
    return Status.APPLIED, told["case_no"], told


def _told(problem: Problem) -> dict[str, Any]:
    """A problem in both languages: who reads it may ask in another than who sent the item."""
    told = {"en": problem_body(problem, zh=False), "zh": problem_body(problem, zh=True)}
    return dict(orjson.loads(orjson.dumps(told, default=str)))


async def _report(
    tx: Tx, item: Item, around: Around, *, by: Actor, at: datetime, desk: Desk
) -> dict[str, Any]:
    assert item.report is not None
    photos = tuple(around.photos[one] for one in item.photos)
    report = Report(**item.report, photos=photos, observed_at=item.observed_at)
    outcome = await report_case(tx, report, by=by, at=at, desk=desk)
    assert outcome.case is not None
    case = outcome.case
    told = {
        "case_no": case.case_no, "state": case.state, "version": case.version, "candidates": list(outcome.candidates),
    }  # fmt: skip
    return dict(orjson.loads(orjson.dumps(told)))


async def _act(
    tx: Tx, item: Item, around: Around, *, by: Actor, at: datetime, desk: Desk  # noqa: ARG001 - as `_report`
) -> dict[str, Any]:  # fmt: skip
    case_no = item.case_no or around.settled[str(item.report_id)].case_no
    form = {**(item.form or {}), "observed_at": item.observed_at}
    if item.photos:
        form["photos"] = [around.photos[one] for one in item.photos]
    case, _ = await act(tx, str(case_no), str(item.action), form, by=by, scope=scope_of(by), at=at)
    return {"case_no": case.case_no, "state": case.state, "version": case.version, "candidates": []}
