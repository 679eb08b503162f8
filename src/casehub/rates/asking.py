"""A question as it comes in over the wire, read: names into figures, days into periods, every fault at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casehub.errors import Refusal
from casehub.rates.counts import COUNTED
from casehub.rates.indicators import INDICATORS, Indicator
from casehub.rates.periods import Period, Unit, before, of_days, unit_around, year_before
from casehub.rates.problems import QuestionInvalid
from casehub.rates.questions import BY, FILTERS, MOST_CROSSED

#: What is told when nothing is named. Source: reference 5.5, region.
USUAL = (
    "reports", "valid_report_rate", "filed", "valid_filing_rate", "on_time_check_rate", "on_time_handling_rate",
    "closing_rate", "on_time_closing_rate", "rework_rate", "return_rate", "open_close", "overdue_open",
)  # fmt: skip
#: With what a period may be compared.
COMPARED = ("previous", "last_year")
#: Days that one question may hold.
MOST_DAYS = 3700


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` up to but not with `end`."""

    first: date
    end: date

    def period(self, tz: ZoneInfo) -> Period:
        """Its instants."""
        return of_days(self.first, self.end, tz)

    def compared(self, with_what: str) -> "Days":
        """The days just before, or those of the year before."""
        return Days(*(before if with_what == "previous" else year_before)(self.first, self.end))


def read_days(first: date | None, end: date | None, unit: Unit | None, on: date | None, today: date) -> Days:
    """From `first` until before `end`; or the day, week, month, ... that holds `on`, or today. Raises QuestionInvalid."""
    if first is None and end is None:
        return Days(*unit_around(unit or Unit.MONTH, on or today))
    if first is None or end is None or unit is not None or on is not None:
        raise QuestionInvalid(errors=[Refusal(
            "period_said", "say from and to, the first day and the day after the last; or period, and on which day",
            "请同时给出 from 与 to（首日与末日之次日），或给出 period 与 on", "from",
        )])  # fmt: skip
    if not first < end or (end - first).days > MOST_DAYS:
        raise QuestionInvalid(errors=[Refusal(
            "period_runs_forward", f"to is the day after the last: later than from, by {MOST_DAYS} days at most",
            f"to 为末日之次日，须晚于 from，且不超过 {MOST_DAYS} 天", "to",
        )])  # fmt: skip
    return Days(first, end)


def has_passed(as_of: datetime | None, now: datetime) -> None:
    """Refuse what asks for the figures of a future instant. Raises QuestionInvalid."""
    if as_of is not None and as_of > now:
        raise QuestionInvalid(errors=[Refusal(
            "as_of_the_past", "as_of is an instant that has passed", "as_of 须为已经过去的时刻", "as_of"
        )])  # fmt: skip


def read_figures(
    names: Sequence[str], own: Iterable[Indicator] = ()
) -> tuple[tuple[Indicator, ...], tuple[str, ...]]:
    """The indicators and the counts of these names, `own` ones of the city among them. Raises QuestionInvalid."""
    known = {one.name: one for one in (*INDICATORS, *own)}
    names = names or USUAL
    if unknown := [name for name in names if name not in known and name not in COUNTED]:
        raise QuestionInvalid(errors=[Refusal(
            "unknown_figure", f"there is no {', '.join(unknown)}; GET /v1/indicators lists all",
            f"没有指标 {'、'.join(unknown)}；见 GET /v1/indicators", "indicators",
        )])  # fmt: skip
    return tuple(known[one] for one in names if one in known), tuple(one for one in names if one in COUNTED)


def read_by(names: Sequence[str]) -> tuple[str, ...]:
    """What one asks by. Raises QuestionInvalid."""
    if unknown := [name for name in names if name not in BY]:
        raise QuestionInvalid(errors=[Refusal(
            "unknown_dimension", f"there is no {', '.join(unknown)}; ask by one or two of {', '.join(BY)}",
            f"没有维度 {'、'.join(unknown)}；可用：{'、'.join(BY)}", "by",
        )])  # fmt: skip
    if len(names) > MOST_CROSSED or len({*names}) < len(names):
        raise QuestionInvalid(errors=[Refusal(
            "two_dimensions_at_most", "cross two different dimensions at most", "最多交叉两个不同的维度", "by"
        )])  # fmt: skip
    return tuple(names)


def read_filters(said: Mapping[str, str | None]) -> dict[str, Any]:
    """What was said of FILTERS."""
    return {name: said[name] for name in FILTERS if said.get(name) is not None}
