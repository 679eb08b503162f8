"""What rates are summed from. All of it can be made again from the events. Written by `rates.commands` alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.storage.metadata import Instant, metadata

# The facts of each case, as `facts_of` reads them from its events. Counts are places in `counts.COUNTS`.
rate_facts = Table(
    "rate_facts",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("fact_no", SmallInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("counts", ARRAY(SmallInteger), nullable=False),
    Column("area_code", Text),
    Column("category_id", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("department_code", Text),
    Column("person_no", Text),
    Column("light", Text),
    Column("task_no", Integer),
    # Counts only once its moment has passed: a deadline that nobody has kept yet.
    Column("open", Boolean, nullable=False),
    Column("exempt", Boolean, nullable=False),
    PrimaryKeyConstraint("case_id", "fact_no"),
)
# A period, and a period of whom one asks for most; the tail that has no cells yet is a period too.
Index("ix_rate_facts_at", rate_facts.c.at)
for _column in (rate_facts.c.department_code, rate_facts.c.person_no, rate_facts.c.area_code):
    Index(f"ix_rate_facts_{_column.name}_at", _column, rate_facts.c.at)

# The version of each case that its facts tell.
rate_cases = Table(
    "rate_cases",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

# Sums over a day, month or year of the city, for one or two dimensions; of sealed days only. `n` has a number for each
# of `counts.COUNTS`, those at its end that are zero left out.
rate_cells = Table(
    "rate_cells",
    metadata,
    Column("dims", Text, nullable=False),
    Column("grain", Text, nullable=False),
    Column("bucket", Date, nullable=False),
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("exempt", Boolean, nullable=False),
    Column("n", ARRAY(Integer), nullable=False),
    PrimaryKeyConstraint("dims", "grain", "bucket", "a", "b", "exempt"),
    CheckConstraint("grain IN ('day', 'month', 'year')", name="grain"),
)

# The sub-district, or larger area, that cells keep each area under.
rate_places = Table(
    "rate_places",
    metadata,
    Column("area_code", Text, primary_key=True),
    Column("place", Text, nullable=False),
)

# How far the worker has come; one row, made by the migration. Its lock lets one after the other fold.
rate_state = Table(
    "rate_state",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    # Events written by transactions before this one are in the facts.
    Column("folded_xid", BigInteger, nullable=False),
    # Days before this one have cells; null while nothing has.
    Column("sealed_to", Date),
    Column("map_version", Integer, nullable=False),
    # What facts and cells were made by: the table of counts, and the city's time zone.
    Column("made_by", Text, nullable=False),
    CheckConstraint("one", name="one"),
)
