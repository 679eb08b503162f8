"""Times of the day: when a check at the same time as the report may begin."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.deadlines.calendar import MIDNIGHT, USUAL, Calendar, Hours, Slot
from casehub.deadlines.periods import next_same_period, period_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def city_time(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("seen", "at", "begins"), [
    ("2024-05-06 09:30", "2024-05-07 10:00", "2024-05-07 10:00"),  # it is morning: at once
    ("2024-05-06 09:30", "2024-05-07 07:59", "2024-05-07 08:00"),
    ("2024-05-06 09:30", "2024-05-07 12:00", "2024-05-08 08:00"),  # the end of a slot is not in it
    ("2024-05-06 14:00", "2024-05-07 12:30", "2024-05-07 14:00"),
    ("2024-05-06 12:30", "2024-05-07 09:00", "2024-05-07 12:00"),  # a stall at noon
    ("2024-05-06 22:00", "2024-05-07 09:00", "2024-05-07 18:00"),  # noise at night
    ("2024-05-06 03:00", "2024-05-07 23:00", "2024-05-07 23:00"),  # the night goes on past midnight
    ("2024-05-06 22:00", "2024-05-07 07:59", "2024-05-07 07:59"),
    ("2024-05-11 09:30", "2024-05-11 15:00", "2024-05-12 08:00"),  # Saturday and Sunday have mornings too
])  # fmt: skip
def test_a_check_begins_at_the_next_time_of_day_that_is_the_same(seen: str, at: str, begins: str) -> None:
    assert next_same_period(USUAL, city_time(seen), city_time(at)) == city_time(begins)


@pytest.mark.parametrize("slots", [(), (Slot(0, MIDNIGHT),)])
def test_a_city_without_times_of_the_day_checks_at_once(slots: tuple[Slot, ...]) -> None:
    calendar = Calendar(hours=(Hours(datetime(1900, 1, 1, tzinfo=UTC).date(), None, slots),))
    at = city_time("2024-05-07 23:00")
    assert next_same_period(calendar, city_time("2024-05-06 09:30"), at) == at


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2025, 6, 1), timezones=st.just(UTC))


@given(seen=INSTANTS, at=INSTANTS)
def test_it_is_within_a_day_at_the_same_time_of_day_and_never_sooner_than_needed(
    seen: datetime, at: datetime
) -> None:
    begins = next_same_period(USUAL, seen, at)
    assert at <= begins < at + timedelta(days=1)
    assert period_of(USUAL, begins) == period_of(USUAL, seen)
    if begins > at:
        just_before = period_of(USUAL, begins - timedelta(microseconds=1))
        assert just_before != period_of(USUAL, seen)
        assert period_of(USUAL, at) != period_of(USUAL, seen)
