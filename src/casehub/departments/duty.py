"""The duty list (权责清单): which department handles what where, and which row of the list says so.

A row names a kind of matter (a minor class, a whole major class, or any), an area (or the whole city) and the owner of
the component (or any). Of the rows that fit, the most specific one decides: first one that names the owner, then one
that names the minor class, then the major class, then the smallest area. A row that names neither class nor owner is
the territorial default (属地管理), which is why it comes last. Source: reference 1.2, 2.4 (invariants, F6); the order
of owner, class and area is our choice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casehub.errors import Refusal


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One line of the list. `auto` lets casehub dispatch by it without asking; `basis` is the rule that it follows.

    In force from `valid_from` to `valid_to`, both included; None is without end.
    """

    row_no: int
    department: str
    scheme: str | None = None
    kind: str | None = None
    major: str | None = None
    code: str | None = None
    area: str | None = None
    owner: str | None = None
    co_departments: tuple[str, ...] = ()
    basis: str | None = None
    auto: bool = False
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def territorial(self) -> bool:
        """It names a place only."""
        return self.major is None and self.code is None and self.owner is None

    @property
    def key(self) -> tuple[str | None, ...]:
        """What it is for; two rows in force at once are for different things."""
        return self.scheme, self.kind, self.major, self.code, self.area, self.owner


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody must answer for: a minor class, the areas that the place lies in, the owner of the component."""

    scheme: str
    kind: str
    major: str
    code: str
    depths: dict[str, int]  # area -> how many areas lie round it; the deeper, the smaller
    owner: str | None
    on: date


class Certainty(StrEnum):
    """How sure the list is."""

    SURE = "sure"
    TERRITORIAL = "territorial"
    DISPUTED = "disputed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Duty:
    """What the list says: the row that decides, those that fit as well, and how sure it is.

    `disputed`: several rows fit equally well and name different departments, so none decides; `territorial`: only the
    place decides; `silent`: no row fits.
    """

    certainty: Certainty
    row: DutyRow | None
    fitting: tuple[DutyRow, ...]  # most specific first

    @property
    def department(self) -> str | None:
        """Who must handle it, where the list says."""
        return None if self.row is None else self.row.department

    @property
    def automatic(self) -> bool:
        """May casehub dispatch it without asking?"""
        return self.certainty is Certainty.SURE and self.row is not None and self.row.auto


#: Where no list is in force.
SILENT = Duty(Certainty.SILENT, None, ())


def _in_force(row: DutyRow, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)


def _fits(row: DutyRow, matter: Matter) -> bool:
    said = (
        (row.scheme, matter.scheme),
        (row.kind, matter.kind),
        (row.major, matter.major),
        (row.code, matter.code),
        (row.owner, matter.owner),
    )
    return (
        _in_force(row, matter.on)
        and all(wanted is None or wanted == is_ for wanted, is_ in said)
        and (row.area is None or row.area in matter.depths)
    )


def _specific(row: DutyRow, matter: Matter) -> tuple[bool, bool, bool, int]:
    depth = 0 if row.area is None else matter.depths[row.area]
    return row.owner is not None, row.code is not None, row.major is not None, depth


def decide_duty(rows: Iterable[DutyRow], matter: Matter) -> Duty:
    """Who must handle a matter, by which row."""
    fitting = sorted(
        (row for row in rows if _fits(row, matter)),
        key=lambda row: (*(-one for one in _specific(row, matter)), row.row_no),
    )
    if not fitting:
        return SILENT
    first = fitting[0]
    equals = [row for row in fitting if _specific(row, matter) == _specific(first, matter)]
    if len({row.department for row in equals}) > 1:
        return Duty(Certainty.DISPUTED, None, tuple(fitting))
    certainty = Certainty.TERRITORIAL if first.territorial else Certainty.SURE
    return Duty(certainty, first, tuple(fitting))


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may name, as far as it exists."""

    departments: frozenset[str]
    areas: frozenset[str]
    majors: frozenset[tuple[str, str, str]]  # (scheme, kind, major)
    codes: frozenset[tuple[str, str, str]]  # (scheme, kind, code)


def list_faults(rows: Sequence[DutyRow], known: Known) -> list[Refusal]:
    """Every reason why a list can't be taken."""
    found = [one for row in rows for one in _row_faults(row, known)]
    seen: dict[tuple[str | None, ...], list[DutyRow]] = {}
    for row in rows:
        others = seen.setdefault(row.key, [])
        found += [_twice(row, other) for other in others if _overlap(row, other)]
        others.append(row)
    return found


def _row_faults(row: DutyRow, known: Known) -> list[Refusal]:
    found = []
    named = [("department", row.department), ("owner", row.owner)]
    named += [("co_departments", one) for one in row.co_departments]
    for name, code in named:
        if code is not None and code not in known.departments:
            found.append(
                _at(
                    row, name, "unknown_department", f"there is no department {code!r}", f"部门不存在：{code}"
                )
            )
    if row.department in row.co_departments:
        said = "the department that leads can't help itself"
        found.append(_at(row, "co_departments", "leads_itself", said, "协办部门不能是主办部门"))
    if row.area is not None and row.area not in known.areas:
        found.append(
            _at(row, "area", "unknown_area", f"there is no area {row.area!r}", f"区域不存在：{row.area}")
        )
    for name, code, codes in (("major", row.major, known.majors), ("code", row.code, known.codes)):
        if code is None:
            continue
        if row.scheme is None or row.kind is None:
            found.append(
                _at(
                    row,
                    name,
                    "scheme_needed",
                    "a class has a meaning only with its scheme and kind",
                    "类别须注明编码体系和类型",
                )
            )
        elif (row.scheme, row.kind, code) not in codes:
            found.append(
                _at(
                    row,
                    name,
                    "unknown_class",
                    f"{row.scheme} has no {row.kind} class {code!r}",
                    f"类别不存在：{code}",
                )
            )
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        found.append(
            _at(row, "valid_to", "ends_first", "valid_to lies before valid_from", "失效日期早于生效日期")
        )
    return found  # fmt: skip


def _at(row: DutyRow, name: str, rule: str, en: str, zh: str) -> Refusal:
    return Refusal(rule, en, zh, f"rows.{row.row_no}.{name}")


def _overlap(one: DutyRow, other: DutyRow) -> bool:
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_to or date.max, other.valid_to or date.max)


def _twice(row: DutyRow, other: DutyRow) -> Refusal:
    return _at(
        row, "department", "said_twice", f"row {other.row_no} is for the same and in force at the same time",
        f"与第 {other.row_no} 行适用范围相同且同时有效",
    )  # fmt: skip
