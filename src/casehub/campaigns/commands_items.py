"""The door of items: plan them, cross them off, look again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from casehub.campaigns import store, store_figures
from casehub.campaigns.commands import find_campaign, refuse, today_of
from casehub.campaigns.commands_figures import changing
from casehub.campaigns.problems import ItemNotFound
from casehub.campaigns.rules import (
    Campaign,
    ItemFacts,
    State,
    day_faults,
    due_fits,
    in_state,
    recheck_faults,
    write_off_faults,
)
from casehub.cases.commands import photos_known, show_photos
from casehub.people.actors import Actor, Scope
from casehub.storage.transaction import Tx


async def find_item(tx: Tx, campaign_id: int, case_no: str, scope: Scope) -> tuple[Campaign, int]:
    """A running campaign, and the id of a case on its list. Raises CampaignNotFound, CampaignRefused, ItemNotFound."""
    campaign = await find_campaign(tx, campaign_id)
    refuse([in_state(campaign, State.RUNNING)])
    case_id = await store.read_case_id(tx, campaign_id, case_no, scope)
    if case_id is None:
        raise ItemNotFound(case_no)
    return campaign, case_id


async def plan_item(
    tx: Tx, campaign_id: int, case_no: str, said: Mapping[str, Any], *, scope: Scope, at: datetime
) -> None:
    """Plan, due day and obstacle of an item. Raises what `find_item` raises."""
    campaign, case_id = await find_item(tx, campaign_id, case_no, scope)
    async with changing(tx, campaign, [case_id]):
        await plan_found(tx, campaign, case_id, said, at)


async def plan_found(
    tx: Tx, campaign: Campaign, case_id: int, said: Mapping[str, Any], at: datetime, *, dry_run: bool = False
) -> None:
    """The same of an item that was found, within `changing`; a dry run only looks whether it may be. Raises CampaignRefused."""
    if "due_on" in said:
        due_on, today = said["due_on"], await today_of(tx, at)
        kept, ended = await store.read_due(tx, campaign.campaign_id, case_id)
        outside = due_fits(campaign, due_on) if due_on else None
        refuse([outside, *day_faults(kept, due_on, today, ended=ended)])
    if not dry_run:
        await store.write_plan(tx, campaign.campaign_id, case_id, said)


@asynccontextmanager
async def _item(tx: Tx, campaign_id: int, case_no: str, scope: Scope) -> AsyncIterator[ItemFacts]:
    """An item level with its case, locked with the list; what is done with it within is in the figures."""
    campaign, case_id = await find_item(tx, campaign_id, case_no, scope)
    async with changing(tx, campaign, [case_id]):
        await store_figures.write_moved(tx, campaign_id, [case_id])
        yield await store.read_item(tx, campaign_id, case_id)


async def write_off(  # noqa: PLR0913 - which item, with what proof, by whom, when
    tx: Tx, campaign_id: int, case_no: str, proof: Sequence[str], note: str, *, by: Actor, scope: Scope, at: datetime
) -> None:  # fmt: skip
    """Cross an item off with proof (销号). Raises CampaignNotFound, ItemNotFound, CampaignRefused."""
    said = {"proof": [*proof], "note": note, "written_off_by": by.name, "written_off_at": at}
    async with _item(tx, campaign_id, case_no, scope) as item:
        refuse(write_off_faults(item, proof, {*proof} - await photos_known(tx, proof)))
        await store.write_off(tx, campaign_id, item, said)
        await show_photos(tx, item.case_id, proof)


async def recheck(  # noqa: PLR0913 - which item, what was found, by whom, when
    tx: Tx, campaign_id: int, case_no: str, result: str, finding: str, *, by: Actor, scope: Scope, at: datetime
) -> None:  # fmt: skip
    """Look again (复核); a fail opens the item. Raises CampaignNotFound, ItemNotFound, CampaignRefused."""
    said = {"result": result, "finding": finding, "rechecked_by": by.name, "rechecked_at": at}
    async with _item(tx, campaign_id, case_no, scope) as item:
        refuse(recheck_faults(item, by.name))
        await store.write_recheck(tx, campaign_id, item, said)
