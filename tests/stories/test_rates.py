"""Supervisors ask for figures, and for the cases behind them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cast import City, Desk, desk_of
from tests.conftest import MakeCity

from casehub.clock import SimulatedClock
from casehub.rates.commands import keep_up, verify

#: A Monday, 08:00 in Shanghai.
MONDAY = datetime(2024, 5, 6, tzinfo=UTC)


class Asking:
    """A city on a simulated clock, its desk, and a supervisor."""

    def __init__(self, city: City, desk: Desk, clock: SimulatedClock) -> None:
        self.city, self.desk, self.clock = city, desk, clock

    async def rates(self, query: str, who: str = "evaluator") -> Any:
        return await self.desk.get(who, f"/v1/rates?{query}")

    async def keep_up(self) -> None:
        """What the worker does until nothing is left."""
        more = True
        while more:
            async with self.city.engine.begin() as tx:
                more = await keep_up(tx, self.clock.now())


@pytest.fixture
async def asking(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[Asking]:
    clock = SimulatedClock(MONDAY)
    city = await make_city(clock=clock)
    async with desk_of(city, tmp_path) as desk:
        yield Asking(city, desk, clock)


async def test_a_month_is_told_by_district_with_the_cases_behind_each_number(asking: Asking) -> None:
    desk, clock = asking.desk, asking.clock
    east = await desk.case_in("closed", area="east1")
    clock.advance_to(MONDAY + timedelta(hours=1))
    await desk.case_in("checking", area="west")
    clock.advance_to(MONDAY + timedelta(hours=30))
    told = await asking.rates(
        "indicators=reports,on_time_check_rate,closing_rate,open_close&by=district&period=month"
    )
    assert [row["key"] for row in told["rows"]] == [["east"], ["west"]]
    east_row, west_row = told["rows"]
    assert east_row["indicators"]["on_time_check_rate"] | {"cases": 0} == {
        "numerator": 1, "denominator": 1, "value": 1.0, "percent": "100.00", "cases": 0,
        "raw": {"numerator": 1, "denominator": 1, "value": 1.0, "percent": "100.00"},
    }  # fmt: skip
    assert west_row["indicators"]["on_time_check_rate"]["numerator"] == 0
    assert west_row["indicators"]["on_time_check_rate"]["denominator"] == 1
    assert west_row["counts"]["open_close"]["value"] == 1
    assert told["total"]["counts"]["reports"]["value"] == 2
    behind = await desk.get("evaluator", east_row["indicators"]["on_time_check_rate"]["cases"]["numerator"])
    assert [one["case_no"] for one in behind["items"]] == [east]
    standing = await desk.get("evaluator", west_row["counts"]["open_close"]["cases"])
    assert [one["state"] for one in standing["items"]] == ["checking"]
    first = await asking.rates("indicators=reports&by=district&period=month&limit=1")
    assert (len(first["rows"]), first["more_rows"], first["total"]["counts"]["reports"]["value"]) == (1, 1, 2)
    await asking.keep_up()
    assert (
        await asking.rates(
            "indicators=reports,on_time_check_rate,closing_rate,open_close&by=district&period=month"
        )
        == told
    )
    async with asking.city.engine.begin() as tx:
        assert await verify(tx, lambda _: None) == []


async def test_a_period_is_compared_and_what_cant_be_asked_is_refused_with_every_reason(
    asking: Asking,
) -> None:
    desk = asking.desk
    await desk.case_in("closed", area="east1")
    asking.clock.advance_to(MONDAY + timedelta(days=31))
    told = await asking.rates("indicators=reports,filed&period=month&compare=previous,last_year")
    assert told["total"]["counts"]["reports"]["value"] == 0
    assert told["compared"]["previous"]["counts"]["reports"]["value"] == 1
    assert told["compared"]["last_year"]["counts"]["reports"]["value"] == 0
    past = await asking.rates(
        "indicators=reports,closed_in_period&from=2024-05-01&to=2024-06-01&as_of=2024-05-05T00:00:00Z"
    )
    assert past["total"]["counts"]["reports"]["value"] == 0
    for query, rule, field in (
        ("indicators=on_time_rate", "unknown_figure", "indicators"),
        ("by=district,kind,source", "two_dimensions_at_most", "by"),
        ("by=colour", "unknown_dimension", "by"),
        ("from=2024-05-01", "period_said", "from"),
        ("from=2024-05-02&to=2024-05-02", "period_runs_forward", "to"),
        ("compare=never", "unknown_comparison", "compare"),
    ):
        answer = await desk.ask("evaluator", "GET", f"/v1/rates?{query}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems#question-invalid")
        assert [(one["rule"], one["field"]) for one in answer.json()["errors"]] == [(rule, field)]
