"""The present of every case. Written by `cases.store` alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casehub.storage.metadata import Instant, metadata

case_ids = Sequence("case_ids", metadata=metadata)

cases = Table(
    "cases",
    metadata,
    # Drawn before the insert, so that many cases can be written with their events and tasks at once.
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_no", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("category_id", Integer, ForeignKey("categories.category_id"), nullable=False),
    Column("condition", Text),
    Column("source", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("address", Text),
    Column("lon", Float),
    Column("lat", Float),
    # See duplicates.py.
    Column("spot", BigInteger),
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("component_code", Text),
    Column("external_no", Text),
    Column("workflow", Text, nullable=False),
    Column("workflow_digest", Text, ForeignKey("workflow_versions.digest"), nullable=False),
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("observed_at", Instant),
    Column("reported_by", Text),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("assignee_no", Text, ForeignKey("people.person_no")),
    Column("due_at", Instant),
    Column("yellow_at", Instant),
    Column("ended_at", Instant),
    # Sub-states kept as fields, not states (reference 2.3): return_count, rework_count, is_difficult, ...
    Column("marks", JSONB, nullable=False),
    Column("photos", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("search_text", Text, nullable=False),
    # Single characters and pairs of the folded text, see search.py.
    Column("search_grams", ARRAY(Text), nullable=False),
    CheckConstraint("kind IN ('event', 'component')", name="kind"),
)
# Lists run newest first; each filter rides on its own index, so that a page costs the same among millions.
for _column in (
    cases.c.state,
    cases.c.category_id,
    cases.c.department_code,
    cases.c.area_code,
    cases.c.reported_by,
):
    Index(f"ix_cases_{_column.name}_case_id", _column, cases.c.case_id)
# Hardly any case has one at a time.
Index(
    "ix_cases_assignee_no_case_id", cases.c.assignee_no, cases.c.case_id,
    postgresql_where=cases.c.assignee_no.is_not(None),
)  # fmt: skip
# For what is rare or not there at all; what is common is found by walking down from the newest case.
Index("ix_cases_workflow_kind_source_stage", cases.c.workflow, cases.c.kind, cases.c.source, cases.c.stage)
Index("ix_cases_reported_at", cases.c.reported_at)
Index("ix_cases_ended_at", cases.c.ended_at, postgresql_where=cases.c.ended_at.is_not(None))
# Duplicates: what was seen near in place and time.
Index("ix_cases_spot", cases.c.spot)
# Lights: open cases with a running deadline only.
Index("ix_cases_open_due_at", cases.c.due_at, postgresql_where=cases.c.ended_at.is_(None))
Index("ix_cases_search_grams", cases.c.search_grams, postgresql_using="gin")
# Rows that their source tagged as duplicates without naming the original.
Index(
    "ix_cases_tagged_duplicate", cases.c.case_id, postgresql_where=cases.c.marks.has_key("tagged_duplicate")
)  # fmt: skip
# The ledger of difficult cases, and what waits for a decision: few among millions, and closed ones leave the latter.
Index("ix_cases_difficult", cases.c.case_id, postgresql_where=cases.c.marks.has_key("is_difficult"))
for _name, _mark in (("return", "return_pending"), ("request", "request_waits_for")):
    Index(
        f"ix_cases_{_name}_pending", cases.c.case_id,
        postgresql_where=cases.c.ended_at.is_(None) & cases.c.marks.has_key(_mark),
    )  # fmt: skip
# What a handler was given, though it lies with the department again once they have submitted the result.
HANDLER_NO = cases.c.marks["handler_no"].astext
Index("ix_cases_handler", HANDLER_NO, postgresql_where=HANDLER_NO.is_not(None))
# The number that another platform gave a case.
FOREIGN_NO = cases.c.marks["foreign_no"].astext
Index("ix_cases_foreign_no", FOREIGN_NO, postgresql_where=FOREIGN_NO.is_not(None))
# A number of another system names one case: a feed or an import repeated makes no second one.
Index(
    "uq_cases_source_external_no", cases.c.source, cases.c.external_no, unique=True,
    postgresql_where=cases.c.external_no.is_not(None),
)  # fmt: skip

case_numbers = Table(
    "case_numbers",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
)

# Personal data stays out of the hashed history, so that it can be deleted by law without breaking the chain.
case_reporters = Table(
    "case_reporters",
    metadata,
    Column("reporter_id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False, index=True),
    # Name, telephone and address, see storage/vault.py.
    Column("sealed", Text, nullable=False),
    # They asked not to be named, not even masked (保密).
    Column("secret", Boolean, nullable=False),
    # Set when the reporter came with a report that was merged into this case.
    Column("merged_from_case_id", BigInteger, ForeignKey("cases.case_id")),
)

attachments = Table(
    "attachments",
    metadata,
    Column("attachment_id", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("taken_at", Text),
    Column("lon", Float),
    Column("lat", Float),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    # Uploaded again when uploads were not yet known by their content; cases may name it.
    Column("again", Boolean, nullable=False, server_default="false"),
    # Kinds of photos. Source: reference 2.4.
    CheckConstraint("kind IN ('near', 'far', 'reference', 'before', 'after')", name="kind"),
)
# The same photo of the same person is one, however often a bad network makes them send it.
Index(
    "uq_attachments_content", attachments.c.uploaded_by, attachments.c.sha256, attachments.c.kind, unique=True,
    postgresql_where=~attachments.c.again,
)  # fmt: skip

case_photos = Table(
    "case_photos",
    metadata,
    Column("attachment_id", Text, ForeignKey("attachments.attachment_id"), nullable=False),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    PrimaryKeyConstraint("attachment_id", "case_id"),
)
