"""What the duty list (权责清单) says about a case: whom a dispatch goes to that names nobody, and whether it goes by itself."""

from collections.abc import Mapping
from typing import Any

from casehub.cases.facts import CaseFacts
from casehub.departments.duty import Duty
from casehub.people.actors import Role
from casehub.workflow.definition import Action


def asks_duty_list(action: Action, form: Mapping[str, Any]) -> bool:
    """Does this action give the case to a department, and its form name none?"""
    return "assign_department" in action.effects and not form.get("department")


def suggested_form(action: Action, form: Mapping[str, Any], duty: Duty) -> dict[str, Any]:
    """The form with the department of the duty list, and with its co-departments where the form has none either."""
    if duty.row is None:
        return dict(form)
    filled = {**form, "department": duty.row.department}
    if "co_departments" in action.form and duty.row.co_departments and not form.get("co_departments"):
        filled["co_departments"] = list(duty.row.co_departments)
    return filled


def may_go_by_itself(dispatch: Action | None, before: CaseFacts | None, case: CaseFacts) -> bool:
    """Has a case just come to where it is dispatched from, with nothing about it that a dispatcher must look at?

    The workflow allows it by the role `system`, the row of the duty list by `auto`. A case that was sent back, that is
    difficult or that waits for one dispatcher is for people. Source: reference 2.4 (invariants), 8.4; our choice.
    """
    if dispatch is None or Role.SYSTEM not in dispatch.roles or case.state not in dispatch.from_:
        return False
    if before is None or before.state == case.state or {"is_difficult", "return_pending"} & case.marks.keys():
        return False
    waiting = case.task("dispatch")
    return waiting is None or waiting.holder.person is None
