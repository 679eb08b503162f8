"""Do the unit grids of a city lie as they must: each in its community, none on another?"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from shapely import Geometry, STRtree, area, difference, from_geojson, intersection, is_valid

from casehub.errors import Refusal
from casehub.places.areas import UNIT_GRID, Area

#: Edges that were drawn one by one never meet quite; more than this share of a unit grid is a mistake. Source: our choice.
SLIVER_SHARE = 0.01


def layout_faults(areas: Mapping[str, Area], touched: Collection[str]) -> Iterator[tuple[str, str, Refusal]]:
    """Unit grids that spill out of the area above them, or overlap: (grid, the other area, reason).

    `areas` are all of them, {kind, parent_code, geometry}; only pairs with one that is `touched` are judged, and no
    polygon that is unsound by itself. Source: reference 3.2; a point lies in one unit grid.
    """
    shapes = dict(_sound(areas))
    grids = [code for code in sorted(shapes) if areas[code]["kind"] == UNIT_GRID]
    for code in grids:
        above = areas[code]["parent_code"]
        if above in shapes and (code in touched or above in touched) and _spills(shapes[code], shapes[above]):
            yield code, above, Refusal(
                "outside_parent", f"{code} spills out of the polygon of {above}: redraw one of them",
                f"{code} 超出上级区域 {above} 的边界，请修正其一", "geometry",
            )  # fmt: skip
    drawn = np.array([shapes[code] for code in grids], dtype=object)
    left, right = STRtree(drawn).query(drawn, predicate="intersects")
    for one, other in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        code, second = grids[one], grids[other]
        if one < other and (code in touched or second in touched) and _overlap(shapes[code], shapes[second]):
            yield code, second, Refusal(
                "grids_overlap", f"{code} overlaps {second}: a point lies in one unit grid; redraw one of them",
                f"{code} 与 {second} 重叠：一个点只能属于一个单元网格，请修正其一", "geometry",
            )  # fmt: skip


def _sound(areas: Mapping[str, Area]) -> Iterator[tuple[str, Geometry]]:
    drawn = {code: json.dumps(one["geometry"]) for code, one in areas.items() if one["geometry"] is not None}
    shapes: Any = from_geojson(np.array([*drawn.values()], dtype=object), on_invalid="ignore")
    for code, shape, valid in zip(drawn, shapes, is_valid(shapes), strict=True):
        if valid and area(shape) > 0:
            yield code, shape


def _spills(grid: Geometry, above: Geometry) -> bool:
    return bool(area(difference(grid, above)) > SLIVER_SHARE * area(grid))


def _overlap(one: Geometry, other: Geometry) -> bool:
    return bool(area(intersection(one, other)) > SLIVER_SHARE * min(area(one), area(other)))
