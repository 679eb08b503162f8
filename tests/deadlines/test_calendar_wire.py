"""The calendar of a city over HTTP; the clock of the city stands at Monday 6 May 2024, 09:00."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.cast import CAST, City, Desk

from casehub import opening

USUAL = [{"opens": "08:00", "closes": "12:00"}, {"opens": "14:00", "closes": "18:00"}]
SUMMER = [{"opens": "08:00", "closes": "12:00"}, {"opens": "15:00", "closes": "19:00"}]
REPLAY = tuple[City, Desk]


async def change(desk: Desk, method: str, path: str, body: Any = None, **said: Any) -> dict[str, Any]:
    answer = await desk.ask("administrator", method, f"/v1/calendar/{path}", json=body, **said)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return dict(answer.json())


async def refused(
    desk: Desk, status: int, method: str, path: str, body: Any = None, **said: Any
) -> dict[str, Any]:
    answer = await desk.ask("administrator", method, f"/v1/calendar/{path}", json=body, **said)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    return dict(answer.json())


async def previewed(desk: Desk, start: str, limit: str, **said: Any) -> httpx.Response:
    amount, unit = limit.split()
    body = {"start": start, "limit": {"amount": int(amount), "unit": unit}}
    return await desk.ask("collector", "POST", "/v1/deadlines/preview", json=body, **said)


async def due(desk: Desk, start: str, limit: str) -> str:
    answer = await previewed(desk, start, limit)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["due_at"])


async def test_a_new_city_works_the_usual_hours(replay: REPLAY) -> None:
    _, desk = replay
    answer = await desk.ask("collector", "GET", "/v1/calendar")
    assert answer.json() == {
        "version": 1, "zone": "Asia/Shanghai", "hours": [{"valid_from": "1900-01-01", "valid_to": None, "slots": USUAL}],
        "overrides": [], "years": [], "work_day": "eight_hours", "yellow_share": 0.3, "known_until": "2026-12-31",
    }  # fmt: skip
    assert answer.headers["etag"] == '"1"'
    (version,) = await desk.get("collector", "/v1/calendar/versions")
    assert (version["version"], version["made_by"], version["note"]) == (1, "system", "the usual hours")


async def test_days_tell_why_they_are_worked(replay: REPLAY) -> None:
    _, desk = replay
    days = await desk.get("collector", "/v1/calendar/days?from=2023-09-28&to=2023-10-08")
    assert [(one["day"][5:], one["working"], one["why"], one["name"]) for one in days] == [
        ("09-28", True, "workday", None), ("09-29", False, "holiday", "Mid-autumn Festival"),
        *((f"{day}", False, "holiday", "National Day") for day in ("09-30", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06")),
        ("10-07", True, "shifted_workday", "National Day"), ("10-08", True, "shifted_workday", "National Day"),
    ]  # fmt: skip
    assert (days[0]["slots"], days[1]["slots"]) == (USUAL, [])
    zh = await desk.get(
        "collector", "/v1/calendar/days?from=2023-09-29&to=2023-09-29", headers={"Accept-Language": "zh-CN"}
    )
    assert zh[0]["name"] == "中秋"
    later = await desk.get("collector", "/v1/calendar/days?from=2031-05-05&to=2031-05-05")
    assert (later[0]["working"], later[0]["why"]) == (None, "unknown")


@pytest.mark.parametrize(("query", "rule"), [
    ("from=2024-05-02&to=2024-05-01", "range"), ("from=2024-01-01&to=2025-02-04", "range"), ("from=2024-01-01", "missing"),
    ("from=2024-13-01&to=2024-01-01", "date_from_datetime_parsing"), ("from=2024&to=2024-05-01", "value_error"),
    ("from=1899-12-31&to=1900-01-01", "value_error"),
])  # fmt: skip
async def test_a_range_of_days_is_sound_or_refused(replay: REPLAY, query: str, rule: str) -> None:
    body = await refused(replay[1], 422, "GET", f"days?{query}")
    assert rule in {one["rule"] for one in body["errors"]}
    longest = await replay[1].get("collector", "/v1/calendar/days?from=2024-01-01&to=2025-02-03")
    assert len(longest) == 400


async def test_the_hours_change_with_the_season_whatever_order_they_are_told_in(replay: REPLAY) -> None:
    _, desk = replay
    await change(desk, "PUT", "hours", {"valid_from": "2024-10-01", "slots": USUAL})
    told = await change(desk, "PUT", "hours", {"valid_from": "2024-07-01", "slots": SUMMER[::-1]})
    assert (told["version"], told["hours"]) == (2, [
        {"valid_from": "1900-01-01", "valid_to": "2024-06-30", "slots": USUAL},
        {"valid_from": "2024-07-01", "valid_to": None, "slots": SUMMER},
    ])  # fmt: skip
    told = await change(desk, "PUT", "hours", {"valid_from": "2024-10-01", "slots": USUAL})
    assert [(one["valid_from"], one["valid_to"]) for one in told["hours"]] == [
        ("1900-01-01", "2024-06-30"), ("2024-07-01", "2024-09-30"), ("2024-10-01", None),
    ]  # fmt: skip
    assert await due(desk, "2024-06-28T17:30:00+08:00", "5 work_hour") == "2024-07-01T07:30:00Z"
    again = await change(desk, "PUT", "hours", {"valid_from": "2024-07-01", "slots": SUMMER})
    assert again["version"] == 3, "what changes nothing makes no version"
    back = await change(desk, "PUT", "hours", {"valid_from": "2024-07-01", "slots": USUAL})
    assert len(back["hours"]) == 1


@pytest.mark.parametrize(("slots", "field", "rule"), [
    ([], "slots", "slots_given"),
    ([("12:00", "08:00")], "slots.0.closes", "closes_after_it_opens"),
    ([("08:00", "08:00")], "slots.0.closes", "closes_after_it_opens"),
    ([("22:00", "06:00")], "slots.0.closes", "closes_after_it_opens"),
    ([("24:00", "24:00")], "slots.0.closes", "closes_after_it_opens"),
    ([("08:00", "12:00"), ("11:59", "18:00")], "slots.1.opens", "slots_apart"),
    ([("14:00", "18:00"), ("08:00", "15:00")], "slots.0.opens", "slots_apart"),
    ([("08:00", "12:00"), ("08:00", "12:00")], "slots.1.opens", "slots_apart"),
])  # fmt: skip
async def test_slots_that_make_no_day_are_refused(
    replay: REPLAY, slots: list[tuple[str, str]], field: str, rule: str
) -> None:
    _, desk = replay
    body = {"valid_from": "2024-07-01", "slots": [{"opens": a, "closes": b} for a, b in slots]}
    told = await refused(desk, 422, "PUT", "hours", body)
    (reason,) = told["errors"]
    assert (told["type"], reason["field"], reason["rule"]) == ("/v1/problems#calendar-invalid", field, rule)
    zh = await refused(desk, 422, "PUT", "hours", body, headers={"Accept-Language": "zh"})
    assert "时段" in zh["errors"][0]["message"]
    assert (await desk.get("collector", "/v1/calendar"))["version"] == 1


@pytest.mark.parametrize("body", [
    {"valid_from": "2024-07-01"}, {"valid_from": "x", "slots": SUMMER}, {"valid_from": "2024-07-01", "slots": [{"opens": "8:00", "closes": "12:00"}]},
    {"valid_from": "2024-07-01", "slots": [{"opens": "08:00", "closes": "24:01"}]}, {"valid_from": 20240701, "slots": SUMMER},
    {"valid_from": "2024-07-01", "slots": SUMMER, "more": 1}, {"valid_from": "2024-07-01", "slots": "08:00-12:00"},
])  # fmt: skip
async def test_hours_that_cannot_be_read_are_refused(replay: REPLAY, body: dict[str, Any]) -> None:
    assert (await refused(replay[1], 422, "PUT", "hours", body))["type"] == "/v1/problems#request-invalid"


async def test_a_day_off_moves_later_deadlines_and_is_explained(replay: REPLAY) -> None:
    _, desk = replay
    start = "2024-05-06T16:30:00+08:00"
    assert await due(desk, start, "4 work_hour") == "2024-05-07T02:30:00Z"
    told = await change(desk, "PUT", "days/2024-05-07", {"working": False, "note": "台风"})
    assert (told["version"], told["overrides"]) == (
        2,
        [{"day": "2024-05-07", "working": False, "note": "台风"}],
    )
    answer = (await previewed(desk, start, "4 work_hour")).json()
    assert (answer["due_at"], answer["calendar_version"]) == ("2024-05-08T02:30:00Z", 2)
    assert [(one["why"], one["counted"], one["note"], one["total_seconds"]) for one in answer["steps"]] == [
        ("workday", True, None, 5400), ("closed", False, None, 5400), ("override", False, "台风", 5400),
        ("closed", False, None, 5400), ("workday", True, None, 14_400),
    ]  # fmt: skip
    await change(desk, "PUT", "days/2024-05-11", {"working": False, "note": "不补班"})
    (day,) = await desk.get("collector", "/v1/calendar/days?from=2024-05-11&to=2024-05-11")
    assert (day["working"], day["why"], day["note"], day["slots"]) == (False, "override", "不补班", [])
    await change(desk, "DELETE", "days/2024-05-07")
    assert await due(desk, start, "4 work_hour") == "2024-05-07T02:30:00Z"
    assert (await refused(desk, 404, "DELETE", "days/2024-05-07"))[
        "type"
    ] == "/v1/problems#override-not-found"
    versions = await desk.get("collector", "/v1/calendar/versions")
    assert [(one["version"], one["note"]) for one in versions] == [
        (4, "2024-05-07 as published"), (3, "2024-05-11 off: 不补班"), (2, "2024-05-07 off: 台风"), (1, "the usual hours"),
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "field"), [
    ("PUT", "days/2024-05-05", {"working": True, "note": "x"}, "day"),
    ("DELETE", "days/2024-05-05", None, "day"),
    ("PUT", "hours", {"valid_from": "2024-05-05", "slots": SUMMER}, "valid_from"),
])  # fmt: skip
async def test_the_past_stays_as_it_was(
    replay: REPLAY, method: str, path: str, body: Any, field: str
) -> None:
    told = await refused(replay[1], 422, method, path, body)
    (reason,) = told["errors"]
    assert (reason["field"], reason["rule"]) == (field, "not_in_the_past")
    assert "give 2024-05-06 or a later day" in reason["message"]
    zh = await refused(replay[1], 422, method, path, body, headers={"Accept-Language": "zh"})
    assert "请给出 2024-05-06 或以后的日期" in zh["errors"][0]["message"]


async def test_a_year_without_holidays_is_named_until_the_city_declares_it_complete(replay: REPLAY) -> None:
    _, desk = replay
    start = "2026-12-31T17:00:00+08:00"
    told = await previewed(desk, start, "2 work_hour")
    assert told.status_code == 409
    body = told.json()
    assert (body["type"], body["year"]) == ("/v1/problems#calendar-ends", 2027)
    assert "declare the year complete" in body["errors"][0]["message"]
    zh = (await previewed(desk, start, "2 work_hour", headers={"Accept-Language": "zh"})).json()
    assert "请更新 chinesecalendar" in zh["errors"][0]["message"]
    assert await due(desk, start, "2 urgent_hour") == "2026-12-31T11:00:00Z"
    assert await due(desk, start, "2 natural_day") == "2027-01-02T09:00:00Z"
    for day in (1, 2, 3):
        await change(desk, "PUT", f"days/2027-01-0{day}", {"working": False, "note": "元旦"})
    assert (await previewed(desk, start, "2 work_hour")).status_code == 409
    declared = await change(desk, "PUT", "years/2027")
    assert (declared["years"], declared["known_until"]) == ([2027], "2027-12-31")
    assert await due(desk, start, "2 work_hour") == "2027-01-04T01:00:00Z"
    assert (await change(desk, "PUT", "years/2025"))["version"] == declared["version"], "2025 is published"


async def test_the_operator_is_warned_before_the_calendar_ends(replay: REPLAY) -> None:
    _, desk = replay

    async def told(day: str, language: str = "en") -> list[str]:
        headers = {"Casehub-Time": f"{day}T00:00:00+08:00"}
        await desk.get("collector", "/v1/me", headers=headers)
        answer = await desk.http.get("/readyz", headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        return list(answer.json()["warnings"])

    assert await told("2026-10-01") == []
    (warning,) = await told("2026-10-02")
    assert "the public holidays of 2027 are not known" in warning
    (warning,) = await told("2026-10-03", "zh")
    assert "2027 年" in warning
    await change(desk, "PUT", "years/2027")
    assert await told("2026-10-03") == []
    (warning,) = await told("2028-05-05")
    assert "2028" in warning


async def test_a_work_day_is_what_the_city_says(replay: REPLAY) -> None:
    _, desk = replay
    start = "2024-05-08T15:00:00+08:00"
    assert await due(desk, start, "1 work_day") == "2024-05-09T07:00:00Z"
    assert (await change(desk, "PUT", "work_day", {"work_day": "end_of_day"}))["work_day"] == "end_of_day"
    answer = (await previewed(desk, start, "2 work_day")).json()
    assert answer["due_at"] == "2024-05-10T10:00:00Z"
    assert [one["days"] for one in answer["steps"] if one["counted"]] == [0, 1, 1, 2]
    await refused(desk, 422, "PUT", "work_day", {"work_day": "forever"})


@pytest.mark.parametrize("limit", [
    {"amount": 0, "unit": "work_hour"}, {"amount": -1, "unit": "work_hour"}, {"amount": 10_000, "unit": "work_day"},
    {"amount": 1, "unit": "week"}, {"amount": 1.5, "unit": "work_hour"}, {"unit": "work_hour"}, "4 work_hour",
])  # fmt: skip
async def test_a_limit_that_is_none_has_no_deadline(replay: REPLAY, limit: Any) -> None:
    body = {"start": "2024-05-06T09:00:00+08:00", "limit": limit}
    answer = await replay[1].ask("collector", "POST", "/v1/deadlines/preview", json=body)
    assert answer.status_code == 422, answer.text
    assert all(one["field"].startswith("limit") for one in answer.json()["errors"])


async def test_a_deadline_that_was_given_stays_when_the_calendar_changes(replay: REPLAY) -> None:
    _, desk = replay
    case_no = await desk.case_in("handling")
    before = await desk.get("acceptor", f"/v1/cases/{case_no}")
    await change(desk, "PUT", "days/2024-05-06", {"working": False, "note": "停电"})
    await change(desk, "PUT", "hours", {"valid_from": "2024-05-06", "slots": SUMMER})
    after = await desk.get("acceptor", f"/v1/cases/{case_no}")
    # Until 15:00 the city meant to work three hours and one more; now it does not work that day.
    assert (before.pop("working_seconds_left"), after.pop("working_seconds_left")) == (4 * 3600, 0)
    assert after == before


async def test_only_the_administrator_changes_the_calendar_and_everybody_reads_it(replay: REPLAY) -> None:
    _, desk = replay
    writes = [
        ("PUT", "hours", {"valid_from": "2024-07-01", "slots": SUMMER}), ("PUT", "years/2027", None), ("DELETE", "days/2024-07-01", None),
        ("PUT", "days/2024-07-01", {"working": False, "note": "x"}), ("PUT", "work_day", {"work_day": "end_of_day"}),
    ]  # fmt: skip
    for who in set(CAST) - {"administrator"}:
        for method, path, body in writes:
            answer = await desk.ask(who, method, f"/v1/calendar/{path}", json=body)
            assert answer.status_code == 403, (who, path)
        assert (await desk.get(who, "/v1/calendar"))["version"] == 1
    for method, path, body in [*writes, ("GET", "versions", None), ("GET", "", None)]:
        answer = await desk.ask(None, method, f"/v1/calendar/{path}".rstrip("/"), json=body)
        assert answer.status_code == 401


async def test_who_saw_an_older_calendar_is_told(replay: REPLAY) -> None:
    _, desk = replay
    told = await change(desk, "PUT", "years/2027", headers={"If-Match": '"1"'})
    assert told["version"] == 2
    stale = await refused(desk, 412, "PUT", "years/2028", headers={"If-Match": '"1"'})
    assert (stale["type"], stale["version"]) == ("/v1/problems#calendar-changed", 2)
    assert (await refused(desk, 400, "PUT", "years/2028", headers={"If-Match": "x"}))["type"].endswith(
        "match-invalid"
    )


async def test_changes_at_once_come_one_after_the_other(client: Desk) -> None:
    """Nothing said is lost: each works on what the one before it made."""
    years = range(2100, 2112)
    await asyncio.gather(*(change(client, "PUT", f"years/{year}") for year in years))
    told = await client.get("collector", "/v1/calendar")
    assert (told["version"], told["years"]) == (1 + len(years), [*years])
    versions = await client.get("collector", "/v1/calendar/versions")
    assert [one["version"] for one in versions] == [*range(1 + len(years), 0, -1)]


async def test_the_first_calendar_has_the_zone_of_the_settings_and_stays_at_later_starts(
    make_city: Any,
) -> None:
    city = await make_city(cast=False, timezone="Asia/Urumqi")
    await opening.furnish(city.engine, city.settings, city.clock)
    rows = await city.sql("SELECT version, content ->> 'zone' AS zone FROM calendars")
    assert [tuple(row) for row in rows] == [(1, "Asia/Urumqi")]
