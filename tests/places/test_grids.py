"""Which unit grid is this point in?"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.places.grids import Ground, Locator, geometry_faults, grid_of

COMMUNITY = "110101001001"


def square(west: float, south: float, side: float = 1.0) -> dict[str, Any]:
    """A polygon of four corners."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def ground(number: int, polygon: dict[str, Any], kind: str = "unit_grid") -> tuple[Ground, str]:
    import json

    code = f"{COMMUNITY}{number:03d}" if kind == "unit_grid" else f"{kind}{number}"
    return Ground(code, kind, frozenset({code, COMMUNITY})), json.dumps(polygon)


def numbers(locator: Locator, *spots: tuple[float, float]) -> list[int | None]:
    return [None if code is None else int(code[12:]) for code in locator.grids(spots)]


ROW = [ground(number, square(100 + number, 30)) for number in range(5)]


def test_a_point_lies_in_the_grid_round_it_and_outside_in_none() -> None:
    locator = Locator(ROW)
    assert numbers(locator, (100.5, 30.5), (104.5, 30.999), (99.999, 30.5), (102.5, 31.001)) == [
        0,
        4,
        None,
        None,
    ]
    assert numbers(locator) == []
    assert Locator([]).grids([(1, 1)]) == [None]


def test_a_point_on_an_edge_or_in_two_grids_lies_in_the_one_with_the_smallest_code() -> None:
    for order in (ROW, ROW[::-1]):
        assert numbers(Locator(order), (101, 30.5), (104, 31), (105, 30)) == [0, 3, 4]
    overlapping = [ground(7, square(0, 0, 4)), ground(3, square(1, 1, 4))]
    for order in (overlapping, overlapping[::-1]):
        assert numbers(Locator(order), (2, 2), (0.5, 0.5), (4.5, 4.5)) == [3, 7, 3]


def test_a_hole_belongs_to_nobody_and_parts_of_a_grid_to_it() -> None:
    outer, inner = square(0, 0, 3)["coordinates"][0], square(1, 1, 1)["coordinates"][0]
    ring = {"type": "Polygon", "coordinates": [outer, inner]}
    islands = {
        "type": "MultiPolygon",
        "coordinates": [square(10, 0)["coordinates"], square(12, 0)["coordinates"]],
    }
    locator = Locator([ground(1, ring), ground(2, islands)])
    assert numbers(locator, (0.5, 0.5), (1.5, 1.5), (10.5, 0.5), (11.5, 0.5), (12.5, 0.5)) == [
        1,
        None,
        2,
        None,
        2,
    ]


def test_larger_areas_hold_a_point_too_but_are_no_grid_of_it() -> None:
    locator = Locator([ground(1, square(0, 0, 9), "district"), ground(1, square(0, 0))])
    inside, outside = locator.holding([(0.5, 0.5), (5, 5)])
    assert [one.kind for one in inside] == ["unit_grid", "district"]
    assert [one.kind for one in outside] == ["district"]
    assert (grid_of(inside), grid_of(outside), grid_of(())) == (f"{COMMUNITY}001", None, None)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4)), max_size=12),
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=12),
)
def test_the_tree_of_boxes_finds_what_looking_at_every_square_finds(
    squares: Sequence[tuple[int, int, int]], halves: Sequence[tuple[int, int]]
) -> None:
    spots = [(x / 2, y / 2) for x, y in halves]
    locator = Locator([ground(n, square(west, south, side)) for n, (west, south, side) in enumerate(squares)])
    expected = [
        next((n for n, (w, s, side) in enumerate(squares) if w <= x <= w + side and s <= y <= s + side), None)
        for x, y in spots
    ]
    assert numbers(locator, *spots) == expected


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


@pytest.mark.parametrize(("geometry", "word"), [
    ({"type": "Point", "coordinates": [1, 2]}, "Polygon or MultiPolygon"), ({}, "Polygon or MultiPolygon"),
    ({"type": "Polygon", "coordinates": "here"}, "rings of points"), ({"type": "Polygon"}, "rings of points"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "rings of points"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, None], [1, 1], [0, 0]]]}, "rings of points"),
    ({"type": "Polygon", "coordinates": []}, "empty"), (BOW_TIE, "Self-intersection"),
    (square(500_000, 3_400_000, 100), "convert projected coordinates"),
])  # fmt: skip
def test_what_is_no_polygon_on_earth_is_refused_with_the_reason(geometry: dict[str, Any], word: str) -> None:
    (fault,) = geometry_faults(geometry)
    assert word in fault.en
    assert (fault.field, bool(fault.zh)) == ("geometry", True)


def test_a_sound_polygon_passes() -> None:
    assert geometry_faults(square(116, 39)) == []
