"""Which addresses a webhook may have, which actions it may name, and which parts of the city."""

from collections.abc import Collection
from urllib.parse import urlsplit

from casehub.errors import Refusal
from casehub.events.chain import Unasked
from casehub.events.messages import NoticeKind

NOT_PLAIN = Refusal(
    "plain_address", "an address has no spaces, and other than ASCII only in its encoded form",
    "地址不能含空格，非 ASCII 字符须编码", "url",
)  # fmt: skip
NOT_WEB = Refusal(
    "web_address", "an address begins with http:// or https:// and names a host",
    "地址须以 http:// 或 https:// 开头并包含主机名", "url",
)  # fmt: skip
WITH_PASSWORD = Refusal(
    "no_password", "an address carries no user or password: messages are signed",
    "地址不能包含用户名或密码：消息带有签名", "url",
)  # fmt: skip
NO_AREA = Refusal("unknown_area", "there is no such area; see GET /v1/areas", "区域不存在", "area_code")
NO_DEPARTMENT = Refusal(
    "unknown_department",
    "there is no such department; see GET /v1/departments",
    "部门不存在",
    "department_code",
)


def faults(url: str) -> list[Refusal]:
    """Every reason why this can't be the address of a webhook."""
    plain = url.isascii() and url.isprintable() and " " not in url
    try:
        parts = urlsplit(url)
        web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets around what is no address
        return [NOT_WEB]
    found = ((not plain, NOT_PLAIN), (not web, NOT_WEB), ("@" in parts.netloc, WITH_PASSWORD))
    return [refusal for wrong, refusal in found if wrong]


def action_faults(named: Collection[str], known: Collection[str]) -> list[Refusal]:
    """The actions that a webhook names and that never happen; `known` are those of the workflows."""
    there = sorted({*known, *Unasked, *NoticeKind})
    odd = sorted({*named} - {*there})
    return [
        Refusal(
            "unknown_action", f"no workflow has {', '.join(odd)}; there are: {', '.join(there)}",
            f"没有流程包含操作 {'、'.join(odd)}；可用操作：{'、'.join(there)}", "actions",
        )
    ] if odd else []  # fmt: skip
