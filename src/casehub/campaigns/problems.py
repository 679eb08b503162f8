"""Why something about a campaign was refused."""

from casehub.errors import Problem


class CampaignNotFound(Problem):
    """There is no such campaign; GET /v1/campaigns lists all"""

    type, status, zh = "campaign-not-found", 404, "专项行动不存在，见 GET /v1/campaigns"


class ItemNotFound(Problem):
    """This case is not on the list of the campaign, or lies outside what you may see"""

    type, status, zh = "campaign-item-not-found", 404, "该案件不在本行动清单内，或不在您的可见范围内"


class ReportNotFound(Problem):
    """This campaign has no such report"""

    type, status, zh = "campaign-report-not-found", 404, "本行动没有该报告"


class BatchNotFound(Problem):
    """This campaign has no such batch"""

    type, status, zh = "campaign-batch-not-found", 404, "本行动没有该批次"


class CampaignInvalid(Problem):
    """The campaign can't be planned like this; every reason is listed"""

    type, status, zh = "campaign-invalid", 422, "专项行动设置有误，原因见 errors"


class CampaignRefused(Problem):
    """This can't be done with the campaign or the item now; every reason is listed"""

    type, status, zh = "campaign-refused", 409, "当前不能对该行动或清单项执行此操作，原因见 errors"
