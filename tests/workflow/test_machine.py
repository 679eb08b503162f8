from timeit import repeat

import pytest

from casehub.errors import Refusal
from casehub.workflow.definition import parse_definition
from casehub.workflow.machine import FlowMachine, Move

NO_PHOTO = Refusal("has_photo", "send a photo", "请上传照片", "photos")
NOT_YOURS = Refusal("by_assigned_collector", "not yours", "非指派采集员")


@pytest.fixture
def flow(small: str) -> FlowMachine:
    return FlowMachine(parse_definition(small, "city.yaml"))


def nothing() -> list[Refusal]:
    return []


def test_a_step_leads_where_the_file_says(flow: FlowMachine) -> None:
    assert flow.move("reported", "check", {}, nothing) == Move("checking")


@pytest.mark.parametrize(("result", "to"), [("pass", "closed"), ("not_pass", "reported")])
def test_the_result_of_a_check_decides_where_it_leads(flow: FlowMachine, result: str, to: str) -> None:
    assert flow.move("checking", "check_done", {"result": result}, nothing) == Move(to)


@pytest.mark.parametrize("state", ["reported", "checking"])
def test_an_action_without_a_target_stays(flow: FlowMachine, state: str) -> None:
    assert flow.move(state, "remind", {}, nothing) == Move(state)


def test_a_refusal_carries_every_reason_and_asks_the_guards_once(flow: FlowMachine) -> None:
    asked = []

    def refuse() -> list[Refusal]:
        asked.append(1)
        return [NO_PHOTO, NOT_YOURS]

    # The second of two branches: the guards are not asked again for it.
    refused = flow.move("checking", "check_done", {"result": "not_pass"}, refuse)
    assert refused == Move(None, (NO_PHOTO, NOT_YOURS))
    assert asked == [1]


def test_a_refused_step_leaves_nothing_behind(flow: FlowMachine) -> None:
    flow.move("checking", "check_done", {"result": "pass"}, lambda: [NO_PHOTO])
    assert flow.move("checking", "check_done", {"result": "pass"}, nothing) == Move("closed")


@pytest.mark.parametrize(("state", "action"), [
    ("closed", "check"), ("checking", "check"), ("reported", "report"), ("reported", "dance"), ("nowhere", "check"),
])  # fmt: skip
def test_what_is_not_possible_is_told_apart_from_what_is_refused(
    flow: FlowMachine, state: str, action: str
) -> None:
    def never() -> list[Refusal]:
        pytest.fail("guards are not asked about what is not possible")

    assert flow.move(state, action, {}, never) == Move(None, possible=False)


def test_a_guard_that_breaks_is_a_bug_and_crashes(flow: FlowMachine) -> None:
    def broken() -> list[Refusal]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flow.move("reported", "check", {}, broken)
    assert flow.move("reported", "check", {}, nothing) == Move("checking")


def test_what_is_possible_in_a_state(flow: FlowMachine) -> None:
    assert flow.possible("reported") == ("check", "remind")
    assert flow.possible("closed") == ()


def test_a_machine_is_shared_by_all_cases_and_quick(flow: FlowMachine) -> None:
    times = repeat(
        lambda: flow.move("checking", "check_done", {"result": "not_pass"}, nothing), number=500, repeat=5
    )
    # 8 microseconds when measured; ten times that on a busy machine is still no machine a case (300).
    assert min(times) / 500 < 80e-6
