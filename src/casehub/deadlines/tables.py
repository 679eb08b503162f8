"""The obligations, and the versions of the working calendar. Written by `deadlines.commands` alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB

from casehub.deadlines.lights import Light
from casehub.storage.metadata import Instant, metadata

tasks = Table(
    "tasks",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.case_id"), nullable=False),
    Column("task_no", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("department_code", Text),
    Column("person_no", Text),
    # Only the lead's task counts for the case.
    Column("lead", Boolean, nullable=False),
    Column("limit", Text),
    Column("entered_at", Instant, nullable=False),
    # The version of the calendar that the deadline was counted with.
    Column("calendar", Integer, nullable=False),
    Column("budget_microseconds", BigInteger),
    Column("used_microseconds", BigInteger, nullable=False),
    Column("running_since", Instant),
    Column("due_at", Instant),
    Column("yellow_at", Instant),
    Column("original_due_at", Instant),
    Column("finished_at", Instant),
    Column("outcome", Text),
    Column("exemption", JSONB(none_as_null=True)),
    # Pauses and extensions, see stopwatch.py.
    Column("ledger", JSONB, nullable=False),
    Column("struck", JSONB, nullable=False),
    Column("milestones", JSONB, nullable=False),
    Column("wake_at", Instant),
    Column("next_alert_at", Instant),
    # Where its case lies: the queue of a district walks its own index, not the cases of the city.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    # Who took it in hand for a while; not part of the history.
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    PrimaryKeyConstraint("case_id", "task_no"),
)
# Queues: what runs, most urgent first; a task without a deadline as if due when it began. The first index is for the pool
# of a role and for the tasks of a department, the second for what a person holds.
urgent_at = func.coalesce(tasks.c.due_at, tasks.c.entered_at)
in_queue = tasks.c.finished_at.is_(None) & tasks.c.running_since.is_not(None)
department_or_pool = func.coalesce(tasks.c.department_code, "")
Index(
    "ix_tasks_queue", tasks.c.role, department_or_pool, urgent_at, tasks.c.case_id, tasks.c.task_no,
    postgresql_where=in_queue,
    # So that a summary reads the index alone.
    postgresql_include=["kind", "department_code", "person_no", "area_code", "due_at", "yellow_at"],
)  # fmt: skip
Index(
    "ix_tasks_held", tasks.c.person_no, urgent_at, tasks.c.case_id, tasks.c.task_no,
    postgresql_where=in_queue & tasks.c.person_no.is_not(None),
)  # fmt: skip
# The watch reads clocks that are due to be looked at, whatever the number of others.
Index("ix_tasks_next_alert_at", tasks.c.next_alert_at, postgresql_where=tasks.c.next_alert_at.is_not(None))
# Cases whose department finished late.
Index(
    "ix_tasks_late", tasks.c.case_id,
    postgresql_where=(tasks.c.finished_at > tasks.c.due_at) & (tasks.c.kind == "handle") & tasks.c.lead,
)  # fmt: skip
# What a co-department has a task on.
Index("ix_tasks_co", tasks.c.department_code, tasks.c.case_id, postgresql_where=~tasks.c.lead)

# What collectors are sent to, by the moment that decides in which period it counts. Source: reference 5.2.
due_point = func.least(tasks.c.finished_at, tasks.c.due_at)
# Written out, so that the planner sees the index whatever the parameters.
patrol = tasks.c.kind.in_([literal_column("'verify'"), literal_column("'check'")]) & tasks.c.person_no.is_not(
    None
)
Index("ix_tasks_patrol", due_point, postgresql_where=patrol)

# What a person has in hand, or had.
Index("ix_tasks_person", tasks.c.person_no, tasks.c.case_id, postgresql_where=tasks.c.person_no.is_not(None))

# Versions are only ever added; the highest is the current one.
calendars = Table(
    "calendars",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", JSONB, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("note", Text, nullable=False),
)

# An alert that was given. The key is the claim: whatever the number of workers, each rung of a clock strikes once; an
# extension begins another round.
alerts = Table(
    "alerts",
    metadata,
    Column("case_id", BigInteger, nullable=False),
    Column("task_no", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("rung", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # The event that tells it.
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("case_id", "task_no", "round", "rung"),
    ForeignKeyConstraint(["case_id", "task_no"], ["tasks.case_id", "tasks.task_no"]),
)


def lit(due_at: Any, yellow_at: Any, light: Light, at: datetime) -> Any:
    """The condition that an open clock with these columns shows this light; see `lights.light`."""
    if light is Light.RED:
        return due_at < at
    return (due_at >= at) & (yellow_at <= at if light is Light.YELLOW else yellow_at > at)
