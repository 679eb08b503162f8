"""Lists among millions of closed cases"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_cases_assignee_no_case_id", "cases")
    op.create_index(
        "ix_cases_assignee_no_case_id", "cases", ["assignee_no", "case_id"],
        postgresql_where=sa.text("assignee_no IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_cases_workflow_kind_source_stage", "cases", ["workflow", "kind", "source", "stage"])
    op.create_index(
        "ix_cases_ended_at", "cases", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL")
    )
    # A hundred people are counted by default; of all others the planner would think that they have many cases.
    for column in ("reported_by", "assignee_no"):
        op.execute(f"ALTER TABLE cases ALTER COLUMN {column} SET STATISTICS 1000")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in ("reported_by", "assignee_no"):
        op.execute(f"ALTER TABLE cases ALTER COLUMN {column} SET STATISTICS -1")
    op.drop_index("ix_cases_ended_at", "cases")
    op.drop_index("ix_cases_workflow_kind_source_stage", "cases")
    op.drop_index("ix_cases_assignee_no_case_id", "cases")
    op.create_index("ix_cases_assignee_no_case_id", "cases", ["assignee_no", "case_id"])
