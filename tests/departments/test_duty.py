"""Who must handle a matter: the most specific line of the duty list decides, the territory comes last."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.departments.duty import Certainty, DutyRow, Known, Matter, decide_duty, list_faults

SCHEME = "cjt214_2007"
#: A cover in a grid of the east, owned by the water company.
COVER = Matter(
    SCHEME, "component", "01", "0102", {"city": 1, "east": 2, "east1": 3}, "water", date(2024, 5, 6)
)
TERRITORY = DutyRow(1, "east office", area="east")
CITY = DutyRow(2, "city office", area="city")
MAJOR = DutyRow(3, "works", scheme=SCHEME, kind="component", major="01")
MAJOR_EAST = replace(MAJOR, row_no=4, department="works east", area="east")
MINOR = DutyRow(5, "covers", scheme=SCHEME, kind="component", code="0102")
OWNER = DutyRow(6, "water works", owner="water")
OTHER = DutyRow(7, "parks", scheme=SCHEME, kind="component", code="0404")
ENDED = replace(MINOR, row_no=8, department="covers of old", area="east1", valid_to=date(2024, 5, 5))
LAST_DAY = replace(ENDED, row_no=9, department="covers till today", valid_to=date(2024, 5, 6))
RIVAL = replace(MINOR, row_no=10, department="rival")


@pytest.mark.parametrize(
    ("rows", "department", "certainty"),
    [
        ([], None, Certainty.SILENT),
        ([OTHER], None, Certainty.SILENT),
        ([TERRITORY], "east office", Certainty.TERRITORIAL),
        ([CITY, TERRITORY], "east office", Certainty.TERRITORIAL),
        # A class, though city-wide, comes before the territory.
        ([TERRITORY, MAJOR], "works", Certainty.SURE),
        ([MAJOR, MAJOR_EAST], "works east", Certainty.SURE),
        ([MAJOR_EAST, MINOR], "covers", Certainty.SURE),
        ([MINOR, OWNER], "water works", Certainty.SURE),
        ([MINOR, ENDED], "covers", Certainty.SURE),
        ([MINOR, LAST_DAY], "covers till today", Certainty.SURE),
        ([MINOR, RIVAL], None, Certainty.DISPUTED),
        # What is more specific than both settles it.
        ([MINOR, RIVAL, OWNER], "water works", Certainty.SURE),
        ([MINOR, replace(RIVAL, department="covers")], "covers", Certainty.SURE),
    ],
)
def test_the_most_specific_row_decides(
    rows: list[DutyRow], department: str | None, certainty: Certainty
) -> None:
    duty = decide_duty(rows, COVER)
    assert (duty.department, duty.certainty) == (department, certainty)


def test_a_component_of_unknown_owner_is_not_that_owners() -> None:
    assert decide_duty([OWNER, MINOR], replace(COVER, owner=None)).department == "covers"


def test_only_a_sure_row_that_says_so_is_dispatched_by_itself() -> None:
    assert not decide_duty([MINOR], COVER).automatic
    assert decide_duty([replace(MINOR, auto=True)], COVER).automatic
    assert not decide_duty([replace(TERRITORY, auto=True)], COVER).automatic
    assert not decide_duty([replace(MINOR, auto=True), RIVAL], COVER).automatic


ROWS = st.lists(
    st.builds(
        DutyRow,
        row_no=st.integers(1, 99),
        department=st.sampled_from("abc"),
        scheme=st.sampled_from([None, SCHEME, "other"]),
        kind=st.sampled_from([None, "component", "event"]),
        major=st.sampled_from([None, "01", "02"]),
        code=st.sampled_from([None, "0102", "0103"]),
        area=st.sampled_from([None, "city", "east", "east1", "west"]),
        owner=st.sampled_from([None, "water", "power"]),
        valid_from=st.sampled_from([None, date(2024, 5, 6), date(2024, 5, 7)]),
        valid_to=st.sampled_from([None, date(2024, 5, 6), date(2024, 5, 5)]),
    ),
    max_size=8,
)


@given(ROWS, st.randoms())
def test_the_order_of_the_list_and_rows_that_do_not_fit_change_nothing(
    rows: list[DutyRow], by: object
) -> None:
    duty = decide_duty(rows, COVER)
    mixed = sorted(rows, key=lambda _: by.random())  # type: ignore[attr-defined]
    again = decide_duty(mixed, COVER)
    assert (again.department, again.certainty) == (duty.department, duty.certainty)
    assert decide_duty(duty.fitting, COVER).department == duty.department


KNOWN = Known(
    frozenset({"a", "b"}), frozenset({"east"}), frozenset({(SCHEME, "event", "01")}), frozenset({(SCHEME, "event", "0102")})
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        (DutyRow(1, "c"), "rows.1.department", "unknown_department"),
        (DutyRow(1, "a", owner="c"), "rows.1.owner", "unknown_department"),
        (DutyRow(1, "a", co_departments=("c",)), "rows.1.co_departments", "unknown_department"),
        (DutyRow(1, "a", area="north"), "rows.1.area", "unknown_area"),
        (DutyRow(1, "a", code="0102"), "rows.1.code", "scheme_needed"),
        (DutyRow(1, "a", scheme=SCHEME, kind="component", code="0102"), "rows.1.code", "unknown_class"),
        (DutyRow(1, "a", scheme=SCHEME, kind="event", major="09"), "rows.1.major", "unknown_class"),
        (DutyRow(1, "a", co_departments=("a",)), "rows.1.co_departments", "leads_itself"),
        (DutyRow(1, "a", valid_from=date(2024, 1, 2), valid_to=date(2024, 1, 1)), "rows.1.valid_to", "ends_first"),
    ],
)  # fmt: skip
def test_a_list_with_a_wrong_row_is_refused(row: DutyRow, field: str, rule: str) -> None:
    assert [(one.field, one.rule) for one in list_faults([row], KNOWN)] == [(field, rule)]


def test_two_rows_for_the_same_at_once_are_refused_one_after_the_other_is_fine() -> None:
    first = DutyRow(1, "a", area="east", valid_to=date(2024, 5, 5))
    then = DutyRow(2, "b", area="east", valid_from=date(2024, 5, 6))
    assert list_faults([first, then], KNOWN) == []
    both = list_faults([first, replace(then, valid_from=date(2024, 5, 5))], KNOWN)
    assert [(one.field, one.rule) for one in both] == [("rows.2.department", "said_twice")]
