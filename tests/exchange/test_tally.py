"""The simulator's own count, on cases small enough to count on one's fingers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casehub.exchange.lives import Did, Life
from casehub.exchange.tally import Tally, marks

START = datetime(2025, 1, 31, 8, tzinfo=UTC)
END = datetime(2025, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Step = tuple[float, str, str | None, dict[str, float | None], dict[str, Any]]


def step(
    hour: float, action: str, department: str | None = None, dues: dict[str, float | None] | None = None, **form: Any
) -> Step:  # fmt: skip
    """What was done so many hours after the report, and in what hours the open tasks were due then."""
    return hour, action, department, dues or {}, form


def life(*steps: Step, source: str = "collector") -> Life:
    told = [
        Did(
            START + hour * HOUR, action, f"{action}er", form, department,
            {kind: None if due is None else START + due * HOUR for kind, due in dues.items()},
        )
        for hour, action, department, dues, form in steps
    ]  # fmt: skip
    return Life("1", START, source, "410402001001001", "410402001", "event 0102", told)


def counted(one: Life) -> Counter[str]:
    return Counter(mark.name for mark in marks(one, END))


FILED = (
    step(0, "report", None, {"accept": 0.25}),
    step(0.25, "propose_filing", None, {"file": 0.5}),
    step(0.6, "file", None, {"dispatch": 0.75}),
    step(0.7, "dispatch", "a", {"sign": 2, "handle": 5}),
    step(1, "sign_in", "a", {"handle": 5}),
)


def test_a_deadline_met_to_the_second_is_met_and_one_missed_by_minutes_is_missed() -> None:
    found = counted(life(*FILED))
    assert (found["accepted"], found["on_time_accepted"]) == (1, 1)
    assert (found["filed"], found["on_time_filed"]) == (1, 0)
    assert (found["should_dispatch"], found["on_time_dispatched"], found["accurate_dispatched"]) == (1, 1, 1)
    assert (found["should_sign"], found["on_time_signed"]) == (1, 1)


def test_what_is_open_and_overdue_counts_at_its_deadline_and_what_is_not_due_does_not() -> None:
    late = counted(life(*FILED))
    assert (late["should_handle"], late["handled"], late["should_close"], late["closed"]) == (1, 0, 1, 0)
    assert (late["handling_overdue"], late["case_overdue"]) == (1, 1)
    early = counted(life(*FILED[:-1], step(1, "sign_in", "a", {"handle": 24 * 60})))
    assert (early["should_handle"], early["should_close"], early["handling_begun"]) == (0, 0, 1)
    rests = counted(life(*FILED, step(2, "suspend", "a", {"handle": None})))
    assert (rests["should_handle"], rests["suspended"], rests["handling_begun"]) == (0, 1, 1)


@pytest.mark.parametrize(("end", "counts"), [("void", {"voided": 1}), ("merge", {"merged": 1})])
def test_a_case_that_was_voided_or_merged_leaves_every_count_but_those_of_reports(
    end: str, counts: dict[str, int]
) -> None:
    assert counted(life(*FILED, step(2, end, "a"))) == {"reports": 1, "collector_reports": 1} | counts


def test_who_rightly_returned_a_case_is_not_charged_and_who_held_it_at_its_deadline_is() -> None:
    story = life(
        *FILED,
        step(2, "dept_return", "a", {"dispatch": 2.25, "handle": None}, reason="wrong_owner"),
        step(2.2, "return_accept", "b", {"sign": 4, "handle": 8}),
        step(3, "sign_in", "b", {"handle": 8}),
        step(9, "feedback", "b"),
        step(10, "send_check", "b", {"check": 11}, collector="c"),
        step(10.5, "check_done", "b", {"handle": 12}, result="not_pass"),
        step(11, "feedback", "b"),
        step(12, "send_check", "b", {"check": 13}, collector="c"),
        step(12.5, "check_done", "b", {"close": 13}, result="pass"),
        step(12.6, "close", "b"),
    )
    found = counted(story)
    assert (found["should_dispatch"], found["accurate_dispatched"], found["second_dispatched"]) == (2, 1, 1)
    assert (found["should_handle"], found["handled"], found["overdue_handled"]) == (1, 1, 1)
    assert (found["should_check"], found["on_time_checked"], found["reworked"]) == (2, 2, 1)
    assert (found["should_close"], found["overdue_closed"], found["closed_in_period"]) == (1, 1, 1)
    whose = {(mark.name, mark.department) for mark in marks(story, END)}
    assert {
        ("should_handle", "b"),
        ("returned", "a"),
        ("returns_accepted", "a"),
        ("overdue_closed", "b"),
    } <= whose
    assert {at for name, at in ((m.name, m.at) for m in marks(story, END)) if name == "should_handle"} == {
        START + 8 * HOUR
    }


def test_a_supervision_that_nobody_replied_to_is_not_replied_to_by_the_closing() -> None:
    supervised = (*FILED, step(2, "supervise", "a", {"handle": 5, "reply": 30}), step(4, "conclude", "a"))
    found = counted(life(*supervised))
    assert (found["supervised"], found["supervised_closed"], found["should_reply"], found["replied"]) == (
        1,
        1,
        0,
        0,
    )
    late = (*supervised[:-1], step(40, "conclude", "a"))
    found = counted(life(*late))
    assert (found["should_reply"], found["replied"], found["on_time_replied"]) == (1, 0, 0)


def test_a_case_opened_again_is_given_again_and_judged_again() -> None:
    found = counted(life(
        *FILED, step(4, "conclude", "a"), step(5, "reopen", "a", {"dispatch": 5.25}),
        step(5.1, "dispatch", "a", {"sign": 7, "handle": 9}), step(6, "sign_in", "a", {"handle": 9}), step(10, "conclude", "a"),
    ))  # fmt: skip
    assert (found["dispatched"], found["second_dispatched"], found["reopened"]) == (2, 1, 1)
    assert (found["should_handle"], found["on_time_handled"], found["overdue_handled"]) == (2, 1, 1)
    assert (found["case_opened"], found["case_ended"], found["filed"]) == (2, 2, 1)


def test_an_order_answered_on_the_call_is_closed_but_was_never_filed() -> None:
    story = life(step(0, "report", None, {"accept": 0.25}), step(0.1, "answer_directly"), source="hotline")
    assert counted(story) == {
        "reports": 1, "public_reports": 1, "calls": 1, "answered_directly": 1, "accepted": 1, "on_time_accepted": 1,
        "accurate_accepted": 1, "closed_in_period": 1,
    }  # fmt: skip


def test_months_are_those_of_the_city_and_what_stands_is_carried_on() -> None:
    tally = Tally(END, UTC, [])
    tally.take(life(*FILED, step(30, "feedback", "a")))
    told = tally.told()
    january, february = told["months"]
    assert (january["period"], february["period"]) == ("2025-01", "2025-02")
    assert (january["total"]["should_handle"], january["total"]["overdue_handled"]) == (1, 1)
    assert (january["total"]["open_handle"], january["total"]["overdue_open_handle"]) == (1, 1)
    assert (february["total"]["open_handle"], february["total"]["overdue_open"]) == (0, 1)
    assert january["by"]["department"]["a"]["open_handle"] == 1
    assert february["by"]["department"]["a"]["overdue_open"] == 1
    assert told["whole"]["total"]["handling_ended"] == 1
