"""Letters when things go crosswise: two letters about one case, cases that close meanwhile, blanks, odd characters."""

import asyncio
from datetime import datetime
from typing import Any

from tests.cast import USUAL_WAY, City, Desk
from tests.stories.test_letters import LETTERS, Replay, climb_all, do, draft, faults, rules, sent, tell
from tests.stories.test_watch import pass_time

from casehub.letters import commands, commands_rounds
from casehub.letters.ladder import parse_ladder
from casehub.people.actors import Actor, Post, Role

RATE = {"indicators": "on_time_reply_rate", "from": "2024-05-01", "to": "2024-06-30", "by": "department"}


async def owed(desk: Desk) -> list[str]:
    """When the department's replies are due, case by case."""
    items = (await desk.get("department", "/v1/queue", params={"kind": "reply"}))["items"]
    return [one["due_at"] for one in items]


async def rate(desk: Desk) -> tuple[int, int]:
    (row,) = (await desk.get("evaluator", "/v1/rates", params=RATE))["rows"]
    found = row["indicators"]["on_time_reply_rate"]
    return found["numerator"], found["denominator"]


async def to_the_end(desk: Desk, case_no: str) -> None:
    """From handling until it is closed."""
    for _, who, action, form in USUAL_WAY[4:]:
        photos = {"photos": [await desk.photo(who, "after")]} if action in {"feedback", "check_done"} else {}
        await desk.act(who, case_no, action, **form, **photos)


async def test_a_case_owes_its_reply_to_the_letter_that_was_sent_last(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    notice = await sent(desk, case_no, step="supervision_notice")
    pass_time(city, days=1)
    letter = await sent(desk, case_no, reply_limit="5 work_day")
    assert await owed(desk) == [letter["reply_due_at"]] != [notice["reply_due_at"]]
    await do(desk, "department", notice["letter_id"], "reply", reply="在办", plan="周五完成")
    assert await owed(desk) == [letter["reply_due_at"]], "the heavier letter still waits"
    rejected = await do(desk, "evaluator", notice["letter_id"], "reject_reply", reason="无照片")
    assert await owed(desk) == [letter["reply_due_at"]]
    await do(desk, "evaluator", rejected["letter_id"], "withdraw", reason="以函为准")
    assert await owed(desk) == [letter["reply_due_at"]], "what it raised was lifted already"
    await do(desk, "department", letter["letter_id"], "reply", reply="已清理", plan="每日巡查")
    assert (await owed(desk), await rate(desk)) == ([], (1, 1))
    assert await faults(city) == []


async def test_a_reply_that_was_late_counts_although_the_next_letter_takes_over(replay: Replay) -> None:
    city, desk = replay
    case_no = await desk.case_in("handling")
    first = await sent(desk, case_no)
    pass_time(city, days=10)
    await climb_all(city, city.clock.now())
    (following,) = (await desk.get("evaluator", LETTERS, params={"step": "criticism_notice"}))["items"]
    assert following["parent_id"] == first["letter_id"]
    await do(desk, "shift_leader", following["letter_id"], "review")
    await do(desk, "evaluator", following["letter_id"], "sign")
    gone = await do(desk, "shift_leader", following["letter_id"], "send")
    assert await owed(desk) == [gone["reply_due_at"]]
    assert await rate(desk) == (0, 1), "the first letter got no reply"
    await do(desk, "department", gone["letter_id"], "reply", reply="已清理", plan="每日巡查")
    assert await rate(desk) == (1, 2)


async def test_two_letters_about_one_case_sent_and_answered_at_once_leave_one_clock_or_none(
    city: City, client: Desk
) -> None:
    case_no = await client.case_in("handling")
    first = (await sent(client, case_no, step="supervision_notice"))["letter_id"]
    second = (await draft(client, case_no))["letter_id"]
    await do(client, "evaluator", second, "review")
    await do(client, "shift_leader", second, "sign")
    said = {"reply": "在办", "plan": "周五完成"}
    answers = await asyncio.gather(
        tell(client, "evaluator", second, "send"), tell(client, "department", first, "reply", **said)
    )
    assert [one.status_code for one in answers] == [200, 200]
    assert len(await owed(client)) == 1
    assert (await tell(client, "department", second, "reply", **said)).status_code == 200
    assert await owed(client) == []
    assert await faults(city) == []


async def test_nothing_is_asked_about_what_has_closed(replay: Replay) -> None:
    city, desk = replay
    closed, open_case = await desk.case_in("handling"), await desk.case_in("handling")
    alone, both = (await draft(desk, closed))["letter_id"], None
    await to_the_end(desk, closed)
    before = await city.counts()
    wish = {"step": "supervision_notice", "case_nos": [closed, open_case]}
    refused = await desk.ask("evaluator", "POST", LETTERS, json=wish)
    assert (rules(refused), closed in refused.text) == (["case_open"], True)
    both = await desk.ask("evaluator", "POST", f"{LETTERS}/rounds", json=wish | {"round_title": "一期"})
    assert (rules(both), await city.counts()) == (["case_open"], before), "no round either"
    await do(desk, "evaluator", alone, "review")
    await do(desk, "shift_leader", alone, "sign")
    assert rules(await tell(desk, "evaluator", alone, "send")) == ["cases_owe_reply"]
    assert (await desk.get("evaluator", f"{LETTERS}/{alone}"))["status"] == "signed"
    withdrawn = await do(desk, "evaluator", alone, "withdraw", reason="已办结")
    assert (withdrawn["number_void"], await owed(desk)) == (True, [])


async def test_a_letter_goes_on_about_the_cases_that_are_still_open(replay: Replay) -> None:
    city, desk = replay
    cases = [await desk.case_in("handling") for _ in range(3)]
    letter = (await draft(desk, *cases))["letter_id"]
    await to_the_end(desk, cases[0])
    await do(desk, "evaluator", letter, "review")
    await do(desk, "shift_leader", letter, "sign")
    await do(desk, "evaluator", letter, "send")
    assert len(await owed(desk)) == 2
    await do(desk, "department", letter, "reply", reply="在办", plan="周五完成")
    for case_no in cases[1:]:
        await to_the_end(desk, case_no)
    assert rules(await tell(desk, "evaluator", letter, "reject_reply", reason="不实")) == ["cases_owe_reply"]
    await do(desk, "evaluator", letter, "accept_reply")
    assert (await do(desk, "evaluator", letter, "close"))["status"] == "closed"
    assert await faults(city) == []


async def test_what_follows_is_about_open_cases_and_a_letter_closed_unanswered_asks_no_more(
    replay: Replay,
) -> None:
    city, desk = replay
    closed, still_open = await desk.case_in("handling"), await desk.case_in("handling")
    first = (await sent(desk, closed, still_open))["letter_id"]
    await to_the_end(desk, closed)
    pass_time(city, days=10)
    await climb_all(city, city.clock.now())
    (following,) = (await desk.get("evaluator", LETTERS, params={"step": "criticism_notice"}))["items"]
    table = (await desk.get("evaluator", f"{LETTERS}/{following['letter_id']}"))["case_table"]
    assert [one["case_no"] for one in table] == [still_open]
    assert len(await owed(desk)) == 1
    await do(desk, "evaluator", first, "close")
    assert (await owed(desk), await rate(desk)) == ([], (0, 1)), "it stays unanswered"


async def test_a_reply_at_the_very_due_instant_is_on_time(replay: Replay) -> None:
    city, desk = replay
    gone = await sent(desk, await desk.case_in("handling"))
    due = datetime.fromisoformat(gone["reply_due_at"])
    pass_time(city, seconds=(due - city.clock.now()).total_seconds())
    await climb_all(city, due)
    replied = await do(desk, "department", gone["letter_id"], "reply", reply="在办", plan="周五完成")
    assert (replied["marks"]["reply"]["late"], await rate(desk)) == (False, (1, 1))


async def test_who_changed_the_words_does_not_sign_them_and_blanks_change_nothing(client: Desk) -> None:
    desk = client
    case_no = await desk.case_in("handling")
    wish = {
        "step": "supervision_letter",
        "case_nos": [case_no],
        "title": " ",
        "body": "\n",
        "contact_name": "　",
    }
    blank = await desk.ask("evaluator", "POST", LETTERS, json=wish)
    assert [one["field"] for one in blank.json()["errors"]] == ["contact_name", "title", "body"]
    letter = (await draft(desk, case_no))["letter_id"]
    assert rules(await tell(desk, "evaluator", letter, "revise", title="  ")) == ["something_revised"]
    await do(desk, "shift_leader", letter, "revise", title="关于督办建设路案件的函")
    await do(desk, "evaluator", letter, "review")
    assert rules(await tell(desk, "shift_leader", letter, "sign")) == ["signed_by_another"]


async def test_what_cannot_be_printed_is_mended_before_it_is_signed(client: Desk) -> None:
    desk = client
    place = {"lon": 116.4, "lat": 39.9, "address": "镕喆路😀1号"}
    letter = (await draft(desk, await desk.case_in("handling", location=place), step="supervision_notice"))[
        "letter_id"
    ]
    refused = await tell(desk, "evaluator", letter, "review")
    assert [(one["rule"], one["field"]) for one in refused.json()["errors"]] == [
        ("character_printable", "body")
    ]
    await do(desk, "evaluator", letter, "revise", body="你单位承办的镕喆路1号案件超期，请立即办理。")
    await do(desk, "evaluator", letter, "review")
    printed = await desk.ask("evaluator", "GET", f"{LETTERS}/{letter}/document")
    assert printed.status_code == 200


async def test_a_ladder_that_could_not_be_printed_or_signed_is_refused_when_it_is_loaded(
    client: Desk,
) -> None:
    desk = client
    current = await desk.get("administrator", f"{LETTERS}/ladder")

    async def load(content: str) -> Any:
        return await desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": content})

    odd = await load(current["content"].replace("案件清单见附件。", "案件清单😀见附件。", 1))
    assert odd.status_code == 422
    assert [one["field"] for one in odd.json()["errors"]] == ["steps.supervision_letter.body.0"]
    assert "steps.supervision_letter.body.0: “😀” (U+1F600) has no glyph" in odd.text
    blank = await load(current["content"].replace("- 请{unit}于{reply_limit}内书面报告整改情况。", '- "  "'))
    assert "steps.criticism_notice.body.1" in blank.text
    assert "one is drafted and signed at least" in (await load("agencies: {}\nsteps: {}\n")).text
    assert (await desk.get("administrator", f"{LETTERS}/ladder"))["version"] == current["version"]


async def test_a_ladder_that_changes_leaves_open_letters_their_way_to_the_end(replay: Replay) -> None:
    city, desk = replay
    letter = (await draft(desk, await desk.case_in("handling")))["letter_id"]
    content = (await desk.get("administrator", f"{LETTERS}/ladder"))["content"]
    head, notice = content.partition("  supervision_letter:")[0], "    next: supervision_letter\n"
    await desk.ask("administrator", "PUT", f"{LETTERS}/ladder", json={"content": head.replace(notice, "")})
    await do(desk, "evaluator", letter, "review")
    await do(desk, "shift_leader", letter, "sign")
    await do(desk, "evaluator", letter, "send")
    pass_time(city, days=10)
    await climb_all(city, city.clock.now())
    found = await desk.get("evaluator", f"{LETTERS}/{letter}")
    assert (found["status"], found["reply_overdue"]) == ("sent", True), "nothing follows it any more"
    late = await do(desk, "department", letter, "reply", reply="已清理", plan="无")
    assert late["marks"]["reply"]["late"] is True


async def test_a_retry_is_one_letter_one_review_and_one_number(replay: Replay) -> None:
    _, desk = replay
    wish = {"step": "supervision_letter", "case_nos": [await desk.case_in("handling")]}

    async def four(who: str, path: str, body: dict[str, Any], key: str) -> set[tuple[int, int, str | None]]:
        asked = (desk.ask(who, "POST", path, json=body, headers={"Idempotency-Key": key}) for _ in range(4))
        answers = [
            one for one in await asyncio.gather(*asked) if one.status_code != 409
        ]  # one is being answered
        return {(one.status_code, one.json()["letter_id"], one.json()["number"]) for one in answers}

    ((status, letter, _),) = await four("evaluator", LETTERS, wish, "draft")
    assert status == 201
    assert await four("evaluator", f"{LETTERS}/{letter}/actions/review", {}, "review") == {
        (200, letter, None)
    }
    assert await four("shift_leader", f"{LETTERS}/{letter}/actions/sign", {}, "sign") == {
        (200, letter, "市城管督〔2024〕1号")
    }


async def test_rounds_are_seen_where_their_cases_are(city: City, client: Desk) -> None:
    case_no = str((await client.report(area="east1"))["case_no"])
    await client.walk(case_no, "handling")
    wish = {"step": "supervision_letter", "case_nos": [case_no], "round_title": "第一期"}
    assert (await client.ask("evaluator", "POST", f"{LETTERS}/rounds", json=wish)).status_code == 201
    async with city.engine.begin() as tx:
        seen = [
            await commands_rounds.list_rounds(
                tx, by=Actor("k", (Post(Role.DISPATCHER, area),), "x"), after=None, most=9
            )
            for area in ("east", "west")
        ]
    assert [len(rounds) for rounds, _ in seen] == [1, 0]


async def test_every_official_step_of_the_example_ladder_prints_in_both_forms(client: Desk) -> None:
    case_no = await client.case_in("handling")
    ladder = parse_ladder((await client.get("evaluator", f"{LETTERS}/ladder"))["content"], "ladder.yaml")
    for step in (name for name, one in ladder.steps.items() if not one.automatic):
        letter = (await draft(client, case_no, step=step, title="关于" + "督办" * 90 + "的函"))["letter_id"]
        for form in ("pdf", "docx"):
            path = f"{LETTERS}/{letter}/document"
            printed = await client.ask("evaluator", "GET", path, params={"form": form})
            assert printed.status_code == 200, (step, form)


async def test_who_gets_a_letter_sees_its_history_from_its_sending_on(city: City, client: Desk) -> None:
    case_no = str((await client.report(area="east1"))["case_no"])
    await client.walk(case_no, "handling")
    letter = (await draft(client, case_no, cc_units=["d3"]))["letter_id"]
    await do(client, "evaluator", letter, "review", opinion="该单位屡催不办")
    await do(client, "shift_leader", letter, "sign", opinion="同意，措辞从严")
    await do(client, "evaluator", letter, "send")
    await do(client, "department", letter, "reply", reply="在办", plan="周五完成")
    await do(client, "evaluator", letter, "reject_reply", reason="未附照片")
    since = ["send", "reply", "reject_reply"]
    path = f"{LETTERS}/{letter}/history"
    told = await client.get("department", path)
    assert [one["action"] for one in told] == since
    assert told[-1]["form"]["reason"] == "未附照片", "what the office asks of it is the unit's to know"
    whole = await client.get("evaluator", path)
    assert [one["action"] for one in whole] == ["draft", "review", "sign", *since]
    assert whole[3:] == told
    copied, divided, dispatcher = (
        Actor("k", posts, "x")
        for posts in (
            (Post(Role.DEPARTMENT, None, "d3"),),
            (Post(Role.DEPARTMENT, None, "d1"), Post(Role.DISPATCHER, "west")),
            (Post(Role.DEPARTMENT, None, "d1"), Post(Role.DISPATCHER, "east")),
        )
    )  # fmt: skip
    async with city.engine.begin() as tx:
        seen = [
            len(await commands.history(tx, await commands.find_letter(tx, letter, by=by), by=by))
            for by in (copied, divided, dispatcher)
        ]
    assert seen == [3, 3, 6]


async def test_what_went_out_by_itself_has_its_one_event_for_the_unit(replay: Replay) -> None:
    city, desk = replay
    await desk.case_in("handling")
    pass_time(city, days=10)
    await climb_all(city, city.clock.now())
    (letter,) = (await desk.get("department", LETTERS))["items"]
    told = await desk.get("department", f"{LETTERS}/{letter['letter_id']}/history")
    assert [one["action"] for one in told] == ["issue"]


async def test_a_status_that_no_letter_can_have_is_refused_with_those_there_are(client: Desk) -> None:
    await draft(client, await client.case_in("handling"))
    answer = await client.ask("evaluator", "GET", LETTERS, params={"status": "nonsense"})
    (why,) = answer.json()["errors"]
    assert (answer.status_code, why["field"], why["rule"]) == (422, "status", "unknown_status")
    assert "draft, reviewed, signed, sent" in why["message"]
    for status, many in (("draft", 1), ("issued", 0)):
        assert len((await client.get("evaluator", LETTERS, params={"status": status}))["items"]) == many
