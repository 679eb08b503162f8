"""Days, months and years of the city, and how sums of them cover a period."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.rates.periods import (
    Cover,
    Grain,
    Period,
    Unit,
    before,
    cover,
    of_days,
    opening_of,
    unit_around,
    year_before,
)

CITY = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2022, 1, 1), date(2025, 12, 31))
ALL = (Grain.DAY, Grain.MONTH, Grain.YEAR)
COARSE = (Grain.MONTH, Grain.YEAR)


def holds(covered: Cover, sealed_to: date | None, moment: datetime) -> int:
    """How often a moment is counted: once for each sum and each edge that it lies in."""
    day = moment.astimezone(CITY).date()
    sealed = sealed_to is not None and day < sealed_to
    units = {Grain.DAY: Unit.DAY, Grain.MONTH: Unit.MONTH, Grain.YEAR: Unit.YEAR}
    sums = sum(sealed and unit_around(units[grain], day)[0] == begin for grain, begin in covered.buckets)
    return sums + sum(edge.first <= moment < edge.end for edge in covered.edges)


@given(first=DAYS, days=st.integers(1, 900), sealed_to=st.none() | DAYS, grains=st.sampled_from([ALL, COARSE]),
       within=st.integers(0, 86399), probe=st.integers(-40, 940), hours=st.sampled_from([0, 0, 5]))  # fmt: skip
def test_every_moment_of_a_period_is_counted_once_and_no_other(  # noqa: PLR0917 - drawn by name
    first: date,
    days: int,
    sealed_to: date | None,
    grains: tuple[Grain, ...],
    within: int,
    probe: int,
    hours: int,
) -> None:
    period = of_days(first, first + timedelta(days=days), CITY)
    period = Period(period.first + timedelta(hours=hours), period.end)
    moment = opening_of(first + timedelta(days=probe), CITY) + timedelta(seconds=within)
    covered = cover(period, sealed_to, grains, CITY)
    assert holds(covered, sealed_to, moment) == (period.first <= moment < period.end)


def test_a_year_that_is_over_is_one_sum() -> None:
    year = of_days(date(2023, 1, 1), date(2024, 1, 1), CITY)
    assert cover(year, date(2024, 6, 1), ALL, CITY) == Cover(((Grain.YEAR, date(2023, 1, 1)),), ())


def test_the_year_so_far_is_the_sum_of_its_sealed_days_and_today() -> None:
    year = of_days(date(2024, 1, 1), date(2025, 1, 1), CITY)
    today = date(2024, 6, 5)
    assert cover(year, today, COARSE, CITY) == Cover(
        ((Grain.YEAR, date(2024, 1, 1)),), (Period(opening_of(today, CITY), year.end),)
    )


@pytest.mark.parametrize(
    ("first", "end", "previous", "last_year"),
    [
        ((2024, 5, 1), (2024, 6, 1), ((2024, 4, 1), (2024, 5, 1)), ((2023, 5, 1), (2023, 6, 1))),
        ((2024, 4, 1), (2024, 7, 1), ((2024, 1, 1), (2024, 4, 1)), ((2023, 4, 1), (2023, 7, 1))),
        ((2024, 5, 6), (2024, 5, 13), ((2024, 4, 29), (2024, 5, 6)), ((2023, 5, 6), (2023, 5, 13))),
        ((2024, 2, 29), (2024, 3, 1), ((2024, 2, 28), (2024, 2, 29)), ((2023, 3, 1), (2023, 3, 1))),
    ],
)
def test_a_period_is_compared_with_the_one_before_and_with_the_same_of_last_year(
    first: tuple[int, int, int], end: tuple[int, int, int], previous: object, last_year: object
) -> None:
    def told(days: tuple[date, date]) -> tuple[tuple[int, int, int], ...]:
        return tuple((day.year, day.month, day.day) for day in days)

    assert told(before(date(*first), date(*end))) == previous
    assert told(year_before(date(*first), date(*end))) == last_year


@pytest.mark.parametrize(
    ("unit", "first", "end"),
    [
        (Unit.WEEK, date(2024, 5, 6), date(2024, 5, 13)),
        (Unit.MONTH, date(2024, 5, 1), date(2024, 6, 1)),
        (Unit.QUARTER, date(2024, 4, 1), date(2024, 7, 1)),
        (Unit.YEAR, date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_a_day_lies_in_its_week_month_quarter_and_year(unit: Unit, first: date, end: date) -> None:
    assert unit_around(unit, date(2024, 5, 12)) == (first, end)
