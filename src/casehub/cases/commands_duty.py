"""Asking the duty list about a case."""

from datetime import datetime, tzinfo

from casehub.cases.facts import CaseFacts
from casehub.departments.commands_duty import duty_for, owner_of
from casehub.departments.duty import Duty
from casehub.storage.transaction import Tx


async def duty_of(tx: Tx, case: CaseFacts, at: datetime, zone: tzinfo) -> tuple[int | None, Duty]:
    """Who must handle a case by the list in force on this day of the city, in its zone: (version, what it says)."""
    on = at.astimezone(zone).date()
    owner = None if case.component_code is None else await owner_of(tx, case.component_code)
    return await duty_for(tx, case.category_id, area=case.area_code, owner=owner, on=on)


def row_of(version: int | None, duty: Duty) -> str | None:
    """How a case remembers the row that decided: `3/12` is row 12 of version 3."""
    return None if duty.row is None else f"{version}/{duty.row.row_no}"
