"""SQL of the ledgers and of the figures made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from casehub.cases.tables import cases
from casehub.collectors.ledgers import Kind, Reach, Row, State, Wanted
from casehub.collectors.tables import findings, spot_checks
from casehub.deadlines.tables import due_point, patrol, tasks
from casehub.people.tables import people
from casehub.places.tables import areas
from casehub.storage.transaction import Tx

_CORRECTION = spot_checks.alias("correction")
_CORRECTED = spot_checks.outerjoin(_CORRECTION, _CORRECTION.c.corrects == spot_checks.c.spot_check_id)
_SPOT_CHECK = [*spot_checks.c, _CORRECTION.c.spot_check_id.label("corrected_by")]
_FINDING = [*findings.c, cases.c.case_no]


def _in_any(column: ColumnElement[Any], codes: list[str]) -> ColumnElement[bool]:
    """The area lies in one of these. Rides on ix_areas_lies_in."""
    there = areas.c.lies_in.overlap(codes)
    return column.in_(select(areas.c.area_code).where(there))


def _seen(area: ColumnElement[Any], person: ColumnElement[Any], reach: Reach) -> ColumnElement[bool]:
    """A row lies within reach."""
    if None in reach.areas:
        return true()
    mine = _in_any(area, sorted(one for one in reach.areas if one is not None))
    return or_(mine, person == reach.person) if reach.person is not None else mine


async def read_areas_around(tx: Tx, area: str | None) -> dict[str, str]:
    """The areas that an area lies in, itself included: {code: kind}; empty where there is no such area."""
    around = select(func.unnest(areas.c.lies_in)).where(areas.c.area_code == area)
    rows = await tx.execute(select(areas.c.area_code, areas.c.kind).where(areas.c.area_code.in_(around)))
    return {row[0]: row[1] for row in rows}


async def write_spot_check(tx: Tx, row: Mapping[str, Any]) -> int:
    """Enter a spot check; its number. Raises IntegrityError for an unknown person, or a row corrected before."""
    done = await tx.execute(insert(spot_checks).values(row).returning(spot_checks.c.spot_check_id))
    return int(done.scalar_one())


def _spot_checks(reach: Reach) -> Select[Any]:
    seen = _seen(spot_checks.c.area_code, spot_checks.c.collector_no, reach)
    return select(*_SPOT_CHECK).select_from(_CORRECTED).where(seen)


async def read_spot_check(tx: Tx, number: int, reach: Reach) -> Row | None:
    """A spot check within reach."""
    found = _spot_checks(reach).where(spot_checks.c.spot_check_id == number)
    row = (await tx.execute(found)).mappings().first()
    return None if row is None else dict(row)


async def read_spot_checks(tx: Tx, reach: Reach, wanted: Wanted, after: int | None, most: int) -> list[Row]:
    """A page of spot checks, newest first."""
    key = spot_checks.c.spot_check_id
    where = _narrowed(wanted, spot_checks.c.seen_at, spot_checks.c.collector_no, spot_checks.c.area_code)
    found = _spot_checks(reach).where(*where, true() if after is None else key < after)
    return [dict(row) for row in (await tx.execute(found.order_by(key.desc()).limit(most))).mappings()]


def _narrowed(
    wanted: Wanted, at: ColumnElement[Any], person: ColumnElement[Any], area: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.first is not None:
        found.append(at >= wanted.first)
    if wanted.last is not None:
        found.append(at < wanted.last)
    if wanted.collector is not None:
        found.append(person == wanted.collector)
    if wanted.area is not None:
        found.append(_in_any(area, [wanted.area]))
    return found


async def write_finding(tx: Tx, row: Mapping[str, Any]) -> int:
    """Propose a finding; its number. Raises IntegrityError for an unknown person, or when the case has one already."""
    done = await tx.execute(insert(findings).values(row).returning(findings.c.finding_id))
    return int(done.scalar_one())


def _findings(reach: Reach) -> Select[Any]:
    seen = _seen(findings.c.area_code, findings.c.collector_no, reach)
    return select(*_FINDING).join(cases, cases.c.case_id == findings.c.case_id).where(seen)


async def read_finding(tx: Tx, number: int, reach: Reach) -> Row | None:
    """A finding within reach, ours until the transaction ends."""
    found = _findings(reach).where(findings.c.finding_id == number).with_for_update(of=findings)
    row = (await tx.execute(found)).mappings().first()
    return None if row is None else dict(row)


async def write_decision(tx: Tx, number: int, said: Mapping[str, Any]) -> None:
    """An answer or a decision. The caller holds the row."""
    await tx.execute(update(findings).where(findings.c.finding_id == number).values(said))


async def read_findings(tx: Tx, reach: Reach, wanted: Wanted, after: int | None, most: int) -> list[Row]:
    """A page of findings, newest first."""
    key = findings.c.finding_id
    where = _narrowed(wanted, findings.c.counts_at, findings.c.collector_no, findings.c.area_code)
    where += [findings.c[name] == value for name in ("kind", "state") if (value := getattr(wanted, name))]
    found = _findings(reach).where(*where, true() if after is None else key < after)
    return [dict(row) for row in (await tx.execute(found.order_by(key.desc()).limit(most))).mappings()]


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of a period, whose they are, where, and what is counted of them."""

    person: ColumnElement[Any]
    place: ColumnElement[Any]
    rows: FromClause
    those: ColumnElement[bool]
    counted: Mapping[str, ColumnElement[bool]]


def _parts(first: datetime, last: datetime, at: datetime) -> tuple[_Part, ...]:
    """Each rides on an index of its moment: ix_cases_reported_at, ix_tasks_patrol, ix_spot_checks_seen_at,
    ix_findings_counts_at. So what lies outside of the period costs nothing.
    """

    def within(moment: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(moment >= first, moment < last)

    self_handled = cases.c.state == "self_handled"
    filed = exists().where(tasks.c.case_id == cases.c.case_id, tasks.c.kind == "dispatch")
    # Imported reports name no person of ours.
    known = cases.c.reported_by.in_(select(people.c.person_no))
    reports = and_(cases.c.source == "collector", within(cases.c.reported_at), known)
    # What ended otherwise than by the collector's answer, or was exempted, was not theirs to do in time.
    theirs = or_(
        tasks.c.finished_at.is_(None) & (tasks.c.due_at < at),
        tasks.c.outcome.in_(["verify_done", "check_done"]),
    )
    due = and_(patrol, within(due_point), theirs, tasks.c.exemption.is_(None))
    in_time = tasks.c.finished_at <= tasks.c.due_at
    verify, check = tasks.c.kind == "verify", tasks.c.kind == "check"
    passed = and_(spot_checks.c.attendance_ok, spot_checks.c.appearance_ok)
    stands = and_(within(spot_checks.c.seen_at), _CORRECTION.c.spot_check_id.is_(None))
    confirmed = and_(findings.c.state == State.CONFIRMED.value, within(findings.c.counts_at))
    return (
        _Part(
            cases.c.reported_by, cases.c.area_code, cases, reports,
            {"reports": true(), "valid_reports": or_(self_handled, filed), "self_handled": self_handled},
        ),
        _Part(
            tasks.c.person_no, cases.c.area_code, tasks.join(cases, cases.c.case_id == tasks.c.case_id), due,
            {
                "should_verify": verify, "on_time_verified": verify & in_time,
                "should_check": check, "on_time_checked": check & in_time,
            },
        ),
        _Part(
            spot_checks.c.collector_no, spot_checks.c.area_code, _CORRECTED, stands,
            {"spot_checks": true(), "spot_checks_passed": passed},
        ),
        _Part(
            findings.c.collector_no, findings.c.area_code, findings, confirmed,
            {"missed_reports": findings.c.kind == Kind.MISSED, "false_reports": findings.c.kind == Kind.FALSE},
        ),
    )  # fmt: skip


async def count_figures(
    tx: Tx, reach: Reach, first: datetime, last: datetime, *, area: str | None, at: datetime
) -> list[tuple[str, str, int]]:
    """(collector, what, how many) in [first, last)."""
    counted: list[tuple[str, str, int]] = []
    for part in _parts(first, last, at):
        where = [part.those, _seen(part.place, part.person, reach)]
        where += [] if area is None else [_in_any(part.place, [area])]
        sums = [func.count().filter(one) for one in part.counted.values()]
        found = select(part.person, *sums).select_from(part.rows).where(*where).group_by(part.person)
        for person, *numbers in await tx.execute(found):
            counted += [(person, what, number) for what, number in zip(part.counted, numbers, strict=True)]
    return counted
