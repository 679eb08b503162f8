"""The door of events: append, and read for who may."""

from collections import defaultdict
from collections.abc import Sequence

from casehub.events import store
from casehub.events.chain import Event
from casehub.storage.sent import packed
from casehub.storage.transaction import Tx

#: A part of the statement that stores a decision: append the `events` it is given (see `packed_events`).
APPENDING = store.APPENDING


def packed_events(events: Sequence[Event]) -> str:
    """Events for `APPENDING`. The caller holds the lock of their cases."""
    return packed(events)


async def history(tx: Tx, case_id: int) -> list[Event]:
    """The events of one case, oldest first. The caller has seen to the reader's scope."""
    return await store.read_events(tx, case_id)


async def histories(tx: Tx, first: int, last: int) -> dict[int, list[Event]]:
    """The events of all cases with ids from `first` to `last`, both included."""
    found: dict[int, list[Event]] = defaultdict(list)
    async for event in store.read_between(tx, first, last):
        found[event.case_id].append(event)
    return found
