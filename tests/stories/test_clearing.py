"""案件清零 at the size of the seeds: 3,966 cases at four units, and every figure held against what the scene itself counted."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from tests.cast import City, Desk, desk_of, drop, make_settings
from tests.stories.test_levers import count_again, figures_of

from casehub import opening
from casehub.cases.commands import audit
from casehub.clock import SimulatedClock
from casehub.deadlines.calendar import USUAL
from casehub.exchange.clearing import CASES, ENDS, OF_ROUND, ROUNDS, UNITS, End, lots, timetable
from casehub.exchange.commands_clearing import ClearingInterrupted, Scene, play_once
from casehub.exchange.demo import furnish_demo
from casehub.letters.commands import audit as audit_letters
from casehub.rates.commands import verify
from casehub.storage.engine import make_engine

pytestmark = pytest.mark.timeout(600)  # a year of a city
#: A Saturday; the last month that is over is October.
TODAY = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@dataclass
class Cleared:
    city: City
    desk: Desk
    scene: Scene

    async def get(self, path: str) -> Any:
        return await self.desk.get("evaluator", path)

    async def all(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        more: str | None = path + ("&" if "?" in path else "?") + "limit=200"
        while more:
            page = await self.get(more)
            items += page["items"]
            more = page["next"]
        return items


@pytest.fixture(scope="module")
async def cleared(embedded_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cleared]:
    schema, clock = f"cleared_{uuid4().hex[:12]}", SimulatedClock(TODAY)
    home = tmp_path_factory.mktemp("home")
    settings = make_settings(schema, home=home, region_code="410400")
    city = City(embedded_url, schema, make_engine(embedded_url, schema, pool_size=4), settings, clock)
    await opening.migrate(city.engine, schema)
    await opening.furnish(city.engine, settings, clock)
    city.keys = await furnish_demo(city.engine, settings, TODAY)
    scene = await play_once(city.engine, settings, TODAY, tell=lambda _done, _of: None)
    async with desk_of(city, home) as desk:
        yield Cleared(city, desk, scene)
    await drop(city)


def addresses_in(told: Any) -> Iterator[tuple[str, int]]:
    """Every address in a bulletin with how many cases, or tasks, must stand behind it."""
    if isinstance(told, dict):
        match told.get("cases"):
            case str(address):
                yield address, told["value"]
            case {"numerator": above, "rest": beside}:
                yield above, told["numerator"]
                # What is filed, or done again, was in part reported, or due, in another month: it stands beside all of it.
                apart = any(f"figure={name}&" in beside for name in ("valid_filing_rate", "rework_rate"))
                yield beside, told["denominator"] - (0 if apart else told["numerator"])
        told = [*told.values()]
    if isinstance(told, list):
        for one in told:
            yield from addresses_in(one)


async def test_the_list_has_what_the_seeds_say_and_the_campaign_tells_what_became_of_it(
    cleared: Cleared,
) -> None:
    scene = cleared.scene
    told = (await cleared.get(f"/v1/campaigns/{scene.campaign_id}"))["figures"]
    total, units = told["total"], {one["unit"]: one for one in told["units"]}
    assert total["items"] == scene.items["frozen"] == CASES == 3966
    assert {code: one["items"] for code, one in units.items()} == {one.code: one.cases for one in UNITS}
    assert total["cleared"] == scene.ended("closed") - scene.items["failed"] + scene.items["renewed"]
    assert scene.ended("closed") == ENDS[End.CLOSED] + ENDS[End.FAILED_ONCE] >= 3600
    for name in ("voided", "suspended"):
        assert {code: one[name] for code, one in units.items()} == {
            code: one[name] for code, one in scene.units.items()
        }
    assert total["failed"] == scene.items["failed"] - scene.items["renewed"] > 0
    assert total["residual"] == ENDS[End.OPEN] + ENDS[End.SUSPENDED] + total["failed"]
    assert (total["written_off"], total["rebound_rate"]["numerator"]) == (
        scene.items["crossed_off"] - scene.items["failed"], scene.items["came_back"],
    )  # fmt: skip
    assert scene.items["came_back"] > 0
    rechecks = total["recheck_pass_rate"]
    assert rechecks["denominator"] == scene.items["rechecked"]
    assert rechecks["denominator"] - rechecks["numerator"] == scene.items["failed"]
    plans = total["on_plan_rate"]
    assert (plans["numerator"], plans["denominator"]) == (scene.items["on_plan"], scene.items["planned"])
    assert 0 < scene.items["on_plan"] < scene.items["planned"] == 600
    assert total["cleared_overdue"] == total["cleared"], "closing an old case never makes it on time"
    assert total["without_check_rate"]["numerator"] == 0
    obstacles = {name: n for name, n in total["reasons"].items() if n}
    assert sum(obstacles.values()) == total["residual"]
    assert obstacles["not_said"] == total["failed"], (
        "what a visit found is written down for all that stays open"
    )
    assert told["newcomers"] == {"cases": scene.items["newcomers"], "open": scene.items["newcomers"]}


async def test_what_it_tells_is_what_the_list_of_items_adds_up_to(cleared: Cleared) -> None:
    scene = cleared.scene
    items = await cleared.all(f"/v1/campaigns/{scene.campaign_id}/items")
    told = (await cleared.get(f"/v1/campaigns/{scene.campaign_id}"))["figures"]["total"]
    became = Counter(one["outcome"] for one in items)
    assert {name: became[name] for name in ("open", "suspended", "failed", "cleared", "voided")} == {
        name: told[name] for name in ("open", "suspended", "failed", "cleared", "voided")
    }
    assert all(one["baseline_overdue"] for one in items)
    left = await cleared.all(f"/v1/campaigns/{scene.campaign_id}/items?open=true")
    assert len(left) == told["residual"]


async def test_the_list_burns_down_day_by_day_and_every_day_has_its_report(cleared: Cleared) -> None:
    scene = cleared.scene
    reports = await cleared.all(f"/v1/campaigns/{scene.campaign_id}/reports")
    days = {one["first_day"]: one for one in reports if one["unit"] == "day"}
    first = min(days)
    month = timetable(USUAL, TODAY.date())
    assert first == month.working[0].isoformat(), "from the day on which the list was frozen"
    assert len(days) == (month.end - month.working[0]).days
    (monthly,) = [one for one in reports if one["unit"] == "month"]
    told = (await cleared.get(f"/v1/campaigns/{scene.campaign_id}/reports/{monthly['report_id']}"))["figures"]
    course = told["burn_down"]
    assert course["left"][0] == CASES
    assert course["left"] == sorted(course["left"], reverse=True)
    assert course["left"][-1] == told["total"]["residual"]
    closing = Counter(one.closes_on for one in lots(1, month) if one.closes)
    closed_by = [
        sum(n for day, n in closing.items() if day <= number) for number in range(len(month.working))
    ]
    position = [course["days"].index(day.isoformat()) for day in month.working]
    failed = told["total"]["failed"]
    assert [abs(course["cleared"][at] - closed_by[n]) <= failed for n, at in enumerate(position)] == [
        True
    ] * len(position)
    assert course["cleared"][-1] == closed_by[-1] - failed
    last = await cleared.get(f"/v1/campaigns/{scene.campaign_id}/reports/{days[max(days)]['report_id']}")
    assert last["figures"]["total"] == told["total"], (
        "the last day of the month and the month end the same evening"
    )


async def test_six_rounds_of_six_hundred_cases_went_out_and_were_answered_as_told(cleared: Cleared) -> None:
    scene = cleared.scene
    rounds = (await cleared.get("/v1/letters/rounds"))["items"]
    assert len(rounds) == ROUNDS == 6
    sent = await cleared.all("/v1/letters?step=supervision_letter")
    assert {one["round_id"] for one in sent} == {one["round_id"] for one in rounds}
    assert sum(one["cases"] for one in sent) == ROUNDS * OF_ROUND == scene.letters["cases"] == 600
    named = [
        row["case_no"]
        for one in sent
        for row in (await cleared.get(f"/v1/letters/{one['letter_id']}"))["case_table"]
    ]
    assert len({*named}) == 600, "no case twice"
    assert {one["status"] for one in sent} == {"closed"}
    assert sum(one["rejections"] for one in sent) == scene.letters["reject_reply"] > 0
    notices = await cleared.all("/v1/letters?step=criticism_notice")
    assert Counter(one["status"] for one in notices) == {"closed": 2, "withdrawn": 2}, (
        "two answered late, two were silent"
    )
    assert {one["parent_id"] for one in notices} <= {one["letter_id"] for one in sent}
    numbers: dict[str, list[int]] = {}
    for one in sent + notices:
        if one["number"]:
            code, year, seq = re.fullmatch(r"(\w+)〔(\d{4})〕(\d+)号", one["number"]).groups()  # type: ignore[union-attr]
            numbers.setdefault(f"{code} {year}", []).append(int(seq))
    assert {code: sorted(found) for code, found in numbers.items()} == {
        "市城管督 2026": [*range(1, len(sent) + 1)], "市政督 2026": [1, 2],
    }  # fmt: skip
    reminded = await cleared.all("/v1/letters?step=reminder_notice")
    listed = {one.code for one in UNITS}
    assert sum(one["to_unit"] in listed for one in reminded) >= CASES


async def test_every_figure_of_the_bulletin_is_counted_again_from_its_cases(cleared: Cleared) -> None:
    bulletin = await cleared.get(f"/v1/bulletins/{cleared.scene.bulletin_id}")
    assert (bulletin["state"], bulletin["first"], bulletin["end"]) == (
        "published",
        "2026-10-01",
        "2026-11-01",
    )
    assert (await cleared.get(f"/v1/bulletins/{cleared.scene.bulletin_id}/corrections"))["items"] == []
    expected = dict(addresses_in(bulletin["content"]))
    assert len(expected) > 200
    found = {address: len(await cleared.all(address)) for address in expected}
    assert found == expected
    closed = {
        unit.code: len(
            await cleared.all(
                f"/v1/rates/cases?figure=closed_in_period&from=2026-10-01&to=2026-11-01&unit={unit.code}"
            )
        )
        for unit in UNITS
    }
    assert closed == {code: one["closed"] for code, one in cleared.scene.units.items()}


async def test_every_letter_and_every_item_that_the_bulletin_tells_of_is_counted_again(
    cleared: Cleared,
) -> None:
    content = (await cleared.get(f"/v1/bulletins/{cleared.scene.bulletin_id}"))["content"]
    letters, (campaign,) = content["letters"], content["campaigns"]
    assert len(letters["rounds"]) == ROUNDS
    assert sum(one["cases"] for one in letters["rounds"]) == 600
    counts = {name: one["value"] for name, one in campaign["counts"].items()}
    assert (counts["items"], counts["cleared"] >= 3600) == (CASES, True)
    # Who is open of the newcomers moves on; the list of an ended campaign does not.
    figures = figures_of([letters, {**campaign, "newcomers": {"cases": campaign["newcomers"]["cases"]}}])
    assert len(figures) > 100
    for figure in figures:
        await count_again(cleared.all, figure)


async def test_nothing_was_lost_on_the_way_and_no_sum_is_wrong(cleared: Cleared) -> None:
    after, seen, faults = 0, 1, []
    async with cleared.city.engine.begin() as tx:
        while seen:
            after, seen, found = await audit(tx, after)
            faults += found
        after, seen = 0, 1
        while seen:
            after, seen, found = await audit_letters(tx, after)
            faults += found
        assert faults == []
        assert await verify(tx, lambda _: None) == []


async def test_a_scene_is_played_once_and_one_that_broke_off_is_not_gone_on_with(cleared: Cleared) -> None:
    city, home = cleared.city, cleared.city.settings.home
    assert home is not None
    again = await play_once(
        city.engine, city.settings, TODAY, tell=lambda _done, _of: pytest.fail("played again")
    )
    assert vars(again) == vars(cleared.scene)
    (home / "clearing.json").rename(home / "elsewhere.json")
    with pytest.raises(ClearingInterrupted):
        await play_once(city.engine, city.settings, TODAY, tell=lambda _done, _of: None)
    (home / "elsewhere.json").rename(home / "clearing.json")


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 21), date(2026, 10, 1)),
        (date(2026, 11, 1), date(2026, 9, 1)),
        (date(2026, 11, 2), date(2026, 10, 1)),
        (date(2031, 3, 5), date(2026, 10, 1)),
    ],
)
def test_the_scene_plays_in_the_last_month_whose_calendar_goes_on(today: date, first: date) -> None:
    assert timetable(USUAL, today).first == first
    assert len(timetable(USUAL, today).rounds) == ROUNDS
