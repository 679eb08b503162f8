"""Where things are: reports fall into unit grids, components say where they stand, permits say what may be there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.cast import START, City, Desk, desk_of
from tests.conftest import MakeCity
from tests.exchange.imagined_city import grid_code, point, square, write_city

from casehub.clock import SimulatedClock
from casehub.exchange.city import CityLoad

REGION, WIDE = "410401", 4
WELL = f"{REGION}0101000006"  # in grid 5
STALL = {"category": "0501", "scheme": "cjt214_2007"}


@pytest.fixture
async def mapped(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[tuple[City, Desk]]:
    """A city of sixteen grids and ten components, on a Monday morning."""
    city = await make_city(clock=SimulatedClock(START))
    async with city.engine.begin() as tx:
        load = CityLoad(
            tx,
            write_city(tmp_path / "city", wide=WIDE),
            at=START,
            tell=lambda _: None,
            advance=lambda _: None,
        )
        await load.run()
    assert load.faults == []
    async with desk_of(city, tmp_path) as desk:
        yield city, desk


def at(place: int) -> tuple[float, float]:
    return point(place, WIDE)


def location(place: int) -> dict[str, Any]:
    lon, lat = at(place)
    return {"lon": lon, "lat": lat}


async def test_a_report_falls_into_its_grid_and_is_found_by_everything_round_it(
    mapped: tuple[City, Desk],
) -> None:
    _, desk = mapped
    born = await desk.report(location=location(5))
    assert born["area"] == grid_code(REGION, 5)
    for area in (grid_code(REGION, 5), f"{REGION}001001", f"{REGION}001", REGION, "duty1", "ring_road"):
        found = await desk.get("dispatcher", f"/v1/cases?area={area}")
        assert [one["case_no"] for one in found["items"]] == [born["case_no"]], area
    assert (await desk.get("dispatcher", f"/v1/cases?area={grid_code(REGION, 6)}"))["items"] == []
    outside = await desk.report(location={"lon": 1, "lat": 1})
    assert outside["area"] is None


async def test_a_report_that_names_another_grid_is_not_set_right_but_refused(
    mapped: tuple[City, Desk],
) -> None:
    _, desk = mapped
    wrong = {"kind": "event", "category": "0102", "source": "leader", "location": location(5)}
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json=wrong | {"area": grid_code(REGION, 6)})
    assert answer.status_code == 422
    (reason,) = answer.json()["errors"]
    assert (reason["field"], reason["rule"]) == ("area", "point_in_area")
    assert grid_code(REGION, 5) in reason["message"]
    assert grid_code(REGION, 6) in reason["message"]
    batch = {"reports": [wrong | {"area": "duty1"}, wrong | {"area": "east"}, wrong | {"area": "nowhere"}]}
    answer = await desk.ask("acceptor", "POST", "/v1/cases/batch", json=batch)
    assert [one["status"] for one in answer.json()["outcomes"]] == [201, 422, 422]
    assert answer.json()["outcomes"][0]["case"]["area"] == "duty1", "what was said stays"


async def test_a_grid_drawn_anew_is_known_to_the_next_report(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    assert (await desk.report(location=location(0)))["area"] == grid_code(REGION, 0)
    far = {"lon": 113.0505, "lat": 33.0505}
    assert (await desk.report(location=far))["area"] is None
    community = f"{REGION}001001"
    body = {"name": "新网格", "kind": "unit_grid", "parent_code": community, "geometry": square(50, 50)}
    answer = await desk.ask("administrator", "PUT", f"/v1/areas/{community}999", json=body)
    assert answer.status_code == 204, answer.text
    assert (await desk.report(location=far))["area"] == f"{community}999"
    # Its community is named again: nobody else's polygon is lost, and its groups hold for the grid.
    here = await desk.get("collector", f"/v1/areas/at?lon={far['lon']}&lat={far['lat']}")
    assert here["unit_grid"] == f"{community}999"
    assert {one["area_code"] for one in here["areas"]} == {
        f"{community}999", community, f"{REGION}001", REGION, "duty1", "ring_road",
    }  # fmt: skip


async def test_components_go_with_a_polygon_that_is_drawn_anew(mapped: tuple[City, Desk]) -> None:
    city, desk = mapped
    first, second = grid_code(REGION, 0), grid_code(REGION, 1)
    stands = "SELECT area_code FROM components ORDER BY component_code LIMIT 3"
    for geometry, expected in (
        (square(50, 50), [None, second, grid_code(REGION, 2)]),
        # Over the second grid: of two that hold a point, the first one by code is its grid.
        (square(1, 0), [None, first, grid_code(REGION, 2)]),
        (square(0, 0), [first, second, grid_code(REGION, 2)]),
        (None, [None, second, grid_code(REGION, 2)]),
    ):
        body = {"name": "网格", "kind": "unit_grid", "parent_code": first[:12], "geometry": geometry}
        answer = await desk.ask("administrator", "PUT", f"/v1/areas/{first}", json=body)
        assert answer.status_code == 204, answer.text
        assert [one.area_code for one in await city.sql(stands)] == expected


async def test_the_chiefs_of_an_area_are_said_anew(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    path = "/v1/areas/duty1/chiefs"
    said = [
        {"duty": "grid_chief", "person_no": "a1", "valid_from": "2024-05-01", "valid_to": None},
        {"duty": "grid_deputy", "person_no": "a1", "valid_from": None, "valid_to": None},
    ]
    assert (await desk.ask("dispatcher", "PUT", path, json={"chiefs": said})).status_code == 403
    assert (await desk.ask("administrator", "PUT", path, json={"chiefs": said})).status_code == 204
    assert (await desk.get("collector", "/v1/areas/duty1"))["chiefs"] == said
    for wrong, rule, field in (
        ([said[0], {"duty": "x", "person_no": "nobody"}], "unknown_person", "chiefs.1.person_no"),
        ([*said, said[0]], "said_twice", "chiefs.2.person_no"),
        ([said[0] | {"valid_to": "2024-04-30"}], "days", "chiefs.0.valid_to"),
    ):
        answer = await desk.ask("administrator", "PUT", path, json={"chiefs": wrong})
        assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems#chiefs-invalid")
        assert [(one["rule"], one["field"]) for one in answer.json()["errors"]] == [(rule, field)]
        assert (await desk.get("collector", "/v1/areas/duty1"))["chiefs"] == said
    assert (await desk.ask("administrator", "PUT", path, json={"chiefs": []})).status_code == 204
    assert (await desk.get("collector", "/v1/areas/duty1"))["chiefs"] == []
    answer = await desk.ask("administrator", "PUT", "/v1/areas/nowhere/chiefs", json={"chiefs": said})
    assert answer.status_code == 404


async def test_a_component_says_where_it_stands(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    said = {"kind": "component", "category": "0101", "location": None, "component_code": WELL}
    born = await desk.report(**said)
    assert ((born["lon"], born["lat"]), born["area"]) == (at(5), grid_code(REGION, 5))
    again = await desk.report(**said)
    assert [one["case_no"] for one in again["candidates"]] == [born["case_no"]], "seen at the same component"
    told = {
        "kind": "component",
        "category": "0101",
        "source": "leader",
        "component_code": f"{REGION}0101999999",
    }
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json=told)
    assert answer.status_code == 422
    assert [(one["rule"], one["field"]) for one in answer.json()["errors"]] == [
        ("unknown_component_code", "component_code")
    ]


async def test_a_permitted_sight_is_reported_and_marked_and_not_filed(mapped: tuple[City, Desk]) -> None:
    city, desk = mapped
    assert isinstance(city.clock, SimulatedClock)
    # In the morning stalls are a case, in the evening they are permitted; the time that counts is when it was seen.
    morning = await desk.report(**STALL, location=location(0))
    assert "permit_code" not in morning["marks"]
    await desk.act("acceptor", morning["case_no"], "propose_filing")
    evening = await desk.report(**STALL, location=location(9), observed_at="2024-05-05T18:00:00+08:00")
    assert evening["marks"]["permit_code"] == "P1"
    assert (await desk.get("dispatcher", f"/v1/cases/{evening['case_no']}"))["marks"]["permit_code"] == "P1"
    answer = await desk.try_act("acceptor", evening["case_no"], "propose_filing")
    assert answer.status_code == 409
    assert [one["rule"] for one in answer.json()["errors"]] == ["not_permitted"]
    await desk.act("acceptor", evening["case_no"], "refuse", reason="not_in_scope", opinion="许可 P1")
    hotline = await desk.report(
        **STALL, source="hotline", location=location(9), observed_at="2024-05-05T18:00:00+08:00"
    )
    for action, form in (
        ("accept_order", {}),
        ("dispatch_directly", {"department": "d1", "limit": "4 work_hour"}),
    ):
        answer = await desk.try_act("acceptor", hotline["case_no"], action, form)
        assert [one["rule"] for one in answer.json()["errors"]] == ["not_permitted"]


async def test_a_permit_ends_on_the_day_it_is_changed_to(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    said = {**STALL, "location": location(9), "observed_at": "2024-05-05T18:00:00+08:00"}
    assert (await desk.report(**said))["marks"].get("permit_code") == "P1"
    (permit,) = await desk.get("acceptor", "/v1/permits")
    assert (permit["permit_code"], permit["categories"]) == ("P1", ["0501", "0502"])
    body = {name: value for name, value in permit.items() if name != "permit_code"}
    changed = body | {"valid_from": "2024-05-06"}
    assert (await desk.ask("acceptor", "PUT", "/v1/permits/P1", json=changed)).status_code == 403
    assert (await desk.ask("administrator", "PUT", "/v1/permits/P1", json=changed)).status_code == 204
    assert "permit_code" not in (await desk.report(**said))["marks"]
    for wrong, status in (
        ({"area_code": None}, 422),
        ({"area_code": "x"}, 422),
        ({"scheme": "x"}, 422),
        ({"hours": ["5"]}, 422),
    ):
        answer = await desk.ask("administrator", "PUT", "/v1/permits/P1", json=body | wrong)
        assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (status, "permit-invalid")


async def pages(desk: Desk, path: str) -> list[list[str]]:
    """Codes by page."""
    told: list[list[str]] = []
    following: str | None = path
    while following:
        page = await desk.get("collector", following)
        told.append(
            [one.get("area_code") if "name" in one else one["component_code"] for one in page["items"]]
        )
        following = page["next"]
    return told


async def test_areas_come_in_pages_by_parent_and_kind(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    community = f"{REGION}001001"
    grids = [grid_code(REGION, place) for place in range(16)]
    assert await pages(desk, f"/v1/areas?parent={community}&limit=6") == [grids[:6], grids[6:12], grids[12:]]
    assert await pages(desk, "/v1/areas?kind=unit_grid&limit=16") == [grids]
    assert await pages(desk, "/v1/areas?kind=duty_grid") == [["duty1"]]
    assert len((await pages(desk, "/v1/areas"))[0]) == 21 + 4  # with those of the cast
    assert await pages(desk, f"/v1/areas?parent={grids[0]}") == [[]]
    answer = await desk.ask("collector", "GET", "/v1/areas?cursor=x")
    assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (422, "cursor-invalid")


async def test_an_area_is_read_with_its_polygon_and_who_answers_for_it(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    grid = await desk.get("collector", f"/v1/areas/{grid_code(REGION, 5)}")
    assert (grid["geometry"], grid["chiefs"]) == (square(1, 1), [])
    assert grid["lies_in"][-2:] == ["duty1", "ring_road"]
    duty = await desk.get("collector", "/v1/areas/duty1")
    assert duty["chiefs"] == [
        {"duty": "grid_chief", "person_no": "chief_1", "valid_from": "2024-01-01", "valid_to": None}
    ]
    assert (await desk.ask("collector", "GET", "/v1/areas/nowhere")).status_code == 404


@pytest.mark.parametrize(("code", "said", "rule"), [
    ("n1", {"kind": "unit_grid", "parent_code": f"{REGION}001001"}, "unit_grid_code"),
    (f"{REGION}001002001", {"kind": "unit_grid", "parent_code": f"{REGION}001001"}, "unit_grid_code"),
    ("n1", {"parent_code": "nowhere"}, "unknown_area"), ("n1", {"parent_code": f"{REGION}001001"}, "parent_kind"),
    ("n1", {"parent_code": "duty1"}, "parent_kind"), ("n1", {"groups": [REGION]}, "group_kind"),
    ("n1", {"groups": ["nowhere"]}, "unknown_area"), ("n1", {"kind": "road", "groups": ["duty1"]}, "group_in_group"),
    ("n1", {"geometry": {"type": "Point", "coordinates": [1, 2]}}, "polygon"), (REGION, {"kind": "unit_grid"}, "unit_grid_code"),
    (f"{REGION}001", {"kind": "community"}, "kind_in_use"), ("duty1", {"kind": "district"}, "kind_in_use"),
    (f"{REGION}001", {"kind": "district", "parent_code": f"{REGION}001"}, "parent_kind"),
])  # fmt: skip
async def test_an_area_that_can_not_be_so_is_refused_with_the_rule(
    mapped: tuple[City, Desk], code: str, said: dict[str, Any], rule: str
) -> None:
    _, desk = mapped
    answer = await desk.ask(
        "administrator", "PUT", f"/v1/areas/{code}", json={"name": "新", "kind": "district"} | said
    )
    assert answer.status_code == 422, answer.text
    assert rule in [one["rule"] for one in answer.json()["errors"]]


async def test_components_are_found_by_place_code_and_area(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    lon, lat = at(5)
    codes = [f"{REGION}0101{place + 1:06d}" for place in range(10)]
    # Grids are 0.001 degrees wide: 93 metres from west to east, 111 from south to north.
    for query, expected in {
        f"near={lon},{lat}": [codes[5]], f"near={lon},{lat}&metres=100": codes[4:7],
        f"near={lon},{lat}&metres=120": [codes[1], *codes[4:7], codes[9]], "near=1,1": [],
        f"code={WELL}": [WELL], f"code={REGION}": codes, f"code={REGION}0102": [], f"area={grid_code(REGION, 5)}": [WELL],
        "area=duty1": codes, "area=east": [], f"area=duty1&near={lon},{lat}": [WELL],
    }.items():  # fmt: skip
        assert await pages(desk, f"/v1/components?{query}") == [expected], query
    assert await pages(desk, "/v1/components?limit=4") == [codes[:4], codes[4:8], codes[8:]]
    for near in ("here", "1", "181,0", "nan,0", "1,2,3"):
        assert (await desk.ask("collector", "GET", f"/v1/components?near={near}")).status_code == 422


async def test_a_component_is_added_changed_and_placed(mapped: tuple[City, Desk]) -> None:
    _, desk = mapped
    lon, lat = at(2)
    body = {"scheme": "cjt214_2007", "category": "0101", "lon": lon, "lat": lat, "owner_unit": "d1"}
    path = f"/v1/components/{REGION}0101000077"
    assert (await desk.ask("dispatcher", "PUT", path, json=body)).status_code == 403
    assert (await desk.ask("administrator", "PUT", path, json=body)).status_code == 204
    changed = body | {"state": "damaged", "lon": at(3)[0]}
    assert (await desk.ask("administrator", "PUT", path, json=changed)).status_code == 204
    (told,) = (await desk.get("collector", f"/v1/components?code={REGION}0101000077"))["items"]
    assert (told["state"], told["area_code"], told["owner_unit"]) == ("damaged", grid_code(REGION, 3), "d1")
    for wrong in ({"category": "0102"}, {"scheme": "x"}, {"owner_unit": "x"}, {"care_unit": "x"}):
        answer = await desk.ask("administrator", "PUT", path, json=body | wrong)
        assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (422, "component-invalid"), (
            wrong
        )
