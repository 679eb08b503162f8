"""What must be so before an action is done. Workflow files name these; each answers None or the reason why not."""

from collections.abc import Mapping
from datetime import timedelta

from casehub.cases.duplicates import metres
from casehub.cases.facts import Photo, Situation
from casehub.cases.guarding import ENTERED, Guard, guard
from casehub.cases.guards_paths import by_lead_department, request_to_confirm
from casehub.deadlines.limits import counts_work

#: Every guard there is.
GUARDS: Mapping[str, Guard] = ENTERED

#: A merge target may lie this far away: duplicates are warned of within 50 m, people may know better.
MERGE_METRES = 500
#: Approved extensions of one case at most. Source: reference 2.6, extension.
EXTENSIONS = 2
#: Longest suspension. Source: reference 2.6, suspension.
SUSPENSION = timedelta(days=365)
#: The same problem again within this time reopens its case. Source: our choice; reference 2.4 row 30 leaves N open.
REOPEN = timedelta(days=30)


def _has(photos: tuple[Photo, ...], kind: str) -> bool:
    return any(photo.kind == kind for photo in photos)


@guard(
    "place_given",
    "say where: a location with lon and lat, or an address",
    "请提供位置（坐标或地址）",
    "location",
)
def place_given(s: Situation) -> bool:
    """A report says where it is. Source: reference 2.4 row 1."""
    return s.case.lon is not None or bool(s.case.address)


@guard(
    "component_or_place_given",
    "name the component_code, or say where it is",
    "请提供部件编码或位置",
    "component_code",
)
def component_or_place_given(s: Situation) -> bool:
    """A component is found by its code or its place."""
    return bool(s.case.component_code) or place_given(s) is None


@guard(
    "photo_from_collector",
    "a collector's report needs at least one photo",
    "采集员上报至少需要一张照片",
    "photos",
)
def photo_from_collector(s: Situation) -> bool:
    """Collectors report with a photo. Source: reference 2.4 row 1."""
    return s.case.source != "collector" or bool(s.case.photos)


@guard(
    "self_handling_allowed",
    "this category is not one that collectors may handle themselves",
    "该类别不允许自行处置",
    "category",
)
def self_handling_allowed(s: Situation) -> bool:
    """Only light classes, which the city marks. Source: reference 2.4 row 2."""
    return s.known.category is not None and s.known.category.self_handling_allowed


@guard("has_photo", "send a photo of what was found", "请上传现场照片", "photos")
def has_photo(s: Situation) -> bool:
    """Verify and check results come with a photo. Source: reference 2.4 rows 6 and 26."""
    return bool(s.photos())


@guard("has_before_photo", "send a photo taken before handling", "请上传处置前照片", "photos")
def has_before_photo(s: Situation) -> bool:
    """A photo from before. Source: reference 2.4 row 2."""
    return _has((*s.photos(), *s.case.photos), "before")


@guard("has_after_photo", "send a photo taken after handling", "请上传处置后照片", "photos")
def has_after_photo(s: Situation) -> bool:
    """The result is shown by a photo of its own, not by one from an earlier round. Source: reference 2.4 row 23."""
    shown = _has(s.photos() if s.case.version else s.case.photos, "after")
    return shown or bool(s.case.marks.get("handler_result"))  # who submitted this round's result showed it


@guard(
    "merge_target_fits",
    "the target must be another open case of the same class within 500 m",
    "合并目标须为同类、邻近且未结的其他案件",
    "target",
)
def merge_target_fits(s: Situation) -> bool:
    """Same class, near, still open. Source: reference 2.4 row 3."""
    target = s.known.cases.get(str(s.form.get("target")))
    if target is None or target.ended_at is not None or target.case_id == s.case.case_id:
        return False
    if target.category_id != s.case.category_id:
        return False
    if s.case.lon is None or s.case.lat is None or target.lon is None or target.lat is None:
        return True  # without points only people can tell how near they are
    return metres((s.case.lon, s.case.lat), (target.lon, target.lat)) <= MERGE_METRES


@guard(
    "verified_on_spot",
    "a report from the public is filed only after a collector found it on the spot",
    "公众来源须经现场核实存在后方可立案",
    "verify_result",
)
def verified_on_spot(s: Situation) -> bool:
    """Source: reference 2.2: collectors, leaders and transfers need no verification."""
    return (
        s.case.source in {"collector", "leader", "transfer", "patrol"}
        or s.case.marks.get("verify_result") == "exist"
    )


@guard(
    "not_permitted",
    "a permit allows this here and now, see the mark permit_code: refuse the report",
    "该行为在许可范围内（见 permit_code），请不予受理",
)
def not_permitted(s: Situation) -> bool:
    """A permitted sight is not filed. Source: reference 0.4 (S0e), 2.4 invariants."""
    return not s.case.marks.get("permit_code")


@guard(
    "condition_fits",
    "choose a filing condition of the case's category",
    "请选择该类别的立案条件",
    "condition",
)
def condition_fits(s: Situation) -> bool:
    """Where the category has filing conditions, one of them is chosen. Source: reference 2.4 row 7."""
    chosen = s.form.get("condition")
    return chosen in s.known.conditions if chosen or s.known.conditions else True


@guard(
    "condition_present",
    "the category has filing conditions and none was chosen",
    "尚未选择立案条件",
    "condition",
)
def condition_present(s: Situation) -> bool:
    """Source: reference 2.4 row 8."""
    return s.case.condition is not None or not s.known.conditions


@guard(
    "period_reached",
    "this check is made at the time of day of the report, which has not come yet",
    "同时段核查须在上报时段内进行，目前尚未到时段",
)
def period_reached(s: Situation) -> bool:
    """Source: reference 1.3, same_period_check."""
    task = s.case.task("check")
    return task is None or task.wake_at is None or s.at >= task.wake_at


@guard("concludes_own", "a department concludes only the cases that it leads", "部门只能办结本部门主办的案件")
def concludes_own(s: Situation) -> bool:
    """Acceptors conclude any order, a department its own. Source: reference 1.3, concluded."""
    return s.actor.department is None or by_lead_department(s) is None


@guard(
    "by_assigned_collector",
    "only the collector this task was given to may answer it",
    "仅被指派的采集员可反馈",
)
def by_assigned_collector(s: Situation) -> bool:
    """Verify and check tasks belong to one collector."""
    return s.case.assignee_no is not None and s.case.assignee_no == s.actor.person


@guard("by_reporter", "only who reported the case may withdraw it", "仅上报人可以撤回")
def by_reporter(s: Situation) -> bool:
    """A reporter may take a report back before it is filed."""
    return s.case.reported_by is not None and s.case.reported_by == s.actor.name


@guard(
    "not_overdue",
    "the handling deadline has passed; an overdue case can't be extended",
    "处置已超期，不能延期",
)
def not_overdue(s: Situation) -> bool:
    """Source: reference 2.6, extension."""
    task = s.case.task("handle")
    return task is not None and task.due_at is not None and s.at <= task.due_at


@guard("no_request_pending", "another request of this case waits for a decision", "已有待审批的申请")
def no_request_pending(s: Situation) -> bool:
    """One request at a time."""
    return not (s.case.marks.get("extension_pending") or s.case.marks.get("suspension_pending"))


@guard(
    "extension_fits",
    "a limit that counts working time is extended by work_hour or work_day",
    "以工作时间计的时限只能以 work_hour 或 work_day 延长",
    "extension",
)
def extension_fits(s: Situation) -> bool:
    """Hours of the night would be lost at the next pause of a clock that runs by day."""
    task = s.case.task("handle")
    if s.form.get("extension") is None or task is None or task.limit is None:
        return True
    return not counts_work(task.limit) or counts_work(s.form["extension"])


@guard("extensions_left", "two extensions were granted already", "延期次数已用完")
def extensions_left(s: Situation) -> bool:
    """At most two approved; a rejected one does not count. Source: reference 2.6, extension."""
    return int(s.case.marks.get("extension_count", 0)) < EXTENSIONS


@guard(
    "extension_said",
    "say how much more time: the deadline came from another system, without a limit to grant again",
    "截止时间由外部系统给定，请填写延长时限",
    "extension",
)
def extension_said(s: Situation) -> bool:
    """The original limit again, where nothing is said, needs an original limit. Source: reference 2.6, extension."""
    task = s.case.task("handle")
    return bool(s.form.get("extension")) or task is None or task.limit is not None


@guard("extension_pending", "no extension was asked for", "没有待审批的延期申请")
def extension_pending(s: Situation) -> bool:
    """There is an extension to decide on."""
    return bool(s.case.marks.get("extension_pending")) and request_to_confirm(s) is not None


@guard("suspension_pending", "no suspension was asked for", "没有待审批的挂账申请")
def suspension_pending(s: Situation) -> bool:
    """There is a suspension to decide on."""
    return bool(s.case.marks.get("suspension_pending")) and request_to_confirm(s) is not None


@guard("never_suspended", "a case is suspended at most once", "案件只能挂账一次")
def never_suspended(s: Situation) -> bool:
    """Source: reference 2.6, suspension."""
    return not s.case.marks.get("suspension_count")


@guard("within_a_year", "the end date must lie ahead, at most one year", "挂账期限须在一年以内", "until")
def within_a_year(s: Situation) -> bool:
    """Source: reference 2.6, suspension."""
    until = s.form.get("until")
    return until is not None and s.at < until <= s.at + SUSPENSION


@guard(
    "closing_condition_met",
    "a case is closed only when its closing condition is met",
    "未满足结案条件，不能结案",
    "closing_condition_met",
)
def closing_condition_met(s: Situation) -> bool:
    """Source: reference 2.4 row 28."""
    return s.form.get("closing_condition_met") is True


@guard(
    "checked_or_reasoned",
    "no check has passed since it was handled: send it to check, or write down what was answered or why it is closed without one",
    "处置后尚无核查通过结论：请派发核查，或填写答复内容或未经核查结案的理由",
    "unchecked_reason",
)
def checked_or_reasoned(s: Situation) -> bool:
    """Whoever closes without a check puts it in writing; an answer to the requester is in writing. Source: reference 7, measuring."""
    return s.case.checked or bool(s.form.get("unchecked_reason") or s.form.get("result"))


@guard(
    "void_proposed_by_another",
    "voiding takes two persons: somebody else must propose it first",
    "作废须由另一人先提出",
)
def void_proposed_by_another(s: Situation) -> bool:
    """Source: reference 2.4 row 29."""
    return s.case.marks.get("void_proposed_by") not in {None, s.actor.name}


@guard(
    "reopen_grounded",
    "reopen within 30 days of closing, or after a visit that left the requester unsatisfied",
    "须在结案30日内，或回访不满意，方可重开",
    "reason",
)
def reopen_grounded(s: Situation) -> bool:
    """Source: reference 2.4 row 30."""
    if s.form.get("reason") == "revisit_unsatisfied":
        return s.case.marks.get("satisfied") == "not" or s.case.marks.get("solved") == "not"
    return s.case.ended_at is not None and s.at <= s.case.ended_at + REOPEN


@guard(
    "milestone_open", "this case has no such milestone ahead", "该案件没有此项未完成的阶段时限", "milestone"
)
def milestone_open(s: Situation) -> bool:
    """A milestone is reached once, by a case that has it. Source: reference 4.8."""
    task = s.case.task("handle")
    told = task.milestones if task else ()
    return any(one.name == s.form.get("milestone") and one.done_at is None for one in told)


@guard("supervision_open", "no supervision waits for a reply", "没有待回复的督办")
def supervision_open(s: Situation) -> bool:
    """There is something to reply to."""
    return any(task.open and task.kind == "reply" for task in s.case.tasks)


@guard("is_difficult", "the case is not marked as difficult", "案件未列为疑难案件")
def is_difficult(s: Situation) -> bool:
    """Plans belong to difficult cases. Source: reference 2.4 row 33."""
    return bool(s.case.marks.get("is_difficult"))


@guard("closed_overdue", "only a case whose handling was late can be appealed", "仅处置超期的案件可申诉")
def closed_overdue(s: Situation) -> bool:
    """Source: reference 2.4 row 34."""
    return any(task.kind == "handle" and task.lead and task.late for task in s.case.tasks)


@guard("appeal_once", "this case was appealed already", "该案件已申诉过")
def appeal_once(s: Situation) -> bool:
    """Source: reference 2.6, appeal."""
    return not s.case.marks.get("appeal_status")


@guard("appeal_pending", "no appeal waits for the dispatcher", "没有待派遣员审核的申诉")
def appeal_pending(s: Situation) -> bool:
    """First review of two."""
    return s.case.marks.get("appeal_status") == "pending"


@guard("appeal_first_granted", "the dispatcher has not granted this appeal", "派遣员尚未同意该申诉")
def appeal_first_granted(s: Situation) -> bool:
    """Second review of two."""
    return s.case.marks.get("appeal_status") == "first_granted"
