from datetime import UTC, datetime, timedelta

import pytest

from casehub.deadlines.calendar import USUAL
from casehub.deadlines.lights import Light, light, seconds_left
from casehub.deadlines.limits import Limit, Unit, deadline, granted, parse_limit
from casehub.deadlines.problems import LimitInvalid
from casehub.deadlines.stopwatch import Holder, start, start_until

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("text", "length"), [
    ("15 urgent_minute", timedelta(minutes=15)),
    ("2 urgent_hour", timedelta(hours=2)),
    ("1 urgent_day", timedelta(days=1)),
    ("4 work_hour", timedelta(hours=4)),
    ("3 work_day", timedelta(hours=24)),  # eight working hours each
    ("7 natural_day", timedelta(days=7)),
    ("9999 natural_day", timedelta(days=9999)),
])  # fmt: skip
def test_a_limit_is_an_amount_and_a_unit(text: str, length: timedelta) -> None:
    limit = parse_limit(text)
    assert granted(limit, NOON, USUAL) == length
    assert parse_limit(str(limit)) == limit


@pytest.mark.parametrize("unit", Unit)
def test_every_unit_of_the_reference_has_a_length(unit: Unit) -> None:
    assert granted(Limit(1, unit), NOON, USUAL) > timedelta(0)


@pytest.mark.parametrize("text", [
    "", "4", "4 hours", "work_hour", "-4 work_hour", "4.5 work_hour", "four work_hour", "4  work_hour", "4 work_hour ", " 4 work_hour",
    "0 work_hour", "0000 work_hour", "10000 work_day", "²  work_hour", "٣ work_hour", "4 WORK_HOUR", "4 work_week", "+4 work_hour",
])  # fmt: skip
def test_anything_else_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit such as '4 work_hour'") as said:
        parse_limit(text)
    assert isinstance(said.value, LimitInvalid)
    (reason,) = said.value.errors
    assert (reason.rule, reason.field, "1 to 9999" in reason.en, "1 至 9999" in reason.zh) == (
        "limit",
        "limit",
        True,
        True,
    )


def test_a_deadline_is_the_last_instant_that_is_still_on_time() -> None:
    assert deadline(parse_limit("4 urgent_hour"), NOON, USUAL) == NOON + timedelta(hours=4)


# Ten hours: yellow when three or less are left (30 per cent).
DUE = NOON + timedelta(hours=10)
D1 = Holder("department", department="d1")
YELLOW = NOON + timedelta(hours=7)


@pytest.mark.parametrize(("at", "colour"), [
    (NOON, Light.GREEN),
    (YELLOW - SECOND, Light.GREEN),
    (YELLOW, Light.YELLOW),
    (DUE - SECOND, Light.YELLOW),
    (DUE, Light.YELLOW),
    (DUE + timedelta(microseconds=1), Light.RED),
    (DUE + timedelta(days=400), Light.RED),
])  # fmt: skip
def test_the_light_of_a_clock_of_ten_hours(at: datetime, colour: Light) -> None:
    clock = start(1, "handle", D1, parse_limit("10 urgent_hour"), NOON, USUAL)
    assert (clock.due_at, clock.yellow_at) == (DUE, YELLOW)
    assert light(clock.due_at, clock.yellow_at, at) is colour


def test_a_clock_without_a_deadline_has_no_light() -> None:
    assert light(None, None, NOON) is None


def test_a_clock_that_was_overdue_when_it_began_is_yellow_at_its_deadline_and_never_green() -> None:
    clock = start_until(1, "handle", D1, NOON, NOON + timedelta(hours=1), USUAL)
    assert (clock.due_at, clock.yellow_at) == (NOON, NOON)
    assert [light(NOON, clock.yellow_at, NOON + n * SECOND) for n in (0, 1)] == [Light.YELLOW, Light.RED]


HOURS = 3600


@pytest.mark.parametrize(("at", "due", "plain", "working"), [
    ("2023-06-09T09:00", "2023-06-09T15:00", 6, 4),  # two of them are lunch
    ("2023-06-09T17:00", "2023-06-12T09:00", 64, 2),
    ("2023-06-12T09:00", "2023-06-09T17:00", -64, -2),  # overdue since Friday
    ("2023-06-09T18:00", "2023-06-12T08:00", 62, 0),
    ("2023-06-09T12:00", "2023-06-09T12:00", 0, 0),
    ("2026-12-31T17:00", "2027-01-01T00:00", 7, None),  # the days of 2027 are not known
    ("2027-01-04T09:00", "2026-12-31T17:00", -88, None),
    ("2031-05-05T09:00", "2031-05-05T10:00", 1, None),
])  # fmt: skip
def test_what_is_left_is_told_by_the_clock_and_in_working_time_where_that_is_known(
    at: str, due: str, plain: float, working: float | None
) -> None:
    begin, end = (datetime.fromisoformat(f"{one}+08:00") for one in (at, due))
    told = seconds_left(end, begin, USUAL)
    assert told == (plain * HOURS, None if working is None else working * HOURS)


def test_what_is_left_is_told_to_the_microsecond() -> None:
    begin = datetime.fromisoformat("2023-06-09T09:00:00.000001+08:00")
    assert seconds_left(begin + timedelta(microseconds=1), begin, USUAL) == (1e-6, 1e-6)


def test_where_no_deadline_runs_nothing_is_left_to_tell() -> None:
    assert seconds_left(None, NOON, USUAL) == (None, None)
