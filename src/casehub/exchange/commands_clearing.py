"""The door of the scene: plays it day by day on the demo city, through the same doors as everybody, and keeps its own tally."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random

import yaml
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.bulletins import commands as bulletins
from casehub.campaigns import commands as campaigns
from casehub.campaigns import commands_items
from casehub.campaigns.commands_reports import end
from casehub.campaigns.commands_reports import keep_up as keep_campaign
from casehub.campaigns.rules import REBOUND_DAYS, REBOUND_METRES
from casehub.cases.commands import Desk, open_desk, report_cases
from casehub.cases.commands_watch import strike_due
from casehub.cases.reports import Report
from casehub.deadlines.commands import current_calendar
from casehub.departments.commands import add_departments, list_departments
from casehub.errors import Problem
from casehub.exchange.clearing import (
    DIFFICULT_AFTER,
    FAILS,
    RECHECKED,
    UNITS,
    End,
    Lot,
    Unit,
    came_back,
    ladder_of,
    lots,
    newcomers,
    timetable,
)
from casehub.exchange.commands_clearing_stage import (
    Correspondence,
    Scene,
    Stage,
    by_unit,
    clerk,
    person,
)
from casehub.exchange.demo import keep_picture
from casehub.exchange.showcase import Matter
from casehub.letters import commands as letters
from casehub.letters.commands_watch import climb
from casehub.people.actors import EVERYTHING, Role
from casehub.people.commands import add_people, add_posts
from casehub.rates.commands import keep_up as keep_rates
from casehub.settings import Settings
from casehub.storage.blobs import BlobStore
from casehub.storage.transaction import Tx

NAME = "案件清零行动"
SEED = 1
_MINUTE = timedelta(minutes=1)
#: One batch of the watch, and of the letters that it sends.
_BATCH = 500


class ClearingInterrupted(Problem):
    """The scene was begun here and not played to its end; remove the home of this demo (CASEHUB_HOME) and begin anew"""

    type, status = "clearing-interrupted", 409
    zh = "此处的演示场景未完成，请删除演示目录（CASEHUB_HOME）后重新开始"


async def play_once(
    engine: AsyncEngine, settings: Settings, at: datetime, *, tell: Callable[[int, int], None]
) -> Scene:
    """Play the scene on a furnished demo city, unless that was done before; what was done. Raises ClearingInterrupted."""
    assert settings.home is not None
    file = settings.home / "clearing.json"
    if file.is_file():
        return Scene(**json.loads(file.read_text(encoding="utf-8")))
    async with engine.begin() as tx:
        if UNITS[0].code in {row["department_code"] for row in await list_departments(tx)}:
            raise ClearingInterrupted
    scene = await play(engine, settings, at, tell=tell)
    file.write_text(json.dumps(vars(scene), ensure_ascii=False, indent=1), encoding="utf-8")
    return scene


async def play(
    engine: AsyncEngine, settings: Settings, at: datetime, *, tell: Callable[[int, int], None]
) -> Scene:
    """Play the scene in the month that is over before `at`, on a furnished demo city; what was done.

    `tell` hears how many days were played, of how many.
    """
    assert settings.home is not None
    desk, blobs = open_desk(engine, settings, settings.home), BlobStore(settings.home / "photos")
    async with engine.begin() as tx:
        calendar = await current_calendar(tx)
    plan = timetable(calendar, at.astimezone(calendar.tz).date())
    scene = Scene(first=plan.first.isoformat(), end=(plan.end - timedelta(days=1)).isoformat())
    stage = Stage(engine, calendar, plan, lots(SEED, plan), scene)
    await _Play(stage, desk, blobs).run(tell)
    return scene


def tell_scene(scene: Scene, keys: Mapping[str, str], url: str) -> list[str]:
    """What is printed before the scene is served: what happened, and where to look."""
    campaign, bulletin = f"{url}/v1/campaigns/{scene.campaign_id}", f"{url}/v1/bulletins/{scene.bulletin_id}"
    key = f"curl -sS -H 'Authorization: Bearer {keys[Role.EVALUATOR]}'"
    commands = [
        ("what the campaign has come to, unit by unit", f"{key} {campaign}"),
        ("what is left, and what stands in the way", f"{key} '{campaign}/items?open=true'"),
        ("its reports by day, week and month", f"{key} '{campaign}/reports'"),
        ("the ledger of letters", f"{key} '{url}/v1/letters?step=supervision_letter'"),
        ("the bulletin of the month", f"{key} -o bulletin.pdf {bulletin}.pdf"),
    ]
    ended = ", ".join(f"{scene.ended(how)} {how}" for how in ("closed", "voided", "suspended", "open"))
    letters_told = f"{scene.letters['send']} letters about {scene.letters['cases']} cases"
    lines = [
        "",
        f"{NAME}, {scene.first} to {scene.end}: {scene.items['frozen']} cases frozen; {ended}; {letters_told}.",
        "",
    ]
    for said, command in commands:
        lines += [f"# {said}", command, ""]
    return lines


class _Play:
    """The scene while it is played, a transaction for whatever is done at once."""

    def __init__(self, stage: Stage, desk: Desk, blobs: BlobStore) -> None:
        self._stage, self._desk, self._blobs = stage, desk, blobs
        self._plan, self._lots, self._scene, self._photos = stage.plan, stage.lots, stage.scene, stage.photos
        self._at, self._do = stage.at, stage.do
        self._letters = Correspondence(stage)
        self._rng = Random(SEED)  # noqa: S311 - the same scene again
        self._fresh: list[tuple[Matter, tuple[float, float], datetime]] = []
        self._crossed: list[Lot] = []
        self._failed: set[str] = set()

    async def run(self, tell: Callable[[int, int], None]) -> None:
        """All of it."""
        plan, days = self._plan, len(self._plan.weeks) + len(self._plan.working)
        await self._furnish(plan.weeks[0])
        for number, day in enumerate(plan.weeks):
            await self._week(number, day)
            tell(number + 1, days)
        for day in plan.days:
            if day in plan.working:
                number = plan.working.index(day)
                await self._working_day(number, day)
                tell(len(plan.weeks) + number + 1, days)
            await self._night(day)
        await self._finish(plan.end)

    async def _furnish(self, day: date) -> None:
        """The four units, somebody in each, and a photo of each kind for everybody who needs one."""
        at = self._at(day, 8)
        async with self._stage.engine.begin() as tx:
            for unit in UNITS:
                who, code = clerk(unit).name, unit.code
                row = {"department_code": code, "name": unit.name, "kind": unit.kind, "parent_code": None}
                await add_departments(tx, [row])
                said = {
                    "person_no": who,
                    "name": f"{unit.name}经办人",
                    "department_code": code,
                    "active": True,
                }
                await add_people(tx, [said])
                post = {"person_no": who, "role": Role.DEPARTMENT, "area_code": None, "department_code": code}
                await add_posts(tx, [post])
                self._photos[unit.code] = await keep_picture(tx, self._blobs, "after", by=clerk(unit), at=at)
            near = await keep_picture(tx, self._blobs, "near", by=person(Role.COLLECTOR), at=at)
            self._photos["near"] = near

    # The year before: cases are reported and go to units where nobody deals with them.

    async def _week(self, number: int, day: date) -> None:
        fresh = [one for one in self._lots if one.week == number]
        await self._begin(fresh, self._at(day, 8, 30), "5 work_day")
        old = [one for one in self._lots if one.week == number - DIFFICULT_AFTER]
        why = {"reason": "长期未办结"}
        await self._do(old, "mark_difficult", person(Role.DISPATCHER), self._at(day, 14), why)
        await self._strike(self._at(day, 15))

    async def _begin(self, lots: Sequence[Lot], at: datetime, limit: str) -> None:
        """Reported by a collector, filed, dispatched to their units, signed in there."""
        if not lots:
            return
        reports = [
            Report(
                kind="event", category=one.matter.code, source="collector", description=one.matter.sentence, workflow="event",
                lon=one.point[0], lat=one.point[1], address=one.address, photos=(self._photos["near"],),
            )
            for one in lots
        ]  # fmt: skip
        async with self._stage.engine.begin() as tx:
            told = await report_cases(tx, reports, by=person(Role.COLLECTOR), at=at, desk=self._desk)
        for one, outcome in zip(lots, told, strict=True):
            if outcome.problem is not None:
                raise outcome.problem
            assert outcome.case is not None
            one.case_id, one.case_no = outcome.case.case_id, outcome.case.case_no
        await self._do(lots, "propose_filing", person(Role.ACCEPTOR), at + 5 * _MINUTE)
        await self._do(lots, "file", person(Role.SHIFT_LEADER), at + 10 * _MINUTE)
        for unit, theirs in by_unit(lots):
            said = {"department": unit.code, "limit": limit}
            await self._do(theirs, "dispatch", person(Role.DISPATCHER), at + 15 * _MINUTE, said)
            await self._do(theirs, "sign_in", clerk(unit), at + 30 * _MINUTE)

    # The month of the campaign.

    async def _working_day(self, number: int, day: date) -> None:
        if number == 0:
            await self._launch(day)
        await self._climb(self._at(day, 9))
        await self._begin_newcomers(number, self._at(day, 9, 15))
        if number in range(1, 1 + len(UNITS)):
            await self._visit(UNITS[number - 1], self._at(day, 9, 30))
        if number in self._plan.rounds:
            await self._letters.begin(self._plan.rounds.index(number), number, day)
        await self._letters.answer(number, day)
        await self._handle(number, day)
        await self._cross_off(self._at(day, 17))

    async def _launch(self, day: date) -> None:
        """The ladder of the city, and the list: what is difficult and late at the four units."""
        evaluator = person(Role.EVALUATOR)
        said = {
            "kind": "backlog", "name": NAME, "first_day": self._plan.first, "last_day": self._plan.end - timedelta(days=1),
            "owner": evaluator.name, "rebound_days": REBOUND_DAYS, "scope": {"difficult": True, "light": "red"},
            "units": [one.code for one in UNITS], "rhythm": ["day", "week", "month"], "targets": {"cleared_rate": 0.9},
        }  # fmt: skip
        async with self._stage.engine.begin() as tx:
            example = yaml.safe_load((await letters.read_ladder(tx))["content"])
            content = yaml.safe_dump(ladder_of(example), allow_unicode=True, sort_keys=False)
            await letters.load_ladder(tx, content, by=person(Role.ADMINISTRATOR).name, at=self._at(day, 8))
            planned = await campaigns.plan_campaign(tx, said, by=evaluator, at=self._at(day, 8))
            self._scene.campaign_id = planned.campaign_id
        async with self._stage.engine.begin() as tx:
            _, items = await campaigns.launch(
                tx, planned.campaign_id, by=evaluator, scope=EVERYTHING, at=self._at(day, 8, 30)
            )
            self._scene.items["frozen"] = items

    async def _begin_newcomers(self, number: int, at: datetime) -> None:
        fresh = [
            Lot(unit, matter, point, -1, End.OPEN, -1, None)
            for unit, matter, point in newcomers(self._rng, self._lots, number)
        ]
        await self._begin(fresh, at, "10 work_day")
        self._fresh += [(one.matter, one.point, at) for one in fresh]
        self._scene.items["newcomers"] += len(fresh)

    async def _visit(self, unit: Unit, at: datetime) -> None:
        """Somebody goes there; what stands in the way of each case is written down."""
        said = {
            "department_code": unit.code, "visited_at": at, "people": ["示例考评员", f"{unit.name}经办人"],
            "problems": "平台无人值守，案件长期积压", "agreed": "专人值守，每日清零，疑难案件一案一策",
        }  # fmt: skip
        stuck = [one for one in self._lots if one.unit is unit and one.obstacle]
        async with self._stage.engine.begin() as tx:
            await campaigns.enter_visit(
                tx, self._scene.campaign_id, said, by=person(Role.EVALUATOR), at=at + 60 * _MINUTE
            )
            for one in stuck:
                plan = {"plan": "现场会商，明确责任后处置", "reason": one.obstacle}
                await commands_items.plan_item(
                    tx, self._scene.campaign_id, one.case_no, plan, scope=EVERYTHING, at=at
                )

    async def _handle(self, number: int, day: date) -> None:
        """What is done on this day: handled, checked, closed; voided; suspended."""
        today = [one for one in self._lots if one.done_on == number]
        failing = [one for one in today if one.end is End.FAILED_ONCE]
        closing = [one for one in self._lots if one.closes and one.closes_on == number]
        for unit, theirs in by_unit(failing + closing):
            said = {"result": "已处置完毕", "photos": [self._photos[unit.code]]}
            await self._do(theirs, "feedback", clerk(unit), self._at(day, 11), said)
        collector = person(Role.COLLECTOR)
        sent = {"collector": collector.name}
        await self._do(failing + closing, "send_check", person(Role.ACCEPTOR), self._at(day, 14), sent)
        for those, result in ((failing, "not_pass"), (closing, "pass")):
            seen = {"result": result, "photos": [self._photos["near"]]}
            await self._do(those, "check_done", collector, self._at(day, 14, 40), seen)
        met, at = {"closing_condition_met": True}, self._at(day, 14, 55)
        await self._do(closing, "close", person(Role.SHIFT_LEADER), at, met)
        for one in closing:
            one.closed_at = at
        self._scene.items["failed_checks"] += len(failing)
        await self._end_otherwise(today, day)
        for one in [*closing, *(one for one in today if one.end in {End.VOIDED, End.SUSPENDED})]:
            self._scene.units[one.unit.code]["closed" if one.closes else one.end.value] += 1

    async def _end_otherwise(self, today: Sequence[Lot], day: date) -> None:
        voided = [one for one in today if one.end is End.VOIDED]
        reason = {"reason": "现场核实为重复录入"}
        await self._do(voided, "propose_void", person(Role.DISPATCHER), self._at(day, 15), reason)
        await self._do(voided, "void", person(Role.SHIFT_LEADER), self._at(day, 16), reason)
        parked = [one for one in today if one.end is End.SUSPENDED]
        until = {
            "until": (self._at(day, 0) + timedelta(days=120)).isoformat(),
            "reason": "待汛期后施工",
        }
        for unit, theirs in by_unit(parked):
            await self._do(theirs, "request_suspension", clerk(unit), self._at(day, 15), until)
        await self._do(parked, "suspend", person(Role.DISPATCHER), self._at(day, 16))

    async def _cross_off(self, at: datetime) -> None:
        """What was supervised and is closed is crossed off by its unit; some of it is looked at again."""
        done = [
            one for one in self._lots if one.round is not None and one.closed_at and one not in self._crossed
        ]
        async with self._stage.engine.begin() as tx:
            for one in done:
                await self._cross(tx, one, at)
                self._crossed.append(one)
                if len(self._crossed) % RECHECKED == 0:
                    await self._recheck(tx, one, at + 10 * _MINUTE)

    async def _cross(self, tx: Tx, one: Lot, at: datetime) -> None:
        proof, number = [self._photos[one.unit.code]], self._scene.campaign_id
        self._scene.items["crossed_off"] += 1
        await commands_items.write_off(
            tx, number, one.case_no, proof, "已处置", by=clerk(one.unit), scope=EVERYTHING, at=at
        )

    async def _recheck(self, tx: Tx, one: Lot, at: datetime) -> None:
        """Of those that fail every other one is put right the same evening, and crossed off anew."""
        self._scene.items["rechecked"] += 1
        fails = self._scene.items["rechecked"] % FAILS == 0
        result, finding = ("fail", "现场仍有遗留") if fails else ("pass", "现场已清理")
        evaluator, number = person(Role.EVALUATOR), self._scene.campaign_id
        await commands_items.recheck(
            tx, number, one.case_no, result, finding, by=evaluator, scope=EVERYTHING, at=at
        )
        if fails:
            self._scene.items["failed"] += 1
            if self._scene.items["failed"] % 2 == 0:
                self._scene.items["renewed"] += 1
                await self._cross(tx, one, at + 10 * _MINUTE)
            else:
                self._failed.add(one.case_no)

    # What runs without anybody, and the end.

    async def _strike(self, at: datetime) -> None:
        found = 1
        while found:
            async with self._stage.engine.begin() as tx:
                found = await strike_due(tx, at, most=_BATCH)

    async def _climb(self, at: datetime) -> None:
        rung: int | None = 0
        while rung is not None:
            async with self._stage.engine.begin() as tx:
                rung = (await climb(tx, at, most=_BATCH, rung=rung)).rung

    async def _night(self, day: date) -> None:
        """The clocks that struck, and the reports of the day that is over."""
        at = self._at(day + timedelta(days=1), 0, 30)
        await self._strike(at)
        if self._scene.campaign_id:
            async with self._stage.engine.begin() as tx:
                await keep_campaign(tx, self._scene.campaign_id, at)

    async def _finish(self, day: date) -> None:
        """The campaign ends; the month's bulletin is drawn up from what there is, and published."""
        evaluator = person(Role.EVALUATOR).name
        async with self._stage.engine.begin() as tx:
            await end(tx, self._scene.campaign_id, self._at(day, 9))
        more = True
        while more:
            async with self._stage.engine.begin() as tx:
                more = await keep_rates(tx, self._at(day, 9, 30))
        monthly = next(one for one in bulletins.examples() if one.bulletin == "monthly")
        async with self._stage.engine.begin() as tx:
            await bulletins.define(tx, monthly, by=evaluator, at=self._at(day, 9, 30))
            drawn = await bulletins.draw(tx, "monthly", self._plan.first, by=evaluator, at=self._at(day, 10))
            await bulletins.publish(tx, drawn.bulletin_id, by=evaluator, at=self._at(day, 10, 30))
        self._scene.bulletin_id = drawn.bulletin_id
        again = came_back(self._lots, self._fresh, timedelta(days=REBOUND_DAYS), REBOUND_METRES)
        self._scene.items["came_back"] = len(again - self._failed)
        planned = [one for one in self._lots if one.planned_for is not None]
        self._scene.items["planned"] = len(planned)
        self._scene.items["on_plan"] = sum(one.on_plan and one.case_no not in self._failed for one in planned)
        for one in self._lots:
            if one.end is End.OPEN:
                self._scene.units[one.unit.code]["open"] += 1
