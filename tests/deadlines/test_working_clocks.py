"""Clocks that run by the working calendar, next to an oracle that walks minute by minute and knows nothing of deadlines."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deadlines.imagined import DAY, MINUTE, SHANGHAI, WEEKS, calendars, is_worked, starts

from casehub.deadlines.calendar import USUAL, Calendar, Hours, Override, Slot, WorkDay
from casehub.deadlines.limits import parse_limit
from casehub.deadlines.problems import CalendarEnds
from casehub.deadlines.stopwatch import (
    USUAL_CALENDARS,
    Calendars,
    Entry,
    Holder,
    Task,
    extend,
    finish,
    left,
    pause,
    recompute,
    resume,
    start,
    start_until,
)

D1 = Holder("department", department="d1")
HOUR, MOMENT, NOTHING = timedelta(hours=1), timedelta(microseconds=1), timedelta(0)
LENGTHS = {
    "work_hour": HOUR,
    "work_day": 8 * HOUR,
    "urgent_minute": MINUTE,
    "urgent_hour": HOUR,
    "natural_day": DAY,
}


def city(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def clock(limit: str, at: datetime, calendar: Calendar = USUAL) -> Task:
    return start(1, "handle", D1, parse_limit(limit), at, calendar)


def length(limit: str) -> timedelta:
    amount, unit = limit.split()
    return int(amount) * LENGTHS[unit]


@dataclass
class Walker:
    """Walks through time minute by minute: did the hand move, and if it counts working time, was the city at work?"""

    calendar: Calendar
    limit: str
    now: datetime
    granted: timedelta = NOTHING
    used: timedelta = NOTHING
    moving: bool = True
    open_minutes: dict[date, list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.granted = length(self.limit)
        self.since, self.used_before = self.now, NOTHING
        self.original = self.runs_out()

    def minutes(self, day: date) -> list[datetime]:
        """The minutes of a day that are counted, by their beginnings."""
        if day not in self.open_minutes:
            worked = [minute for minute in range(1440) if self.counts(day, minute)]
            begin = datetime.combine(day, time(), SHANGHAI)
            self.open_minutes[day] = [begin + minute * MINUTE for minute in worked]
        return self.open_minutes[day]

    def counts(self, day: date, minute: int) -> bool:
        if not self.limit.split()[1].startswith("work_"):
            return True
        (hours,) = (h for h in self.calendar.hours if h.valid_from <= day <= (h.valid_to or date.max))
        at_work = any(slot.opens <= minute < slot.closes for slot in hours.slots)
        return at_work and is_worked(self.calendar, day)

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """What is counted from one instant to a later one."""
        total, day = NOTHING, begin.astimezone(SHANGHAI).date()
        while day <= end.astimezone(SHANGHAI).date():
            for minute in self.minutes(day):
                if minute + MINUTE > begin and minute < end:
                    total += min(minute + MINUTE, end) - max(minute, begin)
            day += DAY
        return total

    def runs_out(self) -> datetime | None:
        """The first instant when all is used, from when the hand last began to move; None when all was used before."""
        rest, day = self.granted - self.used_before, self.since.astimezone(SHANGHAI).date()
        while rest > NOTHING:
            for minute in self.minutes(day):
                begin = max(minute, self.since)
                if minute + MINUTE - begin >= rest:
                    return begin + rest
                rest -= max(minute + MINUTE - begin, NOTHING)
            day += DAY
        return None

    def pass_to(self, at: datetime) -> None:
        self.used += self.between(self.now, at) if self.moving else NOTHING
        self.now = at

    def resume(self) -> None:
        if not self.moving:
            self.moving, self.since, self.used_before = True, self.now, self.used


def do(task: Task, at: datetime, calendars: Calendars, what: str, more: str) -> Task:
    if what == "pause":
        return pause(task, at, calendars, "dept_return")
    if what == "resume":
        return resume(task, at, calendars, "return_reject")
    if what == "extend":
        return extend(task, parse_limit(more), at, calendars, "approve_extension")
    return recompute(task, at, calendars, "calendar_changed")


def tell(walker: Walker, what: str, more: str) -> None:
    """The walker is told what was done."""
    if what == "pause":
        if (
            walker.moving
            and walker.used == walker.granted
            and walker.now > (walker.runs_out() or walker.since)
        ):
            walker.used += MOMENT  # overdue while the city is closed: it stays overdue
        walker.moving = False
    elif what == "resume":
        walker.resume()
    elif what == "extend":
        walker.granted += length(more)


def agree(task: Task, walker: Walker, calendars: Calendars) -> None:
    """The clock shows what the walker counted."""
    rest = walker.granted - walker.used
    assert left(task, walker.now, calendars) == rest
    assert task.original_due_at == walker.original
    assert (task.due_at is not None) is walker.moving
    if task.due_at is None:
        return
    if (due := walker.runs_out()) is not None:
        assert task.due_at == due
    else:
        assert walker.between(task.due_at, walker.since) == walker.used_before - walker.granted
    if rest:
        assert (walker.now > task.due_at) is (rest < NOTHING)
    else:
        assert walker.between(min(task.due_at, walker.now), max(task.due_at, walker.now)) == NOTHING


SPELLS = st.integers(0, 72).map(lambda hours: hours * HOUR) | st.integers(0, 3 * 86_400 * 10**6).map(
    lambda micro: micro * MOMENT
)
DOINGS = st.sampled_from(["pause", "resume", "pause", "resume", "extend", "recompute"])
WORKING = ["1 work_hour", "4 work_hour", "1 work_day", "2 work_day"]
PLAIN = ["30 urgent_minute", "5 urgent_hour", "2 natural_day"]


@pytest.mark.parametrize("limits", [WORKING, PLAIN], ids=["working", "plain"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_is_done_at_whatever_instants_is_what_one_who_walks_minute_by_minute_counts(
    limits: list[str], data: st.DataObject
) -> None:
    week = data.draw(WEEKS)
    calendars_now = Calendars(data.draw(calendars(week)))
    at, limit = data.draw(starts(week)), data.draw(st.sampled_from(limits))
    task, walker = clock(limit, at, calendars_now.current), Walker(calendars_now.current, limit, at)
    assert task.due_at == task.original_due_at == walker.original
    for spell, what in data.draw(st.lists(st.tuples(SPELLS, DOINGS), max_size=6)):
        walker.pass_to(walker.now + spell)
        agree(task, walker, calendars_now)
        more = data.draw(st.sampled_from(limits))
        task = do(task, walker.now, calendars_now, what, more)
        tell(walker, what, more)
        agree(task, walker, calendars_now)
    walker.pass_to(walker.now + data.draw(SPELLS))
    done, rest = finish(task, walker.now, "feedback"), walker.granted - walker.used
    if rest or not walker.moving:
        assert done.late is (rest < NOTHING)
    assert done.late_originally is (walker.now > walker.original)
    assert left(done, walker.now + 9 * DAY, calendars_now) == rest


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_pausing_and_resuming_at_any_instants_leaves_the_total_of_working_time_unchanged(
    data: st.DataObject,
) -> None:
    week = data.draw(WEEKS)
    calendar = data.draw(calendars(week))
    task = clock(data.draw(st.sampled_from(WORKING)), data.draw(starts(week)), calendar)
    walker = Walker(calendar, str(task.limit), task.entered_at)
    total, now = NOTHING, task.entered_at
    for stop, pausing in data.draw(st.lists(st.tuples(SPELLS, SPELLS), max_size=6)):
        assert task.due_at is not None
        until = min(now + stop, task.due_at)
        total += walker.between(now, until)
        task = pause(task, until, Calendars(calendar), "dept_return")
        now = until + pausing
        task = resume(task, now, Calendars(calendar), "return_reject")
    assert task.due_at is not None
    assert total + walker.between(now, task.due_at) == length(str(task.limit))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_pause_that_ends_when_it_begins_moves_no_deadline(data: st.DataObject) -> None:
    week = data.draw(WEEKS)
    calendar = data.draw(calendars(week))
    begun = task = clock(data.draw(st.sampled_from(WORKING + PLAIN)), data.draw(starts(week)), calendar)
    for spell in data.draw(st.lists(SPELLS, max_size=5)):
        at = (task.running_since or task.entered_at) + spell
        if begun.due_at is None or at >= begun.due_at:
            break
        paused = pause(task, at, Calendars(calendar), "dept_return")
        task = resume(paused, at, Calendars(calendar), "return_reject")
        assert (task.due_at, task.yellow_at) == (begun.due_at, begun.yellow_at)


@pytest.mark.parametrize(("begun", "paused", "resumed", "due"), [
    # Four hours from Monday 09:00, before lunch, in it, at night, over a weekend and over a holiday.
    ("2023-06-05 09:00", "2023-06-05 10:00", "2023-06-05 15:00", "2023-06-05 18:00"),
    ("2023-06-05 09:00", "2023-06-05 13:00", "2023-06-05 16:00", "2023-06-05 17:00"),
    ("2023-06-05 09:00", "2023-06-05 11:00", "2023-06-05 23:00", "2023-06-06 10:00"),
    ("2023-06-09 16:00", "2023-06-09 17:30", "2023-06-11 12:00", "2023-06-12 10:30"),
    ("2023-06-21 16:00", "2023-06-21 17:00", "2023-06-23 09:00", "2023-06-25 11:00"),
])  # fmt: skip
def test_a_pause_gives_back_the_working_time_that_was_left(
    begun: str, paused: str, resumed: str, due: str
) -> None:
    task = pause(clock("4 work_hour", city(begun)), city(paused), USUAL_CALENDARS, "dept_return")
    assert resume(task, city(resumed), USUAL_CALENDARS, "return_reject").due_at == city(due)


def test_in_summer_a_pause_gives_back_summer_hours() -> None:
    usual, summer = (Slot(480, 720), Slot(840, 1080)), (Slot(480, 720), Slot(900, 1140))
    calendar = Calendar(
        hours=(Hours(date(1900, 1, 1), date(2024, 6, 30), usual), Hours(date(2024, 7, 1), None, summer))
    )
    # Friday 17:00; an hour is left of three on Monday, when the afternoon begins at 15:00.
    task = clock("3 work_hour", city("2024-06-28 17:00"), calendar)
    assert task.due_at == city("2024-07-01 10:00")
    paused = pause(task, city("2024-07-01 09:00"), Calendars(calendar), "dept_return")
    resumed = resume(paused, city("2024-07-01 14:30"), Calendars(calendar), "return_reject")
    assert resumed.due_at == city("2024-07-01 16:00")


def test_work_days_that_end_with_the_day_are_extended_by_closings() -> None:
    calendar = Calendar(work_day=WorkDay.END_OF_DAY)
    task = clock("2 work_day", city("2023-06-07 15:00"), calendar)
    assert task.due_at == city("2023-06-09 18:00")
    assert left(task, city("2023-06-08 08:00"), Calendars(calendar)) == 16 * HOUR
    more = extend(
        task, parse_limit("1 work_day"), city("2023-06-08 08:00"), Calendars(calendar), "approve_extension"
    )
    assert (more.due_at, more.original_due_at) == (city("2023-06-12 18:00"), city("2023-06-09 18:00"))
    paused = pause(more, city("2023-06-12 16:00"), Calendars(calendar), "dept_return")
    resumed = resume(paused, city("2023-06-13 08:00"), Calendars(calendar), "return_reject")
    assert resumed.due_at == city("2023-06-13 10:00")


def test_a_plain_clock_that_is_extended_by_working_hours_is_given_the_nights_between() -> None:
    task = clock("2 urgent_hour", city("2023-06-09 15:00"))
    more = extend(task, parse_limit("2 work_hour"), city("2023-06-09 16:00"), USUAL_CALENDARS, "x")
    assert more.due_at == city("2023-06-12 09:00")
    assert left(more, city("2023-06-11 09:00"), USUAL_CALENDARS) == 24 * HOUR


def test_natural_days_end_at_the_same_time_of_the_clock_and_are_extended_so() -> None:
    """In New York the night of 10 March 2024 has one hour less."""
    calendar = Calendar(zone="America/New_York")
    task = clock("1 natural_day", city("2024-03-08 12:00", calendar.zone), calendar)
    more = extend(task, parse_limit("1 natural_day"), task.entered_at, Calendars(calendar), "x")
    assert more.due_at == city("2024-03-10 12:00", calendar.zone)
    assert left(more, task.entered_at, Calendars(calendar)) == 47 * HOUR


def test_the_ledger_tells_when_why_and_for_what_reason() -> None:
    at = [city(f"2023-06-05 {hour:02}:00") for hour in range(9, 13)]
    task = pause(clock("4 work_hour", at[0]), at[1], USUAL_CALENDARS, "dept_return", "不属我局")
    task = resume(task, at[2], USUAL_CALENDARS, "return_reject")
    task = extend(task, parse_limit("2 work_hour"), at[3], USUAL_CALENDARS, "approve_extension", "雨")
    assert task.ledger == (
        Entry(at[1], "paused", "dept_return", "不属我局", calendar=1), Entry(at[2], "resumed", "return_reject"),
        Entry(at[3], "extended", "approve_extension", "雨", "2 work_hour", 1),
    )  # fmt: skip
    assert task.extensions == 1
    assert finish(task, at[3], "feedback").ledger == task.ledger


#: A city that learns on Monday 5 June 2023 that it does not work on Tuesday.
BEFORE = Calendar()
SINCE = replace(BEFORE, version=2, overrides=(Override(date(2023, 6, 6), False, "台风"),))
BOTH = Calendars(SINCE, {1: BEFORE, 2: SINCE})


def test_a_changed_calendar_does_not_move_a_deadline_that_was_given() -> None:
    task = clock("8 work_hour", city("2023-06-05 14:00"))
    assert (task.calendar, task.due_at) == (1, city("2023-06-06 12:00"))
    assert left(task, city("2023-06-06 11:00"), BOTH) == HOUR, "Tuesday was worked when it was given"
    assert finish(task, city("2023-06-06 12:00"), "feedback").late is False
    assert finish(task, city("2023-06-06 12:00") + MOMENT, "feedback").late is True


def test_a_pause_after_the_change_counts_by_the_version_it_was_given_with_and_goes_on_by_the_new_one() -> (
    None
):
    paused = pause(clock("8 work_hour", city("2023-06-05 14:00")), city("2023-06-06 09:00"), BOTH, "x")
    assert (paused.calendar, left(paused, city("2023-06-06 09:00"), BOTH)) == (1, 3 * HOUR)
    resumed = resume(paused, city("2023-06-06 10:00"), BOTH, "x")
    assert (resumed.calendar, resumed.due_at) == (2, city("2023-06-07 11:00"))
    assert left(resumed, city("2023-06-07 09:00"), BOTH) == 2 * HOUR


def test_a_clock_is_counted_anew_from_now_on_and_keeps_what_ran_before() -> None:
    task = clock("8 work_hour", city("2023-06-05 14:00"))
    counted = recompute(task, city("2023-06-05 17:00"), BOTH, "calendar_changed")
    assert (counted.due_at, counted.original_due_at) == (city("2023-06-07 12:00"), task.due_at)
    assert (counted.calendar, counted.ledger[-1].what, counted.ledger[-1].why) == (
        2,
        "recomputed",
        "calendar_changed",
    )
    assert left(counted, city("2023-06-07 11:00"), BOTH) == HOUR
    # 30 per cent of eight hours are 2 h 24: yellow on Wednesday at 09:36.
    assert counted.yellow_at == city("2023-06-07 09:36")
    assert recompute(counted, city("2023-06-05 17:30"), BOTH, "calendar_changed") == counted


@pytest.mark.parametrize("at", ["2023-06-06 12:30", "2023-06-06 15:00", "2023-06-07 09:00"])
def test_what_is_overdue_is_not_counted_anew(at: str) -> None:
    task = clock("8 work_hour", city("2023-06-05 14:00"))
    assert recompute(task, city(at), BOTH, "calendar_changed") == task
    same = clock("4 work_hour", city("2023-06-05 14:00"))
    assert recompute(same, city("2023-06-05 20:00"), USUAL_CALENDARS, "x") == same, "due at closing, and late"


def test_a_paused_clock_and_one_without_a_limit_are_not_counted_anew() -> None:
    paused = pause(clock("8 work_hour", city("2023-06-05 14:00")), city("2023-06-05 15:00"), BOTH, "x")
    unlimited = start(1, "handle", D1, None, city("2023-06-05 14:00"), BEFORE)
    foreign = start_until(1, "handle", D1, city("2023-06-07 09:00"), city("2023-06-05 14:00"), BEFORE)
    urgent = clock("2 urgent_day", city("2023-06-05 14:00"))
    for task in (paused, unlimited, foreign, urgent):
        assert recompute(task, city("2023-06-05 16:00"), BOTH, "calendar_changed") == task


def test_an_extension_after_the_change_adds_to_the_given_deadline_and_is_counted_by_the_new_calendar() -> (
    None
):
    task = clock("8 work_hour", city("2023-06-05 14:00"))
    more = extend(task, parse_limit("4 work_hour"), city("2023-06-05 16:00"), BOTH, "approve_extension")
    # From Tuesday 12:00, and Tuesday is not worked any more.
    assert more.due_at == city("2023-06-07 12:00")
    assert left(more, city("2023-06-07 12:00"), BOTH) == NOTHING
    paused = pause(more, city("2023-06-07 10:00"), BOTH, "dept_return")
    resumed = resume(paused, city("2023-06-07 15:00"), BOTH, "return_reject")
    assert resumed.due_at == city("2023-06-07 17:00"), "two hours were left"


CHANGES = st.sampled_from(["pause", "resume", "extend", "recompute", "change", "change"])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_clock_has_nothing_left_at_its_deadline_however_often_the_calendar_changes(
    data: st.DataObject,
) -> None:
    week, limits = data.draw(WEEKS), st.sampled_from(WORKING)
    now, known = data.draw(starts(week)), [data.draw(calendars(week))]
    task = clock(data.draw(limits), now, known[0])
    original = task.due_at
    for spell, what in data.draw(st.lists(st.tuples(SPELLS, CHANGES), max_size=8)):
        now += spell
        before, versions = task, Calendars(known[-1], {one.version: one for one in known})
        if what == "change":
            known.append(replace(data.draw(calendars(week)), version=len(known) + 1))
        elif task.due_at is None or now < task.due_at:
            task = do(task, now, versions, what, data.draw(limits))
        versions = Calendars(known[-1], {one.version: one for one in known})
        assert task.original_due_at == original
        assert what != "change" or task == before
        if task.due_at is not None and task.yellow_at is not None:
            assert left(task, task.due_at, versions) == NOTHING
            assert task.yellow_at <= task.due_at
        elif before.due_at is None and what != "extend":
            assert left(task, now, versions) == left(before, now, versions)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_task_without_a_limit_is_neither_late_nor_on_time_whatever_is_done(data: st.DataObject) -> None:
    now = data.draw(starts(date(2023, 6, 9)))
    task = start(1, "send_check", D1, None, now, USUAL)
    for spell, what in data.draw(st.lists(st.tuples(SPELLS, DOINGS), max_size=6)):
        now += spell
        task = do(task, now, USUAL_CALENDARS, what, "4 work_hour")
        assert left(task, now, USUAL_CALENDARS) is None
        assert (task.due_at, task.yellow_at, task.next_alert_at) == (None, None, None)
    done = finish(task, now + 99 * DAY, "send_check")
    assert (done.budget_microseconds, done.late, done.late_originally) == (None, False, False)


def test_a_clock_that_reaches_a_year_without_holidays_says_so_and_is_not_begun() -> None:
    with pytest.raises(CalendarEnds, match="2027"):
        clock("4 work_hour", city("2026-12-31 16:00"))
    paused = pause(
        clock("4 work_hour", city("2026-12-31 09:00")), city("2026-12-31 10:00"), USUAL_CALENDARS, "x"
    )
    with pytest.raises(CalendarEnds, match="2027"):
        resume(paused, city("2026-12-31 17:00"), USUAL_CALENDARS, "x")
    assert clock("4 urgent_hour", city("2026-12-31 22:00")).due_at == city("2027-01-01 02:00")
