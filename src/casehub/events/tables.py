"""The past, and who must hear of it. Written by `events` alone; an event is never updated, never deleted."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB

from casehub.storage.metadata import Instant, metadata

case_events = Table(
    "case_events",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Canonical JSON, kept as the very text that was hashed: jsonb would rewrite numbers.
    Column("body", Text, nullable=False),
    Column("hash", Text, nullable=False),
    # The transaction that wrote it: who reads what is new asks by this, for instants and ids commit out of order.
    Column(
        "xid",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint"),
        index=True,
    ),
    PrimaryKeyConstraint("case_id", "seq"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Integer, Identity(), primary_key=True),
    Column("url", Text, nullable=False),
    # Kept as it is: every message is signed with it.
    Column("secret", Text, nullable=False),
    # Null stands for every action.
    Column("actions", ARRAY(Text)),
    # The part of the city that it hears of; without one, all of it.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("active", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    # The row stays: a report under way may just be pointing to it, and must not fail for that.
    Column("deleted_at", Instant),
)

#: Numbers of subjects begin here, where no case_id ever comes: a delivery of (case_id, seq) tells an event or a notice.
NOTICES_FROM = 2**42
subject_ids = Sequence("subject_ids", start=NOTICES_FROM, data_type=BigInteger, metadata=metadata)

# What others must hear of that is no event of a case, such as a bulletin that was published.
notices = Table(
    "notices",
    metadata,
    # The number of its subject, and its place among the notices about it: they arrive in this order.
    Column("subject_id", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("data", JSONB, nullable=False),
    PrimaryKeyConstraint("subject_id", "seq"),
    UniqueConstraint("subject", "seq"),
)

# (case_id, seq) is an event or, with the number of a subject, a notice; two tables, so no foreign key.
deliveries = Table(
    "deliveries",
    metadata,
    Column("case_id", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("webhook_id", Integer, ForeignKey("webhooks.webhook_id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    # Null when it will not be tried any more: delivered, or failed. Whoever tries it pushes it ahead first.
    Column("next_try_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", Instant),
    Column("last_error", Text),
    PrimaryKeyConstraint("case_id", "seq", "webhook_id"),
)
# What is still to be tried, each webhook by itself: a dead receiver's backlog never lies before another's.
Index(
    "ix_deliveries_open", deliveries.c.webhook_id, deliveries.c.next_try_at,
    postgresql_where=deliveries.c.next_try_at.is_not(None),
)  # fmt: skip
# What was given up.
Index(
    "ix_deliveries_failed", deliveries.c.webhook_id, deliveries.c.case_id, deliveries.c.seq,
    postgresql_where=deliveries.c.next_try_at.is_(None) & deliveries.c.delivered_at.is_(None),
)  # fmt: skip
