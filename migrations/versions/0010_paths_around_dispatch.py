"""Difficult cases, what waits for a decision, numbers of other platforms"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MARKED = {
    "ix_cases_difficult": "marks ? 'is_difficult'",
    "ix_cases_return_pending": "ended_at IS NULL AND marks ? 'return_pending'",
    "ix_cases_request_pending": "ended_at IS NULL AND marks ? 'request_waits_for'",
}
NAMED = {"ix_cases_foreign_no": "marks ->> 'foreign_no'", "ix_cases_handler": "marks ->> 'handler_no'"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, where in MARKED.items():
        op.create_index(name, "cases", ["case_id"], postgresql_where=sa.text(where))
    for name, mark in NAMED.items():
        op.create_index(
            name, "cases", [sa.text(f"({mark})")], postgresql_where=sa.text(f"({mark}) IS NOT NULL")
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in (*NAMED, *MARKED):
        op.drop_index(name, "cases")
