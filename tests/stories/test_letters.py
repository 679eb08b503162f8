"""A letter from the desk to the reply, over HTTP; the ladder climbed by itself; numbers under sixteen hands."""

import asyncio
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError
from tests.cast import START, City, Desk
from tests.letters.letters import picture
from tests.stories.test_watch import pass_time

from casehub.cases.commands import audit as audit_cases
from casehub.letters import commands
from casehub.letters.commands_watch import climb
from casehub.letters.problems import LetterNotFound
from casehub.people.actors import Actor, Post, Role
from casehub.worker import Pressing

Replay = tuple[City, Desk]
LETTERS = "/v1/letters"


async def draft(desk: Desk, *case_nos: str, who: str = "evaluator", **said: Any) -> dict[str, Any]:
    body = {"step": "supervision_letter", "case_nos": list(case_nos)} | said
    answer = await desk.ask(who, "POST", LETTERS, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def tell(desk: Desk, who: str, letter: int, action: str, **form: Any) -> Any:
    return await desk.ask(who, "POST", f"{LETTERS}/{letter}/actions/{action}", json=form)


async def do(desk: Desk, who: str, letter: int, action: str, **form: Any) -> dict[str, Any]:
    answer = await tell(desk, who, letter, action, **form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def faults(city: City) -> list[tuple[str, str]]:
    async with city.engine.begin() as tx:
        return (await commands.audit(tx, 0))[2]


def rules(answer: Any) -> list[str]:
    return [one["rule"] for one in answer.json()["errors"]]


async def sent(desk: Desk, *case_nos: str, **said: Any) -> dict[str, Any]:
    letter = (await draft(desk, *case_nos, **said))["letter_id"]
    await do(desk, "evaluator", letter, "review")
    await do(desk, "shift_leader", letter, "sign")
    return await do(desk, "evaluator", letter, "send")


async def test_a_letter_lives_from_the_desk_to_an_accepted_reply(replay: Replay) -> None:
    city, desk = replay
    cases = [await desk.case_in("handling") for _ in range(3)]
    pass_time(city, days=4)
    born = await draft(desk, *cases, cc_units=["d3"], contact_name="陈喆", contact_phone="0375-1234567")
    letter = born["letter_id"]
    assert (born["status"], born["number"], born["to_unit"], born["cases"]) == ("draft", None, "d1", 3)
    assert born["title"] == "关于督办3件超期案件的函"
    assert "d1 局" not in born["body"]
    assert "最长已超期3个工作日" in born["body"]
    hidden = await desk.ask("department", "GET", f"{LETTERS}/{letter}")
    assert hidden.status_code == 404, "what is not sent is nobody's but the centre's"
    await do(desk, "evaluator", letter, "revise", title="关于督办三件案件的函")
    assert rules(await tell(desk, "evaluator", letter, "revise", body="请😀办")) == ["character_printable"]
    await do(desk, "evaluator", letter, "review")
    assert rules(await tell(desk, "evaluator", letter, "sign")) == ["signed_by_another"]
    signed = await do(desk, "shift_leader", letter, "sign")
    assert signed["number"] == "市城管督〔2024〕1号"
    gone = await do(desk, "evaluator", letter, "send")
    assert gone["reply_due_at"] is not None
    queue = (await desk.get("department", "/v1/queue", params={"kind": "reply"}))["items"]
    assert sorted(one["case"]["case_no"] for one in queue) == sorted(cases)
    assert {one["due_at"] for one in queue} == {gone["reply_due_at"]}, "one date, by one calendar"
    await do(desk, "department", letter, "receive")
    assert (
        await tell(desk, "other_department", letter, "reply", reply="不是我们", plan="无")
    ).status_code == 404
    assert rules(await tell(desk, "department", letter, "reply", reply="好")) == ["proof_or_plan"]
    assert rules(await tell(desk, "department", letter, "reply", reply="好", photos=["0" * 32])) == [
        "photos_there"
    ]
    photo = await desk.photo("department", "after")
    replied = await do(desk, "department", letter, "reply", reply="已清理", photos=[photo])
    assert (replied["status"], replied["marks"]["reply"]["late"]) == ("replied", False)
    assert (await desk.get("department", "/v1/queue", params={"kind": "reply"}))["items"] == []
    seen = await desk.ask("evaluator", "GET", f"{LETTERS}/{letter}/photos/{photo}")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")


async def test_a_rejected_reply_is_owed_again_and_an_accepted_one_closes_the_letter(replay: Replay) -> None:
    city, desk = replay
    gone = await sent(desk, await desk.case_in("handling"))
    letter = gone["letter_id"]
    assert (await tell(desk, "evaluator", letter, "accept_reply")).status_code == 409
    await do(
        desk, "department", letter, "reply", reply="已清理", photos=[await desk.photo("department", "after")]
    )
    rejected = await do(desk, "evaluator", letter, "reject_reply", reason="两处未清理", limit="1 work_day")
    assert (rejected["status"], rejected["rejections"]) == ("sent", 1)
    assert rejected["reply_due_at"] < gone["reply_due_at"]
    again = (await desk.get("department", "/v1/queue", params={"kind": "reply"}))["items"]
    assert {one["due_at"] for one in again} == {rejected["reply_due_at"]}
    assert rules(await tell(desk, "evaluator", letter, "close")) == ["no_reply_owed"]
    done_by = (city.clock.now() + timedelta(days=9)).isoformat()
    await do(desk, "department", letter, "reply", reply="余下两处需施工", plan="分段施工", finish_by=done_by)
    await do(desk, "shift_leader", letter, "accept_reply")
    closed = await do(desk, "evaluator", letter, "close")
    assert (closed["status"], closed["number_void"]) == ("closed", False)
    history = await desk.get("evaluator", f"{LETTERS}/{letter}/history")
    assert [one["action"] for one in history] == [
        "draft", "review", "sign", "send", "reply", "reject_reply", "reply", "accept_reply", "close",
    ]  # fmt: skip
    assert await faults(city) == []
    async with city.engine.begin() as tx:
        assert (await audit_cases(tx, 0))[2] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE letter_events SET body = replace(body, '督办1件', '督办2件') WHERE seq = 1",
            "event 1 was changed",
        ),
        ("DELETE FROM letter_events WHERE seq = 2", "event 2 is missing"),
        ("UPDATE letters SET seq = 7", "seq is not what its events tell"),
        ("UPDATE letters SET title = '别的'", "title is not what its events tell"),
    ],
)
async def test_whatever_is_changed_behind_a_letter_shows(replay: Replay, change: str, said: str) -> None:
    city, desk = replay
    letter = (await sent(desk, await desk.case_in("handling")))["letter_id"]
    await do(desk, "department", letter, "reply", reply="在办", plan="周五完成", finish_by=START.isoformat())
    assert await faults(city) == []
    await city.sql(change)
    assert [(which, fault) for which, fault in await faults(city) if said in fault] != []
    if "title" in said:
        code, told = await city.casehub("audit", "verify")
        assert (code, f"letter {letter}: {said}" in told, "1 cases verified, 0 faults" in told) == (
            1,
            True,
            True,
        )


async def test_the_printed_letter_says_what_was_signed(replay: Replay) -> None:
    city, desk = replay
    # As an iPhone and an Android phone send them.
    taken = [await desk.photo("acceptor", "near", picture(form)) for form in ("HEIF", "WEBP")]
    case_no = await desk.case_in(
        "handling", photos=taken, location={"lon": 116.4, "lat": 39.9, "address": "镕喆路😀1号"}
    )
    pass_time(city, days=4)
    letter = (await sent(desk, case_no, contact_name="李堃", urgency="特急", cc_units=["d2", "d3"]))[
        "letter_id"
    ]
    pdf = await desk.ask("department", "GET", f"{LETTERS}/{letter}/document")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf.content)).pages)
    for said in (
        "市城市管理局",
        "特急",
        "市城管督〔2024〕1号",
        "d1局：",
        "2024年5月10日",
        "（联系人：李堃）",
        "（此处盖章）",
        "抄送：d2局，d3局。",
        case_no,
        "镕喆路〓1号",
    ):
        assert said in text, said
    assert text.count(f"案件{case_no}") == 2, "a caption below each photo"
    word = await desk.ask("evaluator", "GET", f"{LETTERS}/{letter}/document", params={"form": "docx"})
    read = docx.Document(BytesIO(word.content))
    lines = [one.text for one in read.paragraphs]
    assert {"特急\t市城管督〔2024〕1号", "d1 局：", "2024年5月10日"} <= {*lines}
    assert read.tables[-1].cell(0, 0).text == "抄送：d2 局，d3 局。"
    assert read.tables[0].rows[1].cells[2].text == "镕喆路😀1号", "the reader's own fonts show it"
    assert len(read.inline_shapes) == 2
    pass_time(city, days=30)
    later = await desk.ask("department", "GET", f"{LETTERS}/{letter}/document")
    assert later.content == pdf.content, "what was signed is what is printed"


async def test_bad_wishes_are_refused_with_every_reason_and_nothing_is_half_made(replay: Replay) -> None:
    city, desk = replay
    mine, theirs = await desk.case_in("handling"), await desk.case_in("filed")
    before = await city.counts()

    async def wish(path: str = LETTERS, **said: Any) -> Any:
        return await desk.ask(
            "evaluator", "POST", path, json={"step": "supervision_letter", "case_nos": [mine]} | said
        )

    assert rules(await wish(case_nos=[])) == ["case_needed"]
    assert rules(await wish(case_nos=[theirs])) == ["addressee_needed"]
    assert rules(await wish(to_unit="d2")) == ["one_addressee"]
    assert rules(await wish(case_nos=["nothing"], cc_units=["nobody"], step="shouting", title="😀")) == [
        "unknown_step", "character_printable", "unknown_department", "unknown_case",
    ]  # fmt: skip
    assert rules(await wish(step="reminder")) == ["sent_by_itself"]
    assert rules(await wish(f"{LETTERS}/rounds", round_title="一期", case_nos=[mine, theirs])) == [
        "addressee_needed"
    ]
    assert rules(await wish(f"{LETTERS}/rounds", round_title="一期", case_nos=[])) == ["case_needed"]
    assert (await wish(parent_id=999)).status_code == 404
    assert await city.counts() == before
    await draft(desk, mine)
    assert rules(await wish()) == ["step_once"]


async def test_a_withdrawn_letter_takes_no_reply_keeps_its_number_and_owes_nothing(replay: Replay) -> None:
    _, desk = replay
    case_no = await desk.case_in("handling")
    letter = (await sent(desk, case_no))["letter_id"]
    withdrawn = await do(desk, "evaluator", letter, "withdraw", reason="单位已撤销")
    assert (withdrawn["number"], withdrawn["number_void"]) == ("市城管督〔2024〕1号", True)
    refused = await tell(desk, "department", letter, "reply", reply="已办", plan="无")
    assert (refused.status_code, refused.json()["state"]) == (409, "withdrawn")
    assert (await desk.get("department", "/v1/queue", params={"kind": "reply"}))["items"] == []
    second = await sent(desk, case_no)
    assert second["number"] == "市城管督〔2024〕2号", "a number is never used again"
    for written in ("市城管督〔2024〕1号", "市城管督〔20241号", "市城管督(2024)第01号"):
        found = (await desk.get("evaluator", LETTERS, params={"number": written}))["items"]
        assert [one["letter_id"] for one in found] == [letter], written
    assert (await desk.ask("evaluator", "GET", LETTERS, params={"number": "一号"})).status_code == 422


async def test_sixteen_who_sign_at_once_get_sixteen_numbers_without_a_gap(city: City, client: Desk) -> None:
    desk = client
    letters = []
    for _ in range(20):
        letters.append((await draft(desk, await desk.case_in("handling")))["letter_id"])
        await do(desk, "evaluator", letters[-1], "review")
    # Four of them are refused: who drafted does not sign, and no number is lost.
    signers = ["shift_leader", "second_leader", "evaluator", "second_leader", "shift_leader"]
    answers = await asyncio.gather(
        *(tell(desk, signers[n % 5], one, "sign") for n, one in enumerate(letters))
    )
    signed = [one.json()["number"] for one in answers if one.status_code == 200]
    assert sorted(signed, key=lambda one: int(one[10:-1])) == [
        f"市城管督〔{city.clock.now().year}〕{n}号" for n in range(1, 17)
    ]
    assert [one.status_code for one in answers].count(409) == 4


async def test_one_letter_signed_twice_at_once_is_signed_once(city: City, client: Desk) -> None:
    letter = (await draft(client, await client.case_in("handling")))["letter_id"]
    await do(client, "evaluator", letter, "review")
    answers = await asyncio.gather(
        *(tell(client, who, letter, "sign") for who in ("shift_leader", "second_leader"))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert [row.last_seq for row in await city.sql("SELECT last_seq FROM letter_numbers")] == [1]


async def test_a_round_writes_to_each_unit_about_its_cases(replay: Replay) -> None:
    _, desk = replay
    ours = [await desk.case_in("handling") for _ in range(2)]
    theirs = await desk.case_in("filed")
    await desk.act("dispatcher", theirs, "dispatch", department="d2", limit="4 work_hour")
    said = {"step": "rectification_notice", "round_title": "2024年第1期督办", "case_nos": [*ours, theirs]}
    begun = await desk.ask("shift_leader", "POST", f"{LETTERS}/rounds", json=said)
    assert begun.status_code == 201, begun.text
    assert [(one["to_unit"], one["cases"]) for one in begun.json()["letters"]] == [("d1", 2), ("d2", 1)]
    (told,) = (await desk.get("evaluator", f"{LETTERS}/rounds"))["items"]
    assert (told["title"], told["letters"], told["cases"]) == ("2024年第1期督办", {"draft": 2}, 3)
    listed = (await desk.get("evaluator", LETTERS, params={"round_id": told["round_id"], "case_no": theirs}))[
        "items"
    ]
    assert [one["to_unit"] for one in listed] == ["d2"]


async def steps(city: City) -> list[tuple[str, str]]:
    return [
        (row.step, row.status)
        for row in await city.sql("SELECT step, status FROM letters ORDER BY letter_id")
    ]


async def climb_all(city: City, at: datetime) -> None:
    """A pass over the whole ladder, as a worker makes it, in small batches."""
    rung: int | None = 0
    while rung is not None:
        async with city.engine.begin() as tx:
            _, rung = await climb(tx, at, most=5, rung=rung)


async def test_the_ladder_is_climbed_step_by_step_and_each_step_once(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")  # due Monday 15:00
    for more, told in (
        (timedelta(hours=1), []),
        (timedelta(hours=5), [("warning", "issued")]),
        (timedelta(hours=6, minutes=1), [("warning", "issued"), ("reminder", "issued")]),
        (timedelta(hours=12), [("warning", "issued"), ("reminder", "issued")]),  # at night nobody is warned
    ):
        await climb_all(city, START + more)
        assert await steps(city) == told, more
    await climb_all(city, START + timedelta(days=1, hours=6, minutes=1))
    assert (await steps(city))[2:] == [("reminder_notice", "issued")]
    await climb_all(city, START + timedelta(days=3, hours=7))
    assert (await steps(city))[3:] == [("supervision_notice", "draft")], (
        "official: drafted, never sent without a signature"
    )
    case = await desk.get("department", f"/v1/cases/{case_no}")
    assert case["marks"]["reminder_count"] == 3
    pass_time(city, days=8)
    await climb_all(city, START + timedelta(days=8, hours=7))
    assert (await steps(city))[4:] == [("criticism_notice", "draft")], (
        "more than five working days after the reminder notice"
    )


async def test_after_a_standstill_only_the_heaviest_goes_out(replay: Replay) -> None:
    city, desk = replay
    await desk.case_in("handling")
    await climb_all(city, START + timedelta(days=7))
    assert await steps(city) == [("supervision_notice", "draft"), ("reminder_notice", "issued")]


async def test_any_number_of_workers_makes_each_letter_once(replay: Replay) -> None:
    city, desk = replay
    for _ in range(12):
        await desk.case_in("handling")
    pass_time(city, days=7)
    workers = [Pressing(city.engine, city.clock) for _ in range(4)]

    async def work(one: Pressing) -> None:
        passes = 0
        while passes < 3:
            passes += not await one.step()

    await asyncio.gather(*map(work, workers))
    counted = await city.sql("SELECT step, count(*) AS letters FROM letters GROUP BY step ORDER BY step")
    assert [(row.step, row.letters) for row in counted] == [
        ("reminder_notice", 12),
        ("supervision_letter", 1),
    ]
    twice = (
        "INSERT INTO letter_cases SELECT other.letter_id, mine.case_id, mine.step, mine.round, mine.made_at, false, true"
        " FROM letter_cases AS mine JOIN letter_cases AS other ON other.case_id <> mine.case_id AND other.step = mine.step AND mine.step = 'reminder_notice' LIMIT 1"
    )
    with pytest.raises(IntegrityError, match="uq_letter_cases_step"):
        await city.sql(twice)


async def test_failed_checks_bring_a_notice(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("checking")
    for _ in range(2):
        photos = [await desk.photo("collector")]
        await desk.act("collector", case_no, "check_done", result="not_pass", photos=photos)
        await desk.act(
            "department", case_no, "feedback", result="再清", photos=[await desk.photo("department", "after")]
        )
        await desk.act("acceptor", case_no, "send_check", collector="c1")
    await desk.act(
        "collector", case_no, "check_done", result="not_pass", photos=[await desk.photo("collector")]
    )
    await climb_all(city, START + timedelta(minutes=5))
    assert await steps(city) == [("supervision_notice", "draft")]


async def test_an_unanswered_letter_is_followed_by_the_next_one(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    first = await sent(desk, case_no)
    pass_time(city, days=10)
    assert [
        one["letter_id"] for one in (await desk.get("evaluator", LETTERS, params={"overdue": True}))["items"]
    ] == [first["letter_id"]]
    await climb_all(city, START + timedelta(days=10))
    letter = await desk.get("evaluator", f"{LETTERS}/{first['letter_id']}")
    assert letter["status"] == "escalated"
    following = (await desk.get("evaluator", LETTERS, params={"step": "criticism_notice"}))["items"]
    assert [(one["parent_id"], one["status"]) for one in following] == [(first["letter_id"], "draft")]
    late = await do(desk, "department", first["letter_id"], "reply", reply="补报", plan="本周办结")
    assert late["marks"]["reply"]["late"] is True


async def test_a_reply_counts_in_the_rate_of_replies(replay: Replay) -> None:
    city, desk = replay
    cases = [await desk.case_in("handling") for _ in range(2)]
    letter = (await sent(desk, *cases))["letter_id"]
    pass_time(city, hours=2)
    await do(desk, "department", letter, "reply", reply="已清理", plan="复查")
    asked = {"indicators": "on_time_reply_rate", "from": "2024-05-06", "to": "2024-05-07", "by": "department"}
    (row,) = (await desk.get("evaluator", "/v1/rates", params=asked))["rows"]
    rate = row["indicators"]["on_time_reply_rate"]
    assert (row["key"], rate["numerator"], rate["denominator"]) == (["d1"], 2, 2)


async def test_a_ladder_is_refused_with_its_line_and_a_good_one_is_in_force_at_once(client: Desk) -> None:
    desk = client
    current = await desk.get("evaluator", f"{LETTERS}/ladder")
    wrong = current["content"].replace("{overdue_days}", "{overdue}")
    refused = await desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": wrong})
    assert refused.status_code == 422
    assert [one["rule"] for one in refused.json()["errors"]] == ["ladder_fits"] * 3
    assert "unknown field {overdue}" in refused.json()["errors"][0]["message"]
    ours = current["content"].replace("关于督办{count}件超期案件的函", "督办{count}件案件")
    loaded = await desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": ours})
    assert loaded.json()["version"] == current["version"] + 1
    again = await desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": ours})
    assert again.json()["version"] == loaded.json()["version"], "the same ladder is no new version"
    assert (await draft(desk, await desk.case_in("handling")))["title"] == "督办1件案件"
    assert (
        await desk.ask("evaluator", "PUT", f"{LETTERS}/ladder", json={"content": ours})
    ).status_code == 403


async def test_a_stale_letter_and_a_report_in_the_flow_of_letters_are_refused(client: Desk) -> None:
    desk = client
    letter = (await draft(desk, await desk.case_in("handling")))["letter_id"]
    await do(desk, "evaluator", letter, "review")
    stale = await desk.ask(
        "shift_leader", "POST", f"{LETTERS}/{letter}/actions/sign", json={}, headers={"If-Match": '"1"'}
    )
    assert stale.status_code == 412
    born = await desk.ask(
        "acceptor",
        "POST",
        "/v1/cases",
        json={
            "kind": "event",
            "category": "0102",
            "source": "leader",
            "workflow": "letter",
            "location": {"lon": 1, "lat": 1},
        },
    )
    assert rules(born) == ["unknown_workflow"]


async def test_a_ladder_is_a_file_on_the_command_line(city: City, tmp_path: Path) -> None:
    code, content = await city.casehub("letters", "ladder")
    assert code == 0
    file = tmp_path / "ours.yaml"
    file.write_text(content.replace("{overdue_days}", "{overdue}"), encoding="utf-8")
    code, said = await city.casehub("letters", "load", str(file))
    assert (code, f"{file}:47: steps.supervision_notice.body.0" in said, "nothing was changed" in said) == (
        1,
        True,
        True,
    )
    file.write_text(content.replace("市城管督", "平城管督"), encoding="utf-8")
    code, said = await city.casehub("letters", "load", str(file))
    assert (code, said.strip()) == (0, "ladder 2 is in force")


async def test_who_reads_in_the_east_and_signs_in_the_west_signs_nothing_of_the_east(
    city: City, client: Desk
) -> None:
    case_no = str((await client.report(area="east1"))["case_no"])
    await client.walk(case_no, "handling")
    letter = (await draft(client, case_no))["letter_id"]
    await do(client, "evaluator", letter, "review")
    divided = Actor("k", (Post(Role.DISPATCHER, "east"), Post(Role.SHIFT_LEADER, "west")), "s9")
    at = city.clock.now()
    async with city.engine.begin() as tx:
        assert (await commands.find_letter(tx, letter, by=divided)).letter_id == letter
        with pytest.raises(LetterNotFound):
            await commands.act(tx, letter, "sign", {}, by=divided, at=at)
        eastern = Actor("k", (Post(Role.SHIFT_LEADER, "east"),), "s8")
        assert (await commands.act(tx, letter, "sign", {}, by=eastern, at=at)).number is not None


async def test_other_systems_hear_of_a_letter_that_is_sent_replied_to_or_withdrawn(replay: Replay) -> None:
    city, desk = replay
    first = (await sent(desk, await desk.case_in("handling")))["letter_id"]
    await do(desk, "department", first, "reply", reply="在办", plan="周五完成")
    second = (await sent(desk, await desk.case_in("handling")))["letter_id"]
    await do(desk, "evaluator", second, "withdraw", reason="重复")
    unsent = (await draft(desk, await desk.case_in("handling")))["letter_id"]
    await do(desk, "evaluator", unsent, "withdraw", reason="不发")
    told = await city.sql("SELECT subject, kind, data FROM notices ORDER BY subject_id, seq")
    assert [(one.subject, one.kind) for one in told] == [
        (f"letter-{first}", "letter_sent"), (f"letter-{first}", "letter_replied"),
        (f"letter-{second}", "letter_sent"), (f"letter-{second}", "letter_withdrawn"),
    ]  # fmt: skip
    assert told[0].data["number"] == "市城管督〔2024〕1号"
