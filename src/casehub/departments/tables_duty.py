"""The duty list (权责清单) in versions: a version never changes, the highest is the one in force.

Written by `departments.commands_duty` alone.
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from casehub.storage.metadata import Instant, metadata

duty_lists = Table(
    "duty_lists",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("note", Text, nullable=False),
)

duty_rows = Table(
    "duty_rows",
    metadata,
    Column("version", Integer, ForeignKey("duty_lists.version"), nullable=False),
    Column("row_no", Integer, nullable=False),
    # Whatever is null is not asked for.
    Column("scheme", Text),
    Column("kind", Text),
    Column("major", Text),
    Column("code", Text),
    Column("area", Text, ForeignKey("areas.area_code")),
    Column("owner", Text, ForeignKey("departments.department_code")),
    Column("department", Text, ForeignKey("departments.department_code"), nullable=False),
    Column("co_departments", ARRAY(Text), nullable=False),
    Column("basis", Text),
    Column("auto", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    PrimaryKeyConstraint("version", "row_no"),
)
