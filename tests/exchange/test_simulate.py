"""A simulated half-year: a city of its own, lived through the engine, with a count of its own beside it."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
from tests.cast import City, drop, make_settings
from tests.conftest import MakeCity
from tests.exchange.test_import import faults

from casehub import opening
from casehub.clock import WallClock
from casehub.deadlines.problems import CalendarEnds
from casehub.events.commands import histories
from casehub.exchange.commands_simulate import Plan, SimulationRefused, simulate
from casehub.exchange.simulate_city import area_rows, department_rows, staff
from casehub.exchange.simulate_reports import arrivals, instants
from casehub.exchange.simulate_shape import SHARES, WALKS
from casehub.exchange.tally import COLLECTOR_COUNTS
from casehub.people.actors import EVERYTHING, Role
from casehub.places.areas import area_faults
from casehub.rates.commands import keep_up
from casehub.rates.commands_answers import answer
from casehub.rates.counts import COUNTED, COUNTS, STOCKS
from casehub.rates.facts import Told, facts_of
from casehub.rates.periods import months_on, of_days
from casehub.rates.questions import Question
from casehub.storage.engine import make_engine

PLAN = Plan(seed=1, reports=2000, departments=60, first=date(2025, 1, 1), last=date(2025, 7, 1))
SMALL = replace(PLAN, reports=150, departments=8)
ZONE = ZoneInfo("Asia/Shanghai")
#: dimension -> (month, key) -> count -> how many
Counted = dict[str, dict[tuple[str, str], Counter[str]]]


async def live(city: City, home: Path, plan: Plan) -> dict[str, Any]:
    return await simulate(city.engine, city.settings, home, plan, tell=lambda _: None)


@dataclass
class Simulated:
    city: City
    tally: dict[str, Any]
    facts: Counted


@pytest.fixture(scope="module")
async def half_year(embedded_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulated]:
    """One city of 2,000 reports, its tally, and what the rates count in it."""
    schema, clock = f"simulated_{uuid4().hex[:12]}", WallClock()
    city = City(
        embedded_url, schema, make_engine(embedded_url, schema, pool_size=4), make_settings(schema), clock
    )
    await opening.migrate(city.engine, schema)
    await opening.furnish(city.engine, city.settings, clock)
    tally = await live(city, tmp_path_factory.mktemp("home"), PLAN)
    yield Simulated(city, tally, await counted(city, PLAN.last))
    await drop(city)


async def counted(city: City, last: date) -> Counted:
    """The facts of every case, summed by month and by what the tally tells."""
    end = datetime(last.year, last.month, last.day, tzinfo=ZONE)
    rows = await city.sql("SELECT category_id, kind, code FROM categories")
    categories = {row.category_id: f"{row.kind} {row.code}" for row in rows}
    collectors = set(staff(Role.COLLECTOR))
    async with city.engine.begin() as tx:
        told = await histories(tx, 0, 10**9)
    found: Counted = defaultdict(lambda: defaultdict(Counter))
    for case_id, events in told.items():
        one = facts_of(case_id, [Told(each.action, each.at, orjson.loads(each.body)) for each in events])
        for fact in one.facts:
            if fact.at >= end:
                assert fact.open, f"{fact} happened after the end"
                continue
            month = fact.at.astimezone(ZONE).strftime("%Y-%m")
            keys = {"": "", "subdistrict": str(one.area)[:9], "category": categories[one.category_id]}
            keys |= {"department": fact.department} if fact.department else {}
            keys |= {"exempt": "yes"} if fact.exempt else {}
            for dimension, key in keys.items():
                found[dimension][month, key].update(fact.counts)
            if fact.person in collectors:
                mine = [name for name in fact.counts if name in COLLECTOR_COUNTS]
                found["collector"][month, str(fact.person)].update(mine)
    return found


def told(tally: dict[str, Any]) -> Counted:
    """The same of the tally, stocks left out."""
    found: Counted = defaultdict(lambda: defaultdict(Counter))
    names = {count.name for count in COUNTS}
    for row in tally["months"]:
        for dimension, keys in ({"": {"": row["total"]}} | row["by"]).items():
            for key, counts in keys.items():
                found[dimension][row["period"], key] = Counter(
                    {n: c for n, c in counts.items() if n in names}
                )
    return found


def differences(one: Counted, other: Counted, dimension: str) -> set[str]:
    """The counts that differ anywhere."""
    left, right = one[dimension], other[dimension]
    return {
        name
        for key in {*left, *right}
        for name in {*left[key], *right[key]}
        if left[key][name] != right[key][name]
    }


async def test_the_record_of_a_simulated_half_year_is_sound(half_year: Simulated) -> None:
    assert await faults(half_year.city) == (PLAN.reports, [])


@pytest.mark.parametrize("dimension", ["", "subdistrict", "category", "department", "collector", "exempt"])
def test_the_facts_of_all_cases_sum_up_to_what_the_simulator_counted_itself(
    half_year: Simulated, dimension: str
) -> None:
    assert differences(half_year.facts, told(half_year.tally), dimension) == set()


@pytest.mark.parametrize("dimension", ["", "subdistrict", "category", "department"])
def test_what_stands_at_the_end_of_each_month_is_what_began_less_what_ended(
    half_year: Simulated, dimension: str
) -> None:
    facts = half_year.facts[dimension]
    for row in half_year.tally["months"]:
        parts = row["by"][dimension] if dimension else {"": row["total"]}
        for key, counts in parts.items():
            until = [found for (month, of), found in facts.items() if of == key and month <= row["period"]]
            for stock in STOCKS:
                stands = sum(found[stock.began] - found[stock.ended] for found in until)
                assert counts.get(stock.name, 0) == stands, (row["period"], key, stock.name)


@pytest.mark.parametrize(("dimension", "by"), [
    ("", ""), ("subdistrict", "subdistrict"), ("department", "unit"), ("category", "category"), ("collector", "person"),
])  # fmt: skip
async def test_what_supervisors_are_answered_is_the_tally_to_the_last_case(
    half_year: Simulated, dimension: str, by: str
) -> None:
    """Before the worker has looked, while it is half way, and when every day has its sums."""
    city, now = half_year.city, datetime(PLAN.last.year, PLAN.last.month, PLAN.last.day, tzinfo=ZONE)
    for steps in (0, 4, 10_000):
        for _ in range(steps):
            async with city.engine.begin() as tx:
                if not await keep_up(tx, now):
                    break
        for row in half_year.tally["months"]:
            year, month = map(int, row["period"].split("-"))
            question = Question(
                (), tuple(COUNTED), of_days(date(year, month, 1), months_on(date(year, month, 1), 1), ZONE),
                (by,) if by else (), {}, EVERYTHING,
            )  # fmt: skip
            async with city.engine.begin() as tx:
                answered = await answer(tx, question, now)
            rows = {said(keys[0].code, by): figures.raw for keys, figures in answered.rows.items()}
            for key, counts in (row["by"][dimension] if dimension else {"": row["total"]}).items():
                mine = rows[key] if by else answered.total.raw
                true = {name: n for name, n in counts.items() if n}
                assert {name: mine[name] for name in counts if mine.get(name)} == true, (row["period"], key)


def said(code: str | None, by: str) -> str | None:
    """As the tally says it: a class without its scheme."""
    return " ".join(str(code).split("/")[1:]) if by == "category" else code


def test_the_whole_is_the_sum_of_its_months(half_year: Simulated) -> None:
    whole, months = half_year.tally["whole"]["total"], half_year.tally["months"]
    assert [row["period"] for row in months] == [f"2025-0{month}" for month in range(1, 7)]
    for count in COUNTS:
        assert whole[count.name] == sum(row["total"][count.name] for row in months)
    for stock in STOCKS:
        assert whole[stock.name] == months[-1]["total"][stock.name]
    assert whole["reports"] == PLAN.reports


async def test_open_cases_and_states_are_what_the_tally_says(half_year: Simulated) -> None:
    whole = half_year.tally["whole"]["total"]
    rows = await half_year.city.sql("SELECT state, count(*) AS n FROM cases GROUP BY state")
    found = {row.state: row.n for row in rows}
    assert found["merged"] == whole["merged"] >= 1
    assert found["voided"] == whole["voided"] >= 2
    assert found["self_handled"] == whole["self_handled"]
    assert found["not_accepted"] == whole["not_accepted"]
    assert found["closed"] == whole["closed_in_period"] - whole["reopened"]
    with_departments = sum(found.get(one, 0) for one in ("dispatched", "handling", "suspended"))
    assert with_departments <= whole["open_handle"] <= with_departments + found.get("filed", 0)


async def test_every_path_of_the_city_is_walked(half_year: Simulated) -> None:
    rows = await half_year.city.sql("SELECT DISTINCT action FROM case_events")
    assert {row.action for row in rows} >= {
        "self_handle", "refuse", "withdraw", "transfer_out", "merge", "merged_in", "send_verify", "verify_done",
        "send_back_filing", "resubmit_filing", "decline_filing", "return_to_acceptor", "resubmit", "dept_return",
        "return_accept", "return_reject", "reassign", "propose_void", "void", "mark_difficult", "plan",
        "resolve_difficult", "supervise", "reply_supervision", "approve_extension", "reject_extension", "suspend",
        "resume", "rework", "close", "appeal", "review_appeal", "reopen", "answer_directly", "dispatch_directly",
        "conclude", "propose_close", "revisit",
    }  # fmt: skip
    silent = {name for name, count in half_year.tally["whole"]["total"].items() if not count}
    # Spot checks are no cases, and no task that is judged is without a deadline.
    assert silent == {"missed", "false_reports", "without_deadline"}
    reworks = await half_year.city.sql("SELECT max((marks ->> 'rework_count')::int) AS n FROM cases")
    returns = await half_year.city.sql("SELECT max((marks ->> 'return_count')::int) AS n FROM cases")
    appeals = await half_year.city.sql("SELECT DISTINCT marks ->> 'appeal_status' AS s FROM cases")
    assert (reworks[0].n, returns[0].n) == (2, 2)
    assert {row.s for row in appeals} >= {"granted", "rejected"}


async def test_nothing_happens_after_the_end(half_year: Simulated) -> None:
    (row,) = await half_year.city.sql("SELECT min(at) AS first, max(at) AS last FROM case_events")
    assert row.first >= datetime(2024, 12, 31, 16, tzinfo=UTC)
    assert row.last < datetime(2025, 6, 30, 16, tzinfo=UTC)


async def test_the_same_seed_gives_the_same_cases_and_the_same_tally(
    make_city: MakeCity, tmp_path: Path
) -> None:
    kept = []
    for seed in (7, 7, 8):
        city = await make_city(cast=False)
        tally = await live(city, tmp_path, replace(SMALL, seed=seed))
        rows = await city.sql(
            "SELECT case_no, reported_at, last_at, state, department_code, version FROM cases ORDER BY 1"
        )
        kept.append((tally, [tuple(row) for row in rows]))
    assert kept[0] == kept[1]
    assert kept[0][1] != kept[2][1]


async def test_a_city_that_is_not_empty_is_left_alone(city: City, tmp_path: Path) -> None:
    before = await city.counts()
    with pytest.raises(SimulationRefused, match="use an empty CASEHUB_HOME"):
        await live(city, tmp_path, SMALL)
    assert await city.counts() == before


async def test_a_period_whose_holidays_nobody_knows_is_refused_before_anything_is_made(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    before = await city.counts()
    with pytest.raises(CalendarEnds, match="public holidays of 2090 are not known"):
        await live(city, tmp_path, replace(SMALL, first=date(2090, 1, 1), last=date(2090, 2, 1)))
    assert await city.counts() == before


async def test_the_command_writes_its_tally(make_city: MakeCity, tmp_path: Path) -> None:
    city, file = await make_city(cast=False), tmp_path / "build" / "tally.json"
    asked = ["simulate", "--reports", "60", "--departments", "5", "--to", "2025-02-01", "--tally", str(file)]
    code, said = await city.casehub(*asked)
    assert code == 0, said
    assert "reports: 60\n" in said
    assert json.loads(file.read_text(encoding="utf-8"))["whole"]["total"]["reports"] == 60
    code, said = await city.casehub(*asked)
    assert code == 1
    assert "use an empty CASEHUB_HOME, or another CASEHUB_SCHEMA" in said
    code, said = await city.casehub("simulate", "--from", "2025-02-01", "--to", "2025-02-01")
    assert (code, "--to must come after --from" in said) == (1, True)
    code, said = await city.casehub("simulate", "--from", "yesterday")
    assert (code, "--from takes a day such as 2025-01-01, not 'yesterday'" in said) == (1, True)


def test_reports_come_by_day_and_on_working_days() -> None:
    moments = [
        at.astimezone(ZONE) for at in instants(Random(3), 20_000, (date(2025, 1, 6), date(2025, 3, 3)), ZONE)
    ]
    assert moments == sorted(moments)
    hours, days = Counter(at.hour for at in moments), Counter(at.weekday() for at in moments)
    assert hours.most_common(1)[0][0] in {8, 9, 10}
    assert 0.08 < max(hours.values()) / 20_000 < 0.12
    assert sum(hours[hour] for hour in range(7, 19)) > 0.85 * 20_000
    assert days[0] > days[4] > days[5] > days[6] > 0.5 * days[0]


def test_what_is_repeated_is_a_first_report_of_the_day_before() -> None:
    moments = instants(Random(4), 5000, (date(2025, 1, 6), date(2025, 1, 20)), ZONE)
    coming = arrivals(Random(5), moments)
    echoes = [(one, echo) for one in coming for echo in one.echoes]
    assert len(echoes) == sum(one.repeats for one in coming) > 10
    for one, echo in echoes:
        assert not one.repeats
        assert one.at <= echo.arrival.at < echo.merge_at
        assert (echo.arrival.at - one.at).days < 1 or echo.arrival.walk is not None


def test_what_happens_on_a_walk_has_a_share_and_every_share_a_source() -> None:
    assert {name for _, walk in WALKS for name in walk.split()} <= set(SHARES)
    assert all(0 < share.of < 1 and share.source for share in SHARES.values())


@pytest.mark.parametrize("region_code", ["000000", "110101", "410400"])
def test_areas_and_departments_of_a_simulated_city_are_sound(region_code: str) -> None:
    rows = area_rows(region_code)
    around = {row["area_code"]: row for row in rows}
    assert [one for row in rows for one in area_faults(row["area_code"], row, around)] == []
    assert Counter(row["kind"] for row in rows) == {
        "city": 1, "district": 4, "subdistrict": 12, "community": 24, "unit_grid": 96,
    }  # fmt: skip
    tree = {row["department_code"]: row["parent_code"] for row in department_rows(60)}
    assert len(tree) == 60
    assert {tree[above] for above in tree.values() if above} == {None}
