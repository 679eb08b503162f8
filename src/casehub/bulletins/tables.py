"""Bulletins and what defines them. Written by `bulletins.commands` alone; what is published is never changed."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from casehub.storage.metadata import Instant, metadata

bulletin_definitions = Table(
    "bulletin_definitions",
    metadata,
    Column("bulletin", Text, primary_key=True),
    Column("said", JSONB, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
)

bulletins = Table(
    "bulletins",
    metadata,
    Column("bulletin_id", Integer, Identity(), primary_key=True),
    Column("bulletin", Text, ForeignKey("bulletin_definitions.bulletin"), nullable=False),
    # The period: its first day, and the day after its last.
    Column("first", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("state", Text, nullable=False),
    # How often it was drawn up, published or withdrawn.
    Column("version", Integer, nullable=False),
    # Canonical JSON, kept as the very text whose SHA-256 is the digest: jsonb would rewrite it.
    Column("content", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("drawn_at", Instant, nullable=False),
    Column("drawn_by", Text, nullable=False),
    # Its number among those of its definition that were published of a year.
    Column("year", Integer),
    Column("number", Integer),
    Column("published_at", Instant),
    Column("published_by", Text),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    Column("withdrawn_reason", Text),
    # A number is given once; drafts have none.
    UniqueConstraint("bulletin", "year", "number"),
    CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
    CheckConstraint("(state = 'draft') = (number IS NULL)", name="numbered"),
)
# One of each definition and period, however many workers draw it up; a withdrawn one may be followed by another.
Index(
    "uq_bulletins_period", bulletins.c.bulletin, bulletins.c.first, bulletins.c.end, unique=True,
    postgresql_where=bulletins.c.state != "withdrawn",
)  # fmt: skip
