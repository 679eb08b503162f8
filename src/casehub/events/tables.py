"""The past. Written by `events.commands` alone; never updated, never deleted."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table, Text

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
    PrimaryKeyConstraint("case_id", "seq"),
)
