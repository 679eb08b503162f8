"""Rework goes on with what was left of the deadline, whoever gave it."""

from datetime import timedelta

from tests.cases.doings import Beginning, Doing, decided
from tests.cases.imagined import AT, FLOWS, PHOTOS


def test_rework_keeps_what_was_left_of_a_deadline_that_another_system_gave() -> None:
    beginning, hour = Beginning("hotline", conditions=False), timedelta(hours=1)
    case = beginning.draft(FLOWS["hotline"])
    order = {"department": "d1", "due_at": AT + 24 * hour}
    for doing in (
        Doing("report", "acceptor", {}, AT),
        Doing("dispatch_directly", "system", order, AT),
        Doing("feedback", "department", {"result": "已清理", "photos": [*PHOTOS]}, AT + hour),
        Doing("dispatcher_return", "dispatcher", {"opinion": "未清理"}, AT + 10 * hour),
    ):
        case = decided(FLOWS["hotline"], case, doing, beginning.known()).case
    assert case.due_at == AT + (10 + 23) * hour
