"""The register of components (部件): what a code says, and what is wrong with an entry."""

import re
from collections.abc import Iterator
from typing import Literal, get_args

from casehub.errors import Refusal

#: 完好, 破损, 丢失, 废弃. Source: reference 3.2.
State = Literal["intact", "damaged", "lost", "abandoned"]
#: Measured, reported by hand, found in a census. Source: reference 3.2.
Origin = Literal["measured", "by_hand", "census"]

STATES: dict[str, State] = dict(zip(("完好", "破损", "丢失", "废弃"), get_args(State), strict=True))

_CODE = re.compile(r"[0-9]{16}")


def component_faults(code: str, category: str) -> Iterator[Refusal]:
    """The code must be one, and its digits of the class those of the category.

    6 digits of the county, then 2 + 2 of the class and 6 of a sequence, or 2 + 3 and 5. Source: reference 3.2.
    """
    if not _CODE.fullmatch(code):
        yield Refusal(
            "component_code", f"{code!r}: a component code has 16 digits", f"{code}：部件编码应为16位数字", "component_code"
        )  # fmt: skip
    elif code[6 : 6 + len(category)] != category:
        yield Refusal(
            "class_in_code", f"{code} is not of class {category!r}: digits 7 and following say the class",
            f"{code} 与类别 {category} 不符：编码第7位起为类别代码", "category",
        )  # fmt: skip
