"""Campaigns and their frozen lists. Written by `campaigns.commands` alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casehub.storage.metadata import Instant, metadata

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("owner", Text, ForeignKey("people.person_no"), nullable=False),
    # day, week, month: after each that is over the worker makes a report.
    Column("rhythm", ARRAY(Text), nullable=False),
    # Filters of the list of cases, as they come in; whose cases, with units below, or everybody's when empty.
    Column("scope", JSONB, nullable=False),
    Column("units", ARRAY(Text), nullable=False),
    # Shares to reach, by the name of a figure.
    Column("targets", JSONB, nullable=False),
    Column("rebound_days", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("launched_by", Text),
    # The parts of the city that whoever launched it sees: [[area or null, department or null], ...].
    Column("reach", JSONB(none_as_null=True)),
    Column("frozen_at", Instant),
    Column("ended_at", Instant),
    CheckConstraint("kind IN ('backlog', 'special_action', 'census')", name="kind"),
    CheckConstraint("state IN ('planned', 'running', 'ended')", name="state"),
    CheckConstraint("first_day <= last_day", name="days"),
    CheckConstraint("(state = 'planned') = (frozen_at IS NULL)", name="frozen"),
)

campaign_items = Table(
    "campaign_items",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    # As it was when the list was frozen.
    Column("department_code", Text),
    Column("area_code", Text),
    Column("baseline_age_days", Integer, nullable=False),
    Column("baseline_state", Text, nullable=False),
    Column("baseline_overdue", Boolean, nullable=False),
    # The cell of the place, without its day; see store_figures.py.
    Column("cell", BigInteger),
    Column("plan", Text),
    Column("due_on", Date),
    # What stands in the way. Source: reference 7, residual.
    Column("reason", Text),
    # The present of its case, as last looked at.
    Column("case_state", Text, nullable=False),
    Column("case_ended_at", Instant),
    Column("checked", Boolean, nullable=False),
    # How often it was crossed off; and does the last time still hold: a failed recheck or a reopened case ends it.
    Column("write_offs", Integer, nullable=False),
    Column("written_off", Boolean, nullable=False),
    Column("recheck_result", Text),
    PrimaryKeyConstraint("campaign_id", "case_id"),
    CheckConstraint(
        "reason IN ('unclear_owner', 'no_funds', 'engineering', 'season', 'refusal')", name="reason"
    ),
    CheckConstraint("recheck_result IN ('pass', 'fail')", name="recheck_result"),
)
# From a case that moved to the lists that it is on, and from a new case to what was cleared near it.
Index("ix_campaign_items_case_id", campaign_items.c.case_id)
Index(
    "ix_campaign_items_cell", campaign_items.c.campaign_id, campaign_items.c.cell,
    postgresql_where=campaign_items.c.case_ended_at.is_not(None),
)  # fmt: skip
Index("ix_campaign_items_department_code", campaign_items.c.campaign_id, campaign_items.c.department_code)

# Rows are only ever added; a recheck is written once into its row.
campaign_write_offs = Table(
    "campaign_write_offs",
    metadata,
    Column("campaign_id", BigInteger, nullable=False),
    Column("case_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("proof", ARRAY(Text), nullable=False),
    Column("note", Text, nullable=False),
    Column("written_off_by", Text, nullable=False),
    Column("written_off_at", Instant, nullable=False),
    Column("result", Text),
    Column("finding", Text),
    Column("rechecked_by", Text),
    Column("rechecked_at", Instant),
    PrimaryKeyConstraint("campaign_id", "case_id", "number"),
    ForeignKeyConstraint(
        ["campaign_id", "case_id"], ["campaign_items.campaign_id", "campaign_items.case_id"]
    ),
    CheckConstraint("result IN ('pass', 'fail')", name="result"),
)

# A case of the same class at the place of a cleared item. It counts unless it turned out to be none.
campaign_rebounds = Table(
    "campaign_rebounds",
    metadata,
    Column("campaign_id", BigInteger, nullable=False),
    Column("case_id", BigInteger, nullable=False),
    Column("new_case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("counts", Boolean, nullable=False),
    PrimaryKeyConstraint("campaign_id", "case_id", "new_case_id"),
    ForeignKeyConstraint(
        ["campaign_id", "case_id"], ["campaign_items.campaign_id", "campaign_items.case_id"]
    ),
)

# The figures of all items as they are; one row a campaign that was launched. Its lock comes before that of any item.
campaign_counts = Table(
    "campaign_counts",
    metadata,
    Column(
        "campaign_id", BigInteger, ForeignKey("campaigns.campaign_id"), primary_key=True, autoincrement=False
    ),
    # Events written by transactions before this one are in the items.
    Column("counted_xid", BigInteger, nullable=False),
    # The day whose ages and plans they tell; null before anything was counted.
    Column("counted_on", Date),
    Column("figures", JSONB, nullable=False),
)

campaign_visits = Table(
    "campaign_visits",
    metadata,
    Column("visit_id", BigInteger, Identity(), primary_key=True),
    Column("campaign_id", BigInteger, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("department_code", Text, ForeignKey("departments.department_code"), nullable=False),
    Column("visited_at", Instant, nullable=False),
    Column("people", ARRAY(Text), nullable=False),
    Column("problems", Text, nullable=False),
    Column("agreed", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
)
Index("ix_campaign_visits_campaign_id", campaign_visits.c.campaign_id, campaign_visits.c.visit_id)

campaign_reports = Table(
    "campaign_reports",
    metadata,
    Column("report_id", BigInteger, Identity(), primary_key=True),
    Column("campaign_id", BigInteger, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    # The day after the last.
    Column("end_day", Date, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("made_at", Instant, nullable=False),
    # Of two workers one writes it.
    UniqueConstraint("campaign_id", "unit", "first_day"),
    CheckConstraint("unit IN ('day', 'week', 'month', 'whole')", name="unit"),
)

campaign_batches = Table(
    "campaign_batches",
    metadata,
    Column("batch_id", BigInteger, Identity(), primary_key=True),
    Column("campaign_id", BigInteger, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("doing", Text, nullable=False),
    Column("form", JSONB, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    # Of letters: the round that they are in, from the first one on.
    Column("round_id", BigInteger, ForeignKey("letter_rounds.round_id")),
)
Index("ix_campaign_batches_campaign_id", campaign_batches.c.campaign_id, campaign_batches.c.batch_id)

campaign_batch_cases = Table(
    "campaign_batch_cases",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("campaign_batches.batch_id"), nullable=False),
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("status", Text, nullable=False),
    # Why it was refused, in both languages.
    Column("problem", JSONB(none_as_null=True)),
    Column("settled_at", Instant),
    PrimaryKeyConstraint("batch_id", "case_id"),
    CheckConstraint("status IN ('waiting', 'done', 'refused')", name="status"),
)
# What a step does next.
Index(
    "ix_campaign_batch_cases_waiting", campaign_batch_cases.c.batch_id, campaign_batch_cases.c.case_id,
    postgresql_where=campaign_batch_cases.c.status == "waiting",
)  # fmt: skip
