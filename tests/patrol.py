"""Duty grids and a roster for stories of the patrol side."""

from datetime import datetime, timedelta
from typing import Any

from tests.cast import START, Desk

#: (code, kind, above, groups): east has two sub-districts; the first has two duty grids, the second one.
AREAS: list[tuple[str, str, str, list[str]]] = [
    ("street1", "subdistrict", "east", []), ("street2", "subdistrict", "east", []),
    ("grid1", "duty_grid", "street1", []), ("grid2", "duty_grid", "street1", []), ("grid3", "duty_grid", "street2", []),
    ("here", "community", "street1", ["grid1"]), ("beside", "community", "street1", ["grid2"]),
    ("far", "community", "street2", ["grid3"]), ("bare", "community", "west", []),
]  # fmt: skip


async def furnish_grids(desk: Desk) -> None:
    """The areas, by their own route."""
    for code, kind, above, groups in AREAS:
        body = {"name": code, "kind": kind, "parent_code": above, "groups": groups}
        answer = await desk.ask("administrator", "PUT", f"/v1/areas/{code}", json=body)
        assert answer.status_code == 204, answer.text


def shift(
    person: str, area: str, begins: datetime = START, *, hours: float | None = 8, **said: Any
) -> dict[str, Any]:
    """A shift from `begins` on; without hours a standing assignment."""
    ends = None if hours is None else (begins + timedelta(hours=hours)).isoformat()
    body = {
        "person": person,
        "area": area,
        "begins_at": begins.isoformat(),
        "ends_at": ends,
        "standing": hours is None,
    }
    return body | said


async def roster(desk: Desk, *shifts: dict[str, Any], who: str = "shift_leader") -> Any:
    """The answer to entering shifts."""
    return await desk.ask(who, "POST", "/v1/shifts", json={"shifts": [*shifts]})
