"""The figures of campaigns, against the words of the reference counted one item at a time."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.campaigns.figures import (
    BANDS,
    Item,
    Outcome,
    Recheck,
    Tally,
    band,
    burn_down,
    changes,
    counts_as_due,
    figures,
    on_plan,
    outcome,
    ranking,
    tallies,
)

FROZEN = date(2024, 9, 2)
TODAY = date(2024, 9, 20)


def make_item(**said: Any) -> Item:
    plain = {
        "unit": "u1", "state": "handling", "ended_on": None, "checked": False, "overdue": True, "band_before": 1, "band_now": 1,
        "reason": None, "due_on": None, "written_off": False, "recheck_result": None, "rebound": False,
    }  # fmt: skip
    return Item(**plain | said)


days = st.dates(FROZEN - timedelta(days=1), TODAY + timedelta(days=3))
ended = st.tuples(
    st.sampled_from(["closed", "closed", "self_handled", "voided", "merged", "transferred"]), days
)
still = st.tuples(st.sampled_from(["filed", "handling", "suspended", "checking"]), st.none())


@st.composite
def items(draw: st.DrawFn) -> Item:
    state, ended_on = draw(st.one_of(ended, still))
    return Item(
        unit=draw(st.sampled_from(["u1", "u2", None])), state=state, ended_on=ended_on, checked=draw(st.booleans()),
        overdue=draw(st.booleans()), band_before=draw(st.integers(0, 3)), band_now=draw(st.integers(0, 3)),
        reason=draw(st.sampled_from([None, "no_funds", "season"])), due_on=draw(st.one_of(st.none(), days)),
        written_off=draw(st.booleans()), recheck_result=draw(st.sampled_from([None, "pass", "fail"])), rebound=draw(st.booleans()),
    )  # fmt: skip


rechecks = st.lists(
    st.builds(Recheck, st.sampled_from(["u1", "u2"]), st.sampled_from(["pass", "fail"]), st.integers(1, 3))
)


@pytest.mark.parametrize(("age", "name"), [
    (0, "to_30"), (30, "to_30"), (31, "31_to_90"), (90, "31_to_90"), (91, "91_to_180"), (180, "91_to_180"), (181, "over_180"),
])  # fmt: skip
def test_ages_fall_into_the_bands_of_the_reference(age: int, name: str) -> None:
    assert BANDS[band(age)] == name


@pytest.mark.parametrize(("state", "over", "recheck_result", "became"), [
    ("handling", False, None, Outcome.OPEN),
    ("suspended", False, None, Outcome.SUSPENDED),
    ("closed", True, None, Outcome.CLEARED),
    ("closed", True, "pass", Outcome.CLEARED),
    ("closed", True, "fail", Outcome.FAILED),
    # Reopened by the shift leader after a failed recheck: open like any other.
    ("handling", False, "fail", Outcome.OPEN),
    ("self_handled", True, None, Outcome.CLEARED),
    ("voided", True, None, Outcome.VOIDED),
    ("merged", True, None, Outcome.PASSED_ON),
    ("not_filed", True, None, Outcome.PASSED_ON),
])  # fmt: skip
def test_only_a_closed_case_that_no_recheck_opened_is_cleared(
    state: str, over: bool, recheck_result: str | None, became: Outcome
) -> None:
    item = make_item(state=state, ended_on=TODAY if over else None, recheck_result=recheck_result)
    assert outcome(item) is became


@pytest.mark.parametrize(("due", "closed", "counts", "kept"), [
    (None, None, False, False),
    (None, 10, False, False),
    (20, None, False, False),  # its day is not over yet
    (19, None, True, False),
    (20, 20, True, True),  # on the day is on plan
    (30, 10, True, True),  # ahead of its day
    (10, 11, True, False),
])  # fmt: skip
def test_an_item_is_on_plan_when_it_is_cleared_by_the_end_of_its_day(
    due: int | None, closed: int | None, counts: bool, kept: bool
) -> None:
    item = make_item(
        state="closed" if closed else "handling",
        ended_on=date(2024, 9, closed) if closed else None,
        due_on=date(2024, 9, due) if due else None,
    )
    assert (counts_as_due(item, TODAY), on_plan(item)) == (counts, kept)


@given(st.lists(items(), max_size=40), rechecks)
def test_the_figures_are_what_the_reference_says_counted_one_by_one(
    those: list[Item], checked: list[Recheck]
) -> None:
    units, total = tallies(those, checked, TODAY), Tally()
    for one in units.values():
        total.add(one)
    solved = [
        one for one in those if one.state in {"closed", "self_handled"} and one.recheck_result != "fail"
    ]
    left = [
        one for one in those
        if one.ended_on is None or (one.state in {"closed", "self_handled"} and one.recheck_result == "fail")
    ]  # fmt: skip
    told = total.told()
    assert (told["items"], told["cleared"], told["residual"]) == (len(those), len(solved), len(left))
    assert told["written_off"] == sum(one.written_off for one in solved)
    assert told["voided"] == sum(one.state == "voided" for one in those)
    assert told["suspended"] == sum(one.state == "suspended" for one in those)
    assert told["cleared"] + told["residual"] + told["voided"] + told["passed_on"] == told["items"]
    assert told["without_check_rate"]["numerator"] == sum(not one.checked for one in solved)
    assert told["rebound_rate"]["numerator"] == sum(one.rebound for one in solved)
    due = [one for one in those if one.due_on and (one in solved or one.due_on < TODAY)]
    kept = [one for one in solved if one.due_on and one.ended_on and one.ended_on <= one.due_on]
    assert (told["on_plan_rate"]["numerator"], told["on_plan_rate"]["denominator"]) == (len(kept), len(due))
    assert told["recheck_pass_rate"]["denominator"] == sum(one.n for one in checked)
    assert {name: one["now"] for name, one in told["ages"].items()} == {
        name: sum(one.band_now == number for one in left) for number, name in enumerate(BANDS)
    }
    assert sum(told["reasons"].values()) == len(left)
    assert sum(unit.counts["items"] for unit in units.values()) == len(those)


@given(st.lists(items(), max_size=40), rechecks)
def test_items_that_are_alike_may_be_counted_together(those: list[Item], checked: list[Recheck]) -> None:
    together = [one._replace(n=n) for one, n in Counter(those).items()]
    one_by_one = figures(those, checked, frozen_on=FROZEN, today=TODAY)
    assert figures(together, checked, frozen_on=FROZEN, today=TODAY) == one_by_one


@given(st.lists(items(), max_size=40))
def test_the_burn_down_tells_each_day_what_had_not_ended_by_then(those: list[Item]) -> None:
    course = burn_down(those, FROZEN, TODAY)
    assert [day for day, *_ in course] == [FROZEN + timedelta(days=n) for n in range(19)]
    for day, left, cleared, otherwise in course:
        gone = [
            one for one in those
            if one.ended_on and one.ended_on <= day and not (one.state in {"closed", "self_handled"} and one.recheck_result == "fail")
        ]  # fmt: skip
        assert left == len(those) - len(gone)
        assert cleared == sum(one.state in {"closed", "self_handled"} for one in gone)
        assert otherwise == len(gone) - cleared


@given(
    st.lists(items(), min_size=1, max_size=30),
    st.lists(st.tuples(st.lists(st.tuples(st.integers(0, 29), items())), rechecks), max_size=5),
)
def test_what_moves_is_counted_as_if_all_were_counted_anew(
    those: list[Item], rounds: list[tuple[list[tuple[int, Item]], list[Recheck]]]
) -> None:
    day, checked = {"frozen_on": FROZEN, "today": TODAY}, list[Recheck]()
    kept = figures(those, checked, **day)
    for moves, more in rounds:
        # An item may move in any way, but its unit stays.
        moved = {place % len(those): one for place, one in moves}
        before = [those[place] for place in moved]
        for place, one in moved.items():
            those[place] = one._replace(unit=those[place].unit)
        changed = changes((before, checked), ([those[place] for place in moved], [*checked, *more]))
        checked += more
        kept = figures(*changed, **day, kept=orjson.loads(orjson.dumps(kept)))
        assert kept == figures(those, checked, **day)


def test_units_are_ranked_by_what_they_cleared_and_the_equal_share_a_place() -> None:
    def unit(cleared: int, left: int) -> Tally:
        tally = Tally()
        tally.take(make_item(state="closed", ended_on=TODAY, n=cleared), TODAY)
        tally.take(make_item(n=left), TODAY)
        return tally

    units: dict[str | None, Tally] = {
        "a": unit(1, 1), "b": unit(9, 1), "c": unit(1, 1), "d": unit(10, 10), None: unit(0, 3),
    }  # fmt: skip
    assert ranking(units) == [(1, "b"), (2, "a"), (2, "c"), (4, "d"), (5, None)]
