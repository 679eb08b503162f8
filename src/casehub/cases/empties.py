"""Why a list of cases is empty."""

from collections.abc import Mapping
from typing import Any

from casehub.errors import Refusal
from casehub.people.actors import Scope

_NO_POST = Refusal(
    "no_post_sees_cases", "none of your posts sees cases; ask the security officer for one that does",
    "您的岗位均无权查看案件，请联系安全管理员",
)  # fmt: skip
_NOTHING_YET = Refusal(
    "nothing_in_your_scope", "there is no case yet in your part of the city", "您的管辖范围内尚无案件"
)
_FILTERED = Refusal(
    "filters_exclude_all", "there are cases in your part of the city, but none for which all filters hold; leave one out",
    "您的管辖范围内没有同时符合全部筛选条件的案件，请放宽条件",
)  # fmt: skip


def why_empty(scope: Scope, wanted: Mapping[str, Any], *, area_known: bool, any_case: bool) -> Refusal:
    """The first reason that holds: who asks, what they named, where they look, what they filter by."""
    if not scope.parts and scope.person is None:
        return _NO_POST
    if wanted.get("area") and not area_known:
        en = f"there is no area {wanted['area']!r}; see GET /v1/areas"
        return Refusal("unknown_area", en, f"区域不存在：{wanted['area']}", "area")
    return _FILTERED if any_case else _NOTHING_YET
