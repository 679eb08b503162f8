"""How a rate becomes points: the share of a part's weight that it earns, and the sum in words. Source: reference 5.6.

Everything is counted in fractions, so that no binary rounding decides between two grades; percents run 0 to 100.
"""

from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from casehub.rate import Rate

#: Points and weights of a rule book.
Points = Annotated[Decimal, Field(gt=0, le=1000, decimal_places=4)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]


class _Norm(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Norm):
    """The rate itself: 90 % earns nine tenths of the weight."""

    kind: Literal["share"] = "share"


class Complement(_Norm):
    """What the rate leaves, where less is better: 10 % earns nine tenths. Source: reference 5.6 [S2]."""

    kind: Literal["complement"]


class Steps(_Norm):
    """All from a goal on, so many points less for each percent below it. Source: reference 5.6 [E4].

    A begun percent costs as much as a whole one (our choice: the source does not say); a city that goes by fractions
    of a percent says it as `linear`.
    """

    kind: Literal["steps"]
    full_from_percent: Percent
    less_per_percent: Points


class Linear(_Norm):
    """Nothing at one percent, all at another, in a straight line between; `none_at` may be the higher one."""

    kind: Literal["linear"]
    none_at_percent: Percent
    full_at_percent: Percent


Norm = Annotated[Share | Complement | Steps | Linear, Field(discriminator="kind")]


def percent_of(rate: Rate) -> Fraction:
    """The rate in percent, unrounded; its denominator is not zero."""
    return Fraction(100 * rate.numerator, rate.denominator)


def begun(units: Fraction) -> int:
    """How many units, the begun one too; none below zero."""
    return max(0, ceil(units))


def earned(norm: Norm, rate: Rate, weight: Decimal) -> Fraction:
    """The share of the weight, 0 to 1, that a rate with a denominator earns. Source: reference 5.6."""
    return min(max(_unbounded(norm, rate, weight), Fraction(0)), Fraction(1))


def _unbounded(norm: Norm, rate: Rate, weight: Decimal) -> Fraction:
    percent = percent_of(rate)
    match norm:
        case Share():
            return percent / 100
        case Complement():
            return 1 - percent / 100
        case Steps():
            lacking = begun(Fraction(norm.full_from_percent) - percent)
            return 1 - lacking * Fraction(norm.less_per_percent) / Fraction(weight)
        case Linear():
            none_at = Fraction(norm.none_at_percent)
            return (percent - none_at) / (Fraction(norm.full_at_percent) - none_at)


def tell(norm: Norm, rate: Rate, weight: Decimal) -> tuple[str, str]:
    """The sum that a unit does by hand, in Chinese and English; the weight is that of the formula."""
    ratio, full = f"{rate.numerator}/{rate.denominator}", plain(weight)
    bound = ("", "")
    if not 0 <= _unbounded(norm, rate, weight) <= 1:
        bound = (f"（限 0 至 {full} 分）", f" (kept within 0 and {full})")
    match norm:
        case Share():
            zh = en = f"{ratio} × {full}"
        case Complement():
            zh = en = f"(1 - {ratio}) × {full}"
        case Steps():
            goal, less = plain(norm.full_from_percent), plain(norm.less_per_percent)
            lacking = begun(Fraction(norm.full_from_percent) - percent_of(rate))
            said = f"({full} - {lacking} × {less})"
            zh = f"{ratio} = {rate.percent}%，目标 {goal}%，差 {lacking} 个百分点（不足一个按一个计）：{said}"
            en = f"{ratio} = {rate.percent}%, goal {goal}%, {lacking} percent short (a begun one counts): {said}"
        case Linear():
            none_at, full_at = plain(norm.none_at_percent), plain(norm.full_at_percent)
            zh = en = f"(100 × {ratio} - {none_at}) / ({full_at} - {none_at}) × {full}"
    return zh + bound[0], en + bound[1]


def plain(number: Decimal) -> str:
    """A number as a rule book prints it: no zeros behind, no exponent."""
    return f"{number.normalize():f}"
