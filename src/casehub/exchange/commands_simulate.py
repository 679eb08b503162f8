"""The door of the simulation: makes the city, lives its cases batch by batch, and keeps them with their histories."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.cases.commands import (
    Desk,
    Histories,
    categories_of,
    draw_numbers,
    flow_of,
    list_cases,
    open_desk,
    pack_histories,
    take_over,
)
from casehub.cases.facts import Known, Person, Photo
from casehub.catalogue.commands import list_limits, load_example
from casehub.catalogue.limits import DEFAULT_CLASS
from casehub.deadlines.commands import current_calendar
from casehub.deadlines.problems import calendar_ends
from casehub.deadlines.stopwatch import Calendars
from casehub.departments.commands import add_departments, list_departments
from casehub.errors import Problem
from casehub.exchange.demo import keep_picture
from casehub.exchange.simulate import Story
from casehub.exchange.simulate_city import area_rows, department_rows, grids, people_rows, staff
from casehub.exchange.simulate_reports import arrivals, instants
from casehub.exchange.simulate_steps import Matter, Steps, Town
from casehub.exchange.tally import Tally
from casehub.people.actors import EVERYTHING, SYSTEM, Role
from casehub.people.commands import add_people, add_posts, list_people
from casehub.places.commands import add_areas, list_areas
from casehub.settings import Settings
from casehub.storage.blobs import BlobStore
from casehub.storage.transaction import Tx
from casehub.workflow.commands import current_versions

#: Reports, repetitions aside, whose cases one transaction keeps.
BATCH = 250
#: No deadline of the example city reaches further than this beyond the end, extensions included.
LONGEST = timedelta(days=120)
#: The scheme whose classes have limits in the example city's table. Source: reference 4.6, 4.7.
SCHEME = "gbt30428_2_2013"


class SimulationRefused(Problem):
    """A simulation makes a city of its own; use an empty CASEHUB_HOME, or another CASEHUB_SCHEMA"""

    type, status = "simulation-refused", 409
    zh = "模拟需要空的城市，请使用新的 CASEHUB_HOME 或 CASEHUB_SCHEMA"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a simulation; from the first day until before the last, in the city's zone."""

    seed: int
    reports: int
    departments: int
    first: date
    last: date


async def simulate(
    engine: AsyncEngine, settings: Settings, home: Path, plan: Plan, *, tell: Callable[[int], None]
) -> dict[str, Any]:
    """Make the city and live its cases; the tally of what was done. `tell` hears how many reports were kept.

    The same plan in an empty city gives the same cases and the same tally. Raises SimulationRefused, CalendarEnds.
    """
    desk, zone, period = open_desk(engine, settings, home), settings.zone, (plan.first, plan.last)
    rng = Random(plan.seed)  # noqa: S311 - chances of a simulation, which are to be the same again
    begins, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in period)
    async with engine.begin() as tx:
        if await _is_at_work(tx, begins):
            raise SimulationRefused
        calendar = await _calendar_of(tx, plan)
        photos = await _photos(tx, home, begins)
        town = await _furnish(
            tx, settings.region_code, plan.departments, end, Known(photos=photos, calendars=calendar)
        )
        coming = arrivals(rng, instants(rng, plan.reports, period, zone))
        numbers = await draw_numbers(tx, [one.at for one in coming], desk)
    for one, (case_id, case_no) in zip(coming, numbers, strict=True):
        one.case_id, one.case_no = case_id, case_no
    tally = Tally(end, zone, staff(Role.COLLECTOR))
    # Those that repeat another report come with its case.
    stories = (Story(town, rng, one) for one in coming if not one.repeats)
    await _live(engine, desk, stories, tally, tell)
    return {
        "seed": plan.seed, "from": str(plan.first), "to": str(plan.last), "zone": str(zone), **tally.told(),
    }  # fmt: skip


async def _live(
    engine: AsyncEngine, desk: Desk, stories: Iterator[Story], tally: Tally, tell: Callable[[int], None]
) -> None:
    """Live them one after the other. While the database writes one batch, the next is decided."""
    writing: asyncio.Task[None] | None = None
    try:
        while batch := [one async for one in _lived(islice(stories, BATCH))]:
            for story in batch:
                tally.take(story.life)
            packed = pack_histories([story.told for story in batch], {}, desk.vault)
            if writing is not None:
                await writing
            writing = asyncio.create_task(_keep(engine, packed, len(batch), tell))
    finally:
        if writing is not None:
            await writing


async def _lived(stories: Iterable[Story]) -> AsyncIterator[Steps]:
    """Lived to their ends, each with those that repeat it; with pauses in which the batch before is sent."""
    for story in stories:
        for one in story.live():
            yield one
        await asyncio.sleep(0)


async def _keep(engine: AsyncEngine, packed: Histories, count: int, tell: Callable[[int], None]) -> None:
    async with engine.begin() as tx:
        await take_over(tx, packed)
    tell(count)


async def _is_at_work(tx: Tx, at: datetime) -> bool:
    cases = (await list_cases(tx, EVERYTHING, {}, at, most=1))[0]
    return any([cases, await list_areas(tx), await list_departments(tx), await list_people(tx)])


async def _calendar_of(tx: Tx, plan: Plan) -> Calendars:
    """The calendar of the city. Raises CalendarEnds before anything happens, where a deadline could reach beyond it."""
    calendar = await current_calendar(tx)
    for year in range(plan.first.year, (plan.last + LONGEST).year + 1):
        if year not in calendar.known:
            raise calendar_ends(year)
    return Calendars(calendar)


async def _furnish(tx: Tx, region_code: str, departments: int, end: datetime, known: Known) -> Town:
    """The city before its first report."""
    units = department_rows(departments)
    people, posts = people_rows(departments)
    await load_example(tx)
    await add_areas(tx, area_rows(region_code))
    for row in units:
        await add_departments(tx, [row])
    await add_people(tx, people)
    await add_posts(tx, posts)
    roles: dict[str, list[str]] = {}
    for post in posts:
        roles.setdefault(post["person_no"], []).append(post["role"])
    known = replace(
        known,
        people={one["person_no"]: Person(one["department_code"], roles[one["person_no"]]) for one in people},
        departments={
            row["department_code"]: tuple(filter(None, (row["department_code"], row["parent_code"])))
            for row in units
        },
    )
    matters = await _matters(tx, known)
    flows = {name: flow_of(definition) for name, definition in (await current_versions(tx)).items()}
    codes = [row["department_code"] for row in units]
    return Town(flows, matters, grids(region_code), codes, end)


async def _photos(tx: Tx, home: Path, at: datetime) -> dict[str, Photo]:
    """A photo of each kind that a case needs; all cases share them."""
    kept, blobs = {}, BlobStore(home / "photos")
    for kind in ("near", "before", "after"):
        photo = await keep_picture(tx, blobs, kind, by=SYSTEM, at=at)
        kept[photo] = Photo(photo, kind)
    return kept


async def _matters(tx: Tx, known: Known) -> dict[str, list[Matter]]:
    """The classes with filing conditions, by kind and code, each with what is known of it."""
    steps: dict[tuple[str, str], dict[str, Any]] = {}
    for one in await list_limits(tx, SCHEME):
        steps.setdefault((one.kind, one.code), {})[one.condition] = one.limits[DEFAULT_CLASS]
    categories = await categories_of(tx, sorted({code for _, code in steps}))
    found: dict[str, list[Matter]] = {}
    for (kind, code), conditions in sorted(steps.items()):
        category = categories[SCHEME, kind, code]
        limits = {name: str(told[-1].limit) for name, told in conditions.items()}
        full = replace(known, category=category, conditions=limits, steps=conditions)
        found.setdefault(kind, []).append(Matter(category, full))
    return found
