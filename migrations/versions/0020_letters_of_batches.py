"""A batch of letters knows the round that they are in"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAME = "fk_campaign_batches_round_id"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("campaign_batches", sa.Column("round_id", sa.BigInteger()))
    op.create_foreign_key(op.f(NAME), "campaign_batches", "letter_rounds", ["round_id"], ["round_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("campaign_batches", "round_id")
