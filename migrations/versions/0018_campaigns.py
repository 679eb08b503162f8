"""Campaigns: frozen lists, what is done with them, their figures and reports"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Children after their parents.
TABLES = (
    "campaigns",
    "campaign_batches",
    "campaign_counts",
    "campaign_items",
    "campaign_reports",
    "campaign_visits",
    "campaign_batch_cases",
    "campaign_rebounds",
    "campaign_write_offs",
)


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("rhythm", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("scope", postgresql.JSONB(), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("targets", postgresql.JSONB(), nullable=False),
        sa.Column("rebound_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("launched_by", sa.Text(), nullable=True),
        sa.Column("reach", postgresql.JSONB(), nullable=True),
        sa.Column("frozen_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("(state = 'planned') = (frozen_at IS NULL)", name=op.f("ck_campaigns_frozen")),
        sa.CheckConstraint("kind IN ('backlog', 'special_action', 'census')", name=op.f("ck_campaigns_kind")),
        sa.CheckConstraint("state IN ('planned', 'running', 'ended')", name=op.f("ck_campaigns_state")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_campaigns_days")),
        sa.ForeignKeyConstraint(["owner"], ["people.person_no"], name=op.f("fk_campaigns_owner")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
    )


def _campaign_batches() -> None:
    op.create_table(
        "campaign_batches",
        sa.Column("batch_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_batches_campaign_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_campaign_batches")),
    )
    op.create_index("ix_campaign_batches_campaign_id", "campaign_batches", ["campaign_id", "batch_id"])


def _campaign_counts() -> None:
    op.create_table(
        "campaign_counts",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counted_xid", sa.BigInteger(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_counts_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_counts")),
    )


def _campaign_items() -> None:
    op.create_table(
        "campaign_items",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("baseline_age_days", sa.Integer(), nullable=False),
        sa.Column("baseline_state", sa.Text(), nullable=False),
        sa.Column("baseline_overdue", sa.Boolean(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("case_state", sa.Text(), nullable=False),
        sa.Column("case_ended_at", INSTANT, nullable=True),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("write_offs", sa.Integer(), nullable=False),
        sa.Column("written_off", sa.Boolean(), nullable=False),
        sa.Column("recheck_result", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('unclear_owner', 'no_funds', 'engineering', 'season', 'refusal')",
            name=op.f("ck_campaign_items_reason"),
        ),
        sa.CheckConstraint(
            "recheck_result IN ('pass', 'fail')", name=op.f("ck_campaign_items_recheck_result")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_items_campaign_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_campaign_items_case_id")),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", name=op.f("pk_campaign_items")),
    )
    op.create_index("ix_campaign_items_case_id", "campaign_items", ["case_id"])
    op.create_index(
        "ix_campaign_items_cell",
        "campaign_items",
        ["campaign_id", "cell"],
        postgresql_where=sa.text("case_ended_at IS NOT NULL"),
    )
    op.create_index("ix_campaign_items_department_code", "campaign_items", ["campaign_id", "department_code"])


def _campaign_reports() -> None:
    op.create_table(
        "campaign_reports",
        sa.Column("report_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("unit IN ('day', 'week', 'month')", name=op.f("ck_campaign_reports_unit")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_reports_campaign_id")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_campaign_reports")),
        sa.UniqueConstraint(
            "campaign_id", "unit", "first_day", name=op.f("uq_campaign_reports_campaign_id_unit_first_day")
        ),
    )


def _campaign_visits() -> None:
    op.create_table(
        "campaign_visits",
        sa.Column("visit_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=False),
        sa.Column("visited_at", INSTANT, nullable=False),
        sa.Column("people", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_visits_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_code"],
            ["departments.department_code"],
            name=op.f("fk_campaign_visits_department_code"),
        ),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_campaign_visits")),
    )
    op.create_index("ix_campaign_visits_campaign_id", "campaign_visits", ["campaign_id", "visit_id"])


def _campaign_batch_cases() -> None:
    op.create_table(
        "campaign_batch_cases",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("problem", postgresql.JSONB(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'done', 'refused')", name=op.f("ck_campaign_batch_cases_status")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["campaign_batches.batch_id"], name=op.f("fk_campaign_batch_cases_batch_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_campaign_batch_cases_case_id")),
        sa.PrimaryKeyConstraint("batch_id", "case_id", name=op.f("pk_campaign_batch_cases")),
    )
    op.create_index(
        "ix_campaign_batch_cases_waiting",
        "campaign_batch_cases",
        ["batch_id", "case_id"],
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _campaign_rebounds() -> None:
    op.create_table(
        "campaign_rebounds",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("new_case_id", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "case_id"],
            ["campaign_items.campaign_id", "campaign_items.case_id"],
            name=op.f("fk_campaign_rebounds_campaign_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["new_case_id"], ["cases.case_id"], name=op.f("fk_campaign_rebounds_new_case_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", "new_case_id", name=op.f("pk_campaign_rebounds")),
    )


def _campaign_write_offs() -> None:
    op.create_table(
        "campaign_write_offs",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("proof", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_off_by", sa.Text(), nullable=False),
        sa.Column("written_off_at", INSTANT, nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("rechecked_by", sa.Text(), nullable=True),
        sa.Column("rechecked_at", INSTANT, nullable=True),
        sa.CheckConstraint("result IN ('pass', 'fail')", name=op.f("ck_campaign_write_offs_result")),
        sa.ForeignKeyConstraint(
            ["campaign_id", "case_id"],
            ["campaign_items.campaign_id", "campaign_items.case_id"],
            name=op.f("fk_campaign_write_offs_campaign_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", "number", name=op.f("pk_campaign_write_offs")),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _campaigns()
    _campaign_batches()
    _campaign_counts()
    _campaign_items()
    _campaign_reports()
    _campaign_visits()
    _campaign_batch_cases()
    _campaign_rebounds()
    _campaign_write_offs()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in reversed(TABLES):
        op.drop_table(name)
