"""What a limit of a filing condition may be: pure, no database."""

from typing import Any

import pytest

from casehub.catalogue.limits import (
    TITLES,
    LimitStep,
    StepName,
    class_faults,
    limit_faults,
    read_cell,
    steps_of,
    tell_cell,
    tell_steps,
)
from casehub.deadlines.limits import Limit, Unit, parse_limit

#: Source: reference 4.8, the illegal building of a district.
BUILDING = [
    {"step": "stop", "limit": "4 work_hour"},
    {"step": "punish", "limit": "7 work_day"},
    {"step": "demolish", "limit": "20 work_day"},
]


def steps(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"step": step, "limit": limit} for step, limit in said]


def test_a_single_limit_is_the_step_done() -> None:
    assert steps_of("4 work_hour") == (
        LimitStep(StepName.DONE, "处置完毕", "Done", Limit(4, Unit.WORK_HOUR)),
    )


def test_steps_keep_their_order_and_the_last_is_the_handling_limit() -> None:
    found = steps_of(BUILDING)
    assert [one.step for one in found] == ["stop", "punish", "demolish"]
    assert (found[-1].limit, found[0].title, found[0].title_en) == (
        parse_limit("20 work_day"),
        "制止",
        "Stopped",
    )


def test_a_city_may_give_a_step_its_own_title() -> None:
    (one,) = steps_of(
        [{"step": "arrive", "title": "联合执法到场", "title_en": None, "limit": "10 urgent_minute"}]
    )
    assert (one.title, one.title_en) == ("联合执法到场", "On the scene")


def test_every_step_has_a_title_in_both_languages() -> None:
    assert set(TITLES) == set(StepName)


@pytest.mark.parametrize("said", [
    "4 work_hour", BUILDING, steps(("arrive", "1 urgent_hour"), ("done", "2 urgent_hour")), steps(("arrive", "10 urgent_minute")),
])  # fmt: skip
def test_what_is_kept_of_steps_reads_back_as_they_were(said: Any) -> None:
    assert limit_faults(said, "limit") == []
    assert steps_of(tell_steps(steps_of(said))) == steps_of(said)
    assert steps_of(read_cell(tell_cell(steps_of(said)))) == steps_of(said)


@pytest.mark.parametrize(("cell", "said"), [
    ("4 work_hour", "4 work_hour"), (" 4  work_hour ", "4 work_hour"), ("", ""), ("soon", "soon"), ("4 work hours", "4 work hours"),
    ("stop 4 work_hour", steps(("stop", "4 work_hour"))),
    ("stop 4 work_hour;punish 7 work_day ; demolish 20 work_day", BUILDING),
    ("stop 4 work_hour;", steps(("stop", "4 work_hour"), ("", ""))),
])  # fmt: skip
def test_a_cell_of_a_spreadsheet_is_a_limit_or_steps(cell: str, said: Any) -> None:
    assert read_cell(cell) == said


@pytest.mark.parametrize(("said", "faults"), [
    ("0 work_hour", [("limit", "limit")]),
    ("4 hours", [("limit", "limit")]),
    ("", [("limit", "limit")]),
    ([], [("steps_given", "limit")]),
    (steps(("stop", "0 work_day")), [("limit", "limit.0.limit")]),
    (steps(("wait", "1 work_day"), ("done", "x")), [("step_known", "limit.0.step"), ("limit", "limit.1.limit")]),
    (steps(("stop", "1 work_day"), ("stop", "2 work_day")), [("steps_distinct", "limit.1.step")]),
    (steps(("arrive", "2 urgent_hour"), ("done", "1 urgent_hour")), [("steps_ascend", "limit.1.limit")]),
    (steps(("arrive", "1 urgent_hour"), ("done", "1 urgent_hour")), [("steps_ascend", "limit.1.limit")]),
    (steps(("arrive", "2 work_hour"), ("stop", "1 work_day"), ("done", "1 work_hour")), [("steps_ascend", "limit.2.limit")]),
    # Which of these ends first depends on the day, so nobody is told that it is wrong.
    (steps(("arrive", "8 work_hour"), ("done", "1 urgent_day")), []),
])  # fmt: skip
def test_what_is_no_limit_is_told_with_its_field(said: Any, faults: list[tuple[str, str]]) -> None:
    found = limit_faults(said, "limit")
    assert [(one.rule, one.field) for one in found] == faults
    assert all(one.en and one.zh != one.en for one in found)


def test_a_wrong_limit_is_quoted_with_the_units_there_are() -> None:
    (one,) = limit_faults("4 hours", "steps.2.limit")
    assert one.en.startswith("'4 hours': a whole number from 1 to 9999 and a unit: urgent_minute, ")
    assert one.zh.startswith("4 hours：应为 1 至 9999 的整数加单位")


@pytest.mark.parametrize(("name", "well"), [
    ("-", True), ("A", True), ("core_2", True), ("", False), ("a b", False), ("A\n", False), ("核心", False), ("x" * 21, False),
])  # fmt: skip
def test_a_time_class_is_a_short_code(name: str, well: bool) -> None:
    assert (class_faults(name, "time_class") == []) is well
