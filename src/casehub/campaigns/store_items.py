"""SQL of lists: items narrowed by whatever a figure counts, and the newcomers beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, any_, bindparam, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER

from casehub.campaigns.figures import BANDS, EDGES, RESIDUAL, SOLVED, Outcome
from casehub.campaigns.store import in_part, of_units
from casehub.campaigns.tables import campaign_items, campaign_rebounds, campaign_write_offs
from casehub.cases.tables import cases
from casehub.cases.tables_scope import within
from casehub.people.actors import Scope
from casehub.rates.questions import NONE
from casehub.storage.transaction import Tx

_I = campaign_items.c
#: A page walks the key of the list and looks up each case. Without the sum, which no order of cases fits, it would walk the
#: cases of the city instead, past all that were closed: 100,000 of them took 20 to 60 ms a page.
_ITS_CASE = cases.c.case_id == _I.case_id + 0


@dataclass(frozen=True, slots=True)
class Seen:
    """How a list is looked at: whose, on which day, in which zone, and whether its cases stay as they were when it ended."""

    campaign_id: int
    scope: Scope
    frozen_on: date
    on: date
    zone: str
    ended: bool


def _state(seen: Seen) -> Any:
    return _I.case_state if seen.ended else cases.c.state


def _ended_at(seen: Seen) -> Any:
    return _I.case_ended_at if seen.ended else cases.c.ended_at


def _became(seen: Seen) -> dict[Outcome, ColumnElement[bool]]:
    """What `figures.outcome_of` says, as conditions."""
    state, over = _state(seen), _ended_at(seen).is_not(None)
    solved, failed = over & state.in_(SOLVED), func.coalesce(_I.recheck_result, "") == "fail"
    return {
        Outcome.OPEN: ~over & (state != "suspended"),
        Outcome.SUSPENDED: ~over & (state == "suspended"),
        Outcome.FAILED: solved & failed,
        Outcome.CLEARED: solved & ~failed,
        Outcome.VOIDED: over & (state == "voided"),
        Outcome.PASSED_ON: over & state.not_in({*SOLVED, "voided"}),
    }


def _residual(seen: Seen) -> ColumnElement[bool]:
    became = _became(seen)
    found = became[Outcome.OPEN]
    for one in RESIDUAL - {Outcome.OPEN}:
        found |= became[one]
    return found


def _of_age(seen: Seen, band: str) -> ColumnElement[bool]:
    age = _I.baseline_age_days + (seen.on - seen.frozen_on).days
    return func.width_bucket(age, cast([*EDGES], ARRAY(INTEGER))) == BANDS.index(band)


def _due(seen: Seen) -> ColumnElement[bool]:
    """As `figures.counts_as_due`."""
    return _I.due_on.is_not(None) & (_became(seen)[Outcome.CLEARED] | (_I.due_on < seen.on))


def _on_plan(seen: Seen) -> ColumnElement[bool]:
    """As `figures.on_plan`."""
    day = func.date(func.timezone(seen.zone, _ended_at(seen)))
    return _became(seen)[Outcome.CLEARED] & func.coalesce(day <= _I.due_on, False)


def _rebound(seen: Seen) -> ColumnElement[bool]:
    r = campaign_rebounds.c
    return _became(seen)[Outcome.CLEARED] & exists().where(
        r.campaign_id == _I.campaign_id, r.case_id == _I.case_id, r.counts
    )


def _rechecked(result: str) -> ColumnElement[bool]:
    w = campaign_write_offs.c
    found = w.result.is_not(None) if result == "any" else w.result == result
    return exists().where(w.campaign_id == _I.campaign_id, w.case_id == _I.case_id, found)


def _narrowed(seen: Seen, wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """A condition for each filter that says something."""

    def either(condition: ColumnElement[bool], said: bool) -> ColumnElement[bool]:
        return condition if said else ~condition

    conditions: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "department": lambda code: _I.department_code.is_(None) if code == NONE else _I.department_code == code,
        "open": lambda said: either(_residual(seen), said),
        "outcome": lambda name: _became(seen)[Outcome(name)],
        "ended_from": lambda at: _ended_at(seen) >= at,
        "ended_to": lambda at: _ended_at(seen) < at,
        "checked": lambda said: either(_I.checked, said),
        "to_recheck": lambda said: either(_I.written_off & _I.recheck_result.is_(None), said),
        "rechecked": _rechecked,
        "rebound": lambda said: either(_rebound(seen), said),
        "due": lambda said: either(_due(seen), said),
        "on_plan": lambda said: either(_on_plan(seen), said),
        "age": lambda band: _of_age(seen, band),
    }  # fmt: skip
    narrowed = [
        conditions[name](said) for name, said in wanted.items() if name in conditions and said is not None
    ]
    return [*in_part(wanted), *narrowed]


async def read_items(
    tx: Tx, seen: Seen, wanted: Mapping[str, Any], *, after: int | None, most: int
) -> list[dict[str, Any]]:
    """A page of a list, by case, with the present of each case; of an ended campaign, with what it was then."""
    left_out = ("campaign_id", "case_id", "case_state", "case_ended_at", "cell", "checked")
    own = [column for column in campaign_items.columns if column.name not in left_out]
    stands = (_state(seen).label("state"), _ended_at(seen).label("ended_at"))
    why = cases.c.marks["unchecked_reason"].astext.label("unchecked_reason")
    told = (cases.c.case_no, cases.c.description, cases.c.address, why)
    found = select(_I.case_id, *own, *stands, *told)
    conditions = [_I.campaign_id == seen.campaign_id, within(seen.scope), *_narrowed(seen, wanted)]
    conditions += [] if after is None else [_I.case_id > after]
    rows = await tx.execute(found.join(cases, _ITS_CASE).where(*conditions).order_by(_I.case_id).limit(most))
    return [dict(row) for row in rows.mappings()]


async def read_write_offs(
    tx: Tx, campaign_id: int, case_ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """The write-offs of these items with their rechecks, first to last."""
    w = campaign_write_offs.c
    columns = [column for column in w if column.name != "campaign_id"]
    those = w.case_id == any_(bindparam(None, [*case_ids], type_=ARRAY(BigInteger)))
    rows = await tx.execute(
        select(*columns).where(w.campaign_id == campaign_id, those).order_by(w.case_id, w.number)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.mappings():
        found.setdefault(row["case_id"], []).append({k: v for k, v in row.items() if k != "case_id"})
    return found


@dataclass(frozen=True, slots=True)
class Coming:
    """Which cases are newcomers: those that fit by what they are, from the freezing on, up to but not with `until`."""

    conditions: Sequence[ColumnElement[bool]]
    units: Sequence[str]
    frozen_at: datetime
    until: datetime | None


def _newcomers(campaign_id: int, coming: Coming) -> list[ColumnElement[bool]]:
    """Rides on ix_cases_reported_at."""
    listed = exists().where(_I.campaign_id == campaign_id, _I.case_id == cases.c.case_id)
    found = [cases.c.reported_at >= coming.frozen_at, ~listed, *coming.conditions, *of_units(coming.units)]
    return found if coming.until is None else [cases.c.reported_at < coming.until, *found]


async def count_newcomers(tx: Tx, campaign_id: int, coming: Coming) -> tuple[int, int]:
    """How many there are, and how many of them are open."""
    still = func.count().filter(cases.c.ended_at.is_(None))
    found = select(func.count(), still).select_from(cases).where(*_newcomers(campaign_id, coming))
    row = (await tx.execute(found)).one()
    return int(row[0]), int(row[1])


async def read_newcomers(  # noqa: PLR0913 - which of them, and who looks
    tx: Tx, campaign_id: int, coming: Coming, scope: Scope, *, still_open: bool | None, after: int | None, most: int
) -> list[dict[str, Any]]:  # fmt: skip
    """A page of those in scope, by case."""
    names = (
        "case_id",
        "case_no",
        "description",
        "address",
        "state",
        "reported_at",
        "ended_at",
        "department_code",
        "area_code",
    )
    conditions = [*_newcomers(campaign_id, coming), within(scope)]
    if still_open is not None:
        conditions.append(cases.c.ended_at.is_(None) if still_open else cases.c.ended_at.is_not(None))
    conditions += [] if after is None else [cases.c.case_id > after]
    found = select(*(cases.c[name] for name in names)).where(*conditions)
    rows = await tx.execute(found.order_by(cases.c.case_id).limit(most))
    return [dict(row) for row in rows.mappings()]
