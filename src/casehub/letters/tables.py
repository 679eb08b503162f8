"""Letters, what they are about, and their past. Written by `letters.commands` alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casehub.storage.metadata import Instant, metadata

# Versions are only ever added; the highest is the current one.
letter_ladders = Table(
    "letter_ladders",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    # The file as it was loaded.
    Column("content", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
)

# A round of supervision (期): letters that go out together.
letter_rounds = Table(
    "letter_rounds",
    metadata,
    Column("round_id", BigInteger, Identity(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
)

letter_ids = Sequence("letter_ids", metadata=metadata)

letters = Table(
    "letters",
    metadata,
    # Drawn before the insert: the event that begins a letter has it in its hash.
    Column("letter_id", BigInteger, primary_key=True, autoincrement=False),
    Column("step", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("workflow_digest", Text, ForeignKey("workflow_versions.digest"), nullable=False),
    Column("agency_code", Text, nullable=False),
    Column("year", Integer),
    Column("seq", Integer),
    Column("to_unit", Text, ForeignKey("departments.department_code"), nullable=False),
    Column("cc_units", ARRAY(Text), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    # Names and the table of cases as they were when it was drafted.
    Column("content", JSONB, nullable=False),
    Column("secrecy", Text),
    Column("urgency", Text),
    Column("reply_limit", Text),
    Column("reply_due_at", Instant),
    Column("contact_name", Text, nullable=False),
    Column("contact_phone", Text, nullable=False),
    Column("round_id", BigInteger, ForeignKey("letter_rounds.round_id"), index=True),
    Column("parent_id", BigInteger, ForeignKey("letters.letter_id"), index=True),
    Column("drafted_by", Text, nullable=False),
    Column("drafted_at", Instant, nullable=False),
    Column("signed_at", Instant),
    Column("sent_at", Instant),
    Column("ended_at", Instant),
    Column("marks", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("last_at", Instant, nullable=False),
    # A number is used once.
    UniqueConstraint("agency_code", "year", "seq"),
    CheckConstraint("(year IS NULL) = (seq IS NULL) AND (year IS NULL) = (signed_at IS NULL)", name="number"),
)
for _column in (letters.c.to_unit, letters.c.status, letters.c.step):
    Index(f"ix_letters_{_column.name}_letter_id", _column, letters.c.letter_id)
# What the watch looks at: letters whose reply is waited for.
Index(
    "ix_letters_reply_due_at", letters.c.reply_due_at,
    postgresql_where=letters.c.status.in_(["sent", "received"]),
)  # fmt: skip

# Who had not answered at an instant: letters that ask for a reply and had not ended then.
Index("ix_letters_ended_at", letters.c.ended_at, postgresql_where=letters.c.reply_limit.is_not(None))

letter_cases = Table(
    "letter_cases",
    metadata,
    Column("letter_id", BigInteger, ForeignKey("letters.letter_id"), nullable=False),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("step", Text, nullable=False),
    # The department's task on the case when it was drafted.
    Column("round", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    # Whether sending it set the case's reply clock going.
    Column("supervised", Boolean, nullable=False),
    # Not any more when its letter was withdrawn.
    Column("stands", Boolean, nullable=False),
    PrimaryKeyConstraint("letter_id", "case_id"),
)
# No letter twice for the same step of the same clock of the same case, whatever the number of workers.
Index(
    "uq_letter_cases_step", letter_cases.c.case_id, letter_cases.c.step, letter_cases.c.round, unique=True,
    postgresql_where=letter_cases.c.stands,
)  # fmt: skip

letter_events = Table(
    "letter_events",
    metadata,
    Column("letter_id", BigInteger, ForeignKey("letters.letter_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Canonical JSON, the very text that was hashed.
    Column("body", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("letter_id", "seq"),
)

# What happened in a period.
Index("ix_letter_events_at", letter_events.c.at)

# Photos of replies.
letter_photos = Table(
    "letter_photos",
    metadata,
    Column("letter_id", BigInteger, ForeignKey("letters.letter_id"), nullable=False),
    Column("attachment_id", Text, ForeignKey("attachments.attachment_id"), nullable=False),
    PrimaryKeyConstraint("letter_id", "attachment_id"),
)

# The last number of an agency code in a year. Its row is locked from the signing to its commit: no gaps, no twins.
letter_numbers = Table(
    "letter_numbers",
    metadata,
    Column("agency_code", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    PrimaryKeyConstraint("agency_code", "year"),
)
