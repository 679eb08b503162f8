"""The door of campaigns: plan, launch, work the list off."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casehub.campaigns import store
from casehub.campaigns.problems import CampaignInvalid, CampaignNotFound, CampaignRefused
from casehub.campaigns.rules import (
    MATCHES_NOTHING,
    Campaign,
    State,
    in_state,
    launch_faults,
    plan_faults,
    scope_faults,
    visited_within,
    wanted_of,
)
from casehub.cases.commands import list_conditions
from casehub.deadlines.commands import current_calendar
from casehub.errors import Refusal
from casehub.people.actors import Actor, Scope
from casehub.storage.transaction import Tx


async def zone_of(tx: Tx) -> ZoneInfo:
    """The city's zone, in which days begin."""
    return (await current_calendar(tx)).tz


async def today_of(tx: Tx, at: datetime) -> date:
    """The day of the city."""
    return at.astimezone(await zone_of(tx)).date()


async def plan_campaign(tx: Tx, said: Mapping[str, Any], *, by: Actor, at: datetime) -> Campaign:
    """Write a campaign down; its list is not frozen yet. Raises CampaignInvalid."""
    await _check_plan(tx, said, at)
    row = {**said, "state": State.PLANNED, "created_by": by.name, "created_at": at}
    return await find_campaign(tx, await store.write_campaign(tx, row))


async def _check_plan(tx: Tx, said: Mapping[str, Any], at: datetime) -> None:
    unknown = {*said["units"]} - (await store.read_units(tx, said["units"]))
    known = await store.read_active(tx, said["owner"])
    found = plan_faults(
        said["first_day"], said["last_day"], await today_of(tx, at), unknown, owner_known=known
    )
    found += scope_faults(said["scope"], await store.read_unknown(tx, said["scope"]))
    if found:
        raise CampaignInvalid(errors=found)


async def plan_anew(tx: Tx, campaign_id: int, said: Mapping[str, Any], *, at: datetime) -> Campaign:
    """Write it down otherwise, until its list is frozen. Raises CampaignNotFound, CampaignRefused, CampaignInvalid."""
    refuse([in_state(await find_campaign(tx, campaign_id, lock=True), State.PLANNED)])
    await _check_plan(tx, said, at)
    await store.write_state(tx, campaign_id, State.PLANNED, **said)
    return await find_campaign(tx, campaign_id)


async def find_campaign(tx: Tx, campaign_id: int, *, lock: bool = False) -> Campaign:
    """A campaign. Raises CampaignNotFound."""
    found = await store.read_campaign(tx, campaign_id, lock=lock)
    if found is None:
        raise CampaignNotFound(f"there is no campaign {campaign_id}")
    return found


async def list_campaigns(
    tx: Tx, state: str | None, *, after: int | None, most: int
) -> tuple[list[Campaign], int | None]:
    """A page of campaigns, newest first, and where to go on."""
    found = await store.read_campaigns(tx, state, after=after, most=most + 1)
    return found[:most], found[most - 1].campaign_id if len(found) > most else None


async def launch(
    tx: Tx, campaign_id: int, *, by: Actor, scope: Scope, at: datetime, dry_run: bool = False
) -> tuple[Campaign, int]:
    """Freeze its list of the open cases that `scope` sees and that fit now; how many they are.

    Locks the campaign. Raises CampaignNotFound, CampaignRefused; a dry run counts and changes nothing.
    """
    campaign = await find_campaign(tx, campaign_id, lock=True)
    refuse(launch_faults(campaign, await today_of(tx, at)))
    conditions = await list_conditions(tx, scope, wanted_of(campaign.scope), at)
    if dry_run:
        fitting = await store.count_fitting(tx, conditions, campaign.units)
    else:
        # First how far back the figures must look, then the list: what moves meanwhile is looked at again.
        await store.write_count(tx, campaign_id)
        zone = (await zone_of(tx)).key
        fitting = await store.write_items(tx, campaign_id, conditions, campaign.units, at=at, zone=zone)
    if not fitting:
        raise CampaignRefused(errors=[MATCHES_NOTHING])
    if dry_run:
        return campaign, fitting
    now: dict[str, Any] = {"launched_by": by.name, "reach": scope.parts, "frozen_at": at}
    await store.write_state(tx, campaign_id, State.RUNNING, **now)
    return replace(campaign, state=State.RUNNING, **now), fitting


def refuse(found: Sequence[Refusal | None]) -> None:
    """Raises CampaignRefused with those that there are."""
    if errors := [one for one in found if one is not None]:
        raise CampaignRefused(errors=errors)


async def enter_visit(
    tx: Tx, campaign_id: int, said: Mapping[str, Any], *, by: Actor, at: datetime
) -> dict[str, Any]:
    """Enter a visit to a unit (上门走访). Raises CampaignNotFound, CampaignRefused."""
    campaign = await find_campaign(tx, campaign_id)
    beside = visited_within(campaign, said["visited_at"], at, await zone_of(tx))
    refuse([in_state(campaign, State.RUNNING), beside])
    code = said["department_code"]
    if not await store.read_units(tx, [code]):
        en, zh = (
            f"there is no department {code}; see GET /v1/departments",
            f"单位不存在：{code}，见 GET /v1/departments",
        )
        raise CampaignRefused(errors=[Refusal("unit_known", en, zh, "department")])
    row = {**said, "campaign_id": campaign_id, "entered_by": by.name, "entered_at": at}
    return await store.write_visit(tx, row)


async def list_visits(
    tx: Tx, campaign_id: int, *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of visits, newest first, and where to go on."""
    await find_campaign(tx, campaign_id)
    rows = await store.read_visits(tx, campaign_id, after=after, most=most + 1)
    return rows[:most], rows[most - 1]["visit_id"] if len(rows) > most else None
