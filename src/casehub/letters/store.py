"""SQL of letters, their numbers, rounds and ladders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from casehub.cases.tables import attachments, case_photos, cases
from casehub.cases.tables_scope import within
from casehub.catalogue.tables import categories
from casehub.deadlines.tables import tasks
from casehub.departments.tables import departments
from casehub.events.chain import Event
from casehub.letters.drafts import CaseOf
from casehub.letters.flow import LETTER_COLUMNS, Decision, Letter
from casehub.letters.ledger import Wanted
from casehub.letters.tables import (
    letter_cases,
    letter_events,
    letter_ids,
    letter_ladders,
    letter_numbers,
    letter_photos,
    letter_rounds,
    letters,
)
from casehub.letters.tables_past import happened, unanswered_at
from casehub.people.actors import Scope
from casehub.storage.engine import PLAN_FOR_VALUES
from casehub.storage.transaction import Tx

Row = dict[str, Any]
_LETTER = [letters.c[name] for name in LETTER_COLUMNS]
#: Letters whose reply is waited for.
WAITING = ("sent", "received")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which letters somebody sees: those with a case in `scope`, and those that went to `unit`, or in copy."""

    scope: Scope
    unit: str | None = None


def _seen(reach: Reach) -> ColumnElement[bool]:
    if reach.scope.everything:
        return true()
    about = exists().where(
        letter_cases.c.letter_id == letters.c.letter_id,
        letter_cases.c.case_id == cases.c.case_id,
        within(reach.scope),
    )
    seen: list[ColumnElement[bool]] = [about] if reach.scope.parts else []
    if reach.unit is not None:
        below = select(departments.c.department_code).where(departments.c.belongs_to.contains([reach.unit]))
        to_them = letters.c.to_unit.in_(below) | letters.c.cc_units.contains([reach.unit])
        seen.append(to_them & letters.c.sent_at.is_not(None))
    return or_(false(), *seen)


async def read_letter(tx: Tx, letter_id: int, reach: Reach, *, lock: bool = False) -> Letter | None:
    """A letter within reach; with `lock`, ours until the transaction ends."""
    found = select(*_LETTER).where(letters.c.letter_id == letter_id, _seen(reach))
    row = (await tx.execute(found.with_for_update(key_share=True) if lock else found)).mappings().first()
    return None if row is None else Letter(**row)


def _narrowed(wanted: Wanted, at: datetime) -> list[ColumnElement[bool]]:
    said = ((letters.c[name], getattr(wanted, name)) for name in ("status", "step", "to_unit", "round_id"))
    found: list[ColumnElement[bool]] = [column == value for column, value in said if value is not None]
    if wanted.number is not None:
        found += [
            letters.c[name] == value
            for name, value in zip(("agency_code", "year", "seq"), wanted.number, strict=True)
        ]
    if wanted.case_no is not None:
        about = select(letter_cases.c.letter_id).join(cases, cases.c.case_id == letter_cases.c.case_id)
        found.append(letters.c.letter_id.in_(about.where(cases.c.case_no == wanted.case_no)))
    if wanted.text is not None:
        found.append(
            letters.c.title.contains(wanted.text, autoescape=True)
            | letters.c.body.contains(wanted.text, autoescape=True)
        )
    if wanted.overdue is not None:
        late = letters.c.status.in_(WAITING) & (letters.c.reply_due_at < at)
        found.append(late if wanted.overdue else ~func.coalesce(late, false()))
    if wanted.first is not None:
        found.append(letters.c.drafted_at >= wanted.first)
    if wanted.last is not None:
        found.append(letters.c.drafted_at < wanted.last)
    if wanted.happened is not None:
        found.append(happened(wanted.happened, wanted.happened_first, wanted.happened_last))
    if wanted.unanswered_at is not None:
        found.append(unanswered_at(wanted.unanswered_at))
    return found


async def read_letters(
    tx: Tx, reach: Reach, wanted: Wanted, at: datetime, *, after: int | None, most: int
) -> list[Letter]:
    """A page of the ledger, newest first."""
    key = letters.c.letter_id
    before = true() if after is None else key < after
    found = (
        select(*_LETTER).where(_seen(reach), before, *_narrowed(wanted, at)).order_by(key.desc()).limit(most)
    )
    return [Letter(**row) for row in (await tx.execute(found)).mappings()]


async def read_letters_after(tx: Tx, after: int, most: int) -> list[Letter]:
    """Letters in order of their ids, for walks over all of them."""
    found = select(*_LETTER).where(letters.c.letter_id > after).order_by(letters.c.letter_id).limit(most)
    return [Letter(**row) for row in (await tx.execute(found)).mappings()]


async def read_ids(tx: Tx, count: int) -> list[int]:
    """Fresh ids for new letters."""
    many = select(func.nextval(letter_ids.name)).select_from(
        func.generate_series(1, bindparam("count", type_=Integer))
    )
    return [row[0] for row in await tx.execute(many, {"count": count})]


# Many letters at once make a small table a large one, which the database would go on reading from end to end for each
# reference to it that it checks: ten thousand took three times as long. So they are planned for their values until this.
_PLAN_AS_USUAL = text("SET LOCAL plan_cache_mode = auto")


async def write_new(tx: Tx, decisions: Sequence[Decision], about: Sequence[Sequence[CaseOf]]) -> None:
    """Keep letters that begin, each with its cases. Raises IntegrityError where one has a letter of that step already."""
    if not decisions:
        return
    await tx.execute(PLAN_FOR_VALUES)
    await tx.execute(insert(letters), [dict(vars(one.letter)) for one in decisions])
    await _write_events(tx, decisions)
    rows = [
        {
            "letter_id": one.letter.letter_id, "case_id": case.case_id, "step": one.letter.step, "round": case.round,
            "made_at": one.event.at, "supervised": False, "stands": True,
        }
        for one, these in zip(decisions, about, strict=True)
        for case in these
    ]  # fmt: skip
    await tx.execute(insert(letter_cases), rows)
    await tx.execute(_PLAN_AS_USUAL)


async def write_moved(tx: Tx, decision: Decision) -> bool:
    """Keep what was decided of a letter; False when somebody was first."""
    assert decision.before is not None
    mine = (letters.c.letter_id == decision.letter.letter_id) & (letters.c.version == decision.before.version)
    if not (await tx.execute(update(letters).where(mine).values(vars(decision.letter)))).rowcount:
        return False
    await _write_events(tx, [decision])
    return True


async def _write_events(tx: Tx, decisions: Sequence[Decision]) -> None:
    names = ("seq", "action", "at", "body", "hash")
    rows = [
        {"letter_id": one.event.case_id, **{n: getattr(one.event, n) for n in names}} for one in decisions
    ]
    await tx.execute(insert(letter_events), rows)


async def read_events(tx: Tx, letter_id: int) -> list[Event]:
    """The events of a letter, oldest first."""
    rows = await tx.execute(
        select(*letter_events.c).where(letter_events.c.letter_id == letter_id).order_by(letter_events.c.seq)
    )
    return [Event(*row) for row in rows]


# The upsert locks the row until the transaction ends: numbers follow each other without gaps, whoever signs at once.
_TAKE = insert(letter_numbers).values(agency_code=bindparam("code"), year=bindparam("the_year"), last_seq=1)
_TAKE_NUMBER = _TAKE.on_conflict_do_update(
    index_elements=["agency_code", "year"], set_={"last_seq": letter_numbers.c.last_seq + 1}
).returning(letter_numbers.c.last_seq)


async def take_number(tx: Tx, code: str, year: int) -> int:
    """The next number of an agency code in a year, ours if this transaction commits."""
    return int((await tx.execute(_TAKE_NUMBER, {"code": code, "the_year": year})).scalar_one())


#: The department's latest task on a case.
HANDLE = (
    select(*(tasks.c[name] for name in ("task_no", "entered_at", "due_at", "yellow_at", "finished_at")))
    .where(tasks.c.case_id == cases.c.case_id, tasks.c.kind == "handle", tasks.c.lead)
    .order_by(tasks.c.task_no.desc())
    .limit(1)
    .lateral("handle")
)
#: Cases as letters are about them, in order of their ids, so that two who lock them never wait crosswise.
FOR_LETTERS = (
    select(
        cases.c.case_id, cases.c.case_no, cases.c.department_code, cases.c.address, categories.c.name, cases.c.description,
        cases.c.ended_at.is_(None), func.coalesce(HANDLE.c.task_no, 0), HANDLE.c.entered_at, HANDLE.c.due_at, HANDLE.c.finished_at,
        func.coalesce(cases.c.marks["return_count"].as_integer(), 0), func.coalesce(cases.c.marks["rework_count"].as_integer(), 0),
    )
    .join(categories, categories.c.category_id == cases.c.category_id)
    .outerjoin(HANDLE, true())
    .order_by(cases.c.case_id)
)  # fmt: skip
_LOCKED = FOR_LETTERS.with_for_update(key_share=True, of=cases)


def _among(column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    return column == func.any(bindparam(None, [*ids], type_=ARRAY(BigInteger)))


async def read_cases(tx: Tx, numbers: Sequence[str], scope: Scope) -> list[CaseOf]:
    """Those of these cases that are in scope, ours until the transaction ends, in order of their ids."""
    found = _LOCKED.where(cases.c.case_no.in_(numbers), within(scope))
    return [CaseOf(*row) for row in await tx.execute(found)]


async def read_cases_of(tx: Tx, letter_id: int) -> list[CaseOf]:
    """The cases of a letter as they are now, ours until the transaction ends."""
    about = select(letter_cases.c.case_id).where(letter_cases.c.letter_id == letter_id)
    return [CaseOf(*row) for row in await tx.execute(_LOCKED.where(cases.c.case_id.in_(about)))]


async def read_taken(
    tx: Tx, steps: Sequence[str], these: Sequence[CaseOf], *, standing: bool
) -> dict[int, int]:
    """Which of these have a letter of one of these steps in their round: {case_id: letter_id}; `standing` leaves withdrawn ones out."""
    wanted = {(one.case_id, one.round) for one in these}
    found = select(letter_cases.c.case_id, letter_cases.c.round, letter_cases.c.letter_id).where(
        letter_cases.c.step.in_(steps), _among(letter_cases.c.case_id, [one.case_id for one in these]),
        letter_cases.c.stands if standing else true(),
    )  # fmt: skip
    return {
        row.case_id: row.letter_id for row in await tx.execute(found) if (row.case_id, row.round) in wanted
    }


async def read_supervised(tx: Tx, letter_id: int) -> list[int]:
    """The cases whose reply clock this letter set going."""
    mine = (letter_cases.c.letter_id == letter_id) & letter_cases.c.supervised
    return [
        row.case_id
        for row in await tx.execute(
            select(letter_cases.c.case_id).where(mine).order_by(letter_cases.c.case_id)
        )
    ]


async def write_supervised(tx: Tx, letter_id: int, case_ids: Sequence[int]) -> None:
    """Remember that this letter supervises these."""
    mine = (letter_cases.c.letter_id == letter_id) & _among(letter_cases.c.case_id, case_ids)
    await tx.execute(update(letter_cases).where(mine).values(supervised=True))


async def write_taken_over(tx: Tx, letter_id: int, case_ids: Sequence[int]) -> None:
    """From now on these owe their reply to this letter alone."""
    others = (letter_cases.c.letter_id != letter_id) & _among(letter_cases.c.case_id, case_ids)
    mine = others & letter_cases.c.supervised
    await tx.execute(update(letter_cases).where(mine).values(supervised=False))


async def read_not_elsewhere(tx: Tx, letter_id: int, case_ids: Sequence[int]) -> list[int]:
    """Those of these cases that owe no reply to another letter."""
    other = letter_cases.join(letters, letters.c.letter_id == letter_cases.c.letter_id)
    found = select(letter_cases.c.case_id).select_from(other).where(
        letter_cases.c.letter_id != letter_id, letter_cases.c.supervised, letters.c.status.in_((*WAITING, "escalated")),
        _among(letter_cases.c.case_id, case_ids),
    )  # fmt: skip
    elsewhere = {row.case_id for row in await tx.execute(found)}
    return [one for one in case_ids if one not in elsewhere]


async def write_released(tx: Tx, letter_id: int) -> None:
    """Its cases may have another letter of that step."""
    await tx.execute(
        update(letter_cases)
        .where(letter_cases.c.letter_id == letter_id)
        .values(stands=False, supervised=False)
    )


async def write_photos(tx: Tx, letter_id: int, ids: Sequence[str]) -> None:
    """Photos of a reply; one that was in an earlier reply too is one."""
    rows = [{"letter_id": letter_id, "attachment_id": one} for one in ids]
    await tx.execute(insert(letter_photos).on_conflict_do_nothing(), rows)


_FILE = (attachments.c.attachment_id, attachments.c.sha256, attachments.c.media_type)


async def read_photo(tx: Tx, letter_id: int, attachment_id: str) -> Row | None:
    """A photo of a reply to the letter."""
    mine = (letter_photos.c.letter_id == letter_id) & (letter_photos.c.attachment_id == attachment_id)
    found = (
        select(*_FILE)
        .join(letter_photos, letter_photos.c.attachment_id == attachments.c.attachment_id)
        .where(mine)
    )
    row = (await tx.execute(found)).mappings().first()
    return None if row is None else dict(row)


async def read_photos_of_cases(tx: Tx, letter_id: int, until: datetime, most: int) -> list[Row]:
    """Photos of the letter's cases that were there at `until`, case after case, oldest first."""
    found = (
        select(*_FILE, cases.c.case_no)
        .join(case_photos, case_photos.c.attachment_id == attachments.c.attachment_id)
        .join(letter_cases, letter_cases.c.case_id == case_photos.c.case_id)
        .join(cases, cases.c.case_id == case_photos.c.case_id)
        .where(letter_cases.c.letter_id == letter_id, attachments.c.uploaded_at <= until)
        .order_by(cases.c.case_id, attachments.c.uploaded_at, attachments.c.attachment_id)
        .limit(most)
    )
    return [dict(row) for row in (await tx.execute(found)).mappings()]


async def read_usable_photos(tx: Tx, ids: Sequence[str], uploader: str, scope: Scope) -> list[str]:
    """Those of these photos that the actor uploaded, or that belong to a case in scope."""
    shown = exists().where(
        case_photos.c.attachment_id == attachments.c.attachment_id,
        case_photos.c.case_id == cases.c.case_id,
        within(scope),
    )
    found = select(attachments.c.attachment_id).where(
        attachments.c.attachment_id.in_(ids), (attachments.c.uploaded_by == uploader) | shown
    )
    return [row.attachment_id for row in await tx.execute(found)]


async def read_units(tx: Tx, codes: Sequence[str]) -> dict[str, str]:
    """Those of these units that are there: {code: name}."""
    found = select(departments.c.department_code, departments.c.name).where(
        departments.c.department_code.in_(codes)
    )
    return {row.department_code: row.name for row in await tx.execute(found)}


async def write_round(tx: Tx, row: Mapping[str, Any]) -> int:
    """Begin a round of supervision; its number."""
    return int(
        (await tx.execute(insert(letter_rounds).values(row).returning(letter_rounds.c.round_id))).scalar_one()
    )


async def read_rounds(tx: Tx, reach: Reach, after: int | None, most: int) -> list[Row]:
    """A page of rounds, newest first, with how many letters in reach they have in which status, about how many cases."""
    key = letter_rounds.c.round_id
    page = (
        select(*letter_rounds.c)
        .where(true() if after is None else key < after)
        .where(exists().where(letters.c.round_id == key, _seen(reach)))
        .order_by(key.desc())
        .limit(most)
    )
    rounds = {
        row["round_id"]: {**row, "letters": {}, "cases": 0} for row in (await tx.execute(page)).mappings()
    }
    counted = (
        select(letters.c.round_id, letters.c.status, func.count(letters.c.letter_id.distinct()), func.count())
        .join(letter_cases, letter_cases.c.letter_id == letters.c.letter_id)
        .where(_among(letters.c.round_id, [*rounds]), _seen(reach))
        .group_by(letters.c.round_id, letters.c.status)
    )
    for round_id, status, many, about in await tx.execute(counted):
        rounds[round_id]["letters"][status] = many
        rounds[round_id]["cases"] += about
    return [*rounds.values()]


async def read_ladder(tx: Tx) -> Row | None:
    """The current ladder, as it was loaded."""
    latest = select(*letter_ladders.c).order_by(letter_ladders.c.version.desc()).limit(1)
    row = (await tx.execute(latest)).mappings().first()
    return None if row is None else dict(row)


async def lock_ladder(tx: Tx) -> None:
    """Let one after the other load a ladder; readers go on."""
    await tx.execute(text("LOCK TABLE letter_ladders IN SHARE ROW EXCLUSIVE MODE"))


async def write_ladder(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a version. The caller holds the lock of `lock_ladder`."""
    await tx.execute(insert(letter_ladders).values(row))
