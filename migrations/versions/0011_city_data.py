"""The city's reference data: polygons and groups of areas, chiefs, components, permits"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = "'city', 'district', 'subdistrict', 'community', 'unit_grid', 'duty_grid', 'care_area', 'road'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    text, number = sa.Text(), sa.Float()
    # Kinds were free text: a local name stays the area that it is, as an area of care. Source: reference 1.1.
    op.execute("UPDATE areas SET kind = 'subdistrict' WHERE kind = 'street'")
    op.execute(f"UPDATE areas SET kind = 'care_area' WHERE kind NOT IN ({KINDS})")  # noqa: S608 - names of our own
    op.create_check_constraint(op.f("ck_areas_kind"), "areas", f"kind IN ({KINDS})")
    op.add_column("areas", sa.Column("groups", postgresql.ARRAY(text), server_default="{}", nullable=False))
    op.add_column("areas", sa.Column("geometry", postgresql.JSONB(astext_type=text), nullable=True))
    op.create_index("ix_areas_kind_area_code", "areas", ["kind", "area_code"])
    op.add_column("city", sa.Column("map_version", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "area_chiefs",
        sa.Column("area_code", text, nullable=False),
        sa.Column("duty", text, nullable=False),
        sa.Column("person_no", text, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_area_chiefs_days")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.area_code"], name=op.f("fk_area_chiefs_area_code")),
        sa.ForeignKeyConstraint(["person_no"], ["people.person_no"], name=op.f("fk_area_chiefs_person_no")),
        sa.PrimaryKeyConstraint("area_code", "duty", "person_no", name=op.f("pk_area_chiefs")),
    )
    op.create_table(
        "components",
        sa.Column("component_code", text, nullable=False),
        sa.Column("scheme", text, nullable=False),
        sa.Column("kind", text, server_default="component", nullable=False),
        sa.Column("category", text, nullable=False),
        sa.Column("lon", number, nullable=False),
        sa.Column("lat", number, nullable=False),
        sa.Column("area_code", text, nullable=True),
        sa.Column("owner_unit", text, nullable=True),
        sa.Column("care_unit", text, nullable=True),
        sa.Column("state", text, nullable=False),
        sa.Column("origin", text, nullable=True),
        sa.CheckConstraint("component_code ~ '^[0-9]{16}$'", name=op.f("ck_components_code")),
        sa.CheckConstraint("kind = 'component'", name=op.f("ck_components_kind")),
        sa.CheckConstraint(
            "state IN ('intact', 'damaged', 'lost', 'abandoned')", name=op.f("ck_components_state")
        ),
        sa.CheckConstraint("origin IN ('measured', 'by_hand', 'census')", name=op.f("ck_components_origin")),
        sa.ForeignKeyConstraint(
            ["scheme", "kind", "category"],
            ["categories.scheme", "categories.kind", "categories.code"],
            name="fk_components_category",
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.area_code"], name=op.f("fk_components_area_code")),
        sa.ForeignKeyConstraint(
            ["owner_unit"], ["departments.department_code"], name=op.f("fk_components_owner_unit")
        ),
        sa.ForeignKeyConstraint(
            ["care_unit"], ["departments.department_code"], name=op.f("fk_components_care_unit")
        ),
        sa.PrimaryKeyConstraint("component_code", name=op.f("pk_components")),
    )
    op.create_index("ix_components_area_code", "components", ["area_code", "component_code"])
    op.create_index("ix_components_lat_lon", "components", ["lat", "lon"])
    op.create_table(
        "permits",
        sa.Column("permit_code", text, nullable=False),
        sa.Column("holder", text, nullable=False),
        sa.Column("note", text, nullable=True),
        sa.Column("scheme", text, nullable=False),
        sa.Column("categories", postgresql.ARRAY(text), nullable=False),
        sa.Column("area_code", text, nullable=True),
        sa.Column("lon", number, nullable=True),
        sa.Column("lat", number, nullable=True),
        sa.Column("radius_metres", number, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("hours", postgresql.ARRAY(text), nullable=False),
        sa.CheckConstraint("(area_code IS NULL) <> (lon IS NULL)", name=op.f("ck_permits_one_place")),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (radius_metres IS NULL)",
            name=op.f("ck_permits_circle"),
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_permits_days")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.area_code"], name=op.f("fk_permits_area_code")),
        sa.ForeignKeyConstraint(["scheme"], ["schemes.scheme"], name=op.f("fk_permits_scheme")),
        sa.PrimaryKeyConstraint("permit_code", name=op.f("pk_permits")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("permits", "components", "area_chiefs"):
        op.drop_table(table)
    op.drop_column("city", "map_version")
    op.drop_index("ix_areas_kind_area_code", "areas")
    op.drop_column("areas", "geometry")
    op.drop_column("areas", "groups")
    op.drop_constraint(op.f("ck_areas_kind"), "areas", type_="check")
