"""What a letter says when it is drafted: its cases as a table, its title and its paragraphs. Source: reference 6.2."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casehub.deadlines.calendar import Calendar, worked
from casehub.deadlines.limits import WORKING, Unit, parse_limit
from casehub.errors import Refusal
from casehub.letters.ladder import Agency, Step, worded

_UNITS = {
    Unit.URGENT_MINUTE: "分钟", Unit.URGENT_HOUR: "小时", Unit.URGENT_DAY: "天", Unit.WORK_HOUR: "个工作小时",
    Unit.WORK_DAY: "个工作日", Unit.NATURAL_DAY: "天",
}  # fmt: skip
#: Letters about more cases go out in rounds.
MOST_CASES = 1000


@dataclass(frozen=True, slots=True)
class CaseOf:
    """A case as a letter is about it. `round` is the number of the department's task, 0 where it has had none."""

    case_id: int
    case_no: str
    department: str | None
    address: str | None
    problem: str
    description: str
    open: bool
    round: int
    dispatched_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    returns: int
    reworks: int


def addressee_faults(cases: Sequence[CaseOf], to_unit: str | None) -> list[Refusal]:
    """Why these cases can't be in one letter to that unit, or to the one that leads them."""
    if not cases:
        return [
            Refusal(
                "case_needed",
                "a letter is about one case at least: name it in case_nos",
                "文书至少涉及一个案件，请在 case_nos 中列出",
                "case_nos",
            )
        ]
    found = []
    without = [one.case_no for one in cases if one.department is None]
    if without:
        en = f"no department leads {', '.join(without)}: dispatch it first, or leave it out"
        found.append(
            Refusal(
                "addressee_needed",
                en,
                f"案件 {'、'.join(without)} 尚无责任单位：请先派遣或不列入",
                "case_nos",
            )
        )
    units = {one.department for one in cases if one.department is not None}
    wrong = units - {to_unit} if to_unit else units if len(units) > 1 else set()
    if wrong:
        en = f"a letter goes to the unit that leads its cases, which are of {', '.join(sorted(units))}: one letter each, or a round"
        zh = f"文书须发给案件的主办单位，所列案件分属 {'、'.join(sorted(units))}：请分别行文，或按期批量草拟"
        found.append(Refusal("one_addressee", en, zh, "to_unit"))
    return found


def overdue_days(due_at: datetime | None, at: datetime, calendar: Calendar) -> int:
    """Whole working days that ran off since it was due."""
    if due_at is None or at <= due_at:
        return 0
    return int(worked(calendar, due_at, at) / WORKING[Unit.WORK_DAY])


def in_words(limit: str | None) -> str:
    """A limit as a letter says it: 3个工作日."""
    if limit is None:
        return ""
    said = parse_limit(limit)
    return f"{said.amount}{_UNITS[said.unit]}"


def day_in_words(day: date) -> str:
    """Full year, no leading zeros: 2023年6月9日. Source: reference 6.5."""
    return f"{day.year}年{day.month}月{day.day}日"


def table_of(cases: Sequence[CaseOf], at: datetime, calendar: Calendar) -> list[dict[str, Any]]:
    """The cases as the attachment lists them, as they are at `at`."""
    return [
        {
            "case_no": one.case_no, "address": one.address or "", "problem": one.problem,
            "description": one.description, "dispatched_at": _day(one.dispatched_at, calendar),
            "due_at": _day(one.due_at, calendar),
            "overdue_days": overdue_days(one.due_at, one.finished_at or at, calendar), "returns": one.returns,
            "reworks": one.reworks,
        }
        for one in cases
    ]  # fmt: skip


def _day(at: datetime | None, calendar: Calendar) -> str | None:
    return None if at is None else at.astimezone(calendar.tz).date().isoformat()


@dataclass(frozen=True, slots=True)
class Draft:
    """The words of a letter; a paragraph a line."""

    title: str
    body: str
    content: dict[str, Any]


def draft(  # noqa: PLR0913 - all that a letter tells
    step: Step,
    agency: Agency,
    unit: str,
    cases: Sequence[CaseOf],
    *,
    at: datetime,
    calendar: Calendar,
    reply_limit: str | None,
    earlier: str = "",
) -> Draft:
    """The letter of a step about these cases, in the city's wording."""
    table = table_of(cases, at, calendar)
    first = table[0]
    told = {
        "unit": unit, "agency": agency.name, "count": str(len(table)), "case_no": first["case_no"],
        "address": first["address"] or "地点见系统", "problem": first["problem"],
        "dispatched_at": _written(first["dispatched_at"]), "due_at": _written(first["due_at"]),
        "overdue_days": str(max(one["overdue_days"] for one in table)),
        "returns": str(sum(one["returns"] for one in table)), "reworks": str(sum(one["reworks"] for one in table)),
        "reply_limit": in_words(reply_limit), "earlier": earlier, "date": day_in_words(at.astimezone(calendar.tz).date()),
    }  # fmt: skip
    content = {
        "agency": agency.name,
        "unit": unit,
        "kind": step.title,
        "form": step.form.value,
        "cases": table,
    }
    return Draft(worded(step.subject, told), "\n".join(worded(one, told) for one in step.body), content)


def _written(day: str | None) -> str:
    return "（未定）" if day is None else day_in_words(date.fromisoformat(day))
