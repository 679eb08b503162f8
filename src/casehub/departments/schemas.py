"""The duty list on the wire."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from casehub.departments.duty import Certainty, Duty, DutyRow
from casehub.wire.text import CivilDay, Short


class DutyRowIn(BaseModel):
    """A line of the duty list; what is left out is not asked for."""

    model_config = ConfigDict(extra="forbid")
    department: Short
    scheme: Short | None = None
    kind: Literal["event", "component"] | None = None
    major: Short | None = Field(default=None, description="A whole major class; needs scheme and kind.")
    code: Short | None = Field(default=None, description="A minor class; needs scheme and kind.")
    area: Short | None = Field(default=None, description="An area and all below it.")
    owner: Short | None = Field(default=None, description="The department that owns the component.")
    co_departments: list[Short] = Field(default=[], max_length=20)
    basis: Short | None = Field(default=None, description="The rule that this line follows.")
    auto: bool = Field(default=False, description="Dispatch by this line without asking.")
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = Field(default=None, description="The last day.")


class DutyListIn(BaseModel):
    """A whole duty list; the one before stays on record."""

    model_config = ConfigDict(extra="forbid")
    note: Short
    rows: list[DutyRowIn] = Field(max_length=20_000)

    def duty_rows(self) -> list[DutyRow]:
        """Its rows, numbered from 1."""
        told = (row.model_dump() for row in self.rows)
        return [
            DutyRow(number, **{**row, "co_departments": tuple(row["co_departments"])})
            for number, row in enumerate(told, 1)
        ]


class DutyRowOut(DutyRowIn):
    """A line with its number."""

    row_no: int


class DutyVersionOut(BaseModel):
    """A version of the duty list."""

    version: int
    made_at: datetime
    made_by: str
    note: str


class DutyListOut(DutyVersionOut):
    """A version with its rows."""

    rows: list[DutyRowOut]


class MatterIn(BaseModel):
    """What somebody must answer for."""

    model_config = ConfigDict(extra="forbid")
    scheme: Short
    kind: Literal["event", "component"]
    category: Short = Field(description="Code of a minor class.")
    area: Short | None = None
    owner: Short | None = Field(default=None, description="Who owns the component.")
    on: CivilDay | None = Field(default=None, description="Today, if left out.")


class DutyOut(BaseModel):
    """Who must handle a matter, and which row of which version says so."""

    version: int | None
    certainty: Certainty = Field(
        description="sure: a row names the class or the owner; territorial: only the place decides; disputed: rows that fit "
        "equally well disagree; silent: no row fits."
    )
    department: str | None
    automatic: bool = Field(description="casehub dispatches it without asking.")
    row: DutyRowOut | None
    fitting: list[DutyRowOut] = Field(description="Every row that fits, most specific first.")


def list_out(said: dict[str, Any], rows: Sequence[DutyRow]) -> dict[str, Any]:
    """A version as JSON."""
    return {**said, "rows": [asdict(row) for row in rows]}


def duty_out(version: int | None, duty: Duty) -> dict[str, Any]:
    """An explanation as JSON."""
    return {
        "version": version, "certainty": duty.certainty, "department": duty.department, "automatic": duty.automatic,
        "row": None if duty.row is None else asdict(duty.row), "fitting": [asdict(row) for row in duty.fitting],
    }  # fmt: skip
