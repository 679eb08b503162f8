"""Why something from the patrol side is not taken."""

from casehub.errors import Problem


class ItemReused(Problem):
    """This id was used for another item; make a new id for each new item"""

    type, status, zh = "item-reused", 422, "该条目编号已用于其他内容，请为新条目使用新编号"


class ItemBarred(Problem):
    """What had to come before this item was refused, or waits for the item itself"""

    type, status, zh = "item-barred", 409, "前置条目已被拒绝，或条目互为前置"


class TooManyWaiting(Problem):
    """Too many of your items wait; bring the photos and items that they wait for, then send this one again as it is"""

    type, status, zh = (
        "too-many-waiting",
        409,
        "等待中的条目过多，请先上传其所需的照片和前置条目，再原样重新提交本条目",
    )


class SpotCheckInvalid(Problem):
    """The spot check can't be entered as it is; every reason is listed"""

    type, status, zh = "spot-check-invalid", 422, "抽查记录有误，原因见 errors"


class FindingRefused(Problem):
    """This can't be said of the collector; every reason is listed"""

    type, status, zh = "finding-refused", 409, "操作被拒绝，原因见 errors"


class FindingNotFound(Problem):
    """There is no such missed or false report, or it lies outside what you may see"""

    type, status, zh = "finding-not-found", 404, "漏报/虚报记录不存在，或不在您的可见范围内"
