"""Which tasks lie before somebody: one inbox for each post that does something."""

from dataclasses import dataclass

from casehub.errors import Refusal
from casehub.people.actors import Actor, Post, Role


@dataclass(frozen=True, slots=True)
class Inbox:
    """Tasks held by `role`, in a part of the city.

    With `held_by_me`, what `person` holds; else the tasks of `department`, or, where that is None, those of the role's
    pool that nobody else holds. `area` and `below` (a department) narrow it to cases that lie there.
    """

    role: Role
    person: str | None = None
    held_by_me: bool = False
    department: str | None = None
    area: str | None = None
    below: str | None = None


#: Why a queue has nothing in it.
NO_POST = Refusal(
    "no_post_has_tasks", "none of your posts has tasks of its own; acceptors, shift leaders, dispatchers, departments, handlers and collectors have",
    "您的岗位没有待办任务",
)  # fmt: skip
FILTERED = Refusal(
    "filters_exclude_all", "nothing in your queue fits all of these filters; leave one out", "待办中没有符合全部筛选条件的任务，请放宽条件"
)  # fmt: skip
DONE = Refusal("nothing_waits", "nothing waits for you", "暂无待办")

_POOLS = {Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER}


def inboxes_of(actor: Actor) -> list[Inbox]:
    """The inboxes of everybody's posts, each once. Source: reference 2.3, holders."""
    found = [inbox for post in actor.posts if (inbox := _inbox(post, actor)) is not None]
    return list(dict.fromkeys(found))


def _inbox(post: Post, actor: Actor) -> Inbox | None:
    if post.role is Role.COLLECTOR:
        return Inbox(Role.COLLECTOR, person=actor.person, held_by_me=True)
    if post.role is Role.HANDLER:
        return Inbox(Role.DEPARTMENT, person=actor.person, held_by_me=True)
    if post.role is Role.DEPARTMENT and post.department is not None:
        return Inbox(Role.DEPARTMENT, person=actor.person, department=post.department, area=post.area)
    if post.role in _POOLS:
        return Inbox(post.role, person=actor.person, area=post.area, below=post.department)
    return None
