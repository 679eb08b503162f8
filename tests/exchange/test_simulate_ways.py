"""Whatever happens to a case, in whatever combination: the engine lets it, and the facts are what the story counts."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases.imagined import FLOWS

from casehub.cases.facts import Category, Known, Person, Photo
from casehub.catalogue.limits import steps_of
from casehub.exchange.simulate import Story
from casehub.exchange.simulate_city import department_rows, grids, people_rows
from casehub.exchange.simulate_reports import Arrival, Echo
from casehub.exchange.simulate_shape import SHARES, SOURCES
from casehub.exchange.simulate_steps import Matter, Steps, Town
from casehub.exchange.tally import marks
from casehub.rates.facts import Told, facts_of

START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
LIMITS = ("2 urgent_hour", "4 work_hour", "1 work_day", "5 work_day")


def make_town(end: datetime) -> Town:
    people, posts = people_rows(5)
    roles = {post["person_no"]: [post["role"]] for post in posts}
    departments = [row["department_code"] for row in department_rows(5)]
    known = Known(
        people={one["person_no"]: Person(one["department_code"], roles[one["person_no"]]) for one in people},
        departments={code: (code,) for code in departments},
        photos={kind: Photo(kind, kind) for kind in ("near", "before", "after")},
        conditions={f"c{place}": limit for place, limit in enumerate(LIMITS)},
        steps={f"c{place}": steps_of(limit) for place, limit in enumerate(LIMITS)},
    )
    return Town(
        FLOWS,
        {kind: _matters(kind, known) for kind in ("event", "component")},
        grids("110101"),
        departments,
        end,
    )


def _matters(kind: str, known: Known) -> list[Matter]:
    categories = [
        Category(number, "city", kind, f"010{number}", "暴露垃圾", "市容环境", self_handling_allowed=kind == "event") for number in (1, 2)
    ]  # fmt: skip
    return [
        Matter(one, Known(known.people, known.departments, known.conditions, known.photos, category=one, steps=known.steps))
        for one in categories
    ]  # fmt: skip


def counted_by_facts(one: Steps, end: datetime) -> Counter[tuple[str, str]]:
    told = [Told(each.action, each.at, orjson.loads(orjson.dumps(each.body))) for each in one.told]
    facts = [fact for fact in facts_of(1, told).facts if fact.at < end]
    return Counter((name, fact.at.isoformat()[:16]) for fact in facts for name in fact.counts)


@settings(max_examples=300, deadline=None)
@given(
    source=st.sampled_from([*SOURCES]),
    walk=st.frozensets(st.sampled_from(sorted(SHARES)), max_size=12),
    seed=st.integers(0, 10**6),
    hours=st.integers(0, 167),
    days=st.integers(1, 90),
)
def test_whatever_happens_is_let_by_the_engine_and_counted_the_same(
    source: str, walk: frozenset[str], seed: int, hours: int, days: int
) -> None:
    begins = START + timedelta(hours=hours)
    town = make_town(begins + timedelta(days=days))
    arrival = Arrival(begins, source, walk, case_id=1, case_no="1")
    repeats = Arrival(
        begins + timedelta(minutes=50), "collector", frozenset(), repeats=True, case_id=2, case_no="2"
    )
    arrival.echoes.append(Echo(begins + timedelta(hours=1), repeats))
    for one in Story(town, Random(seed), arrival).live():
        mine = Counter((mark.name, mark.at.isoformat()[:16]) for mark in marks(one.life, town.end))
        assert mine == counted_by_facts(one, town.end)
