"""What formulas give: the examples counted by hand, and what holds of every formula."""

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.rates.imagined_formulas import counted_again, formulas, half_up, measurements, rates

from casehub.rate import Rate
from casehub.rates.commands_scores import example_formulas, example_scheme
from casehub.rates.formula import Formula, read_formula
from casehub.rates.scores import Measured, Reckoning, Score, ScoreNotReady, score

_JSON = TypeAdapter(Score)


def measured(
    rates: dict[str, tuple[int, int]], entered: dict[str, str] | None = None, **counts: int
) -> Measured:
    return Measured(
        {name: Rate(*pair) for name, pair in rates.items()},
        counts,
        {name: Decimal(said) for name, said in (entered or {}).items()},
    )


def total(name: str, unit: Measured) -> Decimal | None:
    return score(example_formulas()[name], unit, example_scheme()).total


def word_of(found: Score) -> str | None:
    return None if found.grade is None else found.grade.word


def yuncheng(on_time: int, late: int, of: int, extended: int, reworked: int, dispatched: int) -> Measured:
    return measured(
        {
            "on_time_handling_rate": (on_time, of),
            "overdue_handling_rate": (late, of),
            "extension_rate": (extended, dispatched),
            "rework_rate": (reworked, on_time + late),
        },
        should_handle=of,
    )


@pytest.mark.parametrize(
    ("unit", "points", "grade"),
    [
        # ((0.9 + 0.05 × 0.4) × 0.8 + (1 - 4/200) × 0.1 + (1 - 19/190) × 0.1) × 100 = 73.6 + 9.8 + 9
        (yuncheng(180, 10, 200, 4, 19, 200), "92.40", "优秀"),
        # ((2/3 + 1/6 × 0.4) × 0.8 + 0.1 + 0.1) × 100 = 58.666667 + 20
        (yuncheng(4, 1, 6, 0, 0, 6), "78.67", "合格"),
        (yuncheng(50, 0, 50, 0, 0, 50), "100.00", "优秀"),
        # Nothing handled, everything extended: rework has no value, so 80 and 10 are scaled to 100; both give nothing.
        (yuncheng(0, 0, 8, 8, 0, 8), "0.00", "差"),
    ],
)
def test_yuncheng_scores_as_its_formula_says(unit: Measured, points: str, grade: str) -> None:
    found = score(example_formulas()["yuncheng"], unit, example_scheme())
    assert (found.total, word_of(found)) == (Decimal(points), grade)


@given(st.integers(1, 500), st.data())
def test_yuncheng_agrees_with_its_formula_written_as_one_line(of: int, data: st.DataObject) -> None:
    on_time = data.draw(st.integers(1, of))
    late, extended, reworked = (data.draw(st.integers(0, most)) for most in (of - on_time, of, on_time))
    speed = (Fraction(on_time, of) + Fraction(late, of) * Fraction(2, 5)) * Fraction(4, 5)
    rework = 1 - Fraction(reworked, on_time + late)
    exact = (speed + (1 - Fraction(extended, of)) / 10 + rework / 10) * 100
    found = total("yuncheng", yuncheng(on_time, late, of, extended, reworked, of))
    assert found is not None
    # Lines are kept to six decimals before the total is rounded to two.
    assert abs(Fraction(found) - exact) <= Fraction(1, 200) + Fraction(1, 10**5)


ENTERED = {
    "organisation": "4.5",
    "failed_thrice": "1",
    "fraud": "0",
    "shirking": "1",
    "leaders_and_media": "5",
}


def jinhua(on_time: int, closed: int, urgent: tuple[int, int], reworked: int, **entered: str) -> Measured:
    return measured(
        {
            "on_time_closing_rate": (on_time, 200),
            "closing_rate": (closed, 200),
            "urgent_on_time_rate": urgent,
        },
        ENTERED | entered,
        should_close=200,
        reworked=reworked,
    )


@pytest.mark.parametrize(
    ("unit", "points"),
    [
        # 70 % and 90 % just reach their goals: 50 + 20; urgent 19/20 = 95 %: 10; 4.5; 5 - 0.6 - 0.5 - 1 = 2.9; 5.
        (jinhua(140, 180, (19, 20), 3), "92.40"),
        # 69.5 % and 89.5 %: a begun percent each, 49 + 19; urgent 18/20 = 90 %, five short: 10 - 2.5; 4.5; 2.9; 5.
        (jinhua(139, 179, (18, 20), 3), "87.90"),
        # 15 %: 55 percents short, more than the fifty points; 60 %: thirty short of twenty points; conduct 5 - 6.
        (jinhua(30, 120, (20, 20), 30, failed_thrice="0", shirking="0"), "19.50"),
        # No urgent cases: their 10 points are left out, (50 + 20 + 4.5 + 2.9 + 5) × 95/85 = 92.094118.
        (jinhua(140, 180, (0, 0), 3), "92.09"),
        # Everything in full is 95: what else Jinhua counts is not recovered.
        (jinhua(200, 200, (5, 5), 0, organisation="5", failed_thrice="0", shirking="0"), "95.00"),
    ],
)
def test_jinhua_scores_in_the_parts_that_are_known(unit: Measured, points: str) -> None:
    assert total("jinhua", unit) == Decimal(points)


def test_yangzhou_gives_at_most_105() -> None:
    best = {
        "routine": "70",
        "rework": "5",
        "hotline": "5",
        "special": "10",
        "basics": "10",
        "major_events": "7",
    }
    assert total("yangzhou", measured({}, best)) == Decimal("105.00")
    plain = best | {"routine": "61.5", "hotline": "4", "major_events": "2"}
    assert total("yangzhou", measured({}, plain)) == Decimal("92.50")  # 61.5 + 5 + 4 + 10 + 10 + 2


def test_the_district_scores_its_two_known_parts() -> None:
    known = {"on_time_closing_rate": (45, 60), "supervised_closing_rate": (3, 4)}
    assert total("a_district", measured(known)) == Decimal("52.50")  # 45 + 7.5
    none_supervised = known | {"supervised_closing_rate": (0, 0)}
    assert total("a_district", measured(none_supervised)) == Decimal("52.50")  # 0.75 × 60 × 70/60


def test_pingdingshan_scores_nobody_until_the_city_gives_its_weights() -> None:
    with pytest.raises(ScoreNotReady) as caught:
        score(example_formulas()["pingdingshan"], measured({}, {"professional": "80", "level": "90"}))
    assert [one.field for one in caught.value.errors] == [
        "parts.daily.weight", "parts.daily.parts.closing.weight", "parts.daily.parts.on_time.weight",
        "parts.professional.weight", "parts.level.weight",
    ]  # fmt: skip


def weighed_pingdingshan() -> Formula:
    raw = example_formulas()["pingdingshan"].model_dump(mode="json")
    parts = raw["parts"]
    parts["daily"]["weight"], parts["professional"]["weight"], parts["level"]["weight"] = 50, 30, 20
    parts["daily"]["parts"]["closing"]["weight"], parts["daily"]["parts"]["on_time"]["weight"] = 40, 60
    return read_formula(raw, schemes=["proposal"])


def test_daily_professional_and_level_assessments_make_one_score() -> None:
    unit = measured(
        {"closing_rate": (90, 100), "on_time_closing_rate": (75, 100)}, {"professional": "80", "level": "95"}
    )
    # Daily: 90 % × 40 + 75 % × 60 = 81 of 100; 81/100 × 50 + 80/100 × 30 + 95/100 × 20 = 40.5 + 24 + 19
    found = score(weighed_pingdingshan(), unit, example_scheme())
    assert (found.total, word_of(found)) == (Decimal("83.50"), "良好")
    daily = found.reckoning.parts[0]
    assert daily.inside is not None
    assert (daily.inside.points, daily.points) == (Decimal(81), Decimal("40.5"))
    assert daily.words == "81 / 100 × 50 = 40.5"


@pytest.mark.parametrize(
    ("entered", "rules"),
    [
        ({"professional": "80"}, [("entered.level", "entered_needed")]),
        ({"professional": "80", "level": "101"}, [("entered.level", "entered_beyond")]),
        ({"professional": "-1", "level": "100"}, [("entered.professional", "entered_beyond")]),
    ],
)
def test_what_people_have_to_enter_is_asked_for(
    entered: dict[str, str], rules: list[tuple[str, str]]
) -> None:
    unit = measured({"closing_rate": (1, 1), "on_time_closing_rate": (1, 1)}, entered)
    with pytest.raises(ScoreNotReady) as caught:
        score(weighed_pingdingshan(), unit)
    assert [(one.field, one.rule) for one in caught.value.errors] == rules


def of_one(part: dict[str, Any] | None = None, **said: Any) -> Formula:
    named = {"title": "项", "title_en": "Item"}
    raw: dict[str, Any] = {
        **named, "formula": "one", "object": "region", "minimum": {"count": "should_close", "at_least": 0},
        "parts": {"only": {**named, "indicator": "closing_rate", "weight": 100, **(part or {})}}, **said,
    }  # fmt: skip
    for kind in ("deductions", "bonuses"):
        raw[kind] = {name: {**named, **tally} for name, tally in raw.get(kind, {}).items()}
    return read_formula(raw)


@pytest.mark.parametrize(
    ("norm", "numerator", "points", "words"),
    [
        ({"kind": "share"}, 455, "91.00", "455/500 × 100 = 91"),
        ({"kind": "complement"}, 10, "98.00", "(1 - 10/500) × 100 = 98"),
        ({"kind": "linear", "none_at_percent": 60, "full_at_percent": 90}, 400, "66.67", "(100 × 400/500 - 60) / (90 - 60) × 100 = 66.666667"),
        ({"kind": "linear", "none_at_percent": 60, "full_at_percent": 90}, 250, "0.00", "(100 × 250/500 - 60) / (90 - 60) × 100 (kept within 0 and 100) = 0"),
        ({"kind": "linear", "none_at_percent": 10, "full_at_percent": 2}, 30, "50.00", "(100 × 30/500 - 10) / (2 - 10) × 100 = 50"),
        ({"kind": "steps", "full_from_percent": 70, "less_per_percent": 2}, 348, "98.00", "348/500 = 69.60%, goal 70%, 1 percent short (a begun one counts): (100 - 1 × 2) = 98"),
    ],
)  # fmt: skip
def test_a_norm_turns_a_rate_into_points_and_says_the_sum(
    norm: dict[str, Any], numerator: int, points: str, words: str
) -> None:
    found = score(of_one({"norm": norm}), measured({"closing_rate": (numerator, 500)}))
    assert found.total == Decimal(points)
    assert found.reckoning.parts[0].words_en == words


@pytest.mark.parametrize(
    ("tally", "points", "words"),
    [
        ({"count": "reworked", "each": 0.2}, "2.4", "12：12 × 0.2 = 2.4"),
        ({"count": "reworked", "each": 0.2, "most": 2}, "2", "12，至多 2 分：12 × 0.2 = 2"),
        ({"count": "reworked", "each": 0.5, "above": 9}, "1.5", "12，高于 9：3 × 0.5 = 1.5"),
        ({"count": "reworked", "each": 0.5, "above": 12}, "0", "12，高于 12：0 × 0.5 = 0"),
        ({"count": "reworked", "each": 0.5, "below": 15}, "1.5", "12，低于 15：3 × 0.5 = 1.5"),
        ({"indicator": "rework_rate", "each": 1, "above": 2}, "5", "12/180 = 6.67%，高于 2%：5 × 1 = 5"),
        ({"indicator": "closing_rate", "each": 0.5, "below": 95}, "2.5", "180/200 = 90.00%，低于 95%：5 × 0.5 = 2.5"),
        ({"indicator": "open_rate", "each": 1, "above": 0}, "0", "0/0，高于 0%：0 × 1 = 0"),
        ({"entered": "fraud", "each": 3}, "6", "2：2 × 3 = 6"),
    ],
)  # fmt: skip
def test_deductions_take_and_bonuses_give_what_they_say(
    tally: dict[str, Any], points: str, words: str
) -> None:
    rates = {"closing_rate": (180, 200), "rework_rate": (12, 180), "open_rate": (0, 0)}
    unit = measured(rates, {"fraud": "2"}, reworked=12)
    taken = score(of_one(deductions={"d": tally}), unit)
    assert (taken.total, taken.reckoning.deductions[0].words) == (90 - half_up(Decimal(points)), words)
    assert score(of_one(bonuses={"b": tally}), unit).total == 90 + half_up(Decimal(points))


def test_a_score_is_never_below_zero_nor_above_its_cap() -> None:
    unit = measured({"closing_rate": (1, 2)}, reworked=300)
    tally = {"count": "reworked", "each": 1}
    found = score(of_one(deductions={"d": tally}), unit)
    assert (found.total, found.reckoning.sum) == (Decimal("0.00"), Decimal(-250))
    found = score(of_one(bonuses={"b": tally}, cap=105), unit)
    assert (found.total, found.reckoning.sum) == (Decimal("105.00"), Decimal(350))


def test_a_part_without_anything_to_do_is_left_out_or_given_in_full_as_the_formula_says() -> None:
    parts = {
        "kept": {"title": "项", "title_en": "Item", "indicator": "closing_rate", "weight": 60},
        "empty": {"title": "项", "title_en": "Item", "indicator": "rework_rate", "weight": 40},
    }
    unit = measured({"closing_rate": (1, 2), "rework_rate": (0, 0)})
    left_out = score(of_one(parts=parts), unit)
    assert left_out.total == Decimal("50.00")  # 1/2 × 60 × 100/60
    assert left_out.reckoning.parts[0].words == "1/2 × 60 (× 100/60) = 50"
    assert left_out.reckoning.parts[1].points is None
    assert left_out.reckoning.parts[1].words == "无应办事项，不计，其余权重按比例放大"
    assert score(of_one(parts=parts, no_value="full"), unit).total == Decimal("70.00")  # 30 + 40


def test_a_unit_with_nothing_to_do_has_no_score_and_no_grade() -> None:
    found = score(of_one(), measured({"closing_rate": (0, 0)}), example_scheme())
    assert (found.total, found.grade) == (None, None)
    assert json.loads(_JSON.dump_json(found))["total"] is None


def test_the_total_is_rounded_half_up_and_only_at_the_end() -> None:
    assert score(of_one({"weight": 1}), measured({"closing_rate": (1, 200)})).total == Decimal(
        "0.01"
    )  # 0.005
    thirds = {
        name: {"title": "项", "title_en": "Item", "indicator": "closing_rate", "weight": 1} for name in "abc"
    }
    assert score(of_one(parts=thirds), measured({"closing_rate": (1, 300)})).total == Decimal(
        "0.01"
    )  # 3 × 0.003333


@given(formulas, measurements)
def test_a_score_stays_within_zero_and_the_cap(formula: Formula, unit: Measured) -> None:
    found = score(formula, unit).total
    assert found is None or 0 <= found <= formula.cap


def sums(reckoning: Reckoning) -> Iterator[Reckoning]:
    yield reckoning
    for part in reckoning.parts:
        if part.inside is not None:
            yield from sums(part.inside)


@given(formulas, measurements)
def test_parts_and_bonuses_less_deductions_are_the_sum_to_the_last_digit(
    formula: Formula, unit: Measured
) -> None:
    for found in sums(score(formula, unit).reckoning):
        if found.sum is not None:
            given_points = sum(one.points or 0 for one in found.parts) + sum(
                one.points for one in found.bonuses
            )
            assert found.base + given_points - sum(one.points for one in found.deductions) == found.sum


@given(formulas, measurements)
def test_a_unit_counts_its_score_again_from_what_is_printed(formula: Formula, unit: Measured) -> None:
    printed = json.loads(_JSON.dump_json(score(formula, unit)))
    assert counted_again(printed) == printed["total"]


_GOOD_NORMS = [
    {"kind": "share"},
    {"kind": "steps", "full_from_percent": 70, "less_per_percent": 1},
    {"kind": "linear", "none_at_percent": 20, "full_at_percent": 95},
]


@given(st.data(), st.integers(1, 100), st.sampled_from(_GOOD_NORMS), rates)
def test_a_better_rate_never_gives_less(
    data: st.DataObject, weight: int, norm: dict[str, Any], beside: Rate
) -> None:
    low, high = _scores_of_two(data, weight, norm, beside)
    assert low <= high


@given(st.data(), st.integers(1, 100), rates)
def test_where_less_is_better_a_higher_rate_never_gives_more(
    data: st.DataObject, weight: int, beside: Rate
) -> None:
    low, high = _scores_of_two(data, weight, {"kind": "complement"}, beside)
    assert low >= high


def _scores_of_two(
    data: st.DataObject, weight: int, norm: dict[str, Any], beside: Rate
) -> tuple[Decimal, Decimal]:
    """Two units that differ in one rate only: the total at the lower rate, and at the higher."""
    item = {"title": "项", "title_en": "Item"}
    parts = {
        "varied": {**item, "indicator": "closing_rate", "weight": weight, "norm": norm},
        "beside": {**item, "indicator": "rework_rate", "weight": 30},
    }
    formula = of_one(parts=parts, deductions={"d": {"count": "reworked", "each": 1}})
    denominator = data.draw(st.integers(1, 300))
    shares = sorted(data.draw(st.integers(0, denominator)) for _ in range(2))
    units = [
        Measured({"closing_rate": Rate(n, denominator), "rework_rate": beside}, {"reworked": 3}, {})
        for n in shares
    ]
    low, high = (score(formula, unit).total for unit in units)
    assert low is not None
    assert high is not None
    return low, high
