"""The roster. Written by `places.commands_roster` alone."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text

from casehub.storage.metadata import Instant, metadata

shifts = Table(
    "shifts",
    metadata,
    Column("person_no", Text, ForeignKey("people.person_no"), primary_key=True),
    Column("area_code", Text, ForeignKey("areas.area_code"), primary_key=True),
    Column("begins_at", Instant, primary_key=True),
    Column("ends_at", Instant),
    # Whose duty grid it is, on shift or off.
    Column("standing", Boolean, nullable=False),
    CheckConstraint("begins_at <= ends_at", name="period"),
    CheckConstraint("standing OR ends_at IS NOT NULL", name="end"),
    # Who is on shift there now, among the shifts of years.
    Index("ix_shifts_area_code_ends_at", "area_code", "ends_at"),
    # The roster of a day, among those of years.
    Index("ix_shifts_ends_at", "ends_at"),
)
