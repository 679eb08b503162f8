"""SQL of the city's rule book, and of marks."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, literal, select, text, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from casehub.departments.tables import departments
from casehub.people.tables import people
from casehub.places.tables import areas
from casehub.rates.asking import Days
from casehub.rates.marks import Mark, MarkedUnit, MarkRow
from casehub.rates.rulebook import Kind, Rule
from casehub.rates.tables_scores import rate_marks, rate_rules
from casehub.storage.transaction import Tx

_RULE = [rate_rules.c[name] for name in Rule._fields]
_MARK = [rate_marks.c[name] for name in MarkRow._fields]


def _rule(row: Any) -> Rule:
    return Rule(Kind(row.kind), *row[1:])


async def lock_rules(tx: Tx) -> None:
    """Let one after the other write into the rule book; readers go on."""
    await tx.execute(text("LOCK TABLE rate_rules IN SHARE ROW EXCLUSIVE MODE"))


async def read_rules(tx: Tx, kinds: Collection[Kind], as_of: datetime | None = None) -> list[Rule]:
    """The newest version of everything of these kinds; those that were there at `as_of`."""
    those = select(*_RULE).where(
        rate_rules.c.kind.in_([*kinds]), true() if as_of is None else rate_rules.c.made_at <= as_of
    )
    newest = those.ext(distinct_on(rate_rules.c.kind, rate_rules.c.name)).order_by(
        rate_rules.c.kind, rate_rules.c.name, rate_rules.c.version.desc()
    )
    return [_rule(row) for row in await tx.execute(newest)]


async def read_versions(tx: Tx, kind: Kind, name: str) -> list[Rule]:
    """Every version, newest first."""
    those = select(*_RULE).where(rate_rules.c.kind == kind, rate_rules.c.name == name)
    return [_rule(row) for row in await tx.execute(those.order_by(rate_rules.c.version.desc()))]


async def write_rule(tx: Tx, rule: Rule) -> None:
    """Add a version. The caller holds the lock of `lock_rules`."""
    await tx.execute(insert(rate_rules).values(rule._asdict()))


async def read_marks(tx: Tx, formula: str, days: Days, as_of: datetime | None = None) -> list[MarkRow]:
    """The marks of a formula for a period in the order in which they were made, those that were corrected too."""
    those = select(*_MARK).where(
        rate_marks.c.formula == formula, rate_marks.c.first == days.first, rate_marks.c.end == days.end,
        true() if as_of is None else rate_marks.c.made_at <= as_of,
    )  # fmt: skip
    return [MarkRow(*row) for row in await tx.execute(those.order_by(rate_marks.c.mark_no))]


async def write_marks(tx: Tx, marks: Iterable[Mark], said: Mapping[str, Any]) -> None:
    """Add marks; `said` is what they have in common: formula, first, end, made_at, made_by."""
    await tx.execute(insert(rate_marks), [{**said, **mark._asdict()} for mark in marks])


async def read_units(tx: Tx, codes: Collection[str]) -> dict[str, list[MarkedUnit]]:
    """The areas, departments and people of these codes, with the areas or departments that hold each."""
    area, department, person = areas.c.area_code, departments.c.department_code, people.c.person_no
    belongs = departments.c.belongs_to
    theirs = people.outerjoin(departments, department == people.c.department_code)
    parts: list[Select[Any]] = [
        select(area, literal("area"), areas.c.lies_in).where(area.in_(codes)),
        select(department, literal("department"), belongs).where(department.in_(codes)),
        select(person, literal("person"), belongs).select_from(theirs).where(person.in_(codes)),
    ]
    found: dict[str, list[MarkedUnit]] = {}
    for code, kind, within in await tx.execute(union_all(*parts)):
        found.setdefault(code, []).append(MarkedUnit(kind, frozenset(within or ())))
    return found
