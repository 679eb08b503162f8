"""Look-ups of points among 10,000 unit grids in one process, and how long such a city with 100,000 components loads.

.venv/bin/python tests/benchmarks/places.py
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from homes import own_home
from tests.exchange.imagined_city import SIDE, SOUTH, WEST, square, write_city

from casehub import opening
from casehub.clock import WallClock
from casehub.exchange.city import CityLoad
from casehub.places.grids import Ground, Locator
from casehub.settings import Settings
from casehub.storage.embedded import start_embedded
from casehub.storage.engine import make_engine

#: (name, figure, unit, goal, limit measured in the same run or None)
Row = tuple[str, float, str, float | None, float | None]
WIDE, COMPONENTS, LOOKUPS = 100, 100_000, 100_000


def lookups() -> list[Row]:
    """Points anywhere in the city, one by one as reports bring them and 500 at once as batches do."""

    grids = [
        (Ground(f"{place:015d}", "unit_grid", frozenset()), json.dumps(square(place % WIDE, place // WIDE)))
        for place in range(WIDE * WIDE)
    ]
    start = time.perf_counter()
    locator = Locator(grids)
    built = (time.perf_counter() - start) * 1000
    dice = Random(7)
    spots = [
        (WEST + dice.random() * SIDE * WIDE, SOUTH + dice.random() * SIDE * WIDE) for _ in range(LOOKUPS)
    ]
    start = time.perf_counter()
    many = [grid for first in range(0, LOOKUPS, 500) for grid in locator.grids(spots[first : first + 500])]
    batched = time.perf_counter() - start
    start = time.perf_counter()
    single = [locator.grids([spot])[0] for spot in spots]
    one_by_one = time.perf_counter() - start
    assert many == single
    assert all(many)
    return [
        (f"points among {WIDE * WIDE:,} grids, 500 at once", LOOKUPS / batched, "/s", 50_000, None),
        ("  one at a time", LOOKUPS / one_by_one, "/s", None, None),
        ("  building the tree", built, "ms", None, None),
    ]  # fmt: skip


async def loading(url: str, folder: Path) -> list[Row]:
    """`casehub city load` of a large city, and of the same once more."""
    said = {name: one.default for name, one in Settings.model_fields.items()}
    settings = Settings.model_construct(**said | {"schema_name": "places"})
    engine, clock = make_engine(url, "places", pool_size=2), WallClock()
    await opening.migrate(engine, "places")
    await opening.furnish(engine, settings, clock)
    rows: list[Row] = []
    for name in ("loading", "  loading it again"):
        start = time.perf_counter()
        async with engine.begin() as tx:
            load = CityLoad(tx, folder, at=WallClock().now(), tell=lambda _: None, advance=lambda _: None)
            await load.run()
        assert not load.faults, load.faults[:3]
        told = load.tallies["components"]
        assert told.added + told.same == COMPONENTS
        spent = time.perf_counter() - start
        rows.append((f"{name} {WIDE * WIDE:,} grids, {COMPONENTS:,} components", spent, "s", 60, None))
    await engine.dispose()
    return rows


def places() -> list[Row]:
    """Both."""
    with own_home() as folder:
        city = write_city(folder / "city", wide=WIDE, components=COMPONENTS)
        with start_embedded(folder / "home") as server:
            return [*lookups(), *asyncio.run(loading(server.dsn_url, city))]


if __name__ == "__main__":
    for name, figure, unit, goal, _ in places():
        print(f"{name:52} {figure:12,.1f} {unit:3}" + (f"  goal {goal:,}" if goal else ""))
