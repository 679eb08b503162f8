"""What may be done with a campaign and its items. Each guard answers with a refusal or nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

from casehub.campaigns.figures import SOLVED
from casehub.deadlines.lights import Light
from casehub.errors import Refusal
from casehub.rates.periods import Unit, unit_around


class State(StrEnum):
    """Of a campaign."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


#: The report that a campaign ends with, beside those of days, weeks and months.
WHOLE = "whole"
#: Days within which the same problem at the same place is a rebound, unless a campaign says otherwise. Source: our
#: choice; reference 7 leaves N open.
REBOUND_DAYS = 30
#: How near is the same place, in metres. Source: reference 2.6, S1 warns of repeats within 50 m.
REBOUND_METRES = 50
#: Filters that say what a case is, and not how it stands: newcomers are those that fit them.
NATURE = ("kind", "category", "scheme", "department", "area", "source", "workflow", "text")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it is kept."""

    campaign_id: int
    kind: str
    name: str
    first_day: date
    last_day: date
    owner: str
    rhythm: tuple[str, ...]
    scope: Mapping[str, Any]
    units: tuple[str, ...]
    targets: Mapping[str, float]
    rebound_days: int
    state: State
    created_by: str
    created_at: datetime
    launched_by: str | None
    reach: Sequence[tuple[str | None, str | None]] | None
    frozen_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item as guards see it."""

    case_id: int
    case_no: str
    department_code: str | None
    case_state: str
    write_offs: int
    written_off: bool
    recheck_result: str | None
    written_off_by: str | None


def plan_faults(
    first_day: date, last_day: date, today: date, unknown_units: Collection[str], *, owner_known: bool
) -> list[Refusal]:
    """What is wrong with a campaign as it was written down."""
    found = []
    if last_day < first_day:
        found.append(Refusal(
            "ends_after_it_starts", f"it would end on {last_day}, before it starts on {first_day}; give a later last_day",
            f"结束日 {last_day} 早于开始日 {first_day}，请改为更晚的 last_day", "last_day",
        ))  # fmt: skip
    elif last_day < today:
        found.append(Refusal(
            "not_over_already", f"it would have ended on {last_day} already; give a last_day from {today} on",
            f"结束日 {last_day} 已过，请给出 {today} 或之后的 last_day", "last_day",
        ))  # fmt: skip
    if unknown_units:
        named = ", ".join(sorted(unknown_units))
        found.append(Refusal(
            "units_known", f"there is no department {named}; see GET /v1/departments",
            f"单位不存在：{named}，见 GET /v1/departments", "units",
        ))  # fmt: skip
    if not owner_known:
        found.append(Refusal(
            "owner_known", "the owner must be an active person of the city; see GET /v1/people",
            "负责人须为在职人员，见 GET /v1/people", "owner",
        ))  # fmt: skip
    return found


#: What of a scope names something of the city, and where it is listed: (in English, in Chinese, address).
_LISTED = {
    "area": ("area", "区域", "/v1/areas"),
    "department": ("department", "单位", "/v1/departments"),
    "scheme": ("scheme", "分类标准", "/v1/categories"),
    "category": ("category", "类别", "/v1/categories"),
}


def scope_faults(scope: Mapping[str, Any], unknown: Collection[str]) -> list[Refusal]:
    """Why a scope can never fit a case, whatever is reported; `unknown` are those of its fields that name nothing."""
    found = []
    for name in sorted(unknown):
        en, zh, address = _LISTED[name]
        found.append(Refusal(
            "scope_known", f"there is no {en} {scope[name]}; see GET {address}", f"{zh}不存在：{scope[name]}，见 GET {address}",
            f"scope.{name}",
        ))  # fmt: skip
    wanted = wanted_of(scope)
    first, end = wanted.get("reported_from"), wanted.get("reported_to")
    if first and end and end <= first:
        found.append(Refusal(
            "scope_has_time", f"nothing is reported from {first} on and before {end}; give a later reported_to",
            f"{first} 至 {end} 之间没有时间，请给出更晚的 reported_to", "scope.reported_to",
        ))  # fmt: skip
    return found


def in_state(campaign: Campaign, wanted: State) -> Refusal | None:
    """Some things are done before the list is frozen, others while the campaign runs."""
    if campaign.state is wanted:
        return None
    zh = {State.PLANNED: "计划中", State.RUNNING: "进行中", State.ENDED: "已结束"}
    return Refusal(
        "campaign_state", f"the campaign is {campaign.state}; this is done while it is {wanted}",
        f"行动{zh[campaign.state]}，此操作须在“{zh[wanted]}”状态进行",
    )  # fmt: skip


def launch_faults(campaign: Campaign, today: date) -> list[Refusal]:
    """May its list be frozen now?"""
    found = [one for one in [in_state(campaign, State.PLANNED)] if one]
    if today < campaign.first_day:
        found.append(Refusal(
            "launched_on_its_days", f"it starts on {campaign.first_day}; launch it then, so that the list is of that day",
            f"行动 {campaign.first_day} 开始，请届时启动，清单以当日为准", "first_day",
        ))  # fmt: skip
    if campaign.last_day < today:
        found.append(Refusal(
            "not_over_already", f"it ended on {campaign.last_day}; plan another one",
            f"行动已于 {campaign.last_day} 到期，请另行计划", "last_day",
        ))  # fmt: skip
    return found


def wanted_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """A saved scope as the filters of a list of cases."""
    wanted: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name.endswith(("_from", "_to")) else value
        for name, value in scope.items()
    }
    return wanted | ({"light": Light(wanted["light"])} if wanted.get("light") else {})


def nature_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """What a scope says of what cases are, by which newcomers are found."""
    return {name: value for name, value in scope.items() if name in NATURE}


#: Nothing would be on the list.
MATCHES_NOTHING = Refusal(
    "scope_matches_something",
    "no open case in your part of the city fits scope and units: the list would be empty; widen them and plan it anew, "
    "or launch a census when its survey has been made",
    "您的管辖范围内没有符合范围与单位的在办案件，清单为空；请放宽条件后重新计划，普查请在采集上报后启动", "scope",
)  # fmt: skip


def visited_within(campaign: Campaign, visited_at: datetime, at: datetime, zone: tzinfo) -> Refusal | None:
    """A visit was made on a day of the campaign, and is entered afterwards."""
    if visited_at <= at and visited_at.astimezone(zone).date() >= campaign.first_day:
        return None
    return Refusal(
        "visited_within_campaign", f"visited_at lies from {campaign.first_day}, the first day of the campaign, to now",
        f"走访时间须在行动首日（{campaign.first_day}）至当前时间之间", "visited_at",
    )  # fmt: skip


def due_fits(campaign: Campaign, due_on: date) -> Refusal | None:
    """An item is due within the campaign."""
    if campaign.first_day <= due_on <= campaign.last_day:
        return None
    return Refusal(
        "due_within_campaign", f"due_on lies from {campaign.first_day} to {campaign.last_day}, the days of the campaign",
        f"完成日须在行动期内（{campaign.first_day} 至 {campaign.last_day}）", "due_on",
    )  # fmt: skip


def day_faults(kept: date | None, due_on: date | None, today: date, *, ended: bool) -> list[Refusal]:
    """May an item that is due on `kept` be due on another day? Only ahead of both days and of its end; else every plan
    could be kept.

    Source: our choice; reference 7, guards against gaming.
    """
    if due_on == kept:
        return []
    found = []
    if kept is not None and kept < today:
        found.append(Refusal(
            "passed_day_stays", f"it was due on {kept}, which has passed: send that day as it is",
            f"原定完成日 {kept} 已过，不得更改，请原样提交", "due_on",
        ))  # fmt: skip
    elif due_on is not None and due_on < today:
        found.append(Refusal(
            "due_ahead", f"{due_on} has passed; give a day from {today} on", f"{due_on} 已过，请给出 {today} 或之后的日期", "due_on",
        ))  # fmt: skip
    if ended:
        found.append(Refusal(
            "planned_before_it_ends", "its case has ended; a day is planned before that", "案件已结束，完成日须事先计划", "due_on",
        ))  # fmt: skip
    return found


def write_off_faults(
    item: ItemFacts, proof: Collection[str], unknown_photos: Collection[str]
) -> list[Refusal]:
    """May it be crossed off? Only what is closed, with proof. Source: reference 1.3, 销号; 7, guards against gaming."""
    found = []
    if item.case_state not in SOLVED:
        found.append(Refusal(
            "case_closed", f"case {item.case_no} is {item.case_state}: close it first, then cross it off",
            f"案件 {item.case_no} 尚未结案（{item.case_state}），结案后方可销号", "case_no",
        ))  # fmt: skip
    if item.written_off:
        found.append(Refusal("once", "it is crossed off already", "该项已销号", "case_no"))
    if not proof:
        found.append(Refusal(
            "has_proof", "give at least one photo as proof; POST /v1/attachments first",
            "销号须附至少一张佐证照片，请先 POST /v1/attachments", "photos",
        ))  # fmt: skip
    if unknown_photos:
        named = ", ".join(sorted(unknown_photos))
        found.append(Refusal("photos_known", f"there is no photo {named}", f"照片不存在：{named}", "photos"))
    return found


def recheck_faults(item: ItemFacts, checker: str) -> list[Refusal]:
    """May this person recheck it? What is crossed off and not rechecked, by somebody else. Source: reference 1.3, 复核."""
    found = []
    if not item.written_off or item.recheck_result is not None:
        found.append(Refusal(
            "waits_for_recheck", "only an item that is crossed off and not rechecked yet can be rechecked",
            "仅已销号且尚未复核的清单项可以复核", "case_no",
        ))  # fmt: skip
    if item.written_off_by == checker:
        found.append(Refusal(
            "another_person", "who crossed an item off does not recheck it; ask somebody else",
            "销号人不得复核本人销号的清单项，请由他人复核", "case_no",
        ))  # fmt: skip
    return found


def reports_due(campaign: Campaign, frozen_on: date, today: date) -> Iterable[tuple[Unit, date, date]]:
    """Of each unit of the rhythm the last period that is over: (unit, first day, day after the last).

    None that ended before the list was frozen or began after the campaign.
    """
    for name in campaign.rhythm:
        unit = Unit(name)
        begins, _ = unit_around(unit, today)
        first, end = unit_around(unit, date.fromordinal(begins.toordinal() - 1))
        if end > frozen_on and first <= campaign.last_day:
            yield unit, first, end
