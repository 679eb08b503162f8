"""What is shown of who reported, and to whom."""

import pytest
from tests.cases.imagined import make_case

from casehub.cases.callers import caller_duty_of, masked
from casehub.people.actors import Actor, Post, Role


@pytest.mark.parametrize(("name", "telephone", "address", "shown"), [
    ("张三", "13812341234", "长安街1号3单元", ("张*", "138****1234", "长安街****")),
    ("欧阳修文", "010-65001234", "长安街", ("欧*", "010****1234", "****")),
    ("O", "110", "", ("O*", "****", "")),
    (None, None, None, (None, None, None)),
])  # fmt: skip
def test_a_mask_shows_that_it_is_the_same_person_and_no_more(
    name: str | None, telephone: str | None, address: str | None, shown: tuple[str | None, ...]
) -> None:
    said = {"name": name, "telephone": telephone, "address": address}
    assert tuple(masked(said, secret=False).values()) == shown
    assert set(masked(said, secret=True).values()) == {None}
    assert set(masked(None, secret=False).values()) == {None}


@pytest.mark.parametrize(("roles", "duty"), [
    ({Role.ACCEPTOR}, Role.ACCEPTOR), ({Role.SHIFT_LEADER, Role.EVALUATOR}, Role.SHIFT_LEADER),
    ({Role.ACCEPTOR, Role.SHIFT_LEADER}, Role.ACCEPTOR), (set(), None),
    *(({role}, None) for role in Role if role not in {Role.ACCEPTOR, Role.SHIFT_LEADER}),
    ({Role.ACCEPTOR, Role.DEPARTMENT}, None),  # never the department complained of, whatever else its people are
])  # fmt: skip
def test_who_answers_the_caller_may_know_them(roles: set[Role], duty: Role | None) -> None:
    actor = Actor("k", tuple(Post(role) for role in sorted(roles)), "c1")
    assert caller_duty_of(actor, make_case()) is duty


def test_who_works_on_the_case_is_not_told_who_complained() -> None:
    actor = Actor("k", (Post(Role.ACCEPTOR), Post(Role.HANDLER)), "w1")
    assert caller_duty_of(actor, make_case().changed(assignee_no="w1")) is None
    assert caller_duty_of(actor, make_case().changed(assignee_no="w2")) is Role.ACCEPTOR
