"""What came from devices, and the ledgers. Written by `collectors.commands` alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from casehub.storage.metadata import Instant, metadata

sync_items = Table(
    "sync_items",
    metadata,
    Column("received_no", BigInteger, Identity(), primary_key=True),
    # Who sent it, as events name them; ids are made by their device.
    Column("owner", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("case_no", Text),
    # What was answered: the case with its candidate duplicates, or the problem in both languages.
    Column("outcome", JSONB(none_as_null=True)),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("owner", "item_id"),
    CheckConstraint("status IN ('applied', 'waiting', 'refused')", name="status"),
    CheckConstraint("(status = 'applied') = (case_no IS NOT NULL)", name="case"),
)
# What an arrival may set going: few, however much was applied before.
Index("ix_sync_items_waiting", sync_items.c.owner, postgresql_where=sync_items.c.status == "waiting")
# What somebody must still see to.
Index(
    "ix_sync_items_open", sync_items.c.owner, sync_items.c.received_no,
    postgresql_where=sync_items.c.status != "applied",
)  # fmt: skip

# Rows are only ever added; the last one in a chain of corrections is the one that counts.
spot_checks = Table(
    "spot_checks",
    metadata,
    Column("spot_check_id", BigInteger, Identity(), primary_key=True),
    Column("collector_no", Text, ForeignKey("people.person_no"), nullable=False),
    Column("area_code", Text, ForeignKey("areas.area_code"), nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("attendance_ok", Boolean, nullable=False),
    Column("appearance_ok", Boolean, nullable=False),
    Column("note", Text),
    # A row is corrected once; a correction may be corrected.
    Column("corrects", BigInteger, ForeignKey("spot_checks.spot_check_id"), unique=True),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)
Index("ix_spot_checks_seen_at", spot_checks.c.seen_at)

findings = Table(
    "findings",
    metadata,
    Column("finding_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("collector_no", Text, ForeignKey("people.person_no"), nullable=False),
    # Where the case lies, and of what was missed the duty grid.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("grid_code", Text, ForeignKey("areas.area_code")),
    # Why this collector: on_shift (roster), reporter (of a false report), named.
    Column("chosen_by", Text, nullable=False),
    # When the report came in: the period in which it counts.
    Column("counts_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("answer", Text),
    Column("answered_at", Instant),
    Column("opinion", Text),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    CheckConstraint("kind IN ('missed_report', 'false_report')", name="kind"),
    CheckConstraint("state IN ('proposed', 'contested', 'confirmed', 'dismissed')", name="state"),
)
# Nobody is blamed twice for the same.
Index(
    "uq_findings_case", findings.c.case_id, findings.c.kind, unique=True,
    postgresql_where=findings.c.state != "dismissed",
)  # fmt: skip
Index("ix_findings_collector_no", findings.c.collector_no, findings.c.finding_id)
Index("ix_findings_counts_at", findings.c.counts_at, postgresql_where=findings.c.state == "confirmed")
