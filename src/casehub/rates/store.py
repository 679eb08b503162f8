"""SQL of facts and cells: what changed, and how far the worker has come."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from asyncpg import Connection
from sqlalchemy import BigInteger, Text, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.rates.cells import Cell, Row
from casehub.rates.periods import Period
from casehub.rates.tables import rate_cases, rate_cells, rate_facts, rate_places, rate_state
from casehub.storage.hot import Hot
from casehub.storage.metadata import Instant
from casehub.storage.sent import packed, sent
from casehub.storage.transaction import Tx


class FactRow(NamedTuple):
    """A row of `rate_facts`, its key left out."""

    at: datetime
    counts: tuple[int, ...]
    area_code: str | None
    category_id: int
    source: str
    workflow: str
    department_code: str | None
    person_no: str | None
    light: str | None
    task_no: int | None
    open: bool
    exempt: bool


@dataclass(frozen=True, slots=True)
class State:
    """How far the worker has come; `sealed_to` is None before the first day is sealed."""

    folded_xid: int
    sealed_to: date | None
    map_version: int
    made_by: str


_STATE = select(*(rate_state.c[name] for name in ("folded_xid", "sealed_to", "map_version", "made_by")))
_FACT = [rate_facts.c[name] for name in FactRow._fields]


async def read_state(tx: Tx, *, lock: bool = False) -> State:
    """The state; with `lock`, nobody else folds until the transaction ends."""
    return State(*(await tx.execute(_STATE.with_for_update() if lock else _STATE)).one())


async def try_lock(tx: Tx) -> State | None:
    """The state, locked, unless somebody else folds just now."""
    row = (await tx.execute(_STATE.with_for_update(skip_locked=True))).first()
    return None if row is None else State(*row)


async def write_state(tx: Tx, state: State) -> None:
    """Keep how far we have come. The caller holds the lock."""
    await tx.execute(update(rate_state).values({name: getattr(state, name) for name in State.__slots__}))


# One statement, so one snapshot: whatever this one does not see was written by `xmin` or later.
_CHANGED = text(
    """
    SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS xmin,
           (SELECT map_version FROM city) AS map_version,
           ARRAY(SELECT case_id
                 FROM (SELECT DISTINCT case_id FROM case_events WHERE xid >= :since) AS written
                 JOIN cases USING (case_id) LEFT JOIN rate_cases USING (case_id)
                 WHERE rate_cases.version IS DISTINCT FROM cases.version
                 ORDER BY case_id LIMIT :most) AS case_ids
    """
)


async def read_changed(tx: Tx, since: int, most: int) -> tuple[int, int, list[int]]:
    """(xmin, map_version, cases that differ from their facts), at most so many. Rides on ix_case_events_xid."""
    row = (await tx.execute(_CHANGED, {"since": since, "most": most})).one()
    return row.xmin, row.map_version or 0, row.case_ids


async def read_facts(tx: Tx, case_ids: Collection[int]) -> dict[int, dict[int, FactRow]]:
    """The facts kept of these cases, by case and number."""
    found: dict[int, dict[int, FactRow]] = {}
    columns = (rate_facts.c.case_id, rate_facts.c.fact_no, *_FACT)
    those = rate_facts.c.case_id == func.any(bindparam("case_ids", type_=ARRAY(BigInteger)))
    rows = await tx.execute(select(*columns).where(those), {"case_ids": [*case_ids]})
    for case_id, number, *row in rows:
        found.setdefault(case_id, {})[number] = _fact(row)
    return found


def _fact(row: Sequence[Any]) -> FactRow:
    at, counts, *rest = row
    return FactRow(at, tuple(counts), *rest)


_ROWS = Hot(
    text(
        """
        SELECT CAST(at AT TIME ZONE :zone AS date) AS day, coalesce(place, rate_facts.area_code, '') AS place,
               CAST(category_id AS text) AS category, coalesce(department_code, '') AS department,
               coalesce(person_no, '') AS person, source, workflow, coalesce(light, '') AS light,
               coalesce(rate_facts.area_code, '') AS area, exempt, counts
        FROM rate_facts LEFT JOIN rate_places USING (area_code) WHERE at >= :first AND at < :end
        """
    ).bindparams(
        bindparam("zone", type_=Text), bindparam("first", type_=Instant), bindparam("end", type_=Instant)
    )
)


async def read_rows_of(tx: Tx, period: Period, tz: ZoneInfo) -> list[Row]:
    """The facts of a period, as they are summed. Rides on ix_rate_facts_at."""
    told = await _ROWS.fetch(tx, {"zone": tz.key, "first": period.first, "end": period.end})
    return [Row(one[0], one[1:9], one[9], one[10]) for one in told]


async def read_first(tx: Tx) -> datetime | None:
    """The earliest fact."""
    found: datetime | None = (await tx.execute(select(func.min(rate_facts.c.at)))).scalar_one()
    return found


_TAKE_FACTS = text(
    """
    DELETE FROM rate_facts
    USING unnest(CAST(:case_ids AS bigint[]), CAST(:numbers AS integer[])) AS gone (case_id, fact_no)
    WHERE rate_facts.case_id = gone.case_id AND rate_facts.fact_no = gone.fact_no
    """
)
_ADD_FACTS = insert(rate_facts).from_select([*rate_facts.columns], select(*sent(rate_facts, "rows").columns))
_KEEP_VERSIONS = text(
    """
    INSERT INTO rate_cases (case_id, version)
    SELECT * FROM unnest(CAST(:case_ids AS bigint[]), CAST(:versions AS integer[]))
    ON CONFLICT (case_id) DO UPDATE SET version = excluded.version
    """
)


async def write_facts(
    tx: Tx,
    gone: Collection[tuple[int, int]],
    new: Iterable[tuple[int, int, FactRow]],
    versions: dict[int, int],
) -> None:
    """Take away and add facts by (case_id, fact_no), and remember which versions they tell. The caller holds the state."""
    if gone:
        keys = {"case_ids": [one for one, _ in gone], "numbers": [number for _, number in gone]}
        await tx.execute(_TAKE_FACTS, keys)
    rows = packed({"case_id": case_id, "fact_no": number, **row._asdict()} for case_id, number, row in new)
    await tx.execute(_ADD_FACTS, {"rows": rows})
    said = {"case_ids": [*versions], "versions": [*versions.values()]}
    await tx.execute(_KEEP_VERSIONS, said)


_ADD_CELLS = text(
    """
    INSERT INTO rate_cells AS kept
    SELECT * FROM json_populate_recordset(NULL::rate_cells, CAST(:rows AS json))
    ON CONFLICT (dims, grain, bucket, a, b, exempt) DO UPDATE SET n = ARRAY(
        SELECT coalesce(was, 0) + coalesce(more, 0)
        FROM unnest(kept.n, excluded.n) WITH ORDINALITY AS both_of (was, more, place) ORDER BY place)
    """
)
#: Cells sent in one statement.
CELLS = 20_000


async def write_cells(tx: Tx, cells: Iterable[Cell]) -> None:
    """Add to cells. The caller holds the state."""
    waiting: list[dict[str, object]] = []
    for cell in cells:
        waiting.append(cell._asdict())
        if len(waiting) == CELLS:
            await tx.execute(_ADD_CELLS, {"rows": packed(waiting)})
            waiting = []
    if waiting:
        await tx.execute(_ADD_CELLS, {"rows": packed(waiting)})


async def write_new_cells(tx: Tx, cells: Iterable[Cell]) -> None:
    """Add cells that are not there. The caller holds the state."""
    connection: Connection = (await tx.get_raw_connection()).driver_connection
    await connection.copy_records_to_table("rate_cells", records=cells, columns=Cell._fields, timeout=None)


async def delete_cells(tx: Tx) -> None:
    """Forget all cells. The caller holds the state."""
    await tx.execute(delete(rate_cells))


async def delete_facts(tx: Tx) -> None:
    """Forget all facts. The caller holds the state."""
    await tx.execute(delete(rate_facts))
    await tx.execute(delete(rate_cases))


async def read_cells(tx: Tx) -> list[Cell]:
    """All cells that are not zero."""
    rows = await tx.execute(select(*(rate_cells.c[name] for name in Cell._fields)))
    return [cell for cell in (Cell(*row) for row in rows) if any(cell.n)]


_COARSE = text(
    """
    SELECT area_code, coalesce(
        (SELECT above.area_code FROM areas AS above
         WHERE above.area_code = ANY(areas.lies_in) AND above.kind = 'subdistrict' LIMIT 1), area_code) AS place
    FROM areas
    """
)


async def read_coarse(tx: Tx) -> dict[str, str]:
    """Under which sub-district each area of the city lies now; one that lies in none is kept under itself."""
    return {row.area_code: row.place for row in (await tx.execute(_COARSE)).all()}


async def read_places(tx: Tx, codes: Collection[str] | None = None) -> dict[str, str]:
    """Under which sub-district cells keep these areas, or all."""
    known = select(rate_places.c.area_code, rate_places.c.place)
    if codes is not None:
        known = known.where(rate_places.c.area_code.in_(codes))
    return {row.area_code: row.place for row in (await tx.execute(known)).all()}


async def write_places(tx: Tx, places: dict[str, str]) -> None:
    """Keep areas under these from now on. The caller holds the state."""
    await tx.execute(delete(rate_places))
    if places:
        await tx.execute(insert(rate_places), [{"area_code": a, "place": p} for a, p in places.items()])


async def read_case_ids(tx: Tx, after: int, most: int) -> list[int]:
    """Cases in order of ids."""
    rows = await tx.execute(
        text("SELECT case_id FROM cases WHERE case_id > :after ORDER BY case_id LIMIT :most"),
        {"after": after, "most": most},
    )
    return [row.case_id for row in rows]


async def count_cases(tx: Tx) -> int:
    """How many cases there are."""
    return int((await tx.execute(text("SELECT count(*) FROM cases"))).scalar_one())
