"""What a report says, and the case that it would begin."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from casehub.cases.duplicates import Nearness, Sighting, spots
from casehub.cases.facts import CaseFacts, Category, Photo
from casehub.deadlines.calendar import Calendar
from casehub.deadlines.revisions import from_content
from casehub.errors import Refusal
from casehub.workflow.definition import Definition

#: A clock of a phone may run ahead of ours by this much at most.
AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it came in."""

    kind: str
    category: str
    source: str
    description: str = ""
    scheme: str | None = None
    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    area: str | None = None
    component_code: str | None = None
    external_no: str | None = None
    observed_at: datetime | None = None
    workflow: str | None = None
    action: str = "report"
    photos: tuple[str, ...] = ()
    reporter: Mapping[str, str | None] | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def point(self) -> tuple[float, float] | None:
        """Where it was seen: (lon, lat)."""
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)

    @property
    def category_key(self) -> tuple[str | None, str, str]:
        """The key of its category."""
        return self.scheme, self.kind, self.category


@dataclass(frozen=True, slots=True)
class Intake:
    """What reports need to become cases: fresh ids, and as much as exists of all that they name."""

    ids: Sequence[int]
    categories: Mapping[tuple[str | None, str, str], Category]
    versions: Mapping[str, str]  # workflow -> digest of its current version
    calendar: Calendar
    areas: Mapping[str, Sequence[str]]  # area_code -> all areas it lies in
    photos: Mapping[str, Photo]
    taken: Mapping[tuple[str, str], str]  # (source, external_no) -> case_no
    sightings: Mapping[
        int, Sequence[Sighting]
    ]  # place of the report -> cases of its class somewhere near, latest first
    components: Collection[str] = ()
    has_register: bool = False
    map_version: int = 0


def pointless(reports: Sequence[Report]) -> set[str]:
    """The components that give their points to reports without one."""
    return {one.component_code for one in reports if one.component_code and one.point is None}


def at_component(report: Report, points: Mapping[str, tuple[float, float]]) -> Report:
    """A report without a point, at the component that it names. Source: reference 2.4 row 1."""
    there = points.get(report.component_code or "")
    return report if there is None or report.point else replace(report, lon=there[0], lat=there[1])


def named_by(reports: Sequence[Report], at: datetime, near: Nearness) -> dict[str, Any]:
    """All that these reports name, and the spots round their points, as parallel lists."""
    outside = [(r.source, r.external_no) for r in reports if r.external_no]
    around = [
        (place, *r.category_key, spot)
        for place, r in enumerate(reports)
        if r.point is not None
        for spot in spots(r.point, at, near)
    ]
    return {
        "count": len(reports), "codes": sorted({r.category for r in reports}),
        "areas": sorted({r.area for r in reports if r.area}), "photos": sorted({p for r in reports for p in r.photos}),
        "components": sorted({r.component_code for r in reports if r.component_code}),
        "sources": [source for source, _ in outside], "numbers": [number for _, number in outside],
        **{name: [one[index] for one in around] for index, name in enumerate(_AROUND)},
    }  # fmt: skip


_AROUND = ("places", "schemes", "kinds", "near_codes", "spots")


def intake_of(row: Mapping[str, Any]) -> Intake:
    """What was found of it, from one row: lists, and JSON values or None."""
    return Intake(
        row["ids"],
        by_key(row["categories"] or ()),
        row["versions"] or {},
        from_content(*row["calendar"]),
        row["areas"] or {},
        {one: Photo(one, kind) for one, kind in row["photos"] or ()},
        {(source, number): case_no for source, number, case_no in row["taken"] or ()},
        _by_place(row["sightings"] or ()),
        row["components"],
        row["has_register"],
        row["map_version"],
    )


def by_key(rows: Iterable[Sequence[Any]]) -> dict[tuple[str | None, str, str], Category]:
    """Categories by (scheme, kind, code), those of the city's default scheme by (None, kind, code) too."""
    found: dict[tuple[str | None, str, str], Category] = {}
    for *values, is_default in rows:
        category = Category(*values)
        found[category.scheme, category.kind, category.code] = category
        if is_default:
            found[None, category.kind, category.code] = category
    return found


def _by_place(rows: Iterable[Sequence[Any]]) -> dict[int, list[Sighting]]:
    found: dict[int, list[Sighting]] = {}
    for place, number, lon, lat, reported_at, state in rows:
        one = Sighting(number, lon, lat, datetime.fromisoformat(reported_at), state)
        found.setdefault(place, []).append(one)
    return found


def workflow_for(report: Report, flows: Mapping[str, Definition]) -> Definition | None:
    """The workflow that a report begins: the one it names, else its source's, else its kind's. Source: reference 2.2."""
    if report.workflow is not None:
        named = flows.get(report.workflow)
        return named if named is not None and named.of == "case" else None
    by_source = (flow for flow in flows.values() if report.source in flow.sources)
    by_kind = (flow for flow in flows.values() if report.kind in flow.kinds)
    return next(by_source, None) or next(by_kind, None)


def unknown(field: str, value: str | None, where: str, zh: str) -> Refusal:
    """Something that a report names and that is not there."""
    return Refusal(
        f"unknown_{field}", f"there is no {field} {value!r}; {where}", f"{zh}不存在：{value}", field
    )


def faults(
    report: Report,
    at: datetime,
    *,
    category: Category | None,
    flow: Definition | None,
    photos: Mapping[str, Photo],
) -> list[Refusal]:
    """Every reason why a report can't be taken, but for its place."""
    found = []
    if category is None:
        where = f"see GET /v1/categories for {report.kind}s of {report.scheme or 'the default scheme'}"
        found.append(unknown("category", report.category, where, "类别"))
    if flow is None:
        found.append(unknown("workflow", report.workflow, "the city has none by that name", "流程"))
    lost = [one for one in report.photos if one not in photos]
    found += [unknown("photos", one, "upload it with POST /v1/attachments first", "照片") for one in lost]
    if (early := seen_in_future(report.observed_at, at)) is not None:
        found.append(early)
    return found


def seen_in_future(seen_at: datetime | None, at: datetime, *, field: str = "observed_at") -> Refusal | None:
    """Nobody has seen what is still to come."""
    if seen_at is None or seen_at <= at + AHEAD:
        return None
    said = f"{field} lies in the future; check the clock of the device"
    return Refusal("observed_in_future", said, "发现时间晚于当前时间", field)


def draft(  # noqa: PLR0913 - a case begins with all of these
    report: Report,
    case_id: int,
    case_no: str,
    *,
    category: Category,
    flow: Definition,
    photos: Mapping[str, Photo],
    reported_by: str,
    at: datetime,
) -> CaseFacts:
    """The case at version 0, before anything was decided."""
    return CaseFacts(
        case_id=case_id, case_no=case_no, kind=report.kind, category_id=category.category_id, condition=None,
        source=report.source, description=report.description, address=report.address, lon=report.lon, lat=report.lat,
        area_code=report.area, component_code=report.component_code, external_no=report.external_no,
        workflow=flow.workflow, workflow_digest=flow.digest, state="", stage="", reported_at=at,
        observed_at=report.observed_at, reported_by=reported_by, department_code=None, assignee_no=None, due_at=None,
        yellow_at=None, ended_at=None, marks=dict(report.marks),
        photos=tuple(photos[one] for one in dict.fromkeys(report.photos)), version=0, head_hash="", last_at=at,
    )  # fmt: skip
