"""What rates are summed from, and which transaction wrote an event"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BY = ("department_code", "person_no", "area_code")


def _column(name: str, kind: sa.types.TypeEngine = sa.Text(), *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _facts() -> None:
    op.create_table(
        "rate_facts",
        _column("case_id", sa.BigInteger()),
        _column("fact_no", sa.SmallInteger()),
        _column("at", INSTANT),
        _column("counts", postgresql.ARRAY(sa.SmallInteger())),
        _column("area_code", nullable=True),
        _column("category_id", sa.Integer()),
        _column("source"),
        _column("workflow"),
        *(_column(name, nullable=True) for name in ("department_code", "person_no", "light")),
        _column("task_no", sa.Integer(), nullable=True),
        _column("open", sa.Boolean()),
        _column("exempt", sa.Boolean()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_rate_facts_case_id")),
        sa.PrimaryKeyConstraint("case_id", "fact_no", name=op.f("pk_rate_facts")),
    )
    op.create_index("ix_rate_facts_at", "rate_facts", ["at"])
    for name in BY:
        op.create_index(f"ix_rate_facts_{name}_at", "rate_facts", [name, "at"])
    op.create_table(
        "rate_cases",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _column("version", sa.Integer()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_rate_cases_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_rate_cases")),
    )


def _cells() -> None:
    op.create_table(
        "rate_cells",
        _column("dims"),
        _column("grain"),
        _column("bucket", sa.Date()),
        _column("a"),
        _column("b"),
        _column("exempt", sa.Boolean()),
        _column("n", postgresql.ARRAY(sa.Integer())),
        sa.CheckConstraint("grain IN ('day', 'month', 'year')", name=op.f("ck_rate_cells_grain")),
        sa.PrimaryKeyConstraint("dims", "grain", "bucket", "a", "b", "exempt", name=op.f("pk_rate_cells")),
    )
    op.create_table(
        "rate_places",
        _column("area_code"),
        _column("place"),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_rate_places")),
    )
    op.create_table(
        "rate_state",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _column("folded_xid", sa.BigInteger()),
        _column("sealed_to", sa.Date(), nullable=True),
        _column("map_version", sa.Integer()),
        _column("made_by"),
        sa.CheckConstraint("one", name=op.f("ck_rate_state_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_rate_state")),
    )
    # Made by nothing yet: the worker begins.
    op.execute("INSERT INTO rate_state (folded_xid, map_version, made_by) VALUES (0, -1, '')")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "case_events",
        sa.Column("xid", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False),
    )  # fmt: skip
    op.create_index("ix_case_events_xid", "case_events", ["xid"])
    _facts()
    _cells()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("rate_state", "rate_places", "rate_cells", "rate_cases", "rate_facts"):
        op.drop_table(table)
    op.drop_index("ix_case_events_xid", table_name="case_events")
    op.drop_column("case_events", "xid")
