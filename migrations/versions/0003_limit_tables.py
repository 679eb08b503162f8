"""Limit tables: limits of filing conditions by time class, in steps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("areas", sa.Column("time_class", sa.Text(), nullable=True))
    op.add_column("filing_conditions", sa.Column("source", sa.Text(), nullable=True))
    op.create_table(
        "condition_limits",
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("time_class", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("jsonb_array_length(steps) > 0", name=op.f("ck_condition_limits_a_step")),
        sa.ForeignKeyConstraint(
            ["category_id", "condition"],
            ["filing_conditions.category_id", "filing_conditions.condition"],
            name=op.f("fk_condition_limits_category_id_condition"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("category_id", "condition", "time_class", name=op.f("pk_condition_limits")),
    )
    op.execute(
        """
        INSERT INTO condition_limits (category_id, condition, time_class, steps)
        SELECT category_id, condition, '-', jsonb_build_array(jsonb_build_object(
            'step', 'done', 'title', '处置完毕', 'title_en', 'Done', 'limit', "limit"))
        FROM filing_conditions
        """
    )
    # No release ever wrote this column, so there is no code before that must still find it.
    op.drop_column("filing_conditions", "limit")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("filing_conditions", sa.Column("limit", sa.Text(), nullable=True))
    # One limit a condition is all there was: the last step of the usual class.
    op.execute(
        """
        UPDATE filing_conditions AS c SET "limit" = l.steps -> -1 ->> 'limit'
        FROM condition_limits AS l
        WHERE l.category_id = c.category_id AND l.condition = c.condition AND l.time_class = '-'
        """
    )
    op.alter_column("filing_conditions", "limit", nullable=False)
    op.drop_table("condition_limits")
    op.drop_column("filing_conditions", "source")
    op.drop_column("areas", "time_class")
