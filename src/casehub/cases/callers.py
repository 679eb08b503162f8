"""Who reported a case (来电人): who may know, and what they are shown before they say what for."""

from casehub.cases.facts import CaseFacts
from casehub.people.actors import Actor, Role

#: What is kept of somebody who reports. Sealed, beside the case: never in its events, messages or exports.
FIELDS = ("name", "telephone", "address")
#: Posts that answer to who reported. Source: reference 8.6, 11.
DUTY = (Role.ACCEPTOR, Role.SHIFT_LEADER)


def caller_duty_of(actor: Actor, case: CaseFacts) -> Role | None:
    """In which role they answer to who reported this case; None for everybody else.

    The department complained of never does, nor who works on the case for it, whatever other post they hold. The actor
    comes with the posts that hold for this case. Source: reference 8.6, 11.
    """
    if Role.DEPARTMENT in actor.roles or _works_on(actor, case):
        return None
    return next((role for role in DUTY if role in actor.roles), None)


def _works_on(actor: Actor, case: CaseFacts) -> bool:
    held = {case.assignee_no, case.marks.get("handler_no"), *(task.holder.person for task in case.tasks)}
    return Role.HANDLER in actor.roles and actor.person in held


def masked(said: dict[str, str | None] | None, *, secret: bool) -> dict[str, str | None]:
    """Enough to see that it is the same person who calls again: 张*, 138****1234.

    Of who asked to stay secret (保密) nothing, nor of what no key opens any more.
    """
    if said is None or secret:
        return dict.fromkeys(FIELDS)
    name, telephone, address = (said.get(one) for one in FIELDS)
    return {
        "name": name and f"{name[0]}*",
        "telephone": telephone and _masked(telephone, 3, 4, least=11),
        "address": address and _masked(address, 3, 0, least=6),
    }


def _masked(text: str, first: int, last: int, *, least: int) -> str:
    """The first and last characters, where the text is long enough to hide something between."""
    return f"{text[:first]}****{text[len(text) - last :]}" if len(text) >= least else "****"
