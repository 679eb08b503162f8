"""How a formula is written down, and what is said of one that is wrong."""

from copy import deepcopy
from decimal import Decimal
from functools import reduce
from operator import getitem
from typing import Any

import pytest

from casehub.errors import Refusal
from casehub.rates.commands_scores import example_formulas, example_scheme
from casehub.rates.formula import FormulaInvalid, parse, read_formula, read_scheme, wanted

SMALL: dict[str, Any] = {
    "formula": "small",
    "title": "小办法",
    "title_en": "Small",
    "object": "department",
    "minimum": {"count": "should_handle", "at_least": 10},
    "parts": {
        "speed": {"title": "速度", "title_en": "Speed", "indicator": "on_time_handling_rate", "weight": 100}
    },
    "deductions": {
        "rework": {"title": "返工", "title_en": "Rework", "count": "reworked", "each": 0.2, "most": 5}
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """SMALL with one thing said otherwise; None takes it out."""
    raw = deepcopy(SMALL)
    *way, last = path.split(".")
    inside = reduce(getitem, way, raw)
    inside[last] = value
    if value is None:
        del inside[last]
    return raw


def reasons(raw: Any) -> list[Refusal]:
    with pytest.raises(FormulaInvalid) as caught:
        read_formula(raw, schemes=["proposal"])
    return list(caught.value.errors)


def test_a_formula_says_what_it_has_to_be_told() -> None:
    asked = wanted(read_formula(SMALL))
    assert asked.indicators == {"on_time_handling_rate"}
    assert asked.counts == {"should_handle", "reworked"}
    asked = wanted(example_formulas()["jinhua"])
    assert asked.entered == {"organisation", "failed_thrice", "fraud", "shirking", "leaders_and_media"}
    assert asked.counts == {"should_close", "reworked"}


def test_sums_stand_in_sums_but_not_without_end() -> None:
    raw = deepcopy(SMALL)
    for _ in range(1000):
        raw["parts"] = {"all": {"title": "总", "title_en": "All", "weight": 1, "parts": raw["parts"]}}
    assert [one.rule for one in reasons(raw)] == ["too_deep"]


def test_numbers_are_taken_as_they_are_written() -> None:
    assert str(read_formula(SMALL).deductions["rework"].each) == "0.2"


@pytest.mark.parametrize(
    ("path", "value", "field", "rule"),
    [
        ("parts.speed.indicator", "speed_rate", "parts.speed.indicator", "unknown_indicator"),
        ("parts.speed.weight", 0, "parts.speed.weight", "greater_than"),
        ("minimum.at_least", 10**20, "minimum.at_least", "less_than_equal"),
        ("parts.speed.weight", None, "parts.speed.weight", "missing"),
        ("parts.speed.wieght", 3, "parts.speed.wieght", "extra_forbidden"),
        ("parts.speed.entered", "marks", "parts.speed.entered", "extra_forbidden"),
        ("parts.speed.title", None, "parts.speed.title", "missing"),
        ("parts", None, "parts", "nothing_given"),
        ("deductions.rework.count", "rework", "deductions.rework.count", "unknown_count"),
        ("deductions.rework.count", None, "deductions.rework", "one_source"),
        ("deductions.rework.entered", "both", "deductions.rework", "one_source"),
        ("deductions.rework.each", -1, "deductions.rework.each", "greater_than"),
        ("minimum.count", "cases", "minimum.count", "unknown_count"),
        ("minimum", None, "minimum", "missing"),
        ("object", "planet", "object", "unknown_object"),
        ("bands", "other", "bands", "unknown_bands"),
        ("cap", 0, "cap", "greater_than"),
        ("no_value", "zero", "no_value", "literal_error"),
    ],
)
def test_what_is_wrong_is_named_with_its_field_and_rule(path: str, value: Any, field: str, rule: str) -> None:
    found = reasons(changed(path, value))
    assert [(one.field, one.rule) for one in found] == [(field, rule)]
    assert found[0].zh != found[0].en


@pytest.mark.parametrize(
    ("norm", "rule"),
    [
        ({"kind": "steps", "full_from_percent": 70}, "missing"),
        ({"kind": "steps", "full_from_percent": 170, "less_per_percent": 1}, "less_than_equal"),
        ({"kind": "linear", "none_at_percent": 60, "full_at_percent": 60}, "two_points"),
        ({"kind": "cubic"}, "union_tag_invalid"),
    ],
)
def test_a_norm_that_gives_no_points_is_refused(norm: dict[str, Any], rule: str) -> None:
    assert [one.rule for one in reasons(changed("parts.speed.norm", norm))] == [rule]


@pytest.mark.parametrize(
    ("tally", "rule"),
    [
        ({"indicator": "rework_rate", "each": 1}, "goal_needed"),
        ({"count": "reworked", "each": 1, "above": 1, "below": 3}, "one_side"),
        ({"indicator": "reworks", "each": 1, "above": 1}, "unknown_indicator"),
    ],
)
def test_a_deduction_that_cannot_be_counted_is_refused(tally: dict[str, Any], rule: str) -> None:
    raw = changed("deductions.rework", {"title": "返工", "title_en": "Rework", **tally})
    assert [one.rule for one in reasons(raw)] == [rule]


def test_an_assessment_inside_is_read_as_strictly() -> None:
    inside = {"title": "日常", "title_en": "Daily", "weight": 60, "parts": {}}
    assert [(one.field, one.rule) for one in reasons(changed("parts.daily", inside))] == [
        ("parts.daily.parts", "nothing_given")
    ]
    inside["parts"] = {"x": {"title": "某", "title_en": "X", "indicator": "no_such", "weight": 1}}
    assert [one.field for one in reasons(changed("parts.daily", inside))] == ["parts.daily.parts.x.indicator"]


def test_an_indicator_of_the_city_may_be_named() -> None:
    raw = changed("parts.speed.indicator", "our_rate")
    assert read_formula(raw, indicators=["our_rate"]).parts.keys() == {"speed"}


def test_everything_wrong_is_said_at_once_with_file_and_line() -> None:
    text = """formula: small
title: 小
title_en: Small
object: department
minimum: {count: cases, at_least: 1}
parts:
  speed:
    title: 速度
    title_en: Speed
    indicator: speed_rate
    weight: 100
"""
    with pytest.raises(FormulaInvalid) as caught:
        parse(text, "city.yaml", read_formula)
    assert [one.en for one in caught.value.errors] == [
        "city.yaml:10: parts.speed.indicator: there is no indicator speed_rate; GET /v1/indicators lists them",
        "city.yaml:5: minimum.count: there is no count cases; GET /v1/indicators lists them",
    ]
    assert (
        caught.value.errors[0].zh
        == "city.yaml:10: parts.speed.indicator: 没有指标 speed_rate；见 GET /v1/indicators"
    )


def test_a_key_that_stands_twice_is_refused_where_it_stands_again() -> None:
    with pytest.raises(FormulaInvalid) as caught:
        parse("title: 一\ntitle: 二\n", "city.yaml", read_formula)
    assert caught.value.errors[0].en == "city.yaml:2: 'title' stands twice; keep one"


@pytest.mark.parametrize("text", ["a: [", "", "- 1", "&a [*a]"])
def test_what_is_no_formula_at_all_is_refused_too(text: str) -> None:
    with pytest.raises(FormulaInvalid):
        parse(text, "city.yaml", read_formula)


def test_the_bands_that_ship_are_those_of_the_reference() -> None:
    points = ["105", "90", "89.99", "80", "79.99", "70", "69.99", "60", "59.99", "0"]
    scheme = example_scheme()
    assert [scheme.grade(Decimal(one)).word for one in points] == [
        "优秀", "优秀", "良好", "良好", "合格", "合格", "较差", "较差", "差", "差",
    ]  # fmt: skip
    assert [(one.word, one.colour) for one in scheme.bands.values()] == [
        ("优秀", "green"), ("良好", "blue"), ("合格", "yellow"), ("较差", "orange"), ("差", "red"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("points", "word"),
    [("95", "优秀"), ("93.52", "优秀"), ("93.46", "优秀"), ("88", "良好"), ("75.07", "合格")],
)
def test_the_words_that_xuchang_prints_agree_with_the_bands_that_ship(points: str, word: str) -> None:
    assert example_scheme().grade(Decimal(points)).word == word


def test_one_word_of_xuchang_does_not_agree() -> None:
    """Xuchang prints 合格 at 82.94: its border of 良好 lies above, the proposal's at 80."""
    assert example_scheme().grade(Decimal("82.94")).word == "良好"


@pytest.mark.parametrize("begins", [(90, 80), (80, 90, 0), (90, 90, 0)])
def test_bands_that_leave_a_score_without_a_grade_or_with_two_are_refused(begins: tuple[int, ...]) -> None:
    bands = {
        f"b{n}": {"min": m, "word": "好", "word_en": "Good", "colour": "green"} for n, m in enumerate(begins)
    }
    with pytest.raises(FormulaInvalid) as caught:
        read_scheme({"scheme": "ours", "title": "等级", "title_en": "Grades", "bands": bands})
    assert caught.value.errors[0].rule == "bands_descend"
