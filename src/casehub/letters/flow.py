"""What may happen to a letter, and what follows: `decide` moves it, pure. The flow itself is `workflows/letter.yaml`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import orjson

from casehub.cases.problems import ActionNotPossible, ActionRefused, ActionUnknown
from casehub.cases.rules import Flow, read_form, role_of
from casehub.deadlines.calendar import Calendar
from casehub.deadlines.limits import deadline, parse_limit
from casehub.errors import Refusal
from casehub.events.chain import GENESIS, Event, canonical, link
from casehub.letters.ladder import Step
from casehub.letters.numbers import Number
from casehub.people.actors import Actor
from casehub.workflow.definition import Action

Changes = dict[str, Any]
#: The actions by which a unit gets a letter: by hand, and by the watch.
SENDS = ("send", "issue")


@dataclass(frozen=True)
class Letter:
    """The present of a letter. `content` is what its document says besides: names, and the table of cases."""

    letter_id: int
    step: str
    level: int
    status: str
    workflow_digest: str
    agency_code: str
    year: int | None
    seq: int | None
    to_unit: str
    cc_units: list[str]
    title: str
    body: str
    content: dict[str, Any]
    secrecy: str | None
    urgency: str | None
    reply_limit: str | None
    reply_due_at: datetime | None
    contact_name: str
    contact_phone: str
    round_id: int | None
    parent_id: int | None
    drafted_by: str
    drafted_at: datetime
    signed_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    marks: dict[str, Any]
    version: int
    head_hash: str
    last_at: datetime

    @property
    def number(self) -> Number | None:
        """Its number, once it is signed."""
        if self.year is None or self.seq is None:
            return None
        return Number(self.agency_code, self.year, self.seq)


LETTER_COLUMNS = tuple(one.name for one in fields(Letter))
#: The chain covers these already.
_NOT_TOLD = {"version", "head_hash", "last_at"}


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a guard or an effect may look at; `photos` are those of the form that the actor may use."""

    letter: Letter
    action: Action
    form: Mapping[str, Any]
    actor: Actor
    at: datetime
    step: Step
    calendar: Calendar
    photos: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A letter after an action, and the event that tells it."""

    before: Letter | None
    letter: Letter
    action: Action
    form: Mapping[str, Any]
    event: Event


Guard = Callable[[Situation], bool]
Effect = Callable[[Situation], Changes]
GUARDS: dict[str, tuple[Guard, Refusal]] = {}
EFFECTS: dict[str, Effect] = {}
#: The form fields that an effect reads, and what else the door does for it; see `commands.act`.
NEEDS: dict[str, frozenset[str]] = {
    "give_number": frozenset(), "take_over_cases": frozenset(), "supervise_cases": frozenset(), "answer_cases": frozenset({"reply"}),
    "release_cases": frozenset({"reason"}), "end_replies": frozenset(),
}  # fmt: skip


def _guard(en: str, zh: str, field: str | None = None) -> Callable[[Guard], Guard]:
    def enter(holds: Guard) -> Guard:
        GUARDS[holds.__name__] = (holds, Refusal(holds.__name__, en, zh, field))
        return holds

    return enter


def _effect(*needs: str) -> Callable[[Effect], Effect]:
    def enter(changes: Effect) -> Effect:
        EFFECTS[changes.__name__] = changes
        NEEDS[changes.__name__] = frozenset(needs)
        return changes

    return enter


@_guard(
    "the ladder has another role sign this letter; see GET /v1/letters/ladder",
    "按督办阶梯，该文书由其他岗位签发，见 GET /v1/letters/ladder",
)
def signer_fits(s: Situation) -> bool:
    """The ladder says who signs."""
    return bool(s.actor.roles & {*s.step.signers})


@_guard(
    "say what changes: its title, body, reply limit or contact", "请填写需修改的标题、正文、回复时限或联系人"
)
def something_revised(s: Situation) -> bool:
    """A form with blanks alone, or when it was seen, changes nothing."""
    return bool(s.form.keys() & LETTER_COLUMNS)


@_guard(
    "who drafted, revised or reviewed a letter does not sign it; ask another person",
    "草拟人、修改人或审核人不能签发，请由他人签发",
)
def signed_by_another(s: Situation) -> bool:
    """Two persons stand behind every official letter. Source: our choice, as for voiding a case."""
    marks = s.letter.marks
    return s.actor.name not in {s.letter.drafted_by, marks.get("reviewed_by"), *marks.get("revised_by", ())}


@_guard("only the unit that the letter went to may do this", "仅收文单位可以办理")
def by_addressee(s: Situation) -> bool:
    """The department that it is addressed to."""
    return s.actor.department == s.letter.to_unit


@_guard("this letter asks for no reply", "该文书无需回复")
def reply_owed(s: Situation) -> bool:
    """It has a reply limit."""
    return s.letter.reply_limit is not None


@_guard(
    "a reply has photos of the result, or says the plan by which it will be reached",
    "回复须附处置后照片，或说明整改计划",
    "photos",
)
def proof_or_plan(s: Situation) -> bool:
    """With result and photos, or the reason and a plan. Source: reference 6.4."""
    return bool(s.form.get("photos") or s.form.get("plan"))


@_guard("a photo is not there; upload it with POST /v1/attachments first", "照片不存在，请先上传", "photos")
def photos_there(s: Situation) -> bool:
    """Photos that the actor has uploaded, or may see."""
    return {*s.form.get("photos", ())} <= {*s.photos}


@_guard("the reply is not overdue yet", "回复期限未到")
def reply_overdue(s: Situation) -> bool:
    """No reply by the due date. Source: reference 6.4."""
    return s.letter.reply_due_at is not None and s.at > s.letter.reply_due_at


@_guard(
    "the unit still owes a reply; wait for it, or withdraw the letter",
    "收文单位尚未回复，请待其回复或撤回文书",
)
def no_reply_owed(s: Situation) -> bool:
    """It asks for none, has one that was accepted, or another letter has taken its place."""
    return s.letter.reply_limit is None or s.letter.status in {"accepted", "escalated"}


@_effect("title", "body", "reply_limit")
def revise(s: Situation) -> Changes:
    """What is said stands in the place of what was there; who said it wrote the letter too."""
    said = {name: value for name, value in s.form.items() if name in LETTER_COLUMNS}
    return {**said, "revised_by": sorted({*s.letter.marks.get("revised_by", ()), s.actor.name})}


@_effect()
def record_review(s: Situation) -> Changes:
    """Who looked at it."""
    return {"reviewed_by": s.actor.name}


@_effect()
def record_signing(s: Situation) -> Changes:
    """Who signed; the number follows."""
    return {"signed_at": s.at, "signed_by": s.actor.name}


@_effect()
def record_sending(s: Situation) -> Changes:
    """The unit has it from now on."""
    return {"sent_at": s.at, "reply_due_at": _due(s, s.letter.reply_limit)}


@_effect()
def record_receipt(s: Situation) -> Changes:
    """Who took it in charge."""
    return {"received_by": s.actor.name, "received_at": s.at.isoformat()}


@_effect("reply", "photos", "plan", "finish_by")
def record_reply(s: Situation) -> Changes:
    """What the unit answers; earlier answers stay in the history."""
    late = s.letter.reply_due_at is not None and s.at > s.letter.reply_due_at
    done_by = s.form.get("finish_by")
    said = {**s.form, "finish_by": done_by.isoformat()} if done_by else {**s.form}
    reply = {**said, "by": s.actor.name, "at": s.at.isoformat(), "late": late}
    return {"reply": reply, **_more(s, "reply_count")}


@_effect()
def record_acceptance(s: Situation) -> Changes:
    """Who found the reply good enough."""
    return {"accepted_by": s.actor.name}


@_effect("reason", "limit")
def record_rejection(s: Situation) -> Changes:
    """Back to the unit, with a new due date. Source: reference 6.4."""
    return {
        "reply_due_at": _due(s, s.form.get("limit") or s.letter.reply_limit),
        **_more(s, "rejection_count"),
    }


def _more(s: Situation, mark: str) -> Changes:
    return {mark: int(s.letter.marks.get(mark, 0)) + 1}


def _due(s: Situation, limit: str | None) -> datetime | None:
    return None if limit is None else deadline(parse_limit(limit), s.at, s.calendar)


def begin(letter: Letter, action: Action, *, by: Actor, at: datetime) -> Decision:
    """The birth of a letter, at version 0 until then."""
    return _told(None, replace(letter, status=str(action.to)), action, {}, by, at)


def decide(flow: Flow, s: Situation) -> Decision:
    """What the action does; writes nothing.

    Raises ActionUnknown, WrongRole, ActionNotPossible, FormInvalid, or ActionRefused with every guard's reason.
    """
    role_of(s.action, s.actor)
    if s.letter.status not in s.action.from_:
        raise ActionNotPossible(
            f"{s.action.name} starts from {', '.join(s.action.from_)}; the letter is {s.letter.status}",
            state=s.letter.status, possible=list(flow.machine.possible(s.letter.status)),
        )  # fmt: skip
    s = replace(s, form=read_form(s.action, s.form))

    def run_guards() -> list[Refusal]:
        return [why for holds, why in map(GUARDS.__getitem__, s.action.guards) if not holds(s)]

    moved = flow.machine.move(s.letter.status, s.action.name, s.form, run_guards)
    if moved.to is None:
        raise ActionRefused(errors=moved.refusals)
    changes: Changes = {}
    for name in s.action.effects:
        changes |= EFFECTS[name](s) if name in EFFECTS else {}
    ended = s.at if flow.definition.states[moved.to].terminal else None
    after = changed(s.letter, {**changes, "status": moved.to, "ended_at": ended})
    return _told(s.letter, after, s.action, s.form, s.actor, s.at)


def action_of(flow: Flow, name: str) -> Action:
    """An action that moves a letter. Raises ActionUnknown."""
    action = flow.definition.actions.get(name)
    if action is None or not action.from_:
        raise ActionUnknown(f"{name!r} is not an action of letters")
    return action


def changed(letter: Letter, changes: Changes) -> Letter:
    """The letter with columns changed; any other key is a mark."""
    columns = {key: value for key, value in changes.items() if key in LETTER_COLUMNS}
    marks = {key: value for key, value in changes.items() if key not in LETTER_COLUMNS}
    return replace(letter, **columns, marks={**letter.marks, **marks})


def numbered(decision: Decision, year: int, seq: int, *, by: Actor) -> Decision:
    """The same decision with the number that it was given: no number is taken for a letter that is refused."""
    letter = replace(decision.letter, year=year, seq=seq)
    return _told(decision.before, letter, decision.action, decision.form, by, decision.event.at)


def _told(
    before: Letter | None, after: Letter, action: Action, form: Mapping[str, Any], by: Actor, at: datetime
) -> Decision:
    """With its event, chained as those of cases are; its `case_id` is the id of the letter."""
    was, now = vars(before) if before else {}, vars(after)
    version = before.version + 1 if before else 1
    told = {
        name: now[name]
        for name in LETTER_COLUMNS
        if name not in _NOT_TOLD and (not before or now[name] != was[name])
    }
    body = {
        "by": by.name, "role": role_of(action, by), "from": before and before.status, "to": after.status, "form": dict(form),
        "letter": told,
    }  # fmt: skip
    event = link(after.letter_id, version, action.name, at, body, before.head_hash if before else GENESIS)
    kept = replace(after, version=version, head_hash=event.hash, last_at=at)
    return Decision(before, kept, action, form, event)


def differences(letter: Letter, events: Sequence[Event]) -> list[str]:
    """What a row says that its events do not."""
    told: dict[str, Any] = {}
    for event in events:
        told |= orjson.loads(event.body)["letter"]
    row = orjson.loads(
        canonical({name: getattr(letter, name) for name in LETTER_COLUMNS if name not in _NOT_TOLD})
    )
    return [f"{name} is not what its events tell" for name in row if row[name] != told.get(name)]


def told_outside(letter: Letter) -> dict[str, Any]:
    """What other systems are told of a letter: which it is and how it stands; what it says stays behind the API."""
    return {
        "letter_id": letter.letter_id, "step": letter.step, "number": letter.number and str(letter.number), "status": letter.status,
        "to_unit": letter.to_unit, "cases": [one["case_no"] for one in letter.content["cases"]],
        "reply_due_at": letter.reply_due_at and letter.reply_due_at.isoformat(),
    }  # fmt: skip
