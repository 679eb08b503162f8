"""Reports of whole campaigns"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NAME = "ck_campaign_reports_unit"


def _allow(units: str) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f(_NAME), "campaign_reports")
    # A campaign has a few reports a month: looking at each takes no time.
    op.create_check_constraint(op.f(_NAME), "campaign_reports", f"unit IN ({units})")


def upgrade() -> None:
    _allow("'day', 'week', 'month', 'whole'")


def downgrade() -> None:
    # The code before this makes none, and has no word for them.
    op.execute("DELETE FROM campaign_reports WHERE unit = 'whole'")
    _allow("'day', 'week', 'month'")
