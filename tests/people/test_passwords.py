"""Which passwords will do, and after how many wrong ones somebody is locked out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.people.passwords import Attempt, Patience, Standing, faults, judge

AT = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
PATIENCE = Patience(attempts=3, lock=timedelta(minutes=15))
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("before", "right", "attempt", "after"), [
    (None, True, Attempt.NOBODY, Standing()),
    (None, False, Attempt.NOBODY, Standing()),
    (Standing(), True, Attempt.RIGHT, Standing()),
    (Standing(2), True, Attempt.RIGHT, Standing()),  # a right one forgives the wrong ones before
    (Standing(), False, Attempt.WRONG, Standing(1)),
    (Standing(2), False, Attempt.WRONG, Standing(0, AT + PATIENCE.lock)),
    (Standing(0, AT + MINUTE), True, Attempt.LOCKED, Standing(0, AT + MINUTE)),  # a lock minds no right one
    (Standing(0, AT + MINUTE), False, Attempt.LOCKED, Standing(0, AT + MINUTE)),  # and is not made longer
    (Standing(0, AT), True, Attempt.RIGHT, Standing()),  # its end is not in it
    (Standing(0, AT), False, Attempt.WRONG, Standing(1)),  # after it, all attempts anew
])  # fmt: skip
def test_wrong_passwords_in_a_row_lock_somebody_out_for_a_while(
    before: Standing | None, right: bool, attempt: Attempt, after: Standing
) -> None:
    assert judge(before, AT, PATIENCE, right=right) == (attempt, after)


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60))
def test_however_somebody_guesses_they_get_so_many_tries_and_no_more(guesses: list[tuple[int, bool]]) -> None:
    """Within any span as long as the lock, no more wrong passwords are compared than the city allows for two locks."""
    standing, at, compared = Standing(), AT, list[datetime]()
    for minutes, right in guesses:
        at += minutes * MINUTE
        attempt, standing = judge(standing, at, PATIENCE, right=right)
        if attempt is Attempt.WRONG:
            compared.append(at)
        elif attempt is Attempt.RIGHT:
            compared.clear()
    for first in compared:
        near = [one for one in compared if first <= one < first + PATIENCE.lock]
        assert len(near) <= 2 * PATIENCE.attempts - 1


@pytest.mark.parametrize(("new", "rules"), [
    ("correct horse battery", []), ("十二个字符的密码才够用好", []), ("short", ["length"]), ("x" * 201, ["length"]),
    ("the-old-password", ["other_than_old"]), ("mine is C1-and-more", ["without_number"]), ("c1", ["length", "without_number"]),
])  # fmt: skip
def test_a_password_is_long_new_and_not_ones_own_number(new: str, rules: list[str]) -> None:
    assert [one.rule for one in faults(new, "the-old-password", "c1")] == rules
