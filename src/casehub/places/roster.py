"""The roster (排班): which collector patrols which duty grid, from when to when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from casehub.errors import Refusal
from casehub.places.areas import Area

DUTY_GRID = "duty_grid"


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift is [begins_at, ends_at); one that ends when it begins was called off.

    A standing one says whose duty grid it is, on shift or off; it may have no end.
    """

    person_no: str
    area_code: str
    begins_at: datetime
    ends_at: datetime | None
    standing: bool


def shift_faults(shifts: Sequence[Shift], areas: Mapping[str, Area]) -> Iterator[Refusal]:
    """Every reason why a roster can't be taken; `areas` holds those that it names, as far as they exist."""
    seen = set()
    for place, one in enumerate(shifts):
        field = f"shifts.{place}"
        if one.area_code not in areas:
            en = f"there is no area {one.area_code!r}"
            yield Refusal("unknown_area", en, f"区域不存在：{one.area_code}", f"{field}.area")
        elif areas[one.area_code]["kind"] != DUTY_GRID:
            en = f"{one.area_code!r} is no duty grid: collectors patrol duty grids"
            yield Refusal("no_duty_grid", en, f"{one.area_code} 不是责任网格", f"{field}.area")
        if one.ends_at is None and not one.standing:
            en = "say when the shift ends; only a standing assignment has no end"
            yield Refusal("end_needed", en, "请填写班次结束时间；仅固定责任分工可不填", f"{field}.ends_at")
        if one.ends_at is not None and one.ends_at < one.begins_at:
            yield Refusal(
                "ends_before_begin", "the shift ends before it begins", "班次结束时间早于开始时间", f"{field}.ends_at"
            )  # fmt: skip
        key = (one.person_no, one.area_code, one.begins_at)
        if key in seen:
            yield Refusal("said_twice", "the same shift stands twice", "同一班次重复", field)
        seen.add(key)
