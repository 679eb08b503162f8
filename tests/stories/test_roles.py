"""Who may do what: keys, roles, scopes, and what personal data is shown to whom."""

from pathlib import Path
from typing import Any

import pytest
from tests.cast import CAST, Desk, make_report

from casehub.workflow.definition import parse_definition

EVENT = parse_definition(
    (Path(__file__).parents[2] / "workflows" / "event.yaml").read_text(encoding="utf-8"), "event.yaml"
)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer nobody", "Bearer 覈查"]
)
async def test_nobody_passes_without_a_key(desk: Desk, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    for method, path in (("GET", "/v1/cases"), ("POST", "/v1/cases"), ("GET", "/v1/me"), ("GET", "/v1/keys")):
        said: dict[str, Any] = {"json": make_report()} if method == "POST" else {}
        answer = await desk.http.request(method, path, headers=headers, **said)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_revoked_key_opens_nothing_from_that_moment(desk: Desk) -> None:
    made = await desk.ask("security", "POST", "/v1/keys", json={"roles": ["acceptor"], "person": "a1"})
    assert made.status_code == 201
    key, key_id = made.json()["key"], made.json()["key_id"]
    assert (await desk.ask(key, "GET", "/v1/me")).json()["roles"] == ["acceptor"]
    assert (await desk.ask("auditor", "DELETE", f"/v1/keys/{key_id}")).status_code == 403
    assert (await desk.ask("security", "DELETE", f"/v1/keys/{key_id}")).status_code == 204
    assert (await desk.ask(key, "GET", "/v1/me")).status_code == 401
    assert (await desk.ask("security", "DELETE", f"/v1/keys/{key_id}")).status_code == 404
    listed = await desk.get("auditor", "/v1/keys")
    assert next(one for one in listed if one["key_id"] == key_id)["revoked_at"] is not None
    assert key not in str(listed)


@pytest.mark.parametrize("body", [
    {"roles": ["collector"]}, {"roles": ["department"]}, {"roles": ["system"]}, {"roles": []}, {"roles": ["king"]},
    {"roles": ["collector"], "person": "nobody"}, {"roles": ["department"], "department": "d99"},
])  # fmt: skip
async def test_a_key_needs_the_person_or_department_that_it_acts_for(
    desk: Desk, body: dict[str, Any]
) -> None:
    assert (await desk.ask("security", "POST", "/v1/keys", json=body)).status_code == 422


@pytest.mark.parametrize("who", sorted(CAST))
async def test_every_action_asks_for_its_roles_before_anything_else(desk: Desk, who: str) -> None:
    """A table of role by action, on a case that everybody of the cast may see or not: never a 200 for the wrong role."""
    role = CAST[who][0]
    case_no = await desk.case_in("handling")
    sees = (await desk.ask(who, "GET", f"/v1/cases/{case_no}")).status_code == 200
    for action in EVENT.actions.values():
        if not action.from_ or role in action.roles:
            continue
        answer = await desk.try_act(who, case_no, action.name)
        assert answer.status_code == (403 if sees else 404), (who, action.name, answer.text)
        if sees:
            assert answer.json()["roles_needed"] == list(action.roles)
            assert answer.json()["type"].endswith("#wrong-role")


@pytest.mark.parametrize("who", sorted(CAST))
async def test_only_some_posts_report(desk: Desk, who: str) -> None:
    may = CAST[who][0] in EVENT.actions["report"].roles
    answer = await desk.ask(who, "POST", "/v1/cases", json=make_report())
    assert answer.status_code == (201 if may else 403)
    if not may:
        assert answer.json()["roles_needed"] == list(EVENT.actions["report"].roles)


@pytest.mark.parametrize("who", sorted(set(CAST) - {"administrator"}))
async def test_only_the_administrator_changes_the_city(desk: Desk, who: str) -> None:
    person = {"name": "新人"}
    for path, body in (
        ("/v1/people/n1", person), ("/v1/areas/n1", {"name": "北区", "kind": "district"}),
        ("/v1/departments/n1", {"name": "新局", "kind": "bureau"}),
    ):  # fmt: skip
        answer = await desk.ask(who, "PUT", path, json=body)
        assert (answer.status_code, answer.json()["roles_needed"]) == (403, ["administrator"])


async def test_the_stranger_and_the_other_department_see_nothing(desk: Desk) -> None:
    photo = await desk.photo("collector")
    born = await desk.report("collector", source="collector", photos=[photo], external_no="mine-1")
    case_no = born["case_no"]
    await desk.walk(case_no, "handling")
    for who in ("stranger", "other_department", "auditor"):
        for path in ("", "/history", "/actions"):
            assert (await desk.ask(who, "GET", f"/v1/cases/{case_no}{path}")).status_code == 404
        assert (await desk.try_act(who, case_no, "sign_in")).status_code == 404
        dry = await desk.try_act(who, case_no, "sign_in", params={"dry_run": True})
        assert (dry.json()["allowed"], dry.json()["status"]) == (False, 404)
        assert (await desk.get(who, "/v1/cases?external_no=mine-1"))["items"] == []
        assert (await desk.ask(who, "GET", f"/v1/attachments/{photo}")).status_code == 404
    for who in ("collector", "department", "acceptor", "evaluator"):
        assert (await desk.get(who, f"/v1/cases/{case_no}"))["case_no"] == case_no
        assert len((await desk.get(who, "/v1/cases?external_no=mine-1"))["items"]) == 1
        assert (await desk.ask(who, "GET", f"/v1/attachments/{photo}")).status_code == 200


async def test_the_list_of_actions_says_who_may_and_what_the_form_asks(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    told = {one["action"]: one for one in await desk.get("department", f"/v1/cases/{case_no}/actions")}
    assert set(told) == {one.name for one in EVENT.actions_from("handling")}
    assert told["feedback"]["allowed"] is True
    assert told["void"]["allowed"] is False
    assert told["feedback"]["form"]["required"] == ["result"]
    assert told["feedback"]["form"]["additionalProperties"] is False
    assert told["feedback"]["title"] == "Feedback"
    path = f"/v1/cases/{case_no}/actions"
    chinese = await desk.get("department", path, headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert next(one for one in chinese if one["action"] == "feedback")["title"] == "处置反馈"
