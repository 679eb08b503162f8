"""The city's own indicators, formulas and grades, in versions; marks that people enter"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "rate_rules",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSON()),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('indicator', 'formula', 'grades')", name=op.f("ck_rate_rules_kind")),
        sa.PrimaryKeyConstraint("kind", "name", "version", name=op.f("pk_rate_rules")),
    )
    op.create_table(
        "rate_marks",
        sa.Column("mark_no", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("entered", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint('"first" < "end"', name=op.f("ck_rate_marks_period")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_rate_marks_value")),
        sa.PrimaryKeyConstraint("mark_no", name=op.f("pk_rate_marks")),
    )
    op.create_index("ix_rate_marks_formula_first_end", "rate_marks", ["formula", "first", "end"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("rate_marks")
    op.drop_table("rate_rules")
