"""Is this a duplicate? Near in place and time, of the same minor class; a person decides. Source: reference 2.6."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians

from haversine import Unit, haversine

_METRES_PER_DEGREE = 111_195.0


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


def box(lon: float, lat: float, radius_metres: float) -> tuple[float, float, float, float]:
    """West, south, east, north of a box that holds the circle; a coarse sieve for the database."""
    tall = radius_metres / _METRES_PER_DEGREE * 1.01
    wide = tall / max(cos(radians(lat)), 0.01)
    return lon - wide, lat - tall, lon + wide, lat + tall


def is_candidate(
    here: tuple[float, float], at: datetime, there: tuple[float, float], then: datetime, near: Nearness
) -> bool:
    """Two sightings of one class: may they be the same thing? The edges count as near."""
    return abs(at - then) <= near.window and metres(here, there) <= near.radius_metres
