"""A city comes in a folder and is at work: who may do what, who answers for what, and where things are, fit together."""

from pathlib import Path

from tests.cast import ADMIN_KEY, City, Desk, desk_of
from tests.conftest import MakeCity
from tests.exchange.imagined_city import grid_code, point, write_city, write_csv

REGION, WIDE = "410401", 4
WELL = f"{REGION}0101000006"  # in grid 5, owned by bureau_1
OWN = "correct horse battery"


async def sign_in(desk: Desk, person: str) -> None:
    """From now on this person asks in their own name."""
    given = (await desk.ask(ADMIN_KEY, "POST", f"/v1/people/{person}/password")).json()["password"]
    for password in (given, OWN):
        said = {"person_no": person, "password": password}
        told = (await desk.ask(None, "POST", "/v1/sign-in", json=said)).json()
        desk.keys[person] = told["token"]
        if told["must_change_password"]:
            change = {"old": given, "new": OWN}
            assert (await desk.ask(person, "PUT", "/v1/me/password", json=change)).status_code == 204


async def give_limit(desk: Desk, kind: str, code: str) -> None:
    """A filing condition with a limit."""
    listed = await desk.get(ADMIN_KEY, f"/v1/categories?kind={kind}&scheme=cjt214_2007")
    category_id = next(one["category_id"] for one in listed if one["code"] == code)
    said = {"description": "井盖缺失", "limit": "4 work_hour"}
    path = f"/v1/categories/{category_id}/conditions/c1"
    assert (await desk.ask(ADMIN_KEY, "PUT", path, json=said)).status_code == 204


async def test_a_city_from_a_folder_sends_a_report_to_the_owner_of_the_component_by_itself(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city: City = await make_city(cast=False)
    folder = write_city(tmp_path / "city", wide=WIDE)
    write_csv(folder / "people.csv", "person_no,name,department_code", [
        ("chief_1", "网格长甲", ""), ("taker", "受理员", ""), ("leader", "值班长", ""), ("owner", "城管局值班", "bureau_1"),
        ("outsider", "路灯公司值班", "firm_1"),
    ])  # fmt: skip
    write_csv(folder / "posts.csv", "person_no,role,area_code,department_code", [
        ("taker", "acceptor", REGION, ""), ("leader", "shift_leader", "duty1", ""), ("owner", "department", "", "bureau_1"),
        ("outsider", "department", "", "firm_1"),
    ])  # fmt: skip
    write_csv(folder / "duty.csv", "department,kind,code,area,owner,basis,auto", [
        ("squad_1", "component", "0101", "duty1", "", "属地", "no"), ("bureau_1", "component", "0101", "", "bureau_1", "权属", "yes"),
    ])  # fmt: skip
    code, said = await city.casehub("city", "load", str(folder))
    assert code == 0, said
    async with desk_of(city, tmp_path) as desk:
        await give_limit(desk, "component", "0101")
        for person in ("taker", "leader", "owner", "outsider"):
            await sign_in(desk, person)
        lon, lat = point(5, WIDE)
        born = await desk.report(
            "taker", kind="component", category="0101", component_code=WELL, location={"lon": lon, "lat": lat}
        )
        assert born["area"] == grid_code(REGION, 5)
        await desk.act("taker", born["case_no"], "propose_filing", condition="c1")
        gone = await desk.act("leader", born["case_no"], "file")
        assert (gone["state"], gone["department"]) == ("dispatched", "bureau_1")
        assert gone["marks"]["duty_row"] == "1/2", "who owns it comes before where it is"
        (mine,) = (await desk.get("owner", "/v1/cases"))["items"]
        assert mine["case_no"] == born["case_no"]
        await desk.act("owner", born["case_no"], "sign_in")
        assert (await desk.get("outsider", "/v1/cases"))["items"] == []
        history = await desk.get("leader", f"/v1/cases/{born['case_no']}/history")
    assert [(one["action"], one["by"]) for one in history] == [
        ("report", "taker"), ("propose_filing", "taker"), ("file", "leader"), ("dispatch", "key:system"), ("sign_in", "owner"),
    ]  # fmt: skip
    assert (await city.casehub("audit", "verify"))[0] == 0
