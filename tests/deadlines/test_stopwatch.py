"""The stopwatch, next to an oracle that counts second by second and knows nothing of deadlines."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.deadlines import stopwatch
from casehub.deadlines.calendar import USUAL
from casehub.deadlines.limits import parse_limit
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Exemption, Holder, Task, finish, start, start_until

#: A holiday, in the evening of the city: urgent clocks mind neither.
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
D1 = Holder("department", department="d1")


def after(**said: float) -> datetime:
    return NOON + timedelta(**said)


def clock(limit: str | None = "4 urgent_hour") -> Task:
    return start(1, "handle", D1, parse_limit(limit) if limit else None, NOON, USUAL)


def pause(task: Task, at: datetime) -> Task:
    return stopwatch.pause(task, at, USUAL_CALENDARS, "dept_return")


def resume(task: Task, at: datetime) -> Task:
    return stopwatch.resume(task, at, USUAL_CALENDARS, "return_reject")


def extend(task: Task, limit: str, at: datetime = NOON) -> Task:
    return stopwatch.extend(task, parse_limit(limit), at, USUAL_CALENDARS, "approve_extension")


def left(task: Task, at: datetime) -> timedelta | None:
    return stopwatch.left(task, at, USUAL_CALENDARS)


def test_a_clock_begins_with_its_whole_limit() -> None:
    task = clock()
    assert (task.due_at, task.original_due_at, task.limit, task.open, task.late) == (
        after(hours=4), after(hours=4), "4 urgent_hour", True, False,
    )  # fmt: skip
    assert left(task, NOON) == timedelta(hours=4)


def test_a_pause_gives_back_what_was_left() -> None:
    paused = pause(clock(), after(hours=1))
    assert (paused.due_at, paused.running_since, paused.used_microseconds) == (None, None, 3_600_000_000)
    assert resume(paused, after(days=10)).due_at == after(days=10, hours=3)


def test_a_clock_paused_after_its_deadline_comes_back_overdue() -> None:
    paused = pause(clock(), after(hours=5))
    assert left(paused, after(days=9)) == timedelta(hours=-1)
    resumed = resume(paused, after(days=10))
    assert resumed.due_at == after(days=10, hours=-1)
    assert finish(resumed, after(days=10), "feedback").late


@pytest.mark.parametrize(("hours", "late"), [(3.9, False), (4, False), (4 + 1e-6, True), (5, True)])
def test_on_time_is_up_to_the_deadline_itself(hours: float, late: bool) -> None:
    done = finish(clock(), after(hours=hours), "feedback")
    assert (done.late, done.late_originally) == (late, late)


def test_an_extension_counts_from_the_current_deadline_and_the_original_one_stays() -> None:
    extended = extend(extend(clock(), "2 urgent_hour"), "1 urgent_day")
    assert (extended.due_at, extended.original_due_at) == (after(hours=30), after(hours=4))
    done = finish(extended, after(hours=29), "feedback")
    assert (done.late, done.late_originally, done.extensions) == (False, True, 2)


def test_an_extension_of_a_paused_clock_is_there_when_it_goes_on() -> None:
    paused = extend(pause(clock(), after(hours=1)), "2 urgent_hour", after(hours=2))
    assert paused.due_at is None
    assert resume(paused, after(hours=9)).due_at == after(hours=14)


def test_a_paused_clock_that_is_finished_tells_its_lateness() -> None:
    on_time = finish(pause(clock(), after(hours=3)), after(days=30), "void")
    late = finish(pause(clock(), after(hours=5)), after(days=30), "void")
    assert (on_time.late, late.late) == (False, True)
    assert on_time.due_at == after(days=30, hours=1)


def test_a_clock_without_a_limit_is_neither_late_nor_on_time() -> None:
    task = resume(pause(clock(None), after(hours=1)), after(hours=2))
    task = extend(task, "1 work_hour")
    assert (task.due_at, task.budget_microseconds, left(task, NOON)) == (None, None, None)
    done = finish(task, after(days=900), "send_check")
    assert (done.late, done.late_originally) == (False, False)


def test_pausing_twice_and_resuming_twice_change_nothing() -> None:
    paused = pause(clock(), after(hours=1))
    assert pause(paused, after(hours=2)) == paused
    running = resume(paused, after(hours=3))
    assert resume(running, after(hours=4)) == running


def test_a_deadline_of_another_system_may_lie_in_the_past() -> None:
    task = start_until(1, "handle", D1, after(hours=-1), NOON, USUAL)
    assert (task.due_at, task.original_due_at, task.limit) == (after(hours=-1), after(hours=-1), None)
    assert finish(task, NOON, "conclude").late


def test_what_was_left_of_an_earlier_task_may_be_granted_anew() -> None:
    task = start(2, "handle", D1, parse_limit("4 urgent_hour"), NOON, USUAL, remaining=timedelta(hours=1))
    assert (task.due_at, task.original_due_at, task.limit) == (
        after(hours=1),
        after(hours=1),
        "4 urgent_hour",
    )


def test_what_was_left_of_a_deadline_that_another_system_gave_runs_plainly() -> None:
    first = finish(start_until(1, "handle", D1, after(days=3), NOON, USUAL), after(days=1), "feedback")
    again = start(2, "handle", D1, None, after(days=2), USUAL, remaining=left(first, NOON))
    assert (again.due_at, again.limit) == (after(days=4), None)
    assert finish(again, after(days=4, seconds=1), "feedback").late


@dataclass
class Oracle:
    """Counts every second: was the hand moving? Knows what was granted, and when that ran out."""

    granted: int
    now: int = 0
    moving: bool = True
    used: int = 0

    def tick(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.used += self.moving

    @property
    def overdue(self) -> bool:
        return self.used > self.granted


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "extend", "wait"]), st.integers(0, 240), st.integers(1, 3)
    ),
    max_size=15,
)  # fmt: skip


def _step(task: Task, oracle: Oracle, what: str, minutes: int) -> Task:
    at = NOON + timedelta(seconds=oracle.now)
    if what == "pause":
        oracle.moving = False
        return pause(task, at)
    if what == "resume":
        oracle.moving = True
        return resume(task, at)
    if what == "extend":
        oracle.granted += 60 * minutes
        return extend(task, f"{minutes} urgent_minute", at)
    return task


@given(limit=st.integers(1, 5), steps=STEPS, rest=st.integers(0, 400))
def test_pauses_and_extensions_in_any_order_are_what_a_second_hand_counts(
    limit: int, steps: list[tuple[str, int, int]], rest: int
) -> None:
    task = clock(f"{limit} urgent_minute")
    original = task.original_due_at
    oracle = Oracle(60 * limit)
    for what, seconds, minutes in steps:
        oracle.tick(seconds)
        task = _step(task, oracle, what, minutes)
        at = NOON + timedelta(seconds=oracle.now)
        assert task.original_due_at == original
        assert left(task, at) == timedelta(seconds=oracle.granted - oracle.used)
        assert (task.due_at is not None) is oracle.moving
        assert task.due_at is None or (at > task.due_at) is oracle.overdue
    oracle.tick(rest)
    at = NOON + timedelta(seconds=oracle.now)
    done = finish(task, at, "feedback")
    assert done.late is oracle.overdue
    assert left(done, at + timedelta(days=1)) == timedelta(seconds=oracle.granted - oracle.used)
    assert (done.original_due_at, done.entered_at, done.finished_at) == (original, NOON, at)
    exempt = replace(done, exemption=Exemption("a1", at, "granted"))
    assert (exempt.late, exempt.due_at, exempt.finished_at) == (done.late, done.due_at, done.finished_at)


@given(steps=st.lists(st.integers(1, 10**7), min_size=1, max_size=20))
def test_short_pauses_do_not_eat_time(steps: list[int]) -> None:
    """Instants have microseconds, and so has what ran off."""
    task, at, ran = clock("1 natural_day"), NOON, timedelta(0)
    for microseconds in steps:
        spell = timedelta(microseconds=microseconds)
        at, ran = at + spell, ran + spell
        task = resume(pause(task, at), at)
    assert left(task, at) == timedelta(days=1) - ran
    assert task.due_at == after(days=1)
