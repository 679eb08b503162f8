"""What a bulletin holds, and what comes out otherwise later: rules without a database."""

from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest
from tests.bulletins.specimens import CITY, SAID, bulletin

from casehub.bulletins.corrections import Place, corrections
from casehub.bulletins.definition import Known, Ranking, faults, formula_of, parse, read_definition
from casehub.bulletins.layout import Language, document_of
from casehub.bulletins.problems import BulletinDefinitionInvalid
from casehub.bulletins.words import period_of
from casehub.paper.document import Chart, Document, Paragraph, Table, texts
from casehub.rates.asking import Days
from casehub.rates.commands_scores import example_formulas
from casehub.rates.formula import Minimum
from casehub.rates.periods import Unit, unit_around


def printed(language: Language = "zh", **said: Any) -> Document:
    return document_of(bulletin(**said), CITY, language)


def words(document: Document) -> str:
    return "\n".join(text for _, text in texts(document))


def test_both_ratios_of_checks_on_time_stand_side_by_side() -> None:
    """16,463 of 16,488 is 99.85 %; what was printed, 99.65 %, is over the 16,521 that should have been checked."""
    told = words(printed())
    assert "按时核查率99.65%（16,463 / 16,521）" in told
    assert "按时核查率（占核查）99.85%（16,463 / 16,488）" in told
    english = words(printed("en"))
    assert "On-time check rate: 99.65% (16,463 / 16,521)" in english
    assert "On-time check rate, of checked: 99.85% (16,463 / 16,488)" in english


def test_where_nothing_was_to_be_done_there_is_no_rate() -> None:
    told = words(printed(should_check=0, checked=0, on_time_checked=0))
    assert "按时核查率无（0 / 0，无应办事项）" in told


def table_of(document: Document, title: str) -> Table:
    return next(one for one in document.blocks if isinstance(one, Table) and one.title.endswith(title))


def test_a_ranking_shares_no_place_and_lists_small_units_apart() -> None:
    document = printed()
    ranks = [row[:2] for row in table_of(document, "责任单位排名").rows]
    assert [rank for rank, _ in ranks] == sorted(rank for rank, _ in ranks)
    assert "热力公司" not in [name for _, name in ranks], "four cases win no month"
    assert "单独列出，不参加排名：热力公司（应结案数 4）。" in words(document)
    assert "前五名：供水公司、供电公司、燃气公司、市执法支队一大队、通信公司。" in words(document)


def test_where_less_is_better_the_lowest_rate_ranks_first() -> None:
    ranking = {
        "indicator": "rework_rate",
        "least_first": True,
        "minimum": {"count": "handled", "at_least": 1},
    }
    table = table_of(printed(said=SAID | {"ranking": ranking}), "责任单位排名")
    assert table.columns[2].title == "100－返工率（分）"
    assert table.rows[0][1:3] == ("热力公司", Decimal("100.00"))
    points = [row[2] for row in table.rows]
    assert points == sorted(points, reverse=True)


def test_a_formula_ranks_by_points_with_its_own_minimum() -> None:
    formula = example_formulas()["yuncheng"]
    assert formula_of(Ranking(formula="yuncheng"), {"yuncheng": formula}) == formula
    minimum = Minimum(count="should_close", at_least=3)
    changed = formula_of(Ranking(formula="yuncheng", minimum=minimum), {"yuncheng": formula})
    assert changed.minimum == minimum


def test_deadlines_on_days_of_rest_stand_beside_a_rank() -> None:
    """Of the deadlines of the first district 40 fell on the Dragon Boat Festival, 60 on the day before."""
    (row,) = [one for one in table_of(printed(), "各区县排名").rows if one[1] == "新华区"]
    assert row[-1] == pytest.approx(0.4)


def test_sections_are_printed_in_the_order_of_the_definition_and_no_others() -> None:
    document = printed(said=SAID | {"sections": ["channels", "overview"]})
    headings = [
        text for _, text in texts(document) if text[1:2] == "、" and text[0] in "一二三四五六七八九十"
    ]
    assert headings == ["一、案件来源", "二、总体情况"]
    assert not any(isinstance(block, Chart) for block in document.blocks)


def test_twelve_sections_are_numbered_to_twelve() -> None:
    assert [text for _, text in texts(printed()) if text.startswith("十")] == [
        "十、超期未结案件", "十一、督办文书", "十二、专项行动",
    ]  # fmt: skip


def test_letters_are_told_by_kind_and_unit_with_rounds_and_who_owes_an_answer() -> None:
    document = printed()
    assert (
        "督办文书：发出171件，按期回复4件，逾期回复1件，回复被驳回0件，升级督办1件，撤回0件，逾期未回复1件。"
        in words(document)
    )
    assert "逾期未回复或升级督办的单位：市政工程处（逾期未回复1件，升级1件）。" in words(document)
    assert table_of(document, "各类文书").rows[1] == ("督办函", 6, 4, 1, 0, 1, 0, 1)
    assert table_of(document, "各单位文书").rows[0] == ("市政工程处", 31, 0, 0, 0, 1, 0, 1)
    (one,) = table_of(document, "本期督办期次").rows
    assert (one[0], one[2], one[3]) == ("2023年第6期督办", 600, 6)


def test_a_campaign_is_told_with_what_stands_beside_its_closures() -> None:
    document = printed()
    assert (
        "在册3,970件，本期清零3,600件，累计清零3,600件，遗留364件，作废6件，挂账28件，合并、转出或不予立案0件，清零率90.68%（3,600 / 3,970）"
        in words(document)
    )
    assert "启动后新增212件，其中在办31件，单列，不计入清单。" in words(document)
    ranks = [row[:5] for row in table_of(document, "清零行动各单位排名").rows]
    assert [name for _, name, *_ in ranks] == ["广电网络分公司", "公交公司", "燃气公司", "市执法支队一大队"]
    assert ranks[3] == (4, "市执法支队一大队", 994, 900, pytest.approx(900 / 994))
    assert table_of(document, "遗留案件案龄").rows == (
        ("30 天及以内", 0), ("31–90 天", 0), ("91–180 天", 273), ("180 天以上", 91),
    )  # fmt: skip


def test_a_change_of_rates_is_told_in_percentage_points() -> None:
    rows = {row[0]: row for row in table_of(printed(), "同比环比（比率）").rows}
    assert rows["结案率"][3] == Decimal("95.03") - Decimal("91.58")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "（草稿）2023年6月"),
        ("published", "2023年第6期（2023年6月）"),
        ("withdrawn", "2023年第6期（2023年6月）（已撤回）"),
    ],
)
def test_what_is_no_published_bulletin_says_so(state: str, said: str) -> None:
    document = printed(state=state)
    assert document.subtitle == said
    assert ("本期通报已撤回：数据有误" in words(document)) is (state == "withdrawn")


def test_issuer_and_day_stand_right_at_the_end() -> None:
    assert printed().blocks[-1] == Paragraph("城市管理局\n2023年7月3日", right=True)


@pytest.mark.parametrize(
    ("rhythm", "on", "zh", "en"),
    [
        ("month", "2024-02-29", "2024年2月", "February 2024"),
        ("quarter", "2024-12-31", "2024年第4季度", "quarter 4 of 2024"),
        (
            "week",
            "2024-12-31",
            "2025年第1周（12月30日至1月5日）",
            "week 1 of 2025 (2024-12-30 to 2025-01-05)",
        ),
    ],
)
def test_a_period_has_the_name_that_people_give_it(rhythm: str, on: str, zh: str, en: str) -> None:
    definition = read_definition(SAID | {"rhythm": rhythm})
    days = Days(*unit_around(Unit(rhythm), date.fromisoformat(on)))
    called = period_of(definition.rhythm, days.first, days.end)
    assert (called.zh, called.en) == (zh, en)


def content(**city: int) -> dict[str, Any]:
    return dict(orjson.loads(bulletin(**city).content))


def test_what_did_not_change_is_no_correction() -> None:
    assert corrections(content(), content()) == []


def test_a_figure_that_changed_is_told_wherever_it_stands_and_nothing_else() -> None:
    found = corrections(content(), content(on_time_checked=16_464))
    places = {one.place for one in found if one.place.part == "city"}
    assert places == {
        Place("city", None, None, name)
        for name in ("on_time_checked", "on_time_check_rate", "on_time_check_rate_of_checked")
    }
    rate = next(one for one in found if one.place.figure == "on_time_check_rate")
    assert rate.then is not None
    assert rate.now is not None
    assert (rate.then["numerator"], rate.now["numerator"]) == (16_463, 16_464)
    assert rate.asked["figure"] == "on_time_check_rate"
    assert (rate.asked["from"], rate.asked["to"]) == ("2023-06-01", "2023-07-01")


def test_a_row_that_is_gone_tells_zeros_and_an_empty_one_that_comes_tells_nothing() -> None:
    then, now = content(), content()
    gone = now["channels"].pop()
    (one,) = corrections(then, now)
    assert (one.place, one.now) == (Place("channels", None, gone["code"], "reports"), None)
    (other,) = corrections(now, then)
    assert other.then is None
    gone["counts"]["reports"]["value"] = 0
    now["channels"].append(gone)
    then["channels"].pop()
    assert corrections(then, now) == []


def known(**said: Any) -> Known:
    return (
        Known({"d1": None, "d1a": "d1"}, {"district": ["east"]}, example_formulas())
        if not said
        else said["it"]
    )


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"indicators": ["nothing_such"]}, "indicators.0", "unknown_figure"),
        ({"groups": []}, "groups", "groups_needed"),
        ({"ranking": None}, "ranking", "ranking_needed"),
        ({"groups": [{"title": "x", "title_en": "x", "by": "district", "codes": ["north"]}]}, "groups.0.codes.0", "unknown_unit"),
        ({"groups": [{"title": "x", "title_en": "x", "by": "district", "kinds": ["firm"]}]}, "groups.0.kinds", "codes_or_kinds"),
        ({"groups": [{"title": "x", "title_en": "x", "by": "department", "codes": ["d1a"]}]}, "groups.0.codes.0", "on_top"),
        ({"ranking": {"formula": "yuncheng", "indicator": "closing_rate", "minimum": {"count": "closed", "at_least": 1}}}, "ranking", "one_ranking"),
        ({"ranking": {"formula": "none_such"}}, "ranking.formula", "unknown_formula"),
        ({"ranking": {"formula": "pingdingshan"}}, "ranking.formula", "weights_needed"),
        ({"ranking": {"formula": "jinhua"}}, "ranking.formula", "counted_only"),
        ({"ranking": {"indicator": "closing_rate"}}, "ranking.minimum", "minimum_needed"),
    ],
)  # fmt: skip
def test_what_a_city_can_not_draw_up_is_refused_with_field_and_rule(
    changed: dict[str, Any], field: str, rule: str
) -> None:
    found = faults(read_definition(SAID | changed), known())
    assert (field, rule) in {(one.field, one.rule) for one in found}


def test_a_good_definition_has_no_faults() -> None:
    assert faults(read_definition(SAID), known()) == []


def test_a_file_that_is_wrong_is_told_with_its_line() -> None:
    text = "bulletin: monthly\ntitle: 通报\nrhythm: daily\ncolour: red\n"
    with pytest.raises(BulletinDefinitionInvalid) as refused:
        parse(text, "mine.yaml")
    told = {one.field: one.en for one in refused.value.errors}
    assert told["rhythm"].startswith(
        "mine.yaml:3: rhythm: 'daily': Input should be 'week', 'month' or 'quarter'"
    )
    assert told["colour"] == "mine.yaml:4: colour: is not known here; take it out or mend its name"
    assert told["issuer"] == "mine.yaml:1: issuer: is missing; write it"
