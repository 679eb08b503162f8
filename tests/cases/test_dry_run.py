"""Asking first: a dry run says what the action then does, and changes nothing."""

from typing import Any

from tests.cast import USUAL_WAY, Desk

#: What runs by itself.
RUNNING = {"seconds_left", "working_seconds_left"}
TIMED = {"due_at", "entered_at", "finished_at", "original_due_at", "running_since", "yellow_at", "ended_at"}


def untimed(value: Any) -> Any:
    """Without instants: a dry run and the action come at different times."""
    if isinstance(value, dict):
        return {key: untimed(one) for key, one in value.items() if key not in TIMED}
    return [untimed(one) for one in value] if isinstance(value, list) else value


def standing(case: dict[str, Any]) -> dict[str, Any]:
    """A case without what changes while nobody does anything."""
    return {key: value for key, value in case.items() if key not in RUNNING}


async def test_along_the_usual_way_every_dry_run_tells_what_then_happens(desk: Desk) -> None:
    case_no = (await desk.report())["case_no"]
    for state, who, action, said in USUAL_WAY:
        photo = {"feedback": "after", "check_done": "near"}.get(action)
        form = said | ({"photos": [await desk.photo(who, photo)]} if photo else {})
        before = await desk.get("acceptor", f"/v1/cases/{case_no}")
        history = await desk.get("acceptor", f"/v1/cases/{case_no}/history")
        told = (await desk.try_act(who, case_no, action, form, params={"dry_run": True})).json()
        assert standing(await desk.get("acceptor", f"/v1/cases/{case_no}")) == standing(before)
        assert await desk.get("acceptor", f"/v1/cases/{case_no}/history") == history
        done = await desk.act(who, case_no, action, **form)
        assert (told["allowed"], told["status"], told["state"]) == (True, 200, state)
        assert (told["state"], told["stage"]) == (done["state"], done["stage"])
        assert untimed(told["tasks"]) == untimed(done["tasks"])
        assert (told["due_at"] is None) is (done["due_at"] is None)


async def test_a_dry_run_gives_the_reasons_that_the_action_would_give(desk: Desk) -> None:
    case_no = await desk.case_in("pending_close")
    for who, action, form in [
        ("shift_leader", "close", {"closing_condition_met": False}), ("shift_leader", "close", {}),
        ("department", "close", {}), ("dispatcher", "dispatch", {"department": "d1"}), ("dispatcher", "dance", {}),
        ("shift_leader", "void", {"reason": "误报"}),
    ]:  # fmt: skip
        told = (await desk.try_act(who, case_no, action, form, params={"dry_run": True})).json()
        refused = await desk.try_act(who, case_no, action, form)
        assert told["allowed"] is False
        assert told["status"] == refused.status_code
        assert told["problem"] == refused.json()
