"""The duty list of a city: put into force, explained, kept in versions."""

from typing import Any

from tests.cast import City, Desk

CLASS = {"scheme": "cjt214_2007", "kind": "event", "code": "0102"}
ROWS = [
    {"department": "d1", **CLASS, "basis": "市容条例第三条"},
    {"department": "d2", **CLASS, "area": "east"},
    {"department": "d3", "area": "city"},
]


async def put(desk: Desk, rows: list[dict[str, Any]], who: str = "administrator", **headers: str) -> Any:
    body = {"note": "2024 年版", "rows": rows}
    return await desk.ask(who, "PUT", "/v1/duty", json=body, headers=headers)


async def test_a_duty_list_is_put_into_force_explained_and_kept(client: Desk) -> None:
    desk = client
    assert (await desk.ask("dispatcher", "GET", "/v1/duty")).status_code == 404
    asked = {"scheme": "cjt214_2007", "kind": "event", "category": "0102"}
    silent = await desk.get("dispatcher", "/v1/duty/explain", params=asked)
    assert (silent["version"], silent["certainty"], silent["department"]) == (None, "silent", None)
    answer = await put(desk, ROWS, **{"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (200, 1, '"1"')
    city_wide = await desk.get("dispatcher", "/v1/duty/explain", params={**asked, "area": "west"})
    assert (city_wide["department"], city_wide["row"]["basis"]) == ("d1", "市容条例第三条")
    assert [row["row_no"] for row in city_wide["fitting"]] == [1, 3]
    grid = await desk.get("dispatcher", "/v1/duty/explain", params={**asked, "area": "east1"})
    assert (grid["department"], grid["version"], grid["row"]["row_no"]) == ("d2", 1, 2)
    other = await desk.get(
        "dispatcher", "/v1/duty/explain", params={**asked, "category": "0103", "area": "east1"}
    )
    assert (other["department"], other["certainty"]) == ("d3", "territorial")
    # The same again is no new version; another one leaves the first on record.
    assert (await put(desk, ROWS)).json()["version"] == 1
    assert (await put(desk, ROWS[1:])).json()["version"] == 2
    stale = await put(desk, ROWS, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert [one["version"] for one in await desk.get("dispatcher", "/v1/duty/versions")] == [2, 1]
    assert len((await desk.get("dispatcher", "/v1/duty/versions/1"))["rows"]) == 3
    assert (await desk.ask("dispatcher", "GET", "/v1/duty/versions/9")).status_code == 404


async def test_a_wrong_list_is_refused_whole_with_every_reason(client: Desk, city: City) -> None:
    before = await city.counts()
    wrong = await put(
        client, [*ROWS, {"department": "nobody", "area": "nowhere"}, {"department": "d1", "area": "city"}]
    )
    assert wrong.status_code == 422
    assert {(one["field"], one["rule"]) for one in wrong.json()["errors"]} == {
        ("rows.4.department", "unknown_department"), ("rows.4.area", "unknown_area"), ("rows.5.department", "said_twice"),
    }  # fmt: skip
    assert (await put(client, ROWS, who="dispatcher")).status_code == 403
    assert await city.counts() == before
    unknown = await client.ask(
        "dispatcher", "GET", "/v1/duty/explain", params={"scheme": "x", "kind": "event", "category": "0102"}
    )
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/v1/problems#class-unknown")


async def filed(desk: Desk, **said: Any) -> dict[str, Any]:
    """A case as it is right after it was filed, with the filing condition c1 unless its class has none."""
    case_no = (await desk.report(**said))["case_no"]
    form = {} if said.get("category") == "0103" else {"condition": "c1"}
    await desk.act("acceptor", case_no, "propose_filing", **form)
    return await desk.act("shift_leader", case_no, "file")


async def give_limits(desk: Desk, *codes: str) -> None:
    """A filing condition with a limit for these classes."""
    listed = await desk.get("administrator", "/v1/categories?kind=event&scheme=cjt214_2007")
    ids = {one["code"]: one["category_id"] for one in listed}
    for code in codes:
        said = {"description": "一处", "limit": "4 work_hour"}
        path = f"/v1/categories/{ids[code]}/conditions/c1"
        answer = await desk.ask("administrator", "PUT", path, json=said)
        assert answer.status_code == 204, answer.text


async def test_a_dispatch_that_names_nobody_goes_where_the_list_says(client: Desk) -> None:
    desk = client
    await give_limits(desk, "0102")
    first = await filed(desk, area="east1")
    refused = await desk.try_act("dispatcher", first["case_no"], "dispatch", {})
    assert [one["rule"] for one in refused.json()["errors"]] == ["department_said"]
    await put(desk, [*ROWS[:1], {**ROWS[1], "co_departments": ["d3"]}])
    said = await desk.get("dispatcher", f"/v1/cases/{first['case_no']}/duty")
    assert (said["department"], said["row_no"], said["certainty"], said["automatic"]) == (
        "d2",
        2,
        "sure",
        False,
    )
    went = await desk.act("dispatcher", first["case_no"], "dispatch")
    assert (went["department"], went["marks"]["duty_row"]) == ("d2", "1/2")
    assert went["marks"]["co_departments"] == ["d3"]
    # Who names a department is followed; the list is not.
    second = await filed(desk, area="east1")
    went = await desk.act("dispatcher", second["case_no"], "dispatch", department="d1")
    assert went["department"] == "d1"
    assert "duty_row" not in went["marks"]


async def test_what_is_sure_and_allowed_goes_by_itself_and_everything_else_waits(
    client: Desk, city: City
) -> None:
    desk = client
    await give_limits(desk, "0102", "0104")
    no_limit = {"department": "d1", **CLASS, "code": "0103", "auto": True}
    await put(desk, [{**ROWS[0], "auto": True}, ROWS[1], {**ROWS[2], "auto": True}, no_limit])
    went = await filed(desk, area="west")
    assert (went["state"], went["department"], went["marks"]["duty_row"]) == ("dispatched", "d1", "1/1")
    history = await desk.get("acceptor", f"/v1/cases/{went['case_no']}/history")
    assert [(one["action"], one["by"]) for one in history[-2:]] == [
        ("file", "s1"),
        ("dispatch", "key:system"),
    ]
    assert history[-1]["form"] == {"department": "d1"}
    assert (await filed(desk, area="east1"))["state"] == "filed", "its row does not say auto"
    assert (await filed(desk, category="0104", area="west"))["state"] == "filed", "only the place decides"
    assert (await filed(desk, category="0103", area="west"))["state"] == "filed", (
        "nobody is sent work without a limit"
    )
    # What comes back waits for a person.
    case_no = went["case_no"]
    await desk.act("department", case_no, "dept_return", reason="wrong_class", opinion="非本类")
    assert (await desk.get("dispatcher", f"/v1/cases/{case_no}"))["state"] == "filed"
    await desk.act("dispatcher", case_no, "return_to_acceptor", opinion="请更正类别")
    back = await desk.act("acceptor", case_no, "resubmit", opinion="类别无误")
    assert back["state"] == "filed", "it goes back to the dispatcher who returned it"
    assert (await city.casehub("audit", "verify"))[0] == 0
