"""Why a webhook is refused."""

from casehub.errors import Problem


class WebhookNotFound(Problem):
    """There is no such webhook"""

    type, status, zh = "webhook-not-found", 404, "没有该 Webhook"


class WebhookInvalid(Problem):
    """The webhook can't be kept like this; every reason is listed"""

    type, status, zh = "webhook-invalid", 422, "Webhook 设置有误，原因见 errors"
