"""Units are ranked by the rule book of their city, and every unit can count its score again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cast import Desk, desk_of
from tests.conftest import MakeCity

from casehub.clock import SimulatedClock

#: A Monday, 08:00 in Shanghai.
MONDAY = datetime(2024, 5, 6, tzinfo=UTC)
MAY = "from=2024-05-01&to=2024-06-01"
#: A small formula of the city's own: half for being on time, half for what its own indicator says.
HALVES: dict[str, Any] = {
    "title": "各半", "title_en": "Halves", "object": "department", "minimum": {"count": "should_handle", "at_least": 2},
    "bands": "proposal",
    "parts": {
        "on_time": {"title": "按期", "title_en": "On time", "indicator": "on_time_handling_rate", "weight": 50},
        "first_time": {"title": "一次合格", "title_en": "Right at once", "indicator": "reworks_per_case", "weight": 50,
                       "norm": {"kind": "complement"}},
    },
}  # fmt: skip
OWN = {
    "title": "返工与延期率", "title_en": "Reworked or extended", "numerator": ["reworked_cases", "extended"],
    "denominator": ["handled"], "objects": ["department"], "source": "本市办法第三条",
}  # fmt: skip


class Contest:
    """A city on a simulated clock: d1 and d2 with two cases handled in time each, d3 with one; one of d2's came back."""

    def __init__(self, desk: Desk, clock: SimulatedClock) -> None:
        self.desk, self.clock = desk, clock

    async def put(self, path: str, said: Any, who: str = "administrator") -> Any:
        answer = await self.desk.ask(who, "PUT", path, json=said)
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else None

    async def refused(self, who: str, method: str, path: str, **said: Any) -> tuple[int, str, list[Any]]:
        """(status, type, errors) of what is not taken."""
        answer = await self.desk.ask(who, method, path, **said)
        problem = answer.json()
        assert answer.status_code >= 400, answer.text
        return answer.status_code, problem["type"].partition("#")[2], problem.get("errors", [])

    async def rank(self, query: str, who: str = "evaluator") -> Any:
        return await self.desk.get(who, f"/v1/rankings?{MAY}&{query}")

    async def handled(self, department: str, *, late: bool = False, area: str = "east1") -> str:
        """A case that a department handled, in time or a day late."""
        desk, who = self.desk, {"d1": "department", "d2": "other_department"}[department]
        case_no = str((await desk.report(area=area))["case_no"])
        await desk.act("acceptor", case_no, "propose_filing")
        await desk.act("shift_leader", case_no, "file")
        await desk.act("dispatcher", case_no, "dispatch", department=department, limit="4 work_hour")
        await desk.act(who, case_no, "sign_in")
        if late:
            self.clock.advance_to(self.clock.now() + timedelta(days=1))
        await self._feed_back(who, case_no)
        return case_no

    async def handled_twice(self) -> None:
        """A case of d2 that the check sent back, handled in time again."""
        desk, case_no = self.desk, await self.handled("d2")
        await desk.act("acceptor", case_no, "send_check", collector="c1")
        photo = await desk.photo("collector")
        await desk.act("collector", case_no, "check_done", result="not_pass", photos=[photo])
        await self._feed_back("other_department", case_no)

    async def _feed_back(self, who: str, case_no: str) -> None:
        photos = [await self.desk.photo(who, "after")]
        await self.desk.act(who, case_no, "feedback", result="已清理", photos=photos)


@pytest.fixture
async def contest(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[Contest]:
    clock = SimulatedClock(MONDAY)
    city = await make_city(clock=clock)
    async with desk_of(city, tmp_path) as desk:
        yield Contest(desk, clock)


def error(found: tuple[int, str, list[Any]]) -> tuple[int, str, list[tuple[str, str]]]:
    """Without the words."""
    return found[0], found[1], [(one["field"], one["rule"]) for one in found[2]]


def by_key(standings: list[Any]) -> dict[str, Any]:
    return {one["key"]: one for one in standings}


async def test_a_ranking_can_be_counted_again_by_hand_from_the_rates(contest: Contest) -> None:
    await contest.put("/v1/indicators/reworks_per_case", OWN)
    await contest.put("/v1/formulas/halves", HALVES)
    await contest.handled("d1")
    await contest.handled("d1", late=True)
    await contest.handled("d2")
    await contest.handled_twice()
    told = await contest.rank("formula=halves")
    rates = await contest.desk.get(
        "evaluator", f"/v1/rates?{MAY}&by=department&indicators=on_time_handling_rate,reworks_per_case,should_handle"
    )  # fmt: skip
    scores = {}
    for row in rates["rows"]:
        if row["key"] != [None]:
            on_time, again = (
                row["indicators"][name] for name in ("on_time_handling_rate", "reworks_per_case")
            )
            scores[row["key"][0]] = 50 * on_time["value"] + 50 * (1 - again["value"])
    assert {one["key"]: float(one["score"]) for one in told["ranked"]} == pytest.approx(scores, abs=0.005)
    assert [(one["rank"], one["key"], one["score"], one["grade"]["word"]) for one in told["ranked"]] == [
        (1, "d1", "75.00", "Passed"), (1, "d2", "75.00", "Passed"),
    ]  # fmt: skip
    on_time, again = told["ranked"][0]["reckoning"]["parts"]
    assert (on_time["rate"]["numerator"], on_time["rate"]["denominator"]) == (1, 2)
    assert (on_time["words"], on_time["points"]) == ("1/2 × 50 = 25", "25")
    assert again["words"] == "(1 - 0/2) × 50 = 50"
    assert told["whole_city"] is True
    assert (told["formula"], told["version"], told["grades"], told["grades_version"]) == (
        "halves",
        1,
        "proposal",
        0,
    )
