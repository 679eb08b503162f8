"""A share, and what it is made of."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it was made of; no value where nothing was to be done. Source: reference 5.2."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The share; None over a denominator of zero."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def percent(self) -> Decimal | None:
        """As it is printed: two decimals, half-up. Source: reference 5.2."""
        if not self.denominator:
            return None
        share = Decimal(self.numerator) * 100 / Decimal(self.denominator)
        return share.quantize(Decimal("0.01"), ROUND_HALF_UP)
