"""SQL of notices."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, literal_column, or_, select

from casehub.events.messages import NoticeKind
from casehub.events.tables import deliveries, notices, subject_ids, webhooks
from casehub.storage.transaction import Tx


async def write_notice(tx: Tx, subject: str, kind: NoticeKind, data: Mapping[str, Any], at: datetime) -> None:
    """Add the next notice about a subject, whose row the caller has locked, with a delivery for each active webhook.

    Rides on uq_notices_subject_seq.
    """
    before = select(notices.c.subject_id, notices.c.seq).where(notices.c.subject == subject)
    last = (await tx.execute(before.order_by(notices.c.seq.desc()).limit(1))).first()
    subject_id = (
        (await tx.execute(select(subject_ids.next_value()))).scalar_one() if last is None else last.subject_id
    )
    row = {
        "subject_id": subject_id,
        "seq": 1 if last is None else last.seq + 1,
        "subject": subject,
        "kind": kind,
    }
    await tx.execute(insert(notices).values({**row, "at": at, "data": data}))
    hears = or_(webhooks.c.actions.is_(None), literal(kind) == func.any(webhooks.c.actions))
    leaving = select(
        literal(subject_id),
        literal(row["seq"]),
        webhooks.c.webhook_id,
        literal(at),
        literal(at),
        literal_column("0"),
    ).where(webhooks.c.active, hears)
    names = ["case_id", "seq", "webhook_id", "made_at", "next_try_at", "attempts"]
    await tx.execute(insert(deliveries).from_select(names, leaving))
