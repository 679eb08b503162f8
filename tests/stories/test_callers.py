"""Who reported: kept sealed, shown masked to who must answer them, read in full only for a purpose that is logged."""

from pathlib import Path
from typing import Any

import pytest
from tests.cast import City, Desk, desk_of

from casehub.storage.vault import new_key

WANG = {"name": "王女士", "telephone": "13800138000", "address": "长安街1号3单元", "secret": False}
MASKED = {
    "name": "王*",
    "telephone": "138****8000",
    "address": "长安街****",
    "secret": False,
    "merged_from": None,
}
FULL = {**WANG, "merged_from": None}


async def read(desk: Desk, who: str, case_no: str, purpose: str = "回访") -> Any:
    return await desk.ask(who, "POST", f"/v1/cases/{case_no}/reporters/readings", json={"purpose": purpose})


async def test_who_reported_is_masked_for_those_who_answer_and_absent_for_others(desk: Desk) -> None:
    case_no = (await desk.report(reporter=WANG))["case_no"]
    await desk.walk(case_no, "handling")
    for who in ("acceptor", "shift_leader"):
        assert (await desk.get(who, f"/v1/cases/{case_no}"))["reporters"] == [MASKED]
    for who in ("dispatcher", "department", "evaluator", "administrator"):
        assert "reporters" not in await desk.get(who, f"/v1/cases/{case_no}")
    for who in ("acceptor", "department", "administrator"):
        whole = ""
        for path in (
            f"/v1/cases/{case_no}",
            f"/v1/cases/{case_no}/history",
            "/v1/cases",
            "/v1/cases?text=王女士",
        ):
            whole += (await desk.ask(who, "GET", path)).text
        assert not [one for one in ("13800138000", "王女士", "3单元") if one in whole]


async def test_a_reading_in_full_has_a_purpose_and_the_auditor_sees_it(desk: Desk) -> None:
    case_no = (await desk.report(reporter=WANG))["case_no"]
    answer = await read(desk, "acceptor", case_no)
    assert (answer.status_code, answer.json()) == (201, [FULL])
    await read(desk, "shift_leader", case_no, "核实地址")
    log = (await desk.get("auditor", f"/v1/readings?case_no={case_no}"))["items"]
    assert [(one["read_by"], one["role"], one["purpose"], one["callers"]) for one in log] == [
        ("s1", "shift_leader", "核实地址", 1), ("a1", "acceptor", "回访", 1),
    ]  # fmt: skip
    mine = await desk.get("auditor", f"/v1/readings?case_no={case_no}&person=a1&limit=1")
    assert [one["purpose"] for one in mine["items"]] == ["回访"]
    assert mine["next"] is None
    page = await desk.get("auditor", f"/v1/readings?case_no={case_no}&limit=1")
    assert [one["read_by"] for one in (await desk.get("auditor", page["next"]))["items"]] == ["a1"]
    for who in ("administrator", "security", "acceptor"):
        assert (await desk.ask(who, "GET", "/v1/readings")).status_code == 403
    assert (await desk.ask("auditor", "GET", f"/v1/cases/{case_no}")).status_code == 404


async def test_who_has_no_duty_reads_nothing_and_leaves_no_reading(desk: Desk) -> None:
    case_no = (await desk.report(reporter=WANG))["case_no"]
    await desk.walk(case_no, "handling")
    for who, status in (("dispatcher", 403), ("department", 403), ("administrator", 403), ("evaluator", 403), ("stranger", 404),
                        ("auditor", 404), ("security", 404)):  # fmt: skip
        assert (await read(desk, who, case_no)).status_code == status, who
    said = {"roles": ["acceptor", "department"], "department": "d1"}
    both = (await desk.ask("security", "POST", "/v1/keys", json=said)).json()["key"]
    assert (await read(desk, both, case_no)).status_code == 403, (
        "nor the department complained of, by another post"
    )
    assert "reporters" not in await desk.get(both, f"/v1/cases/{case_no}")
    assert (
        await desk.ask("acceptor", "POST", f"/v1/cases/{case_no}/reporters/readings", json={})
    ).status_code == 422
    assert (await desk.get("auditor", f"/v1/readings?case_no={case_no}"))["items"] == []


async def test_who_asked_to_stay_secret_is_not_shown_even_masked(desk: Desk) -> None:
    case_no = (await desk.report(reporter={**WANG, "secret": True}))["case_no"]
    nothing = {"name": None, "telephone": None, "address": None, "secret": True, "merged_from": None}
    assert (await desk.get("acceptor", f"/v1/cases/{case_no}"))["reporters"] == [nothing]
    assert (await read(desk, "acceptor", case_no)).json() == [{**FULL, "secret": True}]


async def test_nothing_readable_of_who_reported_lies_in_the_database(client: Desk, city: City) -> None:
    case_no = (await client.report(reporter=WANG))["case_no"]
    headers = {"Idempotency-Key": "k"}
    answer = await client.ask(
        "acceptor",
        "POST",
        f"/v1/cases/{case_no}/reporters/readings",
        json={"purpose": "回访"},
        headers=headers,
    )
    assert answer.json() == [FULL]
    await client.walk(case_no, "handling")
    for (name,) in await city.sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"):
        whole = str(await city.sql(f'SELECT t::text FROM "{name}" AS t'))
        assert not [one for one in ("13800138000", "王女士", "3单元") if one in whole], name


async def test_keys_are_changed_in_batches_and_a_lost_one_is_said_to_be_lost(
    city: City, tmp_path: Path
) -> None:
    old, new = str(city.settings.data_keys), new_key()
    async with desk_of(city, tmp_path) as desk:
        case_no = (await desk.report(reporter=WANG))["case_no"]
        await desk.report(reporter={"name": "乙"})
    path = f"/v1/cases/{case_no}"
    city.settings = city.settings.model_copy(update={"data_keys": new})
    async with desk_of(city, tmp_path) as desk:
        assert (await desk.get("acceptor", path))["reporters"][0]["name"] is None, (
            "the case can still be read"
        )
        lost = await read(desk, "acceptor", case_no)
        assert (lost.status_code, lost.json()["type"]) == (503, "/v1/problems#caller-data-unreadable")
        assert (await desk.get("auditor", "/v1/readings"))["items"] == []
    assert (await city.casehub("callers", "reseal", keys=new))[0] == 1
    code, told = await city.casehub("callers", "reseal", keys=f"{new},{old}")
    assert (code, "2 callers sealed" in told) == (0, True), told
    async with desk_of(city, tmp_path) as desk:
        assert (await read(desk, "acceptor", case_no)).json() == [FULL]


@pytest.mark.parametrize(
    "reporter", [{"name": ""}, {"age": 3}, {"secret": "perhaps"}, {"telephone": "1" * 201}]
)
async def test_a_caller_is_described_by_name_telephone_and_address(
    desk: Desk, reporter: dict[str, Any]
) -> None:
    body = {"kind": "event", "category": "0102", "source": "leader", "reporter": reporter}
    assert (await desk.ask("acceptor", "POST", "/v1/cases", json=body)).status_code == 422
