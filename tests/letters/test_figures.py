"""What letters have come to: counts of facts, and the address of the letters behind each."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from casehub.letters.figures import DRAFTED, FIGURES, UNANSWERED, Fact, Period, figures

MAY = Period(datetime(2024, 4, 30, 16, tzinfo=UTC), datetime(2024, 5, 31, 16, tzinfo=UTC))
facts = st.lists(
    st.builds(
        Fact, st.sampled_from([*FIGURES, DRAFTED]), st.sampled_from(["warning", "supervision_letter"]),
        st.sampled_from(["d1", "d2", "d3"]), st.sampled_from([None, 1, 2]), st.integers(1, 9), st.integers(0, 99),
    )
)  # fmt: skip


def values(row: dict[str, Any]) -> dict[str, int]:
    return {name: one["value"] for name, one in row["counts"].items()}


def behind(figure: dict[str, Any]) -> dict[str, str]:
    address = urlsplit(figure["letters"])
    assert address.path == "/v1/letters"
    return {name: value for name, (value,) in parse_qs(address.query).items()}


@given(facts)
def test_steps_and_units_each_add_up_to_the_total_and_no_row_is_empty(them: list[Fact]) -> None:
    told = figures(them, MAY)
    for part, field in (("steps", "step"), ("units", "unit")):
        added = Counter[str]()
        for row in told[part]:
            added.update(values(row))
            assert any(values(row).values())
            assert values(row) == {
                name: sum(
                    one.letters for one in them if one.what == name and getattr(one, field) == row["code"]
                )
                for name in FIGURES
            }
        assert +added == +Counter(values(told["total"]))


@given(facts)
def test_who_answers_least_stands_first(them: list[Fact]) -> None:
    order = [(values(row)["unanswered"], values(row)["escalated"]) for row in figures(them, MAY)["units"]]
    assert order == sorted(order, reverse=True)


def test_a_round_is_told_when_it_began_in_the_period_with_its_letters_and_cases() -> None:
    them = [
        Fact(DRAFTED, "supervision_letter", "d1", 6, 1, 400), Fact(DRAFTED, "supervision_letter", "d2", 6, 1, 200),
        Fact("sent", "supervision_letter", "d1", 6, 1, 0), Fact("escalated", "supervision_letter", "d1", 5, 1, 0),
    ]  # fmt: skip
    (one,) = figures(them, MAY)["rounds"]
    assert (one["code"], one["cases"], values(one)["drafted"], values(one)["sent"]) == ("6", 600, 2, 1)
    assert behind(one["counts"]["drafted"]) == {"round_id": "6", "to": "2024-05-31T16:00:00+00:00"}


def test_every_figure_asks_for_its_own_letters() -> None:
    them = [Fact(UNANSWERED, "supervision_letter", "d1", None, 2, 3)]
    told = figures(them, MAY)
    assert behind(told["units"][0]["counts"]["unanswered"]) == {
        "unanswered_at": "2024-05-31T16:00:00+00:00", "to_unit": "d1",
    }  # fmt: skip
    assert behind(told["steps"][0]["counts"]["answered_late"]) == {
        "happened": "answered_late", "happened_from": "2024-04-30T16:00:00+00:00", "happened_to": "2024-05-31T16:00:00+00:00",
        "step": "supervision_letter",
    }  # fmt: skip
