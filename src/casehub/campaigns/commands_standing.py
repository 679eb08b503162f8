"""The door of what other rooms tell of campaigns: how each that ran in a period stands."""

from datetime import datetime
from typing import Any

from casehub.campaigns import store
from casehub.campaigns.commands import zone_of
from casehub.campaigns.commands_figures import figures_of
from casehub.campaigns.commands_lists import count_newcomers
from casehub.campaigns.rules import Campaign
from casehub.campaigns.standing import Newcomers, standing
from casehub.rates.asking import Days
from casehub.storage.transaction import Tx


async def campaigns_in(tx: Tx, days: Days, at: datetime) -> list[dict[str, Any]]:
    """Each campaign that ran on one of these days, as it stands at `at`, or stood when it ended. Locks their lists."""
    period = days.period(await zone_of(tx))
    found = await store.read_campaigns_between(tx, period.first, period.end)
    return [await _told(tx, one, days, at) for one in found]


async def _told(tx: Tx, campaign: Campaign, days: Days, at: datetime) -> dict[str, Any]:
    figures = await figures_of(tx, campaign, at)
    assert figures is not None, "its list was frozen"
    if campaign.ended_at is None:
        came = Newcomers(*await count_newcomers(tx, campaign, at, until=at), until=at)
    else:
        kept, at = figures["newcomers"], campaign.ended_at
        came = Newcomers(kept["cases"], kept["open"], datetime.fromisoformat(figures["counted_at"]))
    return standing(campaign, figures, came, days, zone=await zone_of(tx), at=at)
