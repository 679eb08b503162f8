"""The city's own rule book in versions, and what people marked. Written by `rates.commands_scores` alone."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from casehub.storage.metadata import Instant, metadata

# A version never changes, the highest counts; so a ranking that was published can be counted again.
rate_rules = Table(
    "rate_rules",
    metadata,
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    # Null: taken away. Not JSONB, which forgets in which order parts and bands stand.
    Column("content", JSON(none_as_null=True)),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    PrimaryKeyConstraint("kind", "name", "version"),
    CheckConstraint("kind IN ('indicator', 'formula', 'grades')", name="kind"),
)

# A correction is another row: the last one of a unit and period counts.
rate_marks = Table(
    "rate_marks",
    metadata,
    Column("mark_no", BigInteger, Identity(), primary_key=True),
    Column("formula", Text, nullable=False),
    Column("first", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("entered", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    # A period is [first, end).
    CheckConstraint('"first" < "end"', name="period"),
    CheckConstraint("value >= 0", name="value"),
)
# The marks of a formula for a period.
Index(None, rate_marks.c.formula, rate_marks.c.first, rate_marks.c.end)
