"""Letters that stood unanswered at an instant are found without a look at all that were answered before"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    asks = sa.text("reply_limit IS NOT NULL")
    op.create_index("ix_letters_ended_at", "letters", ["ended_at"], postgresql_where=asks)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_letters_ended_at", "letters")
