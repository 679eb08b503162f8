from tests.cast import Desk


async def test_quick(desk: Desk) -> None:
    assert (await desk.get("acceptor", "/v1/me"))["person"] == "a1"
    await desk.case_in("closed")
