"""SQL of who reported."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, literal, select, update

from casehub.cases.tables import case_reporters, cases
from casehub.storage.hot import Hot
from casehub.storage.transaction import Tx


async def write_reporters(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep who reported: {case_id, sealed, secret}."""
    await tx.execute(insert(case_reporters), list(rows))


async def write_linked_reporters(tx: Tx, merged_id: int, target_id: int) -> None:
    """The reporters of a merged case become reporters of its target too."""
    kept = case_reporters.c
    mine = select(literal(target_id), kept.sealed, kept.secret, literal(merged_id)).where(
        kept.case_id == merged_id
    )
    columns = ["case_id", "sealed", "secret", "merged_from_case_id"]
    await tx.execute(insert(case_reporters).from_select(columns, mine))


_REPORTERS = Hot(
    select(case_reporters.c.sealed, case_reporters.c.secret, cases.c.case_no.label("merged_from"))
    .outerjoin(cases, cases.c.case_id == case_reporters.c.merged_from_case_id)
    .where(case_reporters.c.case_id == bindparam("case_id"))
    .order_by(case_reporters.c.reporter_id)
)


async def read_reporters(tx: Tx, case_id: int) -> list[dict[str, Any]]:
    """Who reported a case, and who came with cases merged into it: {sealed, secret, merged_from}."""
    return [dict(row) for row in await _REPORTERS.fetch(tx, {"case_id": case_id})]


async def read_sealed_after(tx: Tx, after: int, most: int) -> list[tuple[int, str]]:
    """(reporter_id, sealed) in order of ids, locked: for walks over the whole city."""
    kept = case_reporters.c
    found = select(kept.reporter_id, kept.sealed).where(kept.reporter_id > after).order_by(kept.reporter_id)
    return [(row.reporter_id, row.sealed) for row in await tx.execute(found.limit(most).with_for_update())]


_RESEAL = (
    update(case_reporters)
    .where(case_reporters.c.reporter_id == bindparam("of_reporter"))
    .values(sealed=bindparam("anew"))
)


async def write_sealed(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """The same said, sealed anew: (reporter_id, sealed)."""
    await tx.execute(_RESEAL, [{"of_reporter": reporter_id, "anew": sealed} for reporter_id, sealed in rows])
