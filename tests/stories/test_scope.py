"""One scope for everything: areas and departments with what lies below them, each post in its own part of the city."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event
from tests.cast import Desk
from tests.receiver import add_webhook, deliveries

NOWHERE = "http://127.0.0.1:9/"


async def person(desk: Desk, number: str, *posts: dict[str, Any]) -> str:
    """The token of somebody who holds these posts."""
    body: dict[str, Any] = {"name": f"{number} 同志"}
    assert (await desk.ask("administrator", "PUT", f"/v1/people/{number}", json=body)).status_code == 204
    body = {"posts": list(posts)}
    assert (await desk.ask("security", "PUT", f"/v1/people/{number}/posts", json=body)).status_code == 204
    once = (await desk.ask("security", "POST", f"/v1/people/{number}/password")).json()["password"]
    said = {"person_no": number, "password": once}
    token = str((await desk.ask(None, "POST", "/v1/sign-in", json=said)).json()["token"])
    change = {"old": once, "new": "correct horse battery"}
    assert (await desk.ask(token, "PUT", "/v1/me/password", json=change)).status_code == 204
    return token


async def sees(desk: Desk, who: str) -> set[str]:
    return {one["case_no"] for one in (await desk.get(who, "/v1/cases?limit=200"))["items"]}


async def test_a_post_in_an_area_sees_what_lies_in_it_and_below(client: Desk) -> None:
    east, grid, west, nowhere = [
        (await client.report(**said))["case_no"] for said in ({"area": "east"}, {"area": "east1"}, {"area": "west"}, {})
    ]  # fmt: skip
    assert await sees(client, await person(client, "n1", {"role": "acceptor", "area_code": "east"})) == {
        east,
        grid,
    }
    both = await person(
        client, "n2", {"role": "acceptor", "area_code": "east1"}, {"role": "evaluator", "area_code": "west"}
    )
    assert await sees(client, both) == {grid, west}
    assert await sees(client, await person(client, "n3", {"role": "dispatcher"})) == {
        east,
        grid,
        west,
        nowhere,
    }
    assert await sees(client, await person(client, "n4")) == set()


async def test_a_post_sees_the_cases_of_departments_below_and_those_it_helps_with(client: Desk) -> None:
    below = {"name": "一队", "kind": "squad", "parent_code": "d1"}
    assert (await client.ask("administrator", "PUT", "/v1/departments/d11", json=below)).status_code == 204
    led, mine, helped = [await client.case_in("filed", area=area) for area in ("east", "east", "west")]
    other = await client.case_in("filed", area="east")
    for case_no, said in (
        (led, {"department": "d1"}), (mine, {"department": "d11"}), (helped, {"department": "d2"}), (other, {"department": "d2"}),
    ):  # fmt: skip
        await client.act("dispatcher", case_no, "dispatch", limit="1 work_day", **said)
    hook = await add_webhook(client, NOWHERE, department_code="d1")
    await client.act("dispatcher", helped, "add_co_dept", department="d11", limit="1 work_day")
    assert [one["case_no"] for one in await deliveries(client, hook)] == [helped]
    upper = {"role": "department", "department_code": "d1"}
    assert await sees(client, await person(client, "n1", upper)) == {led, mine, helped}
    squad = {"role": "department", "department_code": "d11"}
    assert await sees(client, await person(client, "n2", squad)) == {mine, helped}
    assert await sees(client, await person(client, "n3", squad | {"area_code": "east"})) == {mine}


async def test_a_role_held_in_one_part_of_the_city_does_nothing_in_another(client: Desk) -> None:
    east, west = [
        await client.case_in("filed", area=area, reporter={"name": "王女士"}) for area in ("east", "west")
    ]
    who = await person(
        client, "n1", {"role": "acceptor", "area_code": "east"}, {"role": "dispatcher", "area_code": "west"}
    )
    assert await sees(client, who) == {east, west}
    form = {"department": "d1", "limit": "1 work_day"}
    refused = await client.try_act(who, east, "dispatch", form)
    assert (refused.status_code, refused.json()["type"]) == (403, "/v1/problems#wrong-role")
    listed = {one["action"]: one["allowed"] for one in await client.get(who, f"/v1/cases/{east}/actions")}
    assert listed["dispatch"] is False
    assert (await client.try_act(who, west, "dispatch", form)).status_code == 200
    assert (await client.get(who, f"/v1/cases/{east}"))["reporters"][0]["name"] == "王*"
    assert "reporters" not in await client.get(who, f"/v1/cases/{west}")
    for case_no, status in ((east, 201), (west, 403)):
        path = f"/v1/cases/{case_no}/reporters/readings"
        assert (await client.ask(who, "POST", path, json={"purpose": "回访"})).status_code == status


async def test_what_a_collector_reported_gives_them_no_other_post_there(client: Desk) -> None:
    who = await person(client, "n1", {"role": "collector"}, {"role": "acceptor", "area_code": "west"})
    photo = await client.photo(who)
    east = (await client.report(who, source="collector", photos=[photo], area="east"))["case_no"]
    assert east in await sees(client, who)
    refused = await client.try_act(who, east, "propose_filing")
    assert (refused.status_code, refused.json()["type"]) == (403, "/v1/problems#wrong-role")


async def why(desk: Desk, who: str, query: str = "", language: str = "en") -> Any:
    page = await desk.get(who, f"/v1/cases?{query}", headers={"Accept-Language": language})
    assert (page["items"], page["next"]) == ([], None)
    return page["empty_because"]


async def test_an_empty_list_says_why(client: Desk) -> None:
    north = await person(client, "n1", {"role": "acceptor", "area_code": "west"})
    assert (await why(client, north))["rule"] == "nothing_in_your_scope"
    await client.report(area="east")
    assert (await why(client, north))["rule"] == "nothing_in_your_scope"
    assert (await why(client, "auditor"))["rule"] == "no_post_sees_cases"
    assert (await why(client, "acceptor", "state=closed"))["rule"] == "filters_exclude_all"
    unknown = await why(client, "acceptor", "area=moon")
    assert (unknown["rule"], unknown["field"]) == ("unknown_area", "area")
    assert "moon" in (await why(client, "acceptor", "area=moon", "zh"))["message"]
    assert "岗位" in (await why(client, "auditor", language="zh"))["message"]
    assert (await client.get("acceptor", "/v1/cases"))["empty_because"] is None


@pytest.fixture
async def statements(client: Desk) -> AsyncIterator[list[str]]:
    """Every statement of the application since the list was cleared."""
    seen: list[str] = []

    def count(*said: Any) -> None:
        seen.append(said[2])

    assert client.app is not None
    engine = client.app.state.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    yield seen
    event.remove(engine, "before_cursor_execute", count)


async def test_one_case_and_fifty_cost_the_same_statements(client: Desk, statements: list[str]) -> None:
    who = await person(
        client, "n1", {"role": "acceptor", "area_code": "east"}, {"role": "dispatcher", "area_code": "west"},
        {"role": "department", "area_code": "city", "department_code": "d1"}, {"role": "collector"},
    )  # fmt: skip
    costs = []
    for _ in range(2):
        first = (await client.report(area="east", reporter={"name": "甲"}))["case_no"]
        cost = []
        for path in ("/v1/cases", f"/v1/cases/{first}", "/v1/cases?state=nonsense", "/v1/me"):
            statements.clear()
            assert (await client.ask(who, "GET", path)).status_code == 200
            cost.append(len(statements))
        costs.append(cost)
        for _ in range(49):
            await client.report(area="east")
    assert costs[0] == costs[1]
    assert costs[1] == [3, 4, 4, 1], "who calls is one statement, posts and all"


async def test_a_webhook_hears_of_its_part_of_the_city_only(client: Desk, statements: list[str]) -> None:
    await client.report(area="east1")
    statements.clear()
    await client.report(area="east1")
    before = len(statements)
    hooks = {}
    for name, said in {
        "all": {}, "east": {"area_code": "east"}, "d1": {"department_code": "d1"}, "d2": {"department_code": "d2"},
        "both": {"area_code": "west", "department_code": "d1"},
    }.items():  # fmt: skip
        hooks[name] = await add_webhook(client, NOWHERE, **said)
    statements.clear()
    mine = (await client.report(area="east1"))["case_no"]
    assert len(statements) == before, "a report costs no statement more"
    await client.walk(mine, "handling")
    other = (await client.report(area="west"))["case_no"]
    told = {
        name: {(one["case_no"], one["action"]) for one in await deliveries(client, hook)} for name, hook in hooks.items()
    }  # fmt: skip
    walk = {(mine, one) for one in ("report", "propose_filing", "file", "dispatch", "sign_in")}
    assert told["all"] == walk | {(other, "report")}
    assert told["east"] == walk
    assert told["d1"] == {(mine, "dispatch"), (mine, "sign_in")}
    assert told["d2"] == told["both"] == set()


async def test_a_department_that_gives_a_case_back_hears_of_that_and_then_no_more(client: Desk) -> None:
    hook = await add_webhook(client, NOWHERE, department_code="d1")
    case_no = await client.case_in("dispatched")
    await client.act(
        "department",
        case_no,
        "dept_return",
        reason="wrong_owner",
        opinion="不属于本部门职责",
        basis="权责清单",
    )
    await client.act("dispatcher", case_no, "return_accept", department="d2", limit="1 work_day")
    await client.act("other_department", case_no, "sign_in")
    heard = [one["action"] for one in await deliveries(client, hook)]
    assert heard[:2] == ["dispatch", "dept_return"]
    assert "sign_in" not in heard


async def test_a_webhook_names_a_part_of_the_city_that_is_there(client: Desk) -> None:
    body: dict[str, Any] = {"url": NOWHERE, "area_code": "moon"}
    answer = await client.ask("administrator", "POST", "/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "area_code")
    hook = await add_webhook(client, NOWHERE)
    body = {"url": NOWHERE, "department_code": "d99"}
    answer = await client.ask("administrator", "PUT", f"/v1/webhooks/{hook['webhook_id']}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "department_code")
    body = {"url": NOWHERE, "department_code": "d1"}
    changed = await client.ask("administrator", "PUT", f"/v1/webhooks/{hook['webhook_id']}", json=body)
    assert changed.json()["department_code"] == "d1"
