"""The patrol side: roster, offline items, spot checks, missed and false reports; photos known by their content"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _column(name: str, kind: sa.types.TypeEngine = sa.Text(), *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def _photos() -> None:
    op.add_column("attachments", sa.Column("again", sa.Boolean(), server_default="false", nullable=False))
    # What was uploaded twice stays, for cases name it; the first one is found by its content.
    op.execute(
        """
        UPDATE attachments SET again = true WHERE attachment_id IN (
            SELECT attachment_id FROM (
                SELECT attachment_id, row_number() OVER (
                    PARTITION BY uploaded_by, sha256, kind ORDER BY uploaded_at, attachment_id) AS place
                FROM attachments
            ) AS counted WHERE place > 1
        )
        """
    )
    op.create_index(
        "uq_attachments_content", "attachments", ["uploaded_by", "sha256", "kind"], unique=True,
        postgresql_where=sa.text("NOT again"),
    )  # fmt: skip


def _roster() -> None:
    op.create_table(
        "shifts",
        _column("person_no"),
        _column("area_code"),
        _column("begins_at", INSTANT),
        _column("ends_at", INSTANT, nullable=True),
        _column("standing", sa.Boolean()),
        sa.CheckConstraint("begins_at <= ends_at", name=op.f("ck_shifts_period")),
        sa.CheckConstraint("standing OR ends_at IS NOT NULL", name=op.f("ck_shifts_end")),
        _refers("shifts", "person_no", "people.person_no"),
        _refers("shifts", "area_code", "areas.area_code"),
        sa.PrimaryKeyConstraint("person_no", "area_code", "begins_at", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_area_code_ends_at", "shifts", ["area_code", "ends_at"])
    op.create_index("ix_shifts_ends_at", "shifts", ["ends_at"])


def _items() -> None:
    op.create_table(
        "sync_items",
        _number("received_no"),
        _column("owner"),
        _column("item_id"),
        _column("body", postgresql.JSONB()),
        _column("status"),
        _column("case_no", nullable=True),
        _column("outcome", postgresql.JSONB(), nullable=True),
        _column("received_at", INSTANT),
        _column("settled_at", INSTANT, nullable=True),
        sa.CheckConstraint("status IN ('applied', 'waiting', 'refused')", name=op.f("ck_sync_items_status")),
        sa.CheckConstraint("(status = 'applied') = (case_no IS NOT NULL)", name=op.f("ck_sync_items_case")),
        sa.PrimaryKeyConstraint("received_no", name=op.f("pk_sync_items")),
        sa.UniqueConstraint("owner", "item_id", name=op.f("uq_sync_items_owner_item_id")),
    )
    waiting, unapplied = sa.text("status = 'waiting'"), sa.text("status <> 'applied'")
    op.create_index("ix_sync_items_waiting", "sync_items", ["owner"], postgresql_where=waiting)
    op.create_index("ix_sync_items_open", "sync_items", ["owner", "received_no"], postgresql_where=unapplied)


def _ledgers() -> None:
    op.create_table(
        "spot_checks",
        _number("spot_check_id"),
        _column("collector_no"),
        _column("area_code"),
        _column("seen_at", INSTANT),
        _column("attendance_ok", sa.Boolean()),
        _column("appearance_ok", sa.Boolean()),
        _column("note", nullable=True),
        _column("corrects", sa.BigInteger(), nullable=True),
        _column("made_by"),
        _column("made_at", INSTANT),
        _refers("spot_checks", "collector_no", "people.person_no"),
        _refers("spot_checks", "area_code", "areas.area_code"),
        _refers("spot_checks", "corrects", "spot_checks.spot_check_id"),
        sa.PrimaryKeyConstraint("spot_check_id", name=op.f("pk_spot_checks")),
        sa.UniqueConstraint("corrects", name=op.f("uq_spot_checks_corrects")),
    )
    op.create_index("ix_spot_checks_seen_at", "spot_checks", ["seen_at"])
    op.create_table(
        "findings",
        _number("finding_id"),
        _column("kind"),
        _column("case_id", sa.BigInteger()),
        _column("collector_no"),
        _column("area_code", nullable=True),
        _column("grid_code", nullable=True),
        _column("chosen_by"),
        _column("counts_at", INSTANT),
        _column("reason"),
        _column("state"),
        _column("proposed_by"),
        _column("proposed_at", INSTANT),
        _column("answer", nullable=True),
        _column("answered_at", INSTANT, nullable=True),
        _column("opinion", nullable=True),
        _column("decided_by", nullable=True),
        _column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('missed_report', 'false_report')", name=op.f("ck_findings_kind")),
        sa.CheckConstraint(
            "state IN ('proposed', 'contested', 'confirmed', 'dismissed')", name=op.f("ck_findings_state")
        ),
        _refers("findings", "case_id", "cases.case_id"),
        _refers("findings", "collector_no", "people.person_no"),
        _refers("findings", "area_code", "areas.area_code"),
        _refers("findings", "grid_code", "areas.area_code"),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_findings")),
    )
    undismissed, confirmed = sa.text("state <> 'dismissed'"), sa.text("state = 'confirmed'")
    op.create_index(
        "uq_findings_case", "findings", ["case_id", "kind"], unique=True, postgresql_where=undismissed
    )
    op.create_index("ix_findings_collector_no", "findings", ["collector_no", "finding_id"])
    op.create_index("ix_findings_counts_at", "findings", ["counts_at"], postgresql_where=confirmed)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _photos()
    _roster()
    _items()
    _ledgers()
    patrol = sa.text("kind IN ('verify', 'check') AND person_no IS NOT NULL")
    op.create_index(
        "ix_tasks_patrol", "tasks", [sa.text("least(finished_at, due_at)")], postgresql_where=patrol
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_tasks_patrol", table_name="tasks")
    for table in ("findings", "spot_checks", "sync_items", "shifts"):
        op.drop_table(table)
    op.drop_index("uq_attachments_content", table_name="attachments")
    op.drop_column("attachments", "again")
