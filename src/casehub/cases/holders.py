"""Who is held to a task: the role that the workflow names, narrowed to the department and the person who have the case."""

from casehub.cases.facts import CaseFacts, Situation
from casehub.deadlines.stopwatch import Holder
from casehub.people.actors import Role
from casehub.workflow.definition import Action, Clock


def holder_of(clock: Clock, s: Situation, after: CaseFacts) -> Holder:
    """Who holds a clock after a step."""
    role = Role(clock.holder)
    if role is Role.DEPARTMENT:
        return Holder(role.value, after.department_code, handler(after) if clock.name == "handle" else None)
    if role is Role.COLLECTOR:
        return Holder(role.value, person=after.assignee_no)
    return Holder(role.value, person=_known_best(clock, s, after))


def remembered(case: CaseFacts, action: Action) -> list[str]:
    """Whom this action may give the case to, though its form does not name them."""
    marks = {"send_back": "proposed_by", "correct": "returned_by"}
    told = (case.marks.get(mark) for effect, mark in marks.items() if effect in action.effects)
    return [person for person in told if person]


def handler(case: CaseFacts) -> str | None:
    """Who of the department works on it now: the handler, until they submit the result."""
    return None if case.marks.get("handler_result") else case.marks.get("handler_no")


def _known_best(clock: Clock, s: Situation, after: CaseFacts) -> str | None:
    """A case sent back goes to who proposed it, and, corrected, to who sent it back, if they are still there.

    Source: reference 2.4 row 12.
    """
    best = None
    if clock.name == "accept" and after.marks.get("returned_from"):
        best = after.marks.get("proposed_by")
    if clock.name in {"file", "dispatch"} and "correct" in s.action.effects:
        best = s.case.marks.get("returned_by")
    there = s.known.people.get(str(best))
    return best if there is not None and clock.holder in there.roles else None
