"""Where the scene is played: the city, the cases, and what was done so far. And the letters of the scene."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.campaigns.batches import LETTERS
from casehub.campaigns.commands_batches import Acting, go_on, progress, start
from casehub.cases.commands_together import act_together
from casehub.deadlines.calendar import Calendar, midnight
from casehub.exchange.clearing import PLAN_DAYS, UNITS, Lot, Timetable, Unit, supervised
from casehub.exchange.showcase import PEOPLE
from casehub.letters import commands as letters
from casehub.letters.flow import Letter
from casehub.letters.ledger import Wanted
from casehub.people.actors import EVERYTHING, Actor, Role, posts_of


def person(role: Role) -> Actor:
    """The person of the demo who has that post."""
    number, _, department = PEOPLE[role]
    return Actor("demo", posts_of({role}, department=department), number)


def clerk(unit: Unit) -> Actor:
    """Who acts for a unit that stood still."""
    return Actor("demo", posts_of({Role.DEPARTMENT}, department=unit.code), f"{unit.code}_clerk")


def by_unit(lots: Iterable[Lot]) -> list[tuple[Unit, list[Lot]]]:
    """These cases by the unit that has them."""
    found: dict[str, list[Lot]] = defaultdict(list)
    for one in lots:
        found[one.unit.code].append(one)
    return [(unit, found[unit.code]) for unit in UNITS if unit.code in found]


@dataclass
class Scene:
    """What the scene did: counted by itself, so that what casehub counts can be held against it."""

    campaign_id: int = 0
    bulletin_id: int = 0
    first: str = ""
    end: str = ""
    # By unit: cases of the list that were closed, voided, suspended, or stay open.
    units: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    # What was done to items: frozen, newcomers, came_back, failed_checks, planned, on_plan, crossed_off, ...
    items: Counter[str] = field(default_factory=Counter)
    # How often what was done with letters; and the cases of all rounds.
    letters: Counter[str] = field(default_factory=Counter)

    def ended(self, how: str) -> int:
        """Cases of the list that ended so."""
        return sum(one.get(how, 0) for one in self.units.values())


@dataclass(frozen=True, slots=True)
class Stage:
    """What everybody in the scene shares; `photos` are ids, by the code of a unit, or `near`."""

    engine: AsyncEngine
    calendar: Calendar
    plan: Timetable
    lots: Sequence[Lot]
    scene: Scene
    photos: dict[str, str] = field(default_factory=dict)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An hour of the city."""
        return midnight(day, self.calendar) + timedelta(hours=hour, minutes=minute)

    async def do(
        self, lots: Iterable[Lot], action: str, by: Actor, at: datetime, form: Mapping[str, Any] | None = None
    ) -> None:
        """One action to all of these; a scene knows nobody who is refused."""
        these = [one.case_id for one in lots]
        if these:
            async with self.engine.begin() as tx:
                outcomes = await act_together(tx, these, action, form or {}, by=by, at=at)
            for problem in filter(None, outcomes.values()):
                raise problem


@dataclass
class _Sent:
    """A letter that is under way: which unit has it, how that answers, since which working day."""

    letter_id: int
    unit: Unit
    answer: str
    day: int


class Correspondence:
    """The letters of the scene: rounds of supervision, answers, and what follows where there is none."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._under_way: list[_Sent] = []

    async def _move(self, letter_id: int, action: str, by: Actor, at: datetime, **form: Any) -> Letter:
        async with self._stage.engine.begin() as tx:
            self._stage.scene.letters[action] += 1
            return await letters.act(tx, letter_id, action, form, by=by, at=at)

    async def begin(self, place: int, number: int, day: date) -> None:
        """A round of supervision: a plan for each case, and letters: drafted, reviewed, signed by another person, sent."""
        chosen = supervised(self._stage.lots, place, number)
        due_on = self._stage.plan.working[number + PLAN_DAYS]
        form = {"plan": "责任单位主办，恢复原状，限期销号", "due_on": due_on.isoformat()}
        await self._batch("plan", form, chosen, self._stage.at(day, 9, 10))
        for one in chosen:
            one.planned_for = number + PLAN_DAYS
        form = {"step": "supervision_letter", "round_title": f"第{place + 1}期督办"}
        round_id = await self._batch(LETTERS, form, chosen, self._stage.at(day, 9, 20))
        drafted = await self._ledger(Wanted(round_id=round_id))
        self._stage.scene.letters["drafted"] += len(drafted)
        self._stage.scene.letters["cases"] += len(chosen)
        units = {one.code: one for one in UNITS}
        for letter in drafted:
            unit = units[letter.to_unit]
            await self._send(letter.letter_id, person(Role.EVALUATOR), person(Role.SHIFT_LEADER), day)
            answer = unit.answers[min(place, len(unit.answers) - 1)]
            self._under_way.append(_Sent(letter.letter_id, unit, answer, number))

    async def _batch(
        self, doing: str, form: Mapping[str, Any], chosen: Sequence[Lot], at: datetime
    ) -> int | None:
        """The same with many cases of the campaign, a step at a time; the round that it began."""
        acting, campaign_id = Acting(person(Role.EVALUATOR), EVERYTHING, at), self._stage.scene.campaign_id
        wanted = {"case_nos": [one.case_no for one in chosen]}
        async with self._stage.engine.begin() as tx:
            batch_id = await start(tx, campaign_id, doing, form, wanted, acting)
        while True:
            async with self._stage.engine.begin() as tx:
                await go_on(tx, campaign_id, batch_id, acting)
                told = await progress(tx, campaign_id, batch_id)
            if not told["waiting"]:
                assert not told["refused"], "a scene knows nobody who is refused"
                round_id: int | None = told["round_id"]
                return round_id

    async def _ledger(self, wanted: Wanted) -> list[Letter]:
        async with self._stage.engine.begin() as tx:
            at = self._stage.at(self._stage.plan.end, 0)
            return (
                await letters.list_letters(tx, wanted, by=person(Role.EVALUATOR), at=at, after=None, most=200)
            )[0]

    async def _send(self, letter_id: int, reviewer: Actor, signer: Actor, day: date) -> None:
        await self._move(letter_id, "review", reviewer, self._stage.at(day, 9, 25))
        await self._move(letter_id, "sign", signer, self._stage.at(day, 9, 40))
        await self._move(letter_id, "send", reviewer, self._stage.at(day, 9, 45))

    async def answer(self, number: int, day: date) -> None:
        """What units do with their letters on this working day."""
        for one in self._under_way:
            await self._answer(one, number, day)

    async def _answer(self, one: _Sent, number: int, day: date) -> None:
        """What a unit does with its letter on this day, so many working days after it was sent."""
        unit, evaluator = clerk(one.unit), person(Role.EVALUATOR)
        photos = {"photos": [self._stage.photos[one.unit.code]]}
        match one.answer, number - one.day:
            case "prompt" | "rejected" | "late", 1:
                await self._move(one.letter_id, "receive", unit, self._stage.at(day, 10))
                if one.answer == "rejected":
                    plan = {"reply": "正在安排", "plan": "尽快处置"}
                    await self._move(one.letter_id, "reply", unit, self._stage.at(day, 10, 30), **plan)
            case "prompt", 2:
                await self._accepted(one.letter_id, unit, evaluator, day, photos)
            case "rejected", 2:
                why = {"reason": "未说明逐案措施和完成时间"}
                await self._move(one.letter_id, "reject_reply", evaluator, self._stage.at(day, 10), **why)
            case "rejected", 3:
                await self._accepted(one.letter_id, unit, evaluator, day, photos)
            case "late", 4:
                # Escalated this morning; the next letter need not leave any more.
                await self._withdraw_next(one.letter_id, day)
                await self._accepted(one.letter_id, unit, evaluator, day, photos)
            case "silent", 4:
                following = await self._next(one.letter_id)
                await self._send(following.letter_id, person(Role.SHIFT_LEADER), evaluator, day)
                self._under_way.append(_Sent(following.letter_id, one.unit, "prompt", number))
                await self._move(one.letter_id, "close", evaluator, self._stage.at(day, 9, 50))

    async def _accepted(
        self, letter_id: int, unit: Actor, evaluator: Actor, day: date, said: Mapping[str, Any]
    ) -> None:
        said = {"reply": "已逐案处置，未办结的已列入整改计划", "plan": "专人值守，逐案销号", **said}
        await self._move(letter_id, "reply", unit, self._stage.at(day, 10, 30), **said)
        await self._move(letter_id, "accept_reply", evaluator, self._stage.at(day, 10, 45))
        await self._move(letter_id, "close", evaluator, self._stage.at(day, 10, 50))

    async def _next(self, letter_id: int) -> Letter:
        """The letter that casehub drafted because this one was not answered."""
        found = await self._ledger(Wanted(step="criticism_notice"))
        return next(one for one in found if one.parent_id == letter_id)

    async def _withdraw_next(self, letter_id: int, day: date) -> None:
        following = await self._next(letter_id)
        why = {"reason": "收文单位已回复"}
        await self._move(
            following.letter_id, "withdraw", person(Role.EVALUATOR), self._stage.at(day, 10, 20), **why
        )
