"""SQL of figures: what has moved on a list, and its items counted by what they are alike in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.campaigns.figures import EDGES, NO_CASE, SOLVED, Item, Recheck
from casehub.campaigns.rules import REBOUND_METRES, Campaign
from casehub.campaigns.tables import campaign_counts, campaign_items, campaign_rebounds, campaign_write_offs
from casehub.cases.duplicates import CELLS_OF_EARTH, CELLS_ROUND, METRES_PER_DEGREE
from casehub.storage.engine import PLAN_FOR_VALUES
from casehub.storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Count:
    """Figures as they were on the day `counted_on`, of the items as they are; None before anything was counted."""

    counted_xid: int
    counted_on: date | None
    figures: Mapping[str, Any]


_COUNT = select(campaign_counts.c.counted_xid, campaign_counts.c.counted_on, campaign_counts.c.figures).where(
    campaign_counts.c.campaign_id == bindparam("campaign_id")
)
_COUNT_LOCKED = _COUNT.with_for_update()


async def read_count(tx: Tx, campaign_id: int, *, lock: bool = False) -> Count | None:
    """The figures of a campaign; with `lock`, its items are ours until the transaction ends."""
    row = (await tx.execute(_COUNT_LOCKED if lock else _COUNT, {"campaign_id": campaign_id})).first()
    return None if row is None else Count(*row)


async def write_count(tx: Tx, campaign_id: int, count: Count) -> None:
    """Keep figures. The caller holds the lock."""
    said = {"counted_xid": count.counted_xid, "counted_on": count.counted_on, "figures": count.figures}
    await tx.execute(update(campaign_counts).where(campaign_counts.c.campaign_id == campaign_id).values(said))


async def write_watermark(tx: Tx, campaign_id: int, xid: int) -> None:
    """What was written before is in the items. Needs no lock: one that is set back only makes the next look see more twice."""
    those = campaign_counts.c.campaign_id == campaign_id
    await tx.execute(update(campaign_counts).where(those).values(counted_xid=xid))


# Rides on ix_case_events_xid. One statement, so one snapshot: whatever it does not see was written by `xmin` or later.
_MOVED = text(
    """
    SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS xmin,
           ARRAY(SELECT case_id FROM (SELECT DISTINCT case_id FROM case_events WHERE xid >= :since) AS written
                 JOIN campaign_items AS i USING (case_id) JOIN cases AS c USING (case_id)
                 WHERE i.campaign_id = :campaign_id
                   AND (i.case_state, i.case_ended_at) IS DISTINCT FROM (c.state, c.ended_at)) AS moved
    """
)


async def read_moved(tx: Tx, campaign_id: int, since: int) -> tuple[int, list[int]]:
    """(xmin, items whose cases have moved since)."""
    await tx.execute(PLAN_FOR_VALUES)  # hardly any event is so young; a plan for any value reads them all
    row = (await tx.execute(_MOVED, {"campaign_id": campaign_id, "since": since})).one()
    return row.xmin, row.moved


# Checked is what passed a check after the last handling, as CaseFacts.checked says: a rework since, and the check no
# longer holds. What was said of one closing does not hold for the next.
_FOLLOW = text(
    """
    UPDATE campaign_items AS i SET case_state = c.state, case_ended_at = c.ended_at,
        written_off = i.written_off AND i.case_ended_at IS NULL,
        recheck_result = CASE WHEN i.case_ended_at IS NULL THEN i.recheck_result END,
        checked = coalesce(c.marks ->> 'check_result', '') = 'pass' AND coalesce(
            (SELECT max(finished_at) FROM tasks AS t WHERE t.case_id = c.case_id AND t.kind = 'check' AND t.lead) >=
            (SELECT max(finished_at) FROM tasks AS t WHERE t.case_id = c.case_id AND t.kind = 'handle' AND t.lead), false)
    FROM cases AS c
    WHERE c.case_id = i.case_id AND i.campaign_id = :campaign_id AND i.case_id = ANY(CAST(:moved AS bigint[]))
      AND (i.case_state, i.case_ended_at) IS DISTINCT FROM (c.state, c.ended_at)
    RETURNING i.case_id
    """
)
_FORGET = text(
    "DELETE FROM campaign_rebounds WHERE campaign_id = :campaign_id AND case_id = ANY(CAST(:moved AS bigint[]))"
)


async def write_moved(tx: Tx, campaign_id: int, moved: Sequence[int]) -> None:
    """Bring those of these items up to their cases that are behind. The caller holds the lock."""
    followed = (await tx.execute(_FOLLOW, {"campaign_id": campaign_id, "moved": [*moved]})).scalars().all()
    if followed:
        await tx.execute(_FORGET, {"campaign_id": campaign_id, "moved": [*followed]})


# From each case that was written since to what was cleared around it, on ix_campaign_items_cell: the nine cells round it
# hold all that lies within REBOUND_METRES, up to 60 degrees north. Metres on a plane: at 50 m nobody sees the difference.
# What was there when the list was frozen comes back to nothing: thousands closed at once look for nothing around them.
_NEAR = text(
    f"""
    WITH fresh AS MATERIALIZED (
        SELECT n.case_id, n.category_id, n.spot, n.state, n.lon, n.lat, n.reported_at FROM (SELECT DISTINCT case_id FROM case_events WHERE xid >= :since) AS written
        JOIN cases AS n USING (case_id) WHERE n.reported_at >= :frozen_at)
    SELECT i.case_id, n.case_id AS new_case_id, n.state <> ALL(CAST(:no_case AS text[])) AS counts
    FROM fresh AS n
    CROSS JOIN generate_series(-1, 1) AS up CROSS JOIN generate_series(-1, 1) AS aside
    JOIN campaign_items AS i ON i.campaign_id = :campaign_id AND i.case_ended_at IS NOT NULL
        AND i.cell = n.spot % {CELLS_OF_EARTH} + up * {CELLS_ROUND} + aside
    JOIN cases AS c ON c.case_id = i.case_id AND c.category_id = n.category_id
    LEFT JOIN campaign_rebounds AS r ON r.campaign_id = i.campaign_id AND r.case_id = i.case_id AND r.new_case_id = n.case_id
    WHERE i.case_id <> n.case_id AND i.case_state = ANY(CAST(:solved AS text[]))
      AND n.reported_at > i.case_ended_at AND n.reported_at <= i.case_ended_at + CAST(:days AS int) * interval '1 day'
      AND sqrt(power(n.lat - c.lat, 2) + power((n.lon - c.lon) * cos(radians(c.lat)), 2)) * {METRES_PER_DEGREE} <= {REBOUND_METRES}
      AND r.counts IS DISTINCT FROM (n.state <> ALL(CAST(:no_case AS text[])))
    """  # noqa: S608 - numbers of ours
)


async def read_rebounds(tx: Tx, campaign: Campaign, since: int) -> list[dict[str, Any]]:
    """Rebounds that are not kept yet as they are now: {case_id, new_case_id, counts}."""
    said = {
        "campaign_id": campaign.campaign_id, "frozen_at": campaign.frozen_at, "since": since, "days": campaign.rebound_days,
        "no_case": [*NO_CASE], "solved": [*SOLVED],
    }  # fmt: skip
    return [dict(row) for row in (await tx.execute(_NEAR, said)).mappings()]


_KEEP = text(
    """
    INSERT INTO campaign_rebounds (campaign_id, case_id, new_case_id, counts)
    VALUES (:campaign_id, :case_id, :new_case_id, :counts)
    ON CONFLICT (campaign_id, case_id, new_case_id) DO UPDATE SET counts = excluded.counts
    """
)


async def write_rebounds(tx: Tx, campaign_id: int, found: Sequence[Mapping[str, Any]]) -> None:
    """Keep them. The caller holds the lock."""
    await tx.execute(_KEEP, [{"campaign_id": campaign_id, **one} for one in found])


def _those(*, some: bool) -> list[Any]:
    """The conditions that say which items: all of the list, or only these."""
    i, only = campaign_items.c, bindparam("only", type_=ARRAY(BigInteger))
    return [i.campaign_id == bindparam("campaign_id"), *([i.case_id == any_(only)] if some else [])]


@cache
def _alike(*, by_area: bool, some: bool) -> Select[Any]:
    # Built once: to put it together takes as long as to run it for one item.
    i, edges = campaign_items.c, bindparam("edges", [*EDGES], type_=ARRAY(Integer))
    rebound = exists().where(
        campaign_rebounds.c.campaign_id == i.campaign_id,
        campaign_rebounds.c.case_id == i.case_id,
        campaign_rebounds.c.counts,
    )
    alike = (
        i.area_code if by_area else i.department_code,
        i.case_state,
        func.date(func.timezone(bindparam("zone", type_=Text), i.case_ended_at)).label("ended_on"),
        i.checked,
        i.baseline_overdue,
        func.width_bucket(i.baseline_age_days, edges).label("band_before"),
        func.width_bucket(i.baseline_age_days + bindparam("days", type_=Integer), edges).label("band_now"),
        i.reason,
        i.due_on,
        i.written_off,
        i.recheck_result,
        (i.case_ended_at.is_not(None) & rebound).label("rebound"),
    )
    places = [text(str(place)) for place in range(1, len(alike) + 1)]
    return select(*alike, func.count()).where(*_those(some=some)).group_by(*places)


async def read_rows(  # noqa: PLR0913 - which items of which campaign, and by which days
    tx: Tx, campaign_id: int, only: Sequence[int] | None = None, *, frozen_on: date, today: date, zone: str, by_area: bool = False
) -> list[Item]:  # fmt: skip
    """The items, those that are alike counted together; with `by_area` their `unit` is the area they lie in."""
    said = {"zone": zone, "days": (today - frozen_on).days, **_said(campaign_id, only)}
    rows = await tx.execute(_alike(by_area=by_area, some=only is not None), said)
    return [Item._make(row) for row in rows]


def _said(campaign_id: int, only: Sequence[int] | None) -> dict[str, Any]:
    return {"campaign_id": campaign_id, **({} if only is None else {"only": [*only]})}


@cache
def _rechecked(*, by_area: bool, some: bool) -> Select[Any]:
    w, i = campaign_write_offs.c, campaign_items.c
    whose = i.area_code if by_area else i.department_code
    same = (w.campaign_id == i.campaign_id) & (w.case_id == i.case_id)
    found = select(whose, w.result, func.count()).join(campaign_items, same).where(w.result.is_not(None))
    return found.where(*_those(some=some)).group_by(whose, w.result)


async def read_rechecks(
    tx: Tx, campaign_id: int, only: Sequence[int] | None = None, *, by_area: bool = False
) -> list[Recheck]:
    """How often each unit, or area, was rechecked with which result."""
    found = _rechecked(by_area=by_area, some=only is not None)
    return [Recheck(*row) for row in await tx.execute(found, _said(campaign_id, only))]
