"""Where. Written by `places.commands` alone."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.storage.metadata import Instant, metadata

areas = Table(
    "areas",
    metadata,
    Column("area_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_code", Text, ForeignKey("areas.area_code"), index=True),
    # Which column of the limit table holds here; without one, that of the nearest area above that has one.
    Column("time_class", Text),
    # All areas it lies in, itself included: what lies below X is what lies in X.
    Column("lies_in", ARRAY(Text), nullable=False, server_default="{}"),
    Index("ix_areas_lies_in", "lies_in", postgresql_using="gin"),
)

city = Table(
    "city",
    metadata,
    # One row: a schema is one city.
    Column("only", Boolean, primary_key=True),
    # Chosen when the city is made and never changed: a city in use can't be put on a simulated clock.
    Column("simulated", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    CheckConstraint('"only"', name="one_row"),
)
