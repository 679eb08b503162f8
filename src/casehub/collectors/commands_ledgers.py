"""The door of the ledgers: spot checks, missed and false reports, figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.cases.assignment import on_shift
from casehub.cases.commands import find_case
from casehub.cases.commands_roster import collectors_at
from casehub.cases.reports import seen_in_future
from casehub.collectors import store_ledgers as store
from casehub.collectors.figures import Figures, figures_of
from casehub.collectors.ledgers import (
    INSPECTS,
    Kind,
    Reach,
    Row,
    State,
    Wanted,
    blame_false,
    blame_missed,
    contest_faults,
    decide_faults,
    not_yours,
    reach_of,
)
from casehub.collectors.problems import FindingNotFound, FindingRefused, SpotCheckInvalid
from casehub.errors import Refusal
from casehub.people.actors import Actor, Role, areas_of, scope_of
from casehub.places.roster import DUTY_GRID
from casehub.storage.transaction import Tx


def unknown_collector(collector: str | None) -> Refusal:
    """A collector who is not there."""
    en = f"there is no person {collector!r}; see GET /v1/people"
    return Refusal("unknown_person", en, f"人员不存在：{collector}", "collector")


async def enter_spot_check(tx: Tx, said: Mapping[str, Any], *, by: Actor, at: datetime) -> Row:
    """Enter a spot check, or with `corrects` the row that stands in the place of another one. Raises SpotCheckInvalid."""
    faults = await _spot_check_faults(tx, said, by, at)
    if faults:
        raise SpotCheckInvalid(errors=faults)
    try:
        async with tx.begin_nested():
            number = await store.write_spot_check(tx, {**said, "made_by": by.name, "made_at": at})
    except IntegrityError as error:
        raise SpotCheckInvalid(errors=[_clash(error, said)]) from None
    found = await store.read_spot_check(tx, number, reach_of(by))
    assert found is not None
    return found


async def _spot_check_faults(tx: Tx, said: Mapping[str, Any], by: Actor, at: datetime) -> list[Refusal]:
    area, corrects = said["area_code"], said["corrects"]
    around = await store.read_areas_around(tx, area)
    faults = [
        seen_in_future(said["seen_at"], at, field="seen_at"),
        not_yours(area, around, areas_of(by, *INSPECTS)) if around else None,
    ]
    if not around:
        faults.append(Refusal("unknown_area", f"there is no area {area!r}", f"区域不存在：{area}", "area"))
    if corrects is not None:
        old = await store.read_spot_check(tx, corrects, reach_of(by))
        if old is None or old["collector_no"] != said["collector_no"]:
            en = f"there is no spot check {corrects} of this collector in your part of the city"
            faults.append(Refusal("unknown_spot_check", en, f"没有该采集员的抽查记录 {corrects}", "corrects"))
    return [one for one in faults if one is not None]


def _clash(error: IntegrityError, said: Mapping[str, Any]) -> Refusal:
    if "uq_spot_checks_corrects" in str(error.orig):
        en = "it was corrected before; correct the row that did"
        return Refusal("corrected_once", en, "该记录已被更正，请更正最新一条", "corrects")
    return unknown_collector(said["collector_no"])


async def list_spot_checks(
    tx: Tx, wanted: Wanted, *, by: Actor, after: int | None, most: int
) -> tuple[list[Row], int | None]:
    """A page of spot checks, newest first, and where to go on."""
    rows = await store.read_spot_checks(tx, reach_of(by), wanted, after, most + 1)
    return rows[:most], rows[most - 1]["spot_check_id"] if len(rows) > most else None


async def propose_finding(  # noqa: PLR0913 - what is said of whom
    tx: Tx, kind: Kind, case_no: str, *, collector: str | None, reason: str, by: Actor, at: datetime
) -> Row:
    """Say that a collector missed a problem, or reported what is not so. Raises CaseNotFound, FindingRefused."""
    inspector = by.with_posts(post for post in by.posts if post.role in INSPECTS)
    case = await find_case(tx, case_no, scope_of(inspector))
    seen_at = case.observed_at or case.reported_at
    if kind is Kind.MISSED:
        around = await store.read_areas_around(tx, case.area_code)
        grids = sorted(area for area, what in around.items() if what == DUTY_GRID)
        there = on_shift(await collectors_at(tx, case.area_code, seen_at))
        blame, faults = blame_missed(case, collector, grids=grids, on_shift=there)
    else:
        blame, faults = blame_false(case, collector)
    if faults:
        raise FindingRefused(errors=faults)
    row = {
        "kind": kind, "case_id": case.case_id, "collector_no": blame.collector, "area_code": case.area_code,
        "grid_code": blame.grid, "chosen_by": blame.chosen_by, "counts_at": case.reported_at, "reason": reason, "state": State.PROPOSED,
        "proposed_by": by.name, "proposed_at": at,
    }  # fmt: skip
    try:
        async with tx.begin_nested():
            number = await store.write_finding(tx, row)
    except IntegrityError as error:
        said_before = Refusal(
            "said_before", "this was said of the case before", "该案件已有同类记录", "case_no"
        )
        known = "uq_findings_case" in str(error.orig)
        raise FindingRefused(errors=[said_before if known else unknown_collector(blame.collector)]) from None
    return await _find(tx, number, reach_of(inspector))


async def _find(tx: Tx, number: int, reach: Reach) -> Row:
    found = await store.read_finding(tx, number, reach)
    if found is None:
        raise FindingNotFound(str(number))
    return found


async def contest_finding(tx: Tx, number: int, answer: str, *, by: Actor, at: datetime) -> Row:
    """The collector answers. Locks the row. Raises FindingNotFound, FindingRefused."""
    found = await _find(tx, number, reach_of(by))
    if faults := contest_faults(found["state"], found["collector_no"], by):
        raise FindingRefused(errors=faults)
    said = {"state": State.CONTESTED, "answer": answer, "answered_at": at}
    await store.write_decision(tx, number, said)
    return {**found, **said}


async def decide_finding(
    tx: Tx, number: int, state: State, opinion: str | None, *, by: Actor, at: datetime
) -> Row:
    """An evaluator confirms or dismisses. Locks the row. Raises FindingNotFound, FindingRefused."""
    found = await _find(tx, number, Reach(areas_of(by, Role.EVALUATOR)))
    if faults := decide_faults(found["state"], found["collector_no"], by):
        raise FindingRefused(errors=faults)
    said = {"state": state, "opinion": opinion, "decided_by": by.name, "decided_at": at}
    await store.write_decision(tx, number, said)
    return {**found, **said}


async def list_findings(
    tx: Tx, wanted: Wanted, *, by: Actor, after: int | None, most: int
) -> tuple[list[Row], int | None]:
    """A page of missed and false reports, newest first, and where to go on."""
    rows = await store.read_findings(tx, reach_of(by), wanted, after, most + 1)
    return rows[:most], rows[most - 1]["finding_id"] if len(rows) > most else None


async def read_figures(
    tx: Tx, first: datetime, last: datetime, *, area: str | None, by: Actor, at: datetime
) -> list[Figures]:
    """The figures of each collector in [first, last); a collector sees their own."""
    return figures_of(await store.count_figures(tx, reach_of(by), first, last, area=area, at=at))
