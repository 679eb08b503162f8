"""Sums of facts over days, months and years, for one dimension or two: what rollups hold."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from casehub.rates.counts import COUNTS
from casehub.rates.periods import Grain

#: What facts are summed by, as they carry it. `place` is the sub-district of `area`, or the area itself above one.
PLAIN = ("place", "category", "department", "person", "source", "workflow", "light")
#: As many values as there are grids, or nearly: summed by months, and not crossed.
FINE = ("area", "person")
DIMS = (*PLAIN, "area")
#: What is summed by: nothing, each dimension, each pair but those with areas.
SUMMED: tuple[tuple[str, ...], ...] = ((), *((one,) for one in DIMS), *combinations(PLAIN, 2))


def grains_of(dims: tuple[str, ...]) -> tuple[Grain, ...]:
    """The grains of these sums; days are kept where there are few values."""
    if len(dims) > 1 or (dims and dims[0] in FINE):
        return (Grain.MONTH, Grain.YEAR)
    return (Grain.DAY, Grain.MONTH, Grain.YEAR)


_Numbers = NDArray[np.int64]
#: The place of each value among the different ones, and these.
_Coded = tuple[_Numbers, list[Any]]


class Row(NamedTuple):
    """A fact as it is summed: its day in the city, the values of `DIMS` ('' for none), its counts by place, and a sign."""

    day: date
    values: tuple[str, ...]
    exempt: bool
    counts: Sequence[int]
    sign: int = 1


class Cell(NamedTuple):
    """A sum, as `rate_cells` keeps it."""

    dims: str
    grain: str
    bucket: date
    a: str
    b: str
    exempt: bool
    n: list[int]


def cells_of(rows: Sequence[Row]) -> Iterator[Cell]:
    """The sums of these facts; cells that come to nothing are left out."""
    if not rows:
        return
    # One line for each count of each fact.
    lengths = np.fromiter((len(row.counts) for row in rows), dtype=np.int64, count=len(rows))
    fact = np.repeat(np.arange(len(rows)), lengths)
    count = np.fromiter((one for row in rows for one in row.counts), dtype=np.int64, count=int(lengths.sum()))
    sign = np.repeat(np.fromiter((row.sign for row in rows), dtype=np.int64, count=len(rows)), lengths)
    exempt = np.fromiter((row.exempt for row in rows), dtype=np.int64, count=len(rows))
    coded = {name: _coded([row.values[place] for row in rows]) for place, name in enumerate(DIMS)}
    days = [row.day for row in rows]
    buckets = {
        Grain.DAY: _coded(days),
        Grain.MONTH: _coded([day.replace(day=1) for day in days]),
        Grain.YEAR: _coded([day.replace(month=1, day=1) for day in days]),
    }
    for dims in SUMMED:
        for grain in grains_of(dims):
            columns = [buckets[grain], *(coded[name] for name in dims), (exempt, [False, True])]
            yield from _summed(dims, grain, columns, (fact, count, sign))


def _coded(values: Sequence[Any]) -> _Coded:
    """Each value as its place in the list of different ones."""
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return np.array(codes, dtype=np.int64), [*places]


def _summed(
    dims: tuple[str, ...],
    grain: Grain,
    columns: list[tuple[np.ndarray, list[object]]],
    lines: tuple[np.ndarray, ...],
) -> Iterator[Cell]:
    fact, count, sign = lines
    key = np.zeros(len(columns[0][0]), dtype=np.int64)
    for codes, values in columns:
        key = key * len(values) + codes
    keys, group = np.unique(key, return_inverse=True)
    wide = len(COUNTS)
    sums = np.bincount(group[fact] * wide + count, weights=sign, minlength=len(keys) * wide)
    table = sums.astype(np.int64).reshape(len(keys), wide)
    for place in np.flatnonzero(table.any(axis=1)).tolist():
        bucket, *values, left_out = _values(int(keys[place]), columns)
        a, b = _two(values)
        n = table[place].tolist()
        while not n[-1]:
            n.pop()
        yield Cell(",".join(dims), grain.value, bucket, a, b, left_out, n)


def _two(values: list[Any]) -> tuple[str, str]:
    return (values[0] if values else "", values[1] if len(values) > 1 else "")


def _values(number: int, columns: list[_Coded]) -> list[Any]:
    found: list[Any] = []
    for _, values in reversed(columns):
        number, place = divmod(number, len(values))
        found.append(values[place])
    return found[::-1]
