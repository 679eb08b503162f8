"""Who must act. Written by `departments.commands` alone."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.storage.metadata import metadata

#: Source: reference 0.4, S0a.
KINDS = ("district_platform", "bureau", "squad", "firm", "utility")

departments = Table(
    "departments",
    metadata,
    Column("department_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_code", Text, ForeignKey("departments.department_code"), index=True),
    # All departments it belongs to, itself included.
    Column("belongs_to", ARRAY(Text), nullable=False, server_default="{}"),
    Index("ix_departments_belongs_to", "belongs_to", postgresql_using="gin"),
    # Kinds of units. Source: reference 0.4, S0a.
    CheckConstraint("kind IN ('district_platform', 'bureau', 'squad', 'firm', 'utility')", name="kind"),
)
