"""The door of figures: kept ready, and made again when a case on the list has moved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from casehub.campaigns import store, store_figures
from casehub.campaigns.commands import zone_of
from casehub.campaigns.figures import figures, tallies
from casehub.campaigns.rules import Campaign, State, nature_of
from casehub.campaigns.store_figures import Count
from casehub.cases.commands import list_conditions
from casehub.people.actors import Scope
from casehub.storage.transaction import Tx

#: How old what is kept may get before the worker counts newcomers again.
FRESH = timedelta(minutes=10)


async def figures_of(tx: Tx, campaign: Campaign, at: datetime) -> Mapping[str, Any] | None:
    """The figures of a campaign, to its last case while it runs; None before its list is frozen."""
    return None if campaign.frozen_at is None else (await _count(tx, campaign, at)).figures


async def keep_figures(
    tx: Tx, campaign: Campaign, at: datetime, *, fresh: timedelta = FRESH
) -> Mapping[str, Any]:
    """Bring the items up to their cases, and count when something moved or it is `fresh` ago; the figures as kept."""
    count = await _count(tx, campaign, at, kept=True)
    if at - datetime.fromisoformat(count.figures["counted_at"]) < fresh:
        return count.figures
    await store_figures.read_count(tx, campaign.campaign_id, lock=True)
    told = await counted(tx, campaign, at.astimezone(await zone_of(tx)).date(), at)
    await store_figures.write_count(tx, campaign.campaign_id, replace(count, figures=told))
    return told


async def _count(tx: Tx, campaign: Campaign, at: datetime, *, kept: bool = False) -> Count:
    """Figures that leave out nothing until the campaign ended.

    Reads alone when nothing has moved, unless the watermark is to be `kept`.
    """
    today, number = at.astimezone(await zone_of(tx)).date(), campaign.campaign_id
    count = await store_figures.read_count(tx, number)
    assert count is not None, "a list that is frozen has figures"
    if campaign.state is State.ENDED and count.counted_on is not None:
        return count
    xmin, changed = await _follow(tx, campaign, count.counted_xid)
    if count.counted_on == today and not changed:
        if kept and xmin > count.counted_xid:
            await store_figures.write_watermark(tx, number, xmin)
        return count
    await store_figures.read_count(tx, number, lock=True)
    count = Count(xmin, today, await counted(tx, campaign, today, at))
    await store_figures.write_count(tx, number, count)
    return count


async def _follow(tx: Tx, campaign: Campaign, since: int) -> tuple[int, bool]:
    """Bring the items up to their cases, and find what came back; up to which transaction, and whether any changed.

    The lock is taken before the first item is written, and none where there is nothing to write.
    """
    number = campaign.campaign_id
    xmin, moved = await store_figures.read_moved(tx, number, since)
    if moved:
        await store_figures.read_count(tx, number, lock=True)
        await store_figures.write_moved(tx, number, moved)
    found = await store_figures.read_rebounds(tx, campaign, since)
    if found:
        await store_figures.read_count(tx, number, lock=True)
        await store_figures.write_rebounds(tx, number, found)
    return xmin, bool(moved or found)


async def counted(tx: Tx, campaign: Campaign, today: date, at: datetime) -> dict[str, Any]:
    """The figures at the end of a day, from the items as they are, with names; newcomers up to `at`."""
    assert campaign.frozen_at is not None
    zone, number = await zone_of(tx), campaign.campaign_id
    frozen_on = campaign.frozen_at.astimezone(zone).date()
    rows = await store_figures.read_rows(tx, number, frozen_on=frozen_on, today=today, zone=zone.key)
    rechecks = await store_figures.read_rechecks(tx, number)
    told = figures(rows, rechecks, frozen_on=frozen_on, today=today)
    codes = {one["unit"] for one in told["units"]} - {None}
    names = await store.read_names(tx, codes, of_areas=False)
    for one in (*told["units"], *told["burn_down"]["units"]):
        one["name"] = names.get(one["unit"])
    seen = Scope(tuple((area, unit) for area, unit in campaign.reach or ()))
    conditions = await list_conditions(tx, seen, nature_of(campaign.scope), at)
    came, still = await store_figures.count_newcomers(
        tx, number, conditions, campaign.units, campaign.frozen_at
    )
    return {**told, "newcomers": {"cases": came, "open": still}, "counted_at": at.isoformat()}


async def ledger(tx: Tx, campaign: Campaign, kind: str, at: datetime) -> list[dict[str, Any]]:
    """The list by areas of a kind (一社区一清单), each with its figures; what lies in none stands last."""
    if campaign.frozen_at is None:
        return []
    zone, number = await zone_of(tx), campaign.campaign_id
    await _count(tx, campaign, at)
    today, frozen_on = at.astimezone(zone).date(), campaign.frozen_at.astimezone(zone).date()
    rows = await store_figures.read_rows(
        tx, number, frozen_on=frozen_on, today=today, zone=zone.key, by_area=True
    )
    rechecks = await store_figures.read_rechecks(tx, number, by_area=True)
    above = await store.read_above(tx, {row.unit for row in rows if row.unit is not None}, kind)
    _, places = tallies(
        (row._replace(unit=above.get(row.unit or "")) for row in rows),
        (one._replace(unit=above.get(one.unit or "")) for one in rechecks),
        today,
    )
    names = await store.read_names(tx, {*above.values()}, of_areas=True)
    ordered = sorted(places, key=lambda place: (place is None, place or ""))
    return [{"area": place, "name": names.get(place or ""), **places[place].told()} for place in ordered]
