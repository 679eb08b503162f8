"""Bulletins, and notices: what webhooks hear of that is no event of a case"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _column(name: str, kind: sa.types.TypeEngine = sa.Text(), *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _notices() -> None:
    op.execute("CREATE SEQUENCE subject_ids AS bigint START WITH 4398046511104")
    op.create_table(
        "notices",
        _column("subject_id", sa.BigInteger()),
        _column("seq", sa.Integer()),
        _column("subject"),
        _column("kind"),
        _column("at", INSTANT),
        _column("data", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("subject_id", "seq", name=op.f("pk_notices")),
        sa.UniqueConstraint("subject", "seq", name=op.f("uq_notices_subject_seq")),
    )
    # A delivery points to an event or to a notice: the code before this only ever writes the first.
    op.drop_constraint("fk_deliveries_case_id_seq", "deliveries", type_="foreignkey")


def _bulletins() -> None:
    op.create_table(
        "bulletin_definitions",
        _column("bulletin"),
        _column("said", postgresql.JSONB()),
        _column("made_at", INSTANT),
        _column("made_by"),
        sa.PrimaryKeyConstraint("bulletin", name=op.f("pk_bulletin_definitions")),
    )
    op.create_table(
        "bulletins",
        sa.Column("bulletin_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        _column("bulletin"),
        _column("first", sa.Date()),
        _column("end", sa.Date()),
        _column("state"),
        _column("version", sa.Integer()),
        _column("content"),
        _column("digest"),
        _column("drawn_at", INSTANT),
        _column("drawn_by"),
        _column("year", sa.Integer(), nullable=True),
        _column("number", sa.Integer(), nullable=True),
        _column("published_at", INSTANT, nullable=True),
        _column("published_by", nullable=True),
        _column("withdrawn_at", INSTANT, nullable=True),
        _column("withdrawn_by", nullable=True),
        _column("withdrawn_reason", nullable=True),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f("ck_bulletins_state")),
        sa.CheckConstraint("(state = 'draft') = (number IS NULL)", name=op.f("ck_bulletins_numbered")),
        sa.ForeignKeyConstraint(
            ["bulletin"], ["bulletin_definitions.bulletin"], name=op.f("fk_bulletins_bulletin")
        ),
        sa.PrimaryKeyConstraint("bulletin_id", name=op.f("pk_bulletins")),
        sa.UniqueConstraint("bulletin", "year", "number", name=op.f("uq_bulletins_bulletin_year_number")),
    )
    op.create_index(
        "uq_bulletins_period",
        "bulletins",
        ["bulletin", "first", "end"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _notices()
    _bulletins()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("bulletins")
    op.drop_table("bulletin_definitions")
    # Without notices nothing can tell what these deliveries were about.
    op.execute("DELETE FROM deliveries WHERE case_id >= 4398046511104")
    op.create_foreign_key(
        "fk_deliveries_case_id_seq", "deliveries", "case_events", ["case_id", "seq"], ["case_id", "seq"]
    )
    op.drop_table("notices")
    op.execute("DROP SEQUENCE subject_ids")
