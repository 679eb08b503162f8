"""Guards of the ways around dispatch: returns, corrections, handlers, requests, co-departments, units, handing over."""

from datetime import datetime

from casehub.cases.corrections import corrected
from casehub.cases.facts import Situation
from casehub.cases.guarding import guard
from casehub.deadlines.limits import deadline, parse_limit
from casehub.deadlines.stopwatch import Task
from casehub.people.actors import Role


@guard(
    "department_said",
    "say which department: the duty list names none for this class and place",
    "请指定部门：权责清单未明确该类别和地点的责任部门",
    "department",
)
def department_said(s: Situation) -> bool:
    """The form, or the duty list, says who must handle it. Source: reference 2.4 row 11."""
    return bool(s.form.get("department"))


@guard(
    "collector_said",
    "nobody is on shift here: name a collector",
    "此处当前无采集员在岗，请指定采集员",
    "collector",
)
def collector_said(s: Situation) -> bool:
    """The form, or the roster, says who goes and looks. Source: reference 2.4 rows 5, 25."""
    return bool(s.form.get("collector"))


@guard(
    "is_collector",
    "only a collector can be sent: give this person that post, or name another",
    "只能派给采集员：请指定其他人员或先授予采集员岗位",
    "collector",
)
def is_collector(s: Situation) -> bool:
    """A task lies in the queue of somebody who has that post. Source: reference 2.4 rows 5, 25."""
    there = s.known.people.get(str(s.form.get("collector")))
    return there is None or Role.COLLECTOR in there.roles  # who is not there is refused as such


@guard(
    "no_return_pending",
    "a return waits for a decision: accept or reject it first",
    "存在待审核的退回，请先作出决定",
)
def no_return_pending(s: Situation) -> bool:
    """Who receives a return must decide on it. Source: reference 2.4, invariants."""
    return not s.case.marks.get("return_pending")


@guard(
    "not_returned",
    "the case was sent back to be corrected: correct and resubmit it, or refuse, merge or verify it",
    "案件已被退回更正：请更正后送回，或不予受理、合并、派发核实",
)
def not_returned(s: Situation) -> bool:
    """Who receives a return decides on it and does not repeat the step before. Source: reference 2.4, invariants."""
    return not s.case.marks.get("returned_from")


@guard("returned_by_dispatcher", "no dispatcher sent this case back", "该案件不是由派遣员退回的")
def returned_by_dispatcher(s: Situation) -> bool:
    """After the correction it goes back to who sent it. Source: reference 2.4 row 12."""
    return s.case.marks.get("returned_from") == "filed"


@guard("returned_by_shift_leader", "no shift leader sent this case back", "该案件不是由值班长退回的")
def returned_by_shift_leader(s: Situation) -> bool:
    """The same for what is not filed yet. Source: reference 2.4 row 10."""
    return s.case.marks.get("returned_from") == "pending_filing"


@guard(
    "corrected_condition_fits",
    "choose a filing condition of the corrected category",
    "请选择更正后类别的立案条件",
    "condition",
)
def corrected_condition_fits(s: Situation) -> bool:
    """As `condition_fits`, of the category as it should have been."""
    _, chosen = corrected(s)
    return chosen in s.known.conditions if chosen or s.known.conditions else True


@guard(
    "no_owner_disputed",
    "a department says that the case is not its own: accept or reject its return first",
    "部门以权属不符退回，请先同意或驳回",
)
def no_owner_disputed(s: Situation) -> bool:
    """Whose it is the dispatcher decides; of what class it is, or whether it is one, the acceptor. Source: reference 2.4 row 14."""
    return s.case.marks.get("return_pending") != "wrong_owner"


@guard(
    "return_in_time",
    "the handling deadline has passed; a case is returned inside its limit",
    "处置已超期，须在时限内退回",
)
def return_in_time(s: Situation) -> bool:
    """Source: reference 2.6, return with rule basis; 8.4."""
    task = s.case.task("handle")
    return task is None or task.due_at is None or s.at <= task.due_at


@guard(
    "basis_given",
    "say by which rule or duty list the case belongs to another unit",
    "以权属不符退回须注明依据（法规或权责清单）",
    "basis",
)
def basis_given(s: Situation) -> bool:
    """Source: reference 2.6, return with rule basis."""
    return s.form.get("reason") != "wrong_owner" or bool(s.form.get("basis"))


@guard("belongs_elsewhere", "name another department than your own", "应属部门不能是本部门", "belongs_to")
def belongs_elsewhere(s: Situation) -> bool:
    """A return names another department, or none."""
    return s.form.get("belongs_to") != s.case.department_code


@guard(
    "first_receiver_leads",
    "you received this case first: name the department it belongs to, or lead its handling",
    "首接负责：请指明应属部门，否则由本部门牵头办理",
    "belongs_to",
)
def first_receiver_leads(s: Situation) -> bool:
    """A first receiver's second return, or that of a difficult case, names whose it is. Source: reference 1.2, 8.4."""
    marks = s.case.marks
    liable = s.form.get("reason") == "wrong_owner" and s.case.department_code == marks.get("first_receiver")
    again = bool(marks.get("first_receiver_returns") or marks.get("is_difficult"))
    return not (liable and again) or bool(s.form.get("belongs_to"))


@guard("return_pending", "no return waits for a decision", "没有待审核的退回")
def return_pending(s: Situation) -> bool:
    """There is a return to decide on."""
    return bool(s.case.marks.get("return_pending"))


@guard(
    "another_department",
    "choose another department; to send it back to the same one, reject the return",
    "请选择其他部门；如仍由原部门处置，请驳回退回",
    "department",
)
def another_department(s: Situation) -> bool:
    """Accepting a return means another department. Source: reference 2.4 row 15."""
    return s.form.get("department") != s.case.department_code


@guard("by_lead_department", "only the department that leads this case may do this", "仅主办部门可执行此操作")
def by_lead_department(s: Situation) -> bool:
    """Source: reference 1.2, lead and co-departments."""
    return s.actor.department is not None and s.actor.department == s.case.department_code


@guard(
    "by_handler",
    "only the lead department or the handler it assigned may do this",
    "仅主办部门或其指派的处置人可执行此操作",
)
def by_handler(s: Situation) -> bool:
    """Whoever acts for the department, or the one person who was given the work. Source: reference 2.4 rows 18, 20, 21."""
    if Role.DEPARTMENT in s.actor.roles:
        return by_lead_department(s) is None
    return s.actor.person is not None and s.actor.person == s.case.marks.get("handler_no")


@guard(
    "not_submitted",
    "the handler submitted the result already; the department decides on it",
    "处置人已提交结果，待部门处理",
)
def not_submitted(s: Situation) -> bool:
    """What was submitted is the department's. Source: reference 2.4 row 18."""
    return not s.case.marks.get("handler_result")


@guard("handler_submitted", "no handler submitted a result", "处置人尚未提交结果")
def handler_submitted(s: Situation) -> bool:
    """There is something to be done again. Source: reference 2.4 row 19."""
    return bool(s.case.marks.get("handler_result"))


@guard("request_to_confirm", "no request of a handler waits for the department", "没有待部门审核的申请")
def request_to_confirm(s: Situation) -> bool:
    """The first of two levels. Source: reference 2.6, two-level approval."""
    return s.case.marks.get("request_waits_for") == Role.DEPARTMENT


@guard(
    "co_departments_differ",
    "the lead department can't be one of the co-departments",
    "协办部门不能包含主办部门",
    "co_departments",
)
def co_departments_differ(s: Situation) -> bool:
    """One leads, others help. Source: reference 1.2."""
    return s.form.get("department") not in (s.form.get("co_departments") or ())


@guard(
    "co_department_differs", "this department leads the case, or helps with it already", "该部门已是主办或协办部门", "department"
)  # fmt: skip
def co_department_differs(s: Situation) -> bool:
    """One leads, others help, each with one task at a time. Source: reference 1.2."""
    helping = {
        task.holder.department
        for task in s.case.tasks
        if task.open and task.kind == "handle" and not task.lead
    }
    return s.form.get("department") not in {s.case.department_code, *helping}


@guard("unit_below", "choose a unit that belongs to your department", "请选择本部门的下级单位", "department")
def unit_below(s: Situation) -> bool:
    """A platform dispatches on to its own units. Source: reference 1.2, third_level_unit."""
    unit = str(s.form.get("department"))
    return unit != s.case.department_code and s.case.department_code in s.known.departments.get(unit, ())


@guard(
    "unit_is_free", "this unit has an open task on the case already", "该单位已有未完成的任务", "department"
)
def unit_is_free(s: Situation) -> bool:
    """One task for each unit at a time."""
    return not any(task.holder.department == s.form.get("department") for task in _unit_tasks(s))


@guard(
    "limit_within_own",
    "the unit's limit must end before your own deadline does",
    "下级单位时限不得超过本部门剩余时限",
    "limit",
)
def limit_within_own(s: Situation) -> bool:
    """A platform can't give more time than it has; where it has none left, it says how much. Source: our choice."""
    task = s.case.task("handle")
    if task is None or task.due_at is None or s.at > task.due_at:
        return True
    return deadline(parse_limit(str(s.form.get("limit"))), s.at, s.known.calendars.current) <= task.due_at


@guard(
    "by_unit", "your department has no open task of a unit on this case", "本单位在该案件没有未完成的下级任务"
)
def by_unit(s: Situation) -> bool:
    """Units answer for their own tasks. Source: reference 1.2, third_level_unit."""
    unit = s.actor.department
    return unit is not None and any(task.holder.department == unit for task in _unit_tasks(s))


def _unit_tasks(s: Situation) -> list[Task]:
    return [task for task in s.case.tasks if task.open and task.kind == "unit_handle"]


def _in_hand(s: Situation) -> list[Task]:
    """The open tasks of the person who hands over."""
    return [task for task in s.case.tasks if task.open and task.holder.person == s.form.get("from_person")]


@guard(
    "holds_something",
    "this person has no open task on the case",
    "此人在该案件没有未完成的任务",
    "from_person",
)
def holds_something(s: Situation) -> bool:
    """There is something to hand over."""
    return bool(_in_hand(s))


@guard(
    "hands_over_own",
    "a department hands over the tasks of its own people only",
    "部门只能移交本部门人员的任务",
    "from_person",
)
def hands_over_own(s: Situation) -> bool:
    """Shift leaders and administrators hand over anybody's. Source: our choice."""
    if s.actor.roles & {Role.SHIFT_LEADER, Role.ADMINISTRATOR}:
        return True
    return all(task.holder.department == s.actor.department for task in _in_hand(s))


@guard(
    "heir_fits",
    "who takes over must be another person of the same department and post",
    "接收人须为同一部门、同一岗位的其他人员",
    "to_person",
)
def heir_fits(s: Situation) -> bool:
    """A department's work stays in the department, and no task goes to somebody in whose queue it would not lie."""
    heir, held = str(s.form.get("to_person")), [task.holder for task in _in_hand(s)]
    there = s.known.people.get(heir)
    if there is None or heir == s.form.get("from_person"):
        return False
    theirs = {one.department for one in held if one.department}
    posts = {one.role for one in held if not one.department}
    return theirs <= {there.department} and posts <= {*there.roles}


@guard("plan_ahead", "the plan must finish in the future", "完成时限须晚于当前时间", "finish_by")
def plan_ahead(s: Situation) -> bool:
    """Nobody plans for the past."""
    finish_by: datetime | None = s.form.get("finish_by")
    return finish_by is not None and finish_by > s.at


@guard(
    "by_co_department",
    "your department has no open co-task on this case",
    "本部门在该案件没有未完成的协办任务",
)
def by_co_department(s: Situation) -> bool:
    """Co-handlers have tasks of their own. Source: reference 1.2."""
    department = s.actor.department
    helping = (t for t in s.case.tasks if t.open and t.kind == "handle" and not t.lead)
    return department is not None and any(task.holder.department == department for task in helping)


@guard("handler_in_department", "the handler must belong to your department", "处置人须属于本部门", "handler")
def handler_in_department(s: Situation) -> bool:
    """A department gives work to its own people."""
    handler = s.known.people.get(str(s.form.get("handler")))
    return handler is not None and handler.department == s.case.department_code
