"""Filing conditions and limit tables on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from casehub.catalogue.conditions import Changes, FilingCondition, TableRow
from casehub.catalogue.limits import DEFAULT_CLASS, StepName, tell_steps
from casehub.deadlines.limits import Unit
from casehub.wire.text import CODE, Short

# Said in the document, and checked where the reason is told in both languages.
_LIMIT = {"pattern": f"^[1-9][0-9]{{0,3}} ({'|'.join(Unit)})$"}
LimitText = Annotated[Short, Field(json_schema_extra=_LIMIT, examples=["4 work_hour"])]
_STEPS: list[Any] = [
    {"step": "stop", "limit": "4 work_hour"},
    {"step": "punish", "limit": "7 work_day"},
    {"step": "demolish", "limit": "20 work_day"},
]


class StepIn(BaseModel):
    """What must be reached until when, counted from the start of handling; a title that is left out is the usual one."""

    model_config = ConfigDict(extra="forbid")
    step: Annotated[Short, Field(json_schema_extra={"enum": [*StepName]})]
    title: Short | None = None
    title_en: Short | None = None
    limit: LimitText


#: Later steps have longer limits; the last one's is the handling limit.
Steps = Annotated[list[StepIn], Field(json_schema_extra={"minItems": 1}, examples=[_STEPS])]


class _WithLimit(BaseModel):
    """`limit`, or `steps` when the handler must reach something on the way: just one of them."""

    limit: LimitText | None = None
    steps: Steps | None = None


class ConditionIn(_WithLimit):
    """When a sighting becomes a case (立案条件), and the limit that it sets.

    `limit` or `steps` holds everywhere, but in areas of a time class that `limits` names.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"description": "broken, 0.5 m² or more", "limit": "5 work_day"},
        {"description": "broken, 0.5 m² or more", "closing_condition": "mended and level", "limit": "5 work_day", "limits": {"A": "2 work_day"}},
        {"description": "in progress", "steps": _STEPS},
    ]})  # fmt: skip
    description: Short
    closing_condition: Short | None = None
    source: Short | None = Field(default=None, description="The set of limits that it was taken from.")
    limits: dict[str, LimitText | Steps] = Field(
        default={},
        description="By time class of the case's area.",
        examples=[{"A": "2 work_day", "B": _STEPS}],
    )


class LimitRowIn(_WithLimit):
    """The limit of one filing condition in one time class; the condition's words are the same in each of its rows."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[Short, Field(json_schema_extra={"enum": ["event", "component"]})]
    code: Short
    condition: Annotated[Short, Field(json_schema_extra={"pattern": CODE})]
    description: Short
    closing_condition: Short | None = None
    source: Short | None = None
    time_class: Annotated[Short, Field(json_schema_extra={"pattern": CODE})] = DEFAULT_CLASS

    def row(self, scheme: str) -> TableRow:
        """The row of that scheme's table."""
        said = self.model_dump()
        limit, steps = said.pop("limit"), said.pop("steps")
        one = None if limit is not None and steps is not None else steps if limit is None else limit
        return TableRow(scheme, limit=one, field="limit" if steps is None else "steps", **said)


class LimitTableIn(BaseModel):
    """A limit table of one scheme."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rows": [
        {"kind": "event", "code": "0110", "condition": "c1", "description": "more than 1 m²", "limit": "4 work_hour"},
        {"kind": "event", "code": "0110", "condition": "c1", "description": "more than 1 m²", "time_class": "A", "limit": "2 work_hour"},
    ]}]})  # fmt: skip
    rows: list[LimitRowIn]


class StepOut(BaseModel):
    """What must be reached until when."""

    step: StepName
    title: str
    title_en: str
    limit: str


class ConditionOut(BaseModel):
    """A filing condition of a category: the usual handling limit and its steps, and those of other time classes."""

    category_id: int
    condition: str
    description: str
    closing_condition: str | None
    source: str | None
    limit: str
    steps: list[StepOut]
    limits: dict[str, list[StepOut]]


class LimitRowOut(BaseModel):
    """The limit of one filing condition in one time class."""

    kind: Literal["event", "component"]
    code: str
    condition: str
    description: str
    closing_condition: str | None
    source: str | None
    time_class: str
    steps: list[StepOut]


class ChangesOut(BaseModel):
    """How many filing conditions a limit table added, changed, took away, and left as they were."""

    added: int
    changed: int
    removed: int
    same: int


def condition_out(one: FilingCondition) -> dict[str, Any]:
    """A filing condition on the wire."""
    limits = {name: tell_steps(steps) for name, steps in one.limits.items()}
    usual = limits.pop(DEFAULT_CLASS)
    return {
        "category_id": one.category_id, "condition": one.condition, "description": one.description,
        "closing_condition": one.closing_condition, "source": one.source, "limit": usual[-1]["limit"], "steps": usual,
        "limits": limits,
    }  # fmt: skip


def rows_out(conditions: Iterable[FilingCondition]) -> list[dict[str, Any]]:
    """A limit table on the wire."""
    return [
        {
            "kind": one.kind, "code": one.code, "condition": one.condition, "description": one.description,
            "closing_condition": one.closing_condition, "source": one.source, "time_class": name,
            "steps": tell_steps(steps),
        }
        for one in conditions
        for name, steps in one.limits.items()
    ]  # fmt: skip


def changes_out(changes: Changes) -> dict[str, int]:
    """How much was changed."""
    return {
        "added": len(changes.added), "changed": len(changes.changed), "removed": len(changes.removed),
        "same": changes.same,
    }  # fmt: skip
