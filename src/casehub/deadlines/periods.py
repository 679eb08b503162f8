"""Times of the day (时段): the slots of the city's hours, and what lies before, between and after them."""

from datetime import datetime, timedelta

from casehub.deadlines.calendar import MIDNIGHT, Calendar, reached, slots_on


def period_of(calendar: Calendar, seen: datetime) -> tuple[int, int]:
    """The time of day in which `seen` lies, in minutes after midnight by the city's clock: from, and up to but not with.

    The night goes on past midnight, so it ends before it begins. Days off have the hours of working days: a stall that
    is there on Saturday morning is looked for in the morning. Source: our choice; reference 1.3 asks for the same time.
    """
    wall = seen.astimezone(calendar.tz)
    edges = sorted(
        {edge % MIDNIGHT for slot in slots_on(calendar, wall.date()) for edge in (slot.opens, slot.closes)}
    )
    if not edges:
        return 0, MIDNIGHT
    minute = wall.hour * 60 + wall.minute
    begins = max((edge for edge in edges if edge <= minute), default=edges[-1])
    ends = min((edge for edge in edges if edge > minute), default=edges[0])
    return begins, ends


def next_same_period(calendar: Calendar, seen: datetime, at: datetime) -> datetime:
    """The first instant, from `at` on, at the time of day in which `seen` lies; `at` itself when that is now."""
    begins, ends = period_of(calendar, seen)
    wall = at.astimezone(calendar.tz)
    minute = wall.hour * 60 + wall.minute
    inside = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    if inside:
        return at
    day = wall.date() if minute < begins else wall.date() + timedelta(days=1)
    return reached(day, timedelta(minutes=begins), calendar.tz)
