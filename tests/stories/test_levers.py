"""The two levers on a stuck city: letters opened from a campaign, and the bulletin that tells of both."""

import asyncio
from typing import Any

from tests.stories.test_campaigns import Drive
from tests.stories.test_campaigns import drive as drive  # noqa: PLC0414 - a fixture
from tests.stories.test_letters import do

LETTERS = "/v1/letters"
ROUND: dict[str, Any] = {
    "step": "supervision_letter",
    "round_title": "2024年第1期督办",
    "contact_name": "陈喆",
}


async def launch(drive: Drive) -> None:
    drive.to(119)
    await drive.plan()
    await drive.ask("evaluator", "POST", "/launch")


async def open_letters(drive: Drive, who: str = "evaluator", **said: Any) -> dict[str, Any]:
    """A batch of letters, done to its end."""
    told = await drive.ask(who, "POST", "/batches", doing="open_letters", form=ROUND, **said)
    batch: dict[str, Any] = told
    while batch["waiting"]:
        before = batch["waiting"]
        batch = await drive.ask(who, "POST", f"/batches/{batch['batch_id']}/steps")
        assert batch["waiting"] < before
    return batch


def reasons(batch: dict[str, Any]) -> dict[str, list[str]]:
    """Why cases were refused."""
    return {
        one["case_no"]: [why["rule"] for why in one["problem"]["errors"]] for one in batch["results"] if one["problem"]
    }  # fmt: skip


async def test_one_batch_drafts_one_letter_to_each_unit_and_says_which_case_is_in_none(drive: Drive) -> None:
    for unit, area in (("u1", "s1"), ("u2", "s2")):
        await drive.give(unit, 3, area)
    await drive.desk.case_in("handling")
    await launch(drive)
    had, closing, *_ = drive.cases["u1"]
    own = {"step": "supervision_letter", "case_nos": [had]}
    assert (await drive.desk.ask("evaluator", "POST", LETTERS, json=own)).status_code == 201
    before = await drive.city.counts()
    said = {"doing": "open_letters", "form": ROUND}
    told = await drive.ask("evaluator", "POST", "/batches", **said, dry_run=True)
    assert (told["cases"], told["waiting"], reasons(told)) == (6, 5, {had: ["step_once"]})
    assert await drive.city.counts() == before, "a dry run writes nothing"
    started = await drive.ask("evaluator", "POST", "/batches", **said)
    assert (started["waiting"], started["round_id"]) == (6, None), "a round begins with its first letter"
    await drive.close("u1", closing)
    steps = f"/batches/{started['batch_id']}/steps"
    first = await drive.ask("evaluator", "POST", steps)
    assert (first["done"], first["refused"], first["waiting"]) == (1, 2, 3), "one unit a step"
    last = await drive.ask("evaluator", "POST", steps)
    assert (last["done"], last["refused"], last["waiting"]) == (4, 2, 0)
    assert reasons(last) == {had: ["step_once"], closing: ["case_open"]}
    assert await drive.ask("evaluator", "POST", steps) == last, "there is nothing left to do"
    (one,) = (await drive.desk.get("evaluator", f"{LETTERS}/rounds"))["items"]
    assert (one["round_id"], one["title"], one["letters"], one["cases"]) == (
        last["round_id"], "2024年第1期督办", {"draft": 2}, 4,
    )  # fmt: skip
    drafts = (await drive.desk.get("evaluator", LETTERS, params={"round_id": one["round_id"]}))["items"]
    assert {(letter["to_unit"], letter["cases"], letter["title"]) for letter in drafts} == {
        ("u1", 1, "关于督办1件超期案件的函"), ("u2", 3, "关于督办3件超期案件的函"),
    }  # fmt: skip


async def test_the_same_step_is_opened_once_however_many_batches_and_hands_go_on_at_once(
    drive: Drive,
) -> None:
    await drive.give("u1", 2, "s1")
    await launch(drive)
    numbers = [
        (await drive.ask("evaluator", "POST", "/batches", doing="open_letters", form=ROUND))["batch_id"]
        for _ in range(2)
    ]
    steps = [f"{drive.campaign}/batches/{number}/steps" for number in numbers for _ in range(2)]
    answers = await asyncio.gather(*(drive.desk.ask("evaluator", "POST", one) for one in steps))
    assert {one.status_code for one in answers} == {200}
    told = [await drive.ask("evaluator", "GET", f"/batches/{number}") for number in numbers]
    assert sorted((one["done"], one["refused"]) for one in told) == [(0, 2), (2, 0)]
    (only,) = (await drive.desk.get("evaluator", LETTERS))["items"]
    assert only["cases"] == 2
    assert len((await drive.desk.get("evaluator", f"{LETTERS}/rounds"))["items"]) == 1


async def test_letters_are_opened_by_who_may_draft_them_and_a_wrong_wish_begins_nothing(drive: Drive) -> None:
    (case_no,) = await drive.give("u1", 1, "s1")
    await launch(drive)
    before = await drive.city.counts()
    path = f"{drive.campaign}/batches"
    said: dict[str, Any] = {"doing": "open_letters", "form": ROUND}
    for who in ("dispatcher", "administrator"):
        for dry_run in (True, False):
            assert (await drive.refused(who, "POST", path, **said, dry_run=dry_run))[0] == 403
    wrong = {"step": "reminder", "round_title": "一期", "cc_units": ["nobody"], "urgency": "\U0001f600"}
    for dry_run in (True, False):
        assert await drive.refused("shift_leader", "POST", path, doing="open_letters", form=wrong, dry_run=dry_run) == (
            422, {("sent_by_itself", "step"), ("unknown_department", "cc_units"), ("character_printable", "urgency")},
        )  # fmt: skip
    assert await drive.city.counts() == before
    started = await drive.ask("shift_leader", "POST", "/batches", **said)
    steps = f"{path}/{started['batch_id']}/steps"
    assert (await drive.desk.ask("dispatcher", "POST", steps)).status_code == 403
    assert (await drive.ask("dispatcher", "GET", f"/batches/{started['batch_id']}"))["waiting"] == 1
    assert (await drive.ask("shift_leader", "POST", f"/batches/{started['batch_id']}/steps"))["done"] == 1
    (letter,) = (await drive.desk.get("evaluator", LETTERS, params={"case_no": case_no}))["items"]
    assert letter["status"] == "draft", "it waits for review and signature, as all do"
    await do(drive.desk, "shift_leader", letter["letter_id"], "review")


async def test_a_step_that_the_city_took_out_of_its_ladder_meanwhile_is_refused_case_by_case(
    drive: Drive,
) -> None:
    cases = await drive.give("u1", 2, "s1")
    await launch(drive)
    form = ROUND | {"step": "rectification_notice"}
    started = await drive.ask("evaluator", "POST", "/batches", doing="open_letters", form=form)
    ladder = (await drive.desk.get("evaluator", f"{LETTERS}/ladder"))["content"]
    without = ladder.replace("rectification_notice:", "another_notice:")
    loaded = await drive.desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": without})
    assert loaded.status_code == 200, loaded.text
    done = await drive.ask("evaluator", "POST", f"/batches/{started['batch_id']}/steps")
    assert (done["refused"], reasons(done)) == (2, {one: ["unknown_step"] for one in cases})
    assert (await drive.desk.get("evaluator", f"{LETTERS}/rounds"))["items"] == []
