"""How one step of a simulated case is made: chances and instants from one random source, decisions from the engine.

Nothing here reads a clock or writes: a story notes for the tally what it did, and which deadlines it was told.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any

from casehub.cases.facts import CaseFacts, Category, Decision, Known
from casehub.cases.reports import Report, draft
from casehub.cases.rules import Flow, decide, decide_merged_in, decide_report
from casehub.exchange.lives import Did, Life
from casehub.exchange.simulate_city import Grid, clerk, staff
from casehub.exchange.simulate_reports import Arrival
from casehub.exchange.simulate_shape import SHARES
from casehub.people.actors import Actor, Role, posts_of

#: One person holds each of these posts throughout a case. Voiding takes two: they are of different posts.
_CENTRE = (Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.EVALUATOR)
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)

Form = dict[str, Any]


class PeriodOver(Exception):  # noqa: N818 - no error: what comes next lies behind the end
    """Nothing more happens to this case before the end of the simulated period."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A minor class with its filing conditions, and all that is known when a case of it is decided."""

    category: Category
    known: Known

    @property
    def name(self) -> str:
        """As the tally names it."""
        return f"{self.category.kind} {self.category.code}"


@dataclass(frozen=True, slots=True)
class Town:
    """What the stories of a city are made of."""

    flows: Mapping[str, Flow]
    matters: Mapping[str, Sequence[Matter]]  # by kind, the most frequent first
    grids: Sequence[Grid]
    departments: Sequence[str]
    end: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """What a report is about: the matter, and the place."""

    matter: Matter
    place: int  # of the grid among all
    point: tuple[float, float]


class Steps(ABC):
    """One case while it is lived: what was decided so far, and what was noted of it."""

    def __init__(self, town: Town, rng: Random, arrival: Arrival, scene: Scene | None = None) -> None:
        """`scene` is that of the case which this one repeats."""
        self.town, self.rng, self.arrival = town, rng, arrival
        self.scene = scene or self._seen()
        self.matter = self.scene.matter
        workflow = "hotline" if arrival.source == "hotline" else self.matter.category.kind
        self.flow = town.flows[workflow]
        self._staff = {role: rng.choice(staff(role)) for role in _CENTRE}
        collectors = staff(Role.COLLECTOR)
        self.collector = self._staff[Role.COLLECTOR] = collectors[self.scene.place % len(collectors)]
        self._echoes = [*arrival.echoes]
        self.others: list[Steps] = []  # its echoes
        self.told: list[Decision] = []
        grid = town.grids[self.scene.place]
        self.life = Life(arrival.case_no, arrival.at, arrival.source, grid.area_code, grid.subdistrict)

    def _seen(self) -> Scene:
        """Something, somewhere."""
        rng, matters = self.rng, self.town.matters["component" if self.happens("component") else "event"]
        place = rng.randrange(len(self.town.grids))
        point = self.town.grids[place].spot(rng.uniform(-1, 1), rng.uniform(-1, 1))
        return Scene(rng.choices(matters, cum_weights=_ranks(len(matters)))[0], place, point)

    @property
    def case(self) -> CaseFacts:
        """The case as it is now."""
        return self.told[-1].case

    @abstractmethod
    def go_on(self) -> None:
        """What happens after the report. Raises PeriodOver."""

    def live(self) -> list["Steps"]:
        """Live it to its end, or to that of the period: this story, and those of its echoes."""
        try:
            self.begin()
            self.go_on()
        except PeriodOver:
            pass
        self.absorb(self.town.end)
        return [self, *self.others]

    def happens(self, name: str) -> bool:
        """Does this happen to the case?"""
        walk = self.arrival.walk
        return self.rng.random() < SHARES[name].of if walk is None else name in walk

    def soon(self, low: int = 1, high: int = 8) -> datetime:
        """Some minutes from now."""
        return self.case.last_at + self.rng.randint(low * 60, high * 60) * _SECOND

    def part(self, until: datetime, low: float = 0.05, high: float = 0.9) -> datetime:
        """Some part of the way from now to an instant, on a full second; a minute from now where that has passed."""
        now = self.case.last_at
        return max(now + (until - now) * self.rng.uniform(low, high), now + _MINUTE).replace(microsecond=0)

    def due(self, kind: str) -> datetime:
        """The deadline of the open task of a kind, as the engine told it."""
        task = self.case.task(kind)
        assert task is not None
        assert task.due_at is not None
        return task.due_at

    def in_time(self, kind: str, but: str, sooner: datetime | None = None) -> datetime:
        """When the open task of a kind is done: by its deadline, or `sooner`; `but` is what it is called when it is late."""
        due = sooner or self.due(kind)
        if self.happens(but):
            return max(self.due(kind), self.case.last_at) + self.rng.randint(60, 5400) * _SECOND
        return due if due > self.case.last_at and self.happens("to_the_second") else self.part(due)

    def photo(self, kind: str) -> str:
        """A photo of that kind."""
        return next(name for name, one in self.matter.known.photos.items() if one.kind == kind)

    def begin(self) -> None:
        """The report. What a collector can do alone is done on the spot."""
        source, category, known = self.arrival.source, self.matter.category, self.matter.known
        action = "report"
        if source == "collector" and category.self_handling_allowed and not self.arrival.repeats:
            action = "self_handle" if self.happens("self_handled") else "report"
        photos = [*known.photos] if action == "self_handle" else [self.photo("near")]
        report = Report(
            kind=category.kind, category=category.code, source=source, description=f"{category.name}（模拟）",
            address=f"模拟路 {self.scene.place + 1} 号", lon=self.scene.point[0], lat=self.scene.point[1],
            area=self.life.area, photos=tuple(photos) if source == "collector" else (),
        )  # fmt: skip
        role = self.reporter
        actor = _actor(role, self._staff[role])
        begun = draft(
            report, self.arrival.case_id, self.arrival.case_no, category=category, flow=self.flow.definition,
            photos=known.photos, reported_by=actor.name, at=self.arrival.at,
        )  # fmt: skip
        self.keep(decide_report(self.flow, begun, action, {}, actor=actor, at=self.arrival.at, known=known))

    @property
    def reporter(self) -> Role:
        """Who enters the report: the collector, or an acceptor for everybody else."""
        return Role.COLLECTOR if self.arrival.source == "collector" else Role.ACCEPTOR

    def do(
        self, action: str, role: Role, at: datetime, form: Form | None = None, *, known: Known | None = None
    ) -> None:
        """One step, by whoever has that post, or by the department that has the case. Raises PeriodOver."""
        self.absorb(at)
        if at >= self.town.end:
            raise PeriodOver
        if role is Role.DEPARTMENT:
            department = str(self.case.department_code)
            actor = _actor(role, clerk(department), department)
        else:
            actor = _actor(role, self._staff[role])
        known, form = known or self.matter.known, form or {}
        self.keep(decide(self.flow, self.case, action, form, actor=actor, at=at, known=known), form)

    def keep(self, told: Decision, form: Form | None = None) -> None:
        """What the engine decided, and the note of it."""
        self.told.append(told)
        self.life.category = self.matter.name
        case = told.case
        dues = {task.kind: task.due_at for task in case.tasks if task.open and task.lead}
        by = str(told.body["by"])
        self.life.steps.append(Did(told.at, told.action, by, form or {}, case.department_code, dues))

    def absorb(self, until: datetime) -> None:
        """Reports of the same that are recognised by then are merged into this case, while it is open and of that class."""
        while self._echoes and self._echoes[0].merge_at <= until:
            echo = self._echoes.pop(0)
            other = type(self)(self.town, self.rng, echo.arrival, self.scene)
            self.others.append(other)
            if self.case.ended_at is None and self.matter is self.scene.matter:
                other.be_merged_into(self, echo.merge_at)
            else:
                other.live()

    def be_merged_into(self, first: "Steps", at: datetime) -> None:
        """Be reported, and be recognised as what was reported before; remembered there."""
        self.begin()
        target = first.case
        if at >= self.town.end:
            return
        known = replace(self.matter.known, cases={target.case_no: target})
        self.do("merge", Role.ACCEPTOR, at, {"target": target.case_no}, known=known)
        actor = _actor(Role.ACCEPTOR, self._staff[Role.ACCEPTOR])
        first.told.append(decide_merged_in(target, self.case, actor=actor, at=at))


@lru_cache(maxsize=4096)
def _actor(role: Role, person: str, department: str | None = None) -> Actor:
    return Actor("simulation", posts_of({role}, department=department), person)


@lru_cache(maxsize=8)
def _ranks(count: int) -> list[float]:
    """Few classes make most of the cases: the n-th is about 1/n as frequent as the first. Source: our choice."""
    return [*accumulate(1 / (place + 2) for place in range(count))]
