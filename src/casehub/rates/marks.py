"""Marks (评分): what people enter where no rate can say it, for a unit and a period. Source: reference 5.6."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from casehub.errors import Refusal
from casehub.people.actors import Actor, Post, Role
from casehub.rates.formula import EnteredPart, Formula, items_of
from casehub.rates.norms import plain

#: By what units of each kind are ranked; the first when nothing is said. Source: reference 5.1, 5.5.
RANKED_BY = {
    "region": ("district", "subdistrict"), "department": ("department", "unit"), "collector": ("person",), "acceptor": ("person",),
    "shift_leader": ("person",), "dispatcher": ("person",), "hotline": ("department", "unit", "person"), "centre": ("department", "unit", "person"),
}  # fmt: skip


class Mark(NamedTuple):
    """What one unit is given for one thing that a formula asks people for."""

    entered: str
    unit: str
    value: Decimal


class MarkRow(NamedTuple):
    """A mark as it is kept."""

    mark_no: int
    entered: str
    unit: str
    value: Decimal
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class MarkedUnit:
    """A unit that may be marked: an area, department or person, with the areas or departments that hold it."""

    kind: str
    within: frozenset[str]


#: Of what kind a unit is when it is ranked so.
KIND_OF = {"district": "area", "subdistrict": "area", "department": "department", "unit": "department", "person": "person"}  # fmt: skip


def mark_faults(
    formula: Formula, marks: Sequence[Mark], units: Mapping[str, Sequence[MarkedUnit]], by: Actor
) -> Iterator[Refusal]:
    """What is wrong with marks; `units` are those that there are, by code. Only an evaluator gives them."""
    most = _most(formula)
    kinds = {KIND_OF[one] for one in RANKED_BY[formula.object]}
    seen: set[tuple[str, str]] = set()
    for place, mark in enumerate(marks):
        at = f"marks.{place}"
        there = [unit for unit in units.get(mark.unit, ()) if unit.kind in kinds]
        if mark.entered not in most:
            names = ", ".join(most) or "nothing"
            yield Refusal("not_asked", f"{formula.formula} does not ask for {mark.entered}; it asks for {names}", f"{formula.formula} 没有录入项 {mark.entered}；录入项为 {'、'.join(most) or '无'}", f"{at}.entered")  # fmt: skip
        elif (limit := most[mark.entered]) is not None and mark.value > limit:
            yield Refusal("beyond_out_of", f"{mark.entered} runs from 0 to {plain(limit)}; write a value in it", f"{mark.entered} 应在 0 至 {plain(limit)} 之间，请更正", f"{at}.value")  # fmt: skip
        if not there:
            yield Refusal("unknown_unit", f"there is no {' or '.join(sorted(kinds))} {mark.unit} to mark; write its code", f"没有可评分的单位 {mark.unit}，请填写其代码", f"{at}.unit")  # fmt: skip
        elif not any(_reaches(post, unit) for post in by.posts for unit in there):
            yield Refusal("not_your_part", f"{mark.unit} is not in your part of the city; leave it to its evaluator", f"{mark.unit} 不在您的管辖范围内，请由其考评员录入", f"{at}.unit")  # fmt: skip
        if (mark.entered, mark.unit) in seen:
            yield Refusal("said_twice", "the same mark stands twice; keep one", "同一单位同一项重复，请保留一条", at)  # fmt: skip
        seen.add((mark.entered, mark.unit))


def _most(formula: Formula) -> dict[str, Decimal | None]:
    """What people are asked for, with the least of the limits that it has."""
    found: dict[str, Decimal | None] = {}
    for _, item in items_of(formula):
        name = getattr(item, "entered", None)
        if name is not None:
            limits = [found.get(name), item.out_of if isinstance(item, EnteredPart) else None]
            found[name] = min((one for one in limits if one is not None), default=None)
    return found


def _reaches(post: Post, unit: MarkedUnit) -> bool:
    if post.role is not Role.EVALUATOR:
        return False
    if unit.kind == "area":
        return post.department is None and (post.area is None or post.area in unit.within)
    return post.area is None and (post.department is None or post.department in unit.within)


def newest(rows: Sequence[MarkRow]) -> dict[str, dict[str, Decimal]]:
    """The marks that count, by unit and name: of rows in the order in which they were made, the last of each."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        found.setdefault(row.unit, {})[row.entered] = row.value
    return found
