"""The two levers on a stuck city: letters opened from a campaign, and the bulletin that tells of both."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from pypdf import PdfReader
from tests.stories.test_campaigns import Drive
from tests.stories.test_campaigns import drive as drive  # noqa: PLC0414 - a fixture
from tests.stories.test_letters import climb_all, do

from casehub.campaigns.figures import Outcome

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


async def test_a_case_that_nobody_leads_yet_is_refused_and_the_letters_to_the_others_go_on(
    drive: Drive,
) -> None:
    nobodys = await drive.desk.case_in("filed", area="s1")
    await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan(units=[])
    await drive.ask("evaluator", "POST", "/launch")
    done = await open_letters(drive)
    assert (done["done"], reasons(done)) == (1, {nobodys: ["addressee_needed"]})


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


BULLETIN: dict[str, Any] = {
    "bulletin": "september", "title": "城市管理月度通报", "title_en": "Monthly bulletin", "rhythm": "month", "issuer": "城市管理局",
    "issuer_en": "City Management Bureau", "basis": "本市考核办法", "basis_en": "the city's measures",
    "indicators": ["reports"], "sections": ["overview", "letters", "campaigns"],
}  # fmt: skip


async def listed(drive: Drive, address: str) -> list[dict[str, Any]]:
    """All that an address leads to."""
    found: list[dict[str, Any]] = []
    following: str | None = address
    while following is not None:
        told = await drive.desk.get("evaluator", following)
        found += told["items"]
        following = told["next"]
    return found


async def count_again(
    leads_to: Callable[[str], Awaitable[list[dict[str, Any]]]], figure: dict[str, Any]
) -> None:
    """A figure is what its address leads to."""
    if "numerator" not in figure:
        address = figure.get("letters") or figure["items"]
        assert len(await leads_to(address)) == figure["value"], address
        return
    for part, address in figure["items"].items():
        behind = await leads_to(address)
        if "rechecked" in address:
            results = [one["result"] for item in behind for one in item["history"] if one["result"]]
            many = results.count("pass") if part == "numerator" else len(results)
        else:
            many = len(behind)
        assert many == figure[part], address


def figures_of(part: Any) -> list[dict[str, Any]]:
    """Every figure, wherever it stands: it has the address of what is behind it."""
    if isinstance(part, list):
        return [figure for one in part for figure in figures_of(one)]
    if not isinstance(part, dict):
        return []
    if "value" in part and {"items", "letters"} & {*part}:
        return [part]
    return [figure for one in part.values() for figure in figures_of(one)]


async def send(drive: Drive, letter: int) -> None:
    await do(drive.desk, "second_leader", letter, "review")
    await do(drive.desk, "shift_leader", letter, "sign")
    await do(drive.desk, "evaluator", letter, "send")


async def press(drive: Drive) -> None:
    """Letters to four units: u1 answers in time, is rejected and answers late; u2 never does; u3's is withdrawn; u4 is late."""
    await open_letters(drive)
    drafts = (await drive.desk.get("evaluator", LETTERS, params={"status": "draft"}))["items"]
    to = {one["to_unit"]: one["letter_id"] for one in drafts}
    for letter in to.values():
        await send(drive, letter)
    plan = {"reply": "正在处置", "plan": "本月办结"}
    await do(drive.desk, "u1", to["u1"], "reply", **plan)
    await do(drive.desk, "evaluator", to["u1"], "reject_reply", reason="未见照片", limit="1 work_day")
    await do(drive.desk, "evaluator", to["u3"], "withdraw", reason="已并入其他文书")
    drive.to(126)
    await do(drive.desk, "u1", to["u1"], "reply", **plan)
    await climb_all(drive.city, drive.clock.now())
    await do(drive.desk, "u4", to["u4"], "reply", **plan)


async def clear(drive: Drive) -> None:
    """Of the list one is cleared as planned, one late and without a check, one comes back; others are voided and suspended."""
    planned, late = drive.cases["u1"][:2]
    for case_no, day in ((planned, "2024-09-20"), (late, "2024-09-10"), (drive.cases["u2"][0], "2024-09-12")):
        await drive.ask("evaluator", "PUT", f"/items/{case_no}/plan", due_on=day)
    drive.to(130)
    await drive.close("u1", planned)
    for result in ("fail", "pass"):
        proof = await drive.desk.photo("u1", "after")
        await drive.ask("u1", "POST", f"/items/{planned}/write-off", photos=[proof])
        await drive.ask("evaluator", "POST", f"/items/{planned}/recheck", result=result)
    await drive.close("u1", late)
    await drive.void(drive.cases["u3"][0])
    await drive.suspend("u4", drive.cases["u4"][0], 60)
    drive.to(135)
    await drive.desk.report(at=(113.3, 33.7))
    await drive.give("u4", 1, "s1")


async def a_month(drive: Drive) -> None:
    """September with both levers, from the freezing on."""
    await drive.give("u1", 1, "s1", at=(113.3, 33.7))
    for unit, area in (("u1", "s1"), ("u2", "s2"), ("u3", "s3"), ("u4", "east1")):
        await drive.give(unit, 2, area)
    bare = str((await drive.desk.report(source="hotline", area="s2"))["case_no"])
    await drive.desk.act("acceptor", bare, "accept_order")
    await drive.desk.act("dispatcher", bare, "dispatch", department="u2", limit="1 work_day")
    await drive.desk.act("u2", bare, "sign_in")
    await launch(drive)
    await press(drive)
    await clear(drive)
    await drive.desk.act("u2", bare, "conclude", result="已办结")


async def draw(drive: Drive) -> dict[str, Any]:
    """The bulletin of September, drawn up."""
    answer = await drive.desk.ask(
        "administrator", "PUT", "/v1/bulletins/definitions/september", json=BULLETIN
    )
    assert answer.status_code == 204, answer.text
    said = {"bulletin": "september", "on": "2024-09-30"}
    drawn = await drive.desk.ask("evaluator", "POST", "/v1/bulletins", json=said)
    assert drawn.status_code == 201, drawn.text
    return dict(drawn.json())


def values(counts: dict[str, Any]) -> dict[str, int]:
    """Counts that are not nothing."""
    return {name: one["value"] for name, one in counts.items() if one["value"]}


async def test_the_bulletin_of_the_month_tells_what_letters_came_to(drive: Drive) -> None:
    await a_month(drive)
    drive.to(150)
    told = (await draw(drive))["content"]["letters"]
    official = {
        "sent": 4, "answered_on_time": 1, "answered_late": 2, "rejected": 1, "escalated": 2, "withdrawn": 1, "unanswered": 1,
    }  # fmt: skip
    assert values(told["total"]["counts"]) == official | {"sent": 14}
    assert [(row["code"], row["name"], values(row["counts"])) for row in told["steps"]] == [
        ("reminder_notice", "催办通知书", {"sent": 10}), ("supervision_letter", "督办函", official),
    ]  # fmt: skip
    assert [(row["code"], row["name"], values(row["counts"])) for row in told["units"]] == [
        ("u2", "河南有线平顶山分公司", {"sent": 4, "escalated": 1, "unanswered": 1}),
        ("u4", "执法二大队", {"sent": 3, "escalated": 1, "answered_late": 1}),
        ("u1", "平煤神马集团", {"sent": 4, "answered_on_time": 1, "answered_late": 1, "rejected": 1}),
        ("u3", "兴城公司", {"sent": 3, "withdrawn": 1}),
    ]
    (one,) = told["rounds"]
    assert (one["name"], one["cases"], values(one["counts"])) == (
        "2024年第1期督办",
        10,
        {"drafted": 4, **official},
    )
    figures = figures_of(told)
    assert len(figures) == 7 * (1 + 2 + 4 + 1) + 1
    for figure in figures:
        await count_again(partial(listed, drive), figure)


async def test_the_bulletin_of_the_month_tells_how_its_campaigns_stand(drive: Drive) -> None:
    await a_month(drive)
    drive.to(150)
    (told,) = (await draw(drive))["content"]["campaigns"]
    assert (told["name"], told["state"]) == ("案件清零行动", "running")
    assert values(told["counts"]) == {
        "items": 10, "cleared": 3, "cleared_in_period": 3, "residual": 6, "suspended": 1, "voided": 1,
    }  # fmt: skip
    assert {name: (one["numerator"], one["denominator"]) for name, one in told["rates"].items()} == {
        "cleared_rate": (3, 10), "on_plan_rate": (1, 3), "recheck_pass_rate": (1, 2), "rebound_rate": (1, 3),
        "without_check_rate": (1, 3),
    }  # fmt: skip
    assert values(told["ages"]) == {"91_to_180": 6}
    assert values(told["newcomers"]) == {"cases": 1, "open": 1}
    assert [(row["rank"], row["unit"], values(row["counts"])) for row in told["units"]] == [
        (1, "u1", {"items": 3, "cleared": 2, "residual": 1}), (2, "u2", {"items": 3, "cleared": 1, "residual": 2}),
        (3, "u3", {"items": 2, "residual": 1, "voided": 1}), (4, "u4", {"items": 2, "residual": 2, "suspended": 1}),
    ]  # fmt: skip
    figures = figures_of(told)
    assert len(figures) == (6 + 5) * (1 + 4) + 1 + 4 + 2
    for figure in figures:
        await count_again(partial(listed, drive), figure)
    items = f"{drive.campaign}/items"
    became = {one: await listed(drive, f"{items}?outcome={one}") for one in Outcome}
    assert all(item["outcome"] == one for one, them in became.items() for item in them)
    assert sum(map(len, became.values())) == len(await listed(drive, items)) == 10


async def test_what_comes_after_the_month_changes_none_of_its_letters_and_corrects_no_campaign(
    drive: Drive,
) -> None:
    await a_month(drive)
    drive.to(150)
    number = (await draw(drive))["bulletin_id"]
    address = f"/v1/bulletins/{number}"
    published = await drive.desk.ask("evaluator", "POST", f"{address}/publish")
    assert published.status_code == 200, published.text
    drive.to(151)
    await drive.close("u1", drive.cases["u1"][2])
    (waiting,) = (await drive.desk.get("evaluator", LETTERS, params={"status": "escalated"}))["items"]
    await do(drive.desk, "u2", waiting["letter_id"], "reply", reply="补报", plan="本月办结")
    for figure in figures_of(published.json()["content"]["letters"]):
        await count_again(partial(listed, drive), figure)
    assert (await drive.desk.get("evaluator", f"{address}/corrections"))["items"] == []
    await drive.city.sql("DELETE FROM letter_events WHERE action = 'escalate'")
    found = (await drive.desk.get("evaluator", f"{address}/corrections"))["items"]
    assert {(one["part"], one["code"], one["figure"]) for one in found} >= {
        ("letters", None, "escalated"), ("letters.units", "u2", "escalated"), ("letters.rounds", "1", "escalated"),
    }  # fmt: skip
    total = next(one for one in found if one["part"] == "letters" and one["figure"] == "escalated")
    assert (total["title"], total["then"]["value"], total["now"]["value"], total["cases"]) == (
        "Escalated",
        2,
        0,
        [],
    )


async def test_the_figures_of_an_ended_campaign_lead_to_its_items_as_they_were(drive: Drive) -> None:
    await a_month(drive)
    drive.to(136)
    await drive.ask("evaluator", "POST", "/end")
    drive.to(150)
    await drive.close("u2", drive.cases["u2"][0])
    await drive.void(drive.cases["u3"][1])
    (told,) = (await draw(drive))["content"]["campaigns"]
    assert (told["state"], told["counts"]["cleared"]["value"]) == ("ended", 3)
    for figure in figures_of({**told, "newcomers": {"cases": told["newcomers"]["cases"]}}):
        await count_again(partial(listed, drive), figure)


async def test_a_campaign_is_told_while_its_list_is_there_and_not_after(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    drive.to(119)
    await drive.plan()
    assert (await draw(drive))["content"]["campaigns"] == [], "planned is not running"
    await drive.ask("evaluator", "POST", "/launch")
    drive.to(120)
    await drive.ask("evaluator", "POST", "/end")
    said = {"bulletin": "september"}
    for on, many in (("2024-08-31", 0), ("2024-09-30", 1), ("2024-10-01", 0)):
        drawn = await drive.desk.ask("evaluator", "POST", "/v1/bulletins", json={**said, "on": on})
        assert len(drawn.json()["content"]["campaigns"]) == many, on


async def test_letters_and_campaigns_are_printed_in_both_languages(drive: Drive) -> None:
    await a_month(drive)
    drive.to(150)
    address = f"/v1/bulletins/{(await draw(drive))['bulletin_id']}"
    for language, said in (
        ("zh", ["二、督办文书", "三、专项行动", "发出14件", "催办通知书", "2024年第1期督办", "逾期未回复或升级督办的单位：河南有线平顶山分公司（逾期未回复1件，升级1件）；执法二大队",
                "案件清零行动", "累计清零3件", "清零率30.00%（3/10）", "未经核查结案占比33.33%（1/3）", "启动后新增1件，其中在办1件，单列"]),
        ("en", ["2. Letters", "3. Campaigns", "Sent: 14", "Reminder notice", "Cleared: 30.00% (3 / 10)", "Units with letters unanswered or escalated"]),
    ):  # fmt: skip
        answer = await drive.desk.ask("evaluator", "GET", f"{address}.pdf?language={language}")
        assert answer.status_code == 200, answer.text
        pages = [one.extract_text() for one in PdfReader(BytesIO(answer.content)).pages]
        text = re.sub(r"— \d+ —", "", "".join(pages))  # a sentence goes on over the number of its page
        for one in said:
            assert "".join(one.split()) in "".join(text.split()), f"{one} is not in {text}"
    book = openpyxl.load_workbook(
        BytesIO((await drive.desk.ask("evaluator", "GET", f"{address}.xlsx")).content)
    )
    sheet = next(
        one for one in book if one["A1"].value and one["A1"].value.endswith("案件清零行动各单位排名")
    )
    assert [cell.value for cell in sheet[3]][:5] == [1, "平煤神马集团", 3, 2, pytest.approx(2 / 3)]
    assert (await drive.desk.ask("evaluator", "GET", f"{address}.docx")).content[:2] == b"PK"


async def test_a_month_without_letters_and_campaigns_says_so(drive: Drive) -> None:
    await drive.give("u1", 1, "s1")
    drive.to(150)
    drawn = await draw(drive)
    assert values(drawn["content"]["letters"]["total"]["counts"]) == {}
    answer = await drive.desk.ask("evaluator", "GET", f"/v1/bulletins/{drawn['bulletin_id']}.docx")
    told = [one.text for one in docx.Document(BytesIO(answer.content)).paragraphs]
    assert told.count("本期无。") == 2
