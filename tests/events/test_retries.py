"""When a message is sent again."""

from datetime import UTC, datetime, timedelta

import pytest

from casehub.events.relay import LEASE, PATIENCE_SECONDS
from casehub.events.retries import ATTEMPTS, next_try

AT = datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (10, 2560), (13, 20_480), (14, 28_800), (21, 28_800)])  # fmt: skip
def test_each_pause_is_twice_as_long_as_the_one_before_up_to_eight_hours(attempts: int, seconds: int) -> None:
    assert next_try(attempts, AT, 0.5) == AT + timedelta(seconds=seconds)
    shortest, longest = next_try(attempts, AT, 0), next_try(attempts, AT, 1)
    assert shortest == AT + timedelta(seconds=seconds * 0.75)
    assert longest == AT + timedelta(seconds=seconds * 1.25)


def test_a_message_is_given_up_after_three_days() -> None:
    at = AT
    for attempt in range(1, ATTEMPTS):
        following = next_try(attempt, at, 0.5)
        assert following is not None
        at = following
    assert timedelta(days=3) < at - AT < timedelta(days=3, hours=12)
    assert next_try(ATTEMPTS, at, 0.5) is None


def test_a_lease_outlasts_the_patience_with_a_receiver() -> None:
    assert 2 * timedelta(seconds=PATIENCE_SECONDS) < LEASE
