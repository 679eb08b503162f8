"""Permits (许可): what may be there for a time, so that the sight of it is no case. Source: reference 0.4 (S0e), 2.4."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from haversine import Unit, haversine

from casehub.errors import Refusal
from casehub.places.grids import Point

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may do what, where and when: in an area, or in a circle; on days of the city, in hours of each."""

    permit_code: str
    holder: str
    note: str | None
    scheme: str
    categories: tuple[str, ...]
    area_code: str | None
    lon: float | None
    lat: float | None
    radius_metres: float | None
    valid_from: date
    valid_to: date
    hours: tuple[str, ...] = ()


def permitting(
    permits: Iterable[Permit], point: Point | None, lies_in: Collection[str], at: datetime
) -> Permit | None:
    """The first permit in force at `at`, a time in the city's zone, at a point or for all of an area it lies in."""
    return next((one for one in permits if _in_force(one, at) and _covers(one, point, lies_in)), None)


def _in_force(permit: Permit, at: datetime) -> bool:
    if not permit.valid_from <= at.date() <= permit.valid_to:
        return False
    return not permit.hours or any(_within(span, at.time()) for span in permit.hours)


def _within(span: str, now: time) -> bool:
    """From the begin to before the end; a span may pass midnight."""
    begin, end = (time.fromisoformat(one) for one in span.split("-"))
    return begin <= now < end if begin < end else now >= begin or now < end


def _covers(permit: Permit, point: Point | None, lies_in: Collection[str]) -> bool:
    if permit.area_code is not None:
        return permit.area_code in lies_in
    if point is None or permit.lon is None or permit.lat is None or permit.radius_metres is None:
        return False
    metres = haversine((permit.lat, permit.lon), (point[1], point[0]), unit=Unit.METERS)
    return bool(metres <= permit.radius_metres)


def permit_faults(permit: Permit) -> Iterator[Refusal]:
    """Every reason why a permit says nothing clear."""
    circle = (permit.lon, permit.lat, permit.radius_metres)
    whole, some = None not in circle, any(one is not None for one in circle)
    if some != whole or whole == (permit.area_code is not None):
        yield Refusal(
            "one_place", "give either an area, or a circle by lon, lat and radius_metres",
            "请给出区域，或以经纬度和半径给出圆形范围，二者取一", "area_code",
        )  # fmt: skip
    if permit.valid_from > permit.valid_to:
        yield Refusal("days", "the first day comes after the last one", "起始日期晚于截止日期", "valid_to")
    for span in permit.hours:
        if not _SPAN.fullmatch(span):
            yield Refusal(
                "hours", f"{span!r}: write hours of the day as 17:00-21:00", f"{span}：时段应写作 17:00-21:00", "hours"
            )  # fmt: skip
