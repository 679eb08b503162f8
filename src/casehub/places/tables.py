"""Where. Written by `places.commands` alone."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    # Duty grids, care areas and roads that it belongs to; no area is ever deleted, so none of them is lost.
    Column("groups", ARRAY(Text), nullable=False, server_default="{}"),
    # GeoJSON, a Polygon or MultiPolygon in CGCS2000.
    Column("geometry", JSONB),
    # All areas it lies in, itself included: what lies below X is what lies in X.
    Column("lies_in", ARRAY(Text), nullable=False, server_default="{}"),
    Index("ix_areas_lies_in", "lies_in", postgresql_using="gin"),
    # Source: reference 1.1, 3.2, 0.4 (S0b, S0e).
    CheckConstraint(
        "kind IN ('city', 'district', 'subdistrict', 'community', 'unit_grid', 'duty_grid', 'care_area', 'road')",
        name="kind",
    ),
)
# A page of one kind, or of what lies right below an area.
Index("ix_areas_kind_area_code", areas.c.kind, areas.c.area_code)

area_chiefs = Table(
    "area_chiefs",
    metadata,
    Column("area_code", Text, ForeignKey("areas.area_code"), primary_key=True),
    # grid_chief, road_chief, or what else a city has.
    Column("duty", Text, primary_key=True),
    Column("person_no", Text, ForeignKey("people.person_no"), primary_key=True),
    # First and last day; open where null.
    Column("valid_from", Date),
    Column("valid_to", Date),
    CheckConstraint("valid_from <= valid_to", name="days"),
)

components = Table(
    "components",
    metadata,
    Column("component_code", Text, primary_key=True),
    Column("scheme", Text, nullable=False),
    # Always `component`: the register holds no events, and the database sees to it that the class is one of components.
    Column("kind", Text, nullable=False, server_default="component"),
    Column("category", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    # The unit grid of its point, set when it is written and when the city's polygons are loaded.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("owner_unit", Text, ForeignKey("departments.department_code")),
    Column("care_unit", Text, ForeignKey("departments.department_code")),
    Column("state", Text, nullable=False),
    Column("origin", Text),
    ForeignKeyConstraint(
        ["scheme", "kind", "category"],
        ["categories.scheme", "categories.kind", "categories.code"],
        name="fk_components_category",
    ),
    Index("ix_components_area_code", "area_code", "component_code"),
    # A square round a point: a band of latitude, and in it the longitudes.
    Index("ix_components_lat_lon", "lat", "lon"),
    CheckConstraint("component_code ~ '^[0-9]{16}$'", name="code"),
    CheckConstraint("kind = 'component'", name="kind"),
    # 完好, 破损, 丢失, 废弃; measured, reported by hand, census. Source: reference 3.2.
    CheckConstraint("state IN ('intact', 'damaged', 'lost', 'abandoned')", name="state"),
    CheckConstraint("origin IN ('measured', 'by_hand', 'census')", name="origin"),
)

permits = Table(
    "permits",
    metadata,
    Column("permit_code", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("note", Text),
    Column("scheme", Text, ForeignKey("schemes.scheme"), nullable=False),
    # Codes of classes of events.
    Column("categories", ARRAY(Text), nullable=False),
    # Either an area, or a circle.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("lon", Float),
    Column("lat", Float),
    Column("radius_metres", Float),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    # Of each day in the city's time, such as 17:00-21:00; none is all day.
    Column("hours", ARRAY(Text), nullable=False),
    CheckConstraint("(area_code IS NULL) <> (lon IS NULL)", name="one_place"),
    CheckConstraint(
        "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (radius_metres IS NULL)", name="circle"
    ),
    CheckConstraint("valid_from <= valid_to", name="days"),
)

city = Table(
    "city",
    metadata,
    # One row: a schema is one city.
    Column("only", Boolean, primary_key=True),
    # Chosen when the city is made and never changed: a city in use can't be put on a simulated clock.
    Column("simulated", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    # Counts changes of areas and permits, so that a process knows when its map is old.
    Column("map_version", Integer, nullable=False, server_default="0"),
    CheckConstraint('"only"', name="one_row"),
)
