"""SQL of cases. `write_packed` is the one place that stores what was decided."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Integer,
    RowMapping,
    bindparam,
    column,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.cases.duplicates import Nearness
from casehub.cases.facts import CASE_COLUMNS, MOVING, CaseFacts, Category, Decision, Photo
from casehub.cases.numbering import case_no
from casehub.cases.problems import StaleCase
from casehub.cases.reports import Intake, Report, by_key, intake_of, named_by
from casehub.cases.rows import changes_of, new_row_of, row_of
from casehub.cases.search import fold, query_grams
from casehub.cases.tables import attachments, case_ids, case_photos, case_reporters, cases
from casehub.catalogue.tables import categories, schemes
from casehub.deadlines.commands import KEEPING, packed_tasks, tasks_of
from casehub.deadlines.lights import Light
from casehub.deadlines.tables import tasks
from casehub.departments.tables import departments
from casehub.events.commands import APPENDING, packed_events
from casehub.people.actors import Scope
from casehub.people.tables import people
from casehub.places.tables import areas
from casehub.storage.hot import Hot
from casehub.storage.sent import inserting, packed, sent
from casehub.storage.transaction import Tx

CASE = [cases.c[name] for name in CASE_COLUMNS]
_BY_NO = select(*CASE).where(cases.c.case_no == bindparam("case_no"))
_LOCKED = _BY_NO.with_for_update(key_share=True)
_CATEGORY = [
    categories.c[n]
    for n in ("category_id", "scheme", "kind", "code", "name", "major_name", "self_handling_allowed")
]

# Built once: to build a statement costs more than to run it.
_CATEGORY_BY_ID = select(*_CATEGORY).where(categories.c.category_id == bindparam("category_id"))
_BY_CODE = (
    select(*_CATEGORY, schemes.c.is_default)
    .join(schemes, schemes.c.scheme == categories.c.scheme)
    .where(categories.c.code == func.any(bindparam("codes")))
)
# All that reports name, in one statement; (source, external_no) pairs are looked for under their lock.
_INTAKE = Hot(
    text(
        """
    SELECT
        ARRAY(SELECT nextval('case_ids') FROM generate_series(1, :count)) AS ids,
        (SELECT json_agg(json_build_array(c.category_id, c.scheme, c.kind, c.code, c.name, c.major_name,
                                          c.self_handling_allowed, s.is_default))
         FROM categories AS c JOIN schemes AS s USING (scheme) WHERE c.code = ANY(:codes)) AS categories,
        (SELECT json_object_agg(workflow, digest) FROM workflow_versions WHERE current) AS versions,
        (SELECT json_build_array(version, content::text) FROM calendars ORDER BY version DESC LIMIT 1) AS calendar,
        ARRAY(SELECT area_code FROM areas WHERE area_code = ANY(:areas)) AS areas,
        (SELECT json_agg(json_build_array(attachment_id, kind)) FROM attachments WHERE attachment_id = ANY(:photos)) AS photos,
        (SELECT json_agg(json_build_array(source, external_no, case_no)) FROM cases
         WHERE (source, external_no) IN (SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:numbers AS text[])))) AS taken,
        -- Rides on ix_cases_spot. The sum keeps the index of classes out of it: planned in an empty city, it might be taken.
        (SELECT json_agg(json_build_array(n.place, s.case_no, s.lon, s.lat, s.reported_at, s.state)
                         ORDER BY n.place, s.reported_at DESC)
         FROM unnest(CAST(:places AS int[]), CAST(:schemes AS text[]), CAST(:kinds AS text[]), CAST(:near_codes AS text[]),
                     CAST(:spots AS bigint[])) AS n(place, scheme, kind, code, spot)
         JOIN categories AS c ON c.kind = n.kind AND c.code = n.code
              AND c.scheme = coalesce(n.scheme, (SELECT scheme FROM schemes WHERE is_default))
         CROSS JOIN LATERAL (SELECT case_no, lon, lat, reported_at, state FROM cases
                             WHERE spot = n.spot AND category_id + 0 = c.category_id AND state <> 'merged' LIMIT 50) AS s
        ) AS sightings
    """
    )
)
_DRAW = select(func.nextval(case_ids.name).label("id")).select_from(
    func.generate_series(1, bindparam("count", type_=Integer)).alias("n")
)


def within(scope: Scope) -> Any:
    """The condition that a case lies in the scope."""
    if scope.everything:
        return true()
    seen = []
    if scope.department is not None:
        seen.append(cases.c.department_code == scope.department)
        # Rides on the partial index ix_tasks_co: a co-department sees the cases it has a task on.
        helped = select(tasks.c.case_id).where(tasks.c.department_code == scope.department, ~tasks.c.lead)
        seen.append(cases.c.case_id.in_(helped))
    if scope.person is not None:
        seen += [cases.c.reported_by == scope.person, cases.c.assignee_no == scope.person]
    return or_(false(), *seen)


def facts_of(row: Mapping[str, Any] | RowMapping) -> CaseFacts:
    """A row of CASE as facts, tasks left out."""
    values = {name: row[name] for name in CASE_COLUMNS}
    values["photos"] = tuple(Photo(one["attachment_id"], one["kind"]) for one in values["photos"])
    return CaseFacts(**values)


async def read_case(tx: Tx, case_no: str, scope: Scope, *, lock: bool = False) -> CaseFacts | None:
    """A case without its tasks; with `lock`, nobody else moves it until the transaction ends."""
    statement = _LOCKED if lock else _BY_NO
    if not scope.everything:
        statement = statement.where(within(scope))
    row = (await tx.execute(statement, {"case_no": case_no})).mappings().first()
    return None if row is None else facts_of(row)


async def read_with_tasks(tx: Tx, case: CaseFacts) -> CaseFacts:
    """The case with its tasks."""
    return case.changed(tasks=(await tasks_of(tx, [case.case_id])).get(case.case_id, ()))


async def read_case_ids(tx: Tx, count: int) -> list[int]:
    """Fresh ids for new cases."""
    return [row.id for row in await tx.execute(_DRAW, {"count": count})]


async def read_intake(tx: Tx, reports: Sequence[Report], at: datetime, near: Nearness) -> Intake:
    """All that the reports name, as far as it exists, what was seen near them, and an id for each.

    Locks their external numbers.
    """
    await _lock_external(tx, [(r.source, r.external_no) for r in reports if r.external_no])
    return intake_of((await _INTAKE.fetch(tx, named_by(reports, at, near)))[0])


async def read_categories(tx: Tx, codes: Sequence[str]) -> dict[tuple[str | None, str, str], Category]:
    """Categories with these codes, by (scheme or None for the city's default, kind, code)."""
    return by_key(await tx.execute(_BY_CODE, {"codes": codes}))


async def read_category(tx: Tx, category_id: int) -> Category:
    """A category by its id."""
    return Category(*(await tx.execute(_CATEGORY_BY_ID, {"category_id": category_id})).one())


async def read_departments(tx: Tx, codes: Sequence[str]) -> set[str]:
    """Which of these department codes are there."""
    if not codes:
        return set()
    code = departments.c.department_code
    there = select(code).where(code == func.any(bindparam("v")))
    return {*(await tx.execute(there, {"v": list(codes)})).scalars()}


async def read_people(tx: Tx, numbers: Sequence[str]) -> dict[str, str | None]:
    """Active people: {person_no: department_code}."""
    if not numbers:
        return {}
    rows = await tx.execute(
        select(people.c.person_no, people.c.department_code).where(
            people.c.active, people.c.person_no == func.any(bindparam("v"))
        ),
        {"v": list(numbers)},
    )
    return {row.person_no: row.department_code for row in rows}


async def read_photos(tx: Tx, ids: Sequence[str]) -> dict[str, Photo]:
    """Photos by id."""
    if not ids:
        return {}
    columns = (attachments.c.attachment_id, attachments.c.kind)
    rows = await tx.execute(
        select(*columns).where(attachments.c.attachment_id == func.any(bindparam("v"))), {"v": list(ids)}
    )
    return {row.attachment_id: Photo(*row) for row in rows}


# Numbers share 4096 locks, so that the largest batch fits PostgreSQL's table of locks; in order, so that two batches
# never wait for each other crosswise.
_LOCK_EXTERNAL = text(
    """
    SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' external_no'), slot)
    FROM (SELECT DISTINCT hashtext(number) & 4095 AS slot FROM unnest(CAST(:numbers AS text[])) AS number ORDER BY slot) AS s
    """
)


async def _lock_external(tx: Tx, named: Sequence[tuple[str, str]]) -> None:
    """Let nobody else bring these numbers meanwhile: of two who do at once, the second is told the first one's case."""
    if named:
        await tx.execute(_LOCK_EXTERNAL, {"numbers": [f"{source} {number}" for source, number in named]})


async def read_external(tx: Tx, source: str, numbers: Sequence[str]) -> dict[str, str]:
    """Cases that are there already: {external_no: case_no} of one source."""
    rows = await tx.execute(
        select(cases.c.external_no, cases.c.case_no).where(
            cases.c.source == source, cases.c.external_no == func.any(bindparam("v"))
        ),
        {"v": list(numbers)},
    )
    return {row.external_no: row.case_no for row in rows}


# Blocks are taken in a transaction of their own, so that no report waits for another one to commit; of many days at
# once, for imports that walk through years.
_TAKE = text(
    """
    INSERT INTO case_numbers (day, last_number)
    SELECT * FROM unnest(CAST(:days AS date[]), CAST(:counts AS bigint[]))
    ON CONFLICT (day) DO UPDATE SET last_number = case_numbers.last_number + excluded.last_number
    RETURNING day, last_number
    """
)


class CaseNumbers:
    """Gives case numbers. Has an engine of its own: a report that waits for a connection must not wait for itself."""

    BLOCK = 50

    def __init__(self, engine: AsyncEngine, region_code: str, zone: ZoneInfo, digits: int) -> None:
        self.engine, self._region, self._zone, self._digits = engine, region_code, zone, digits
        self._kept: dict[date, range] = {}
        self._lock = asyncio.Lock()

    async def take(self, at: datetime, count: int = 1) -> list[str]:
        """`count` fresh numbers of the day of `at` in the city's zone."""
        day = at.astimezone(self._zone).date()
        async with self._lock:
            kept = self._kept.get(day, range(0))
            if len(kept) < count:
                block = max(count, self.BLOCK)
                last = (await self._claim({day: block}))[day]
                kept = range(last - block + 1, last + 1)
            if len(self._kept) > 100:  # noqa: PLR2004 - replays walk through years; a day left loses its block
                self._kept.clear()
            self._kept[day] = kept[count:]
        return [case_no(self._region, day, sequence, self._digits) for sequence in kept[:count]]

    async def take_each(self, instants: Sequence[datetime]) -> list[str]:
        """A fresh number for each instant, of its day in the city's zone, without gaps."""
        days = [at.astimezone(self._zone).date() for at in instants]
        counts = Counter(days)
        last = await self._claim(counts)
        following = {day: last[day] - count + 1 for day, count in counts.items()}
        numbers = []
        for day in days:
            numbers.append(case_no(self._region, day, following[day], self._digits))
            following[day] += 1
        return numbers

    async def _claim(self, counts: Mapping[date, int]) -> dict[date, int]:
        days = sorted(counts)  # so that two imports never wait for each other crosswise
        async with self.engine.begin() as tx:
            taken = await tx.execute(_TAKE, {"days": days, "counts": [counts[day] for day in days]})
            return {row.day: row.last_number for row in taken}


_NOW = sent(cases, "moved_cases")
_SEEN = (
    func.unnest(bindparam("moved_ids", type_=ARRAY(BigInteger)), bindparam("seen", type_=ARRAY(Integer)))
    .table_valued(column("case_id", BigInteger), column("version", Integer), name="seen_cases")
    .render_derived()
)
_MOVED = (
    update(cases)
    .where(
        cases.c.case_id == _NOW.c.case_id,
        cases.c.case_id == _SEEN.c.case_id,
        cases.c.version == _SEEN.c.version,
    )
    .values({name: _NOW.c[name] for name in (*sorted(MOVING), "marks", "version", "head_hash", "last_at")})
    .returning(cases.c.case_id)
    .cte("moved")
)
# One statement, however many decisions: cases that begin, cases that move, their events and their tasks.
_DECIDED = Hot(
    select(func.count()).select_from(_MOVED).add_cte(inserting(cases, "new_cases"), *APPENDING, KEEPING)
)


@dataclass(frozen=True, slots=True)
class Packed:
    """Decisions as the statement that stores them takes them."""

    told: dict[str, Any]
    cases: list[CaseFacts]
    photos: list[dict[str, Any]]


def packed_decisions(decisions: Sequence[Decision], *, outside: bool = True) -> Packed:
    """Ready to be written; several decisions of one case come in order. With `outside`, who must hear of it will."""
    changes = changes_of(decisions)
    seen = changes.seen
    told = {
        "new_cases": packed(new_row_of(case) for case_id, case in changes.cases.items() if case_id not in seen),
        "moved_cases": packed(row_of(changes.cases[case_id]) for case_id in seen),
        "moved_ids": [*seen], "seen": [*seen.values()], "events": packed_events(changes.events),
        "tasks_now": packed_tasks(changes.tasks), "outside": outside,
    }  # fmt: skip
    return Packed(told, [*changes.cases.values()], changes.photos)


async def write_packed(tx: Tx, these: Packed) -> None:
    """Store cases, events, tasks. Raises StaleCase when somebody was first. The caller holds the lock of cases that move."""
    moved = these.told["moved_ids"]
    if (await _DECIDED.fetch(tx, these.told))[0][0] != len(moved):
        raise StaleCase(", ".join(case.case_no for case in these.cases if case.case_id in moved))
    if these.photos:
        await tx.execute(insert(case_photos), these.photos)


async def write_decisions(tx: Tx, decisions: Sequence[Decision]) -> list[CaseFacts]:
    """Store what was decided, as `write_packed`; the cases as kept."""
    these = packed_decisions(decisions)
    await write_packed(tx, these)
    return these.cases


async def write_reporters(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep who reported: {case_id, name, telephone}."""
    await tx.execute(insert(case_reporters), list(rows))


async def write_linked_reporters(tx: Tx, merged_id: int, target_id: int) -> None:
    """The reporters of a merged case become reporters of its target too."""
    mine = select(
        bindparam("target", target_id),
        case_reporters.c.name,
        case_reporters.c.telephone,
        bindparam("merged", merged_id),
    )
    columns = ["case_id", "name", "telephone", "merged_from_case_id"]
    await tx.execute(
        insert(case_reporters).from_select(columns, mine.where(case_reporters.c.case_id == merged_id))
    )


async def read_reporters(tx: Tx, case_id: int) -> list[dict[str, Any]]:
    """Who reported a case, and who came with cases merged into it."""
    columns = (case_reporters.c.name, case_reporters.c.telephone, cases.c.case_no.label("merged_from"))
    joined = select(*columns).outerjoin(cases, cases.c.case_id == case_reporters.c.merged_from_case_id)
    rows = await tx.execute(
        joined.where(case_reporters.c.case_id == case_id).order_by(case_reporters.c.reporter_id)
    )
    # Labels come as a subclass of str, which orjson refuses as a key.
    return [{str(name): value for name, value in row.items()} for row in rows.mappings()]


async def write_attachment(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep what is said of an uploaded photo."""
    await tx.execute(insert(attachments).values(row))


async def read_attachment(tx: Tx, attachment_id: str, scope: Scope, uploader: str) -> dict[str, Any] | None:
    """An attachment that the reader uploaded or that belongs to a case in scope."""
    seen = (
        select(case_photos.c.case_id)
        .join(cases, cases.c.case_id == case_photos.c.case_id)
        .where(case_photos.c.attachment_id == attachment_id, within(scope))
        .exists()
    )
    statement = select(*attachments.c).where(
        attachments.c.attachment_id == attachment_id, (attachments.c.uploaded_by == uploader) | seen
    )
    row = (await tx.execute(statement)).mappings().first()
    return None if row is None else dict(row)


async def read_ids_after(tx: Tx, after: int, most: int) -> list[CaseFacts]:
    """Cases in order of their ids, for walks over the whole city."""
    rows = await tx.execute(
        select(*CASE).where(cases.c.case_id > after).order_by(cases.c.case_id).limit(most)
    )
    return [facts_of(row) for row in rows.mappings()]


def _lit(light: Light, at: datetime) -> Any:
    """Open cases whose running clock shows this light. Rides on ix_cases_open_due_at."""
    running = cases.c.ended_at.is_(None) & cases.c.due_at.is_not(None)
    if light is Light.RED:
        return running & (cases.c.due_at < at)
    if light is Light.YELLOW:
        return running & (cases.c.due_at >= at) & (cases.c.yellow_at <= at)
    return running & (cases.c.due_at >= at) & (cases.c.yellow_at > at)


_TREE = select(areas.c.area_code).where(areas.c.area_code == bindparam("area")).cte("tree", recursive=True)
# An area and all areas below it.
_BELOW = select(
    _TREE.union(select(areas.c.area_code).where(areas.c.parent_code == _TREE.c.area_code)).c.area_code
)
# Rides on the partial index ix_tasks_late.
_LATE = (
    select(tasks.c.task_no)
    .where(tasks.c.case_id == cases.c.case_id, tasks.c.kind == "handle", tasks.c.lead)
    .where(tasks.c.finished_at > tasks.c.due_at)
    .exists()
)
# Which index is right depends on what is asked for: all cases have been closed, hardly any are red. And only a plan
# that knows the values can ride on partial indexes.
_PLAN_FOR_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


def _contains(query: str) -> list[Any]:
    """Cases whose text has the query, traditional and simplified alike. The address and numbers count as text."""
    words = fold(query).split()
    if not words:
        return []
    # The index finds the pairs, the text says whether they stand side by side.
    whole = [cases.c.search_text.contains(word, autoescape=True) for word in words]
    return [cases.c.search_grams.contains(query_grams(query)), *whole]


def _conditions(wanted: Mapping[str, Any], at: datetime) -> list[Any]:
    exact = {
        "state": cases.c.state, "stage": cases.c.stage, "kind": cases.c.kind, "source": cases.c.source,
        "department": cases.c.department_code, "workflow": cases.c.workflow, "external_no": cases.c.external_no,
        "assignee": cases.c.assignee_no,
    }  # fmt: skip
    found = [column == wanted[name] for name, column in exact.items() if wanted.get(name) is not None]
    if wanted.get("light"):
        found.append(_lit(wanted["light"], at))
    if wanted.get("text"):
        found += _contains(wanted["text"])
    for name, instant in (("reported", cases.c.reported_at), ("ended", cases.c.ended_at)):
        if wanted.get(f"{name}_from"):
            found.append(instant >= wanted[f"{name}_from"])
        if wanted.get(f"{name}_to"):
            found.append(instant < wanted[f"{name}_to"])
    if wanted.get("open") is not None:
        found.append(cases.c.ended_at.is_(None) if wanted["open"] else cases.c.ended_at.is_not(None))
    if wanted.get("late") is not None:
        found.append(_LATE if wanted["late"] else ~_LATE)
    if wanted.get("tagged_duplicate"):
        found.append(cases.c.marks.has_key("tagged_duplicate"))
    return found


async def _narrowed(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> list[Any]:
    """The conditions of a list. Codes are looked up first, so that the plan knows how many cases have them."""
    await tx.execute(_PLAN_FOR_VALUES)
    found = [within(scope), *_conditions(wanted, at)]
    if wanted.get("area"):
        codes = (await tx.execute(_BELOW, {"area": wanted["area"]})).scalars().all()
        found.append(cases.c.area_code == func.any(bindparam("areas", codes)))
    named = {categories.c.code: wanted.get("category"), categories.c.scheme: wanted.get("scheme")}
    if asked := [column == value for column, value in named.items() if value is not None]:
        ids = (await tx.execute(select(categories.c.category_id).where(*asked))).scalars().all()
        found.append(cases.c.category_id == func.any(bindparam("categories", ids, type_=ARRAY(Integer))))
    return found


async def read_cases(
    tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime, *, after: int | None, most: int
) -> list[tuple[CaseFacts, Category]]:
    """A page of cases, newest first, with their categories; `after` is the last id of the page before."""
    statement = select(*CASE, *[c.label(f"category__{c.name}") for c in _CATEGORY]).join(
        categories, categories.c.category_id == cases.c.category_id
    )
    statement = statement.where(*await _narrowed(tx, scope, wanted, at))
    if after is not None:
        statement = statement.where(cases.c.case_id < after)
    # Who asks for a span of time wants old cases too: they are sought by it, not by walking down from the newest.
    spans = any(wanted.get(f"{name}_from") and wanted.get(f"{name}_to") for name in ("reported", "ended"))
    order = cases.c.case_id + 0 if spans else cases.c.case_id
    rows = await tx.execute(statement.order_by(order.desc()).limit(most))
    return [(facts_of(row._mapping), Category(*row[len(CASE) :])) for row in rows]  # noqa: SLF001 - its documented mapping


async def count_cases(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> int:
    """How many cases a list holds. Its cost grows with the answer."""
    counted = select(func.count()).select_from(cases).where(*await _narrowed(tx, scope, wanted, at))
    return int((await tx.execute(counted)).scalar_one())


async def read_outdated(tx: Tx, workflow: str, digest: str) -> list[CaseFacts]:
    """Open cases of a workflow that began with another version than `digest`, locked."""
    old = select(*CASE).where(
        cases.c.workflow == workflow, cases.c.workflow_digest != digest, cases.c.ended_at.is_(None)
    )
    rows = await tx.execute(old.order_by(cases.c.case_id).with_for_update(key_share=True))
    return [facts_of(row) for row in rows.mappings()]
