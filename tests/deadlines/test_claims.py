"""Whose hands a task is in, and whom that keeps from acting."""

from datetime import UTC, datetime, timedelta

import pytest

from casehub.deadlines.claims import Claim, claimed_by_another
from casehub.deadlines.stopwatch import Holder, Task

NOW = datetime(2024, 5, 6, 9, tzinfo=UTC)


def make_task(number: int, role: str, department: str | None = None, *, finished: bool = False) -> Task:
    return Task(
        number, "k", Holder(role, department), lead=True, limit=None, calendar=1, entered_at=NOW,
        budget_microseconds=None, used_microseconds=0, running_since=NOW, due_at=None, yellow_at=None, original_due_at=None,
        finished_at=NOW if finished else None,
    )  # fmt: skip


TASKS = [
    make_task(1, "dispatcher", finished=True), make_task(2, "dispatcher"), make_task(3, "department", "d1"),
    make_task(4, "department", "d2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "role", "department", "kept_off"),
    [
        (Claim(2, "p2", NOW + timedelta(seconds=1)), "dispatcher", None, True),
        (Claim(2, "p2", NOW), "dispatcher", None, False),  # it ended just now
        (Claim(2, "p1", NOW + timedelta(hours=1)), "dispatcher", None, False),  # one's own
        (Claim(1, "p2", NOW + timedelta(hours=1)), "dispatcher", None, False),  # of a task that is done
        (Claim(2, "p2", NOW + timedelta(hours=1)), "acceptor", None, False),  # another post's matter
        (Claim(3, "h1", NOW + timedelta(hours=1)), "department", "d1", True),
        (
            Claim(3, "h1", NOW + timedelta(hours=1)),
            "department",
            "d2",
            False,
        ),  # a co-department goes its own way
    ],
)
def test_a_claim_keeps_others_of_the_same_post_off(
    claim: Claim, role: str, department: str | None, kept_off: bool
) -> None:
    found = claimed_by_another(TASKS, [claim], role=role, department=department, by="p1", at=NOW)
    assert (found is claim) is kept_off
