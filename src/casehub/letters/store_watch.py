"""SQL of the watch: which cases stand on which step of the ladder, and which letters wait in vain for a reply."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, text

from casehub.cases.tables import cases
from casehub.letters.drafts import CaseOf
from casehub.letters.flow import LETTER_COLUMNS, Letter
from casehub.letters.store import FOR_LETTERS, HANDLE, WAITING
from casehub.letters.tables import letter_cases, letters
from casehub.storage.transaction import Tx

# Open cases whose department is at work: index ix_cases_open_due_at.
_AT_WORK = (
    cases.c.ended_at.is_(None),
    cases.c.department_code.is_not(None),
    HANDLE.c.finished_at.is_(None),
    HANDLE.c.task_no.is_not(None),
)
Where = Sequence[ColumnElement[bool]]


def lit_yellow(at: datetime) -> Where:
    """The department's clock is yellow, or past it."""
    return (cases.c.yellow_at <= at, HANDLE.c.yellow_at <= at)


def due_before(moment: datetime) -> Where:
    """It was due before this moment."""
    return (cases.c.due_at < moment, HANDLE.c.due_at < moment)


def counted(mark: str, least: int) -> Where:
    """A mark that counts has reached so many."""
    return (cases.c.marks[mark].as_integer() >= least,)


def repeated(least: int) -> Where:
    """So many other reports were merged into it."""
    return (func.jsonb_array_length(cases.c.marks["merged_in"]) >= least,)


def followed(step: str, until: datetime) -> Where:
    """It had this step of the same clock by then."""
    earlier = (letter_cases.c.case_id == cases.c.case_id) & (letter_cases.c.step == step)
    return (
        exists().where(
            earlier,
            letter_cases.c.round == HANDLE.c.task_no,
            letter_cases.c.made_at <= until,
            letter_cases.c.stands,
        ),
    )


def _free(steps: Sequence[str]) -> ColumnElement[bool]:
    """None of these steps was taken in this round, not even in vain."""
    taken = (letter_cases.c.case_id == cases.c.case_id) & letter_cases.c.step.in_(steps)
    return ~exists().where(taken, letter_cases.c.round == HANDLE.c.task_no)


# Of this city, whatever others share the server.
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || ' ladder'))")


async def lock_ladder(tx: Tx) -> bool:
    """Is the ladder ours until the transaction ends? Two who climb at once would take a lighter step for a heavier."""
    return bool((await tx.execute(_LOCK)).scalar_one())


async def read_standing_on(tx: Tx, where: Where, steps: Sequence[str], most: int) -> list[CaseOf]:
    """Cases that a step is due for and that have none of `steps` in their round, locked; those that others hold wait."""
    found = FOR_LETTERS.where(*_AT_WORK, *where, _free(steps)).limit(most)
    rows = await tx.execute(found.with_for_update(key_share=True, skip_locked=True, of=cases))
    return [CaseOf(*row) for row in rows]


async def read_backlogged(tx: Tx, where: Where, steps: Sequence[str], least: int) -> list[str]:
    """Departments with so many such cases, one after the other."""
    unit = cases.c.department_code
    # FROM cases, then the department's task.
    found = select(unit).select_from(cases.join(HANDLE, HANDLE.c.task_no.is_not(None)))
    grouped = (
        found.where(*_AT_WORK, *where, _free(steps))
        .group_by(unit)
        .having(func.count() >= least)
        .order_by(unit)
    )
    return [row[0] for row in await tx.execute(grouped)]


def of_unit(code: str) -> ColumnElement[bool]:
    """It leads the case."""
    return cases.c.department_code == code


async def read_unanswered(tx: Tx, steps: Sequence[str], at: datetime, most: int) -> list[Letter]:
    """Letters of these steps whose reply is overdue, locked, the longest first. Index ix_letters_reply_due_at."""
    due: list[Any] = [letters.c.status.in_(WAITING), letters.c.reply_due_at < at, letters.c.step.in_(steps)]
    found = (
        select(*(letters.c[name] for name in LETTER_COLUMNS))
        .where(*due)
        .order_by(letters.c.reply_due_at)
        .limit(most)
    )
    rows = await tx.execute(found.with_for_update(key_share=True, skip_locked=True))
    return [Letter(**row) for row in rows.mappings()]
