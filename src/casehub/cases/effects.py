"""What an action changes besides state and clocks. Workflow files name these; each answers the changes as data.

A key that is a moving column of the case changes the column; any other key is a mark. `None` takes a mark away.
"""

from collections.abc import Callable, Iterable
from typing import Any

from casehub.cases.corrections import corrected
from casehub.cases.facts import Situation
from casehub.people.actors import Role

Changes = dict[str, Any]
#: Marks that name a person in whose hands the case is, or comes to be again.
_PERSONS = ("handler_no", "returned_by", "proposed_by")
Effect = Callable[[Situation], Changes]

EFFECTS: dict[str, Effect] = {}
#: The form fields that an effect reads; `workflow check` sees that the form has them.
NEEDS: dict[str, frozenset[str]] = {}
#: The clocks that follow from an effect; `workflow check` sees that the workflow has them.
CLOCKS: dict[str, frozenset[str]] = {}


def effect(*needs: str, clocks: Iterable[str] = ()) -> Callable[[Effect], Effect]:
    """Enter a function in the closed registry, with the form fields it reads and the clocks that follow from it."""

    def enter(function: Effect) -> Effect:
        EFFECTS[function.__name__] = function
        NEEDS[function.__name__] = frozenset(needs)
        CLOCKS[function.__name__] = frozenset(clocks)
        return function

    return enter


def _more(s: Situation, mark: str) -> Changes:
    return {mark: int(s.case.marks.get(mark, 0)) + 1}


@effect("target")
def link_target(s: Situation) -> Changes:
    """The case lives on in another one."""
    return {"merged_into": s.form["target"]}


@effect("collector")
def assign_collector(s: Situation) -> Changes:
    """Who goes and looks, and by which rule the roster named them."""
    return {
        "assignee_no": s.form["collector"], "same_period": s.form.get("same_period") or None,
        "collector_by": s.known.collector_by,
    }  # fmt: skip


@effect("result")
def record_verify(s: Situation) -> Changes:
    """What was found before filing."""
    return {"verify_result": s.form["result"], "verified_by": s.actor.name, "assignee_no": None}


@effect()
def choose_condition(s: Situation) -> Changes:
    """The filing condition, and with it the handling limit."""
    return {
        "condition": s.form.get("condition"), "urgent": s.form.get("urgent") or None, "proposed_by": s.actor.person,
    }  # fmt: skip


@effect()
def send_back(s: Situation) -> Changes:
    """Back to the acceptor, to be corrected for who sends it; no department has it any more. Source: reference 2.4 rows 10, 12."""
    return {
        "returned_from": s.case.state, "returned_by": s.actor.person, "department_code": None, "limit_override": None,
        **clear_handler(s), **reject_return(s),
    }  # fmt: skip


@effect("category", "condition")
def correct(s: Situation) -> Changes:
    """The class and the condition as they should have been; another class needs another condition."""
    category_id, condition = corrected(s)
    return {"category_id": category_id, "condition": condition, "returned_from": None, "returned_by": None}


@effect("platform")
def record_transfer(s: Situation) -> Changes:
    """Another platform has it now. Source: reference 2.2, transfer between platforms."""
    return {"transferred_to": s.form["platform"]}


@effect("foreign_no")
def record_foreign_no(s: Situation) -> Changes:
    """The number that the other platform gave it."""
    return {"foreign_no": s.form["foreign_no"]} if s.form.get("foreign_no") else {}


@effect("department")
def assign_department(s: Situation) -> Changes:
    """The lead department; a limit given by hand stands until another department gets the case."""
    return {
        "department_code": s.form["department"], "limit_override": s.form.get("limit"),
        "first_receiver": s.case.marks.get("first_receiver", s.form["department"]), **clear_handler(s),
        "duty_row": s.known.duty_row, **_more(s, "dispatch_count"),
    }  # fmt: skip


@effect()
def accept_return(s: Situation) -> Changes:
    """The return was right: the first dispatch was not accurate. Source: reference 2.4 row 15."""
    return {**reject_return(s), "dispatch_accurate": False}


@effect()
def reject_return(s: Situation) -> Changes:
    """The return waits no more; it was not right."""
    return {"return_pending": None, "return_basis": None, "return_belongs_to": None}


@effect("reason")
def count_return(s: Situation) -> Changes:
    """A second return makes a case difficult. Source: reference 8.4."""
    count = int(s.case.marks.get("return_count", 0)) + 1
    changes: Changes = {
        "return_count": count, "return_pending": s.form["reason"], "return_basis": s.form.get("basis"),
        "return_belongs_to": s.form.get("belongs_to"), **drop_requests(s),
    }  # fmt: skip
    if s.form["reason"] == "wrong_owner" and s.case.department_code == s.case.marks.get("first_receiver"):
        changes |= _more(s, "first_receiver_returns")
    return changes | ({"is_difficult": True} if count > 1 else {})


@effect("handler")
def set_handler(s: Situation) -> Changes:
    """Who of the department does the work."""
    return {"handler_no": s.form["handler"], **drop_submission(s)}


@effect()
def clear_handler(s: Situation) -> Changes:
    """Nobody of the department has it in hand."""
    return {"handler_no": None, **drop_submission(s)}


@effect("result")
def record_submission(s: Situation) -> Changes:
    """The handler is done; it lies with the department now. Source: reference 2.4 rows 18, 19."""
    return {"handler_result": s.form["result"]}


@effect()
def drop_submission(s: Situation) -> Changes:
    """What the handler submitted does not stand; it is the handler's again."""
    return {"handler_result": None}


@effect()
def drop_requests(s: Situation) -> Changes:
    """Requests die with the assignment. Source: reference 2.4 row 17."""
    return {
        "extension_pending": None,
        "suspension_pending": None,
        "request_reason": None,
        "request_waits_for": None,
    }


def _asked(s: Situation) -> Changes:
    """A handler's request goes to the department first. Source: reference 2.6, two-level approval."""
    first = Role.DISPATCHER if Role.DEPARTMENT in s.actor.roles else Role.DEPARTMENT
    return {"request_reason": s.form.get("reason"), "request_waits_for": first.value}


@effect()
def confirm_request(s: Situation) -> Changes:
    """The department stands behind it; the dispatcher decides."""
    return {"request_waits_for": Role.DISPATCHER.value}


@effect(clocks=("confirm", "approve"))
def request_extension(s: Situation) -> Changes:
    """Ask for more time: the limit named, or the original one again. Source: reference 2.6, extension."""
    task = s.case.task("handle")
    asked = s.form.get("extension") or (task.limit if task else None)
    return {"extension_pending": asked, **_asked(s)}


@effect()
def grant_extension(s: Situation) -> Changes:
    """More time; the clock itself is moved by `adjustments`."""
    return {**drop_requests(s), **_more(s, "extension_count")}


@effect()
def drop_extension(s: Situation) -> Changes:
    """A rejected extension does not count."""
    return drop_requests(s)


@effect("until", clocks=("confirm", "approve"))
def request_suspension(s: Situation) -> Changes:
    """Ask to park the case until a date."""
    return {"suspension_pending": s.form["until"].isoformat(), **_asked(s)}


@effect()
def suspend_until(s: Situation) -> Changes:
    """Parked."""
    return {
        **drop_requests(s), "suspended_until": s.case.marks.get("suspension_pending"),
        **_more(s, "suspension_count"),
    }  # fmt: skip


@effect()
def drop_suspension(s: Situation) -> Changes:
    """Not parked."""
    return drop_requests(s)


@effect()
def end_suspension(s: Situation) -> Changes:
    """Work goes on."""
    return {"suspended_until": None}


@effect("milestone")
def reach_milestone(s: Situation) -> Changes:
    """On the scene, stopped, and so on; the clock itself is told by `adjustments`. Source: reference 4.8."""
    return {"reached": [*s.case.marks.get("reached", ()), s.form["milestone"]]}


@effect()
def record_result(s: Situation) -> Changes:
    """What the department, or the hotline itself, answers. An answer at closing may be left out."""
    said = s.form.get("result") or s.form.get("reply")
    gone = {**drop_requests(s), **drop_submission(s)}
    return {"result": said, **gone} if said else gone


@effect()
def count_rework(s: Situation) -> Changes:
    """The same department does it again. Source: reference 2.4 row 27."""
    return _more(s, "rework_count")


@effect("result")
def record_check(s: Situation) -> Changes:
    """What was found after handling; a failed check is rework."""
    changes: Changes = {"check_result": s.form["result"], "checked_by": s.actor.name, "assignee_no": None}
    return changes | (_more(s, "rework_count") if s.form["result"] == "not_pass" else {})


@effect()
def record_close(s: Situation) -> Changes:
    """Who closed it, and why without a check where none holds."""
    why = None if s.case.checked else s.form.get("unchecked_reason")
    return {"closed_by": s.actor.name, "unchecked_reason": why}


@effect("reason")
def propose_void(s: Situation) -> Changes:
    """The first of two persons."""
    return {"void_proposed_by": s.actor.name, "void_reason": s.form["reason"]}


@effect("reason")
def count_reopen(s: Situation) -> Changes:
    """Open again; what the last closing left behind no longer holds."""
    return {
        "reopen_reason": s.form["reason"],
        "check_result": None,
        "unchecked_reason": None,
        **reject_return(s),
        **_more(s, "reopen_count"),
    }


@effect("solved", "satisfied")
def record_revisit(s: Situation) -> Changes:
    """What the requester says. Source: reference 8.5."""
    return {"solved": s.form["solved"], "satisfied": s.form["satisfied"]}


@effect("level")
def raise_supervision(s: Situation) -> Changes:
    """Formal pressure; the level never falls."""
    return {"supervise_level": max(int(s.form["level"]), int(s.case.marks.get("supervise_level", 0)))}


@effect()
def count_reminder(s: Situation) -> Changes:
    """A light push."""
    return _more(s, "reminder_count")


@effect()
def mark_difficult(s: Situation) -> Changes:
    """Unclear owner or overlapping duty."""
    return {"is_difficult": True}


@effect("subject", "standard", "finish_by", clocks=("plan",))
def record_plan(s: Situation) -> Changes:
    """One case, one plan: subject, standard, finish limit. Source: reference 0.4 S0d."""
    plan = {
        "subject": s.form["subject"],
        "standard": s.form["standard"],
        "finish_by": s.form["finish_by"].isoformat(),
    }
    return {"difficult_plan": plan}


@effect()
def resolve_difficult(s: Situation) -> Changes:
    """No longer difficult; its plan stays on record in the history."""
    return {"is_difficult": None, "difficult_plan": None}


@effect()
def open_appeal(s: Situation) -> Changes:
    """The department contests."""
    return {"appeal_status": "pending"}


@effect("result")
def review_appeal_first(s: Situation) -> Changes:
    """The dispatcher's review."""
    return {"appeal_status": "first_granted" if s.form["result"] == "granted" else "rejected"}


@effect("result")
def review_appeal(s: Situation) -> Changes:
    """The acceptor's review; the overdue fact stays, the task is exempted by `adjustments`. Source: reference 2.4 row 34."""
    return {"appeal_status": s.form["result"]}


@effect("department")
def open_co_task(s: Situation) -> Changes:
    """A co-department gets a task and a clock of its own, which `adjustments` opens."""
    others = {*s.case.marks.get("co_departments", ()), s.form["department"]}
    return {"co_departments": sorted(others)}


@effect("co_departments")
def open_co_tasks(s: Situation) -> Changes:
    """The same for those that are named when the case is dispatched. Source: reference 2.4 row 11."""
    others = {*s.case.marks.get("co_departments", ()), *s.form.get("co_departments", ())}
    return {"co_departments": sorted(others)} if others else {}


@effect("department", "limit", clocks=("unit_handle",))
def open_unit_task(s: Situation) -> Changes:
    """A unit below gets a task and a clock of its own, which `adjustments` opens. Source: reference 1.2, third_level_unit."""
    return {}


@effect("result")
def record_unit_result(s: Situation) -> Changes:
    """What a unit tells the department above it."""
    return {
        "unit_results": {**s.case.marks.get("unit_results", {}), str(s.actor.department): s.form["result"]}
    }


@effect()
def close_unit_task(s: Situation) -> Changes:
    """The unit is rid of it; `adjustments` ends its clock."""
    return {}


@effect("from_person", "to_person")
def hand_over(s: Situation) -> Changes:
    """What one person has in hand another one has; `adjustments` tells the tasks."""
    gone, heir = s.form["from_person"], s.form["to_person"]
    held = {"assignee_no": s.case.assignee_no} | {m: s.case.marks.get(m) for m in _PERSONS}
    return {name: heir for name, person in held.items() if person == gone}


@effect()
def close_co_task(s: Situation) -> Changes:
    """The co-department is done."""
    return {
        "co_results": {**s.case.marks.get("co_results", {}), str(s.actor.department): s.form.get("result")}
    }
