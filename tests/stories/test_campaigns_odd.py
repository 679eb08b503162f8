"""Campaigns asked for what makes no sense, by people who do not see all of it, at moments when it is too late."""

from typing import Any

import pytest
from tests.stories.test_campaigns import Drive, make_campaign
from tests.stories.test_campaigns import drive as drive  # noqa: PLC0414 - a fixture

ROUND = {"step": "supervision_letter", "round_title": "2024年第1期督办"}


async def launch(drive: Drive, **said: Any) -> None:
    drive.to(119)
    await drive.plan(**said)
    await drive.ask("evaluator", "POST", "/launch")


async def key_of(drive: Drive, who: str, *roles: str, area: str) -> str:
    """Somebody of a part of the city, who has these roles there."""
    made = await drive.desk.ask("security", "POST", "/v1/keys", json={"roles": [*roles], "area": area})
    drive.desk.keys[who] = made.json()["key"]
    return who


@pytest.mark.parametrize(("scope", "why"), [
    ({"area": "nowhere", "department": "nobody"}, {("scope_known", "scope.area"), ("scope_known", "scope.department")}),
    ({"category": "9999"}, {("scope_known", "scope.category")}),
    ({"scheme": "gbt30428_2_2013", "category": "9999"}, {("scope_known", "scope.category")}),
    ({"scheme": "nobodys", "category": "0102"}, {("scope_known", "scope.scheme"), ("scope_known", "scope.category")}),
    (
        {"reported_from": "2024-05-01T00:00:00Z", "reported_to": "2024-05-01T08:00:00+08:00"},
        {("scope_has_time", "scope.reported_to")},
    ),
])  # fmt: skip
async def test_a_scope_that_never_fits_a_case_is_refused_when_it_is_planned(
    drive: Drive, scope: dict[str, Any], why: set[tuple[str, str | None]]
) -> None:
    drive.to(119)
    before = await drive.city.counts()
    said = make_campaign(scope=scope)
    assert await drive.refused("evaluator", "POST", "/v1/campaigns", **said) == (422, why)
    assert await drive.city.counts() == before
    fits = {"area": "s1", "department": "u1", "scheme": "cjt214_2007", "category": "0102"}
    await drive.plan(scope=fits | {"reported_from": "2024-05-01T00:00:00Z"})


async def test_what_is_no_difficult_case_can_be_frozen_too(drive: Drive) -> None:
    plain, hard = await drive.give("u1", 2, "s1")
    await drive.desk.act("dispatcher", hard, "mark_difficult", reason="产权不清")
    for said, there in ((False, {plain}), (True, {hard}), (None, {plain, hard})):
        await launch(drive, scope={"difficult": said})
        assert {one["case_no"] for one in (await drive.ask("evaluator", "GET", "/items"))["items"]} == there


async def test_what_is_planned_can_be_planned_otherwise_until_it_is_launched(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    await drive.give("u2", 2, "s2")
    drive.to(119)
    path = await drive.plan(units=["u1"])
    other = make_campaign(units=["u2"], name="另一行动")
    told = await drive.ask("evaluator", "PUT", "", **other)
    assert (told["units"], told["name"], told["state"]) == (["u2"], "另一行动", "planned")
    wrong = make_campaign(last_day="2024-09-01")
    assert await drive.refused("evaluator", "PUT", path, **wrong) == (
        422,
        {("ends_after_it_starts", "last_day")},
    )
    assert (await drive.ask("evaluator", "POST", "/launch"))["cases"] == 2
    assert await drive.refused("evaluator", "PUT", path, **other) == (409, {("campaign_state", None)})


async def test_a_visit_lies_between_the_first_day_of_its_campaign_and_now(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    await launch(drive)
    drive.to(120, 10)
    visit = {"department": "u1", "people": ["王工"], "problems": "缺人", "agreed": "下周清零"}
    path = f"{drive.campaign}/visits"
    for wrong in ("2024-09-01T23:59:00+08:00", "2024-09-03T10:01:00+08:00"):
        assert await drive.refused("evaluator", "POST", path, **visit, visited_at=wrong) == (
            409,
            {("visited_within_campaign", "visited_at")},
        )
    assert (await drive.ask("evaluator", "GET", "/visits"))["items"] == []
    for right in ("2024-09-02T00:00:00+08:00", "2024-09-03T10:00:00+08:00"):
        await drive.ask("evaluator", "POST", "/visits", **visit, visited_at=right)


async def test_of_the_cases_that_a_batch_names_each_has_a_result_or_is_named_as_not_on_the_list(
    drive: Drive,
) -> None:
    done, there = await drive.give("u1", 2, "s1")
    elsewhere = await drive.desk.case_in("handling")
    await launch(drive)
    await drive.close("u1", done)
    path, before = f"{drive.campaign}/batches", await drive.city.counts()
    for dry_run in (True, False):
        named = {"case_nos": [done, elsewhere, there, "0000"]}
        said = {"doing": "remind", "cases": named, "dry_run": dry_run}
        answer = await drive.desk.ask("evaluator", "POST", path, json=said)
        (why,) = answer.json()["errors"]
        assert (answer.status_code, why["rule"], why["field"]) == (409, "cases_on_list", "cases.case_nos")
        assert f": 0000, {elsewhere};" in why["message"], "just those two"
    assert await drive.city.counts() == before
    named = {"case_nos": [done, there, there]}
    started = await drive.ask("evaluator", "POST", "/batches", doing="remind", cases=named)
    assert started["cases"] == 2
    told = await drive.ask("evaluator", "POST", f"/batches/{started['batch_id']}/steps")
    assert (told["done"], [one["case_no"] for one in told["results"]]) == (1, [done])


async def test_who_sees_a_part_of_a_batch_goes_on_with_that_and_leaves_the_rest_to_others(
    drive: Drive,
) -> None:
    east = await drive.give("u1", 2, "s1")
    west = await drive.give("u2", 1, "s3")
    await launch(drive)
    await key_of(drive, "west_leader", "shift_leader", "dispatcher", area="west")
    for said in ({"doing": "remind"}, {"doing": "open_letters", "form": ROUND}):
        started = await drive.ask("shift_leader", "POST", "/batches", **said)
        batch = f"/batches/{started['batch_id']}"
        told = await drive.ask("west_leader", "POST", f"{batch}/steps")
        assert (told["done"], told["refused"], told["waiting"]) == (1, 0, 2)
        assert await drive.refused("west_leader", "POST", f"{drive.campaign}{batch}/steps") == (
            409,
            {("batch_in_sight", "batch_id")},
        )
        seen = (await drive.ask("west_leader", "GET", f"{batch}/results"))["items"]
        assert [one["case_no"] for one in seen] == west
        told = await drive.ask("shift_leader", "POST", f"{batch}/steps")
        assert (told["done"], told["refused"], told["waiting"]) == (3, 0, 0)
        everything = (await drive.ask("shift_leader", "GET", f"{batch}/results"))["items"]
        assert [one["case_no"] for one in everything] == east + west
    over = await drive.ask("west_leader", "POST", f"{batch}/steps")
    assert over["waiting"] == 0, "what is done is no reason to refuse"


async def test_a_batch_ends_with_its_campaign(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    await launch(drive)
    batches = [
        (await drive.ask("evaluator", "POST", "/batches", **said))["batch_id"]
        for said in (
            {"doing": "remind"},
            {"doing": "plan", "form": {"plan": "逐件上门"}},
            {"doing": "open_letters", "form": ROUND},
        )
    ]
    await drive.ask("evaluator", "POST", "/end")
    before = await drive.city.counts()
    for number in batches:
        steps = f"{drive.campaign}/batches/{number}/steps"
        assert await drive.refused("evaluator", "POST", steps) == (409, {("campaign_state", None)})
    assert await drive.city.counts() == before


async def test_a_batch_of_plans_that_no_case_could_keep_is_not_begun(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    await launch(drive)
    said = {"doing": "plan", "form": {"due_on": "2024-11-01"}}
    for dry_run in (True, False):
        assert await drive.refused("evaluator", "POST", f"{drive.campaign}/batches", **said, dry_run=dry_run) == (
            409, {("due_within_campaign", "due_on")},
        )  # fmt: skip


async def test_a_wrong_batch_is_told_by_the_field_that_was_sent(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    await launch(drive)
    path = f"{drive.campaign}/batches"
    for said, why in (
        ({"doing": "dance"}, ("union_tag_invalid", "doing")),
        ({}, ("union_tag_not_found", "doing")),
        (
            {"doing": "open_letters", "form": ROUND | {"reply_limit": "soon"}},
            ("string_pattern_mismatch", "form.reply_limit"),
        ),
        (
            {"doing": "remind", "cases": {"case_nos": ["1", 2]}},
            ("string_type", "cases.case_nos.1"),
        ),
        ({"doing": "assign"}, ("missing", "form")),
    ):
        assert await drive.refused("evaluator", "POST", path, **said) == (422, {why})


async def test_a_plan_is_made_ahead_and_a_day_that_has_passed_stays(drive: Drive) -> None:
    done, late = await drive.give("u1", 2, "s1")
    await launch(drive)
    plans = {one: f"{drive.campaign}/items/{one}/plan" for one in (done, late)}
    await drive.ask("u1", "PUT", f"/items/{late}/plan", due_on="2024-09-03")
    await drive.close("u1", done)
    drive.to(121)  # Wednesday the 4th
    assert await drive.refused("u1", "PUT", plans[done], due_on="2024-09-20") == (
        409, {("planned_before_it_ends", "due_on")},
    )  # fmt: skip
    for said in ({"due_on": "2024-09-20"}, {"plan": "再等等"}, {"due_on": None}):
        assert await drive.refused("u1", "PUT", plans[late], **said) == (
            409,
            {("passed_day_stays", "due_on")},
        )
    batch = await drive.ask("evaluator", "POST", "/batches", doing="plan", form={"due_on": "2024-09-20"})
    assert (await drive.ask("evaluator", "POST", f"/batches/{batch['batch_id']}/steps"))["refused"] == 1
    await drive.ask("u1", "PUT", f"/items/{late}/plan", due_on="2024-09-03", reason="season")
    plan = (await drive.figures())["total"]["on_plan_rate"]
    assert (plan["numerator"], plan["denominator"]) == (0, 1), "nobody plans what is done, or what was missed"
    (fresh,) = await drive.give("u2", 1, "s2")
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")
    path = f"{drive.campaign}/items/{fresh}/plan"
    assert await drive.refused("u2", "PUT", path, due_on="2024-09-01") == (
        409, {("due_within_campaign", "due_on"), ("due_ahead", "due_on")},
    )  # fmt: skip


async def test_a_write_off_and_a_recheck_that_are_sent_again_are_done_once(drive: Drive) -> None:
    (case_no,) = await drive.give("u1", 1, "s1")
    await launch(drive)
    await drive.close("u1", case_no)
    photo = await drive.desk.photo("u1", "after")
    for who, what, said in (
        ("u1", "write-off", {"photos": [photo]}),
        ("evaluator", "recheck", {"result": "pass"}),
    ):
        path = f"{drive.campaign}/items/{case_no}/{what}"
        answers = [
            await drive.desk.ask(who, "POST", path, json=said, headers={"Idempotency-Key": what})
            for _ in range(2)
        ]
        assert [one.status_code for one in answers] == [204, 204]
        assert answers[1].headers["idempotent-replayed"] == "true"
        assert (await drive.desk.ask(who, "POST", path, json=said)).status_code == 409
    (item,) = (await drive.ask("u1", "GET", "/items"))["items"]
    assert [one["result"] for one in item["history"]] == ["pass"]
