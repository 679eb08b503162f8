"""Why a deadline, a limit or a change of the calendar is refused."""

from casehub.errors import Problem, Refusal


class CalendarEnds(Problem):
    """The working calendar does not know this year"""

    type, status, zh = "calendar-ends", 409, "工作日历没有该年度的节假日"


class LimitInvalid(Problem, ValueError):  # noqa: N818 - RFC 9457 calls it a problem
    """A limit is a whole number of one or more and a unit, such as `4 work_hour`"""

    type, status, zh = "limit-invalid", 422, "时限应为不小于 1 的整数加单位，例如 4 work_hour"


class CalendarInvalid(Problem):
    """The calendar can't take this; every reason is listed"""

    type, status, zh = "calendar-invalid", 422, "日历不能接受此内容，原因见 errors"


class CalendarChanged(Problem):
    """Somebody changed the calendar since you looked"""

    type, status, zh = "calendar-changed", 412, "日历已被他人更改，请重新读取"


class OverrideNotFound(Problem):
    """Nothing of its own is said of this day"""

    type, status, zh = "override-not-found", 404, "该日没有单独设定"


def calendar_ends(year: int) -> CalendarEnds:
    """The problem of a working limit that reaches a year without public holidays; it names the year and the way out."""
    return CalendarEnds(
        f"the public holidays of {year} are not known: update the package chinesecalendar, or enter the days of {year}"
        f" and declare the year complete (PUT /v1/calendar/years/{year})",
        errors=[
            Refusal(
                "year_known",
                f"update the package chinesecalendar, or enter the days of {year} and declare the year complete",
                f"请更新 chinesecalendar，或录入 {year} 年的节假日并声明该年度完整",
            )
        ],
        year=year,
    )
