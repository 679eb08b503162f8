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
