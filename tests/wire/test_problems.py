"""Every refusal is a problem as RFC 9457 has it, and says nothing that it should not."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cast import City, Desk, desk_of, free_port, make_report, make_settings

from casehub.cases import commands
from casehub.clock import WallClock
from casehub.storage.engine import make_engine


def told(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = dict(answer.json())
    assert (body["type"], body["status"]) == (f"/v1/problems#{kind}", status)
    assert body["title"]
    return body


@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff\xfe", b"[1,2", b"nul", b'{"kind": "event",}', b'"\\ud800"', b"[" * 5000]
)
async def test_a_body_that_is_no_json_is_refused(desk: Desk, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await desk.ask("acceptor", "POST", "/v1/cases", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    if content in {b"{", b"\xff\xfe", b"[1,2", b"nul"}:
        told(answer, 400, "body-unreadable")


@pytest.mark.parametrize(("field", "value"), [
    ("kind", "thing"), ("kind", None), ("category", 5), ("category", ""), ("category", "x" * 201), ("source", []),
    ("description", "x" * 10_001), ("description", {"a": 1}), ("location", "here"), ("location", {"lon": "a", "lat": 1}),
    ("location", {"lon": 181, "lat": 0}), ("location", {"lon": 0, "lat": -91}), ("location", {"x": 1}),
    ("photos", "p1"), ("photos", ["x"] * 21), ("photos", ["0" * 32]), ("observed_at", "yesterday"),
    ("observed_at", "2024-01-01T00:00:00"), ("observed_at", 1714957200), ("observed_at", "2024"),
    ("observed_at", "2199-01-01T00:00:00Z"), ("area", "nowhere"), ("workflow", "nothing"), ("unknown", 1),
    ("self_handled", "perhaps"), ("reporter", {"name": "x", "age": 3}), ("reporter", []),
    ("description", "a\x00b"), ("external_no", "\x00"), ("scheme", "\x00"), ("area", "a\x00"), ("component_code", "\x00"),
    ("location", {"address": "\x00"}), ("reporter", {"name": "\x00"}), ("photos", ["\x00"]), ("workflow", "\x00"),
])  # fmt: skip
async def test_a_wrong_field_is_named(desk: Desk, field: str, value: Any) -> None:
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json=make_report() | {field: value})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(str(one["field"]).startswith(field) for one in answer.json()["errors"])


async def test_every_wrong_field_is_listed_at_once(desk: Desk) -> None:
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json={"kind": "x", "category": 1, "extra": 1})
    body = told(answer, 422, "request-invalid")
    assert {one["field"] for one in body["errors"]} == {"kind", "category", "source", "extra"}


async def test_infinity_is_no_longitude(desk: Desk) -> None:
    for number in (b"NaN", b"Infinity", b"1e999"):
        content = (
            b'{"kind":"event","category":"0102","source":"leader","location":{"lat":1,"lon":%s}}' % number
        )
        headers = {"Content-Type": "application/json"}
        answer = await desk.ask("acceptor", "POST", "/v1/cases", content=content, headers=headers)
        assert answer.status_code in {400, 422}


@pytest.mark.parametrize("form", [
    {"department": 5}, {"department": ["d1"]}, {"department": "d1", "limit": "4 hours"},
    {"department": "d1", "limit": 4}, {"department": "d1", "limit": "0 work_hour"}, {"department": "d1", "more": 1}, {"department": "d1\x00"},
    {"department": "d1", "limit": "4 work_hour", "opinion": "\x00"}, {"department": "d1", "opinion": "长" * 2001},
])  # fmt: skip
async def test_a_wrong_form_changes_nothing(desk: Desk, form: dict[str, Any]) -> None:
    case_no = await desk.case_in("filed")
    answer = await desk.try_act("dispatcher", case_no, "dispatch", form)
    assert answer.status_code == 422, answer.text
    assert (await desk.get("acceptor", f"/v1/cases/{case_no}"))["state"] == "filed"


@pytest.mark.parametrize("content", [b"[]", b"5", b'"x"', b"{"])
async def test_a_form_is_an_object(desk: Desk, content: bytes) -> None:
    case_no = await desk.case_in("filed")
    path, headers = f"/v1/cases/{case_no}/actions/remind", {"Content-Type": "application/json"}
    answer = await desk.ask("dispatcher", "POST", path, content=content, headers=headers)
    assert answer.status_code in {400, 422}
    without = await desk.ask("dispatcher", "POST", path)
    assert without.status_code == 200, "an action whose form may be empty needs no body"


async def test_unknown_addresses_and_methods(desk: Desk) -> None:
    told(await desk.ask("acceptor", "GET", "/v2/cases"), 404, "not-found")
    told(await desk.ask("acceptor", "GET", "/v1/cases/"), 404, "not-found")
    refused = await desk.ask("acceptor", "DELETE", "/v1/cases")
    told(refused, 405, "method-not-allowed")
    assert refused.headers["allow"]
    told(await desk.ask("acceptor", "GET", "/v1/cases/none"), 404, "case-not-found")
    assert (await desk.ask("acceptor", "GET", "/v1/cases/a%00b")).status_code == 422
    assert (await desk.ask("acceptor", "GET", "/v1/cases/" + "x" * 5000)).status_code == 422
    case_no = await desk.case_in("reported")
    told(await desk.try_act("acceptor", case_no, "fly"), 404, "action-unknown")
    told(await desk.try_act("acceptor", case_no, "report"), 404, "action-unknown")
    body = told(await desk.try_act("shift_leader", case_no, "close"), 409, "action-not-possible")
    assert body["state"] == "reported"
    assert "propose_filing" in body["possible"]


async def test_a_body_too_large_is_refused_however_it_comes(desk: Desk) -> None:
    large = b'{"kind":"event","description":"' + b"x" * 2_000_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = await desk.ask("acceptor", "POST", "/v1/cases", content=large, headers=headers)
    assert told(answer, 413, "body-too-large")["limit_bytes"] == 2_000_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    answer = await desk.ask("acceptor", "POST", "/v1/cases", content=pieces(), headers=headers)
    told(answer, 413, "body-too-large")


async def test_a_failure_of_ours_shows_an_id_and_no_trace(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(*said: Any, **more: Any) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(commands, "list_cases", break_down)
    with caplog.at_level(logging.ERROR, logger="casehub"):
        answer = await desk.ask("acceptor", "GET", "/v1/cases")
    body = told(answer, 500, "unexpected")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert body["id"] in caplog.text
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(("header", "chinese"), [
    ("zh", True), ("zh-CN,zh;q=0.9,en;q=0.8", True), ("zh-TW", True), ("en", False), ("en,zh;q=0.5", False), ("", False),
    ("en;q=0.1, zh;q=0.9", True), ("zh;q=0", False), ("*", False), (";;q=,,", False), ("zh;q=abc", False), ("fr", False),
])  # fmt: skip
async def test_a_problem_is_told_in_the_language_of_the_reader(
    desk: Desk, header: str, chinese: bool
) -> None:
    answer = await desk.ask("acceptor", "GET", "/v1/cases/none", headers={"Accept-Language": header})
    assert (answer.json()["title"] == "案件不存在，或不在您的可见范围内") is chinese
    assert answer.headers["content-language"] == ("zh" if chinese else "en")
    report = make_report(area="nowhere")
    refused = await desk.ask(
        "acceptor", "POST", "/v1/cases", json=report, headers={"Accept-Language": header}
    )
    assert refused.json()["errors"][0]["message"].startswith("区域不存在") is chinese


async def test_every_problem_is_explained(desk: Desk) -> None:
    answer = await desk.http.get("/v1/problems")
    kinds = answer.json()
    for kind in (
        "stale-case",
        "wrong-role",
        "idempotency-key-reused",
        "key-missing",
        "unexpected",
        "form-invalid",
    ):
        assert kinds[kind]["title"]
        assert kinds[kind]["title_zh"]
    assert kinds["stale-case"]["status"] == 412


async def test_the_service_says_that_it_lives(desk: Desk) -> None:
    assert (await desk.http.get("/healthz")).json() == {"status": "ok"}
    ready = (await desk.http.get("/readyz")).json()
    assert (set(ready), ready["status"]) == ({"status", "warnings"}, "ready")


async def test_a_database_that_is_away_is_503_and_the_process_lives(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    settings, clock = make_settings("nowhere"), WallClock()
    city = City(
        nowhere, "nowhere", make_engine(nowhere, "nowhere", pool_size=1), settings, clock, {"a": "key"}
    )
    async with desk_of(city, tmp_path) as desk:
        assert (await desk.http.get("/healthz")).status_code == 200
        told(await desk.http.get("/readyz"), 503, "unavailable")
        told(await desk.ask("a", "GET", "/v1/cases"), 503, "unavailable")
        told(await desk.ask("a", "POST", "/v1/cases", json=make_report()), 503, "unavailable")
    await city.engine.dispose()
