"""The door of figures: kept ready, and brought up when a case on the list has moved."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from casehub.campaigns import store, store_figures
from casehub.campaigns.commands import find_campaign, refuse, zone_of
from casehub.campaigns.commands_lists import count_newcomers
from casehub.campaigns.figures import NOTHING, Rows, changes, figures, tallies
from casehub.campaigns.problems import CampaignRefused
from casehub.campaigns.rules import Campaign, State, in_state
from casehub.campaigns.store_figures import Count
from casehub.storage.transaction import Tx

#: How old what is kept may get before the worker counts newcomers again.
FRESH = timedelta(minutes=10)


async def figures_of(tx: Tx, campaign: Campaign, at: datetime) -> Mapping[str, Any] | None:
    """The figures of a campaign, to its last case while it runs; None before its list is frozen."""
    return None if campaign.frozen_at is None else (await _count(tx, campaign, at)).figures


async def keep_figures(
    tx: Tx, campaign: Campaign, at: datetime, *, fresh: timedelta = FRESH
) -> Mapping[str, Any]:
    """Bring items and figures up to their cases, and count all anew when that was `fresh` ago; the figures as kept."""
    count = await _count(tx, campaign, at, kept=True)
    if at - datetime.fromisoformat(count.figures["counted_at"]) >= fresh:
        count = await _renew(tx, campaign, at)
    return count.figures


async def _count(tx: Tx, campaign: Campaign, at: datetime, *, kept: bool = False) -> Count:
    """Figures that leave out nothing until the campaign ended.

    Reads alone when nothing has moved, unless the watermark is to be `kept`.
    """
    today, number = at.astimezone(await zone_of(tx)).date(), campaign.campaign_id
    count = await _read(tx, number)
    if campaign.state is State.ENDED:
        return count
    try:
        xmin, changed = await _follow(tx, campaign, count.counted_xid)
    except CampaignRefused:  # it ended while we waited, and its figures stay as they were then
        return await _read(tx, number)
    if (changed or kept) and xmin > count.counted_xid:
        await store_figures.write_watermark(tx, number, xmin)
    if changed or count.counted_on != today:  # of all who wait on a new morning only the first counts all
        count = await _read(tx, number, lock=True)
    return count if count.counted_on == today else await _renew(tx, campaign, at)


async def _renew(tx: Tx, campaign: Campaign, at: datetime) -> Count:
    """Count all anew, newcomers too."""
    today = at.astimezone(await zone_of(tx)).date()
    kept = await _read(tx, campaign.campaign_id, lock=True)
    count = replace(kept, counted_on=today, figures=await counted(tx, campaign, today, at))
    await store_figures.write_count(tx, campaign.campaign_id, count)
    return count


async def _read(tx: Tx, campaign_id: int, *, lock: bool = False) -> Count:
    count = await store_figures.read_count(tx, campaign_id, lock=lock)
    assert count is not None, "a list that is frozen has figures"
    return count


async def _follow(tx: Tx, campaign: Campaign, since: int) -> tuple[int, bool]:
    """Bring the items up to their cases, and find what came back; up to which transaction, and whether any changed.

    The lock is taken before the first item is written, and none where there is nothing to write.
    """
    number = campaign.campaign_id
    xmin, moved = await store_figures.read_moved(tx, number, since)
    if moved:
        async with changing(tx, campaign, moved):
            await store_figures.write_moved(tx, number, moved)
    found = await store_figures.read_rebounds(tx, campaign, since)
    if found:
        async with changing(tx, campaign, [one["case_id"] for one in found]):
            await store_figures.write_rebounds(tx, number, found)
    return xmin, bool(moved or found)


@asynccontextmanager
async def changing(tx: Tx, campaign: Campaign, case_ids: Sequence[int]) -> AsyncIterator[None]:
    """What is done to these items within is in the figures afterwards, as of the day on which they were counted.

    Takes the lock that comes before those of items. Raises CampaignRefused where the campaign ended while we waited for it.
    """
    count = await _read(tx, campaign.campaign_id, lock=True)
    refuse([in_state(await find_campaign(tx, campaign.campaign_id), State.RUNNING)])
    if count.counted_on is None:
        yield
        return
    before = await _rows(tx, campaign, count.counted_on, case_ids)
    yield
    changed = changes(before, await _rows(tx, campaign, count.counted_on, case_ids))
    told = await _figures(tx, campaign, count.counted_on, changed, kept=count.figures)
    now = replace(count, figures={**count.figures, **told})
    await store_figures.write_count(tx, campaign.campaign_id, now)


async def _rows(
    tx: Tx, campaign: Campaign, today: date, only: Sequence[int] | None = None, *, by_area: bool = False
) -> Rows:
    zone, number = await zone_of(tx), campaign.campaign_id
    days = {"frozen_on": _frozen_on(campaign, zone), "today": today}
    items = await store_figures.read_rows(tx, number, only, **days, zone=zone.key, by_area=by_area)
    return items, await store_figures.read_rechecks(tx, number, only, by_area=by_area)


def _frozen_on(campaign: Campaign, zone: tzinfo) -> date:
    assert campaign.frozen_at is not None
    return campaign.frozen_at.astimezone(zone).date()


async def counted(tx: Tx, campaign: Campaign, today: date, at: datetime) -> dict[str, Any]:
    """The figures at the end of a day, from the items as they are, with names; newcomers up to `at`."""
    told = await _figures(tx, campaign, today, await _rows(tx, campaign, today))
    came, still = await count_newcomers(tx, campaign, at)
    return {**told, "newcomers": {"cases": came, "open": still}, "counted_at": at.isoformat()}


async def _figures(
    tx: Tx, campaign: Campaign, today: date, rows: Rows, kept: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:  # fmt: skip
    frozen_on = _frozen_on(campaign, await zone_of(tx))
    told = figures(*rows, frozen_on=frozen_on, today=today, kept=kept)
    names = await store.read_names(tx, {one["unit"] for one in told["units"]} - {None}, of_areas=False)
    for one in (*told["units"], *told["burn_down"]["units"]):
        one["name"] = names.get(one["unit"])
    return told


async def ledger(tx: Tx, campaign: Campaign, kind: str, at: datetime) -> list[dict[str, Any]]:
    """The list by areas of a kind (一社区一清单), each with its figures; what lies in none stands last.

    Ages and plans are told by today, or by the day on which the campaign ended.
    """
    if campaign.frozen_at is None:
        return []
    await _count(tx, campaign, at)
    today = (campaign.ended_at or at).astimezone(await zone_of(tx)).date()
    items, rechecks = await _rows(tx, campaign, today, by_area=True)
    above = await store.read_above(tx, {row.unit for row in items if row.unit is not None}, kind)
    places = tallies(
        (row._replace(unit=above.get(row.unit or "")) for row in items),
        (one._replace(unit=above.get(one.unit or "")) for one in rechecks),
        today,
    )
    names = await store.read_names(tx, {*above.values()}, of_areas=True)
    ordered = sorted(places, key=lambda place: (place is None, place or ""))
    return [{"area": place, "name": names.get(place or ""), **places[place].told()} for place in ordered]
