"""The door of reports: made by the worker as the rhythm says, and when a campaign ends; frozen, printed when asked for."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from casehub.campaigns import store, store_batches
from casehub.campaigns.commands import find_campaign, refuse, zone_of
from casehub.campaigns.commands_figures import counted, keep_figures
from casehub.campaigns.printing import Language, report_document
from casehub.campaigns.problems import ReportNotFound
from casehub.campaigns.rules import WHOLE, Campaign, State, in_state, reports_due
from casehub.paper.files import to_file
from casehub.rates.periods import of_days
from casehub.storage.transaction import Tx

# One report at a time: its pages are laid out in 60 MB.
_PRESS = asyncio.Lock()


async def next_running(tx: Tx, after: int) -> int | None:
    """The running campaign that comes after that number."""
    return await store.read_running(tx, after)


async def keep_up(tx: Tx, campaign_id: int, at: datetime) -> None:
    """One look of the worker at a running campaign: its figures, and the reports that are due and not made yet.

    Nothing where another worker is at it.
    """
    if not await store.lock_running(tx, campaign_id):
        return
    campaign, zone = await find_campaign(tx, campaign_id), await zone_of(tx)
    assert campaign.frozen_at is not None
    await keep_figures(tx, campaign, at)
    frozen_on, today = campaign.frozen_at.astimezone(zone).date(), at.astimezone(zone).date()
    made = await store.read_made(tx, campaign_id)
    for unit, first, end in reports_due(campaign, frozen_on, today):
        if (unit.value, first) not in made:
            told = await counted(tx, campaign, end - timedelta(days=1), at)
            await _make(tx, campaign, unit.value, (first, end), told, at)


async def end(tx: Tx, campaign_id: int, at: datetime) -> Campaign:
    """End a running campaign: list and figures stay as they are now, and are told in a report of the whole of it.

    Locks the campaign, so that there is one such report. Raises CampaignNotFound, CampaignRefused.
    """
    campaign = await find_campaign(tx, campaign_id, lock=True)
    refuse([in_state(campaign, State.RUNNING)])
    told = await keep_figures(tx, campaign, at, fresh=timedelta(0))
    tomorrow = at.astimezone(await zone_of(tx)).date() + timedelta(days=1)
    await _make(tx, campaign, WHOLE, (campaign.first_day, tomorrow), told, at)
    await store.write_state(tx, campaign_id, State.ENDED, ended_at=at)
    return replace(campaign, state=State.ENDED, ended_at=at)


async def _make(
    tx: Tx, campaign: Campaign, unit: str, days: tuple[date, date], told: Mapping[str, Any], at: datetime
) -> None:
    """Keep a report, with the visits and batches of its days."""
    number, period = campaign.campaign_id, of_days(*days, await zone_of(tx))
    visits = await store.read_visits_between(tx, number, period.first, period.end)
    batches = await store_batches.read_batches_between(tx, number, period.first, period.end)
    beside = {"visits": _plain(visits), "batches": _plain(batches)}
    row = {
        "campaign_id": number, "unit": unit, "first_day": days[0], "end_day": days[1], "figures": {**told, **beside},
        "made_at": at,
    }  # fmt: skip
    await store.write_report(tx, row)


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As JSON keeps them, which takes no name of a column for a text."""
    return [
        {str(name): told.isoformat() if isinstance(told, datetime) else told for name, told in one.items()}
        for one in rows
    ]


async def list_reports(
    tx: Tx, campaign_id: int, *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of reports, newest first, and where to go on."""
    await find_campaign(tx, campaign_id)
    rows = await store.read_reports(tx, campaign_id, after=after, most=most + 1)
    return rows[:most], rows[most - 1]["report_id"] if len(rows) > most else None


async def find_report(tx: Tx, campaign_id: int, report_id: int) -> dict[str, Any]:
    """A report with its figures. Raises CampaignNotFound, ReportNotFound."""
    await find_campaign(tx, campaign_id)
    found = await store.read_report(tx, campaign_id, report_id)
    if found is None:
        raise ReportNotFound(f"there is no report {report_id}")
    return found


async def print_report(
    tx: Tx, campaign_id: int, report_id: int, form: str, language: Language
) -> tuple[bytes, str]:
    """A report as a file, and the name of the file. Raises what `find_report` raises, and CharacterNotPrintable."""
    report = await find_report(tx, campaign_id, report_id)
    campaign = await find_campaign(tx, campaign_id)
    document = report_document(campaign, report, await zone_of(tx), language)
    async with _PRESS:
        printed = await asyncio.to_thread(to_file, document, form)
    return printed, _file_name(report, form)


def _file_name(report: Mapping[str, Any], form: str) -> str:
    first: date = report["first_day"]
    return f"campaign-{report['campaign_id']}-{report['unit']}-{first.isoformat()}.{form}"
