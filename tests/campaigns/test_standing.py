"""How a campaign stands in a bulletin: its figures, and the items behind each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from tests.campaigns.test_figures import FROZEN, TODAY, items

from casehub.campaigns.figures import Item, Outcome, figures, outcome
from casehub.campaigns.rules import Campaign, State
from casehub.campaigns.standing import Newcomers, cleared_between, standing
from casehub.rates.asking import Days

CITY = ZoneInfo("Asia/Shanghai")
AT = datetime(2024, 9, 20, 1, tzinfo=UTC)
CAMPAIGN = Campaign(
    7, "backlog", "案件清零行动", FROZEN, date(2024, 10, 31), "e1", (), {}, (), {}, 30, State.RUNNING, "e1", AT, "e1", None, AT, None
)  # fmt: skip
SEPTEMBER = Days(date(2024, 9, 1), date(2024, 10, 1))


def told_of(them: list[Item], days: Days = SEPTEMBER) -> dict[str, Any]:
    told = figures(them, [], frozen_on=FROZEN, today=TODAY)
    named = {**told, "units": [{**one, "name": one["unit"]} for one in told["units"]]}
    return standing(CAMPAIGN, named, Newcomers(5, 2, AT), days, zone=CITY, at=AT)


def behind(address: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(address)
    return parts.path, {name: value for name, (value,) in parse_qs(parts.query).items()}


@given(st.lists(items()), st.dates(FROZEN, TODAY), st.integers(1, 20))
def test_what_was_cleared_in_a_period_is_what_ended_on_its_days(
    them: list[Item], first: date, many: int
) -> None:
    days = Days(first, first + timedelta(days=many))
    course = figures(them, [], frozen_on=FROZEN, today=TODAY)["burn_down"]
    ended = [
        max(one.ended_on, FROZEN) for one in them if outcome(one) is Outcome.CLEARED and one.ended_on is not None
    ]  # fmt: skip
    assert cleared_between(course, days) == sum(days.first <= on < days.end and on <= TODAY for on in ended)


def test_each_figure_leads_to_its_items_as_of_the_day_it_was_told() -> None:
    here = Item("u1", "handling", None, False, True, 1, 2, None, date(2024, 9, 10), False, None, False)
    nobody = Item(None, "closed", date(2024, 9, 5), False, True, 1, 1, None, None, False, None, False)
    told = told_of([here, nobody])
    where = "/v1/campaigns/7/items"
    assert behind(told["rates"]["on_plan_rate"]["items"]["denominator"]) == (
        where,
        {"due": "true", "on": "2024-09-20"},
    )
    assert behind(told["rates"]["without_check_rate"]["items"]["numerator"]) == (
        where, {"outcome": "cleared", "checked": "false"},
    )  # fmt: skip
    assert behind(told["ages"]["91_to_180"]["items"]) == (
        where, {"open": "true", "age": "91_to_180", "on": "2024-09-20"},
    )  # fmt: skip
    assert (told["counts"]["cleared_in_period"]["value"], told["ages"]["91_to_180"]["value"]) == (1, 1)
    assert behind(told["counts"]["cleared_in_period"]["items"])[1] == {
        "outcome": "cleared", "ended_from": "2024-08-31T16:00:00+00:00", "ended_to": "2024-09-30T16:00:00+00:00",
    }  # fmt: skip
    assert behind(told["units"][0]["counts"]["cleared"]["items"])[1] == {
        "department": "-",
        "outcome": "cleared",
    }
    assert behind(told["newcomers"]["open"]["items"]) == (
        "/v1/campaigns/7/newcomers", {"to": AT.isoformat(), "open": "true"},
    )  # fmt: skip
