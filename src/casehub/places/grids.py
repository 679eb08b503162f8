"""Which areas hold a point: the polygons of the city in a tree of boxes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely import (
    STRtree,
    bounds,
    from_geojson,
    intersects_xy,
    is_valid_reason,
    points,
    prepare,
    total_bounds,
)
from shapely.errors import GEOSException

from casehub.errors import Refusal
from casehub.places.areas import UNIT_GRID

#: (lon, lat) in degrees.
Point = tuple[float, float]
#: West, south, east, north in degrees.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """An area with a polygon, and all areas it lies in."""

    area_code: str
    kind: str
    lies_in: frozenset[str]


class Locator:
    """Finds the areas round a point. Built once for a version of the city's polygons: 10,000 take 60 ms."""

    def __init__(self, grounds: Iterable[tuple[Ground, str]]) -> None:
        """Areas with their polygons as GeoJSON."""
        # Unit grids first, by code: of several that hold a point, the first one is its grid.
        ordered = sorted(grounds, key=lambda one: (one[0].kind != UNIT_GRID, one[0].area_code))
        self._grounds = [ground for ground, _ in ordered]
        self._polygons = from_geojson(np.array([polygon for _, polygon in ordered], dtype=object))
        prepare(self._polygons)
        self._boxes = STRtree(self._polygons)
        self.codes = frozenset(ground.area_code for ground in self._grounds)

    def holding(self, spots: Sequence[Point]) -> list[tuple[Ground, ...]]:
        """The areas that hold each point, their edges included: its unit grid first, if it has one."""
        found: list[list[Ground]] = [[] for _ in spots]
        if spots and self._grounds:
            at = np.array(spots, dtype=float)
            asked, near = self._boxes.query(points(at))
            inside = intersects_xy(self._polygons[near], at[asked, 0], at[asked, 1])
            for spot, place in sorted(zip(asked[inside].tolist(), near[inside].tolist(), strict=True)):
                found[spot].append(self._grounds[place])
        return [tuple(one) for one in found]

    def grids(self, spots: Sequence[Point]) -> list[str | None]:
        """The unit grid of each point, if it has one."""
        return [grid_of(grounds) for grounds in self.holding(spots)]


def grid_of(grounds: Sequence[Ground]) -> str | None:
    """The unit grid among the areas that hold a point."""
    return grounds[0].area_code if grounds and grounds[0].kind == UNIT_GRID else None


def box_of(geometries: Iterable[Mapping[str, Any]]) -> Box:
    """The box round sound polygons, as GeoJSON."""
    west, south, east, north = total_bounds(from_geojson([json.dumps(one) for one in geometries])).tolist()
    return west, south, east, north


def geometry_faults(geometry: Mapping[str, Any]) -> list[Refusal]:
    """Why this is not a polygon on earth, as GeoJSON in degrees."""
    if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        return [
            _no_polygon("must be a GeoJSON Polygon or MultiPolygon", "应为 GeoJSON Polygon 或 MultiPolygon")
        ]
    try:
        polygon = from_geojson(json.dumps(geometry))
    except (GEOSException, TypeError, ValueError):
        return [_no_polygon("its coordinates are not rings of points", "坐标不是由点组成的环")]
    if polygon.is_empty or not polygon.is_valid:
        reason = "empty" if polygon.is_empty else is_valid_reason(polygon)
        return [_no_polygon(f"is not a sound polygon: {reason}", f"多边形无效：{reason}")]
    west, south, east, north = bounds(polygon)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        return [_no_polygon(
            "its points are not degrees of longitude and latitude (CGCS2000): convert projected coordinates first",
            "坐标不是 CGCS2000 经纬度，请先转换投影坐标",
        )]  # fmt: skip
    return []


def _no_polygon(en: str, zh: str) -> Refusal:
    return Refusal("polygon", en, zh, "geometry")
