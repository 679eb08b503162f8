"""Many at once, twice the same, half way down: what was answered is so, and only once."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from tests.cast import City, Desk, make_report


async def test_a_stale_version_is_told_what_the_case_is_now(desk: Desk) -> None:
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json=make_report())
    case_no, seen = answer.json()["case_no"], answer.headers["etag"]
    assert seen == '"1"'
    first = await desk.try_act("acceptor", case_no, "propose_filing", headers={"If-Match": seen})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    stale = await desk.try_act("shift_leader", case_no, "file", headers={"If-Match": seen})
    assert stale.status_code == 412
    told = stale.json()
    assert (told["version"], told["state"], told["stage"]) == (2, "pending_filing", "verify")
    assert (
        await desk.try_act("shift_leader", case_no, "file", headers={"If-Match": '"2"'})
    ).status_code == 200
    read = await desk.ask("acceptor", "GET", f"/v1/cases/{case_no}")
    assert read.headers["etag"] == '"3"'
    for bad in ("two", '"-1"', '""', '"٣"'):
        answer = await desk.try_act("dispatcher", case_no, "remind", headers={"If-Match": bad.encode()})
        assert answer.status_code == 400, bad
    anyone = await desk.try_act("dispatcher", case_no, "remind", headers={"If-Match": "*"})
    assert anyone.status_code == 200


async def test_of_two_who_race_on_one_case_exactly_one_wins(desk: Desk) -> None:
    case_no, version = await desk.case_in("handling"), 5
    for _ in range(60):
        racing = [
            desk.try_act(who, case_no, "remind", headers={"If-Match": f'"{version}"'})
            for who in ("evaluator", "dispatcher")
        ]
        answers = await asyncio.gather(*racing)
        assert sorted(one.status_code for one in answers) == [200, 412]
        version += 1
        lost = next(one for one in answers if one.status_code == 412)
        assert lost.json()["version"] == version
    history = await desk.get("acceptor", f"/v1/cases/{case_no}/history")
    assert [one["seq"] for one in history] == list(range(1, version + 1))


async def test_without_if_match_all_who_race_are_served_one_after_the_other(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    answers = await asyncio.gather(*(desk.try_act("dispatcher", case_no, "remind") for _ in range(30)))
    assert Counter(one.status_code for one in answers) == {200: 30}
    assert (await desk.get("acceptor", f"/v1/cases/{case_no}"))["marks"]["reminder_count"] == 30


async def test_who_waited_for_the_lock_is_not_told_that_time_runs_backwards(desk: Desk) -> None:
    case_no = await desk.case_in("handling")
    answers = await asyncio.gather(*(desk.try_act("dispatcher", case_no, "remind") for _ in range(30)))
    assert Counter(one.status_code for one in answers) == {200: 30}
    history = await desk.get("acceptor", f"/v1/cases/{case_no}/history")
    assert [one["at"] for one in history] == sorted(one["at"] for one in history)


async def test_two_who_merge_two_cases_into_each_other_never_crash(desk: Desk) -> None:
    for number in range(5):
        here = (110.0, 35 + number * 0.01)
        a, b = [(await desk.report(at=here))["case_no"] for _ in range(2)]
        answers = await asyncio.gather(
            desk.try_act("acceptor", a, "merge", {"target": b}),
            desk.try_act("acceptor", b, "merge", {"target": a}),
        )
        statuses = sorted(one.status_code for one in answers)
        assert statuses[0] == 200
        assert statuses[1] in {409, 503}, "refused, or asked to try again; never a failure of ours"
        states = {(await desk.get("acceptor", f"/v1/cases/{one}"))["state"] for one in (a, b)}
        assert states == {"merged", "reported"}


async def test_a_dry_run_changes_nothing_whatever_it_says(client: Desk, city: City) -> None:
    case_no = await client.case_in("filed")
    before, dump = await city.counts(), await city.sql("SELECT * FROM cases")
    dry = {"params": {"dry_run": "true"}}
    form = {"department": "d1", "limit": "4 work_hour"}
    allowed = (await client.try_act("dispatcher", case_no, "dispatch", form, **dry)).json()
    assert (allowed["allowed"], allowed["state"], allowed["stage"]) == (True, "dispatched", "dispatch")
    assert [one["kind"] for one in allowed["tasks"] if not one["finished_at"]] == ["handle", "sign"]
    assert allowed["changes"]["department_code"] == "d1"
    for who, action, said, status in (
        ("dispatcher", "dispatch", {"department": "d9"}, 409), ("dispatcher", "dispatch", {}, 409),
        ("acceptor", "dispatch", form, 403), ("department", "feedback", {"result": "x"}, 404),
        ("dispatcher", "fly", {}, 404), ("department", "sign_in", {}, 404), ("shift_leader", "close", {}, 409),
    ):  # fmt: skip
        answer = await client.try_act(who, case_no, action, said, **dry)
        told = answer.json()
        assert (answer.status_code, told["allowed"], told["status"]) == (200, False, status), (action, told)
        assert told["problem"]["status"] == status
    stale = await client.try_act("dispatcher", case_no, "dispatch", form, **dry, headers={"If-Match": '"1"'})
    assert stale.json()["status"] == 412
    keyed = await client.try_act(
        "dispatcher", case_no, "dispatch", form, **dry, headers={"Idempotency-Key": "d"}
    )
    assert keyed.json()["allowed"] is True
    assert (await city.counts(), await city.sql("SELECT * FROM cases")) == (before, dump)
    assert (await client.act("dispatcher", case_no, "dispatch", **form))["state"] == "dispatched"


async def test_the_same_request_twice_is_one_request(client: Desk, city: City) -> None:
    report, headers = make_report(), {"Idempotency-Key": "once"}
    first = await client.ask("acceptor", "POST", "/v1/cases", json=report, headers=headers)
    again = await client.ask("acceptor", "POST", "/v1/cases", json=report, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert [again.headers[one] for one in ("etag", "location")] == [
        first.headers[one] for one in ("etag", "location")
    ]
    other = await client.ask("acceptor", "POST", "/v1/cases", json=make_report(), headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/v1/problems#idempotency-key-reused")
    elsewhere = await client.try_act("acceptor", first.json()["case_no"], "propose_filing", headers=headers)
    assert elsewhere.status_code == 422
    somebody = await client.ask("dispatcher", "POST", "/v1/cases", json=report, headers=headers)
    assert (somebody.status_code, somebody.json()["case_no"] != first.json()["case_no"]) == (201, True)
    assert (await city.counts())["cases"] == 2
    for bad in ("", "x" * 201, "覈"):
        answer = await client.ask(
            "acceptor", "POST", "/v1/cases", json=report, headers={"Idempotency-Key": bad.encode()}
        )
        assert answer.status_code == 400, bad


async def test_a_refused_request_does_not_use_up_its_key(client: Desk) -> None:
    headers, report = {"Idempotency-Key": "later"}, make_report(area="north")
    assert (
        await client.ask("acceptor", "POST", "/v1/cases", json=report, headers=headers)
    ).status_code == 422
    area = {"name": "北区", "kind": "district", "parent_code": "city"}
    assert (await client.ask("administrator", "PUT", "/v1/areas/north", json=area)).status_code == 204
    assert (
        await client.ask("acceptor", "POST", "/v1/cases", json=report, headers=headers)
    ).status_code == 201


async def test_an_action_repeated_with_its_key_is_done_once(client: Desk) -> None:
    case_no = await client.case_in("handling")
    headers = {"Idempotency-Key": "r", "If-Match": '"5"'}
    answers = await asyncio.gather(
        *(client.try_act("dispatcher", case_no, "remind", headers=headers) for _ in range(20))
    )
    assert {one.status_code for one in answers} == {200}, "the repeat is given the first answer, not 412"
    assert {one.content for one in answers} == {answers[0].content}
    assert (await client.get("acceptor", f"/v1/cases/{case_no}"))["version"] == 6


async def test_an_external_number_names_one_case_even_when_two_bring_it_at_once(
    client: Desk, city: City
) -> None:
    first = await client.report(external_no="12345-1")
    again = await client.ask("acceptor", "POST", "/v1/cases", json=make_report(external_no="12345-1"))
    assert (again.status_code, again.json()["case_no"]) == (409, first["case_no"])
    assert (await client.report(external_no="12345-1", source="transfer"))["case_no"] != first["case_no"]
    for number in range(5):
        posts = [
            client.ask("acceptor", "POST", "/v1/cases", json=make_report(external_no=f"race-{number}"))
            for _ in range(6)
        ]
        answers = await asyncio.gather(*posts)
        assert Counter(one.status_code for one in answers) == {201: 1, 409: 5}
        born = next(one.json()["case_no"] for one in answers if one.status_code == 201)
        assert {one.json()["case_no"] for one in answers} == {born}
    assert (await city.counts())["cases"] == 7


async def test_of_a_batch_the_good_are_taken_and_each_bad_one_is_told_why(client: Desk, city: City) -> None:
    reports = [
        make_report(external_no="b1"), make_report(category="9999"), make_report(external_no="b1"),
        make_report(location=None), make_report(area="nowhere"), make_report(source="collector"), make_report(),
    ]  # fmt: skip
    answer = await client.ask("acceptor", "POST", "/v1/cases/batch", json={"reports": reports})
    assert answer.status_code == 200
    outcomes = answer.json()["outcomes"]
    assert [one["status"] for one in outcomes] == [201, 422, 409, 409, 422, 409, 201]
    assert [one["case"] is None for one in outcomes] == [False, True, True, True, True, True, False]
    assert outcomes[2]["problem"]["case_no"] == outcomes[0]["case"]["case_no"]
    rules = [[reason["rule"] for reason in (one["problem"] or {}).get("errors", [])] for one in outcomes]
    assert rules == [
        [],
        ["unknown_category"],
        [],
        ["place_given"],
        ["unknown_area"],
        ["photo_from_collector"],
        [],
    ]
    assert (await city.counts())["cases"] == 2
    assert (await city.counts())["case_events"] == 2
    department = await client.ask("department", "POST", "/v1/cases/batch", json={"reports": [make_report()]})
    assert department.json()["outcomes"][0]["status"] == 403
    for bad in ([], [make_report()] * 501):
        assert (
            await client.ask("acceptor", "POST", "/v1/cases/batch", json={"reports": bad})
        ).status_code == 422


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/cases/batch"])
async def test_a_commit_that_fails_never_answers_2xx(client: Desk, city: City, path: str) -> None:
    await city.sql(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$"
    )
    await city.sql(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON case_events DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION no()"
    )
    body = make_report() if path == "/v1/cases" else {"reports": [make_report()]}
    for headers in ({}, {"Idempotency-Key": uuid4().hex}):
        answer = await client.ask("acceptor", "POST", path, json=body, headers=headers)
        assert answer.status_code == 500
        assert "disk" not in answer.text
    counted = await city.counts()
    assert (counted["cases"], counted["case_events"], counted["idempotency_keys"]) == (0, 0, 0)
    await city.sql("DROP TRIGGER late ON case_events")
    assert (await client.ask("acceptor", "POST", path, json=body)).is_success


async def test_reports_and_actions_cost_few_statements(client: Desk) -> None:
    case_no = await client.case_in("filed")
    await client.report(reporter={"name": "甲"}, area="east1")
    counted: list[str] = []

    def count(*said: Any) -> None:
        counted.append(said[2])

    assert client.app is not None
    engine = client.app.state.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    costs = {}
    for name, make in {
        "report": lambda: client.report(reporter={"name": "甲"}, area="east1", external_no="x1"),
        "at a component": lambda: client.report(
            reporter={"name": "甲"},
            external_no="x2",
            location={"address": "井旁"},
            component_code="c",
            area="east1",
        ),
        "dispatch": lambda: client.act(
            "dispatcher", case_no, "dispatch", department="d1", limit="1 work_day"
        ),
        "list": lambda: client.get("acceptor", "/v1/cases"),
        "read": lambda: client.get("acceptor", f"/v1/cases/{case_no}"),
    }.items():
        counted.clear()
        await make()
        costs[name] = len(counted)
    event.remove(engine, "before_cursor_execute", count)
    assert costs["report"] <= 12, costs
    assert costs["at a component"] == costs["report"] + 1, "only such a report asks for a point first"
    assert costs["dispatch"] <= 12, costs
    assert costs["list"] <= 3, costs
    assert costs["read"] <= 6, costs
