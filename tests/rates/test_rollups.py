"""Whatever happens to cases and whenever the worker looks, an answer is the plain count of facts."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.cases.doings import Beginning, Doing, decided, forms, people
from tests.cases.imagined import AT, FLOWS
from tests.cast import City, drop, furnish_cast, make_settings

from casehub import opening
from casehub.cases.commands import pack_histories, take_over
from casehub.cases.facts import CaseFacts, Decision
from casehub.clock import WallClock
from casehub.errors import Problem
from casehub.events.commands import histories_of
from casehub.people.actors import EVERYTHING, Scope
from casehub.rates.commands import keep_up, rebuild, told_of, verify
from casehub.rates.commands_answers import answer, answer_as_of, behind, standing
from casehub.rates.counts import COUNTED, COUNTS, STOCKS, Stock
from casehub.rates.facts import CaseCounts, Fact, facts_of
from casehub.rates.periods import of_days
from casehub.rates.questions import Question
from casehub.storage.engine import make_engine
from casehub.storage.vault import Vault

TZ = ZoneInfo("Asia/Shanghai")
#: Where cases lie, and in which district.
AREAS = {"east1": "east", "west": "west", "city": None, None: None}
#: Who is above whom.
ABOVE = {"d1": "d1", "d2": "d2", "d3": "d3", "d1a": "d1"}
WHILES = [timedelta(minutes=m) for m in (1, 15, 60, 240, 1440, 10_000)]
NAMES = tuple(one.name for one in (*COUNTS, *STOCKS) if one.name not in {"missed", "false_reports"})
HOW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@dataclass
class Town:
    """Cases that random people do random things with, in a real database."""

    city: City
    chance: Random
    now: datetime = AT
    cases: dict[int, CaseFacts] = field(default_factory=dict)
    began: dict[int, Beginning] = field(default_factory=dict)

    async def lives_on(self) -> None:
        """Some cases are reported, something happens to others, and time goes by."""
        told: list[list[Decision]] = []
        for _ in range(self.chance.randint(1, 6)):
            if len(self.cases) < 4 or self.chance.random() < 0.2:
                told.append(self._reported())
            else:
                told.append(self._moved(self.chance.choice([*self.cases.values()])))
        self.now += self.chance.choice(WHILES)
        vault = Vault(self.city.settings.data_keys, Path())
        async with self.city.engine.begin() as tx:
            await take_over(tx, pack_histories([one for one in told if one], {}, vault))
            await self._read_heads(tx)

    def _reported(self) -> list[Decision]:
        number = len(self.cases) + 1
        flow = FLOWS[self.chance.choice([*FLOWS])]
        beginning = Beginning(self.chance.choice(["leader", "public", "hotline", "transfer"]))
        draft = beginning.draft(flow).changed(
            case_id=number, case_no=f"N{number}", area_code=self.chance.choice([*AREAS]), photos=(), reported_at=self.now,
            category_id=1 + number % 3, last_at=self.now,
        )  # fmt: skip
        decision = decided(
            flow, draft, Doing("report", "jack_of_all_trades", {}, self.now), beginning.known()
        )
        self.cases[number], self.began[number] = decision.case, beginning
        return [decision]

    def _moved(self, case: CaseFacts) -> list[Decision]:
        """A few things that somebody may do now, one after the other."""
        flow, done = FLOWS[case.workflow], []
        for _ in range(self.chance.randint(1, 4)):
            possible = [
                one
                for one in flow.definition.actions.values()
                if case.state in one.from_ and one.name != "merge"
            ]
            for action in self.chance.sample(possible, len(possible)):
                form = self.chance.choice(forms(action, self.now)[:40])
                form = {name: value for name, value in form.items() if name not in {"photos", "category"}}
                doing = Doing(action.name, self.chance.choice(people(action)), form, self.now)
                try:
                    decision = decided(flow, case, doing, self.began[case.case_id].known())
                except Problem:
                    continue
                done.append(decision)
                case = decision.case
                self.now += timedelta(minutes=self.chance.choice([0, 1, 20]))
                break
        self.cases[case.case_id] = case
        return done

    async def _read_heads(self, tx: AsyncConnection) -> None:
        rows = await tx.exec_driver_sql("SELECT case_id, head_hash FROM cases")
        for case_id, head in rows:
            self.cases[case_id] = self.cases[case_id].changed(head_hash=head)

    def a_question(self) -> Question:
        """Any period, by anything, narrowed by anything."""
        first = AT.astimezone(TZ).date().replace(day=1) + timedelta(
            days=self.chance.choice([0, 0, 3, 31, 61])
        )
        end = first + timedelta(days=self.chance.choice([1, 7, 30, 31, 92, 245]))
        first = date(2024, 1, 1) if self.chance.random() < 0.3 else first
        by = tuple(self.chance.sample([
            "district", "community", "department", "unit", "person", "kind", "source", "workflow", "light", "category",
        ], self.chance.choice([0, 1, 1, 2])))  # fmt: skip
        filters: dict[str, Any] = {}
        if self.chance.random() < 0.4:
            filters["area"] = self.chance.choice(["east", "west", "east1"])
        if self.chance.random() < 0.3:
            filters["department"] = self.chance.choice(["d1", "d2"])
        if self.chance.random() < 0.2:
            filters["source"] = self.chance.choice(["public", "leader"])
        scope = self.chance.choice([
            EVERYTHING, EVERYTHING, Scope((("east", None),)), Scope(((None, "d1"),)), Scope((("east", "d1"), ("west", None)), "c1"),
        ])  # fmt: skip
        return Question((), NAMES, of_days(first, end, TZ), by, filters, scope)


def seen(question: Question, case: CaseCounts, fact: Fact) -> bool:
    """Does a fact lie in what is asked and may be seen?"""

    def lies(area: str | None, department: str | None) -> bool:
        in_area = area is None or area in {case.area, AREAS[case.area], "city" if case.area else None}
        return in_area and (
            department is None
            or (fact.department is not None and department in {fact.department, ABOVE[fact.department]})
        )

    f, scope = question.filters, question.scope
    if not lies(f.get("area"), f.get("department")) or f.get("source", case.source) != case.source:
        return False
    whole = scope.everything or any(lies(*part) for part in scope.parts)
    return whole or (scope.person is not None and fact.person == scope.person)


def keys_of(question: Question, case: CaseCounts, fact: Fact) -> tuple[str | None, ...]:
    """The row that a fact belongs to."""
    asked = question.filters.get("department") or next((d for _, d in question.parts if d), None)
    told: dict[str, str | None] = {
        "district": AREAS[case.area], "community": "east1" if case.area == "east1" else None,
        "unit": fact.department, "person": fact.person, "source": case.source, "workflow": case.workflow, "light": fact.light,
        "department": fact.department and (ABOVE[fact.department] if ABOVE[fact.department] != asked else fact.department),
        "kind": CATEGORIES[case.category_id][1], "category": "/".join(CATEGORIES[case.category_id]),
    }  # fmt: skip
    return tuple(told[name] for name in question.by)


CATEGORIES: dict[int, tuple[str, str, str]] = {}


def plain_count(
    question: Question, told: Iterable[CaseCounts], now: datetime
) -> dict[tuple[str | None, ...], Counter[str]]:
    """The slow way: every fact of every case looked at."""
    found: dict[tuple[str | None, ...], Counter[str]] = {}
    for case in told:
        for fact in case.facts:
            if (fact.open and not fact.at < now) or not seen(question, case, fact):
                continue
            row = found.setdefault(keys_of(question, case, fact), Counter())
            if question.period.first <= fact.at < question.period.end:
                row.update(fact.counts)
            if fact.at < question.period.end:
                for stock in STOCKS:
                    row[stock.name] += fact.counts.count(stock.began) - fact.counts.count(stock.ended)
    told_rows = {key: _kept(row) for key, row in found.items()}
    return {key: row for key, row in told_rows.items() if row}


def _kept(row: Mapping[str, int]) -> Counter[str]:
    """What is not zero, of what was asked."""
    return Counter({name: n for name, n in row.items() if n and name in NAMES})


def _summed(rows: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return _kept(total)


async def _told(tx: AsyncConnection, until: datetime | None = None) -> list[CaseCounts]:
    ids = [row[0] for row in await tx.exec_driver_sql("SELECT case_id FROM cases")]
    found = []
    for case_id, events in (await histories_of(tx, ids)).items():
        mine = [one for one in events if until is None or one.at <= until]
        if mine:
            found.append(facts_of(case_id, told_of(mine)))
    return found


async def _answers_right(town: Town, question: Question) -> None:
    async with town.city.engine.begin() as tx:
        answered = await answer(tx, question, town.now)
        true = plain_count(question, await _told(tx), town.now)
    rows = {tuple(key.code for key in keys): _kept(row.raw) for keys, row in answered.rows.items()}
    if question.by:
        assert {key: row for key, row in rows.items() if row} == true, question
    # What is told by anything adds up to what is told of all.
    assert _kept(answered.total.raw) == _summed(true.values()), question


async def _is_behind(town: Town, question: Question) -> None:
    """The list behind a number is as long as the number says, page by page."""
    name = town.chance.choice(NAMES)
    one = replace(question, counts=(name,), by=())
    async with town.city.engine.begin() as tx:
        told = (await answer(tx, one, town.now)).total.raw.get(name, 0)
        stock = COUNTED[name]
        found: list[object] = []
        if isinstance(stock, Stock):
            found += await standing(tx, one, stock, town.now, after=None, most=1000)
        else:
            after = None
            while page := await behind(tx, one, None, town.now, after=after, most=3):
                found += page
                after = page[-1].at, page[-1].case_id, page[-1].fact_no
    assert len(found) == told, (name, one)


async def _was_right(town: Town, question: Question, then: datetime) -> None:
    async with town.city.engine.begin() as tx:
        answered = await answer_as_of(tx, question, then)
        true = plain_count(question, await _told(tx, then), then)
    assert _kept(answered.total.raw) == _summed(true.values()), question


async def _play(url: str, seed: int) -> None:
    schema = f"city_{uuid4().hex[:12]}"
    city = City(url, schema, make_engine(url, schema, pool_size=4), make_settings(schema), WallClock())
    chance = Random(seed)
    try:
        await opening.migrate(city.engine, schema)
        await opening.furnish(city.engine, city.settings, city.clock)
        await furnish_cast(city.engine)
        async with city.engine.begin() as tx:
            for row in await tx.exec_driver_sql("SELECT category_id, scheme, kind, code FROM categories"):
                CATEGORIES[row[0]] = tuple(row[1:])
        town, past = Town(city, chance), [AT]
        for _ in range(14):
            await town.lives_on()
            past.append(town.now)
            for _ in range(chance.choice([0, 1, 1, 9])):
                async with city.engine.begin() as tx:
                    await keep_up(tx, town.now)
            await _answers_right(town, town.a_question())
            await _is_behind(town, town.a_question())
        await _was_right(town, town.a_question(), chance.choice(past))
        async with city.engine.begin() as tx:
            assert await verify(tx, lambda _: None) == []
            await rebuild(tx, town.now, lambda _: None)
        await _answers_right(town, town.a_question())
    finally:
        await drop(city)


@HOW
@given(seed=st.integers(0, 2**32))
def test_an_answer_is_the_plain_count_of_facts_whatever_happened_and_whenever_the_worker_looked(
    embedded_url: str, seed: int
) -> None:
    asyncio.run(_play(embedded_url, seed))
