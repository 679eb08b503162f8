"""Figures as cells of a table."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from casehub.paper.document import Cell


def cell_of(figure: Mapping[str, Any]) -> Cell:
    """A count, or a share from 0 to 1 that is exact to the last digit that is printed."""
    if "numerator" not in figure:
        return int(figure["value"])
    return None if figure["denominator"] == 0 else figure["numerator"] / figure["denominator"]


def difference(here: Any, there: Any) -> Cell:
    """By how much one is more than the other: printed rates by points, counts by cases."""
    if here is None or there is None:
        return None
    return Decimal(here) - Decimal(there) if isinstance(here, str) else int(here) - int(there)


def moment_of(text: str | None) -> datetime | None:
    """An instant as content keeps it."""
    return None if text is None else datetime.fromisoformat(text)
