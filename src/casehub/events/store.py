"""SQL of events: append and read, nothing else. SQL of webhooks and of what must still leave."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, array

from casehub.events.chain import Event
from casehub.events.messages import Notice, Told
from casehub.events.retries import Outcome, State
from casehub.events.tables import NOTICES_FROM, case_events, deliveries, notices, webhooks
from casehub.storage.metadata import Instant
from casehub.storage.sent import inserting
from casehub.storage.transaction import Tx

_APPENDED = inserting(case_events, "events", returning=("case_id", "seq", "action", "at"))
# Where each case lies: its area, and the departments that have it or had it just before, so that who loses a case hears
# of that too.
_LYING = (
    func.json_to_recordset(cast(bindparam("lying", type_=Text), JSON))
    .table_valued(
        column("case_id", BigInteger), column("area", Text), column("departments", ARRAY(Text)), name="lying"
    )
    .render_derived(with_types=True)
)
# Joined by name: places stand beside this room, departments above it.
_AREAS = table("areas", column("area_code", Text), column("lies_in", ARRAY(Text)))
_DEPARTMENTS = table("departments", column("department_code", Text), column("belongs_to", ARRAY(Text)))
_IN_AREA = (
    exists()
    .where(_AREAS.c.area_code == _LYING.c.area, _AREAS.c.lies_in.contains(array([webhooks.c.area_code])))
    .correlate(_LYING, webhooks)
)
_OF_DEPARTMENT = (
    exists()
    .where(
        _DEPARTMENTS.c.department_code == func.any(_LYING.c.departments),
        _DEPARTMENTS.c.belongs_to.contains(array([webhooks.c.department_code])),
    )
    .correlate(_LYING, webhooks)
)
_IN_PART = (
    exists()
    .where(
        _LYING.c.case_id == _APPENDED.c.case_id,
        or_(webhooks.c.area_code.is_(None), _IN_AREA),
        or_(webhooks.c.department_code.is_(None), _OF_DEPARTMENT),
    )
    .correlate(_APPENDED, webhooks)
)
# A delivery for each active webhook that wants to hear of the action, of a case in its part of the city.
_LEAVING = insert(deliveries).from_select(
    ["case_id", "seq", "webhook_id", "made_at", "next_try_at", "attempts"],
    select(
        _APPENDED.c.case_id, _APPENDED.c.seq, webhooks.c.webhook_id, _APPENDED.c.at, _APPENDED.c.at,
        literal_column("0"),
    ).where(
        bindparam("outside", type_=Boolean),
        webhooks.c.active,
        or_(webhooks.c.actions.is_(None), _APPENDED.c.action == func.any(webhooks.c.actions)),
        or_(and_(webhooks.c.area_code.is_(None), webhooks.c.department_code.is_(None)), _IN_PART),
    ),
)  # fmt: skip
APPENDING = (_APPENDED, _LEAVING.cte("new_deliveries"))
_EVENT = [case_events.c[one.name] for one in fields(Event)]
_OF_CASE = select(*_EVENT).where(case_events.c.case_id == bindparam("case_id")).order_by(case_events.c.seq)
_BETWEEN = (
    select(*_EVENT)
    .where(case_events.c.case_id >= bindparam("first"), case_events.c.case_id <= bindparam("last"))
    .order_by(case_events.c.case_id, case_events.c.seq)
)


_OF_CASES = (
    select(*_EVENT)
    .where(case_events.c.case_id == func.any(bindparam("case_ids", type_=ARRAY(BigInteger))))
    .order_by(case_events.c.case_id, case_events.c.seq)
)


async def read_of_cases(tx: Tx, case_ids: Sequence[int]) -> list[Event]:
    """The histories of some cases, in order of case and sequence."""
    return [Event(*row) for row in await tx.execute(_OF_CASES, {"case_ids": [*case_ids]})]


async def read_events(tx: Tx, case_id: int) -> list[Event]:
    """The history of one case, oldest first."""
    return [Event(*row) for row in await tx.execute(_OF_CASE, {"case_id": case_id})]


async def read_between(tx: Tx, first: int, last: int) -> AsyncIterator[Event]:
    """Events of a range of cases, in order of case and sequence."""
    for row in await tx.execute(_BETWEEN, {"first": first, "last": last}):
        yield Event(*row)


_SHOWN = [c for c in webhooks.c if c.name not in {"secret", "deleted_at"}]
_THERE = webhooks.c.deleted_at.is_(None)


async def read_webhooks(tx: Tx) -> list[dict[str, Any]]:
    """All webhooks, without their secrets."""
    rows = await tx.execute(select(*_SHOWN).where(_THERE).order_by(webhooks.c.webhook_id))
    return [dict(row) for row in rows.mappings()]


async def read_webhook(tx: Tx, webhook_id: int) -> dict[str, Any] | None:
    """A webhook without its secret."""
    row = (await tx.execute(select(*_SHOWN).where(_THERE, webhooks.c.webhook_id == webhook_id))).mappings()
    found = row.first()
    return None if found is None else dict(found)


async def write_webhook(tx: Tx, row: dict[str, Any]) -> int:
    """Add a webhook; its id."""
    made = await tx.execute(insert(webhooks).values(row).returning(webhooks.c.webhook_id))
    return int(made.scalar_one())


async def write_changes(tx: Tx, webhook_id: int, changes: dict[str, Any]) -> bool:
    """Change a webhook; False when there is none."""
    statement = update(webhooks).where(_THERE, webhooks.c.webhook_id == webhook_id)
    return (await tx.execute(statement.values(changes))).rowcount == 1


_IN_STATE: dict[State, Any] = {
    "waiting": deliveries.c.next_try_at.is_not(None),
    "delivered": deliveries.c.delivered_at.is_not(None),
    "failed": deliveries.c.next_try_at.is_(None) & deliveries.c.delivered_at.is_(None),
}
_FIRST = case_events.alias("first")
_LISTED = (
    select(
        *deliveries.c,
        func.coalesce(case_events.c.action, notices.c.kind).label("action"),
        # The first event of a case tells all of it.
        cast(_FIRST.c.body, JSON)["case"]["case_no"].as_string().label("case_no"),
        notices.c.subject,
        case(*((condition, state) for state, condition in _IN_STATE.items())).label("state"),
    )
    .outerjoin(
        case_events, (case_events.c.case_id == deliveries.c.case_id) & (case_events.c.seq == deliveries.c.seq)
    )
    .outerjoin(_FIRST, (_FIRST.c.case_id == deliveries.c.case_id) & (_FIRST.c.seq == 1))
    .outerjoin(notices, (notices.c.subject_id == deliveries.c.case_id) & (notices.c.seq == deliveries.c.seq))
    .where(deliveries.c.webhook_id == bindparam("webhook_id"))
    .order_by(deliveries.c.case_id.desc(), deliveries.c.seq.desc())
    .limit(bindparam("most"))
)


async def read_deliveries(
    tx: Tx, webhook_id: int, state: State | None, *, after: tuple[int, int] | None, most: int
) -> list[dict[str, Any]]:
    """Deliveries to a webhook, the newest case first; `after` is (case_id, seq) of the last one of the page before."""
    statement = _LISTED if state is None else _LISTED.where(_IN_STATE[state])
    if after is not None:
        statement = statement.where(tuple_(deliveries.c.case_id, deliveries.c.seq) < after)
    rows = await tx.execute(statement, {"webhook_id": webhook_id, "most": most})
    return [dict(row) for row in rows.mappings()]


async def write_rearmed(tx: Tx, webhook_id: int, at: datetime) -> int:
    """Let everything be tried anew that has not arrived; how many. Rides on the two partial indexes."""
    statement = update(deliveries).where(
        deliveries.c.webhook_id == webhook_id, or_(_IN_STATE["waiting"], _IN_STATE["failed"])
    )
    return (await tx.execute(statement.values(next_try_at=at, attempts=0))).rowcount


_DUE = (deliveries.c.webhook_id == bindparam("webhook_id")) & (deliveries.c.next_try_at <= bindparam("at"))
_WITH_DUE = select(webhooks.c.webhook_id).where(
    webhooks.c.active,
    exists().where(
        deliveries.c.webhook_id == webhooks.c.webhook_id, deliveries.c.next_try_at <= bindparam("at")
    ),
)
# What another worker holds is skipped. Rides on ix_deliveries_open. Its limit is written out: a statement that is
# planned for any limit expects a tenth of the backlog.
_HELD = (
    select(deliveries.c.case_id, deliveries.c.seq)
    .where(_DUE)
    .order_by(deliveries.c.next_try_at, deliveries.c.case_id, deliveries.c.seq)
    .limit(literal_column("16"))
    .with_for_update(skip_locked=True, key_share=True)
)


async def read_webhooks_with_due(tx: Tx, at: datetime) -> list[int]:
    """The active webhooks that have something to be sent."""
    return [*(await tx.execute(_WITH_DUE, {"at": at})).scalars()]


async def read_receiver(tx: Tx, webhook_id: int) -> tuple[str, str] | None:
    """Address and secret of an active webhook."""
    wanted = select(webhooks.c.url, webhooks.c.secret).where(
        webhooks.c.webhook_id == webhook_id, webhooks.c.active
    )
    row = (await tx.execute(wanted)).first()
    return None if row is None else (row.url, row.secret)


async def read_due(tx: Tx, webhook_id: int, at: datetime) -> list[tuple[int, int]]:
    """A few deliveries that are due, the longest first: (case_id, seq). They stay ours until the transaction ends."""
    rows = await tx.execute(_HELD, {"webhook_id": webhook_id, "at": at})
    return [(row.case_id, row.seq) for row in rows]


_PLACES = (
    func.unnest(bindparam("case_ids", type_=ARRAY(BigInteger)), bindparam("seqs", type_=ARRAY(Integer)))
    .table_valued(column("case_id", BigInteger), column("seq", Integer), name="place")
    .render_derived()
)
_EARLIER = deliveries.alias("earlier")
# The first event of the same case that has not arrived yet, if one comes before this.
_BEFORE = (
    select(_EARLIER.c.seq, _EARLIER.c.next_try_at)
    .where(
        _EARLIER.c.case_id == _PLACES.c.case_id,
        _EARLIER.c.webhook_id == bindparam("of_webhook"),
        _EARLIER.c.seq < _PLACES.c.seq,
        _EARLIER.c.delivered_at.is_(None),
    )
    .order_by(_EARLIER.c.seq)
    .limit(literal_column("1"))
    .lateral("before")
)
_JUDGED = (
    select(*_PLACES.c, _BEFORE.c.seq.label("before"), _BEFORE.c.next_try_at.label("before_at"))
    .select_from(_PLACES.outerjoin(_BEFORE, true()))
    .cte("judged")
)
_FREE = _JUDGED.c.before.is_(None)
_GIVEN_UP = ~_FREE & _JUDGED.c.before_at.is_(None)
_CLAIM = (
    update(deliveries)
    .where(
        deliveries.c.case_id == _JUDGED.c.case_id,
        deliveries.c.seq == _JUDGED.c.seq,
        deliveries.c.webhook_id == bindparam("of_webhook"),
    )
    .values(
        attempts=deliveries.c.attempts + cast(_FREE, Integer),
        next_try_at=case(
            (_GIVEN_UP, null()), else_=func.greatest(bindparam("until", type_=Instant), _JUDGED.c.before_at)
        ),
        last_error=case(
            (_GIVEN_UP, func.concat("event ", _JUDGED.c.before, " of this case was given up")),
            else_=deliveries.c.last_error,
        ),
    )
    .returning(deliveries.c.case_id, deliveries.c.seq, deliveries.c.attempts, _FREE.label("free"))
)


async def write_claims(
    tx: Tx, webhook_id: int, places: Sequence[tuple[int, int]], until: datetime
) -> dict[tuple[int, int], int]:
    """Push deliveries ahead, those whose turn it is not at least to when the one before is tried: whose turn it is.

    {(case_id, seq): attempts, this one included}. A statement of its own, after `read_due`: whoever settles the earlier
    one makes the later one due, so either we see it settled or they wait for our lock. At worst a later one, written in
    that very moment, waits as long as a lease.
    """
    told = {
        "of_webhook": webhook_id, "until": until, "case_ids": [one for one, _ in places],
        "seqs": [seq for _, seq in places],
    }  # fmt: skip
    rows = await tx.execute(_CLAIM, told)
    return {(row.case_id, row.seq): row.attempts for row in rows if row.free}


# The class is joined by name: catalogue stands above this room.
_TELL = text(
    """
    SELECT e.case_id, e.seq, e.action, e.at, e.body, e.hash, stood.after AS "case",
           json_build_object('scheme', c.scheme, 'code', c.code, 'name', c.name) AS category
    FROM unnest(CAST(:case_ids AS bigint[]), CAST(:seqs AS int[])) AS place(case_id, seq)
    JOIN case_events AS e USING (case_id, seq)
    -- What each event changed, the latest word of each column: the case as it was after this event.
    CROSS JOIN LATERAL (SELECT jsonb_object_agg(said.key, said.value ORDER BY told.seq) AS after
                        FROM case_events AS told CROSS JOIN json_each(CAST(told.body AS json) -> 'case') AS said
                        WHERE told.case_id = e.case_id AND told.seq <= e.seq) AS stood
    LEFT JOIN categories AS c ON c.category_id = CAST(stood.after ->> 'category_id' AS int)
    """
).columns(*_EVENT, column("case", JSON), column("category", JSON))


_TELL_NOTICES = select(
    notices.c.subject_id, *(notices.c[one.name] for one in fields(Notice))
).join(_PLACES, (notices.c.subject_id == _PLACES.c.case_id) & (notices.c.seq == _PLACES.c.seq))  # fmt: skip


async def read_told(tx: Tx, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Told | Notice]:
    """What is told of events and notices, by (case_id, seq)."""
    values = {"case_ids": [one for one, _ in places], "seqs": [seq for _, seq in places]}
    found: dict[tuple[int, int], Told | Notice] = {}
    if any(case_id >= NOTICES_FROM for case_id, _ in places):
        for subject_id, *said in await tx.execute(_TELL_NOTICES, values):
            notice = Notice(*said)
            found[subject_id, notice.seq] = notice
    for *event, stood, category in await tx.execute(_TELL, values):
        told = Told(Event(*event), stood, category)
        found[told.event.case_id, told.event.seq] = told
    return found


_SETTLED = (
    func.unnest(
        bindparam("of_cases", type_=ARRAY(BigInteger)),
        bindparam("of_seqs", type_=ARRAY(Integer)),
        bindparam("of_webhooks", type_=ARRAY(Integer)),
    )
    .table_valued(
        column("case_id", BigInteger), column("seq", Integer), column("webhook_id", Integer), name="settled"
    )
    .render_derived()
)
_SAME_CASE = (deliveries.c.case_id == _SETTLED.c.case_id) & (deliveries.c.webhook_id == _SETTLED.c.webhook_id)
_ARRIVED = (
    update(deliveries)
    .where(_SAME_CASE, deliveries.c.seq == _SETTLED.c.seq, deliveries.c.delivered_at.is_(None))
    .values(delivered_at=bindparam("now", type_=Instant), next_try_at=null(), last_error=null())
    .cte("arrived")
)
_FOLLOWING = (
    select(func.min(_EARLIER.c.seq))
    .where(
        _EARLIER.c.case_id == _SETTLED.c.case_id,
        _EARLIER.c.webhook_id == _SETTLED.c.webhook_id,
        _EARLIER.c.seq > _SETTLED.c.seq,
        _EARLIER.c.delivered_at.is_(None),
    )
    .scalar_subquery()
)
# Now it is the turn of the next event of the case, whether it is due already or not: see `write_claims`.
_ARRIVE = (
    update(deliveries)
    .where(_SAME_CASE, deliveries.c.seq == _FOLLOWING)
    .values(next_try_at=bindparam("now", type_=Instant))
    .add_cte(_ARRIVED)
)
# Nothing is changed when somebody else tried since.
_POSTPONE = (
    update(deliveries)
    .where(
        deliveries.c.case_id == bindparam("of_case"),
        deliveries.c.seq == bindparam("of_seq"),
        deliveries.c.webhook_id == bindparam("of_webhook"),
        deliveries.c.attempts == bindparam("attempt"),
        deliveries.c.delivered_at.is_(None),
    )
    .values(next_try_at=bindparam("later", type_=Instant), last_error=bindparam("error", type_=Text))
)


async def write_outcomes(tx: Tx, outcomes: Sequence[Outcome], at: datetime) -> None:
    """Keep what became of deliveries: arrived at `at`, or put off."""
    arrived = [one for one in outcomes if one.error is None]
    if arrived:
        told = {
            "of_cases": [one.case_id for one in arrived], "of_seqs": [one.seq for one in arrived],
            "of_webhooks": [one.webhook_id for one in arrived], "now": at,
        }  # fmt: skip
        await tx.execute(_ARRIVE, told)
    failed = [
        {
            "of_case": one.case_id, "of_seq": one.seq, "of_webhook": one.webhook_id, "attempt": one.attempt,
            "error": one.error, "later": one.next_try_at,
        }
        for one in outcomes
        if one.error is not None
    ]  # fmt: skip
    if failed:
        await tx.execute(_POSTPONE, failed)
