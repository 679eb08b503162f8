"""A record as the decisions that the engine would have made at the time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from casehub.cases.facts import CaseFacts, Category, Decision, Known
from casehub.cases.reports import Report, draft
from casehub.cases.rules import Flow, decide, decide_report
from casehub.exchange.mapping import Mapping
from casehub.exchange.rows import Record
from casehub.people.actors import SYSTEM
from casehub.places.grids import Locator

#: Sent straight to the department and concluded: no other flow asks so little of a record.
WORKFLOW = "hotline"
#: Why an imported case is closed without a check: what its file tells.
CLOSED_ELSEWHERE = "导入的历史案件：已在原系统结案，来源文件未载明核查情况"


def report_of(mapping: Mapping, record: Record) -> Report:
    """What the source reported."""
    return Report(
        kind="event", category=record.category.code, source=mapping.source, description=record.description,
        scheme=mapping.category.scheme, lon=record.lon, lat=record.lat, address=record.address, area=record.area,
        external_no=record.external_no, workflow=WORKFLOW,
        reporter={"name": record.reporter} if record.reporter else None, marks=record.marks,
    )  # fmt: skip


def steps_of(record: Record) -> list[tuple[str, dict[str, Any]]]:
    """The actions after the report, with their forms: dispatched when created, concluded when closed."""
    steps: list[tuple[str, dict[str, Any]]] = []
    if record.outcome != "reported":
        due = {"due_at": record.due_at} if record.due_at else {}
        steps.append(("dispatch_directly", {"department": record.department[0], **due}))
    if record.outcome == "closed":
        said = {"result": record.result} if record.result else {"unchecked_reason": CLOSED_ELSEWHERE}
        steps.append(("conclude", said))
    return steps


def history_of(
    flow: Flow, mapping: Mapping, record: Record, category: Category, case_id: int, case_no: str
) -> list[Decision]:
    """Every decision of an imported case, oldest first. Raises ActionRefused where the engine refuses one."""
    at = record.created_at
    begun: CaseFacts = draft(
        report_of(mapping, record), case_id, case_no, category=category, flow=flow.definition, photos={},
        reported_by=SYSTEM.name, at=at,
    )  # fmt: skip
    told = [decide_report(flow, begun, "report", {}, actor=SYSTEM, at=at, known=Known(category=category))]
    known = Known(departments={record.department[0]: ()}, category=category)
    for action, form in steps_of(record):
        moment = record.closed_at if action == "conclude" and record.closed_at else at
        told.append(decide(flow, told[-1].case, action, form, actor=SYSTEM, at=moment, known=known))
    return told


def placed(records: Sequence[Record], locator: Locator) -> list[Record]:
    """The same in the unit grids of their points. A point that its source rounded says no grid."""
    spots = {
        place: (one.lon, one.lat)
        for place, one in enumerate(records)
        if one.lon is not None and one.lat is not None and not one.marks.get("rounded_point")
    }
    grids = dict(zip(spots, locator.grids([*spots.values()]), strict=True))
    return [replace(one, area=grids.get(place)) for place, one in enumerate(records)]


def category_rows(mapping: Mapping, records: Iterable[Record]) -> list[dict[str, Any]]:
    """The categories that these records need, each once, as the catalogue keeps them."""
    classes = {record.category.code: record.category for record in records}
    return [
        {
            "scheme": mapping.category.scheme, "kind": "event", "code": one.code, "major": one.major,
            "major_name": one.major, "minor": one.name, "name": one.name, "status": "foreign",
            "self_handling_allowed": False,
        }
        for one in classes.values()
    ]  # fmt: skip


def department_rows(mapping: Mapping, records: Iterable[Record]) -> list[dict[str, Any]]:
    """The departments that these records need, each once."""
    named = {record.department[0]: record.department[1] for record in records}
    return [
        {"department_code": code, "name": name, "kind": mapping.department.kind, "parent_code": None}
        for code, name in named.items()
    ]


@dataclass
class Tally:
    """What an import came to."""

    imported: int = 0
    already_there: int = 0
    rejected: int = 0
    rounded_points: int = 0
    without_point: int = 0
    late: int = 0
    tagged: dict[str, int] = field(default_factory=dict)

    def take(self, records: Iterable[Record]) -> None:
        """Count fresh records."""
        for record in records:
            self.imported += 1
            self.rounded_points += bool(record.marks.get("rounded_point"))
            self.without_point += record.lon is None

    def lines(self) -> list[str]:
        """The summary, a line each."""
        tagged = ", ".join(f"{count} {state}" for state, count in self.tagged.items())
        return [
            f"imported: {self.imported}",
            f"already there: {self.already_there}",
            f"rejected: {self.rejected}",
            f"closed after due: {self.late}",
            f"tagged duplicate: {sum(self.tagged.values())}{f' ({tagged})' if tagged else ''}",
            f"rounded points: {self.rounded_points}",
            f"without a point: {self.without_point}",
        ]
