"""The door of letters: draft, move, look. Each is *read, decide, write* in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import dropwhile
from pathlib import Path
from typing import Any

from casehub.cases.commands import flow_of
from casehub.cases.commands_together import act_together
from casehub.cases.problems import ActionRefused, AttachmentNotFound
from casehub.cases.rules import Flow
from casehub.deadlines.commands import current_calendar
from casehub.errors import Refusal
from casehub.events.chain import Event, faults
from casehub.events.commands import tell
from casehub.events.messages import NoticeKind
from casehub.letters import drafts, store
from casehub.letters.drafts import CaseOf, addressee_faults
from casehub.letters.flow import (
    SENDS,
    Decision,
    Letter,
    Situation,
    action_of,
    begin,
    decide,
    differences,
    numbered,
    told_outside,
)
from casehub.letters.ladder import Ladder, Step, parse_ladder, wordings
from casehub.letters.ledger import Wanted
from casehub.letters.problems import LadderInvalid, LetterInvalid, LetterNotFound, LetterStale
from casehub.letters.store import Reach, Row
from casehub.people.actors import Actor, Role, Scope, scope_of
from casehub.storage.transaction import Tx
from casehub.wire.problems import RequestInvalid
from casehub.workflow.commands import current_versions, definition_of, known_statuses
from casehub.workflow.definition import Action, DefinitionError

#: Who writes letters; who else sees those about cases in their part of the city.
WRITES = (Role.EVALUATOR, Role.SHIFT_LEADER)
READS = (*WRITES, Role.DISPATCHER, Role.ADMINISTRATOR)
_EXAMPLE = Path(__file__).parent / "ladder.yaml"
_parsed = lru_cache(maxsize=16)(parse_ladder)


async def open_ladder(tx: Tx, at: datetime) -> None:
    """Give a city the example ladder; one that is there stays."""
    if await store.read_ladder(tx) is None:
        await store.lock_ladder(tx)
        if await store.read_ladder(tx) is None:
            await _keep_ladder(tx, 1, _EXAMPLE.read_text(encoding="utf-8"), by="system", at=at)


async def _keep_ladder(tx: Tx, version: int, content: str, *, by: str, at: datetime) -> None:
    await store.write_ladder(tx, {"version": version, "content": content, "made_at": at, "made_by": by})


async def read_ladder(tx: Tx) -> Row:
    """The current ladder: {version, content, made_at, made_by}."""
    row = await store.read_ladder(tx)
    assert row is not None, "furnish the city first"
    return row


async def current_ladder(tx: Tx) -> Ladder:
    """The current ladder, parsed."""
    return _parsed((await read_ladder(tx))["content"], "ladder.yaml")


async def load_ladder(tx: Tx, content: str, *, by: str, at: datetime) -> Row:
    """Make this the ladder; letters already drafted stay what they are. Raises LadderInvalid with every finding."""
    try:
        ladder = parse_ladder(content, "ladder.yaml")
    except DefinitionError as error:
        said = [Refusal("ladder_fits", str(one), str(one), f"content:{one.line}") for one in error.findings]
        raise LadderInvalid(errors=said) from None
    if faults := unprintable(**wordings(ladder)):
        raise LadderInvalid(
            errors=[replace(one, en=f"{one.field}: {one.en}", zh=f"{one.field}：{one.zh}") for one in faults]
        )
    await store.lock_ladder(tx)
    before = await read_ladder(tx)
    if before["content"] != content:
        await _keep_ladder(tx, before["version"] + 1, content, by=by, at=at)
    return await read_ladder(tx)


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter as somebody wants it; what is left out is as the ladder says."""

    step: str
    case_nos: tuple[str, ...]
    to_unit: str | None = None
    cc_units: tuple[str, ...] = ()
    title: str | None = None
    body: str | None = None
    reply_limit: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    secrecy: str | None = None
    urgency: str | None = None
    parent_id: int | None = None


async def letter_flow(tx: Tx, letter: Letter | None = None) -> Flow:
    """The flow that a letter began with, or that new ones begin with."""
    if letter is None:
        return flow_of((await current_versions(tx))["letter"])
    return flow_of(await definition_of(tx, letter.workflow_digest))


def reach_of(by: Actor, *roles: Role) -> Reach:
    """Which letters somebody sees by their posts of these roles, and as the unit that gets them."""
    posts = by.with_posts(post for post in by.posts if post.role in roles)
    unit = by.department if Role.DEPARTMENT in by.roles else None
    return Reach(Scope(scope_of(posts).parts), unit)


async def draft_letter(tx: Tx, asked: Asked, *, by: Actor, at: datetime) -> Letter:
    """Draft an official letter about cases of one unit. Raises LetterInvalid with every reason, LetterNotFound."""
    ladder = await current_ladder(tx)
    cases = await ask(tx, ladder, asked, by)
    if found := addressee_faults(cases, asked.to_unit):
        raise LetterInvalid(errors=found)
    return (await draft_for(tx, ladder, asked, [cases], by=by, at=at))[0]


async def ask(tx: Tx, ladder: Ladder, asked: Asked, by: Actor) -> list[CaseOf]:
    """The cases of a letter, which may have it. Locks the cases. Raises LetterInvalid."""
    faults = await wish_faults(tx, ladder, asked)
    cases, refused = await sort_cases(tx, ladder, asked, by)
    if faults := [*faults, *refused.values()]:
        raise LetterInvalid(errors=faults)
    return cases


async def wish_faults(tx: Tx, ladder: Ladder, asked: Asked) -> list[Refusal]:
    """What is wrong with a letter, whatever its cases."""
    units = await store.read_units(tx, asked.cc_units)
    unknown = [_unknown_unit(one) for one in asked.cc_units if one not in units]
    return [*_step_faults(ladder.steps.get(asked.step), asked.step, ladder), *_text_faults(asked), *unknown]


async def sort_cases(
    tx: Tx, ladder: Ladder, asked: Asked, by: Actor
) -> tuple[list[CaseOf], dict[str, Refusal]]:
    """Those of the cases that may have this step, locked; and by its number why each other one may not."""
    step = ladder.steps.get(asked.step)
    cases = await store.read_cases(tx, asked.case_nos, reach_of(by, *WRITES).scope)
    seen = {one.case_no for one in cases}
    refused = {one: _unknown_case(one) for one in asked.case_nos if one not in seen}
    if step is not None and (asked.reply_limit or step.reply_limit):
        refused |= {one.case_no: _closed(one) for one in cases if not one.open}
    taken = await store.read_taken(tx, [asked.step], cases, standing=True)
    refused |= {one.case_no: _taken(one, taken[one.case_id]) for one in cases if one.case_id in taken}
    return [one for one in cases if one.case_no not in refused], refused


def _unknown_case(case_no: str) -> Refusal:
    en = f"there is no case {case_no!r}, or it lies outside what you may see"
    return Refusal("unknown_case", en, f"案件不存在或不在您的可见范围内：{case_no}", "case_nos")


def _closed(case: CaseOf) -> Refusal:
    en = f"case {case.case_no} has closed, so that nobody owes a reply on it: leave it out"
    return Refusal("case_open", en, f"案件 {case.case_no} 已结束，无需回复：请不要列入", "case_nos")


def _unknown_unit(code: str) -> Refusal:
    return Refusal(
        "unknown_department", f"there is no department {code!r}", f"部门不存在：{code}", "cc_units"
    )


def _step_faults(step: Step | None, name: str, ladder: Ladder) -> list[Refusal]:
    drafted = ", ".join(one for one, said in ladder.steps.items() if not said.automatic)
    if step is None:
        return [
            Refusal(
                "unknown_step",
                f"the ladder has no step {name!r}; drafted are {drafted}",
                f"督办阶梯没有 {name}：可选 {drafted}",
                "step",
            )
        ]
    if step.automatic:
        return [
            Refusal(
                "sent_by_itself",
                f"{name} goes out by itself; drafted are {drafted}",
                f"{name} 由系统自动发出：可选 {drafted}",
                "step",
            )
        ]
    return []


def _text_faults(asked: Asked) -> list[Refusal]:
    """Characters that can't be printed are said where they are written, not when the letter is to leave."""
    written = ("title", "body", "contact_name", "contact_phone", "secrecy", "urgency")
    return unprintable(**{name: getattr(asked, name) for name in written})


def unprintable(**said: str | None) -> list[Refusal]:
    """The fields with characters that no font of the press has."""
    if not any(said.values()):
        return []
    from casehub.paper.press import is_printable  # not needed by who only reads: it loads the fonts

    return [
        Refusal("character_printable", f"“{one}” (U+{ord(one):04X}) has no glyph; change it or spell it out", f"“{one}”没有字形，请改写该字符", name)
        for name, value in said.items() if value
        for one in dict.fromkeys(value) if not is_printable(one)
    ]  # fmt: skip


def _taken(case: CaseOf, letter_id: int) -> Refusal:
    en = f"case {case.case_no} has this step already, in letter {letter_id}: withdraw that one, or take the next step"
    return Refusal(
        "step_once",
        en,
        f"案件 {case.case_no} 已有同级文书（{letter_id}）：请先撤回，或采用下一级",
        "case_nos",
    )


async def draft_for(  # noqa: PLR0913 - many letters of one wish
    tx: Tx,
    ladder: Ladder,
    asked: Asked,
    groups: Sequence[Sequence[CaseOf]],
    *,
    by: Actor,
    at: datetime,
    round_id: int | None = None,
) -> list[Letter]:
    """Begin a letter for each group of cases, which are of one unit: `issue` what goes out by itself, else `draft`.

    The caller holds the cases, and knows that none has this step in its round. Raises LetterNotFound for `parent_id`.
    """
    flow, calendar = await letter_flow(tx), await current_calendar(tx)
    step = ladder.steps[asked.step]
    agency, limit = ladder.agencies[step.agency], asked.reply_limit or step.reply_limit
    action = flow.definition.actions["issue" if step.automatic else "draft"]
    parent = await find_letter(tx, asked.parent_id, by=by) if asked.parent_id is not None else None
    number = str(parent.number or "") if parent else ""
    units = await store.read_units(tx, sorted({str(cases[0].department) for cases in groups}))
    decisions: list[Decision] = []
    for letter_id, cases in zip(await store.read_ids(tx, len(groups)), groups, strict=True):
        unit = str(cases[0].department)
        said = drafts.draft(
            step, agency, units[unit], cases, at=at, calendar=calendar, reply_limit=limit, earlier=number
        )
        letter = Letter(
            letter_id, asked.step, step.level, "", flow.definition.digest, agency.code, None, None, unit,
            [*asked.cc_units], asked.title or said.title, asked.body or said.body, said.content, asked.secrecy,
            asked.urgency, limit, None, agency.contact_name if asked.contact_name is None else asked.contact_name,
            agency.contact_phone if asked.contact_phone is None else asked.contact_phone, round_id, asked.parent_id,
            by.name, at, None, at if step.automatic else None, at if step.automatic else None, {}, 0, "", at,
        )  # fmt: skip
        decisions.append(begin(letter, action, by=by, at=at))
    await store.write_new(tx, decisions, groups)
    return [one.letter for one in decisions]


async def find_letter(tx: Tx, letter_id: int, *, by: Actor, lock: bool = False) -> Letter:
    """A letter that they may see. Raises LetterNotFound."""
    reach = Reach(scope_of(by)) if Role.SYSTEM in by.roles else reach_of(by, *READS)
    letter = await store.read_letter(tx, letter_id, reach, lock=lock)
    if letter is None:
        raise LetterNotFound(str(letter_id))
    return letter


async def act(  # noqa: PLR0913 - who does what to which letter, when, on which version
    tx: Tx,
    letter_id: int,
    name: str,
    form: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
) -> Letter:
    """Do an action to a letter, and what it does to its cases.

    Locks the letter, then its cases. Raises LetterNotFound, LetterStale, and what `flow.decide` raises.
    """
    letter = await find_letter(tx, letter_id, by=by, lock=True)
    if seen is not None and seen != letter.version:
        raise LetterStale(f"you saw version {seen}", version=letter.version, status=letter.status)
    at = max(at, letter.last_at)  # who waited for the lock comes after who held it
    flow, ladder = await letter_flow(tx, letter), await current_ladder(tx)
    action = action_of(flow, name)
    await _reaches(tx, letter, action, by)
    photos = form.get("photos") if "photos" in action.form else None
    ids = (
        [one for one in photos if isinstance(one, str) and one.isalnum()] if isinstance(photos, list) else []
    )
    there = await store.read_usable_photos(tx, ids, by.name, scope_of(by)) if ids else []
    situation = Situation(
        letter, action, form, by, at, _step_of(ladder, letter), await current_calendar(tx), there
    )
    decision = decide(flow, situation)
    if faults := _unprintable_after(decision):
        raise LetterInvalid(errors=faults)
    if "give_number" in action.effects:
        year = at.astimezone(situation.calendar.tz).year
        decision = numbered(decision, year, await store.take_number(tx, letter.agency_code, year), by=by)
    await keep(tx, decision)
    for effect in action.effects:
        if effect in _ON_CASES:
            await _ON_CASES[effect](tx, decision, by, at)
    return decision.letter


async def _reaches(tx: Tx, letter: Letter, action: Action, by: Actor) -> None:
    """Who reads letters in the east and writes them in the west signs none of the east. Raises LetterNotFound."""
    acting = by.with_posts(post for post in by.posts if post.role in action.roles)
    if acting.posts and await store.read_letter(tx, letter.letter_id, reach_of(acting, *READS)) is None:
        raise LetterNotFound(str(letter.letter_id))


def _unprintable_after(decision: Decision) -> list[Refusal]:
    """What was revised; and all of it when it is reviewed, since a wording tells what others wrote of a case."""
    letter, names = decision.letter, ("title", "body", "contact_name", "contact_phone")
    if decision.action.name == "review":
        return unprintable(**{name: getattr(letter, name) for name in names}, to_unit=letter.content["unit"])
    return unprintable(**{name: decision.form.get(name) for name in names if name in decision.action.form})


def _step_of(ladder: Ladder, letter: Letter) -> Step:
    """The step of a letter; one that the city has since taken out of its ladder is signed as the heaviest is."""
    return ladder.steps.get(letter.step) or [one for one in ladder.steps.values() if not one.automatic][-1]


#: What other systems hear of.
_TOLD_OUTSIDE = {
    "send": NoticeKind.LETTER_SENT, "reply": NoticeKind.LETTER_REPLIED, "withdraw": NoticeKind.LETTER_WITHDRAWN,
}  # fmt: skip


async def keep(tx: Tx, decision: Decision) -> None:
    """Store what was decided of a letter. Raises LetterStale. The caller holds the letter."""
    if not await store.write_moved(tx, decision):
        raise LetterStale(str(decision.letter.letter_id))
    if photos := decision.form.get("photos"):
        await store.write_photos(tx, decision.letter.letter_id, photos)
    letter = decision.letter
    if letter.sent_at is not None and (kind := _TOLD_OUTSIDE.get(decision.action.name)):
        await tell(tx, f"letter-{letter.letter_id}", kind, told_outside(letter), decision.event.at)


async def _owed(tx: Tx, letter: Letter) -> list[int]:
    """The cases that the unit still leads; those that have closed owe nothing. Locks them."""
    about = await store.read_cases_of(tx, letter.letter_id)
    return [one.case_id for one in about if one.open and one.department == letter.to_unit]


async def _take_over(tx: Tx, decision: Decision, by: Actor, at: datetime) -> None:
    """A case owes one reply at a time, to the letter that was sent last: what was owed to others is lifted."""
    letter = decision.letter
    if letter.reply_limit is not None:
        owed = await _owed(tx, letter)
        await act_together(tx, owed, "lift_supervision", {"reason": f"由{letter.number}接续"}, by=by, at=at)
        await store.write_taken_over(tx, letter.letter_id, owed)


async def _supervise(tx: Tx, decision: Decision, by: Actor, at: datetime) -> None:
    """The reply is owed on its cases, but on those that owe it to a later letter. Raises ActionRefused where none is left."""
    letter, limit = decision.letter, decision.form.get("limit") or decision.letter.reply_limit
    if limit is None:
        return
    owed = await _owed(tx, letter)
    if not owed:
        raise ActionRefused(errors=[_NOTHING_OWED])
    owed = await store.read_not_elsewhere(tx, letter.letter_id, owed)
    form = {"level": letter.level, "content": f"{letter.number} {letter.title}", "limit": limit}
    outcomes = await act_together(tx, owed, "supervise", form, by=by, at=at)
    await store.write_supervised(tx, letter.letter_id, [one for one, why in outcomes.items() if why is None])


async def _supervised(tx: Tx, letter: Letter) -> list[int]:
    """Read when its cases are ours: another letter may just be taking them over."""
    await store.read_cases_of(tx, letter.letter_id)
    return await store.read_supervised(tx, letter.letter_id)


async def _answer(tx: Tx, decision: Decision, by: Actor, at: datetime) -> None:
    """One reply to the letter ends the reply clocks of its cases; a case that was answered by itself stays so."""
    these = await _supervised(tx, decision.letter)
    await act_together(tx, these, "reply_supervision", {"reply": decision.form["reply"]}, by=by, at=at)


async def _release(tx: Tx, decision: Decision, by: Actor, at: datetime) -> None:
    """What a withdrawn letter raised is lifted, and its cases are free for another one."""
    these = await _supervised(tx, decision.letter)
    await act_together(tx, these, "lift_supervision", {"reason": decision.form["reason"]}, by=by, at=at)
    await store.write_released(tx, decision.letter.letter_id)


async def _end(tx: Tx, decision: Decision, by: Actor, at: datetime) -> None:
    """A letter that is closed without a reply asks for none any more; it stays unanswered."""
    if decision.before is not None and decision.before.status == "escalated":
        these = await _supervised(tx, decision.letter)
        await act_together(tx, these, "lift_supervision", {"reason": "文书已办结"}, by=by, at=at)


_ON_CASES = {
    "take_over_cases": _take_over, "supervise_cases": _supervise, "answer_cases": _answer, "release_cases": _release,
    "end_replies": _end,
}  # fmt: skip
_NOTHING_OWED = Refusal(
    "cases_owe_reply",
    "its unit has none of its cases any more, so that no reply can be asked for: withdraw the letter, or accept the reply",
    "所列案件均已结束或不再由该单位主办，无从要求回复：请撤回文书，或认可已有回复",
)


def _unknown_status(status: str, known: Sequence[str]) -> Refusal:
    en = f"no letter is ever {status!r}; there are: {', '.join(known)}"
    return Refusal("unknown_status", en, f"没有状态 {status}；可选：{'、'.join(known)}", "status")


async def list_letters(
    tx: Tx, wanted: Wanted, *, by: Actor, at: datetime, after: int | None, most: int
) -> tuple[list[Letter], int | None]:
    """A page of the ledger (台账), newest first, and where to go on. Raises RequestInvalid for a status that no letter can have."""
    if wanted.status is not None and wanted.status not in (known := await known_statuses(tx)):
        raise RequestInvalid(errors=[_unknown_status(wanted.status, known)])
    rows = await store.read_letters(tx, reach_of(by, *READS), wanted, at, after=after, most=most + 1)
    return rows[:most], rows[most - 1].letter_id if len(rows) > most else None


async def history(tx: Tx, letter: Letter, *, by: Actor) -> list[Event]:
    """The events of a letter, oldest first.

    Who sees it only because it went there sees it from its sending on: opinions of review and signing are the office's own.
    """
    events = await store.read_events(tx, letter.letter_id)
    office = Reach(reach_of(by, *READS).scope)
    if await store.read_letter(tx, letter.letter_id, office) is not None:
        return events
    return [*dropwhile(lambda one: one.action not in SENDS, events)]


async def find_photo(tx: Tx, letter_id: int, attachment_id: str, *, by: Actor) -> Row:
    """A photo of a reply to a letter that they may see. Raises LetterNotFound, AttachmentNotFound."""
    letter = await find_letter(tx, letter_id, by=by)
    photo = await store.read_photo(tx, letter.letter_id, attachment_id)
    if photo is None:
        raise AttachmentNotFound(attachment_id)
    return photo


async def audit(tx: Tx, after: int, most: int = 500) -> tuple[int, int, list[tuple[str, str]]]:
    """Verify the next `most` letters by id: the last id seen, how many, and (letter, fault) for every fault found.

    A letter is its events folded: what they tell of it last is what its row says.
    """
    letters = await store.read_letters_after(tx, after, most)
    found: list[tuple[str, str]] = []
    for letter in letters:
        events = await store.read_events(tx, letter.letter_id)
        wrong = faults(events, letter.head_hash) or differences(letter, events)
        found += [(f"letter {letter.letter_id}", one) for one in wrong]
    return (letters[-1].letter_id if letters else after), len(letters), found
