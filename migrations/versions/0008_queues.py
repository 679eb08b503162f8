"""Queues: open tasks, most urgent first, and who has them in hand"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

URGENT = sa.text("coalesce(due_at, entered_at)")
POOL = sa.text("coalesce(department_code, '')")
RUNS = "finished_at IS NULL AND running_since IS NOT NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tasks", sa.Column("claimed_by", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_tasks_queue",
        "tasks",
        ["role", POOL, URGENT, "case_id", "task_no"],
        postgresql_where=sa.text(RUNS),
    )
    op.create_index(
        "ix_tasks_held", "tasks", ["person_no", URGENT, "case_id", "task_no"],
        postgresql_where=sa.text(f"{RUNS} AND person_no IS NOT NULL"),
    )  # fmt: skip
    op.drop_index("ix_tasks_open_due_at", "tasks")
    op.add_column("tasks", sa.Column("area_code", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_tasks_area_code"), "tasks", "areas", ["area_code"], ["area_code"])
    op.execute("UPDATE tasks SET area_code = cases.area_code FROM cases WHERE cases.case_id = tasks.case_id")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("fk_tasks_area_code"), "tasks", type_="foreignkey")
    op.drop_column("tasks", "area_code")
    op.create_index(
        "ix_tasks_open_due_at", "tasks", ["role", "department_code", "due_at"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )  # fmt: skip
    op.drop_index("ix_tasks_held", "tasks")
    op.drop_index("ix_tasks_queue", "tasks")
    op.drop_column("tasks", "claimed_until")
    op.drop_column("tasks", "claimed_by")
