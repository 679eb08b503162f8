"""SQL of lists of cases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.cases.facts import CaseFacts, Category
from casehub.cases.search import fold, query_grams
from casehub.cases.store import CASE, CATEGORY, facts_of
from casehub.cases.tables import FOREIGN_NO, cases
from casehub.cases.tables_scope import within
from casehub.catalogue.tables import categories
from casehub.deadlines.tables import lit, tasks
from casehub.people.actors import Scope
from casehub.places.tables import areas
from casehub.storage.engine import PLAN_FOR_VALUES
from casehub.storage.transaction import Tx

_BELOW = select(areas.c.area_code).where(areas.c.lies_in.contains(bindparam("areas", type_=ARRAY(Text))))
# Rides on the partial index ix_tasks_late.
_LATE = (
    select(tasks.c.task_no)
    .where(tasks.c.case_id == cases.c.case_id, tasks.c.kind == "handle", tasks.c.lead)
    .where(tasks.c.finished_at > tasks.c.due_at)
    .exists()
)
# Each rides on a partial index of its own.
_MARKED = {
    "tagged_duplicate": cases.c.marks.has_key("tagged_duplicate"),
    "difficult": cases.c.marks.has_key("is_difficult"),
    "return_pending": cases.c.ended_at.is_(None) & cases.c.marks.has_key("return_pending"),
    "request_pending": cases.c.ended_at.is_(None) & cases.c.marks.has_key("request_waits_for"),
}


def _contains(query: str) -> list[Any]:
    """Cases whose text has the query, traditional and simplified alike. The address and numbers count as text."""
    words = fold(query).split()
    if not words:
        return []
    # The index finds the pairs, the text says whether they stand side by side.
    whole = [cases.c.search_text.contains(word, autoescape=True) for word in words]
    return [cases.c.search_grams.contains(query_grams(query)), *whole]


def _conditions(wanted: Mapping[str, Any], at: datetime) -> list[Any]:
    exact = {
        "state": cases.c.state, "stage": cases.c.stage, "kind": cases.c.kind, "source": cases.c.source,
        "department": cases.c.department_code, "workflow": cases.c.workflow, "external_no": cases.c.external_no,
        "assignee": cases.c.assignee_no, "foreign_no": FOREIGN_NO,
    }  # fmt: skip
    found = [column == wanted[name] for name, column in exact.items() if wanted.get(name) is not None]
    if wanted.get("light"):
        # Rides on ix_cases_open_due_at.
        found += [cases.c.ended_at.is_(None), lit(cases.c.due_at, cases.c.yellow_at, wanted["light"], at)]
    if wanted.get("text"):
        found += _contains(wanted["text"])
    for name, instant in (("reported", cases.c.reported_at), ("ended", cases.c.ended_at)):
        if wanted.get(f"{name}_from"):
            found.append(instant >= wanted[f"{name}_from"])
        if wanted.get(f"{name}_to"):
            found.append(instant < wanted[f"{name}_to"])
    if wanted.get("open") is not None:
        found.append(cases.c.ended_at.is_(None) if wanted["open"] else cases.c.ended_at.is_not(None))
    if wanted.get("late") is not None:
        found.append(_LATE if wanted["late"] else ~_LATE)
    asked = [(marked, wanted[name]) for name, marked in _MARKED.items() if wanted.get(name) is not None]
    return found + [marked if said else ~marked for marked, said in asked]


async def conditions_of(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> list[Any]:
    """The conditions of a list on `cases`. Codes are looked up first, so that the plan knows how many cases have them."""
    await tx.execute(PLAN_FOR_VALUES)
    found = [within(scope), *_conditions(wanted, at)]
    if wanted.get("area"):
        codes = (await tx.execute(_BELOW, {"areas": [wanted["area"]]})).scalars().all()
        found.append(cases.c.area_code == func.any(bindparam("areas", codes)))
    named = {categories.c.code: wanted.get("category"), categories.c.scheme: wanted.get("scheme")}
    if asked := [column == value for column, value in named.items() if value is not None]:
        ids = (await tx.execute(select(categories.c.category_id).where(*asked))).scalars().all()
        found.append(cases.c.category_id == func.any(bindparam("categories", ids, type_=ARRAY(Integer))))
    return found


async def read_cases(
    tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime, *, after: int | None, most: int
) -> list[tuple[CaseFacts, Category]]:
    """A page of cases, newest first, with their categories; `after` is the last id of the page before."""
    statement = select(*CASE, *[c.label(f"category__{c.name}") for c in CATEGORY]).join(
        categories, categories.c.category_id == cases.c.category_id
    )
    statement = statement.where(*await conditions_of(tx, scope, wanted, at))
    if after is not None:
        statement = statement.where(cases.c.case_id < after)
    # Who asks for a span of time wants old cases too: they are sought by it, not by walking down from the newest.
    spans = any(wanted.get(f"{name}_from") and wanted.get(f"{name}_to") for name in ("reported", "ended"))
    order = cases.c.case_id + 0 if spans else cases.c.case_id
    rows = await tx.execute(statement.order_by(order.desc()).limit(most))
    return [(facts_of(row._mapping), Category(*row[len(CASE) :])) for row in rows]  # noqa: SLF001 - its documented mapping


async def count_cases(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> int:
    """How many cases a list holds. Its cost grows with the answer."""
    counted = select(func.count()).select_from(cases).where(*await conditions_of(tx, scope, wanted, at))
    return int((await tx.execute(counted)).scalar_one())


async def read_emptiness(tx: Tx, scope: Scope, area: str | None) -> tuple[bool, bool]:
    """Why nothing was found: is there such an area, and is there any case in the scope."""
    known = select(areas.c.area_code).where(areas.c.area_code == area).exists()
    any_case = select(cases.c.case_id).where(within(scope)).exists()
    row = (await tx.execute(select(known.label("known"), any_case.label("any_case")))).one()
    return row.known, row.any_case
