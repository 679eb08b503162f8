"""A workflow as its file says it: states, actions, clocks and forms."""

import hashlib
import json
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)

from casehub.wire.text import Moment

# libyaml reads a workflow ten times as fast as the parser in Python, which wheels for rare machines come without.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LIMIT_PATTERN = r"^[1-9][0-9]{0,3} (urgent_minute|urgent_hour|urgent_day|work_hour|work_day|natural_day)$"
FieldType = Literal[
    "text", "flag", "integer", "choice", "instant", "person", "department", "departments", "condition", "case",
    "photos", "limit",
    "category",
]  # fmt: skip
Stage = Literal["collect", "verify", "dispatch", "handle", "check", "close"]
Role = Literal[
    "collector", "acceptor", "shift_leader", "dispatcher", "department", "handler", "evaluator", "administrator",
    "auditor", "system",
]  # fmt: skip


class Finding(BaseModel):
    """Something wrong in a workflow file, and where."""

    model_config = ConfigDict(frozen=True)
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DefinitionError(ValueError):
    """A workflow file that can't be read; every finding is listed."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(one) for one in findings))
        self.findings = findings


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    name: str = ""
    title: str
    title_en: str


class FormField(_Part):
    """One field of a form."""

    type: FieldType
    required: bool = False
    choices: dict[str, tuple[str, str]] = {}
    minimum: int | None = None
    maximum: int | None = None
    # Absent from the content when not said, so that digests from before it was known stay what they are.
    max_length: int | None = Field(default=None, ge=1, exclude_if=lambda length: length is None)


class Clock(_Part):
    """A clock that somebody is held to. `limit` is a limit, `filing_condition`, or `none`; `urgent` that of urgent cases.

    While the clock that it `rests_for` is open, it is paused: so a department waits for a plan. Source: reference 2.4 row 33.
    """

    holder: Role
    limit: Annotated[str, StringConstraints(pattern=rf"{LIMIT_PATTERN}|^filing_condition$|^none$")]
    urgent: Annotated[str, StringConstraints(pattern=LIMIT_PATTERN)] | None = Field(
        default=None, exclude_if=lambda limit: limit is None
    )
    independent: bool = False
    rests_for: str | None = Field(default=None, exclude_if=lambda clock: clock is None)


class State(_Part):
    """A state; the first running clock is the case's deadline."""

    stage: Stage | None = None
    holder: Role | None = None
    running: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    terminal: bool = False
    clock: Literal["none"] | None = None


class Branch(BaseModel):
    """Where an action leads, by the value of a form field."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    field: str
    states: dict[str, str]


def _branch(value: Any) -> Any:
    """`{field: result, pass: pending_close, ...}` as the file writes it."""
    if isinstance(value, dict) and "states" not in value:
        return {
            "field": value.get("field", ""),
            "states": {str(k): v for k, v in value.items() if k != "field"},
        }
    return value


class Action(_Part):
    """An action; `to` left out stays in the state; `from` empty begins a case."""

    from_: tuple[str, ...] = Field(default=(), alias="from")
    to: Annotated[str | Branch | None, BeforeValidator(_branch)] = None
    roles: tuple[Role, ...] = ()
    form: dict[str, FormField] = {}
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()

    def targets(self) -> dict[str | None, str | None]:
        """{value of the branching field or None: state, or None to stay}."""
        if isinstance(self.to, Branch):
            return dict(self.to.states.items())
        return {None: self.to}

    def __hash__(self) -> int:
        return id(self)


class Definition(_Part):
    """A whole workflow."""

    workflow: str
    # Absent from the content when not said, as max_length is.
    of: Literal["case", "letter"] = Field(default="case", exclude_if=lambda of: of == "case")
    kinds: tuple[Literal["event", "component"], ...] = ()
    sources: tuple[str, ...] = ()
    clocks: dict[str, Clock]
    states: dict[str, State]
    actions: dict[str, Action]

    @model_validator(mode="before")
    @classmethod
    def _named(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        named = {part: _with_names(raw.get(part)) for part in ("clocks", "states", "actions")}
        for action in named["actions"].values() if isinstance(named["actions"], dict) else ():
            if isinstance(action, dict) and "form" in action:
                action["form"] = _with_names(action["form"])
        return {**raw, "name": raw.get("workflow", ""), **named}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content; comments, order of keys and white space don't count.

        Cases keep it, so a new optional key must not change it for files that don't say the key.
        """
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    @cached_property
    def _by_state(self) -> dict[str, tuple[Action, ...]]:
        return {state: tuple(a for a in self.actions.values() if state in a.from_) for state in self.states}

    def actions_from(self, state: str) -> tuple[Action, ...]:
        """What may be done in a state."""
        return self._by_state[state]

    def __hash__(self) -> int:
        return id(self)


def _with_names(parts: Any) -> Any:
    if not isinstance(parts, dict):
        return parts
    return {k: {**v, "name": k} if isinstance(v, dict) else v for k, v in parts.items()}


def read_yaml(text: str, file: str) -> tuple[Any, dict[tuple[str, ...], int], list[Finding]]:
    """What a file says, the line of every key, and which keys stand twice. Raises DefinitionError if it is no YAML."""
    lines: dict[tuple[str, ...], int] = {}
    try:
        twice = _walk(yaml.compose(text, Loader=_Loader), (), lines)
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C
    # PyYAML lets a day that is not in the calendar, and an alias inside itself, through as errors of Python.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise DefinitionError(
            [Finding(file=file, line=mark.line + 1 if mark else 1, message=str(error))]
        ) from None
    return raw, lines, [Finding(file=file, line=line, message=f"{key!r} stands twice") for key, line in twice]


def parse_definition(text: str, file: str) -> Definition:
    """Read a workflow file. Raises DefinitionError with every finding, its file and line."""
    raw, lines, findings = read_yaml(text, file)
    try:
        definition = Definition.model_validate(raw)
    except ValidationError as error:
        findings += [
            Finding(
                file=file,
                line=line_of(lines, tuple(str(p) for p in one["loc"])),
                message=f"{'.'.join(map(str, one['loc']))}: {one['msg']}",
            )
            for one in error.errors(include_url=False, include_context=False)
        ]
    if findings:
        raise DefinitionError(findings)
    return definition


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line of every key of a file: {(key, key, ...): line}."""
    lines: dict[tuple[str, ...], int] = {}
    _walk(yaml.compose(text, Loader=_Loader), (), lines)
    return lines


def line_of(lines: dict[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """The line of a path, or of the nearest part of it that is there."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _walk(node: Any, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> list[tuple[str, int]]:
    twice: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                twice.append((str(key.value), key.start_mark.line + 1))
                continue
            lines[here] = key.start_mark.line + 1
            twice += _walk(value, here, lines)
    return twice


def _text(text: str) -> str:
    if "\x00" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("must be valid text without NUL characters")
    return text


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


TEXT_LENGTH = 2000
_Code = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_text)]
_TYPES: dict[str, Any] = {
    "flag": bool, "integer": int, "instant": Moment, "person": _Code, "department": _Code,
    "category": _Code,
    "departments": Annotated[list[_Code], Field(max_length=20)], "condition": _Code, "case": _Code, "photos": Annotated[list[_Code], Field(max_length=20)],
    "limit": Annotated[str, StringConstraints(pattern=LIMIT_PATTERN)],
}  # fmt: skip


def _type_of(field: FormField) -> Any:
    if field.type == "choice":
        return Literal[tuple(field.choices)]
    if field.type == "text":
        length = field.max_length or TEXT_LENGTH
        return Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=length),
            AfterValidator(_text),
        ]
    return _TYPES[field.type]


def _annotated(field: FormField) -> tuple[Any, Any]:
    kind = _type_of(field)
    extra: dict[str, Any] = {"x-type": field.type}
    if field.choices:
        extra["x-choices"] = {key: list(titles) for key, titles in field.choices.items()}
    bounds = {"ge": field.minimum, "le": field.maximum} if field.type == "integer" else {}
    said: dict[str, Any] = {
        "title": field.title,
        "description": field.title_en,
        "json_schema_extra": extra,
        **bounds,
    }
    if field.required:
        return kind, Field(**said)
    # A browser sends an empty text for a field that nobody filled in.
    optional = (
        Annotated[kind | None, BeforeValidator(_blank_is_none)] if field.type == "text" else kind | None
    )
    return optional, Field(default=None, **said)


#: Any action may have been done before it is told: on the street, without a network. It is told when it arrives.
OBSERVED = {
    "observed_at": FormField(
        title="现场时间", title_en="When it was seen or done, if before now", type="instant"
    )
}


@lru_cache(maxsize=4096)
def form_model(action: Action) -> type[BaseModel]:
    """The form of an action as a Pydantic model: it validates, and its JSON Schema lets a client draw it."""
    fields: dict[str, Any] = {name: _annotated(field) for name, field in (OBSERVED | action.form).items()}
    return create_model(action.name, __config__=ConfigDict(extra="forbid", title=action.title), **fields)
