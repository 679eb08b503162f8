"""Is this a duplicate? Near in place and time, of the same minor class; a person decides. Source: reference 2.6."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import cos, floor, radians
from typing import Any

from haversine import Unit, haversine

METRES_PER_DEGREE = 111_195.0
#: Cells are a thousandth of a degree wide and tall: some hundred metres. The radius of a city is of that order.
_CELLS_PER_DEGREE = 1000
#: From a cell to the one north of it, and from a day to the next: a spot without its day is a cell.
CELLS_ROUND = 360 * _CELLS_PER_DEGREE
CELLS_OF_EARTH = 180 * _CELLS_PER_DEGREE * CELLS_ROUND
#: More candidates than this help nobody.
_MOST = 10


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near is near: metres and hours, both inclusive."""

    radius_metres: float = 50
    window_hours: float = 24

    @property
    def window(self) -> timedelta:
        """The window as an interval."""
        return timedelta(hours=self.window_hours)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance over the ground of two (lon, lat) points, in metres."""
    return float(haversine((a[1], a[0]), (b[1], b[0]), unit=Unit.METERS))


def _cell(column: int, row: int, day: int) -> int:
    return day * CELLS_OF_EARTH + row * CELLS_ROUND + column


def spot_of(point: tuple[float, float], at: datetime) -> int:
    """The number of the cell and of the day (UTC) of a sighting: what is sought is one number, whatever else there is."""
    lon, lat = point
    return _cell(
        floor(lon * _CELLS_PER_DEGREE), floor(lat * _CELLS_PER_DEGREE), at.astimezone(UTC).toordinal()
    )


def spots(point: tuple[float, float], at: datetime, near: Nearness) -> list[int]:
    """The spots that hold all sightings near this one; a coarse sieve for the database."""
    lon, lat = point
    tall = near.radius_metres / METRES_PER_DEGREE * 1.01
    wide = tall / max(cos(radians(lat)), 0.01)
    columns = range(floor((lon - wide) * _CELLS_PER_DEGREE), floor((lon + wide) * _CELLS_PER_DEGREE) + 1)
    rows = range(floor((lat - tall) * _CELLS_PER_DEGREE), floor((lat + tall) * _CELLS_PER_DEGREE) + 1)
    first, last = ((at + sign * near.window).astimezone(UTC).toordinal() for sign in (-1, 1))
    return [_cell(column, row, day) for day in range(first, last + 1) for row in rows for column in columns]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A case of the class of a report, somewhere near it."""

    case_no: str
    lon: float
    lat: float
    reported_at: datetime
    state: str


def is_candidate(
    here: tuple[float, float], at: datetime, there: tuple[float, float], then: datetime, near: Nearness
) -> bool:
    """Two sightings of one class: may they be the same thing? The edges count as near."""
    return abs(at - then) <= near.window and metres(here, there) <= near.radius_metres


def candidates(
    here: tuple[float, float], at: datetime, sightings: Iterable[Sighting], near: Nearness
) -> tuple[dict[str, Any], ...]:
    """Which of these may be what is reported here and now, at most ten, in the order they came."""
    told = (
        {
            "case_no": one.case_no, "state": one.state, "reported_at": one.reported_at,
            "distance_metres": round(metres(here, (one.lon, one.lat)), 1),
        }
        for one in sightings
        if is_candidate(here, at, (one.lon, one.lat), one.reported_at, near)
    )  # fmt: skip
    return tuple(islice(told, _MOST))
