"""What a report says on paper, of each kind of campaign and each period, in both languages."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.campaigns.test_figures import make_item
from tests.campaigns.test_rules import make_campaign

from casehub.campaigns.figures import figures
from casehub.campaigns.printing import Language, report_document
from casehub.campaigns.words import DOINGS, KINDS, PERIODS
from casehub.paper.document import Document, Paragraph, Table, texts

ZONE, FROZEN, LAST = ZoneInfo("Asia/Shanghai"), date(2024, 9, 2), date(2024, 9, 8)


def make_report(**said: Any) -> dict[str, Any]:
    closed = {"state": "closed", "ended_on": LAST}
    items = [
        make_item(**closed),
        make_item(**closed, checked=True),
        make_item(state="suspended"),
        make_item(unit=None),
    ]
    told = figures(items, [], frozen_on=FROZEN, today=LAST)
    for one in (*told["units"], *told["burn_down"]["units"]):
        one["name"] = None
    more: dict[str, Any] = {"newcomers": {"cases": 2, "open": 1}, "visits": [], "batches": []}
    return {"unit": "week", "first_day": FROZEN, "end_day": date(2024, 9, 9), "figures": told | more} | said


def make_document(language: Language, kind: str = "backlog", **said: Any) -> Document:
    campaign = make_campaign(kind=kind, name="Clean streets")
    return report_document(campaign, make_report(**said), ZONE, language)


@pytest.mark.parametrize("unit", PERIODS)
@pytest.mark.parametrize(("kind", "zh", "en"), [
    ("backlog", "启动时在册 4 件", "open at the launch: 4"),
    ("special_action", "启动时在册 4 件", "open at the launch: 4"),
    ("census", "普查发现 4 件", "found by the survey: 4"),
])  # fmt: skip
def test_each_kind_and_each_period_is_called_by_its_name(kind: str, zh: str, en: str, unit: str) -> None:
    for place, (language, listed) in enumerate((("zh", zh), ("en", en))):
        document = make_document(language, kind, unit=unit)  # type: ignore[arg-type]
        assert document.title.endswith(PERIODS[unit][place])
        assert document.subtitle.startswith(KINDS[kind][place])
        summary = document.blocks[0]
        assert isinstance(summary, Paragraph)
        assert listed in summary.text


def test_closures_without_a_check_and_suspensions_stand_beside_what_was_cleared() -> None:
    for language, rows in (
        ("zh", [("挂账", 1), ("未经核查结案", 1)]),
        ("en", [("Suspended", 1), ("Closed without a check", 1)]),
    ):
        tables = [one for one in make_document(language).blocks if isinstance(one, Table)]  # type: ignore[arg-type]
        beside = next(one for one in tables if one.title in {"另行统计", "Told beside"})
        assert {*rows} <= {*beside.rows}


def test_an_english_report_is_english() -> None:
    visit = {
        "visited_at": "2024-09-03T01:00:00+00:00", "name": "Cable", "people": ["Li", "Wang"], "problems": "x", "agreed": "y",
    }  # fmt: skip
    batches = [
        {"started_at": visit["visited_at"], "doing": one, "cases": 3, "done": 2, "refused": 1, "waiting": 0} for one in DOINGS
    ]  # fmt: skip
    report = make_report()
    report["figures"] |= {"visits": [visit], "batches": batches}
    document = report_document(make_campaign(name="Clean streets"), report, ZONE, "en")
    assert [one for _, one in texts(document) if any("一" <= sign <= "鿿" for sign in one)] == []
