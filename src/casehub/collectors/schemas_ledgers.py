"""The ledgers on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from casehub.collectors.figures import COUNTS, Figures
from casehub.collectors.ledgers import Kind, State
from casehub.collectors.schemas import Body
from casehub.wire.text import Long, Moment, Short, Text

#: A word is due to who is judged.
Said = Annotated[Text, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class SpotCheckIn(Body):
    """What was seen of a collector on duty."""

    collector: Short
    area: Short
    seen_at: Moment
    attendance_ok: bool = Field(description="At work where and when they should be (在岗).")
    appearance_ok: bool = Field(description="Dress and badge as they should be (着装仪容).")
    note: Long | None = None
    corrects: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(
        default=None, description="The row that this one stands in the place of."
    )

    def row(self) -> dict[str, Any]:
        """The row as it is kept."""
        said = self.model_dump()
        return {"collector_no": said.pop("collector"), "area_code": said.pop("area"), **said}


class SpotCheckOut(BaseModel):
    """A row of the ledger; one that was corrected no longer counts."""

    spot_check_id: int
    collector: str
    area: str
    seen_at: datetime
    attendance_ok: bool
    appearance_ok: bool
    note: str | None
    corrects: int | None
    corrected_by: int | None
    made_by: str
    made_at: datetime


class SpotCheckPageOut(BaseModel):
    """One page, newest first."""

    items: list[SpotCheckOut]
    next: str | None


class FindingIn(Body):
    """A missed or a false report."""

    kind: Kind = Kind.MISSED
    case_no: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")] = Field(
        description="The case that another one found, or that is not so."
    )
    collector: Short | None = Field(
        default=None, description="Who missed it; who was on shift in the duty grid then if left out."
    )
    reason: Said


class ContestIn(Body):
    """The collector's answer."""

    reason: Said


class OpinionIn(Body):
    """Why it was decided so."""

    opinion: Said | None = None


class FindingOut(BaseModel):
    """A missed or false report; only confirmed ones count, in the period of `counts_at`."""

    finding_id: int
    kind: Kind
    case_no: str
    collector: str
    area: str | None = Field(description="Where the case lies.")
    grid: str | None = Field(description="The duty grid of what was missed.")
    chosen_by: Literal["on_shift", "reporter", "named"]
    counts_at: datetime
    reason: str
    state: State
    proposed_by: str
    proposed_at: datetime
    answer: str | None
    answered_at: datetime | None
    opinion: str | None
    decided_by: str | None
    decided_at: datetime | None


class FindingPageOut(BaseModel):
    """One page, newest first."""

    items: list[FindingOut]
    next: str | None


class RateOut(BaseModel):
    """A rate with what it was made of; no value where nothing was to be done."""

    numerator: int
    denominator: int
    value: float | None


class FiguresOut(BaseModel):
    """What a collector did in a period, and how well."""

    collector: str
    counts: dict[str, int] = Field(description=f"Of: {', '.join(COUNTS)}.")
    rates: dict[str, RateOut]


def ledger_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a ledger as JSON; the models leave out what is ours alone."""
    return {**row, "collector": row["collector_no"], "area": row["area_code"], "grid": row.get("grid_code")}


def figures_out(one: Figures) -> dict[str, Any]:
    """Figures as JSON."""
    rates = {
        name: {"numerator": rate.numerator, "denominator": rate.denominator, "value": rate.value}
        for name, rate in one.rates.items()
    }
    return {"collector": one.collector, "counts": one.counts, "rates": rates}
