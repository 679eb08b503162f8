"""Kinds of matters and when a sighting becomes a case. Written by `catalogue.commands` alone."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from casehub.storage.metadata import metadata

schemes = Table(
    "schemes",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
)
# A city has at most one default scheme.
Index("uq_schemes_default", schemes.c.is_default, unique=True, postgresql_where=schemes.c.is_default)

categories = Table(
    "categories",
    metadata,
    Column("category_id", Integer, Identity(), primary_key=True),
    Column("scheme", Text, ForeignKey("schemes.scheme"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("major", Text, nullable=False),
    Column("major_name", Text, nullable=False),
    Column("minor", Text, nullable=False),
    Column("name", Text, nullable=False),
    # How sure the name is: confirmed, inferred, confirmed_in_one_city, candidate_high, local, foreign.
    Column("status", Text, nullable=False),
    Column("self_handling_allowed", Boolean, nullable=False),
    UniqueConstraint("scheme", "kind", "code"),
    CheckConstraint("kind IN ('event', 'component')", name="kind"),
)

filing_conditions = Table(
    "filing_conditions",
    metadata,
    Column("category_id", Integer, ForeignKey("categories.category_id"), primary_key=True),
    Column("condition", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("closing_condition", Text),
    # The set it was taken from, so that one city's limits are never read as those of the nation.
    Column("source", Text),
)

condition_limits = Table(
    "condition_limits",
    metadata,
    Column("category_id", Integer, primary_key=True),
    Column("condition", Text, primary_key=True),
    # `-` is always there, so that a case in no area has a limit too.
    Column("time_class", Text, primary_key=True),
    # Steps in order, {step, title, title_en, limit}; the last one's limit is the handling limit.
    Column("steps", JSONB, nullable=False),
    ForeignKeyConstraint(
        ["category_id", "condition"],
        ["filing_conditions.category_id", "filing_conditions.condition"],
        ondelete="CASCADE",
    ),
    CheckConstraint("jsonb_array_length(steps) > 0", name="a_step"),
)
