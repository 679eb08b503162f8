"""Letters on the wire."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.events.chain import Event
from casehub.letters.commands import Asked
from casehub.letters.drafts import MOST_CASES
from casehub.letters.flow import Letter
from casehub.letters.store import WAITING, Row
from casehub.wire.text import Short, Text, Words
from casehub.workflow.definition import LIMIT_PATTERN, Definition

_Line = Annotated[Words, StringConstraints(max_length=50)]
_Body = Annotated[Words, StringConstraints(max_length=5000)]
_CaseNo = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class Body(BaseModel):
    """What comes in: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class _WishIn(Body):
    step: Short = Field(
        description="A step of the ladder that is drafted, such as supervision_letter.",
        examples=["supervision_letter"],
    )
    case_nos: list[_CaseNo] = Field(max_length=MOST_CASES, description="What the letter is about.")
    cc_units: list[Short] = Field(
        default=[], max_length=20, description="Departments that get a copy (抄送)."
    )
    reply_limit: Annotated[str, StringConstraints(pattern=LIMIT_PATTERN)] | None = Field(
        default=None,
        description="How long from its sending on; else as the step says.",
        examples=["3 work_day"],
    )
    contact_name: _Line | None = None
    contact_phone: _Line | None = None
    secrecy: _Line | None = Field(default=None, description="Such as 秘密 (密级).")
    urgency: _Line | None = Field(default=None, description="Such as 特急 (紧急程度).")

    def asked(self) -> Asked:
        """As the door takes it."""
        said: dict[str, Any] = self.model_dump(exclude={"round_title"})
        for name in ("case_nos", "cc_units"):
            said[name] = tuple(dict.fromkeys(said[name]))
        return Asked(**said)


class LetterIn(_WishIn):
    """An official letter to draft; what is left out is as the ladder says."""

    to_unit: Short | None = Field(
        default=None, description="The addressee (主送): the department that leads the cases."
    )
    title: Short | None = None
    body: _Body | None = Field(default=None, description="A paragraph a line.")
    parent_id: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(
        default=None, description="The letter that this one follows."
    )


class RoundIn(_WishIn):
    """A round of supervision (期): a letter to each department that leads some of the cases."""

    round_title: Short = Field(examples=["2026年第6期督办"])


class LadderIn(Body):
    """A ladder as a file says it."""

    content: Annotated[Text, StringConstraints(min_length=1, max_length=200_000)] = Field(
        description="YAML with agencies and steps; GET gives the current one."
    )


class LadderOut(BaseModel):
    """The ladder in force."""

    version: int
    content: str
    made_at: datetime
    made_by: str


class LetterOut(BaseModel):
    """A letter in the ledger."""

    letter_id: int
    step: str
    kind: str = Field(description="What the ladder calls the step.")
    level: int = Field(description="From 1 to 3, as the ladder says of its step.")
    status: str
    status_title: str
    number: str | None = Field(description="Given at signing.")
    number_void: bool = Field(description="The letter was withdrawn; its number stays used.")
    to_unit: str
    to_unit_name: str
    cc_units: list[str]
    title: str
    cases: int
    reply_limit: str | None
    reply_due_at: datetime | None
    reply_overdue: bool
    rejections: int
    round_id: int | None
    parent_id: int | None = Field(description="The letter that this one follows.")
    drafted_by: str
    drafted_at: datetime
    signed_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    version: int


class LetterDetailOut(LetterOut):
    """A letter with what it says, and what was answered."""

    body: str
    secrecy: str | None
    urgency: str | None
    contact_name: str
    contact_phone: str
    case_table: list[dict[str, Any]] = Field(description="The cases as they were when it was drafted.")
    marks: dict[str, Any] = Field(
        description="What its actions noted, such as reviewed_by and rejection_count."
    )


class LetterPageOut(BaseModel):
    """A page of the ledger, newest first."""

    items: list[LetterOut]
    next: str | None


class RoundOut(BaseModel):
    """A round of supervision."""

    round_id: int
    title: str
    made_at: datetime
    made_by: str
    letters: dict[str, int] = Field(description="How many, by status.")
    cases: int


class RoundPageOut(BaseModel):
    """A page of rounds, newest first."""

    items: list[RoundOut]
    next: str | None


class BegunOut(BaseModel):
    """A round that has begun, with its drafts."""

    round_id: int
    letters: list[LetterOut]


class LetterActionOut(BaseModel):
    """An action that the status of a letter allows."""

    action: str
    title: str
    roles: list[str]
    form: dict[str, Any]


class LetterEventOut(BaseModel):
    """An event of a letter."""

    seq: int
    action: str
    title: str
    at: datetime
    by: str
    role: str
    from_status: str | None
    to_status: str
    form: dict[str, Any]
    hash: str


_PLAIN = (
    "letter_id", "step", "level", "status", "to_unit", "cc_units", "title", "reply_limit", "reply_due_at", "round_id",
    "parent_id", "drafted_by", "drafted_at", "signed_at", "sent_at", "ended_at", "version",
)  # fmt: skip


def letter_out(letter: Letter, flow: Definition, at: datetime, *, zh: bool) -> Row:
    """A letter as JSON."""
    state, due = flow.states[letter.status], letter.reply_due_at
    return {
        **{name: getattr(letter, name) for name in _PLAIN},
        "kind": letter.content["kind"], "status_title": state.title if zh else state.title_en,
        "number": letter.number and str(letter.number),
        "number_void": letter.number is not None and letter.status == "withdrawn",
        "to_unit_name": letter.content["unit"], "cases": len(letter.content["cases"]),
        "reply_overdue": letter.status in WAITING and due is not None and at > due,
        "rejections": letter.marks.get("rejection_count", 0),
    }  # fmt: skip


def letter_detail_out(letter: Letter, flow: Definition, at: datetime, *, zh: bool) -> Row:
    """A letter with all it says as JSON."""
    plain = ("body", "secrecy", "urgency", "contact_name", "contact_phone", "marks")
    told = {name: getattr(letter, name) for name in plain}
    return {**letter_out(letter, flow, at, zh=zh), **told, "case_table": letter.content["cases"]}


def event_out(event: Event, flow: Definition, *, zh: bool) -> Row:
    """An event of a letter as JSON."""
    body, action = orjson.loads(event.body), flow.actions[event.action]
    return {
        "seq": event.seq, "action": event.action, "title": action.title if zh else action.title_en, "at": event.at,
        "by": body["by"], "role": body["role"], "from_status": body["from"], "to_status": body["to"], "form": body["form"],
        "hash": event.hash,
    }  # fmt: skip
