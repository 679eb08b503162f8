"""Kinds of matters and when a sighting becomes a case. Written by `catalogue.commands` alone."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

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
    Column("limit", Text, nullable=False),
)
