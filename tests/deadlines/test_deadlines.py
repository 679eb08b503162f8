"""Deadlines of limits: the reference's own examples, both readings of a work day, and what always holds."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deadlines import imagined
from tests.deadlines.imagined import DAY, LEAPS, SHANGHAI, WEEKS, calendars, starts

from casehub.deadlines.calendar import Calendar, Hours, Override, Slot, Why, WorkDay
from casehub.deadlines.limits import (
    Limit,
    Step,
    Unit,
    deadline,
    explain,
    granted,
    parse_limit,
    ran,
    run_out,
)  # fmt: skip
from casehub.deadlines.problems import CalendarEnds

USUAL = Calendar()
TO_THE_CLOSE = Calendar(work_day=WorkDay.END_OF_DAY)
WORKING = [Unit.WORK_HOUR, Unit.WORK_DAY]


def city(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(("start", "limit", "due"), [
    ("2023-06-09 16:30", "4 work_hour", "2023-06-12 10:30"),  # Friday afternoon rolls over the weekend
    ("2023-06-09 11:00", "2 work_hour", "2023-06-09 15:00"),  # and over lunch
    ("2023-06-10 09:00", "1 work_day", "2023-06-12 18:00"),  # Saturday: the first working day is day one
    ("2023-06-07 15:00", "1 work_day", "2023-06-08 15:00"),
    ("2023-06-07 15:00", "2 work_day", "2023-06-09 15:00"),
    ("2023-06-09 23:30", "2 urgent_hour", "2023-06-10 01:30"),  # urgent hours do not sleep
    ("2023-06-06 18:00", "2 work_hour", "2023-06-07 10:00"),
    ("2023-06-06 10:00", "2 urgent_day", "2023-06-08 10:00"),
    ("2023-06-02 16:30", "4 work_hour", "2023-06-05 10:30"),
    ("2023-06-09 16:30", "15 urgent_minute", "2023-06-09 16:45"),
    ("2023-06-09 16:30", "3 natural_day", "2023-06-12 16:30"),
    ("2023-09-28 15:00", "2 work_day", "2023-10-08 15:00"),  # two shifted workdays follow eight days off
    ("2023-06-21 17:00", "1 work_day", "2023-06-25 17:00"),  # Dragon Boat, then a shifted Sunday
    ("2024-02-09 17:00", "2 work_hour", "2024-02-18 09:00"),
])  # fmt: skip
def test_a_deadline_is_counted_as_the_reference_counts_it(start: str, limit: str, due: str) -> None:
    assert deadline(parse_limit(limit), city(start), USUAL) == city(due)


@pytest.mark.parametrize(("start", "limit", "due"), [
    ("2023-06-10 09:00", "1 work_day", "2023-06-12 18:00"),
    ("2023-06-07 15:00", "1 work_day", "2023-06-08 18:00"),  # the day of the start is not counted
    ("2023-06-07 00:00", "1 work_day", "2023-06-08 18:00"),
    ("2023-06-07 23:59", "1 work_day", "2023-06-08 18:00"),
    ("2023-06-09 15:00", "1 work_day", "2023-06-12 18:00"),
    ("2023-06-09 15:00", "5 work_day", "2023-06-16 18:00"),
    ("2023-09-28 15:00", "2 work_day", "2023-10-08 18:00"),
    ("2023-06-09 16:30", "4 work_hour", "2023-06-12 10:30"),  # hours stay hours
])  # fmt: skip
def test_a_work_day_may_end_at_the_close_of_the_day(start: str, limit: str, due: str) -> None:
    assert deadline(parse_limit(limit), city(start), TO_THE_CLOSE) == city(due)


@pytest.mark.parametrize(("start", "days", "due"), [
    ("2024-03-09 09:00", 1, "2024-03-10 09:00"),  # 23 hours
    ("2024-11-02 09:00", 1, "2024-11-03 09:00"),  # 25 hours
    ("2024-03-09 02:30", 1, "2024-03-10 03:00"),  # that clock never shows half past two
    ("2024-01-31 12:00", 30, "2024-03-01 12:00"),
])  # fmt: skip
def test_a_natural_day_ends_when_the_citys_clock_shows_the_same_time(start: str, days: int, due: str) -> None:
    calendar = Calendar(zone="America/New_York")
    told = deadline(Limit(days, Unit.NATURAL_DAY), city(start, calendar.zone), calendar)
    assert told == city(due, calendar.zone)


def test_urgent_time_is_plain_time_also_when_the_clocks_leap() -> None:
    calendar, start = Calendar(zone="America/New_York"), city("2024-03-09 09:00", "America/New_York")
    day = timedelta(hours=24)
    due = deadline(Limit(1, Unit.URGENT_DAY), start, calendar)
    assert due - start.astimezone(UTC) == day
    assert due == run_out(Unit.URGENT_DAY, day, start, calendar)
    assert ran(Unit.URGENT_DAY, start, city("2024-03-10 10:00", "America/New_York"), calendar) == day


def test_only_working_limits_need_to_know_the_year() -> None:
    start = city("2031-05-05 09:00")
    for unit in Unit:
        if unit in WORKING:
            for calendar in (USUAL, TO_THE_CLOSE):
                with pytest.raises(CalendarEnds, match="2031"):
                    deadline(Limit(1, unit), start, calendar)
        else:
            assert deadline(Limit(1, unit), start, USUAL) > start
    with pytest.raises(CalendarEnds, match="2027"):
        deadline(Limit(1, Unit.WORK_DAY), city("2026-12-31 09:00"), TO_THE_CLOSE)


def _closing(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The close of the n-th working day after that of the start, day by day."""
    zone = ZoneInfo(calendar.zone)
    day = start.astimezone(zone).date()
    while days:
        day += DAY
        days -= imagined.is_worked(calendar, day)
    (hours,) = (h for h in calendar.hours if h.valid_from <= day <= (h.valid_to or date.max))
    midnight = datetime.combine(day, time(), zone)
    return midnight + timedelta(minutes=max(slot.closes for slot in hours.slots))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_closings_are_those_that_one_who_goes_day_by_day_finds(data: st.DataObject) -> None:
    week, days = data.draw(WEEKS), data.draw(st.integers(1, 12))
    calendar = data.draw(calendars(week, work_day=WorkDay.END_OF_DAY))
    start = data.draw(starts(week))
    assert deadline(Limit(days, Unit.WORK_DAY), start, calendar) == _closing(calendar, start, days)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Limit, datetime, Calendar]:
    """A limit, a start and a calendar of either reading."""
    week = draw(WEEKS)
    calendar = draw(calendars(week, work_day=draw(st.sampled_from(WorkDay))))
    unit = draw(st.sampled_from(Unit))
    return Limit(draw(st.integers(1, 9)), unit), draw(starts(week)), calendar


@settings(max_examples=30, deadline=None)
@given(asked())
def test_what_a_limit_grants_runs_out_at_its_deadline(one: tuple[Limit, datetime, Calendar]) -> None:
    limit, start, calendar = one
    due, left = deadline(limit, start, calendar), granted(limit, start, calendar)
    assert run_out(limit.unit, left, start, calendar) == due
    assert ran(limit.unit, start, due, calendar) == left
    assert due > start
    assert due.tzinfo is UTC


@settings(max_examples=30, deadline=None)
@given(one=asked(), share=st.floats(0, 1), late=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_clock_that_stopped_on_the_way_still_runs_out_at_its_deadline(
    one: tuple[Limit, datetime, Calendar], share: float, late: timedelta
) -> None:
    limit, start, calendar = one
    due = deadline(limit, start, calendar)
    between = start + (due - start) * share
    left = granted(limit, start, calendar) - ran(limit.unit, start, between, calendar)
    if left:
        assert run_out(limit.unit, left, between, calendar) == due
    over = ran(limit.unit, due, due + late, calendar)
    if over:
        assert run_out(limit.unit, -over, due + late, calendar) == due


@settings(max_examples=30, deadline=None)
@given(one=asked(), later=st.timedeltas(timedelta(0), timedelta(days=5)))
def test_who_starts_later_is_never_due_earlier(
    one: tuple[Limit, datetime, Calendar], later: timedelta
) -> None:
    limit, start, calendar = one
    assert deadline(limit, start, calendar) <= deadline(limit, start + later, calendar)


@settings(max_examples=30, deadline=None)
@given(one=asked(), data=st.data())
def test_what_ran_adds_up(one: tuple[Limit, datetime, Calendar], data: st.DataObject) -> None:
    limit, start, calendar = one
    there = start.astimezone(SHANGHAI) + data.draw(st.timedeltas(timedelta(days=-5), timedelta(days=5)))
    then = start + data.draw(st.timedeltas(timedelta(days=-5), timedelta(days=5)))
    first, second = ran(limit.unit, start, there, calendar), ran(limit.unit, there, then, calendar)
    assert first + second == ran(limit.unit, start, then, calendar)


@settings(max_examples=30, deadline=None)
@given(asked())
def test_the_steps_lead_from_the_start_to_the_deadline_without_a_gap(
    one: tuple[Limit, datetime, Calendar],
) -> None:
    limit, start, calendar = one
    steps = explain(limit, start, calendar)
    assert (steps[0].begins_at, steps[-1].ends_at) == (start, deadline(limit, start, calendar))
    assert all(before.ends_at == after.begins_at for before, after in pairwise(steps))
    total = sum((one.ends_at - one.begins_at for one in steps if one.counted), timedelta(0))
    assert steps[-1].total == total
    assert steps[-1].counted
    if limit.unit is Unit.WORK_DAY and calendar.work_day is WorkDay.END_OF_DAY:
        assert steps[-1].days == limit.amount
    else:
        assert total == granted(limit, start, calendar)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_hours_are_explained_as_one_who_walks_minute_by_minute_sees_them(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar, start = data.draw(calendars(week)), data.draw(starts(week))
    steps = explain(Limit(data.draw(st.integers(1, 9)), Unit.WORK_HOUR), start, calendar)
    for minute, at_work in imagined.minutes(calendar, start):
        begin = max(minute, start)
        if begin >= steps[-1].ends_at:
            break
        (step,) = (one for one in steps if one.begins_at <= begin < one.ends_at)
        assert step.counted is at_work


@settings(max_examples=20, deadline=None)
@given(data=st.data(), hours=st.integers(1, 9))
def test_it_is_the_same_in_a_zone_whose_clocks_leap(data: st.DataObject, hours: int) -> None:
    zone, week = data.draw(LEAPS)
    days = tuple(Override(week + n * DAY, True, "x") for n in range(20))
    calendar = Calendar(1, zone, (Hours(date(1900, 1, 1), None, data.draw(imagined.slots())),), days)
    start, limit = data.draw(starts(week, zone)), Limit(hours, Unit.WORK_HOUR)
    due = deadline(limit, start, calendar)
    assert due == imagined.walked(calendar, start, timedelta(hours=hours))
    assert run_out(limit.unit, granted(limit, start, calendar), start, calendar) == due
    assert explain(limit, start, calendar)[-1].ends_at == due


def _lines(steps: tuple[Step, ...]) -> list[tuple[str, bool, str, str | None]]:
    return [
        (f"{one.begins_at.astimezone(SHANGHAI):%d %H:%M}", one.counted, one.why, one.name_zh or one.note)
        for one in steps
    ]


def test_a_deadline_tells_how_it_came_about() -> None:
    typhoon = (Override(date(2023, 10, 7), False, "台风"),)
    calendar = Calendar(overrides=typhoon)
    assert _lines(explain(parse_limit("3 work_hour"), city("2023-09-27 16:30"), calendar)) == [
        ("27 16:30", True, "workday", None), ("27 18:00", False, "closed", None), ("28 08:00", True, "workday", None),
    ]  # fmt: skip
    steps = explain(parse_limit("6 work_hour"), city("2023-09-28 11:00"), calendar)
    assert _lines(steps) == [
        ("28 11:00", True, "workday", None), ("28 12:00", False, "closed", None), ("28 14:00", True, "workday", None),
        ("28 18:00", False, "closed", None), ("29 00:00", False, "holiday", "中秋"), ("30 00:00", False, "holiday", "国庆节"),
        ("07 00:00", False, "override", "台风"), ("08 00:00", False, "closed", None), ("08 08:00", True, "shifted_workday", "国庆节"),
    ]  # fmt: skip
    assert [one.total / timedelta(hours=1) for one in steps] == [1, 1, 5, 5, 5, 5, 5, 5, 6]


def test_closings_tell_which_days_they_counted() -> None:
    steps = explain(parse_limit("2 work_day"), city("2023-06-08 15:00"), TO_THE_CLOSE)
    assert _lines(steps) == [
        ("08 15:00", False, "start_day", None), ("09 00:00", False, "closed", None), ("09 08:00", True, "workday", None),
        ("09 12:00", False, "closed", None), ("09 14:00", True, "workday", None), ("09 18:00", False, "closed", None),
        ("10 00:00", False, "weekend", None), ("12 00:00", False, "closed", None), ("12 08:00", True, "workday", None),
        ("12 12:00", False, "closed", None), ("12 14:00", True, "workday", None),
    ]  # fmt: skip
    assert [one.days for one in steps] == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("limit", ["3 urgent_hour", "2 natural_day"])
def test_time_of_the_clock_is_one_step(limit: str) -> None:
    start = city("2031-06-08 15:00")
    due = deadline(parse_limit(limit), start, USUAL)
    assert explain(parse_limit(limit), start, USUAL) == (
        Step(start.astimezone(UTC), due, counted=True, why=Why.CLOCK, total=due - start),
    )


def test_a_slot_that_closes_at_midnight_ends_the_work_day_there() -> None:
    night = Calendar(hours=(Hours(date(1900, 1, 1), None, (Slot(1200, 1440),)),), work_day=WorkDay.END_OF_DAY)
    assert deadline(parse_limit("1 work_day"), city("2024-05-06 21:00"), night) == city("2024-05-08 00:00")
