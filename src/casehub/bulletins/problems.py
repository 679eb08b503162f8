"""What may be wrong with bulletins."""

from casehub.errors import Problem


class BulletinDefinitionInvalid(Problem):
    """The definition of this bulletin can't be kept like this; every reason is listed"""

    type, status, zh = "bulletin-definition-invalid", 422, "通报方案有误，原因见 errors"


class BulletinDefinitionNotFound(Problem):
    """There is no bulletin of this name; GET /v1/bulletins/definitions lists them"""

    type, status, zh = (
        "bulletin-definition-not-found",
        404,
        "没有该通报方案；见 GET /v1/bulletins/definitions",
    )


class BulletinNotFound(Problem):
    """There is no such bulletin, or it is not published yet"""

    type, status, zh = "bulletin-not-found", 404, "没有该通报，或尚未发布"


class BulletinPublished(Problem):
    """This bulletin is published, and stays as it is; withdraw it with a reason to draw up another"""

    type, status, zh = "bulletin-published", 409, "该通报已发布，不可更改；如需重编，请先撤回并说明原因"


class BulletinNotPublished(Problem):
    """Only what is published can be withdrawn or corrected"""

    type, status, zh = "bulletin-not-published", 409, "仅已发布的通报可以撤回或更正"


class PeriodNotOver(Problem):
    """This draft was drawn up before its period was over; draw it up again when the last day is over"""

    type, status, zh = "period-not-over", 409, "该草稿编制时统计期尚未结束，请于期满后重新编制再发布"


class DraftChanged(Problem):
    """Somebody drew up this draft again; look at the one that is there now"""

    type, status, zh = "draft-changed", 412, "草稿已被他人重新编制，请查看最新内容"


class PrintingFailed(Problem):
    """The bulletin could not be printed; nothing was changed, and the reason is in the log"""

    type, status, zh = "printing-failed", 500, "通报未能印制，未作任何更改；原因见日志"
