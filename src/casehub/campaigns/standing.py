"""How a campaign stands, as a bulletin tells it: its figures, each with the address of the items behind it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from casehub.campaigns.figures import BANDS
from casehub.campaigns.rules import Campaign
from casehub.rates.asking import Days
from casehub.rates.questions import NONE

#: Counts that are told, with the filters of the items behind each. Source: reference 7, guards: voids and suspensions
#: stand beside closures.
_COUNTS: Mapping[str, Mapping[str, str]] = {
    "items": {},
    "cleared": {"outcome": "cleared"},
    "residual": {"open": "true"},
    "voided": {"outcome": "voided"},
    "suspended": {"outcome": "suspended"},
    "passed_on": {"outcome": "passed_on"},
}
#: Rates that are told, with the filters of the items in numerator and denominator. A recheck counts each time: the
#: history of an item has them all.
_RATES: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "cleared_rate": ({"outcome": "cleared"}, {}),
    "on_plan_rate": ({"on_plan": "true"}, {"due": "true"}),
    "recheck_pass_rate": ({"rechecked": "pass"}, {"rechecked": "any"}),
    "rebound_rate": ({"rebound": "true"}, {"outcome": "cleared"}),
    "without_check_rate": ({"outcome": "cleared", "checked": "false"}, {"outcome": "cleared"}),
}
Address = Callable[[Mapping[str, str]], str]


class Newcomers(NamedTuple):
    """How many came until then, and how many of them were open."""

    cases: int
    open: int
    until: datetime


def cleared_between(course: Mapping[str, Any], days: Days) -> int:
    """How many of those that are cleared now were closed on the days of the period, by the course of the campaign."""

    def by(day: date) -> int:
        """Cleared before this day."""
        before = [n for on, n in zip(course["days"], course["cleared"], strict=True) if on < day.isoformat()]
        return int(before[-1]) if before else 0

    return by(days.end) - by(days.first)


def standing(
    campaign: Campaign,
    figures: Mapping[str, Any],
    newcomers: Newcomers,
    days: Days,
    *,
    zone: ZoneInfo,
    at: datetime,
) -> dict[str, Any]:
    """What is told of a campaign at the instant `at`, and what of that came about on these days."""
    where = f"/v1/campaigns/{campaign.campaign_id}"

    def address(said: Mapping[str, str]) -> str:
        return f"{where}/items?{urlencode(said)}" if said else f"{where}/items"

    total, on = figures["total"], at.astimezone(zone).date()
    first, end = (one.isoformat() for one in (days.period(zone).first, days.period(zone).end))
    between = {"outcome": "cleared", "ended_from": first, "ended_to": end}
    came = {"to": newcomers.until.isoformat()}
    names = ("campaign_id", "name", "kind", "state", "first_day", "last_day", "frozen_at", "ended_at")
    return {
        **{name: getattr(campaign, name) for name in names},
        "at": at,
        "counts": {
            **_counts(total, address),
            "cleared_in_period": _count(cleared_between(figures["burn_down"], days), address(between)),
        },
        "rates": _rates(total, address, on),
        "ages": {
            band: _count(
                total["ages"][band]["now"], address({"open": "true", "age": band, "on": on.isoformat()})
            )
            for band in BANDS
        },
        "newcomers": {
            "cases": _count(newcomers.cases, f"{where}/newcomers?{urlencode(came)}"),
            "open": _count(newcomers.open, f"{where}/newcomers?{urlencode({**came, 'open': 'true'})}"),
        },
        "units": [_unit(one, address, on) for one in figures["units"]],
    }


def _unit(row: Mapping[str, Any], address: Address, on: date) -> dict[str, Any]:
    def of_unit(said: Mapping[str, str]) -> str:
        return address({"department": row["unit"] or NONE, **said})

    told = {name: row[name] for name in ("rank", "unit", "name")}
    return {**told, "counts": _counts(row, of_unit), "rates": _rates(row, of_unit, on)}


def _count(value: int, items: str) -> dict[str, Any]:
    return {"value": value, "items": items}


def _counts(row: Mapping[str, Any], address: Address) -> dict[str, Any]:
    return {name: _count(row[name], address(said)) for name, said in _COUNTS.items()}


def _rates(row: Mapping[str, Any], address: Address, on: date) -> dict[str, Any]:
    """A plan is judged by a day, and so are its items."""
    found = {}
    for name, (above, below) in _RATES.items():
        day = {"on": on.isoformat()} if "due" in below else {}
        behind = {"numerator": address({**above, **day}), "denominator": address({**below, **day})}
        found[name] = {**row[name], "items": behind}
    return found
