"""When a clock speaks: half and yellow to people at their desks, red at once, each once."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deadlines.imagined import DAY, WEEKS, calendars, starts

from casehub.deadlines.calendar import USUAL, Calendar, Override, WorkDay
from casehub.deadlines.limits import parse_limit
from casehub.deadlines.stopwatch import (
    USUAL_CALENDARS,
    Calendars,
    Holder,
    Rung,
    Task,
    extend,
    finish,
    pause,
    recompute,
    resume,
    rungs,
    sleep,
    start,
    start_until,
    strike,
)

D1 = Holder("department", department="d1")
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def clock(limit: str | None, at: str, calendar: Calendar = USUAL) -> Task:
    return start(1, "handle", D1, parse_limit(limit) if limit else None, city(at), calendar)


def told(task: Task, calendar: Calendar = USUAL) -> list[tuple[str, datetime]]:
    """What is ahead of a clock; red comes just after the instant given."""
    return [
        (rung.name, rung.at - MOMENT if rung.name == "red" else rung.at) for rung in rungs(task, calendar)
    ]


def ahead(text: str) -> list[tuple[str, datetime]]:
    """`yellow 2023-06-09 10:48, red ...`"""
    pairs = (one.strip().partition(" ") for one in text.split(","))
    return [(name, city(at)) for name, _, at in pairs]


@pytest.mark.parametrize(("begun", "limit", "rings"), [
    # Yellow when 30 per cent are left; a short clock has no reminder at half.
    ("2023-06-05 08:00", "4 work_hour", "yellow 2023-06-05 10:48, red 2023-06-05 12:00"),
    ("2023-06-05 08:00", "15 work_hour", "yellow 2023-06-06 10:30, red 2023-06-06 17:00"),
    ("2023-06-05 08:00", "47 urgent_hour", "yellow 2023-06-06 16:54, red 2023-06-07 07:00"),
    # Half of two working days is at Monday's closing, and is said on Tuesday morning.
    ("2023-06-05 08:00", "2 work_day", "half 2023-06-06 08:00, yellow 2023-06-06 11:12, red 2023-06-06 18:00"),
    ("2023-06-05 08:00", "16 work_hour", "half 2023-06-06 08:00, yellow 2023-06-06 11:12, red 2023-06-06 18:00"),
    ("2023-06-05 09:00", "2 urgent_day", "half 2023-06-06 09:00, yellow 2023-06-07 08:00, red 2023-06-07 09:00"),
    # Saturday's and Sunday's reminders wait for Monday morning, red would not.
    ("2023-06-07 10:00", "6 natural_day", "half 2023-06-12 08:00, yellow 2023-06-12 08:00, red 2023-06-13 10:00"),
    ("2023-06-05 10:00", "6 natural_day", "half 2023-06-08 10:00, yellow 2023-06-09 14:48, red 2023-06-11 10:00"),
    # A reminder at lunch waits for 14:00, at 14:00 and at 11:59 it does not.
    ("2023-06-05 10:00", "10 urgent_hour", "yellow 2023-06-05 17:00, red 2023-06-05 20:00"),
    ("2023-06-05 05:00", "10 urgent_hour", "yellow 2023-06-05 14:00, red 2023-06-05 15:00"),
    ("2023-06-05 07:00", "10 urgent_hour", "yellow 2023-06-05 14:00, red 2023-06-05 17:00"),
    ("2023-06-05 04:59", "10 urgent_hour", "yellow 2023-06-05 11:59, red 2023-06-05 14:59"),
    # At night people sleep: what would come after the deadline is left out, what comes with it is not.
    ("2023-06-05 20:00", "2 urgent_hour", "red 2023-06-05 22:00"),
    ("2023-06-05 21:59", "10 urgent_hour", "red 2023-06-06 07:59"),
    ("2023-06-05 22:00", "10 urgent_hour", "yellow 2023-06-06 08:00, red 2023-06-06 08:00"),
    # Over the Dragon Boat days to the Sunday that is worked for them.
    ("2023-06-21 16:00", "4 natural_day", "half 2023-06-25 08:00, yellow 2023-06-25 08:00, red 2023-06-25 16:00"),
])  # fmt: skip
def test_a_clock_rings_when_half_is_left_when_it_turns_yellow_and_when_it_is_overdue(
    begun: str, limit: str, rings: str
) -> None:
    task = clock(limit, begun)
    assert told(task) == ahead(rings)
    assert task.next_alert_at == rungs(task, USUAL)[0].at


def test_yellow_lights_at_its_share_even_when_its_reminder_waits() -> None:
    task = clock("10 urgent_hour", "2023-06-05 05:30")
    assert task.yellow_at == city("2023-06-05 12:30")
    assert told(task)[0] == ("yellow", city("2023-06-05 14:00"))


@pytest.mark.parametrize(("share", "yellow", "rings"), [
    (0.1, "2023-06-06 16:24", "half 2023-06-06 08:00, yellow 2023-06-06 16:24, red 2023-06-06 18:00"),
    (0.5, "2023-06-05 18:00", "half 2023-06-06 08:00, yellow 2023-06-06 08:00, red 2023-06-06 18:00"),
    (0.75, "2023-06-05 12:00", "yellow 2023-06-05 14:00, half 2023-06-06 08:00, red 2023-06-06 18:00"),
    (1, "2023-06-05 08:00", "yellow 2023-06-05 08:00, half 2023-06-06 08:00, red 2023-06-06 18:00"),
])  # fmt: skip
def test_a_city_says_at_which_share_its_clocks_turn_yellow_before_half_if_it_likes(
    share: float, yellow: str, rings: str
) -> None:
    calendar = Calendar(yellow_share=share)
    task = clock("2 work_day", "2023-06-05 08:00", calendar)
    assert task.yellow_at == city(yellow)
    assert told(task, calendar) == ahead(rings)
    assert task.next_alert_at == rungs(task, calendar)[0].at


def test_work_days_that_end_with_the_day_ring_by_the_working_time_they_give() -> None:
    # From Wednesday 15:00 to Friday's closing there are 19 working hours.
    task = clock("2 work_day", "2023-06-07 15:00", Calendar(work_day=WorkDay.END_OF_DAY))
    rings = "half 2023-06-08 16:30, yellow 2023-06-09 10:18, red 2023-06-09 18:00"
    assert told(task, Calendar(work_day=WorkDay.END_OF_DAY)) == ahead(rings)


def test_a_deadline_of_another_system_that_has_passed_rings_at_once() -> None:
    at = city("2023-06-05 10:00")
    task = start_until(1, "handle", D1, at - HOUR, at, USUAL)
    after, due = strike(task, at, USUAL)
    assert {rung.name for rung in due} == {"yellow", "red"}
    assert after.next_alert_at is None


def test_who_has_no_limit_who_pauses_and_who_is_done_is_not_rung() -> None:
    running = clock("2 work_day", "2023-06-05 08:00")
    unlimited = clock(None, "2023-06-05 08:00")
    paused = pause(running, city("2023-06-05 10:00"), USUAL_CALENDARS, "dept_return")
    done = finish(running, city("2023-06-05 10:00"), "feedback")
    for task in (unlimited, paused, done):
        assert (task.next_alert_at, rungs(task, USUAL)) == (None, ())
        assert strike(task, city("2023-07-05 10:00"), USUAL) == (task, ())


def test_who_sleeps_wakes_at_an_instant_and_forgets_it_when_woken_or_finished() -> None:
    at, until = city("2023-06-05 10:00"), city("2023-07-05 10:00")
    for limit, rings in (("4 work_hour", city("2023-06-06 11:48")), (None, None)):
        asleep = pause(clock(limit, "2023-06-05 09:00"), at, USUAL_CALENDARS, "suspend")
        asleep = sleep(asleep, until)
        assert (asleep.wake_at, asleep.next_alert_at, asleep.due_at) == (until, until, None)
        assert rungs(asleep, USUAL) == ()
        woken = resume(asleep, at + DAY, USUAL_CALENDARS, "resume")
        assert (woken.wake_at, woken.next_alert_at) == (None, rings)
        ended = finish(asleep, at + DAY, "void")
        assert (ended.wake_at, ended.next_alert_at) == (None, None)


def test_each_rung_is_struck_once_and_the_next_one_is_waited_for() -> None:
    task = clock("2 work_day", "2023-06-05 08:00")
    half, yellow, red = rungs(task, USUAL)
    assert strike(task, half.at - MOMENT, USUAL) == (task, ())
    for rung, following in ((half, yellow.at), (yellow, red.at), (red, None)):
        task, due = strike(task, rung.at, USUAL)
        assert (due, task.next_alert_at) == ((rung,), following)
        assert strike(task, rung.at, USUAL) == (task, ())
    assert task.struck == ("half", "yellow", "red")


def test_the_deadline_itself_does_not_ring_red() -> None:
    task = clock("4 work_hour", "2023-06-05 08:00")
    task, _ = strike(task, city("2023-06-05 12:00"), USUAL)
    assert task.struck == ("yellow",)
    task, due = strike(task, city("2023-06-05 12:00") + MOMENT, USUAL)
    assert due == (Rung("red", city("2023-06-05 12:00") + MOMENT),)


def test_a_clock_that_nobody_looked_at_for_thirty_days_strikes_everything_at_once() -> None:
    task, due = strike(clock("2 work_day", "2023-06-05 08:00"), city("2023-07-05 08:00"), USUAL)
    assert [rung.name for rung in due] == ["half", "yellow", "red"]
    assert (task.struck, task.next_alert_at) == (("half", "yellow", "red"), None)


def test_a_pause_and_a_resume_do_not_strike_twice() -> None:
    task, due = strike(clock("2 work_day", "2023-06-05 08:00"), city("2023-06-06 11:12"), USUAL)
    assert [rung.name for rung in due] == ["half", "yellow"]
    task = pause(task, city("2023-06-06 12:00"), USUAL_CALENDARS, "dept_return")
    task = resume(task, city("2023-06-08 08:00"), USUAL_CALENDARS, "return_reject")
    assert told(task) == ahead("red 2023-06-08 12:00")
    assert task.next_alert_at == city("2023-06-08 12:00") + MOMENT


def test_a_pause_takes_the_alerts_along() -> None:
    task = pause(
        clock("2 work_day", "2023-06-05 08:00"), city("2023-06-05 12:00"), USUAL_CALENDARS, "dept_return"
    )
    task = resume(task, city("2023-06-12 08:00"), USUAL_CALENDARS, "return_reject")
    # Twelve hours were left: half of sixteen after four more, 4.8 after 7.2.
    assert told(task) == ahead("half 2023-06-12 14:00, yellow 2023-06-12 17:12, red 2023-06-13 12:00")


def test_an_extension_arms_the_alerts_anew() -> None:
    task, due = strike(clock("2 work_day", "2023-06-05 08:00"), city("2023-06-06 11:12"), USUAL)
    assert len(due) == 2
    more = extend(
        task, parse_limit("2 work_day"), city("2023-06-06 12:00"), USUAL_CALENDARS, "approve_extension"
    )
    # 32 hours from Monday 08:00: half after 16, yellow when 9.6 are left.
    assert more.struck == ()
    assert told(more) == ahead("half 2023-06-07 08:00, yellow 2023-06-07 16:24, red 2023-06-08 18:00")
    assert more.next_alert_at == city("2023-06-07 08:00")


def test_a_clock_that_is_counted_anew_rings_at_its_new_instants_what_it_has_not_rung() -> None:
    typhoon = Calendar(version=2, overrides=(Override(date(2023, 6, 6), False, "台风"),))
    both = Calendars(typhoon, {1: USUAL, 2: typhoon})
    task, _ = strike(clock("3 work_day", "2023-06-05 08:00"), city("2023-06-05 17:00"), USUAL)
    counted = recompute(task, city("2023-06-05 17:00"), both, "calendar_changed")
    # Half of 24 hours after 12, yellow when 7.2 are left.
    assert told(counted, typhoon) == ahead(
        "half 2023-06-07 14:00, yellow 2023-06-08 08:48, red 2023-06-08 18:00"
    )
    assert counted.next_alert_at == city("2023-06-07 14:00")


LIMITS = st.sampled_from(["1 work_hour", "2 work_day", "3 work_day", "5 urgent_hour", "3 natural_day"])
SPELLS = st.integers(0, 96).map(lambda hours: hours * HOUR) | st.integers(0, 4 * 86_400 * 10**6).map(
    lambda micro: micro * MOMENT
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whenever_one_looks_every_rung_is_struck_once_not_before_its_time_and_none_is_forgotten(
    data: st.DataObject,
) -> None:
    week = data.draw(WEEKS)
    calendar, limit = data.draw(calendars(week)), parse_limit(data.draw(LIMITS))
    begun = task = start(1, "handle", D1, limit, data.draw(starts(week)), calendar)
    now, heard = task.entered_at, list[tuple[Rung, datetime]]()
    for spell in data.draw(st.lists(SPELLS, max_size=12)):
        now += spell
        looked = task.next_alert_at is not None and task.next_alert_at <= now
        task, due = strike(task, now, calendar)
        assert bool(due) is looked, "who looks when the next alert is due always finds one"
        heard += [(rung, now) for rung in due]
    once, all_due = strike(begun, now, calendar)
    assert [rung for rung, _ in heard] == [*all_due]
    assert (task.struck, task.next_alert_at) == (once.struck, once.next_alert_at)
    assert all(rung.at <= at for rung, at in heard)
    assert len(set(task.struck)) == len(task.struck)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_next_alert_is_always_the_earliest_ahead_whatever_is_done(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    known = Calendars(data.draw(calendars(week)))
    task = start(1, "handle", D1, parse_limit(data.draw(LIMITS)), data.draw(starts(week)), known.current)
    now = task.entered_at
    doings = st.sampled_from(["strike", "strike", "pause", "resume", "resume", "extend", "recompute"])
    for spell, what in data.draw(st.lists(st.tuples(SPELLS, doings), max_size=10)):
        now += spell
        if what == "strike":
            task, _ = strike(task, now, known.current)
        elif what == "extend":
            task = extend(task, parse_limit("1 work_day"), now, known, "approve_extension")
        else:
            task = {"pause": pause, "resume": resume, "recompute": recompute}[what](task, now, known, what)
        there = rungs(task, known.current)
        assert task.next_alert_at == min((rung.at for rung in there), default=None)
        assert not {rung.name for rung in there} & {*task.struck}
        assert all(one.at <= other.at for one, other in pairwise(there))
        if task.running_since is None:
            assert there == ()
        elif "red" not in task.struck:
            assert there[-1].name == "red"
