"""A city changes its calendar: each change gives the next version, or every reason why not.

A version is never altered, so a deadline that was given can always be explained by the calendar it was counted with.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import orjson

from casehub.deadlines.calendar import (
    MIDNIGHT,
    Calendar,
    Day,
    Hours,
    Override,
    Slot,
    WorkDay,
    day_of,
    known_until,
    published_years,
)
from casehub.deadlines.problems import CalendarInvalid, OverrideNotFound
from casehub.errors import Refusal

#: An operator is told this long before the calendar's knowledge ends: the State Council publishes a year in November.
WARNED_DAYS = 90
#: So many days are told at once.
MOST_DAYS = 400
_DAY = timedelta(days=1)


def read_time(text: str) -> int:
    """`08:30` as minutes after midnight."""
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def tell_time(minutes: int) -> str:
    """Minutes after midnight as `08:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def to_content(calendar: Calendar) -> dict[str, Any]:
    """What is kept and told of a version."""
    return {
        "zone": calendar.zone,
        "hours": [
            {
                "valid_from": hours.valid_from.isoformat(),
                "valid_to": hours.valid_to and hours.valid_to.isoformat(),
                "slots": [
                    {"opens": tell_time(one.opens), "closes": tell_time(one.closes)} for one in hours.slots
                ],
            }
            for hours in calendar.hours
        ],
        "overrides": [
            {"day": one.day.isoformat(), "working": one.working, "note": one.note}
            for one in calendar.overrides
        ],
        "years": list(calendar.years),
        "work_day": calendar.work_day.value,
        "yellow_share": calendar.yellow_share,
    }


# A version is immutable, and what is compiled stays with it: one for each content, for the life of the process.
@lru_cache(maxsize=64)
def from_content(version: int, content: str) -> Calendar:
    """A version as it was kept."""
    said = orjson.loads(content)
    return Calendar(
        version,
        said["zone"],
        tuple(
            Hours(
                date.fromisoformat(hours["valid_from"]),
                date.fromisoformat(hours["valid_to"]) if hours["valid_to"] else None,
                tuple(Slot(read_time(one["opens"]), read_time(one["closes"])) for one in hours["slots"]),
            )
            for hours in said["hours"]
        ),
        tuple(
            Override(date.fromisoformat(one["day"]), one["working"], one["note"]) for one in said["overrides"]
        ),
        tuple(said["years"]),
        WorkDay(said["work_day"]),
        said["yellow_share"],
    )


def _next(calendar: Calendar, **said: Any) -> Calendar:
    """The next version; the same one when nothing changes."""
    changed = replace(calendar, **said)
    return calendar if changed == calendar else replace(changed, version=calendar.version + 1)


def with_hours(calendar: Calendar, valid_from: date, slots: Sequence[Slot], *, today: date) -> Calendar:
    """Hours that hold from a day on, up to the next change that is planned already. Raises CalendarInvalid."""
    _refuse([*_past(valid_from, today, "valid_from"), *slot_faults(slots)])
    planned = {hours.valid_from: hours.slots for hours in calendar.hours}
    planned[valid_from] = tuple(sorted(slots, key=lambda slot: slot.opens))
    begins = sorted(planned)
    kept = [
        begin
        for place, begin in enumerate(begins)
        if not place or planned[begin] != planned[begins[place - 1]]
    ]
    ends = [*(begin - _DAY for begin in kept[1:]), None]
    hours = tuple(Hours(begin, end, planned[begin]) for begin, end in zip(kept, ends, strict=True))
    return _next(calendar, hours=hours)


def with_override(calendar: Calendar, override: Override, *, today: date) -> Calendar:
    """The city's own word on a day. Raises CalendarInvalid for a day in the past."""
    _refuse(_past(override.day, today, "day"))
    others = (one for one in calendar.overrides if one.day != override.day)
    return _next(calendar, overrides=tuple(sorted((*others, override), key=lambda one: one.day)))


def without_override(calendar: Calendar, day: date, *, today: date) -> Calendar:
    """Take back the city's own word on a day. Raises CalendarInvalid for a day in the past, OverrideNotFound."""
    _refuse(_past(day, today, "day"))
    if day not in calendar.said:
        raise OverrideNotFound(day.isoformat())
    return _next(calendar, overrides=tuple(one for one in calendar.overrides if one.day != day))


def with_year(calendar: Calendar, year: int) -> Calendar:
    """The city says that all public holidays of a year are entered; a year that is published needs no such word."""
    if year in published_years():
        return calendar
    return _next(calendar, years=tuple(sorted({*calendar.years, year})))


def with_work_day(calendar: Calendar, reading: WorkDay) -> Calendar:
    """What a work_day means from now on."""
    return _next(calendar, work_day=reading)


def with_yellow_share(calendar: Calendar, share: float) -> Calendar:
    """From which share of their limit on clocks are yellow."""
    return _next(calendar, yellow_share=share)


def slot_faults(slots: Sequence[Slot]) -> list[Refusal]:
    """Every reason why a day can't have these slots; touching ones are fine."""
    if not slots:
        return [Refusal(
            "slots_given", "a working day has a slot; set days off with PUT /v1/calendar/days/{day}",
            "工作日至少有一个时段；休息日请用 PUT /v1/calendar/days/{day} 设定", "slots",
        )]  # fmt: skip
    faults = [
        Refusal(
            "closes_after_it_opens",
            f"{_told(slot)}: a slot closes after it opens, at 24:00 at the latest; write one across midnight as two",
            f"{_told(slot)}：时段的结束须晚于开始，最晚 24:00；跨零点的请分为两段",
            f"slots.{place}.closes",
        )
        for place, slot in enumerate(slots)
        if not 0 <= slot.opens < slot.closes <= MIDNIGHT
    ]
    placed = sorted(enumerate(slots), key=lambda one: (one[1].opens, one[1].closes))
    return faults or [
        Refusal(
            "slots_apart",
            f"{_told(slot)} begins before {_told(before)} ends: slots must not overlap",
            f"{_told(slot)} 在 {_told(before)} 结束前开始：时段不能重叠",
            f"slots.{place}.opens",
        )
        for (_, before), (place, slot) in pairwise(placed)
        if slot.opens < before.closes
    ]


def _told(slot: Slot) -> str:
    return f"{tell_time(slot.opens)}-{tell_time(slot.closes)}"


def _past(day: date, today: date, field: str) -> list[Refusal]:
    """Deadlines were counted with what was said of the past; to say otherwise now would make them wrong."""
    return [] if day >= today else [Refusal(
        "not_in_the_past", f"{day} has passed and is on record: give {today} or a later day",
        f"{day} 已经过去，不能更改：请给出 {today} 或以后的日期", field,
    )]  # fmt: skip


def _refuse(reasons: Sequence[Refusal]) -> None:
    if reasons:
        raise CalendarInvalid(errors=reasons)


def days_between(calendar: Calendar, first: date, last: date) -> list[Day]:
    """Each day from one to another, both included. Raises CalendarInvalid for a range that is upside down or too long."""
    if not 0 <= (last - first).days < MOST_DAYS:
        en = f"a range goes forward and has at most {MOST_DAYS} days: {first} to {last} does not"
        zh = f"区间须由前至后且不超过 {MOST_DAYS} 天：{first} 至 {last} 不符"
        _refuse([Refusal("range", en, zh, "to")])
    return [day_of(calendar, first + place * _DAY) for place in range((last - first).days + 1)]


def warnings(calendar: Calendar, today: date) -> list[Refusal]:
    """What an operator should know of the calendar today."""
    until = known_until(calendar, today)
    if until is not None and (until - today).days > WARNED_DAYS:
        return []
    year = today.year if until is None else until.year + 1
    return [
        Refusal(
            "calendar_ends",
            f"the public holidays of {year} are not known: update the package chinesecalendar, or enter the days of"
            f" {year} and declare the year complete",
            f"工作日历没有 {year} 年的节假日：请更新 chinesecalendar，或录入该年节假日并声明完整",
        )
    ]
