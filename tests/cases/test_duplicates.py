"""Near in place and time: 50 metres and 24 hours, the edges included (reference 2.6)."""

from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.imagined import AT

from casehub.cases.duplicates import Nearness, Sighting, candidates, is_candidate, metres, spot_of, spots
from casehub.cases.numbering import case_no

HERE = (116.4, 39.9)
#: Metres of one degree of latitude on the sphere that haversine uses.
DEGREE = metres((0.0, 0.0), (0.0, 1.0))


def north(of_metres: float) -> tuple[float, float]:
    return HERE[0], HERE[1] + of_metres / DEGREE


@pytest.mark.parametrize(("away", "near"), [(0, True), (49.99, True), (50.01, False), (500, False)])
def test_near_is_up_to_fifty_metres(away: float, near: bool) -> None:
    assert is_candidate(HERE, AT, north(away), AT, Nearness()) is near


def test_exactly_the_radius_is_near() -> None:
    there = north(50)
    assert is_candidate(HERE, AT, there, AT, Nearness(radius_metres=metres(HERE, there)))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("apart", "near"), [
    (timedelta(hours=24), True), (timedelta(hours=24, microseconds=1), False), (timedelta(0), True),
])  # fmt: skip
def test_within_a_day_before_or_after(apart: timedelta, near: bool, sign: int) -> None:
    assert is_candidate(HERE, AT, HERE, AT + sign * apart, Nearness()) is near


def test_a_city_may_say_what_near_is() -> None:
    near = Nearness(radius_metres=200, window_hours=0.5)
    assert is_candidate(HERE, AT, north(199), AT + timedelta(minutes=30), near)
    assert not is_candidate(HERE, AT, north(199), AT + timedelta(minutes=31), near)


def test_the_distance_of_two_places_in_beijing() -> None:
    # Tian'anmen to Beijing West Railway Station, about 6.4 km as the crow flies.
    assert isclose(metres((116.3975, 39.9087), (116.3222, 39.8949)), 6600, rel_tol=0.05)


POINTS = st.tuples(st.floats(73, 135), st.floats(18, 53.5))


@given(
    here=POINTS, bearing=st.tuples(st.floats(-1, 1), st.floats(-1, 1)), radius=st.floats(1, 1000), hours=st.floats(0, 72),
    apart=st.floats(-1, 1),
)  # fmt: skip
def test_the_sieve_loses_nobody_who_is_near(
    here: tuple[float, float], bearing: tuple[float, float], radius: float, hours: float, apart: float
) -> None:
    near = Nearness(radius, hours)
    there = here[0] + bearing[0] * radius / DEGREE * 2, here[1] + bearing[1] * radius / DEGREE * 2
    then = AT + apart * 1.5 * near.window
    if is_candidate(here, AT, there, then, near):
        assert spot_of(there, then) in spots(here, AT, near)


def test_a_spot_is_looked_through_once_and_few_are() -> None:
    around = spots(HERE, AT, Nearness())
    assert len(set(around)) == len(around) <= 12


def test_days_and_places_do_not_share_a_spot() -> None:
    corners = [(-180.0, -90.0), (179.9999, -90.0), (-180.0, 89.9999), (179.9999, 89.9999)]
    told = {spot_of(one, AT + timedelta(days=day)) for one in corners for day in range(3)}
    assert len(told) == 12


def test_at_most_ten_candidates_are_told_with_their_distance() -> None:
    seen = [Sighting(f"n{place}", *north(place), AT, "reported") for place in range(60)]
    told = candidates(HERE, AT, seen, Nearness(radius_metres=5.5))
    assert [(one["case_no"], one["distance_metres"]) for one in told] == [
        (f"n{m}", float(m)) for m in range(6)
    ]
    assert len(candidates(HERE, AT, seen, Nearness())) == 10


@given(a=POINTS, b=POINTS)
def test_a_distance_is_the_same_both_ways(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert isclose(metres(a, b), metres(b, a), abs_tol=1e-6)


@pytest.mark.parametrize(("sequence", "digits", "told"), [
    (1, 6, "11010120240501000001"), (999999, 6, "11010120240501999999"), (1000000, 6, "110101202405011000000"),
    (7, 4, "110101202405010007"),
])  # fmt: skip
def test_a_case_number_is_region_day_and_sequence(sequence: int, digits: int, told: str) -> None:
    assert case_no("110101", date(2024, 5, 1), sequence, digits) == told


@given(st.lists(st.tuples(st.dates(), st.integers(1, 10**8)), unique=True, max_size=20))
def test_no_two_cases_have_the_same_number(drawn: list[tuple[date, int]]) -> None:
    assert len({case_no("110101", day, sequence, 6) for day, sequence in drawn}) == len(drawn)
