"""SQL of events: append and read, nothing else."""

from collections.abc import AsyncIterator

from sqlalchemy import bindparam, select

from casehub.events.chain import Event
from casehub.events.tables import case_events
from casehub.storage.sent import inserting
from casehub.storage.transaction import Tx

APPENDING = inserting(case_events, "events")
_OF_CASE = (
    select(*case_events.c).where(case_events.c.case_id == bindparam("case_id")).order_by(case_events.c.seq)
)
_BETWEEN = (
    select(*case_events.c)
    .where(case_events.c.case_id >= bindparam("first"), case_events.c.case_id <= bindparam("last"))
    .order_by(case_events.c.case_id, case_events.c.seq)
)


async def read_events(tx: Tx, case_id: int) -> list[Event]:
    """The history of one case, oldest first."""
    return [Event(*row) for row in await tx.execute(_OF_CASE, {"case_id": case_id})]


async def read_between(tx: Tx, first: int, last: int) -> AsyncIterator[Event]:
    """Events of a range of cases, in order of case and sequence."""
    for row in await tx.execute(_BETWEEN, {"first": first, "last": last}):
        yield Event(*row)
