"""The ladder (督办阶梯) of a city: which letter follows on which trouble, who signs it, what it says. Source: reference 6.1.

A file is refused when it is loaded, with its line, rather than when a letter is drafted or printed.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from casehub.people.actors import Role
from casehub.workflow.definition import LIMIT_PATTERN, DefinitionError, Finding, line_of, read_yaml

#: What the words of a letter may tell; each is a text when the letter is drafted.
FIELDS = {
    "unit": "the name of the addressee", "agency": "the name of the issuing body", "count": "how many cases",
    "case_no": "the number of the first case", "address": "where it is", "problem": "its class",
    "dispatched_at": "the day on which it was dispatched", "due_at": "the day on which it was due",
    "overdue_days": "most working days that a case is overdue", "returns": "how often its cases were returned",
    "reworks": "how often they were redone", "reply_limit": "the time to reply in",
    "earlier": "the number of the letter before it", "date": "the day of the draft",
}  # fmt: skip

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
_Count = Annotated[int, Field(ge=1, le=999)]
_Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _known_fields(text: str) -> str:
    try:
        named = [(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None]
    except ValueError:
        raise ValueError("a brace stands alone; write {{ or }} for a brace") from None
    for name, spec, how in named:
        if name not in FIELDS or spec or how:
            raise ValueError(f"unknown field {{{name}}}; known are {', '.join(FIELDS)}")
    return text


_Wording = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, strip_whitespace=True),
    AfterValidator(_known_fields),
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agency(_Part):
    """A body that issues letters; `code` is its 机关代字."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    code: Annotated[str, StringConstraints(pattern=r"^[^\W\d_]{1,20}$")]
    contact_name: Annotated[str, StringConstraints(max_length=50)] = ""
    contact_phone: Annotated[str, StringConstraints(max_length=50)] = ""


class Trigger(_Part):
    """What sets a step going: one of these. `work_days` goes with `after`, an earlier step of the same clock."""

    light: Literal["yellow", "red"] | None = None
    overdue_work_days: _Count | None = None
    failed_checks: _Count | None = None
    repeats: _Count | None = None
    backlog: _Count | None = None
    after: _Name | None = None
    work_days: _Count | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        said = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if len(said - {"work_days"}) != 1 or ("after" in said) != ("work_days" in said):
            raise ValueError(
                "a trigger is one of light, overdue_work_days, failed_checks, repeats, backlog, or after with work_days"
            )
        return self


class Form(StrEnum):
    """How an official letter looks. Source: reference 6.5."""

    LETTER = "letter"  # 信函格式
    GENERAL = "general"  # 公文格式


class Step(_Part):
    """A kind of letter. An automatic one goes out by itself, any other is drafted and waits for its signature."""

    title: _Title
    title_en: _Title
    automatic: bool = False
    triggers: tuple[Trigger, ...] = ()
    agency: _Name
    signers: tuple[Literal[Role.EVALUATOR, Role.SHIFT_LEADER], ...] = ()
    form: Form = Form.LETTER
    level: Annotated[int, Field(ge=1, le=3)] = 1
    reply_limit: Annotated[str, StringConstraints(pattern=LIMIT_PATTERN)] | None = None
    next: _Name | None = None
    subject: _Wording
    body: Annotated[tuple[_Wording, ...], Field(min_length=1, max_length=30)]

    @property
    def per_department(self) -> bool:
        """One letter for all that piled up at a department, or one for each case?"""
        return any(one.backlog for one in self.triggers)


class Ladder(_Part):
    """All of it; steps from the lightest to the heaviest."""

    agencies: dict[_Name, Agency]
    steps: dict[_Name, Step]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if all(one.automatic for one in self.steps.values()):
            raise ValueError(
                "steps: one is drafted and signed at least; it says who signs letters of steps that are gone"
            )
        if found := [f"steps.{name}: {why}" for name, why in self._faults()]:
            raise ValueError("; ".join(found))
        return self

    def _faults(self) -> Iterator[tuple[str, str]]:
        places = {name: place for place, name in enumerate(self.steps)}
        for name, step in self.steps.items():
            if step.agency not in self.agencies:
                yield name, f"unknown agency {step.agency!r}"
            if step.next is not None and places.get(step.next, -1) <= places[name]:
                yield name, f"next is {step.next!r}, which is no later step"
            if step.next is not None and step.next in self.steps and self.steps[step.next].automatic:
                yield name, "next is sent by itself; what follows an unanswered letter is drafted"
            for trigger in step.triggers:
                if trigger.after is not None and places.get(trigger.after, len(places)) >= places[name]:
                    yield name, f"follows {trigger.after!r}, which is no earlier step"
            yield from ((name, why) for why in _faults_of(step))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.steps)

    def not_below(self, name: str) -> tuple[str, ...]:
        """The step and the heavier ones of its sort: once one of them is out, the lighter ones are not caught up on."""
        sort = self.steps[name].automatic
        later = self._names[self._names.index(name) :]
        return tuple(one for one in later if self.steps[one].automatic is sort)


def _faults_of(step: Step) -> Iterator[str]:
    if step.automatic and (step.signers or step.reply_limit or step.next or not step.triggers):
        yield "what goes out by itself needs a trigger, and has no signers, no reply limit and no next step"
    if not step.automatic and not step.signers:
        yield "an official letter needs signers"
    if step.next is not None and step.reply_limit is None:
        yield "nothing follows a letter that nobody must answer: give it a reply_limit"
    if step.per_department and (step.automatic or len(step.triggers) > 1):
        yield "a backlog is the only trigger of an official letter to the department"


def parse_ladder(text: str, file: str) -> Ladder:
    """Read a ladder. Raises DefinitionError with every finding, its file and line."""
    raw, lines, findings = read_yaml(text, file)
    try:
        ladder = Ladder.model_validate(raw)
    except ValidationError as error:
        raise DefinitionError([*findings, *(_finding(one, lines, file) for one in error.errors())]) from None
    if findings:
        raise DefinitionError(findings)
    return ladder


def _finding(one: Mapping[str, Any], lines: dict[tuple[str, ...], int], file: str) -> Finding:
    place = tuple(str(part) for part in one["loc"])
    named = re.match(r"Value error, steps\.(\w+): ", one["msg"])  # what only the whole ladder knows
    at = ("steps", named[1]) if named and not place else place
    return Finding(
        file=file, line=line_of(lines, at), message=f"{'.'.join(place)}: {one['msg']}".lstrip(": ")
    )


def wordings(ladder: Ladder) -> dict[str, str]:
    """All that a ladder puts on paper, by where it says it."""
    said = {
        f"agencies.{name}": f"{one.name}{one.code}{one.contact_name}{one.contact_phone}"
        for name, one in ladder.agencies.items()
    }
    for name, step in ladder.steps.items():
        said |= {f"steps.{name}.title": step.title, f"steps.{name}.subject": step.subject}
        said |= {f"steps.{name}.body.{place}": one for place, one in enumerate(step.body)}
    return said


def worded(text: str, told: Mapping[str, str]) -> str:
    """A wording with its fields filled in."""
    return text.format_map(told)
