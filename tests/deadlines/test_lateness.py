"""What is overdue stays overdue, in whatever hour it is looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from casehub.deadlines.limits import parse_limit
from casehub.deadlines.stopwatch import (
    Calendars,
    Holder,
    Task,
    finish,
    pause,
    resume,
    start,
    start_until,
    strike,
)

CITY = Calendars()
#: A Monday morning, 8:00 in Beijing; four working hours later the midday break begins.
MORNING = datetime(2024, 5, 6, tzinfo=UTC)
NOON, BREAK = MORNING + timedelta(hours=4), MORNING + timedelta(hours=5)


def returned(at: datetime) -> Task:
    task = start(1, "handle", Holder("department", "d1"), parse_limit("4 work_hour"), MORNING, CITY.current)
    assert task.due_at == NOON
    return pause(task, at, CITY, "dept_return")


@pytest.mark.parametrize(
    ("at", "late"), [(NOON, False), (NOON + timedelta(microseconds=1), True), (BREAK, True)]
)
def test_a_clock_paused_in_a_break_is_late_as_it_was(at: datetime, late: bool) -> None:
    assert finish(returned(at), BREAK, "void").late is late


def test_a_clock_paused_overdue_in_a_break_goes_on_overdue() -> None:
    resumed = resume(returned(BREAK), BREAK, CITY, "return_reject")
    assert resumed.due_at == NOON - timedelta(microseconds=1)
    assert finish(resumed, BREAK, "feedback").late


def test_nobody_is_reminded_of_what_was_said_to_be_overdue() -> None:
    holiday = datetime(2024, 5, 1, tzinfo=UTC)
    until = holiday + timedelta(days=1)
    late = until + timedelta(microseconds=1)
    task = start_until(1, "handle", Holder("department", "d1"), until, holiday, CITY.current)
    struck, told = strike(task, late, CITY.current)
    assert [rung.name for rung in told] == ["red"]
    resumed = resume(pause(struck, late, CITY, "dept_return"), BREAK, CITY, "return_reject")
    assert resumed.next_alert_at is None
