"""SQL of answers: sums of cells and of facts, in one statement and so in one snapshot; and the facts behind them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    union_all,
)  # fmt: skip
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY, array

from casehub.cases.tables import cases
from casehub.catalogue.tables import categories
from casehub.collectors.tables import findings
from casehub.deadlines.tables import tasks
from casehub.departments.tables import departments
from casehub.places.tables import areas
from casehub.rates.counts import PLACE
from casehub.rates.periods import Cover, Period
from casehub.rates.questions import BY, NONE, ORDER, Question, Sum
from casehub.rates.tables import rate_cells, rate_facts
from casehub.storage.engine import PLAN_FOR_VALUES
from casehub.storage.sent import packed, sent
from casehub.storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """What one part of an answer sums: which counts, over which buckets and edges."""

    standing: bool
    places: Sequence[int]
    cover: Cover


async def read_sums(
    tx: Tx, question: Question, asked: Sequence[Asked], now: datetime, *, as_of: bool = False
) -> list[Sum]:
    """The sums of a question. Facts that are open count once their moment has passed.

    With `as_of`, as things stood at `now`: see `write_facts_then`.
    """
    await tx.execute(PLAN_FOR_VALUES)
    parts: list[Select[Any]] = []
    for one in asked:
        if one.places and one.cover.buckets:
            parts.append(_of_cells(question, one))
        if one.places and one.cover.edges:
            parts.append(_of_facts(question, one, now, rate_facts, _unmoved(now) if as_of else true()))
        if one.places and as_of:
            parts.append(_of_facts(question, one, now, facts_then, true()))
        parts += _of_findings(question, one, now)
    if not parts:
        return []
    return [Sum(*row) for row in (await tx.execute(union_all(*parts))).all()]


#: The facts of cases that have changed since, as they were then: for one question, in its transaction alone.
facts_then = rate_facts.to_metadata(MetaData(), name="facts_then")


def _unmoved(at: datetime) -> ColumnElement[bool]:
    """Cases that nothing has happened to since."""
    return ~exists().where(cases.c.case_id == rate_facts.c.case_id, cases.c.last_at > at)


async def read_moved(tx: Tx, at: datetime, after: int, most: int) -> list[int]:
    """Cases that were there at `at` and have changed since, in order of ids."""
    those = select(cases.c.case_id).where(
        cases.c.reported_at <= at, cases.c.last_at > at, cases.c.case_id > after
    )
    return [row.case_id for row in (await tx.execute(those.order_by(cases.c.case_id).limit(most))).all()]


async def make_facts_then(tx: Tx) -> None:
    """Room for facts as they were, empty."""
    await tx.execute(text("DROP TABLE IF EXISTS pg_temp.facts_then"))
    await tx.execute(text("CREATE TEMPORARY TABLE facts_then (LIKE rate_facts) ON COMMIT DROP"))


async def write_facts_then(tx: Tx, rows: Iterable[Mapping[str, Any]]) -> None:
    """Facts of cases that have changed since, as they were."""
    add = insert(facts_then).from_select([*facts_then.columns], select(*sent(facts_then, "rows").columns))
    await tx.execute(add, {"rows": packed(rows)})


def grouped(question: Question) -> list[str]:
    """The dimensions by which an answer is grouped, in the order of sums."""
    by = {BY[name][1] for name in question.by}
    return [name for name in ORDER if name in by]


def _of_cells(question: Question, asked: Asked) -> Select[Any]:
    dims = question.dims
    column = dict(zip(dims, (rate_cells.c.a, rate_cells.c.b), strict=False))
    buckets = (
        func.unnest(
            bindparam(None, [grain.value for grain, _ in asked.cover.buckets], type_=ARRAY(Text)),
            bindparam(None, [day for _, day in asked.cover.buckets], type_=ARRAY(Date)),
        )
        .table_valued("grain", "bucket", name="wanted_buckets")
        .render_derived()
    )
    keys = [column[name] for name in grouped(question)]
    numbers = array([func.sum(func.coalesce(rate_cells.c.n[place + 1], 0)) for place in asked.places])
    at = and_(rate_cells.c.grain == buckets.c.grain, rate_cells.c.bucket == buckets.c.bucket)
    found = (
        select(literal(asked.standing), *_two(keys), rate_cells.c.exempt, numbers)
        .select_from(buckets.join(rate_cells, at))
        .where(rate_cells.c.dims == ",".join(dims), *_narrowed(question, column))
    )
    return found.group_by(*keys, rate_cells.c.exempt)


def _two(keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    none: ColumnElement[str] = literal_column("''")
    padded = [*keys, none, none][:2]
    return [cast(one, Text).label(label) for one, label in zip(padded, ("a", "b"), strict=True)]


def _of_fact(facts: Table) -> dict[str, ColumnElement[Any]]:
    """What facts are grouped by, as cells have it."""
    return {
        "place": func.coalesce(facts.c.area_code, ""),
        "area": func.coalesce(facts.c.area_code, ""),
        "category": cast(facts.c.category_id, Text),
        "department": func.coalesce(facts.c.department_code, ""),
        "person": func.coalesce(facts.c.person_no, ""),
        "source": facts.c.source,
        "workflow": facts.c.workflow,
        "light": func.coalesce(facts.c.light, ""),
        "campaign": cast(_ITEMS.c.campaign_id, Text),
    }


def _columns(facts: Table) -> dict[str, ColumnElement[Any]]:
    """What they are narrowed by: the columns themselves, for their indexes."""
    plain = {
        "place": "area_code",
        "area": "area_code",
        "department": "department_code",
        "person": "person_no",
        "light": "light",
        "campaign": "case_id",
    }
    return {**_of_fact(facts), **{name: facts.c[column] for name, column in plain.items()}}


# The lists of campaigns, a room above this one: read by name, for a figure by campaign is a figure.
_ITEMS = table("campaign_items", named("campaign_id", BigInteger), named("case_id", BigInteger))


def _listed(question: Question, rows: FromClause, case_id: ColumnElement[int]) -> FromClause:
    """Rows with the campaigns that their cases are listed in, where one asks by campaign."""
    if "campaign" not in grouped(question):
        return rows
    return rows.join(_ITEMS, _ITEMS.c.case_id == case_id)


def counts_by(now: datetime, facts: Table = rate_facts) -> ColumnElement[bool]:
    """A fact counts at `now`: what is open only once its deadline has passed. On time is `finished_at <= due_at`."""
    return or_(~facts.c.open, facts.c.at < now)


def _in_edges(moment: ColumnElement[Any], edges: Sequence[Period]) -> ColumnElement[bool]:
    return or_(false(), *(and_(moment >= one.first, moment < one.end) for one in edges))


def _of_facts(
    question: Question, asked: Asked, now: datetime, facts: Table, those: ColumnElement[bool]
) -> Select[Any]:
    keys = [_of_fact(facts)[name] for name in grouped(question)]
    numbers = array(
        [func.count().filter(facts.c.counts.contains(_places([place]))) for place in asked.places]
    )
    found = (
        select(literal(asked.standing), *_two(keys), facts.c.exempt, numbers)
        .select_from(_listed(question, facts, facts.c.case_id))
        .where(
            _in_edges(facts.c.at, asked.cover.edges),
            counts_by(now, facts),
            facts.c.counts.overlap(_places(asked.places)),
            *narrowed_facts(question, facts),
            those,
        )
    )
    return found.group_by(*keys, facts.c.exempt)


def _places(places: Collection[int]) -> Any:
    return bindparam(None, [*places], type_=ARRAY(SmallInteger))


def narrowed_facts(question: Question, facts: Table = rate_facts) -> list[ColumnElement[bool]]:
    """The conditions of a question on facts."""
    return _narrowed(question, _columns(facts))


def _narrowed(question: Question, columns: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    found = [_filter(name, value, columns) for name, value in question.filters.items()]
    if question.scope.everything:
        return found
    seen = [
        and_(
            true() if area is None else _filter("area", area, columns),
            true() if department is None else _filter("department", department, columns),
        )
        for area, department in question.parts
    ]
    if question.scope.person is not None and "person" in columns:
        seen.append(columns["person"] == question.scope.person)
    return [*found, or_(false(), *seen)]


def _filter(name: str, value: Any, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    if name == "area":
        there = select(areas.c.area_code).where(areas.c.lies_in.contains([value]))
        return columns["place" if "place" in columns else "area"].in_(there)
    if name == "department":
        below = select(departments.c.department_code).where(departments.c.belongs_to.contains([value]))
        return columns["department"].in_(below)
    if name == "campaign":
        return columns["campaign"].in_(select(_ITEMS.c.case_id).where(_ITEMS.c.campaign_id == value))
    if name in _OF_CATEGORY:
        those = select(cast(categories.c.category_id, Text)).where(_OF_CATEGORY[name] == value)
        return columns["category"].in_(those)
    dim = "department" if name == "unit" else name
    return func.coalesce(columns[dim], "") == "" if value == NONE else columns[dim] == value


_OF_CATEGORY = {
    "category": categories.c.code, "category_major": categories.c.major, "kind": categories.c.kind,
    "scheme": categories.c.scheme,
}  # fmt: skip

# A bare constant may not be grouped by.
_NONE: ColumnElement[str] = literal_column("''::text")
_OF_FINDING: dict[str, ColumnElement[Any]] = {
    "place": func.coalesce(findings.c.area_code, ""),
    "area": func.coalesce(findings.c.area_code, ""),
    "category": cast(cases.c.category_id, Text),
    "department": _NONE,
    "person": findings.c.collector_no,
    "source": cases.c.source,
    "workflow": cases.c.workflow,
    "light": _NONE,
    "campaign": cast(_ITEMS.c.campaign_id, Text),
}
_FOUND = {PLACE["missed"]: "missed_report", PLACE["false_reports"]: "false_report"}


def _of_findings(question: Question, asked: Asked, now: datetime) -> list[Select[Any]]:
    """What spot checks found; few, and summed as they are. Rides on ix_findings_counts_at."""
    if asked.standing or not _FOUND.keys() & {*asked.places}:
        return []
    keys = [_OF_FINDING[name] for name in grouped(question)]
    numbers = array([
        func.count().filter(findings.c.kind == _FOUND[place]) if place in _FOUND else literal(0, BigInteger)
        for place in asked.places
    ])  # fmt: skip
    found = (
        select(literal(False), *_two(keys), literal(False), numbers)
        .select_from(
            _listed(question, findings.join(cases, cases.c.case_id == findings.c.case_id), cases.c.case_id)
        )
        .where(
            findings.c.state == "confirmed",
            findings.c.decided_at <= now,
            _in_edges(findings.c.counts_at, [question.period]),
            *_narrowed(question, {**_OF_FINDING, "campaign": cases.c.case_id}),
        )
    )
    return [found.group_by(*keys)]


class DueDay(NamedTuple):
    """So many handling deadlines on a day of the city, by the values of one dimension or two."""

    a: str
    b: str
    day: date
    n: int


async def read_due_days(
    tx: Tx, question: Question, now: datetime, zone: str, *, as_of: bool = False
) -> list[DueDay]:
    """On which days the handling of a period was due; exempted tasks are left out, as from adjusted rates.

    With `as_of`, as things stood at `now`: see `write_facts_then`.
    """
    parts = [_due_days(question, now, zone, rate_facts, _unmoved(now) if as_of else true())]
    if as_of:
        parts.append(_due_days(question, now, zone, facts_then, true()))
    return [DueDay(*row) for row in await tx.execute(union_all(*parts))]


def _due_days(
    question: Question, now: datetime, zone: str, facts: Table, those: ColumnElement[bool]
) -> Select[Any]:
    keys = [_of_fact(facts)[name] for name in grouped(question)]
    day = cast(func.timezone(zone, tasks.c.due_at), Date)
    task = and_(tasks.c.case_id == facts.c.case_id, tasks.c.task_no == facts.c.task_no)
    found = (
        select(*_two(keys), day, func.count())
        .select_from(facts.join(tasks, task))
        .where(
            _in_edges(facts.c.at, [question.period]),
            counts_by(now, facts),
            ~facts.c.exempt,
            literal(PLACE["should_handle"], SmallInteger) == any_(facts.c.counts),
            *narrowed_facts(question, facts),
            those,
        )
    )
    # By place: the zone is a parameter, so PostgreSQL can't see that the day is the same one.
    return found.group_by(text("1"), text("2"), text("3"))


class Behind(NamedTuple):
    """A fact behind a number."""

    at: datetime
    case_id: int
    fact_no: int
    case_no: str
    state: str
    counts: list[int]
    task_no: int | None
    department_code: str | None
    person_no: str | None
    area_code: str | None
    light: str | None
    open: bool
    exempt: bool


#: Where a page of facts ended: (at, case_id, fact_no).
Place = tuple[datetime, int, int]


async def read_behind(
    tx: Tx,
    question: Question,
    wanted: tuple[Collection[int], Collection[int]],
    now: datetime,
    *,
    after: Place | None,
    most: int,
) -> list[Behind]:
    """The facts of a period that have any of the first counts and none of the second, oldest first."""
    await tx.execute(PLAN_FOR_VALUES)
    having, lacking = wanted
    key = (rate_facts.c.at, rate_facts.c.case_id, rate_facts.c.fact_no)
    columns = [
        cases.c[name] if name in {"case_no", "state"} else rate_facts.c[name] for name in Behind._fields
    ]
    those = (
        select(*columns)
        .join(cases, cases.c.case_id == rate_facts.c.case_id)
        .where(
            _in_edges(rate_facts.c.at, [question.period]), counts_by(now),
            rate_facts.c.counts.overlap(_places(having)),
            ~rate_facts.c.counts.overlap(_places(lacking)) if lacking else true(),
            *narrowed_facts(question),
        )
    )  # fmt: skip
    if after is not None:
        those = those.where(tuple_(*key) > tuple_(*after))
    return [Behind(*row) for row in (await tx.execute(those.order_by(*key).limit(most))).all()]


def _facts_with(place: int) -> ColumnElement[int]:
    return func.count().filter(rate_facts.c.counts.contains(_places([place])))


async def read_standing(
    tx: Tx, question: Question, flow: tuple[int, int], now: datetime, *, after: int | None, most: int
) -> list[tuple[int, str, str]]:
    """What stands at the end of a period: (case_id, case_no, state) of cases with more of the first count than the second."""
    (began, ended), end = flow, question.period.end
    counted = select(
        rate_facts.c.case_id,
        (_facts_with(began) - _facts_with(ended)).label("n"),
    )
    # Nothing that ended before the period did stands at its end.
    alive = select(cases.c.case_id).where(or_(cases.c.ended_at.is_(None), cases.c.ended_at >= end))
    inside = counted.where(
        rate_facts.c.at < end, counts_by(now), rate_facts.c.case_id.in_(alive), *narrowed_facts(question)
    )
    standing = inside.group_by(rate_facts.c.case_id).subquery()
    those = (
        select(cases.c.case_id, cases.c.case_no, cases.c.state)
        .join(standing, standing.c.case_id == cases.c.case_id)
        .where(standing.c.n > 0, true() if after is None else cases.c.case_id > after)
    )
    return [tuple(row) for row in (await tx.execute(those.order_by(cases.c.case_id).limit(most))).all()]


async def read_changed_behind(
    tx: Tx,
    question: Question,
    parts: Sequence[tuple[Period, Sequence[int]]],
    then: datetime,
    now: datetime,
    *,
    most: int,
) -> list[str]:
    """Case numbers that count otherwise now than in `facts_then`, oldest first. `parts` say which counts of which period."""
    sides = [
        _side(question, (period, places), facts, at, sign)
        for facts, at, sign in ((rate_facts, now, 1), (facts_then, then, -1))
        for period, places in parts
    ]
    both = union_all(*sides).subquery()
    changed = select(both.c.case_id).group_by(both.c.case_id, both.c.place).having(func.sum(both.c.sign) != 0)
    those = select(cases.c.case_no).where(cases.c.case_id.in_(changed)).order_by(cases.c.case_id)
    return [*(await tx.execute(those.limit(most))).scalars()]


def _side(
    question: Question, part: tuple[Period, Sequence[int]], facts: Table, at: datetime, sign: int
) -> Select[Any]:
    period, places = part
    one = func.unnest(facts.c.counts).table_valued("place", name="one_count").render_derived()
    return (
        select(facts.c.case_id, one.c.place, literal(sign).label("sign"))
        .select_from(facts.join(one, true()))
        .where(
            facts.c.case_id.in_(select(facts_then.c.case_id)),
            ~facts.c.exempt,
            counts_by(at, facts),
            _in_edges(facts.c.at, [period]),
            one.c.place == any_(_places(places)),
            *narrowed_facts(question, facts),
        )
    )
