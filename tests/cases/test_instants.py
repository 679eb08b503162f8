"""Instants come in with any zone and are one instant everywhere: in the row, in the task, in the event."""

from datetime import UTC, datetime, timedelta, timezone

from tests.cast import City, Desk

from casehub.cases.commands import audit

SHANGHAI = timezone(timedelta(hours=8))


async def test_what_is_said_in_the_citys_zone_verifies_afterwards(desk: Desk, town: City) -> None:
    case_no = (await desk.report(observed_at="2024-05-01T08:00:00.123456+08:00"))["case_no"]
    for who, action, form in [
        ("acceptor", "propose_filing", {}), ("shift_leader", "file", {}),
        ("dispatcher", "dispatch", {"department": "d1", "limit": "4 work_hour"}), ("department", "sign_in", {}),
    ]:  # fmt: skip
        await desk.act(who, case_no, action, **form)
    until = (datetime.now(UTC) + timedelta(days=9)).astimezone(SHANGHAI)
    asked = await desk.act(
        "department", case_no, "request_suspension", until=until.isoformat(), reason="雨季"
    )
    assert datetime.fromisoformat(asked["marks"]["suspension_pending"]) == until
    plan = {"subject": "市政", "standard": "恢复", "finish_by": until.isoformat()}
    await desk.act("dispatcher", case_no, "mark_difficult", reason="权属不清")
    await desk.act("dispatcher", case_no, "plan", **plan)
    order = await desk.report(source="hotline")
    due = until.isoformat()
    sent = await desk.act("acceptor", order["case_no"], "dispatch_directly", department="d1", due_at=due)
    assert datetime.fromisoformat(sent["due_at"]) == until
    async with town.engine.begin() as tx:
        _, count, wrong = await audit(tx, 0)
    assert count >= 2
    assert wrong == []
