"""Why a request about a case was refused."""

from casehub.errors import Problem


class CaseNotFound(Problem):
    """There is no such case, or it lies outside what you may see"""

    type, status, zh = "case-not-found", 404, "案件不存在，或不在您的可见范围内"


class ActionUnknown(Problem):
    """This workflow has no such action"""

    type, status, zh = "action-unknown", 404, "该流程没有这个操作"


class ActionNotPossible(Problem):
    """This action can't be done from the case's present state"""

    type, status, zh = "action-not-possible", 409, "案件当前状态不能执行此操作"


class ActionRefused(Problem):
    """The action is refused; every reason is listed"""

    type, status, zh = "action-refused", 409, "操作被拒绝，原因见 errors"


class StaleCase(Problem):
    """Somebody changed the case first; look at its current state and decide again"""

    type, status, zh = "stale-case", 412, "案件已被他人更新，请查看最新状态后重试"


class ReportInvalid(Problem):
    """The report can't be taken as it is; every reason is listed"""

    type, status, zh = "report-invalid", 422, "上报内容有误，原因见 errors"


class ExternalNumberTaken(Problem):
    """A case with this number from this source exists already"""

    type, status, zh = "external-number-taken", 409, "该来源的外部编号已有案件"


class AttachmentInvalid(Problem):
    """The attachment can't be taken"""

    type, status, zh = "attachment-invalid", 422, "附件无法接收"


class WorkflowUnknown(Problem):
    """There is no such workflow"""

    type, status, zh = "workflow-unknown", 404, "流程不存在"


class StateUnmapped(Problem):
    """A case stands in a state that the current workflow version does not have"""

    type, status, zh = "state-unmapped", 409, "案件所处状态在新版本流程中不存在，请给出状态映射"


class HeirUnknown(Problem):
    """Who takes over must be an active person of the city"""

    type, status, zh = "heir-unknown", 422, "接收人不存在或已停用"


class AttachmentNotFound(Problem):
    """There is no such attachment, or it lies outside what you may see"""

    type, status, zh = "attachment-not-found", 404, "附件不存在，或不在您的可见范围内"


class CallerDataUnreadable(Problem):
    """These data were encrypted under a key that is not set: add it to CASEHUB_DATA_KEYS, or to data.keys in the home"""

    type, status, zh = (
        "caller-data-unreadable",
        503,
        "来电人信息的加密密钥未配置：请补入 CASEHUB_DATA_KEYS 或 data.keys 文件",
    )
