"""The working calendar beside an oracle that walks minute by minute, and beside published numbers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deadlines import imagined
from tests.deadlines.imagined import AMOUNTS, DAY, LEAPS, OFF, SHANGHAI, SHIFTED, WEEKS, calendars, starts

from casehub.deadlines.calendar import (
    ALWAYS,
    Calendar,
    Day,
    Hours,
    Override,
    Slot,
    Why,
    day_of,
    known_until,
    knows,
    opening,
    run_off,
    worked,
    worked_spans,
)  # fmt: skip
from casehub.deadlines.problems import CalendarEnds

USUAL = Calendar()
MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def city(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def with_hours(*slots: tuple[int, int], zone: str = "Asia/Shanghai", work: str = "") -> Calendar:
    """Slots in hours; `work` names days that are worked whatever they are."""
    hours = Hours(ALWAYS, None, tuple(Slot(60 * a, 60 * b) for a, b in slots))
    overrides = tuple(Override(date.fromisoformat(day), working=True, note="x") for day in work.split())
    return Calendar(zone=zone, hours=(hours,), overrides=overrides)


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_day_of_four_years_is_worked_as_the_state_council_published_it(year: int) -> None:
    day = date(year, 1, 1)
    while day.year == year:
        told = day_of(USUAL, day)
        assert told.working is imagined.is_worked(USUAL, day), day
        assert (told.why is Why.HOLIDAY) >= (day in OFF), day
        assert (told.why is Why.SHIFTED_WORKDAY) is (day in SHIFTED), day
        assert bool(told.slots) is told.working
        day += DAY


@pytest.mark.parametrize(("day", "told"), [
    ("2023-06-09", Day(date(2023, 6, 9), True, Why.WORKDAY, slots=USUAL.hours[0].slots)),
    ("2023-06-10", Day(date(2023, 6, 10), False, Why.WEEKEND)),
    ("2023-06-22", Day(date(2023, 6, 22), False, Why.HOLIDAY, "Dragon Boat Festival", "端午")),
    ("2023-10-07", Day(date(2023, 10, 7), True, Why.SHIFTED_WORKDAY, "National Day", "国庆节", slots=USUAL.hours[0].slots)),
    ("2027-01-04", Day(date(2027, 1, 4), None, Why.UNKNOWN)),
])  # fmt: skip
def test_a_day_says_why_it_is_worked_or_not(day: str, told: Day) -> None:
    assert day_of(USUAL, date.fromisoformat(day)) == told


def test_the_citys_own_word_goes_before_holidays_and_weekends_and_keeps_its_note() -> None:
    day = date(2023, 6, 22)
    calendar = Calendar(overrides=(Override(day, True, "龙舟赛"), Override(day + DAY, False, "台风")))
    assert day_of(calendar, day) == Day(day, True, Why.OVERRIDE, note="龙舟赛", slots=USUAL.hours[0].slots)
    assert (day_of(calendar, day + DAY).working, day_of(calendar, day + DAY).note) == (False, "台风")


def test_hours_hold_from_their_first_to_their_last_day() -> None:
    summer = Hours(date(2024, 7, 1), date(2024, 9, 30), (Slot(480, 720), Slot(900, 1140)))
    calendar = Calendar(hours=(
        Hours(ALWAYS, date(2024, 6, 30), USUAL.hours[0].slots), summer, Hours(date(2024, 10, 1), None, USUAL.hours[0].slots),
    ))  # fmt: skip
    opens = [day_of(calendar, date(2024, *day)).slots[1].opens for day in ((6, 28), (7, 1), (9, 30), (10, 8))]
    assert opens == [840, 900, 900, 840]
    assert run_off(calendar, city("2024-06-28 17:30"), HOUR) == city("2024-07-01 08:30")
    assert run_off(calendar, city("2024-07-01 11:30"), HOUR) == city("2024-07-01 15:30")


@pytest.mark.parametrize(("start", "hours", "ends"), [
    ("2023-06-09 16:30", 1.5, "2023-06-09 18:00"),  # a deadline at closing stays there
    ("2023-06-09 18:00", 1, "2023-06-12 09:00"),
    ("2023-06-10 09:00", 8, "2023-06-12 18:00"),
    ("2023-06-09 12:00", 2, "2023-06-09 16:00"),
    ("2023-06-09 10:00", 2, "2023-06-09 12:00"),
    ("2023-06-12 09:00", -1, "2023-06-09 18:00"),  # nothing was left from Friday evening on
    ("2023-06-12 09:00", -1.5, "2023-06-09 17:30"),
    ("2023-06-12 09:00", -9, "2023-06-08 18:00"),
    ("2023-06-11 09:00", -4, "2023-06-09 12:00"),
    ("2023-06-11 09:00", 0, "2023-06-11 09:00"),
    ("2023-09-28 17:00", 1, "2023-09-28 18:00"),
    ("2023-09-28 17:00", 2, "2023-10-07 09:00"),  # over the National Day week to a shifted Saturday
])  # fmt: skip
def test_working_time_runs_off_slot_by_slot(start: str, hours: float, ends: str) -> None:
    assert run_off(USUAL, city(start), hours * HOUR) == city(ends)


def test_time_may_be_worked_up_to_midnight_and_on_from_it() -> None:
    night = with_hours((20, 24))
    assert run_off(night, city("2024-05-06 22:00"), 2 * HOUR) == city("2024-05-07 00:00")
    assert run_off(night, city("2024-05-06 22:00"), 2 * HOUR + MOMENT) == city("2024-05-07 20:00") + MOMENT
    always = with_hours((0, 24))
    assert run_off(always, city("2024-05-06 22:00"), 30 * HOUR) == city("2024-05-08 04:00")


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_working_time_runs_off_as_one_who_walks_minute_by_minute_counts_it(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar, start = data.draw(calendars(week)), data.draw(starts(week))
    amount = data.draw(AMOUNTS)
    end = run_off(calendar, start, amount)
    assert end == imagined.walked(calendar, start, amount)
    assert worked(calendar, start, end) == amount == imagined.counted(calendar, start, end)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_clocks_that_leap_or_are_set_back_are_counted_by_what_they_show(data: st.DataObject) -> None:
    zone, week = data.draw(LEAPS)
    worked_days = tuple(Override(week + n * DAY, True, "x") for n in range(20))
    hours = (Hours(ALWAYS, None, data.draw(imagined.slots())),)
    calendar, start = Calendar(1, zone, hours, worked_days), data.draw(starts(week, zone))
    amount = data.draw(AMOUNTS)
    assert run_off(calendar, start, amount) == imagined.walked(calendar, start, amount)


@pytest.mark.parametrize(("day", "slot", "hours"), [
    ("2024-03-10", (0, 24), 23), ("2024-11-03", (0, 24), 25), ("2024-03-09", (0, 24), 24), ("2024-03-10", (2, 3), 0),
    ("2024-03-10", (1, 3), 1), ("2024-03-10", (2, 4), 1), ("2024-11-03", (0, 1), 1), ("2024-11-03", (1, 2), 2),
])  # fmt: skip
def test_an_hour_that_is_skipped_is_not_worked_and_one_that_comes_twice_is_worked_twice(
    day: str, slot: tuple[int, int], hours: int
) -> None:
    calendar = with_hours(slot, zone="America/New_York", work=day)
    begin = city(day, "America/New_York")
    assert worked(calendar, begin, begin + DAY) == hours * HOUR


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_working_time_adds_up_and_goes_back_as_it_came(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar = data.draw(calendars(week))
    one, other, third = (data.draw(starts(week)) for _ in range(3))
    assert worked(calendar, one, other) + worked(calendar, other, third) == worked(calendar, one, third)
    assert worked(calendar, one, other) == -worked(calendar, other, one)
    amount = data.draw(AMOUNTS)
    back = run_off(calendar, one, -amount)
    assert worked(calendar, back, one) == amount
    assert worked(calendar, back - MOMENT, one) > amount, "it is the first such instant"


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_who_starts_later_or_has_more_is_never_due_earlier(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar = data.draw(calendars(week))
    early, late = sorted((data.draw(starts(week)), data.draw(starts(week))))
    less, more = sorted((data.draw(AMOUNTS), data.draw(AMOUNTS)))
    assert run_off(calendar, early, less) <= run_off(calendar, late, less) <= run_off(calendar, late, more)


def test_outside_the_known_years_it_says_so_and_names_the_year_and_the_way_out() -> None:
    last = city("2026-12-31 17:00")
    assert run_off(USUAL, last, HOUR) == city("2026-12-31 18:00")
    for start, amount, year in (
        (last, HOUR + MOMENT, 2027), (city("2027-01-01 00:00"), HOUR, 2027), (city("2031-05-05 09:00"), HOUR, 2031),
        (city("2003-12-31 09:00"), HOUR, 2003), (city("2004-01-02 09:00"), -9 * HOUR, 2003),
    ):  # fmt: skip
        with pytest.raises(
            CalendarEnds, match=f"holidays of {year} are not known.*declare the year complete"
        ) as said:
            run_off(USUAL, start, amount)
        assert said.value.extra == {"year": year}
    with pytest.raises(CalendarEnds, match="2027"):
        worked(USUAL, last, city("2027-01-01 00:00") + MOMENT)
    with pytest.raises(CalendarEnds, match="2003"):
        worked(USUAL, last, city("2003-12-31 23:59"))
    assert worked(USUAL, last, city("2027-01-01 00:00")) == HOUR


def test_a_year_that_the_city_declared_complete_is_known() -> None:
    off = tuple(Override(date(2027, 1, n), False, "元旦") for n in (1, 2, 3))
    calendar = Calendar(overrides=off, years=(2027, 2030))
    assert run_off(calendar, city("2026-12-31 17:00"), 2 * HOUR) == city("2027-01-04 09:00")
    assert run_off(calendar, city("2030-05-06 09:00"), 2 * HOUR) == city("2030-05-06 11:00")
    with pytest.raises(CalendarEnds, match="2028"):
        run_off(calendar, city("2027-12-31 17:00"), 2 * HOUR)
    ends = [known_until(calendar, date(year, 5, 5)) for year in (2026, 2027, 2028, 2030)]
    assert ends == [date(2027, 12, 31), date(2027, 12, 31), None, date(2030, 12, 31)]


def test_the_spans_of_a_day_are_its_slots_in_utc() -> None:
    told = day_of(USUAL, date(2024, 5, 6))
    assert [*worked_spans(USUAL, told)] == [
        (datetime(2024, 5, 6, 0, tzinfo=UTC), datetime(2024, 5, 6, 4, tzinfo=UTC)),
        (datetime(2024, 5, 6, 6, tzinfo=UTC), datetime(2024, 5, 6, 10, tzinfo=UTC)),
    ]
    assert SHANGHAI.utcoffset(datetime(2024, 5, 6)) == 8 * HOUR


@pytest.mark.parametrize(("at", "opens"), [
    ("2023-06-09 07:59", "2023-06-09 08:00"), ("2023-06-09 08:00", "2023-06-09 08:00"), ("2023-06-09 11:59", "2023-06-09 11:59"),
    ("2023-06-09 12:00", "2023-06-09 14:00"), ("2023-06-09 13:00", "2023-06-09 14:00"), ("2023-06-09 18:00", "2023-06-12 08:00"),
    ("2023-06-10 09:00", "2023-06-12 08:00"), ("2023-09-28 18:00", "2023-10-07 08:00"), ("2023-01-01 00:00", "2023-01-03 08:00"),
])  # fmt: skip
def test_the_city_opens_at_once_when_it_is_open_and_else_in_the_morning_or_after_lunch(
    at: str, opens: str
) -> None:
    assert opening(USUAL, city(at)) == city(opens)


def test_one_slot_that_begins_when_another_ends_is_no_pause() -> None:
    assert opening(with_hours((8, 12), (12, 18)), city("2023-06-09 12:00")) == city("2023-06-09 12:00")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_city_opens_in_the_first_minute_that_one_who_walks_finds_open(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar, at = data.draw(calendars(week)), data.draw(starts(week))
    minute = next(minute for minute, at_work in imagined.minutes(calendar, at) if at_work)
    assert opening(calendar, at) == max(minute, at)


def test_where_days_are_not_known_one_does_not_wait_for_an_opening() -> None:
    for at in ("2026-12-31 18:00", "2027-01-01 00:00", "2031-05-05 03:00", "2003-12-31 03:00"):
        assert opening(USUAL, city(at)) == city(at)
    assert opening(USUAL, city("2026-12-31 13:00")) == city("2026-12-31 14:00")
    assert opening(Calendar(years=(2028,)), city("2026-12-31 18:00")) == city("2026-12-31 18:00")
    assert opening(Calendar(years=(2027,)), city("2026-12-31 18:00")) == city("2027-01-01 08:00")


@pytest.mark.parametrize(("instants", "known"), [
    (["2026-12-31 23:59"], True), (["2027-01-01 00:00"], False), (["2004-01-01 00:00"], True), (["2003-12-31 23:59"], False),
    (["2005-05-05 00:00", "2026-05-05 00:00"], True), (["2026-05-05 00:00", "2005-05-05 00:00"], True),
    (["2026-05-05 00:00", "2027-05-05 00:00"], False), (["2028-05-05 00:00", "2028-12-31 23:59"], True),
    (["2026-05-05 00:00", "2028-05-05 00:00"], False), (["2028-05-05 00:00", "2026-05-05 00:00"], False),
])  # fmt: skip
def test_days_are_known_where_their_year_is_and_every_year_between(instants: list[str], known: bool) -> None:
    """2028 was declared complete, 2027 was not."""
    assert knows(Calendar(years=(2028,)), *map(city, instants)) is known
