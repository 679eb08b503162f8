"""Where does a report lie, and is what it says permitted?"""

from datetime import date
from typing import Any

import pytest
from tests.cases.imagined import AT, CATEGORY
from tests.places.test_grids import COMMUNITY, ROW, ground, square

from casehub.cases.placing import permit_marks, place
from casehub.cases.reports import Intake, Report, at_component, pointless
from casehub.deadlines.calendar import USUAL
from casehub.places.citymap import CityMap, by_class
from casehub.places.grids import Locator
from casehub.places.permits import Permit

#: Grids 0 to 4 in a row from 100 to 105 degrees, and a care area with a polygon far away.
GRID, FIRST = f"{COMMUNITY}001", f"{COMMUNITY}000"
STALLS = Permit(
    "P1", "夜市", None, CATEGORY.scheme, (CATEGORY.code,), COMMUNITY, None, None, None, date(2024, 5, 6), date(2024, 5, 6)
)  # fmt: skip
CITY = CityMap(Locator([*ROW, ground(9, square(50, 30), "care_area")]), by_class([STALLS]))
AREAS = {
    COMMUNITY: [COMMUNITY],
    GRID: [GRID, COMMUNITY],
    FIRST: [FIRST, COMMUNITY],
    "care_area9": ["care_area9"],
    "west": ["west"],
}
WELL = "1101010101000001"


def around(**said: Any) -> Intake:
    told = {"components": [WELL], "has_register": True}
    return Intake([], {}, {}, USUAL, AREAS, {}, {}, {}, **(told | said))


def report(**said: Any) -> Report:
    told = Report(**({"kind": "event", "category": "0102", "source": "leader"} | said))
    return at_component(told, {WELL: (101.5, 30.5)})


def test_only_a_report_without_a_point_is_given_that_of_its_component() -> None:
    told = [Report("event", "0102", "leader", **said) for said in (
        {"component_code": WELL}, {"component_code": WELL, "lon": 1.0, "lat": 2.0}, {"lon": 1.0, "lat": 2.0}, {},
    )]  # fmt: skip
    assert pointless(told) == {WELL}
    found = [at_component(one, {WELL: (101.5, 30.5)}).point for one in told]
    assert found == [(101.5, 30.5), (1.0, 2.0), (1.0, 2.0), None]
    assert at_component(told[0], {}).point is None


@pytest.mark.parametrize(("said", "area"), [
    ({"lon": 101.5, "lat": 30.5}, GRID), ({"lon": 101.0, "lat": 30.5}, FIRST), ({"lon": 101.5, "lat": 40.0}, None), ({}, None),
    ({"lon": 50.5, "lat": 30.5}, None),
    ({"lon": 101.5, "lat": 30.5, "area": GRID}, GRID), ({"lon": 101.5, "lat": 30.5, "area": COMMUNITY}, COMMUNITY),
    # A point on an edge lies in both, whichever is named.
    ({"lon": 101.0, "lat": 30.5, "area": GRID}, GRID),
    # Without a polygon of the area or a grid of the point, nothing contradicts it.
    ({"lon": 10.0, "lat": 10.0, "area": "west"}, "west"), ({"area": GRID}, GRID),
    ({"component_code": WELL}, GRID), ({"component_code": WELL, "area": COMMUNITY}, COMMUNITY),
    ({"component_code": WELL, "lon": 100.5, "lat": 30.5}, FIRST),
])  # fmt: skip
def test_a_report_lies_where_it_says_or_in_the_grid_of_its_point(
    said: dict[str, Any], area: str | None
) -> None:
    (placed,) = place([report(**said)], around(), CITY)
    assert (placed.report.area, placed.faults) == (area, [])
    assert area is None or area in placed.lies_in


@pytest.mark.parametrize(("said", "rule", "field"), [
    ({"lon": 101.5, "lat": 30.5, "area": FIRST}, "point_in_area", "area"),
    ({"lon": 101.5, "lat": 30.5, "area": "west"}, "point_in_area", "area"),
    ({"lon": 10.0, "lat": 10.0, "area": GRID}, "point_in_area", "area"),
    ({"lon": 101.5, "lat": 30.5, "area": "care_area9"}, "point_in_area", "area"),
    ({"component_code": WELL, "area": FIRST}, "point_in_area", "area"),
    ({"area": "moon"}, "unknown_area", "area"), ({"area": "moon", "lon": 101.5, "lat": 30.5}, "unknown_area", "area"),
    ({"component_code": "1101010101000009"}, "unknown_component_code", "component_code"),
])  # fmt: skip
def test_a_report_that_contradicts_itself_is_told_so_and_not_set_right(
    said: dict[str, Any], rule: str, field: str
) -> None:
    (placed,) = place([report(**said)], around(), CITY)
    assert [(one.rule, one.field) for one in placed.faults] == [(rule, field)]
    assert any("一" <= sign <= "鿿" for sign in placed.faults[0].zh)


def test_the_refusal_names_the_area_and_the_grid_of_the_point() -> None:
    ((one,),) = [p.faults for p in place([report(lon=101.5, lat=30.5, area="west")], around(), CITY)]
    assert "'west'" in one.en
    assert GRID in one.en


def test_a_city_without_a_register_checks_no_component_codes() -> None:
    (placed,) = place([report(component_code="x")], around(components=[], has_register=False), CITY)
    assert placed.faults == []


def test_reports_of_a_batch_each_get_their_own_place() -> None:
    said = [report(lon=100.5, lat=30.5), report(), report(component_code=WELL), report(lon=104.5, lat=30.5)]
    assert [one.report.area for one in place(said, around(), CITY)] == [FIRST, None, GRID, f"{COMMUNITY}004"]


@pytest.mark.parametrize(("said", "mark"), [
    ({"lon": 101.5, "lat": 30.5}, {"permit_code": "P1"}), ({"area": COMMUNITY}, {"permit_code": "P1"}),
    ({"component_code": WELL}, {"permit_code": "P1"}), ({"area": "west"}, {}), ({"lon": 101.5, "lat": 40.0}, {}), ({}, {}),
    # Seen on the day before, in the city's time.
    ({"area": COMMUNITY, "observed_at": AT.replace(day=5, hour=15)}, {}),
    ({"area": COMMUNITY, "observed_at": AT.replace(day=5, hour=16)}, {"permit_code": "P1"}),
])  # fmt: skip
def test_a_permit_in_force_where_and_when_it_was_seen_is_named(
    said: dict[str, Any], mark: dict[str, str]
) -> None:
    (placed,) = place([report(**said)], around(), CITY)
    assert permit_marks(placed, CATEGORY, around(), CITY, AT) == mark


def test_permits_are_for_events_of_their_class() -> None:
    from dataclasses import replace

    (placed,) = place([report(area=COMMUNITY)], around(), CITY)
    for other in (
        replace(CATEGORY, kind="component"),
        replace(CATEGORY, code="0103"),
        replace(CATEGORY, scheme="x"),
    ):
        assert permit_marks(placed, other, around(), CITY, AT) == {}
