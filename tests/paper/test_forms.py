"""How values look on paper."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.paper.specimens import CITY, CLOSED_AT

from casehub.paper.document import Column, Form, Table
from casehub.paper.forms import column_widths, printed


@pytest.mark.parametrize(
    ("cell", "form", "text"),
    [
        (Decimal(14577 - 2159) / 14577, Form.RATE, "85.19%"),  # Xuchang, January 2022: reference 5.2
        (0.5, Form.RATE, "50.00%"),
        (Decimal("0.999949"), Form.RATE, "99.99%"),
        (Decimal("0.99995"), Form.RATE, "100.00%"),
        (0.000_05, Form.RATE, "0.01%"),
        (1, Form.RATE, "100.00%"),
        (1.005, Form.SCORE, "1.01"),  # as written, though its binary neighbour lies below
        (105, Form.SCORE, "105.00"),
        (Decimal("-0.125"), Form.SCORE, "-0.13"),
        (0, Form.COUNT, "0"),
        (14577, Form.COUNT, "14577"),
        (CLOSED_AT, Form.MOMENT, "2023-06-09 16:30"),
        (date(2023, 6, 9), Form.DATE, "2023-06-09"),
        ("=1+1", Form.TEXT, "=1+1"),
        *((None, form, "—") for form in Form),
    ],
)
def test_a_value_looks_as_bulletins_print_it(cell: Any, form: Form, text: str) -> None:
    assert printed(cell, form, CITY) == text


@pytest.mark.parametrize(
    ("cell", "form"),
    [("85.19%", Form.RATE), (1.5, Form.COUNT), (datetime(2023, 6, 9, tzinfo=UTC), Form.DATE), (3, Form.TEXT)],
)
def test_finished_text_and_values_of_another_form_are_no_cells(cell: Any, form: Form) -> None:
    with pytest.raises(TypeError, match="is no"):
        printed(cell, form, CITY)


def test_a_moment_without_a_zone_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="no zone"):
        printed(datetime(2023, 6, 9), Form.MOMENT, CITY)


def test_a_column_is_as_wide_as_its_figures_and_a_long_text_or_header_breaks() -> None:
    columns = (
        Column("处置单位"),
        Column("序", Form.COUNT),
        Column("按时处置率（不含延期）", Form.RATE),
        Column("说明"),
    )
    table = Table("表", columns, (("城管一中队", 1, 0.85, "长" * 200), ("所", 12, None, "")))
    assert column_widths(table, CITY) == [10, 4, 10, 40]
