"""SQL of items that devices made offline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.cases.tables import attachments
from casehub.collectors.sync import PhotoName, Settled, Status
from casehub.collectors.tables import sync_items
from casehub.storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as it is kept."""

    received_no: int
    item_id: str
    body: Mapping[str, Any]
    status: Status
    case_no: str | None
    outcome: Mapping[str, Any] | None


_STORED = [sync_items.c[name] for name in Stored.__dataclass_fields__]
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' sync_items'), hashtext(:owner))")


def _stored(row: Row[Any]) -> Stored:
    return Stored(**{**row._mapping, "status": Status(row.status)})  # noqa: SLF001 - a public name of SQLAlchemy


def _texts(some: Iterable[str]) -> BindParameter[Any]:
    # One parameter, however much waits: a statement takes 32,767 of them.
    return bindparam(None, [*some], type_=ARRAY(Text))


def _among(ids: Iterable[str]) -> ColumnElement[bool]:
    return sync_items.c.item_id == func.any(_texts(ids))


async def lock_owner(tx: Tx, owner: str) -> None:
    """Let one delivery of a person be done before the next one looks."""
    await tx.execute(_LOCK, {"owner": owner})


async def read_items(tx: Tx, owner: str, ids: Iterable[str]) -> dict[str, Stored]:
    """Those of these items that have arrived."""
    found = select(*_STORED).where(sync_items.c.owner == owner, _among(ids))
    return {one.item_id: one for one in map(_stored, await tx.execute(found))}


async def read_waiting(tx: Tx, owner: str) -> list[Stored]:
    """What waits. Rides on ix_sync_items_waiting."""
    found = select(*_STORED).where(sync_items.c.owner == owner, sync_items.c.status == Status.WAITING)
    return [*map(_stored, await tx.execute(found))]


async def read_open(tx: Tx, owner: str, after: int | None, most: int) -> list[Stored]:
    """What waits or was refused, newest first. Rides on ix_sync_items_open."""
    found = select(*_STORED).where(sync_items.c.owner == owner, sync_items.c.status != Status.APPLIED)
    if after is not None:
        found = found.where(sync_items.c.received_no < after)
    newest = found.order_by(sync_items.c.received_no.desc()).limit(most)
    return [*map(_stored, await tx.execute(newest))]


async def write_items(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep items that arrived for the first time. The caller holds the lock of their owner."""
    await tx.execute(insert(sync_items), list(rows))


async def delete_items(tx: Tx, owner: str, ids: Iterable[str]) -> None:
    """Forget items that nothing has been done with. The caller holds the lock of their owner."""
    await tx.execute(delete(sync_items).where(sync_items.c.owner == owner, _among(ids)))


async def write_outcome(
    tx: Tx, received_no: int, status: Status, *, case_no: str | None, outcome: Mapping[str, Any], at: datetime
) -> None:
    """Say what became of an item."""
    said = {"status": status, "case_no": case_no, "outcome": outcome, "settled_at": at}
    await tx.execute(update(sync_items).where(sync_items.c.received_no == received_no).values(said))


async def read_settled(tx: Tx, owner: str, ids: Iterable[str]) -> dict[str, Settled]:
    """Those of these items that were applied or refused."""
    found = select(sync_items.c.item_id, sync_items.c.case_no).where(
        sync_items.c.owner == owner, _among(ids), sync_items.c.status != Status.WAITING
    )
    return {item_id: Settled(case_no) for item_id, case_no in await tx.execute(found)}


async def read_photos(tx: Tx, owner: str, names: Iterable[PhotoName]) -> dict[PhotoName, str]:
    """Those of these photos that their owner brought. Rides on uq_attachments_content."""
    key = (attachments.c.sha256, attachments.c.kind)
    parts = (_texts(part) for part in zip(*names, strict=True))
    named = func.unnest(*parts).table_valued("sha256", "kind").render_derived()
    found = select(*key, attachments.c.attachment_id).where(
        attachments.c.uploaded_by == owner, ~attachments.c.again, tuple_(*key).in_(select(*named.columns))
    )
    return {(sha256, kind): one for sha256, kind, one in await tx.execute(found)}
