"""The duty list, in versions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "duty_lists",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_duty_lists")),
    )
    named = {"version": "duty_lists.version", "area": "areas.area_code"} | dict.fromkeys(
        ("owner", "department"), "departments.department_code"
    )
    op.create_table(
        "duty_rows",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("scheme", "kind", "major", "code", "area", "owner")),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("co_departments", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text()),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        *(sa.ForeignKeyConstraint([a], [b], name=op.f(f"fk_duty_rows_{a}")) for a, b in named.items()),
        sa.PrimaryKeyConstraint("version", "row_no", name=op.f("pk_duty_rows")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("duty_rows")
    op.drop_table("duty_lists")
