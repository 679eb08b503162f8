"""Which areas there can be: their kinds, what lies below what, and what may belong to a group."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from casehub.errors import Refusal

#: From the largest to the smallest; what lies below an area is of a smaller kind. Source: reference 3.2.
Level = Literal["city", "district", "subdistrict", "community", "unit_grid"]
#: Areas that others belong to. Source: reference 1.1 (duty grids, areas of care), 0.4 (S0b: chiefs of roads).
Group = Literal["duty_grid", "care_area", "road"]
Kind = Literal[Level, Group]

LEVELS: tuple[str, ...] = get_args(Level)
GROUPS: tuple[str, ...] = get_args(Group)
UNIT_GRID = "unit_grid"

#: 12 digits of the community and 3 of its own. Source: reference 3.2.
_GRID_CODE = re.compile(r"[0-9]{15}")

#: An area as rules see it: at least {kind, parent_code, groups}.
Area = Mapping[str, Any]


def area_faults(code: str, area: Area, around: Mapping[str, Area]) -> Iterator[Refusal]:
    """Every reason why an area can't be so; `around` holds all areas as they will be."""
    yield from _code_faults(code, area)
    parent = area["parent_code"]
    if parent is not None:
        yield from _parent_faults(area, parent, around)
    for group in area["groups"]:
        if group not in around:
            yield Refusal("unknown_area", f"there is no area {group!r}", f"区域不存在：{group}", "groups")
        elif around[group]["kind"] not in GROUPS:
            yield Refusal(
                "group_kind", f"{group!r} is no {', '.join(GROUPS)}: areas lie below it, they don't belong to it",
                f"{group} 不是责任网格、管护区或道路", "groups",
            )  # fmt: skip
    if area["groups"] and area["kind"] in GROUPS:
        yield Refusal(
            "group_in_group", "a group can't belong to another one", "分组区域不能再归入其他分组", "groups"
        )


def _code_faults(code: str, area: Area) -> Iterator[Refusal]:
    if area["kind"] != UNIT_GRID:
        return
    if not _GRID_CODE.fullmatch(code) or area["parent_code"] != code[:12]:
        yield Refusal(
            "unit_grid_code", f"{code!r}: the code of a unit grid is the 12 digits of its parent community and 3 of its own",
            f"{code}：单元网格编码应为15位数字，前12位为上级社区编码", "area_code",
        )  # fmt: skip


def _parent_faults(area: Area, parent: str, around: Mapping[str, Area]) -> Iterator[Refusal]:
    if parent not in around:
        yield Refusal("unknown_area", f"there is no area {parent!r}", f"区域不存在：{parent}", "parent_code")
        return
    above = around[parent]["kind"]
    smaller = area["kind"] in GROUPS or (above in LEVELS and LEVELS.index(above) < LEVELS.index(area["kind"]))
    if above in GROUPS or not smaller:
        yield Refusal(
            "parent_kind", f"a {area['kind']} can't lie below a {above}; from large to small: {', '.join(LEVELS)}",
            f"{area['kind']} 不能隶属于 {above}；层级由大到小：{'、'.join(LEVELS)}", "parent_code",
        )  # fmt: skip


def chief_faults(rows: Sequence[Mapping[str, Any]]) -> Iterator[Refusal]:
    """Why these, {duty, person_no, valid_from, valid_to}, can't answer for an area; they are counted from 0."""
    seen: dict[tuple[str, str], int] = {}
    for place, row in enumerate(rows):
        if seen.setdefault((row["duty"], row["person_no"]), place) != place:
            yield Refusal(
                "said_twice", "the same person stands twice for this duty", "同一人员同一职责重复", f"chiefs.{place}.person_no"
            )  # fmt: skip
        yield from day_faults(row, f"chiefs.{place}.valid_to")


def day_faults(row: Mapping[str, Any], field: str) -> Iterator[Refusal]:
    """The first day does not come after the last one."""
    if row["valid_from"] and row["valid_to"] and row["valid_from"] > row["valid_to"]:
        yield Refusal("days", "the first day comes after the last one", "起始日期晚于截止日期", field)


def unknown_person(place: int, person_no: str) -> Refusal:
    """Nobody of that number can answer for an area."""
    return Refusal(
        "unknown_person", f"there is no person {person_no!r}; see GET /v1/people", f"人员不存在：{person_no}",
        f"chiefs.{place}.person_no",
    )  # fmt: skip
