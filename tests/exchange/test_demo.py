"""The demo city."""

import stat
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from tests.cast import City, desk_of, make_settings
from tests.conftest import MakeCity

from casehub import opening
from casehub.cases.commands import audit
from casehub.clock import WallClock
from casehub.exchange.demo import DemoRefused, demo_settings, furnish_demo, tell_demo
from casehub.exchange.showcase import COUNTS, area_rows
from casehub.people.actors import Role
from casehub.places.areas import area_faults
from casehub.settings import Settings
from casehub.workflow.definition import parse_definition


@pytest.fixture
async def demo(make_city: MakeCity, tmp_path: Path) -> City:
    """A city made by the demo."""
    city = await make_city(cast=False)
    city.settings = city.settings.model_copy(update={"home": tmp_path / "home"})
    city.keys = await furnish_demo(city.engine, city.settings, at())
    return city


def at() -> datetime:
    return WallClock().now()


async def test_the_demo_has_a_case_in_every_state(demo: City) -> None:
    content = (opening.shipped("workflows") / "event.yaml").read_text(encoding="utf-8")
    rows = await demo.sql("SELECT state, count(*) AS n FROM cases GROUP BY state")
    found = {one.state: one.n for one in rows}
    assert set(found) == set(parse_definition(content, "event.yaml").states)
    assert found == COUNTS
    async with demo.engine.begin() as tx:
        _, seen, faults = await audit(tx, 0)
    assert (seen, faults) == (60, [])


async def test_the_demo_shows_every_light(demo: City, tmp_path: Path) -> None:
    async with desk_of(demo, tmp_path) as desk:
        page = await desk.get("dispatcher", "/v1/cases?open=true&limit=200")
    lights = Counter(one["light"] for one in page["items"])
    assert lights["green"] >= 3
    assert lights["yellow"] >= 3
    assert lights["red"] >= 3


async def test_every_role_gets_a_key_that_works(demo: City, tmp_path: Path) -> None:
    assert set(demo.keys) == {role.value for role in Role if role is not Role.SYSTEM}
    async with desk_of(demo, tmp_path) as desk:
        for role in demo.keys:
            assert (await desk.get(role, "/v1/me"))["roles"] == [role]


async def test_the_duty_list_of_the_demo_says_who_was_sent_for_and_goes_by_itself_once(
    demo: City, tmp_path: Path
) -> None:
    marked = await demo.sql(
        "SELECT count(*) AS n, count(marks ->> 'duty_row') AS by_list FROM cases WHERE department_code IS NOT NULL"
    )
    assert marked[0].n == marked[0].by_list == 36
    async with desk_of(demo, tmp_path) as desk:
        born = await desk.report(scheme="gbt30428_2_2013", location={"lon": 113.19, "lat": 33.77})
        await desk.act("acceptor", born["case_no"], "propose_filing", condition="c1")
        gone = await desk.act("shift_leader", born["case_no"], "file")
    assert (gone["state"], gone["department"], gone["marks"]["duty_row"]) == (
        "dispatched",
        "demo_urban",
        "1/11",
    )


async def test_the_people_of_the_demo_can_sign_in(demo: City, tmp_path: Path) -> None:
    async with desk_of(demo, tmp_path) as desk:
        given = await desk.ask("security", "POST", "/v1/people/demo_h1/password")
        body = {"person_no": "demo_h1", "password": given.json()["password"]}
        token = (await desk.ask(None, "POST", "/v1/sign-in", json=body)).json()["token"]
        own = {"old": body["password"], "new": "correct horse battery"}
        assert (await desk.ask(token, "PUT", "/v1/me/password", json=own)).status_code == 204
        told = (await desk.ask(None, "POST", "/v1/sign-in", json=body | {"password": own["new"]})).json()
        assert (await desk.get(told["token"], "/v1/me"))["posts"] == [
            {"role": "department", "area": None, "department": "demo_clean"}
        ]


async def test_a_second_demo_keeps_the_city_and_its_keys(demo: City) -> None:
    file = demo.settings.home / "demo-keys.json" if demo.settings.home else Path()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = await demo.counts()
    assert await furnish_demo(demo.engine, demo.settings, at()) == demo.keys
    assert await demo.counts() == before


async def test_a_demo_is_not_made_in_a_city_at_work(demo: City) -> None:
    assert demo.settings.home is not None
    (demo.settings.home / "demo-keys.json").unlink()
    with pytest.raises(DemoRefused):
        await furnish_demo(demo.engine, demo.settings, at())


async def test_the_demo_prints_five_commands_with_its_own_keys(demo: City) -> None:
    async with demo.engine.begin() as tx:
        lines = await tell_demo(tx, demo.keys, "http://127.0.0.1:8000", at())
    commands = [one for one in lines if one.startswith("curl")]
    assert len(commands) == 5
    assert all(any(key in one for key in demo.keys.values()) for one in commands)
    assert "Idempotency-Key" in commands[1]
    assert "dry_run=true" in commands[2]
    assert commands[2].replace("?dry_run=true", "").replace("'", "") == commands[3].replace("'", "")
    # An alert may have come in between: what was printed works hours later, too.
    assert "If-Match" not in commands[3]
    assert lines[-2] == "API documentation: http://127.0.0.1:8000/docs"


def test_the_demo_has_a_home_and_a_region_of_its_own() -> None:
    settings = demo_settings(
        make_settings("x", region_code=Settings.model_fields["region_code"].default), "demo"
    )
    assert settings.home is not None
    assert settings.home.name == "demo"
    assert settings.region_code == "410400"
    own = make_settings("x", home=Path("mine"), region_code="110101")
    assert demo_settings(own, "demo") == own


def test_the_demo_has_a_city_of_two_districts_down_to_sixty_four_grids() -> None:
    rows = area_rows("410400")
    kinds = Counter(row["kind"] for row in rows)
    assert kinds == {
        "city": 1, "district": 2, "subdistrict": 4, "community": 8, "unit_grid": 64, "duty_grid": 2,
    }  # fmt: skip
    around = {row["area_code"]: row for row in rows}
    assert [one for row in rows for one in area_faults(row["area_code"], row, around)] == []


async def test_every_case_of_the_demo_lies_in_its_unit_grid(demo: City) -> None:
    kinds = await demo.sql(
        "SELECT a.kind, count(*) AS n FROM cases JOIN areas a USING (area_code) GROUP BY 1"
    )
    assert [tuple(one) for one in kinds] == [("unit_grid", 60)]
    (there,) = await demo.sql(
        "SELECT count(*) AS n FROM areas WHERE kind = 'unit_grid' AND lies_in && '{duty_east}' AND lies_in && '{410402,110102}'"
    )
    assert there.n == 32


async def test_the_demo_shows_the_limits_of_the_example_city_as_such(demo: City, tmp_path: Path) -> None:
    async with desk_of(demo, tmp_path) as desk:
        rows = await desk.get("acceptor", "/v1/schemes/gbt30428_2_2013/limits")
    assert (len(rows), {one["source"] for one in rows}) == (424, {"limits_example_city"})
    building = [one["steps"][-1]["limit"] for one in rows if (one["kind"], one["code"]) == ("event", "0101")]
    assert building == ["2 urgent_day", "15 work_day"]
