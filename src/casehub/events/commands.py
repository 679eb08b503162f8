"""The door of events: append, read for who may, and say who outside must hear of them."""

import base64
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.events import store, store_notices
from casehub.events.addresses import NO_AREA, NO_DEPARTMENT, action_faults, faults
from casehub.events.chain import Event
from casehub.events.messages import NoticeKind
from casehub.events.parts import Lying
from casehub.events.problems import WebhookInvalid, WebhookNotFound
from casehub.events.retries import State
from casehub.storage.sent import packed
from casehub.storage.transaction import Tx
from casehub.workflow.commands import known_actions

#: Parts of the statement that stores decisions: append the `events` it is given (see `packed_events`), and when it
#: is told `outside`, make a delivery of each for every active webhook that wants to hear of it and of that part of the city.
APPENDING = store.APPENDING
#: (case_id, seq) as one number, as cursors carry it; no case ever has so many events.
_PLACES_OF_A_CASE = 2**20


def packed_events(events: Sequence[Event], lying: Sequence[Lying]) -> dict[str, str]:
    """Events for `APPENDING`, and where their cases lie. The caller holds the lock of the cases."""
    return {"events": packed(events), "lying": packed(lying)}


async def history(tx: Tx, case_id: int) -> list[Event]:
    """The events of one case, oldest first. The caller has seen to the reader's scope."""
    return await store.read_events(tx, case_id)


async def histories(tx: Tx, first: int, last: int) -> dict[int, list[Event]]:
    """The events of all cases with ids from `first` to `last`, both included."""
    found: dict[int, list[Event]] = defaultdict(list)
    async for event in store.read_between(tx, first, last):
        found[event.case_id].append(event)
    return found


async def histories_of(tx: Tx, case_ids: Sequence[int]) -> dict[int, list[Event]]:
    """The events of these cases."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in await store.read_of_cases(tx, case_ids):
        found[event.case_id].append(event)
    return found


async def make_webhook(
    tx: Tx, said: Mapping[str, Any], *, by: str, at: datetime
) -> tuple[dict[str, Any], str]:
    """Add a webhook {url, actions, area_code, department_code, active}; it, and its secret, which is shown this once.

    Raises WebhookInvalid.
    """
    await _check(tx, said)
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    shown = {**said, "made_at": at, "made_by": by}
    with _named_parts():
        async with tx.begin_nested():
            webhook_id = await store.write_webhook(tx, {**shown, "secret": secret})
    return {"webhook_id": webhook_id, **shown}, secret


async def _check(tx: Tx, said: Mapping[str, Any]) -> None:
    if found := faults(said["url"]) + action_faults(said["actions"] or (), await known_actions(tx)):
        raise WebhookInvalid(errors=found)


@contextmanager
def _named_parts() -> Iterator[None]:
    """Raises WebhookInvalid when the part of the city does not exist."""
    try:
        yield
    except IntegrityError as error:
        wrong = NO_AREA if "fk_webhooks_area_code" in str(error.orig) else NO_DEPARTMENT
        raise WebhookInvalid(errors=[wrong]) from None


async def list_webhooks(tx: Tx) -> list[dict[str, Any]]:
    """All webhooks, without their secrets."""
    return await store.read_webhooks(tx)


async def find_webhook(tx: Tx, webhook_id: int) -> dict[str, Any]:
    """A webhook without its secret. Raises WebhookNotFound."""
    found = await store.read_webhook(tx, webhook_id)
    if found is None:
        raise WebhookNotFound(str(webhook_id))
    return found


async def change_webhook(tx: Tx, webhook_id: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """Set what is said of a webhook, for what happens from now on. Raises WebhookInvalid, WebhookNotFound.

    What waits for one that is not active goes on waiting until it is.
    """
    await _check(tx, said)
    with _named_parts():
        async with tx.begin_nested():
            await store.write_changes(tx, webhook_id, dict(said))
    return await find_webhook(tx, webhook_id)


async def delete_webhook(tx: Tx, webhook_id: int, at: datetime) -> None:
    """Delete a webhook and its secret; what has not left by now never will. Raises WebhookNotFound."""
    if not await store.write_changes(tx, webhook_id, {"active": False, "secret": "", "deleted_at": at}):
        raise WebhookNotFound(str(webhook_id))


async def tell(tx: Tx, subject: str, kind: NoticeKind, data: Mapping[str, Any], at: datetime) -> None:
    """Let every webhook hear of something that is no event of a case: same signature, retries and order.

    The caller holds the lock of the subject. What it tells is for everybody: webhooks of a part of the city hear it too.
    """
    await store_notices.write_notice(tx, subject, kind, data, at)


async def list_deliveries(
    tx: Tx, webhook_id: int, state: State | None, *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of deliveries, the newest case first, and where to go on from (None on the last page).

    Raises WebhookNotFound.
    """
    await find_webhook(tx, webhook_id)
    place = None if after is None else divmod(after, _PLACES_OF_A_CASE)
    rows = await store.read_deliveries(tx, webhook_id, state, after=place, most=most + 1)
    if len(rows) <= most:
        return rows, None
    last = rows[most - 1]
    return rows[:most], last["case_id"] * _PLACES_OF_A_CASE + last["seq"]


async def retry_deliveries(tx: Tx, webhook_id: int, at: datetime) -> int:
    """Make everything due anew that has not arrived, also what was given up; how many. Raises WebhookNotFound."""
    await find_webhook(tx, webhook_id)
    return await store.write_rearmed(tx, webhook_id, at)
