"""SQL of cases. `write_packed` is the one place that stores what was decided."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Integer,
    RowMapping,
    Select,
    bindparam,
    column,
    func,
    insert,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.cases.duplicates import Nearness
from casehub.cases.facts import CASE_COLUMNS, MOVING, CaseFacts, Category, Decision, Person, Photo
from casehub.cases.numbering import case_no
from casehub.cases.problems import StaleCase
from casehub.cases.reports import Intake, Report, by_key, intake_of, named_by
from casehub.cases.rows import changes_of, new_row_of, row_of
from casehub.cases.tables import attachments, case_ids, case_photos, cases
from casehub.cases.tables_scope import within
from casehub.catalogue.tables import categories, schemes
from casehub.deadlines.commands import KEEPING, packed_tasks, tasks_and_claims_of
from casehub.departments.tables import departments
from casehub.events.commands import APPENDING, packed_events
from casehub.people.actors import Scope
from casehub.people.tables import people, roles_held
from casehub.places.tables import components
from casehub.storage.hot import Hot
from casehub.storage.sent import inserting, packed, sent
from casehub.storage.transaction import Tx

CASE = [cases.c[name] for name in CASE_COLUMNS]
_BY_NO = select(*CASE).where(cases.c.case_no == bindparam("case_no"))
_LOCKED = _BY_NO.with_for_update(key_share=True)
CATEGORY = [
    categories.c[n]
    for n in ("category_id", "scheme", "kind", "code", "name", "major_name", "self_handling_allowed")
]

# Built once: to build a statement costs more than to run it.
_CATEGORY_BY_ID = select(*CATEGORY).where(categories.c.category_id == bindparam("category_id"))
_BY_CODE = (
    select(*CATEGORY, schemes.c.is_default)
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
        (SELECT json_object_agg(area_code, lies_in) FROM areas WHERE area_code = ANY(:areas)) AS areas,
        ARRAY(SELECT component_code FROM components WHERE component_code = ANY(:components)) AS components,
        EXISTS (SELECT FROM components) AS has_register,
        (SELECT map_version FROM city) AS map_version,
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


@lru_cache(maxsize=1024)
def _reaching(parts: tuple[tuple[str | None, str | None], ...]) -> Select[Any]:
    reach = [within(Scope((part,))).label(f"part_{place}") for place, part in enumerate(parts)]
    return select(*reach).select_from(cases).where(cases.c.case_id == bindparam("case_id"))


async def read_reached(
    tx: Tx, case_id: int, parts: tuple[tuple[str | None, str | None], ...]
) -> list[tuple[str | None, str | None]]:
    """Which of these parts of the city reach the case."""
    row = (await tx.execute(_reaching(parts), {"case_id": case_id})).one()
    return [part for part, reached in zip(parts, row, strict=True) if reached]


async def read_with_tasks(tx: Tx, case: CaseFacts) -> CaseFacts:
    """The case with its tasks, and who has them in hand."""
    tasks, claims = await tasks_and_claims_of(tx, case.case_id)
    return case.changed(tasks=tasks, claims=claims)


async def read_case_ids(tx: Tx, count: int) -> list[int]:
    """Fresh ids for new cases."""
    return [row.id for row in await tx.execute(_DRAW, {"count": count})]


async def read_intake(tx: Tx, reports: Sequence[Report], at: datetime, near: Nearness) -> Intake:
    """All that the reports name, as far as it exists, what was seen near them, and an id for each.

    Locks their external numbers.
    """
    await _lock_external(tx, [(r.source, r.external_no) for r in reports if r.external_no])
    return intake_of((await _INTAKE.fetch(tx, named_by(reports, at, near)))[0])


async def read_points(tx: Tx, component_codes: Collection[str]) -> dict[str, tuple[float, float]]:
    """Where those of these components stand that are there: (lon, lat)."""
    c = components.c
    there = select(c.component_code, c.lon, c.lat).where(c.component_code == func.any(bindparam("v")))
    return {code: (lon, lat) for code, lon, lat in await tx.execute(there, {"v": [*component_codes]})}


async def read_categories(tx: Tx, codes: Sequence[str]) -> dict[tuple[str | None, str, str], Category]:
    """Categories with these codes, by (scheme or None for the city's default, kind, code)."""
    return by_key(await tx.execute(_BY_CODE, {"codes": codes}))


async def read_categories_beside(tx: Tx, category_id: int, codes: Sequence[str]) -> dict[str, Category]:
    """Categories with these codes, of the scheme and kind of another one."""
    if not codes:
        return {}
    beside = categories.alias()
    found = select(*CATEGORY).join(
        beside, (beside.c.scheme == categories.c.scheme) & (beside.c.kind == categories.c.kind)
    )
    rows = await tx.execute(
        found.where(beside.c.category_id == category_id, categories.c.code == func.any(bindparam("v"))),
        {"v": list(codes)},
    )
    return {row.code: Category(*row) for row in rows}


async def read_category(tx: Tx, category_id: int) -> Category:
    """A category by its id."""
    return Category(*(await tx.execute(_CATEGORY_BY_ID, {"category_id": category_id})).one())


async def read_departments(tx: Tx, codes: Sequence[str]) -> dict[str, list[str]]:
    """Those of these departments that are there, each with itself and all above it."""
    if not codes:
        return {}
    code = departments.c.department_code
    there = select(code, departments.c.belongs_to).where(code == func.any(bindparam("v")))
    return {row.department_code: row.belongs_to for row in await tx.execute(there, {"v": list(codes)})}


async def read_people(tx: Tx, numbers: Sequence[str], at: datetime) -> dict[str, Person]:
    """Those of these people who are active, with the roles that they hold at `at`."""
    if not numbers:
        return {}
    columns = (people.c.person_no, people.c.department_code, roles_held(at).label("roles"))
    active = select(*columns).where(people.c.active, people.c.person_no == func.any(bindparam("v")))
    rows = await tx.execute(active, {"v": list(numbers)})
    return {row.person_no: Person(row.department_code, row.roles) for row in rows}


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
    seen, areas = changes.seen, {case_id: case.area_code for case_id, case in changes.cases.items()}
    told = {
        "new_cases": packed(new_row_of(case) for case_id, case in changes.cases.items() if case_id not in seen),
        "moved_cases": packed(row_of(changes.cases[case_id]) for case_id in seen),
        "moved_ids": [*seen], "seen": [*seen.values()], **packed_events(changes.events, changes.lying),
        "tasks_now": packed_tasks(changes.tasks, areas), "outside": outside,
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


async def write_case_photos(tx: Tx, case_id: int, ids: Sequence[str]) -> None:
    """These photos are of this case."""
    rows = [{"attachment_id": one, "case_id": case_id} for one in ids]
    await tx.execute(upsert(case_photos).on_conflict_do_nothing(), rows)


async def write_attachment(tx: Tx, row: Mapping[str, Any]) -> str:
    """Keep what is said of an uploaded photo; its id, which is the first one's if the same person brings it again."""
    key = ("uploaded_by", "sha256", "kind")
    once = upsert(attachments).values(row)
    once = once.on_conflict_do_nothing(index_elements=key, index_where=~attachments.c.again)
    if (new := (await tx.execute(once.returning(attachments.c.attachment_id))).scalar()) is not None:
        return str(new)
    same = [attachments.c[name] == row[name] for name in key]
    there = select(attachments.c.attachment_id).where(*same, ~attachments.c.again)
    return str((await tx.execute(there)).scalar_one())


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


async def read_outdated(tx: Tx, workflow: str, digest: str) -> list[CaseFacts]:
    """Open cases of a workflow that began with another version than `digest`, locked."""
    old = select(*CASE).where(
        cases.c.workflow == workflow, cases.c.workflow_digest != digest, cases.c.ended_at.is_(None)
    )
    rows = await tx.execute(old.order_by(cases.c.case_id).with_for_update(key_share=True))
    return [facts_of(row) for row in rows.mappings()]
