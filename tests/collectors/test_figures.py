"""Figures of a collector: counts, and rates with what they were made of."""

from hypothesis import given
from hypothesis import strategies as st

from casehub.collectors.figures import COUNTS, figures_of
from casehub.rate import Rate


def test_a_rate_with_nothing_to_be_done_has_no_value() -> None:
    assert Rate(0, 0).value is None
    assert Rate(3, 4).value == 0.75


def test_a_missed_report_is_held_against_the_valid_ones() -> None:
    [one] = figures_of([("c1", "reports", 12), ("c1", "valid_reports", 9), ("c1", "missed_reports", 3)])
    assert one.rates["missed_report_rate"] == Rate(3, 12)
    assert one.rates["valid_report_rate"] == Rate(9, 12)
    assert one.rates["on_time_check_rate"].value is None


COUNTED = st.lists(st.tuples(st.sampled_from(["c1", "c2"]), st.sampled_from(COUNTS), st.integers(0, 9)))


@given(COUNTED)
def test_nothing_counted_is_lost_or_counted_for_another(counted: list[tuple[str, str, int]]) -> None:
    told = {one.collector: one.counts for one in figures_of(counted)}
    for who in ("c1", "c2"):
        for what in COUNTS:
            expected = sum(n for person, name, n in counted if (person, name) == (who, what))
            assert told.get(who, {}).get(what, 0) == expected
