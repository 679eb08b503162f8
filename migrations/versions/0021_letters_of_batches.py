"""A batch of letters knows the round that they are in, and what happened to letters is found by its instant"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NAME = "fk_campaign_batches_round_id"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("campaign_batches", sa.Column("round_id", sa.BigInteger()))
    op.create_foreign_key(op.f(NAME), "campaign_batches", "letter_rounds", ["round_id"], ["round_id"])
    op.create_index("ix_letter_events_at", "letter_events", ["at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_letter_events_at", "letter_events")
    op.drop_column("campaign_batches", "round_id")
