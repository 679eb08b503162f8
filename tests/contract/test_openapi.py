"""What we publish is what we do: random requests made from our own OpenAPI document, against a real server."""

import asyncio
import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import CheckFunction, load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.cast import ADMIN_KEY, Desk, make_report
from tests.conftest import Served

import casehub
from casehub.people.actors import Role

load_all_checks()
WRITTEN = Path(__file__).parents[2] / "openapi" / "openapi.json"
SOURCES = Path(casehub.__file__).parent
EXAMPLES = 20
TURNS = count()
HOW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance, response_headers_conformance,
]  # fmt: skip


@pytest.mark.timeout(200)
async def test_nothing_that_comes_in_makes_us_answer_what_we_do_not_publish(served: Served) -> None:
    await served.start("--no-worker")  # random webhooks name hosts that are none of ours
    async with httpx.AsyncClient(base_url=served.base) as http:
        keys = [ADMIN_KEY, await _key_of_all_roles(http)]
        await _furnish(http, keys[1])
        document = (await http.get("/openapi.json")).json()
    failures: dict[str, str] = {}
    await asyncio.to_thread(_try_everything, document, served.base, keys, failures)
    assert failures == {}


async def _key_of_all_roles(http: httpx.AsyncClient) -> str:
    """Somebody who may do everything, so that requests get past the question who may."""
    as_admin = {"Authorization": f"Bearer {ADMIN_KEY}"}
    department = {"name": "城管局", "kind": "bureau"}
    for path, body in (
        ("departments/d1", department),
        ("people/c1", {"name": "采集员", "department_code": "d1"}),
    ):
        assert (await http.put(f"/v1/{path}", json=body, headers=as_admin)).status_code == 204
    roles = [one for one in Role if one is not Role.SYSTEM]
    said = {"roles": roles, "person": "c1", "department": "d1"}
    return str((await http.post("/v1/keys", json=said, headers=as_admin)).json()["key"])


async def _furnish(http: httpx.AsyncClient, key: str) -> None:
    """A few cases, so that lists have something in them."""
    for _ in range(6):
        said = await http.post("/v1/cases", json=make_report(), headers={"Authorization": f"Bearer {key}"})
        CASES.append(said.json()["case_no"])


#: Numbers of cases that are there: half of the requests about a case are about one of these.
CASES: list[str] = []
ACTIONS = [
    "remind",
    "propose_void",
    "propose_filing",
    "supervise",
    "file",
    "dispatch",
    "mark_difficult",
    "plan",
]


def _bring_home(case: Case, turn: int) -> None:
    """Random numbers and codes name nothing: every other request names something that is there."""
    if turn % 2:
        return
    said, body = case.path_parameters or {}, case.body
    if "case_no" in said:
        said["case_no"] = CASES[turn // 2 % len(CASES)]
    if "action" in said:
        said["action"] = ACTIONS[turn // 2 % len(ACTIONS)]
        (case.headers or {}).pop("if-match", None)
    if isinstance(body, dict) and "category" in body:
        for left_out in ("scheme", "workflow", "area", "photos"):
            body.pop(left_out, None)
        body |= {"category": "0102", "kind": "event", "source": "leader"}


def _try_everything(document: dict[str, Any], base: str, keys: list[str], failures: dict[str, str]) -> None:
    """Each operation on its own; `failures` gets the first failure of each."""
    session = requests.Session()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/stream"):
            continue  # never ends; it has a story of its own

        def ask(case: Case) -> None:
            turn = next(TURNS)
            _bring_home(case, turn)
            headers = {"Authorization": f"Bearer {keys[turn % 3 > 0]}"}
            if case.method == "DELETE":  # the key that a random request revokes must not be one of ours
                headers["Authorization"] = f"Bearer {keys[0]}"
            response = case.call(base_url=base, headers=headers, session=session)
            case.validate_response(response, checks=CHECKS)

        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try:
                HOW(given(case=operation.as_strategy(generation_mode=mode))(ask))()
            except Unsatisfiable:
                continue  # nothing wrong can be sent where nothing is asked for
            except Exception as error:  # noqa: BLE001 - every kind of failure is told at the end
                failures[f"{operation.label} {mode.value}"] = str(error)[:1500]


async def test_the_written_document_is_the_one_that_is_served(desk: Desk) -> None:
    """`casehub openapi` writes it; a change of the interface is seen in review."""
    assert desk.app is not None
    assert orjson.loads(WRITTEN.read_bytes()) == orjson.loads(orjson.dumps(desk.app.openapi()))


async def test_every_type_of_problem_is_explained(desk: Desk) -> None:
    told = (await desk.http.get("/v1/problems")).json()
    named = set(re.findall(r'^    type, status, zh = "([a-z-]+)"', _sources(), re.MULTILINE))
    assert named
    assert set(told) >= named
    for one in told.values():
        assert set(one) == {"status", "title", "title_zh"}
        assert 400 <= one["status"] <= 503
        assert one["title"]
        assert any("一" <= sign <= "鿿" for sign in one["title_zh"])


def _sources() -> str:
    # What only the command line says is told there.
    there = (path for path in SOURCES.rglob("*.py") if "exchange" not in path.parts)
    return "\n".join(path.read_text(encoding="utf-8") for path in there)


async def test_every_operation_says_what_it_does_and_how_it_may_fail(desk: Desk) -> None:
    assert desk.app is not None
    for path, operations in desk.app.openapi()["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert (
                {"401", "422"} <= set(operation["responses"])
                or not path.startswith("/v1/")
                or path == "/v1/problems"
            )


# What generators seldom think of.
ODD_QUERIES = [
    "text=%00", "text=%ED%A0%80", "text=" + "a" * 201, "limit=0", "limit=201", "limit=" + "9" * 5000, "limit=1e3",
    "limit=-1", "cursor=", "cursor=AAAA", "cursor=djE6LTE", "cursor=" + "A" * 101, "cursor=%00", "cursor=%FF",
    "cursor=djE6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor=djE6MV8w", "light=blue", "open=maybe",
    "reported_from=0001-01-01T00:00:00%2B14:00", "reported_to=9999-12-31T23:59:59-14:00", "reported_from=2024-05-01",
    "reported_from=2024-05-01T00:00:00", "ended_to=1e999", "ended_from=9999999999999999", "reported_from=NaN",
    "area=%00", "assignee=%F0%9F", "state=" + "x" * 300, "kind=event%00",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD_QUERIES, ids=lambda one: one[:40])
async def test_an_odd_query_is_answered_with_a_reason_or_with_a_page(desk: Desk, query: str) -> None:
    answer = await desk.ask("acceptor", "GET", f"/v1/cases?{query}")
    assert answer.status_code in {200, 422}, answer.text
    assert answer.headers["content-type"].startswith("application/")
    if answer.status_code == 422:
        assert answer.json()["type"] in {"/v1/problems#request-invalid", "/v1/problems#cursor-invalid"}


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [("GET", "/v1/nothing", "not-found"), ("PATCH", "/v1/cases", "method-not-allowed")],
)
async def test_a_wrong_address_is_a_problem_that_is_explained_too(
    desk: Desk, method: str, path: str, kind: str
) -> None:
    explained = (await desk.http.get("/v1/problems")).json()
    answer = await desk.ask("acceptor", method, path, headers={"Accept-Language": "zh"})
    assert answer.json() == {
        "type": f"/v1/problems#{kind}",
        "title": explained[kind]["title_zh"],
        "status": answer.status_code,
    }
    assert explained[kind]["status"] == answer.status_code


ODD_INSTANTS = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z", "2024-05-01T00:00:00", 10**30, 1.5, "",
    "2024-05-01T24:00:00Z", "2024-05-01T00:00:00+99:00", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("said", ODD_INSTANTS, ids=lambda one: ascii(one)[:40])
async def test_an_odd_instant_in_a_report_is_refused(desk: Desk, said: object) -> None:
    body = json.dumps(make_report() | {"observed_at": said})
    answer = await desk.ask(
        "acceptor", "POST", "/v1/cases", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {201, 400, 422}, answer.text
    assert answer.status_code != 201 or said == "2024-05-01T24:00:00Z"


async def test_an_instant_in_the_citys_zone_is_told_in_utc_by_case_and_history(desk: Desk) -> None:
    case = await desk.report(observed_at="2024-05-01T08:00:00.5+08:00")
    assert case["observed_at"].removesuffix("Z").removesuffix("+00:00") == "2024-05-01T00:00:00.500000"


ODD_BODIES = [
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}" * 2, b'{"kind": NaN}', b'{"kind": 1e999}', b"[" * 5000,
    b'{"kind": "event", "kind": "component"}', b'{"a": ' * 500 + b"1" + b"}" * 500, b"9" * 5000, b'{"kind": "\\u0000"}',
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda one: ascii(one)[:30])
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/cases/batch", "/v1/keys"])
async def test_an_odd_body_is_refused_with_a_reason(desk: Desk, path: str, body: bytes) -> None:
    answer = await desk.ask(
        "security" if path == "/v1/keys" else "acceptor",
        "POST",
        path,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [
    {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 201}, {"Idempotency-Key": "ключ".encode()}, {"If-Match": "x"},
    {"If-Match": '"' + "9" * 400 + '"'}, {"If-Match": "²".encode("latin-1")}, {"If-Match": '"٣"'.encode()},
    {"Accept-Language": "zh;q=nan, en;q=1e999,;;q="}, {"Accept-Language": "ÿ".encode("latin-1")},
    {"Casehub-Time": "0001-01-01T00:00:00+14:00"}, {"Casehub-Time": "9" * 400}, {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/json; charset=klingon"}, {"Content-Length": "٣".encode()},
], ids=lambda one: ascii(one)[:40])  # fmt: skip
async def test_an_odd_header_never_breaks_us(desk: Desk, headers: dict[str, Any]) -> None:
    case = await desk.report()
    path = f"/v1/cases/{case['case_no']}/actions/remind"
    answer = await desk.ask(
        "dispatcher", "POST", path, content=b"{}", headers={"Content-Type": "application/json"} | headers
    )
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("authorization", [
    "", "Bearer", "Bearer ", "Basic x", "Bearer \x00", "Bearer " + "k" * 5000, "Bearer ключ".encode(), "bearer x y", b"\xff\xfe",
], ids=lambda one: ascii(one)[:30])  # fmt: skip
async def test_an_odd_key_lets_nobody_in(desk: Desk, authorization: str | bytes) -> None:
    answer = await desk.ask(None, "GET", "/v1/me", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("content", "kind"), [
    (b"--x\r\n", "multipart/form-data; boundary=x"), (b"--x--", "multipart/form-data; boundary=x"),
    (b"garbage", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data"), (b"file=1&kind=near", "application/x-www-form-urlencoded"),
    (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--', "multipart/form-data; boundary=x"),
    (b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\nx\r\n--x--', "multipart/form-data; boundary=x"),
    (b"{}", "application/json"), (b"", "multipart/form-data; boundary=" + "x" * 300),
], ids=lambda one: ascii(one)[:40])  # fmt: skip
async def test_a_broken_upload_is_refused_with_a_reason(desk: Desk, content: bytes, kind: str) -> None:
    answer = await desk.ask(
        "collector", "POST", "/v1/attachments", content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
