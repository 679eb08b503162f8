"""The reports of a simulated half-year: when they come in, from whom, and which repeat what was reported before."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from random import Random
from typing import NamedTuple

from casehub.exchange.simulate_shape import HOURS, SHARES, SOURCES, WALKS, WEEKDAYS

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass
class Arrival:
    """A report that comes in: when, from whom, as which case, and what is settled about its way beforehand."""

    at: datetime
    source: str
    walk: frozenset[str] | None = None  # exactly this happens; None: by chance
    repeats: bool = False  # it comes with the case that it repeats
    echoes: "list[Echo]" = field(default_factory=list)
    case_id: int = 0
    case_no: str = ""


class Echo(NamedTuple):
    """A report of the same, and when somebody sees that it is."""

    merge_at: datetime
    arrival: Arrival


def instants(rng: Random, count: int, days: tuple[date, date], zone: tzinfo) -> list[datetime]:
    """When reports come in, in order: by the shape of weekdays and hours, from the first day until before the last."""
    first, last = days
    every = [first + n * _DAY for n in range((last - first).days)]
    chosen = zip(
        rng.choices(every, [WEEKDAYS[day.weekday()] for day in every], k=count),
        rng.choices(range(24), HOURS, k=count),
        strict=True,
    )
    return sorted(
        datetime(
            day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=zone
        ).astimezone(UTC)
        for day, hour in chosen
    )


def arrivals(rng: Random, moments: Sequence[datetime]) -> list[Arrival]:
    """The reports of these instants. Some repeat what was reported up to a day before: they are its echoes."""
    sources = rng.choices([*SOURCES], [*SOURCES.values()], k=len(moments))
    told = [Arrival(at, source) for at, source in zip(moments, sources, strict=True)]
    for one, (source, walk) in zip(told, WALKS, strict=False):
        one.source, one.walk = source, frozenset(walk.split())
    for place, one in enumerate(told):
        chance = rng.random() < SHARES["duplicate"].of
        if place and (chance if one.walk is None else "duplicate" in one.walk):
            _repeat(rng, told, place)
    return told


def _repeat(rng: Random, told: Sequence[Arrival], place: int) -> None:
    one, first = told[place], bisect_left(told, told[place].at - _DAY, key=lambda other: other.at)
    of = told[place - 1] if one.walk is not None else told[rng.randrange(first, place + 1)]
    # What is repeated is a first report: not another repetition, nor itself.
    if of is not one and not of.repeats:
        one.repeats = True
        of.echoes.append(Echo(one.at + rng.randint(2, 12) * _MINUTE, one))
        of.echoes.sort(key=lambda echo: echo.merge_at)
