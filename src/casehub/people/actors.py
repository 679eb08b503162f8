"""Who acts: roles, and how far a caller may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property


class Role(StrEnum):
    """Posts of the city. Source: reference 1.2; `system` is casehub itself."""

    COLLECTOR = "collector"
    ACCEPTOR = "acceptor"
    SHIFT_LEADER = "shift_leader"
    DISPATCHER = "dispatcher"
    DEPARTMENT = "department"
    HANDLER = "handler"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"
    AUDITOR = "auditor"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Post:
    """A role (岗位) held in a part of the city: in this area and below, for this department and those below.

    None is everywhere. Source: reference 1.2, 11.
    """

    role: Role
    area: str | None = None
    department: str | None = None


#: Posts that act for their department; others only see what it has.
ACTS_FOR = frozenset({Role.DEPARTMENT, Role.HANDLER})


@dataclass(frozen=True)
class Actor:
    """Somebody who asks: the key used, the posts it gives, and the person behind it."""

    key_id: str
    posts: tuple[Post, ...]
    person: str | None = None

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles of all posts."""
        return frozenset(post.role for post in self.posts)

    @cached_property
    def department(self) -> str | None:
        """The department that they act for; nobody acts for two."""
        acting = (post.department for post in self.posts if post.role in ACTS_FOR)
        return next((one for one in acting if one is not None), None)

    def with_posts(self, posts: Iterable[Post]) -> "Actor":
        """The same somebody, with these posts alone."""
        return replace(self, posts=tuple(posts))

    @property
    def name(self) -> str:
        """How events name the actor: the person where there is one, else the key."""
        return self.person or f"key:{self.key_id}"


def posts_of(
    roles: Iterable[Role], *, area: str | None = None, department: str | None = None
) -> tuple[Post, ...]:
    """A post for each role, all in the same part of the city."""
    return tuple(Post(role, area, department) for role in sorted(roles))


#: casehub itself: imports, automatic steps.
SYSTEM = Actor("system", posts_of({Role.SYSTEM}))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases a reader may see; every read over cases takes one.

    The cases of every `part`, that is (area or everywhere, department or all) with what lies below, and those that
    `person` reported, is assigned to or has a task on. Source: reference 11, roles and visibility.
    """

    parts: tuple[tuple[str | None, str | None], ...] = ()
    person: str | None = None

    @property
    def everything(self) -> bool:
        """The whole city."""
        return (None, None) in self.parts


EVERYTHING = Scope(((None, None),))

#: Posts that see all cases of their part of the city.
_SEES_CASES = {
    Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.DEPARTMENT, Role.EVALUATOR, Role.ADMINISTRATOR, Role.SYSTEM,
}  # fmt: skip
#: Posts that see what they reported and what is given to them.
_SEES_OWN = {Role.COLLECTOR, Role.HANDLER}


def scope_of(actor: Actor) -> Scope:
    """How far this actor sees. An auditor sees logs only, so no case by that role alone."""
    return Scope(tuple(sorted(parts_of(actor), key=str)), actor.name if actor.roles & _SEES_OWN else None)


def parts_of(actor: Actor) -> frozenset[tuple[str | None, str | None]]:
    """The parts of the city, as `Scope` has them, that the posts reach whose holders see all cases there."""
    return frozenset((post.area, post.department) for post in actor.posts if post.role in _SEES_CASES)


def undivided(actor: Actor) -> bool:
    """Do all of their posts hold for whatever case they see?"""
    scope = scope_of(actor)
    return {*scope.parts} <= {(None, None)} or (len(scope.parts) == 1 and scope.person is None)


def posts_at(actor: Actor, reached: frozenset[tuple[str | None, str | None]]) -> Actor:
    """The actor with those posts alone that hold for a case which these parts reach.

    Who is a dispatcher in the west and an acceptor in the east dispatches nothing in the east. What collectors and
    handlers may do hangs on what was given to them, wherever it lies.
    """
    return actor.with_posts(
        post
        for post in actor.posts
        if post.role not in _SEES_CASES or (post.area, post.department) in reached
    )


def areas_of(actor: Actor, *roles: Role) -> frozenset[str | None]:
    """The areas in which they hold one of these roles; None is everywhere."""
    return frozenset(post.area for post in actor.posts if post.role in roles)
