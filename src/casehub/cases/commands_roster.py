"""Asking the roster about a case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from casehub.cases.assignment import By, Candidate, choose_collector
from casehub.cases.facts import CaseFacts
from casehub.cases.store import read_people
from casehub.cases.store_roster import read_candidates
from casehub.deadlines.commands import current_calendar
from casehub.deadlines.periods import next_same_period
from casehub.people.actors import Role
from casehub.storage.transaction import Tx


async def collectors_at(tx: Tx, area: str | None, at: datetime) -> list[Candidate]:
    """Whom the roster names for a place in that area at that time, as far as they are collectors."""
    named = [] if area is None else await read_candidates(tx, area, at)
    there = await read_people(tx, [one.person for one in named], at)
    return [one for one in named if one.person in there and Role.COLLECTOR in there[one.person].roles]


async def collector_for(
    tx: Tx, case: CaseFacts, form: Mapping[str, Any], at: datetime
) -> tuple[str, By] | None:
    """Who is sent to a case; a check at the same time of day goes to who will be on shift then."""
    if form.get("same_period") is True:
        calendar = await current_calendar(tx)
        at = max(at, next_same_period(calendar, case.observed_at or case.reported_at, at))
    return choose_collector(await collectors_at(tx, case.area_code, at))
