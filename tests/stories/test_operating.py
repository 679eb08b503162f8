"""What the operator of the server does: load and migrate workflows, give out keys, verify the record."""

import re
from pathlib import Path

from tests.cast import City, Desk

EVENT = Path(__file__).parents[2] / "workflows" / "event.yaml"


async def test_open_cases_move_to_a_new_version_of_their_workflow(
    client: Desk, city: City, tmp_path: Path
) -> None:
    handling, closed = await client.case_in("handling"), await client.case_in("closed")
    parked = await client.case_in("handling")
    form = {"until": await _in_a_month(city), "reason": "等材料"}
    await client.act("department", parked, "request_suspension", **form)
    before = await client.act("dispatcher", parked, "suspend")

    content = EVENT.read_text(encoding="utf-8")
    broken, renamed = tmp_path / "broken.yaml", tmp_path / "event.yaml"
    broken.write_text(content.replace("to: suspended", "to: nowhere"), encoding="utf-8")
    renamed.write_text(re.sub(r"\bsuspended\b", "parked", content), encoding="utf-8")
    code, said = await city.casehub("workflow", "load", str(broken))
    assert (code, "nowhere" in said) == (1, True), said
    assert (await client.report())["workflow_version"] == before["workflow_version"]
    code, said = await city.casehub("workflow", "load", str(renamed))
    assert (code, "is now current" in said) == (0, True), said
    fresh = await client.report()
    assert fresh["workflow_version"] != before["workflow_version"], "a running server follows"
    assert (await client.get("acceptor", f"/v1/cases/{handling}"))["workflow_version"] == before[
        "workflow_version"
    ]

    for arguments, words in (
        (("event",), f"case {parked} is suspended"), (("event", "--state", "suspended=nowhere"), "map it to one of"),
        (("nonsense",), "nonsense"),
    ):  # fmt: skip
        code, said = await city.casehub("workflow", "migrate", *arguments)
        assert (code, words in said, "Traceback" in said) == (1, True, False), said
    moved = await city.sql("SELECT count(*) FROM case_events WHERE action = 'migrate_workflow'")
    assert moved == [(0,)], "all or none"
    code, said = await city.casehub("workflow", "migrate", "event", "--state", "suspended=parked")
    assert (code, "3 open cases moved" in said) == (0, True), said
    now = await client.get("acceptor", f"/v1/cases/{parked}")
    assert (now["state"], now["workflow_version"]) == ("parked", fresh["workflow_version"])
    history = await client.get("acceptor", f"/v1/cases/{parked}/history")
    assert (history[-1]["action"], history[-1]["from_state"], history[-1]["to_state"]) == (
        "migrate_workflow", "suspended", "parked",
    )  # fmt: skip
    assert (await client.get("acceptor", f"/v1/cases/{closed}"))["workflow_version"] == before[
        "workflow_version"
    ]
    assert (await client.act("dispatcher", parked, "resume"))["state"] == "handling"
    photo = await client.photo("department", "after")
    assert (await client.act("department", handling, "feedback", result="好", photos=[photo]))[
        "state"
    ] == "handled"
    code, said = await city.casehub("audit", "verify")
    assert (code, "5 cases verified, 0 faults" in said) == (0, True), said


async def _in_a_month(city: City) -> str:
    [(at,)] = await city.sql("SELECT now() + interval '30 days'")
    return str(at.isoformat())


async def test_the_audit_names_the_case_and_exits_with_1(client: Desk, city: City) -> None:
    case_no = await client.case_in("filed")
    await city.sql("UPDATE cases SET state = 'closed' WHERE case_no = :no", no=case_no)
    code, said = await city.casehub("audit", "verify")
    assert code == 1
    assert f"{case_no}: its state is not what its events tell" in said
    assert "1 cases verified, 1 faults" in said


async def test_a_key_from_the_command_line_opens_the_city(client: Desk, city: City) -> None:
    code, said = await city.casehub("key", "create", "--role", "department", "--department", "d1")
    assert code == 0
    assert (await client.get(said.strip(), "/v1/me"))["department"] == "d1"
    code, said = await city.casehub("key", "create", "--role", "dispatcher", "--area", "east")
    told = (await client.get(said.strip(), "/v1/me"))["posts"]
    assert told == [{"role": "dispatcher", "area": "east", "department": None}]
    code, said = await city.casehub("key", "create", "--role", "department")
    assert (code, "Traceback" in said) == (1, False), said
