"""The door of lists: the items behind a figure, and the newcomers beside them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from casehub.campaigns import store_items
from casehub.campaigns.commands import find_campaign, zone_of
from casehub.campaigns.rules import Campaign, State, nature_of
from casehub.campaigns.store_items import Coming, Seen
from casehub.cases.commands import list_conditions
from casehub.people.actors import Scope
from casehub.storage.transaction import Tx


async def list_items(  # noqa: PLR0913 - which of them, and who looks when
    tx: Tx, campaign_id: int, scope: Scope, wanted: Mapping[str, Any], at: datetime, *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:  # fmt: skip
    """A page of the list as far as the reader sees it, each item with its write-offs, and where to go on.

    Ages and plans are told by the day `on` of `wanted`, else by today, or by the day on which the campaign ended.
    Raises CampaignNotFound.
    """
    campaign = await find_campaign(tx, campaign_id)
    if campaign.frozen_at is None:
        return [], None
    zone = await zone_of(tx)
    on = wanted.get("on") or (campaign.ended_at or at).astimezone(zone).date()
    frozen_on = campaign.frozen_at.astimezone(zone).date()
    seen = Seen(campaign_id, scope, frozen_on, on, zone.key, campaign.state is State.ENDED)
    filters = {name: said for name, said in wanted.items() if name != "on"}
    rows = await store_items.read_items(tx, seen, filters, after=after, most=most + 1)
    ended = rows[most - 1]["case_id"] if len(rows) > most else None
    crossed = [row["case_id"] for row in rows[:most] if row["write_offs"]]
    told = await store_items.read_write_offs(tx, campaign_id, crossed) if crossed else {}
    return [{**row, "history": told.get(row["case_id"], [])} for row in rows[:most]], ended


async def _coming(tx: Tx, campaign: Campaign, until: datetime | None, at: datetime) -> Coming:
    assert campaign.frozen_at is not None, "before its list is frozen nothing is new"
    reach = Scope(tuple((area, unit) for area, unit in campaign.reach or ()))
    conditions = await list_conditions(tx, reach, nature_of(campaign.scope), at)
    return Coming(conditions, campaign.units, campaign.frozen_at, until)


async def count_newcomers(
    tx: Tx, campaign: Campaign, at: datetime, *, until: datetime | None = None
) -> tuple[int, int]:
    """How many came, up to but not with `until` where it is given, and how many of them are open."""
    coming = await _coming(tx, campaign, until, at)
    return await store_items.count_newcomers(tx, campaign.campaign_id, coming)


async def list_newcomers(  # noqa: PLR0913 - which of them, and who looks when
    tx: Tx, campaign_id: int, scope: Scope, at: datetime, *, until: datetime | None, still_open: bool | None,
    after: int | None, most: int,
) -> tuple[list[dict[str, Any]], int | None]:  # fmt: skip
    """A page of newcomers (新增) as far as the reader sees them, and where to go on. Raises CampaignNotFound."""
    campaign = await find_campaign(tx, campaign_id)
    if campaign.frozen_at is None:
        return [], None
    coming = await _coming(tx, campaign, until or campaign.ended_at or at, at)
    rows = await store_items.read_newcomers(
        tx, campaign_id, coming, scope, still_open=still_open, after=after, most=most + 1
    )
    return rows[:most], rows[most - 1]["case_id"] if len(rows) > most else None
