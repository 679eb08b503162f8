"""Who stands where, who is listed apart, and what stands beside a rank."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from casehub.deadlines.calendar import Calendar
from casehub.rate import Rate
from casehub.rates.commands_scores import example_formulas
from casehub.rates.ranking import Ranking, Unit, holiday_exposure, rank
from casehub.rates.scores import Reckoning, Score

FORMULA = example_formulas()["yuncheng"]
_ZERO = Decimal(0)
_NO_SUM = Reckoning(_ZERO, (), (), (), _ZERO, _ZERO, None, _ZERO, None)


def make_unit(key: str, total: str | None, should_handle: int = 10, **counts: int) -> Unit:
    points = None if total is None else Decimal(total)
    known = dict.fromkeys(("urgent_should_close", "should_close", "difficult", "dispatched"), 0)
    score = Score("yuncheng", "leave_out", points, None, _NO_SUM)
    return Unit(key, score, {**known, "should_handle": should_handle, **counts}, Rate(0, 0))


def places(ranking: Ranking) -> list[tuple[int | None, str]]:
    return [(one.rank, one.key) for one in ranking.ranked]


def test_ties_share_a_rank_and_the_next_is_skipped() -> None:
    units = [make_unit("d", "80"), make_unit("c", "93.46"), make_unit("b", "88"), make_unit("a", "88.00")]
    assert places(rank(FORMULA, units)) == [(1, "c"), (2, "a"), (2, "b"), (4, "d")]


def test_a_unit_with_three_cases_cannot_win_the_month() -> None:
    units = [make_unit("三案", "100", should_handle=3), make_unit("大队", "91"), make_unit("园林", None)]
    found = rank(FORMULA, units)
    assert places(found) == [(1, "大队")]
    assert [(one.key, one.rank, one.total) for one in found.apart] == [
        ("三案", None, Decimal(100)), ("园林", None, None),
    ]  # fmt: skip
    few, none = (one.apart for one in found.apart)
    assert few is not None
    assert none is not None
    assert (few.rule, few.zh) == ("too_few", "should_handle 为 3，不足 10，单独列出")
    assert none.rule == "no_score"


def test_the_minimum_itself_is_enough() -> None:
    assert places(rank(FORMULA, [make_unit("a", "50", should_handle=10)])) == [(1, "a")]


def test_a_bulletin_prints_the_best_five_and_the_worst_five() -> None:
    found = rank(FORMULA, [make_unit(f"u{n:02}", str(100 - n)) for n in range(12)])
    assert [one.key for one in found.best] == ["u00", "u01", "u02", "u03", "u04"]
    assert [one.key for one in found.worst] == ["u07", "u08", "u09", "u10", "u11"]


def test_nobody_is_among_the_best_and_the_worst_at_once() -> None:
    found = rank(FORMULA, [make_unit(f"u{n}", str(100 - n)) for n in range(7)])
    assert [one.key for one in found.best] == ["u0", "u1", "u2", "u3", "u4"]
    assert [one.key for one in found.worst] == ["u5", "u6"]


def test_who_is_tied_with_the_fifth_is_printed_too() -> None:
    totals = ["99", "98", "97", "96", "95", "95", "80", "80", "70", "69", "68", "67"]
    found = rank(FORMULA, [make_unit(f"u{n:02}", total) for n, total in enumerate(totals)])
    assert [one.key for one in found.best] == ["u00", "u01", "u02", "u03", "u04", "u05"]
    assert [one.key for one in found.worst] == ["u06", "u07", "u08", "u09", "u10", "u11"]


def test_beside_each_rank_stands_what_the_unit_had_to_bear() -> None:
    busy = make_unit(
        "a", "80", should_handle=75, urgent_should_close=6, should_close=60, difficult=2, dispatched=80
    )
    exposed = replace(busy, holiday_exposure=Rate(3, 60))
    burden = rank(FORMULA, [exposed, make_unit("b", "90", should_handle=25)]).ranked[1].burden
    assert (burden.load, burden.load_share) == (75, Rate(75, 100))
    assert (burden.urgent_share, burden.difficult_share) == (Rate(6, 60), Rate(2, 80))
    assert burden.holiday_exposure == Rate(3, 60)


def test_holiday_exposure_counts_deadlines_on_days_of_rest() -> None:
    # National day; a Saturday that is worked; a Monday; a Sunday; a day of a year that nobody knows.
    due_on = {
        date(2025, 10, 1): 2,
        date(2025, 10, 11): 3,
        date(2025, 10, 13): 1,
        date(2025, 10, 12): 4,
        date(1990, 1, 1): 5,
    }
    assert holiday_exposure(due_on, Calendar()) == Rate(6, 10)


_totals = st.none() | st.sampled_from([Decimal(n) for n in (60, 70, 80)]) | st.decimals(0, 100, places=2)
_units = st.lists(
    st.builds(
        lambda key, total, load: make_unit(key, None if total is None else str(total), should_handle=load),
        st.text("abcdefgh", min_size=1, max_size=3),
        _totals,
        st.integers(8, 14),
    ),
    unique_by=lambda unit: unit.key,
    max_size=20,
)


def slowly(units: list[Unit]) -> list[tuple[int | None, str]]:
    """Count for everybody who is better."""
    ranked = [one for one in units if one.total is not None and one.counts["should_handle"] >= 10]
    return sorted(
        (1 + len([other for other in ranked if (other.total or 0) > (one.total or 0)]), one.key)
        for one in ranked
    )


@given(_units)
def test_a_rank_is_one_more_than_the_number_of_those_who_are_better(units: list[Unit]) -> None:
    found = rank(FORMULA, units)
    assert places(found) == slowly(units)
    assert {one.key for one in (*found.ranked, *found.apart)} == {one.key for one in units}


@given(_units, st.randoms(use_true_random=False))
def test_the_order_in_which_units_come_changes_nothing(units: list[Unit], chance: Random) -> None:
    mixed = list(units)
    chance.shuffle(mixed)
    assert rank(FORMULA, mixed) == rank(FORMULA, units)
