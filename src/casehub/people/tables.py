"""Who. Written by `people.commands` alone."""

from sqlalchemy import ARRAY, Boolean, Column, ForeignKey, Table, Text

from casehub.storage.metadata import Instant, metadata

people = Table(
    "people",
    metadata,
    Column("person_no", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("active", Boolean, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    # SHA-256 of the key: the key itself, 256 random bits, is shown once and not kept.
    Column("key_hash", Text, primary_key=True),
    Column("key_id", Text, nullable=False, unique=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("person_no", Text, ForeignKey("people.person_no")),
    # The part of the city in which its roles hold; without one, everywhere.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
