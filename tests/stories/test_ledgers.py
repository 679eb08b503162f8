"""Spot checks, missed and false reports, and what they do to a collector's figures."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from tests.cast import START, City, Desk
from tests.patrol import furnish_grids, roster, shift
from tests.stories.test_watch import pass_time

from casehub.collectors.ledgers import Reach
from casehub.collectors.store_ledgers import _parts, count_figures

Replay = tuple[City, Desk]
TODAY = {"from": START.isoformat(), "to": (START + timedelta(days=1)).isoformat()}


def check(collector: str = "c1", area: str = "grid1", **said: Any) -> dict[str, Any]:
    plain = {"seen_at": START.isoformat(), "attendance_ok": True, "appearance_ok": True}
    return {"collector": collector, "area": area} | plain | said


async def spot_check(desk: Desk, who: str = "evaluator", **said: Any) -> Any:
    return await desk.ask(who, "POST", "/v1/spot-checks", json=check(**said))


async def propose(desk: Desk, case_no: str, who: str = "evaluator", **said: Any) -> Any:
    body = {"case_no": case_no, "reason": "巡查发现"} | said
    return await desk.ask(who, "POST", "/v1/missed-reports", json=body)


async def say(desk: Desk, who: str, number: int, what: str, **body: Any) -> Any:
    return await desk.ask(who, "POST", f"/v1/missed-reports/{number}/{what}", json=body)


async def key_of(desk: Desk, role: str, area: str, person: str | None = None) -> str:
    made = await desk.ask(
        "security", "POST", "/v1/keys", json={"roles": [role], "area": area, "person": person}
    )
    return str(made.json()["key"])


async def figures(desk: Desk, who: str = "evaluator", **said: str) -> dict[str, Any]:
    told = await desk.get(who, "/v1/collectors/figures", params=TODAY | said)
    return {one["collector"]: one for one in told}


def rules(answer: Any) -> list[str]:
    return [one["rule"] for one in answer.json()["errors"]]


async def test_a_spot_check_is_corrected_by_another_row(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    wrong = (await spot_check(desk, attendance_ok=False, note="未在岗")).json()
    assert (await figures(desk))["c1"]["counts"]["spot_checks_passed"] == 0
    right = await spot_check(desk, corrects=wrong["spot_check_id"])
    assert right.status_code == 201
    assert rules(await spot_check(desk, corrects=wrong["spot_check_id"])) == ["corrected_once"]
    assert rules(await spot_check(desk, collector="c2", corrects=wrong["spot_check_id"])) == [
        "unknown_spot_check"
    ]
    listed = (await desk.get("shift_leader", "/v1/spot-checks"))["items"]
    assert [(one["corrects"], one["corrected_by"]) for one in listed] == [
        (wrong["spot_check_id"], None),
        (None, right.json()["spot_check_id"]),
    ]
    counts = (await figures(desk))["c1"]["counts"]
    assert (counts["spot_checks"], counts["spot_checks_passed"]) == (1, 1)


async def test_a_wrong_spot_check_is_refused_with_every_reason(replay: Replay) -> None:
    city, desk = replay
    await furnish_grids(desk)
    later = (START + timedelta(hours=1)).isoformat()
    assert rules(await spot_check(desk, area="nowhere", seen_at=later)) == [
        "observed_in_future",
        "unknown_area",
    ]
    early = (await spot_check(desk, seen_at=later)).json()["errors"]
    assert [(one["field"], one["message"].split()[0]) for one in early] == [("seen_at", "seen_at")]
    assert rules(await spot_check(desk, collector="nobody")) == ["unknown_person"]
    west = await key_of(desk, "evaluator", "west")
    assert rules(await spot_check(desk, west)) == ["not_your_area"]
    for who in ("collector", "acceptor", "department", "administrator"):
        assert (await spot_check(desk, who)).status_code == 403
    assert (await city.counts())["spot_checks"] == 0


async def test_who_was_on_shift_there_is_blamed_for_what_another_found(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    found = (await desk.report(source="public", area="here"))["case_no"]
    assert rules(await propose(desk, (await desk.report(area="bare"))["case_no"])) == [
        "in_duty_grid",
        "collector_known",
    ]
    assert rules(await propose(desk, found)) == ["collector_known"]
    await roster(desk, shift("c2", "grid2"), shift("c2", "grid1", hours=None))
    assert rules(await propose(desk, found)) == ["collector_known"], (
        "a neighbour, or who is off, did not miss it"
    )
    await roster(desk, shift("c1", "grid1"))
    said = (await propose(desk, found)).json()
    assert (said["collector"], said["grid"], said["chosen_by"], said["state"]) == (
        "c1",
        "grid1",
        "on_shift",
        "proposed",
    )
    assert rules(await propose(desk, found, collector="c2")) == ["said_before"]
    await roster(desk, shift("c2", "grid1"))
    second = (await desk.report(source="public", area="here"))["case_no"]
    several = await propose(desk, second)
    assert "c1, c2" in several.json()["errors"][0]["message"]
    named = (await propose(desk, second, collector="c2")).json()
    assert (named["collector"], named["chosen_by"]) == ("c2", "named")
    own = await desk.report(
        "collector", source="collector", photos=[await desk.photo("collector")], area="here"
    )
    assert rules(await propose(desk, own["case_no"], collector="c1")) == ["found_by_another"]
    assert rules(await propose(desk, own["case_no"], collector="nobody")) == ["unknown_person"]


async def test_the_collector_answers_and_an_evaluator_decides_once(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    await roster(desk, shift("c1", "grid1"))
    number = (await propose(desk, (await desk.report(area="here"))["case_no"], "shift_leader")).json()[
        "finding_id"
    ]
    assert (await say(desk, "stranger", number, "contest", reason="不是我")).status_code == 404
    answered = await say(desk, "collector", number, "contest", reason="当时在处理另一案件")
    assert (answered.status_code, answered.json()["state"]) == (200, "contested")
    assert rules(await say(desk, "collector", number, "contest", reason="再说一次")) == ["open_to_answer"]
    assert (await say(desk, "shift_leader", number, "confirm")).status_code == 403
    west = await key_of(desk, "evaluator", "west")
    assert (await say(desk, west, number, "confirm")).status_code == 404
    assert (await figures(desk)).get("c1") is None, "only what is confirmed counts"
    confirmed = await say(desk, "evaluator", number, "confirm", opinion="属实")
    assert (confirmed.json()["state"], confirmed.json()["decided_by"]) == ("confirmed", "e1")
    assert rules(await say(desk, "evaluator", number, "dismiss")) == ["undecided"]
    assert (await figures(desk))["c1"]["rates"]["missed_report_rate"] == {
        "numerator": 1,
        "denominator": 1,
        "value": 1.0,
    }
    mine = (await desk.get("collector", "/v1/missed-reports"))["items"]
    assert [(one["finding_id"], one["answer"]) for one in mine] == [(number, "当时在处理另一案件")]
    assert (await desk.get("stranger", "/v1/missed-reports"))["items"] == []
    assert (await desk.get(west, "/v1/missed-reports"))["items"] == []
    listed = await desk.get(
        "evaluator", "/v1/missed-reports", params={"state": "confirmed", "area": "street1", **TODAY}
    )
    assert len(listed["items"]) == 1
    assert (await desk.get("evaluator", "/v1/missed-reports", params={"kind": "false_report"}))["items"] == []


async def test_nobody_decides_about_themselves(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    number = (await propose(desk, (await desk.report(area="here"))["case_no"], collector="c1")).json()[
        "finding_id"
    ]
    both = await key_of(desk, "evaluator", "city", person="c1")
    assert rules(await say(desk, both, number, "dismiss")) == ["not_about_yourself"]


async def test_a_dismissed_proposal_counts_for_nothing_and_may_be_made_again(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    case_no = (await desk.report(area="here"))["case_no"]
    number = (await propose(desk, case_no, collector="c1")).json()["finding_id"]
    assert (await say(desk, "evaluator", number, "dismiss")).status_code == 200
    assert (await figures(desk)).get("c1") is None
    assert (await propose(desk, case_no, collector="c2")).status_code == 201


async def test_a_false_report_is_one_of_the_collectors_own(replay: Replay) -> None:
    _, desk = replay
    await furnish_grids(desk)
    own = await desk.report(
        "collector", source="collector", photos=[await desk.photo("collector")], area="here"
    )
    other = await desk.report(source="public", area="here")
    assert rules(await propose(desk, other["case_no"], kind="false_report")) == ["own_report"]
    assert rules(await propose(desk, own["case_no"], kind="false_report", collector="c2")) == ["own_report"]
    said = (await propose(desk, own["case_no"], kind="false_report")).json()
    assert (said["collector"], said["chosen_by"]) == ("c1", "reporter")
    await say(desk, "evaluator", said["finding_id"], "confirm")
    counts = (await figures(desk))["c1"]["counts"]
    assert (counts["reports"], counts["valid_reports"], counts["false_reports"]) == (1, 0, 1)


async def reported(desk: Desk, **said: Any) -> str:
    photo = await desk.photo("collector")
    case = await desk.report("collector", source="collector", area="here", **({"photos": [photo]} | said))
    return str(case["case_no"])


async def test_the_figures_of_a_day_of_patrol(replay: Replay) -> None:
    city, desk = replay
    await furnish_grids(desk)
    filed, refused = await reported(desk), await reported(desk)
    both = [await desk.photo("collector", kind) for kind in ("before", "after")]
    await reported(desk, self_handled=True, photos=both)
    await desk.act("acceptor", filed, "propose_filing")
    await desk.act("shift_leader", filed, "file")
    await desk.act("acceptor", refused, "refuse", reason="not_exist")
    # Three to verify: one in time, one late, one taken back before it was due.
    tasks = [(await desk.report(source="public", area="here"))["case_no"] for _ in range(3)]
    for case_no in tasks:
        await desk.act("acceptor", case_no, "send_verify", collector="c1")
    await desk.act("acceptor", tasks[2], "withdraw", reason="重复登记")
    await desk.act(
        "collector", tasks[0], "verify_done", result="exist", photos=[await desk.photo("collector")]
    )
    pass_time(city, minutes=29)
    due = (await figures(desk))["c1"]["counts"]
    assert (due["should_verify"], due["on_time_verified"]) == (1, 1), (
        "what is open and not yet due is not counted"
    )
    pass_time(city, minutes=2)
    due = (await figures(desk))["c1"]["counts"]
    assert (due["should_verify"], due["on_time_verified"]) == (2, 1)
    await desk.act(
        "collector", tasks[1], "verify_done", result="exist", photos=[await desk.photo("collector")]
    )
    told = (await figures(desk))["c1"]
    assert told["counts"] == {
        "reports": 3, "valid_reports": 2, "self_handled": 1, "should_verify": 2, "on_time_verified": 1, "should_check": 0,
        "on_time_checked": 0, "spot_checks": 0, "spot_checks_passed": 0, "missed_reports": 0, "false_reports": 0,
    }  # fmt: skip
    assert told["rates"]["on_time_verify_rate"] == {"numerator": 1, "denominator": 2, "value": 0.5}
    assert told["rates"]["on_time_check_rate"] == {"numerator": 0, "denominator": 0, "value": None}
    # A part of the city, another day, somebody else.
    assert (await figures(desk, area="street1"))["c1"] == told
    assert await figures(desk, area="street2") == {}
    tomorrow = {"from": TODAY["to"], "to": (START + timedelta(days=2)).isoformat()}
    assert await figures(desk, **tomorrow) == {}
    assert await figures(desk, "collector") == {"c1": told}
    assert await figures(desk, "stranger") == {}
    assert await figures(desk, await key_of(desk, "evaluator", "west")) == {}
    assert await figures(desk, await key_of(desk, "evaluator", "street1")) == {"c1": told}


@pytest.mark.parametrize(
    "who", ["acceptor", "dispatcher", "department", "handler", "administrator", "security", "auditor"]
)
async def test_the_ledgers_are_for_who_inspects_and_who_is_inspected(desk: Desk, who: str) -> None:
    for path in ("spot-checks", "missed-reports", "collectors/figures"):
        assert (await desk.ask(who, "GET", f"/v1/{path}", params=TODAY)).status_code == 403


async def test_figures_look_at_nothing_outside_of_their_period(city: City) -> None:
    """Each part finds an index of its moment, whatever lies before and after."""
    reach, plans = Reach(frozenset({None})), []
    day = START, START + timedelta(days=1)
    async with city.engine.begin() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        for part in _parts(*day, START):
            found = (
                select(part.person, func.count())
                .select_from(part.rows)
                .where(part.those)
                .group_by(part.person)
            )
            said = str(found.compile(tx.engine.sync_engine, compile_kwargs={"literal_binds": True}))
            plans.append(
                "\n".join(row[0] for row in await tx.execute(text(f"EXPLAIN {said}".replace(":", "\\:"))))
            )
        assert await count_figures(tx, reach, *day, area=None, at=START) == []
    wanted = ("ix_cases_reported_at", "ix_tasks_patrol", "ix_spot_checks_seen_at", "ix_findings_counts_at")
    for index, plan in zip(wanted, plans, strict=True):
        assert index in plan, plan
