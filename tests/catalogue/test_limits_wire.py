"""Filing conditions and limit tables over HTTP."""

import asyncio
from typing import Any

import pytest
from tests.cast import City, Desk

from casehub.cases import commands as cases
from casehub.people.actors import EVERYTHING

SCHEME = "gbt30428_2_2013"
STEPS = [
    {"step": "stop", "limit": "4 work_hour"},
    {"step": "punish", "limit": "7 work_day"},
    {"step": "demolish", "limit": "20 work_day"},
]
DONE = {"step": "done", "title": "处置完毕", "title_en": "Done"}


async def category(desk: Desk, code: str, scheme: str = "cjt214_2007", kind: str = "event") -> int:
    found = await desk.get("acceptor", f"/v1/categories?scheme={scheme}")
    return int(next(one["category_id"] for one in found if (one["kind"], one["code"]) == (kind, code)))


async def said(desk: Desk, path: str, body: Any, status: int, **headers: str) -> Any:
    answer = await desk.ask("administrator", "PUT", path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def row(code: str, condition: str = "c1", **told: Any) -> dict[str, Any]:
    one = {"kind": "event", "code": code, "condition": condition, "description": f"condition {condition[1:]}"}
    return one | ({} if {"limit", "steps"} & set(told) else {"limit": "1 work_day"}) | told


async def handling_limit(desk: Desk, **report: Any) -> str:
    """The limit that the department of a fresh case gets."""
    case_no = str((await desk.report(**report))["case_no"])
    await desk.act("acceptor", case_no, "propose_filing", condition="c1")
    await desk.act("shift_leader", case_no, "file")
    sent = await desk.act("dispatcher", case_no, "dispatch", department="d1")
    return str(next(one["limit"] for one in sent["tasks"] if one["kind"] == "handle"))


async def test_a_condition_is_told_as_it_was_given(desk: Desk) -> None:
    path = f"/v1/categories/{await category(desk, '0103')}/conditions"
    body = {"description": "in progress", "steps": STEPS, "limits": {"B": "5 work_day", "A": STEPS[:2]}}
    await said(desk, f"{path}/c10", {"description": "existing", "limit": "15 work_day"}, 204)
    await said(desk, f"{path}/c2", body, 204)
    first, second = await desk.get("collector", path)
    assert (first["condition"], first["limit"], second["condition"], second["limit"]) == (
        "c2", "20 work_day", "c10", "15 work_day",
    )  # fmt: skip
    assert first["steps"][0] == {
        "step": "stop",
        "title": "制止",
        "title_en": "Stopped",
        "limit": "4 work_hour",
    }
    assert [one["step"] for one in first["limits"]["A"]] == ["stop", "punish"]
    assert (first["limits"]["B"], second["limits"]) == ([DONE | {"limit": "5 work_day"}], {})
    await said(
        desk, f"{path}/c2", {"description": "in progress", "limit": "2 urgent_day", "source": "L1"}, 204
    )
    (first, _) = await desk.get("collector", path)
    assert (first["steps"], first["limits"], first["source"]) == (
        [DONE | {"limit": "2 urgent_day"}],
        {},
        "L1",
    )


@pytest.mark.parametrize(("told", "faults"), [
    ({}, [("limit", "limit_or_steps")]),
    ({"limit": "0 work_hour"}, [("limit", "limit")]),
    ({"limit": "4 weeks"}, [("limit", "limit")]),
    ({"limit": "1 work_day", "steps": STEPS}, [("limit", "limit_or_steps")]),
    ({"steps": []}, [("steps", "steps_given")]),
    ({"steps": [*STEPS, {"step": "wait", "limit": "30 work_day"}]}, [("steps.3.step", "step_known")]),
    ({"steps": STEPS[::-1]}, [("steps.1.limit", "steps_ascend")]),
    ({"limit": "1 work_day", "limits": {"-": "1 work_day", "a b": "x"}},
     [("limits.-", "other_classes"), ("limits.a b", "time_class"), ("limits.a b", "limit")]),
])  # fmt: skip
async def test_a_limit_that_is_none_is_refused_with_field_rule_and_both_languages(
    desk: Desk, told: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    path = f"/v1/categories/{await category(desk, '0104')}/conditions/c1"
    en = await said(desk, path, {"description": "x"} | told, 422)
    zh = await said(desk, path, {"description": "x"} | told, 422, **{"Accept-Language": "zh"})
    assert en["type"] == "/v1/problems#condition-invalid"
    assert [(one["field"], one["rule"]) for one in en["errors"]] == faults
    assert all(a["message"] != b["message"] for a, b in zip(en["errors"], zh["errors"], strict=True))
    assert await desk.get("collector", path.removesuffix("/c1")) == []


async def test_a_condition_needs_a_category_and_an_administrator(desk: Desk) -> None:
    body = {"description": "x", "limit": "1 work_day"}
    lost = await said(desk, "/v1/categories/999999/conditions/c1", body, 404)
    assert lost["type"] == "/v1/problems#category-not-found"
    for path, one in (("categories/1/conditions/c1", body), (f"schemes/{SCHEME}/limits", {"rows": []})):
        assert (await desk.ask("acceptor", "PUT", f"/v1/{path}", json=one)).status_code == 403


async def test_the_limit_is_that_of_the_areas_time_class_or_of_the_nearest_area_above(client: Desk) -> None:
    path = f"/v1/categories/{await category(client, '0102')}/conditions/c1"
    limits = {
        "A": "1 urgent_hour",
        "C": [{"step": "arrive", "limit": "1 work_day"}, {"step": "done", "limit": "3 work_day"}],
    }
    await said(client, path, {"description": "占道", "limit": "2 urgent_hour", "limits": limits}, 204)
    north = {"name": "北区", "kind": "district", "parent_code": "city"}
    await said(client, "/v1/areas/north", north, 204)
    grid = {"name": "东一格", "kind": "community", "parent_code": "east"}

    async def limits_of(*areas: str | None) -> list[str]:
        return [await handling_limit(client, area=one) for one in areas]

    assert await limits_of(None, "city", "east1") == ["2 urgent_hour"] * 3
    await said(client, "/v1/areas/city", {"name": "市", "kind": "city", "time_class": "C"}, 204)
    east = {"name": "东区", "kind": "district", "parent_code": "city", "time_class": "A"}
    await said(client, "/v1/areas/east", east, 204)
    assert await limits_of(None, "city", "north", "east", "east1") == [
        "2 urgent_hour", "3 work_day", "3 work_day", "1 urgent_hour", "1 urgent_hour",
    ]  # fmt: skip
    await said(client, "/v1/areas/east1", grid | {"time_class": "-"}, 204)
    await said(client, "/v1/areas/north", north | {"time_class": "D"}, 204)
    assert await limits_of("east1", "north") == ["2 urgent_hour"] * 2, "of class D nothing is said"
    areas = {
        one["area_code"]: one["time_class"] for one in (await client.get("collector", "/v1/areas"))["items"]
    }
    assert areas == {"city": "C", "east": "A", "east1": "-", "north": "D", "west": None}
    odd = await client.ask("administrator", "PUT", "/v1/areas/x", json=north | {"time_class": "a b"})
    assert [one["field"] for one in odd.json()["errors"]] == ["time_class"]


async def test_the_engine_knows_every_step_on_the_way(
    client: Desk, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    decide = cases.decide
    monkeypatch.setattr(
        cases, "decide", lambda *one, **known: seen.append(known["known"]) or decide(*one, **known)
    )
    path = f"/v1/categories/{await category(client, '0102')}/conditions/c1"
    await said(client, path, {"description": "x", "limit": "9 work_day", "limits": {"A": STEPS}}, 204)
    await city.sql("UPDATE areas SET time_class = 'A' WHERE area_code = 'east'")
    case_no = str((await client.report(area="east1"))["case_no"])
    await client.act("acceptor", case_no, "propose_filing", condition="c1")
    (known,) = seen
    assert known.conditions == {"c1": "20 work_day"}
    assert [(one.step, str(one.limit)) for one in known.steps["c1"]] == [
        ("stop", "4 work_hour"), ("punish", "7 work_day"), ("demolish", "20 work_day"),
    ]  # fmt: skip
    async with city.engine.begin() as tx:
        assert (await cases.find_case(tx, case_no, EVERYTHING)).condition == "c1"


async def test_a_whole_table_is_loaded_and_told_row_by_row(client: Desk) -> None:
    path = f"/v1/schemes/{SCHEME}/limits"
    rows = [
        row("0101", limit="2 urgent_day", source="L1"), row("0101", limit="1 urgent_day", time_class="A", source="L1"),
        row("0101", "c2", steps=STEPS, closing_condition="demolished"), row("0102"), row("0101", kind="component"),
    ]  # fmt: skip
    counts = {"added": 4, "changed": 0, "removed": 0, "same": 0}
    assert await said(client, path, {"rows": rows}, 200) == counts
    told = await client.get("collector", path)
    assert [(one["kind"], one["code"], one["condition"], one["time_class"], one["steps"][-1]["limit"]) for one in told] == [
        ("component", "0101", "c1", "-", "1 work_day"), ("event", "0101", "c1", "-", "2 urgent_day"),
        ("event", "0101", "c1", "A", "1 urgent_day"), ("event", "0101", "c2", "-", "20 work_day"),
        ("event", "0102", "c1", "-", "1 work_day"),
    ]  # fmt: skip
    assert await said(client, path, {"rows": told}, 200) == {
        "added": 0,
        "changed": 0,
        "removed": 0,
        "same": 4,
    }
    fewer = [row("0101", "c2", limit="9 work_day"), row("0101", "c3")]
    assert await said(client, path, {"rows": fewer}, 200) == {
        "added": 1,
        "changed": 1,
        "removed": 1,
        "same": 0,
    }
    left = await client.get("collector", path)
    assert [(one["kind"], one["code"], one["condition"], one["closing_condition"]) for one in left] == [
        ("component", "0101", "c1", None), ("event", "0101", "c2", "demolished"), ("event", "0101", "c3", None),
        ("event", "0102", "c1", None),
    ]  # fmt: skip


async def test_a_table_is_taken_whole_or_not_at_all_and_every_fault_is_told(desk: Desk) -> None:
    path = f"/v1/schemes/{SCHEME}/limits"
    before = await desk.get("collector", path)
    rows = [
        row("0201"), row("0202", limit="0 work_day"), row("202"), row("0203", time_class="A"), row("0204", "c 1"),
        row("0205", limit="1 work_day", steps=STEPS), row("0206", steps=[{"step": "wait", "limit": "x"}]), row("0207", kind="thing"),
    ]  # fmt: skip
    told = await said(desk, path, {"rows": rows}, 422)
    assert told["type"] == "/v1/problems#limit-table-invalid"
    assert [(one["field"], one["rule"]) for one in told["errors"]] == [
        ("rows.1.limit", "limit"), ("rows.2.code", "category_known"), ("rows.3.time_class", "default_class"),
        ("rows.4.condition", "condition"), ("rows.5.limit", "limit_or_steps"), ("rows.6.steps.0.step", "step_known"),
        ("rows.6.steps.0.limit", "limit"), ("rows.7.code", "category_known"),
    ]  # fmt: skip
    assert told["errors"][1]["message"] == (
        f"row 3 (202 c1): there is no event '202' in {SCHEME}; is 0202 meant?"
    )
    zh = await said(desk, path, {"rows": rows}, 422, **{"Accept-Language": "zh"})
    assert zh["errors"][0]["message"].startswith("第 2 行（0202 c1）：0 work_day：")
    assert await desk.get("collector", path) == before
    unread = await said(desk, path, {"rows": [row("0201"), {"kind": "event", "more": 1}]}, 422)
    assert {"rows.1.code", "rows.1.more"} <= {one["field"] for one in unread["errors"]}
    lost = await said(desk, "/v1/schemes/none/limits", {"rows": rows[:1]}, 404)
    assert lost["type"] == "/v1/problems#scheme-not-found"


async def test_two_tables_at_once_come_one_after_the_other(client: Desk) -> None:
    path = f"/v1/schemes/{SCHEME}/limits"
    tables = [
        [row("0101", f"c{place}", limit=f"{turn + 1} work_day") for place in range(30)] for turn in range(4)
    ]
    await asyncio.gather(*(said(client, path, {"rows": one}, 200) for one in tables))
    left = await client.get("collector", path)
    assert (len(left), len({one["steps"][0]["limit"] for one in left})) == (30, 1)


async def test_a_condition_that_a_table_took_away_asks_for_a_limit(client: Desk) -> None:
    path = "/v1/schemes/cjt214_2007/limits"
    await said(client, path, {"rows": [row("0102"), row("0102", "c2")]}, 200)
    case_no = str((await client.report())["case_no"])
    await client.act("acceptor", case_no, "propose_filing", condition="c2")
    await client.act("shift_leader", case_no, "file")
    await said(client, path, {"rows": [row("0102")]}, 200)
    refused = await client.try_act("dispatcher", case_no, "dispatch", {"department": "d1"})
    assert [one["rule"] for one in refused.json()["errors"]] == ["limit_needed"]
    sent = await client.act("dispatcher", case_no, "dispatch", department="d1", limit="1 work_day")
    assert sent["state"] == "dispatched"
