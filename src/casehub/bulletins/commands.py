"""The door of bulletins: define, draw up, publish, withdraw, and tell what came out otherwise since."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from casehub.bulletins import store
from casehub.bulletins.asked import asked_of
from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.content import Drawing, content_of
from casehub.bulletins.corrections import Correction, corrections
from casehub.bulletins.definition import Definition, Group, Section, faults, formula_of, parse
from casehub.bulletins.layout import Language, document_of
from casehub.bulletins.problems import (
    BulletinDefinitionInvalid,
    BulletinDefinitionNotFound,
    BulletinNotFound,
    BulletinNotPublished,
    BulletinPublished,
    DraftChanged,
    PeriodNotOver,
)
from casehub.campaigns.commands_standing import campaigns_in
from casehub.deadlines.commands import current_calendar
from casehub.events.chain import canonical
from casehub.events.commands import tell
from casehub.events.messages import NoticeKind
from casehub.letters.commands_figures import letter_figures
from casehub.letters.figures import Period as LetterPeriod
from casehub.paper.document import Document
from casehub.people.actors import EVERYTHING
from casehub.rates.asking import Days, read_figures, read_filters
from casehub.rates.commands import hold
from casehub.rates.commands_answers import answer, changed_behind, handling_due_on, standing
from casehub.rates.commands_scores import rule_book
from casehub.rates.counts import COUNTED, Stock
from casehub.rates.formula import Formula
from casehub.rates.periods import Unit, unit_around
from casehub.rates.questions import Question
from casehub.rates.rulebook import RuleBook
from casehub.storage.transaction import Tx

#: Overdue cases that a bulletin lists; it says how many there are in all.
MOST_OVERDUE = 100
#: Cases that are named behind a correction.
MOST_CASES = 20


def examples() -> list[Definition]:
    """The definitions that ship, by name."""
    shipped = sorted(files("casehub.bulletins").joinpath("examples").iterdir(), key=lambda one: one.name)
    return [parse(one.read_text(encoding="utf-8"), one.name) for one in shipped]


async def define(tx: Tx, definition: Definition, *, by: str, at: datetime) -> None:
    """Keep a definition, for what is drawn up from now on. Raises BulletinDefinitionInvalid with every reason."""
    if found := faults(definition, await store.read_known(tx, _formulas(await rule_book(tx)))):
        raise BulletinDefinitionInvalid(errors=found)
    await store.write_definition(tx, definition.bulletin, definition.model_dump(mode="json"), by=by, at=at)


async def list_definitions(tx: Tx) -> list[dict[str, Any]]:
    """Every definition, by name: {said, made_at, made_by}."""
    return await store.read_definitions(tx)


async def find_definition(tx: Tx, name: str, *, lock: bool = False) -> Definition:
    """A definition. Raises BulletinDefinitionNotFound."""
    said = await store.read_definition(tx, name, lock=lock)
    if said is None:
        raise BulletinDefinitionNotFound(name)
    return Definition.model_validate(said)


async def draw_up(tx: Tx, definition: Definition, days: Days, at: datetime) -> dict[str, Any]:
    """The content of a bulletin as figures are at `at`, all of one instant; the worker of rates waits meanwhile."""
    held, calendar = await hold(tx), await current_calendar(tx)
    ranking = definition.ranking if Section.RANKING in definition.sections else None
    book = await rule_book(tx)
    formula = None if ranking is None else formula_of(ranking, _formulas(book))
    scheme = book.schemes[formula.bands].said if formula is not None and formula.bands is not None else None
    asked = asked_of(definition, days, calendar.tz, formula)
    # What catches up with the events comes first: what is held after it stays as it is.
    overdue = await _overdue(tx, asked["city"].question, at) if Section.OVERDUE in definition.sections else []
    answers = {name: await answer(tx, one.question, at, held) for name, one in asked.items()}
    groups: dict[str, Question] = {
        group.by: answers[f"by {group.by}"].question for group in definition.groups
    }
    deadlines = (
        {by: await handling_due_on(tx, question, at) for by, question in groups.items()} if formula else {}
    )
    units = [await _units(tx, group) for group in definition.groups]
    period = days.period(calendar.tz)
    pressed = LetterPeriod(period.first, min(period.end, at))
    letters = await letter_figures(tx, pressed) if Section.LETTERS in definition.sections else {}
    campaigns = await campaigns_in(tx, days, at) if Section.CAMPAIGNS in definition.sections else []
    return content_of(Drawing(
        definition, days, at, calendar, formula, scheme, asked, answers, units, deadlines, overdue, letters, campaigns
    ))  # fmt: skip


def _formulas(book: RuleBook) -> dict[str, Formula]:
    return {name: kept.said for name, kept in book.formulas.items()}


async def _overdue(tx: Tx, question: Question, at: datetime) -> list[dict[str, Any]]:
    stock = COUNTED["overdue_open"]
    assert isinstance(stock, Stock)
    found = await standing(tx, question, stock, at, after=None, most=MOST_OVERDUE)
    return await store.read_overdue(tx, [case_id for case_id, _, _ in found])


async def _units(tx: Tx, group: Group) -> dict[str, str]:
    if group.by in {"department", "unit"}:
        on_top = group.by == "department"
        return await store.read_units(tx, group.codes, group.kinds, on_top=on_top)
    return await store.read_areas_of(tx, group.by, group.codes)


async def days_of(tx: Tx, definition: Definition, on: date | None, at: datetime) -> Days:
    """The period that holds a day; without one, the last that is over."""
    unit = Unit(definition.rhythm.value)
    if on is None:
        today = at.astimezone((await current_calendar(tx)).tz).date()
        on = unit_around(unit, today)[0] - timedelta(days=1)
    return Days(*unit_around(unit, on))


async def draw(tx: Tx, name: str, on: date | None, *, by: str, at: datetime) -> Bulletin:
    """Draw up the draft of a period, anew where there is one. Locks the definition.

    Raises BulletinDefinitionNotFound, BulletinPublished.
    """
    definition = await find_definition(tx, name, lock=True)
    days = await days_of(tx, definition, on, at)
    drawn = await store.read_drawn(tx, name, days.first, days.end)
    if drawn is not None and drawn[1] == "published":
        raise BulletinPublished(bulletin_id=drawn[0])
    content = canonical(await draw_up(tx, definition, days, at))
    row = {
        "content": content, "digest": hashlib.sha256(content.encode()).hexdigest(), "drawn_at": at, "drawn_by": by,
    }  # fmt: skip
    if drawn is not None and drawn[1] == "draft":
        bulletin_id = drawn[0]
        await store.write_changes(tx, bulletin_id, row)
    else:
        bulletin_id = await store.write_draft(tx, {**row, "bulletin": name, "first": days.first, "end": days.end})  # fmt: skip
    return await find(tx, bulletin_id, drafts=True)


async def due_definitions(tx: Tx, at: datetime) -> list[str]:
    """The scheduled bulletins whose last period is over and sealed, and was never drawn up; none from before the first case."""
    (first, sealed_to), tz = await store.read_counted(tx), (await current_calendar(tx)).tz
    if first is None or sealed_to is None:
        return []
    found = []
    for one in await store.read_definitions(tx):
        definition = Definition.model_validate(one["said"])
        days = await days_of(tx, definition, None, at)
        counted = first < days.period(tz).end and days.end <= sealed_to
        drawn = await store.read_drawn(tx, definition.bulletin, days.first, days.end)
        if definition.scheduled and counted and drawn is None:
            found.append(definition.bulletin)
    return found


async def draw_due(tx: Tx, name: str, at: datetime) -> bool:
    """Draw up what is due, unless another worker is at it or has done it; whether it did."""
    if not await store.try_definition(tx, name) or name not in await due_definitions(tx, at):
        return False
    await draw(tx, name, None, by="system", at=at)
    return True


async def find(tx: Tx, bulletin_id: int, *, drafts: bool) -> Bulletin:
    """A bulletin; a draft for those alone who may see `drafts`. Raises BulletinNotFound."""
    found = await store.read_bulletin(tx, bulletin_id)
    if found is None or (found.state == "draft" and not drafts):
        raise BulletinNotFound(str(bulletin_id))
    return found


async def list_bulletins(
    tx: Tx, *, drafts: bool, name: str | None, state: str | None, after: int | None, most: int
) -> list[dict[str, Any]]:
    """Bulletins without their content, the newest first."""
    return await store.read_bulletins(tx, drafts=drafts, name=name, state=state, after=after, most=most)


async def publish(tx: Tx, bulletin_id: int, *, by: str, at: datetime, seen: int | None = None) -> Bulletin:
    """Publish a draft as it is: its content stays, with its digest and the next number of the year; webhooks hear of it.

    Raises BulletinNotFound, BulletinPublished, PeriodNotOver, DraftChanged when `seen` is not its version.
    """
    bulletin = await _locked(tx, bulletin_id)
    if bulletin.state != "draft":
        raise BulletinPublished
    if seen is not None and seen != bulletin.version:
        raise DraftChanged(version=bulletin.version)
    if bulletin.drawn_at.astimezone((await current_calendar(tx)).tz).date() < bulletin.end:
        raise PeriodNotOver
    year = (bulletin.end - timedelta(days=1)).year
    number = await store.read_last_number(tx, bulletin.bulletin, year) + 1
    row = {"state": "published", "year": year, "number": number, "published_at": at, "published_by": by}
    await store.write_changes(tx, bulletin_id, row)
    published = await find(tx, bulletin_id, drafts=True)
    await _tell(tx, NoticeKind.BULLETIN_PUBLISHED, published, at)
    return published


async def withdraw(tx: Tx, bulletin_id: int, reason: str, *, by: str, at: datetime) -> Bulletin:
    """Mark a published bulletin as withdrawn; it stays to be read. Raises BulletinNotFound, BulletinNotPublished."""
    bulletin = await _locked(tx, bulletin_id)
    if bulletin.state != "published":
        raise BulletinNotPublished
    row = {"state": "withdrawn", "withdrawn_at": at, "withdrawn_by": by, "withdrawn_reason": reason}
    await store.write_changes(tx, bulletin_id, row)
    withdrawn = await find(tx, bulletin_id, drafts=True)
    await _tell(tx, NoticeKind.BULLETIN_WITHDRAWN, withdrawn, at)
    return withdrawn


async def _locked(tx: Tx, bulletin_id: int) -> Bulletin:
    """One after the other draws up and publishes what a definition defines, so that no number is given twice."""
    found = await find(tx, bulletin_id, drafts=True)
    await store.read_definition(tx, found.bulletin, lock=True)
    return await find(tx, bulletin_id, drafts=True)


async def _tell(tx: Tx, kind: NoticeKind, bulletin: Bulletin, at: datetime) -> None:
    said = orjson.loads(bulletin.content)["definition"]
    data = {
        "bulletin_id": bulletin.bulletin_id, "bulletin": bulletin.bulletin, "title": said["title"], "title_en": said["title_en"],
        "year": bulletin.year, "number": bulletin.number, "period": {"from": bulletin.first, "to": bulletin.end},
        "digest": bulletin.digest, "withdrawn_reason": bulletin.withdrawn_reason, "address": f"/v1/bulletins/{bulletin.bulletin_id}",
    }  # fmt: skip
    await tell(tx, f"bulletin-{bulletin.bulletin_id}", kind, data, at)


async def document(tx: Tx, bulletin: Bulletin, language: Language) -> Document:
    """A bulletin as it is printed."""
    return document_of(bulletin, (await current_calendar(tx)).tz, language)


async def find_corrections(tx: Tx, bulletin: Bulletin, at: datetime) -> list[tuple[Correction, list[str]]]:
    """What was published and comes out otherwise at `at`, each with the cases by which it does, at most MOST_CASES and one.

    Campaigns are told as they stood when it was drawn up: that they move on corrects nothing.
    Raises BulletinNotPublished.
    """
    if bulletin.state == "draft":
        raise BulletinNotPublished
    then: dict[str, Any] = orjson.loads(bulletin.content)
    said = Definition.model_validate(then["definition"])
    definition = said.model_copy(
        update={"sections": tuple(one for one in said.sections if one is not Section.CAMPAIGNS)}
    )
    drawn = await draw_up(tx, definition, Days(bulletin.first, bulletin.end), at)
    found = corrections(then, orjson.loads(canonical(drawn)))
    tz = (await current_calendar(tx)).tz
    questions = [_question(one.asked, tz) for one in found if one.asked]
    behind = iter(await changed_behind(tx, questions, bulletin.drawn_at, at, most=MOST_CASES + 1))
    return [(one, next(behind) if one.asked else []) for one in found]


def _question(asked: Mapping[str, str], tz: ZoneInfo) -> Question:
    days = Days(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
    rates, counts = read_figures([asked["figure"]])
    return Question(rates, counts, days.period(tz), (), read_filters(asked), EVERYTHING)
