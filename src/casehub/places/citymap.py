"""The city as reports need it: where points lie, and what is permitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casehub.places.grids import Locator
from casehub.places.permits import Permit


@dataclass(frozen=True, slots=True)
class CityMap:
    """One version of the city's polygons and permits."""

    locator: Locator
    permits: Mapping[tuple[str, str], Sequence[Permit]]  # (scheme, code) -> permits, by code


def by_class(permits: Sequence[Permit]) -> dict[tuple[str, str], list[Permit]]:
    """The permits of each class."""
    found: dict[tuple[str, str], list[Permit]] = {}
    for permit in permits:
        for code in permit.categories:
            found.setdefault((permit.scheme, code), []).append(permit)
    return found


#: A city of which nothing is known.
BLANK = CityMap(Locator(()), {})
