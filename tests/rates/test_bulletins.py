"""What cities print, counted again from what they print beside it. Source: reference 5.7, 0.3, 0.4."""

from decimal import Decimal

import pytest

from casehub.rate import Rate


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [
        (14_577 - 2_159, 14_577, "85.19"),  # Xuchang, January 2022: closing
        (10_775, 14_577, "73.92"),  # the same: on time
        (16_780 - 443, 16_780, "97.36"),  # Xuchang, February 2020: closing, over what should close
        (11_159, 13_600, "82.05"),  # Zhanjiang, February 2023
        (5_397, 5_647, "95.57"),  # Zhanjiang, October 2019
        (911, 972, "93.72"),  # Tianmen, December 2016: closing
        (737, 972, "75.82"),  # the same: on time
        (277_924 - 28, 277_924, "99.99"),  # Fuzhou, second quarter of 2022: closing
        (277_924 - 334, 277_924, "99.88"),  # on time
        (306, 277_924, "0.11"),  # rework
        (556, 277_924, "0.20"),  # extension
        (216, 16_475, "1.31"),  # Yuncheng, a month: overdue
        (
            57_342,
            59_259,
            "96.77",
        ),  # Pingdingshan, first half of 2023: valid filing, the fewest filed that give it
        (57_347, 59_259, "96.77"),  # and the most
    ],
)
def test_a_published_rate_comes_out_as_it_was_printed(numerator: int, denominator: int, printed: str) -> None:
    assert Rate(numerator, denominator).percent == Decimal(printed)


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed", "found"),
    [
        (16_463, 16_488, "99.65", "99.85"),  # Pingdingshan: checked is not what should have been checked
        (16_604 - 443, 16_604, "97.36", "97.33"),  # Xuchang: dispatched is not what should close
        (
            13_600 - 2_854,
            13_600,
            "82.05",
            "79.01",
        ),  # Zhanjiang: what is left overdue is not all that is not on time
    ],
)
def test_a_published_rate_that_its_own_numbers_do_not_give_is_not_bent_to_fit(
    numerator: int, denominator: int, printed: str, found: str
) -> None:
    assert Rate(numerator, denominator).percent == Decimal(found) != Decimal(printed)


@pytest.mark.parametrize("should_check", [16_520, 16_521])
def test_the_printed_check_rate_fits_a_denominator_of_what_should_have_been_checked(
    should_check: int,
) -> None:
    assert Rate(16_463, should_check).percent == Decimal("99.65")
