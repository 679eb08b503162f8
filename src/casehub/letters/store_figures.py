"""SQL of the figures of letters: those alike counted together, all in one statement, and so of one instant."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import distinct, func, literal, select, union_all

from casehub.letters.figures import DRAFTED, UNANSWERED, Fact, Period
from casehub.letters.tables import letter_events, letter_rounds, letters
from casehub.letters.tables_past import HAPPENING, unanswered_at
from casehub.storage.transaction import Tx

_L = letters.c
_ALIKE = (_L.step, _L.to_unit, _L.round_id)
_ABOUT = func.jsonb_array_length(_L.content["cases"])
_OF_WHOLE = (*_ALIKE, func.count(), func.sum(_ABOUT))


async def read_facts(tx: Tx, period: Period) -> list[Fact]:
    """What happened in the period, on ix_letter_events_at; what stood unanswered at its end; rounds begun in it."""
    what, e = HAPPENING.label("what"), letter_events.c
    happened = (
        select(what, *_ALIKE, func.count(distinct(_L.letter_id)), literal(0))
        .join(letter_events, e.letter_id == _L.letter_id)
        .where(e.at >= period.first, e.at < period.end, HAPPENING.is_not(None))
        .group_by(what, *_ALIKE)
    )
    stood = select(literal(UNANSWERED), *_OF_WHOLE).where(unanswered_at(period.end)).group_by(*_ALIKE)
    r = letter_rounds.c
    drafted = (
        select(literal(DRAFTED), *_OF_WHOLE)
        .join(letter_rounds, r.round_id == _L.round_id)
        .where(r.made_at >= period.first, r.made_at < period.end, _L.drafted_at < period.end)
        .group_by(*_ALIKE)
    )
    return [Fact(*row) for row in await tx.execute(union_all(happened, stood, drafted))]


async def read_rounds_named(tx: Tx, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What these rounds are called, and when they began."""
    r = letter_rounds.c
    rows = await tx.execute(select(r.round_id, r.title, r.made_at).where(r.round_id.in_(ids)))
    return {row.round_id: {"name": row.title, "made_at": row.made_at} for row in rows}
