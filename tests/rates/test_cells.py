"""Sums of facts are what adding them up one by one gives."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from casehub.rates.cells import DIMS, SUMMED, Row, cells_of, grains_of
from casehub.rates.counts import COUNTS
from casehub.rates.periods import Grain

ROWS = st.lists(
    st.builds(
        Row,
        st.dates(date(2023, 12, 20), date(2024, 2, 10)),
        st.tuples(*(st.sampled_from(["", "x", "y"]) for _ in DIMS)),
        st.booleans(),
        st.lists(st.integers(0, len(COUNTS) - 1), unique=True, max_size=4).map(tuple),
        st.sampled_from([1, 1, -1]),
    ),
    max_size=12,
)


def added_up(rows: list[Row]) -> Counter[tuple[object, ...]]:
    """The slow way."""
    found: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        for dims in SUMMED:
            values = [row.values[DIMS.index(name)] for name in dims]
            for grain in grains_of(dims):
                day = {
                    Grain.DAY: row.day,
                    Grain.MONTH: row.day.replace(day=1),
                    Grain.YEAR: row.day.replace(month=1, day=1),
                }
                for place in row.counts:
                    found[
                        ",".join(dims), grain.value, day[grain], *[*values, "", ""][:2], row.exempt, place
                    ] += row.sign
    return Counter({key: n for key, n in found.items() if n})


@given(rows=ROWS)
def test_cells_are_the_facts_added_up(rows: list[Row]) -> None:
    told = {(*cell[:-1], place): n for cell in cells_of(rows) for place, n in enumerate(cell.n) if n}
    assert told == dict(added_up(rows))


def test_no_cell_is_told_twice() -> None:
    rows = [
        Row(date(2024, 1, 1), ("a",) * len(DIMS), False, (0, 1)),
        Row(date(2024, 1, 2), ("b",) * len(DIMS), True, (1,)),
    ]
    keys = [cell[:-1] for cell in cells_of(rows)]
    assert len(keys) == len(set(keys))
