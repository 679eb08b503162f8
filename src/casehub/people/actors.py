"""Who acts: roles, and how far a caller may see."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Posts of the city. Source: reference 1.2; `system` is casehub itself."""

    COLLECTOR = "collector"
    ACCEPTOR = "acceptor"
    SHIFT_LEADER = "shift_leader"
    DISPATCHER = "dispatcher"
    DEPARTMENT = "department"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks: the key used, the roles it gives, the person and the department behind it."""

    key_id: str
    roles: frozenset[Role]
    person: str | None = None
    department: str | None = None

    @property
    def name(self) -> str:
        """How events name the actor: the person where there is one, else the key."""
        return self.person or f"key:{self.key_id}"


#: casehub itself: imports, automatic steps.
SYSTEM = Actor("system", frozenset({Role.SYSTEM}))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases a reader may see; every read over cases takes one.

    `everything` for the centre's posts; else the cases of `department`, and those that `person` reported or is
    assigned to. Source: reference 11, roles and visibility.
    """

    everything: bool = False
    department: str | None = None
    person: str | None = None


#: Posts of the city centre see all cases of the city.
_CENTRE = {
    Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.EVALUATOR, Role.ADMINISTRATOR, Role.SYSTEM,
}  # fmt: skip
#: Posts that may see who reported: they take the report and answer it. Source: reference 8.6, 11.
_CALLER_DUTY = {Role.ACCEPTOR, Role.SHIFT_LEADER}


def scope_of(actor: Actor) -> Scope:
    """How far this actor sees. An auditor sees logs only, so no case by that role alone."""
    if actor.roles & _CENTRE:
        return Scope(everything=True)
    department = actor.department if Role.DEPARTMENT in actor.roles else None
    return Scope(department=department, person=actor.name if Role.COLLECTOR in actor.roles else None)


def sees_reporter(actor: Actor) -> bool:
    """May this actor see the name and telephone of who reported?"""
    return bool(actor.roles & _CALLER_DUTY)
