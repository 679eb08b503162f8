"""Which tasks lie before whom, by their posts."""

import pytest

from casehub.people.actors import Actor, Post, Role
from casehub.queues.inboxes import Inbox, inboxes_of


@pytest.mark.parametrize(
    ("posts", "inboxes"),
    [
        ([Post(Role.DISPATCHER)], [Inbox(Role.DISPATCHER, "x")]),
        ([Post(Role.ACCEPTOR, area="east")], [Inbox(Role.ACCEPTOR, "x", area="east")]),
        # The dispatcher of a secondary platform works what its units have.
        ([Post(Role.DISPATCHER, department="d1")], [Inbox(Role.DISPATCHER, "x", below="d1")]),
        ([Post(Role.DEPARTMENT, department="d1")], [Inbox(Role.DEPARTMENT, "x", department="d1")]),
        ([Post(Role.COLLECTOR, area="east1")], [Inbox(Role.COLLECTOR, "x", held_by_me=True)]),
        ([Post(Role.HANDLER, department="d1")], [Inbox(Role.DEPARTMENT, "x", held_by_me=True)]),
        # One and the same inbox is looked into once.
        ([Post(Role.COLLECTOR, "east1"), Post(Role.COLLECTOR, "west")], [Inbox(Role.COLLECTOR, "x", held_by_me=True)]),
        ([Post(Role.EVALUATOR), Post(Role.ADMINISTRATOR), Post(Role.SECURITY), Post(Role.AUDITOR)], []),
        # Without a department there is none to act for.
        ([Post(Role.DEPARTMENT)], []),
        ([], []),
    ],
)  # fmt: skip
def test_each_post_that_does_something_has_its_inbox(posts: list[Post], inboxes: list[Inbox]) -> None:
    assert inboxes_of(Actor("k", tuple(posts), "x")) == inboxes
