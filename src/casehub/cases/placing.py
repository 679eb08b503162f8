"""Where a report lies: the unit grid of its point, and whether a permit allows what was seen."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from casehub.cases.facts import Category
from casehub.cases.reports import Intake, Report, unknown
from casehub.errors import Refusal
from casehub.places.citymap import CityMap
from casehub.places.grids import Ground, grid_of
from casehub.places.permits import permitting


@dataclass(frozen=True, slots=True)
class Placed:
    """A report with its place, all areas it lies in, and what contradicts itself in it."""

    report: Report
    lies_in: Collection[str] = ()
    faults: list[Refusal] = field(default_factory=list)


def place(reports: Sequence[Report], around: Intake, city: CityMap) -> list[Placed]:
    """Place reports: a point gives its unit grid.

    A point outside all grids is left without an area. Source: reference 2.4 row 1.
    """
    spots = [one.point for one in reports if one.point is not None]
    holding = iter(city.locator.holding(spots))
    return [_place_one(one, next(holding) if one.point else (), around, city) for one in reports]


def _place_one(report: Report, grounds: Sequence[Ground], around: Intake, city: CityMap) -> Placed:
    faults = [*_unknown_component(report, around)]
    if report.area is None:
        grid = grid_of(grounds)
        lies_in = grounds[0].lies_in if grid else frozenset[str]()
        return Placed(replace(report, area=grid) if grid else report, lies_in, faults)
    if report.area not in around.areas:
        faults.append(unknown("area", report.area, "see GET /v1/areas", "区域"))
    elif report.point is not None:
        faults += _elsewhere(report.area, grounds, city)
    return Placed(report, around.areas.get(report.area, ()), faults)


def _unknown_component(report: Report, around: Intake) -> list[Refusal]:
    """A city without a register checks nothing."""
    code = report.component_code
    if code is None or code in around.components or not around.has_register:
        return []
    return [unknown("component_code", code, "see GET /v1/components, or leave it out", "部件")]


def _elsewhere(area: str, grounds: Sequence[Ground], city: CityMap) -> list[Refusal]:
    """A point and an area that contradict each other: nothing is set right for whoever reports."""
    grid = grid_of(grounds)
    if any(area in one.lies_in for one in grounds) or (grid is None and area not in city.locator.codes):
        return []
    where, ort = (
        (f"in unit grid {grid}", f"位于单元网格 {grid}") if grid else ("outside of it", "在其范围之外")
    )
    return [Refusal(
        "point_in_area", f"the point does not lie in area {area!r}: it is {where}; correct one of them or leave out the area",
        f"坐标不在区域 {area} 内：{ort}，请更正其一，或不填区域", "area",
    )]  # fmt: skip


def permit_marks(
    placed: Placed, category: Category, around: Intake, city: CityMap, at: datetime
) -> Mapping[str, str]:
    """The mark that names a permit in force for what was seen. People decide; the guard `not_permitted` reminds them.

    Permits are for events. Source: reference 0.4 (S0e), 2.4.
    """
    there = city.permits.get((category.scheme, category.code)) if category.kind == "event" else None
    if not there:
        return {}
    seen_at = (placed.report.observed_at or at).astimezone(around.calendar.tz)
    permit = permitting(there, placed.report.point, placed.lies_in, seen_at)
    return {"permit_code": permit.permit_code} if permit else {}
