"""Letters: their ladder, numbers, cases and past"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _column(name: str, kind: sa.types.TypeEngine = sa.Text(), *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def _around() -> None:
    op.create_table(
        "letter_ladders",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _column("content"),
        _column("made_at", INSTANT),
        _column("made_by"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_letter_ladders")),
    )
    op.create_table(
        "letter_rounds",
        sa.Column("round_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _column("title"),
        _column("made_at", INSTANT),
        _column("made_by"),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_letter_rounds")),
    )
    op.create_table(
        "letter_numbers",
        _column("agency_code"),
        _column("year", sa.Integer()),
        _column("last_seq", sa.Integer()),
        sa.PrimaryKeyConstraint("agency_code", "year", name=op.f("pk_letter_numbers")),
    )


def _letters() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("letter_ids")))
    op.create_table(
        "letters",
        sa.Column("letter_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _column("step"),
        _column("level", sa.Integer()),
        *(_column(name) for name in ("status", "workflow_digest", "agency_code")),
        *(_column(name, sa.Integer(), nullable=True) for name in ("year", "seq")),
        _column("to_unit"),
        _column("cc_units", postgresql.ARRAY(sa.Text())),
        _column("title"),
        _column("body"),
        _column("content", postgresql.JSONB()),
        *(_column(name, nullable=True) for name in ("secrecy", "urgency", "reply_limit")),
        _column("reply_due_at", INSTANT, nullable=True),
        *(_column(name) for name in ("contact_name", "contact_phone")),
        *(_column(name, sa.BigInteger(), nullable=True) for name in ("round_id", "parent_id")),
        _column("drafted_by"),
        _column("drafted_at", INSTANT),
        *(_column(name, INSTANT, nullable=True) for name in ("signed_at", "sent_at", "ended_at")),
        _column("marks", postgresql.JSONB()),
        _column("version", sa.Integer()),
        _column("head_hash"),
        _column("last_at", INSTANT),
        sa.CheckConstraint(
            "(year IS NULL) = (seq IS NULL) AND (year IS NULL) = (signed_at IS NULL)",
            name=op.f("ck_letters_number"),
        ),
        _refers("letters", "workflow_digest", "workflow_versions.digest"),
        _refers("letters", "to_unit", "departments.department_code"),
        _refers("letters", "round_id", "letter_rounds.round_id"),
        _refers("letters", "parent_id", "letters.letter_id"),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_letters")),
        sa.UniqueConstraint("agency_code", "year", "seq", name=op.f("uq_letters_agency_code_year_seq")),
    )
    for name in ("to_unit", "status", "step"):
        op.create_index(f"ix_letters_{name}_letter_id", "letters", [name, "letter_id"])
    for name in ("round_id", "parent_id"):
        op.create_index(op.f(f"ix_letters_{name}"), "letters", [name])
    op.create_index(
        "ix_letters_reply_due_at",
        "letters",
        ["reply_due_at"],
        postgresql_where=sa.text("status IN ('sent', 'received')"),
    )


def _below() -> None:
    op.create_table(
        "letter_cases",
        *(_column(name, sa.BigInteger()) for name in ("letter_id", "case_id")),
        _column("step"),
        _column("round", sa.Integer()),
        _column("made_at", INSTANT),
        *(_column(name, sa.Boolean()) for name in ("supervised", "stands")),
        _refers("letter_cases", "letter_id", "letters.letter_id"),
        _refers("letter_cases", "case_id", "cases.case_id"),
        sa.PrimaryKeyConstraint("letter_id", "case_id", name=op.f("pk_letter_cases")),
    )
    op.create_index(op.f("ix_letter_cases_case_id"), "letter_cases", ["case_id"])
    op.create_index(
        "uq_letter_cases_step",
        "letter_cases",
        ["case_id", "step", "round"],
        unique=True,
        postgresql_where=sa.text("stands"),
    )
    op.create_table(
        "letter_events",
        _column("letter_id", sa.BigInteger()),
        _column("seq", sa.Integer()),
        _column("action"),
        _column("at", INSTANT),
        *(_column(name) for name in ("body", "hash")),
        _refers("letter_events", "letter_id", "letters.letter_id"),
        sa.PrimaryKeyConstraint("letter_id", "seq", name=op.f("pk_letter_events")),
    )
    op.create_table(
        "letter_photos",
        _column("letter_id", sa.BigInteger()),
        _column("attachment_id"),
        _refers("letter_photos", "letter_id", "letters.letter_id"),
        _refers("letter_photos", "attachment_id", "attachments.attachment_id"),
        sa.PrimaryKeyConstraint("letter_id", "attachment_id", name=op.f("pk_letter_photos")),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _around()
    _letters()
    _below()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in (
        "letter_photos",
        "letter_events",
        "letter_cases",
        "letters",
        "letter_numbers",
        "letter_rounds",
        "letter_ladders",
    ):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(sa.Sequence("letter_ids")))
    # Versions of the flow of letters mean nothing to the code before this.
    op.execute("DELETE FROM workflow_versions WHERE workflow = 'letter'")
