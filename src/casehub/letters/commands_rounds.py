"""The door of rounds (期): letters that go out together, one to each unit that leads some of the cases."""

from collections.abc import Sequence
from datetime import datetime

from casehub.errors import Refusal
from casehub.letters import store
from casehub.letters.commands import (
    READS,
    Asked,
    ask,
    current_ladder,
    draft_for,
    reach_of,
    sort_cases,
    wish_faults,
)
from casehub.letters.drafts import CaseOf, addressee_faults
from casehub.letters.flow import Letter
from casehub.letters.ladder import Ladder
from casehub.letters.problems import LetterInvalid
from casehub.letters.store import Row
from casehub.people.actors import Actor
from casehub.storage.transaction import Tx


async def draft_round(
    tx: Tx, title: str, asked: Asked, *, by: Actor, at: datetime
) -> tuple[int, list[Letter]]:
    """Begin a round of supervision: one letter to each unit that leads some of the cases.

    Raises LetterInvalid with every reason, and then there is no round.
    """
    ladder = await current_ladder(tx)
    groups = _by_unit(await ask(tx, ladder, asked, by))
    if found := [why for these in groups or [[]] for why in addressee_faults(these, None)]:
        raise LetterInvalid(errors=found)
    round_id = await _begin(tx, title, by=by, at=at)
    return round_id, await draft_for(tx, ladder, asked, groups, by=by, at=at, round_id=round_id)


async def _begin(tx: Tx, title: str, *, by: Actor, at: datetime) -> int:
    return await store.write_round(tx, {"title": title, "made_at": at, "made_by": by.name})


def _by_unit(cases: Sequence[CaseOf]) -> list[list[CaseOf]]:
    units = sorted({one.department or "" for one in cases})
    return [[one for one in cases if (one.department or "") == unit] for unit in units]


async def check_wish(tx: Tx, asked: Asked) -> Ladder:
    """The ladder that it is right by. Raises LetterInvalid where no case at all could have such a letter."""
    ladder = await current_ladder(tx)
    if faults := await wish_faults(tx, ladder, asked):
        raise LetterInvalid(errors=faults)
    return ladder


async def sort_out(tx: Tx, asked: Asked, *, by: Actor) -> tuple[list[CaseOf], dict[str, Refusal]]:
    """Those of the cases that a letter of a round can press, locked; and by its number why each other one is left out."""
    return await _sort(tx, await current_ladder(tx), asked, by)


async def _sort(tx: Tx, ladder: Ladder, asked: Asked, by: Actor) -> tuple[list[CaseOf], dict[str, Refusal]]:
    cases, refused = await sort_cases(tx, ladder, asked, by)
    for one in cases:
        if faults := addressee_faults([one], None):
            refused[one.case_no] = faults[0]
    return [one for one in cases if one.case_no not in refused], refused


async def draft_what_may(
    tx: Tx, title: str, asked: Asked, *, by: Actor, at: datetime, round_id: int | None
) -> tuple[int | None, dict[str, Refusal]]:
    """Go on with a round, or begin it, by a letter to each unit on those cases that may have one.

    The round, None while there is no letter, and by its number why a case is in none. Raises LetterInvalid.
    """
    ladder = await check_wish(tx, asked)
    cases, refused = await _sort(tx, ladder, asked, by)
    if cases:
        round_id = round_id or await _begin(tx, title, by=by, at=at)
        await draft_for(tx, ladder, asked, _by_unit(cases), by=by, at=at, round_id=round_id)
    return round_id, refused


async def list_rounds(tx: Tx, *, by: Actor, after: int | None, most: int) -> tuple[list[Row], int | None]:
    """A page of rounds with letters that they may see, newest first, and where to go on."""
    rows = await store.read_rounds(tx, reach_of(by, *READS), after, most + 1)
    return rows[:most], rows[most - 1]["round_id"] if len(rows) > most else None
