"""A queue's summary reads its index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _index(include: list[str] | None) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_tasks_queue", "tasks")
    op.create_index(
        "ix_tasks_queue",
        "tasks",
        ["role", sa.text("coalesce(department_code, '')"), sa.text("coalesce(due_at, entered_at)"), "case_id", "task_no"],
        postgresql_where=sa.text("finished_at IS NULL AND running_since IS NOT NULL"),
        postgresql_include=include,
    )  # fmt: skip


def upgrade() -> None:
    _index(["kind", "department_code", "person_no", "area_code", "due_at", "yellow_at"])


def downgrade() -> None:
    _index(None)
