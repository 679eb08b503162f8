"""When reports are due, and what a saved scope says."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from casehub.campaigns.batches import DOINGS, action_of
from casehub.campaigns.rules import Campaign, State, nature_of, reports_due, wanted_of
from casehub.campaigns.words import DOINGS as CALLED
from casehub.deadlines.lights import Light

MADE = datetime(2024, 9, 1, tzinfo=UTC)


def make_campaign(**said: Any) -> Campaign:
    plain = {
        "campaign_id": 1, "kind": "backlog", "name": "清零", "first_day": date(2024, 9, 2), "last_day": date(2024, 9, 30),
        "owner": "e1", "rhythm": ("day", "week", "month"), "scope": {}, "units": (), "targets": {}, "rebound_days": 30,
        "state": State.RUNNING, "created_by": "e1", "created_at": MADE, "launched_by": "e1", "reach": [(None, None)],
        "frozen_at": MADE, "ended_at": None,
    }  # fmt: skip
    return Campaign(**plain | said)


@pytest.mark.parametrize(("today", "due"), [
    # Frozen on Tuesday 3 September: that day, that week, that month; nothing that was over before.
    ("2024-09-03", []),
    ("2024-09-04", [("day", "09-03")]),
    ("2024-09-08", [("day", "09-07")]),
    ("2024-09-09", [("day", "09-08"), ("week", "09-02")]),
    ("2024-10-01", [("day", "09-30"), ("week", "09-23"), ("month", "09-01")]),
    # The last week reaches beyond the campaign; after it there is none.
    ("2024-10-02", [("week", "09-23"), ("month", "09-01")]),
    ("2024-10-07", [("week", "09-30"), ("month", "09-01")]),
    ("2024-10-14", [("month", "09-01")]),
    ("2024-11-01", []),
])  # fmt: skip
def test_a_report_is_due_when_its_period_is_over(today: str, due: list[tuple[str, str]]) -> None:
    found = reports_due(make_campaign(), date(2024, 9, 3), date.fromisoformat(today))
    assert [(unit.value, first.strftime("%m-%d")) for unit, first, _ in found] == due


def test_a_saved_scope_is_read_as_the_filters_of_a_list() -> None:
    scope = {"light": "red", "area": "east", "reported_to": "2024-01-01T00:00:00+08:00", "late": True}
    assert wanted_of(scope) == {
        "light": Light.RED, "area": "east", "reported_to": datetime(2023, 12, 31, 16, tzinfo=UTC), "late": True,
    }  # fmt: skip
    assert nature_of(scope) == {"area": "east"}


def test_what_nobody_has_is_dispatched_and_what_somebody_has_is_taken_away() -> None:
    form = {"department": "d2", "reason": "统一承办"}
    assert action_of("assign", "filed", form) == ("dispatch", {"department": "d2", "opinion": "统一承办"})
    assert action_of("assign", "handling", form) == ("reassign", form)


def test_whatever_is_done_with_many_cases_has_a_name_in_the_reports() -> None:
    assert {*CALLED} == {*DOINGS}
