"""Units are ranked by the rule book of their city, and every unit can count its score again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from tests.cast import City, Desk, desk_of
from tests.conftest import MakeCity

from casehub.clock import SimulatedClock
from casehub.rates.commands import keep_up

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
    """A city on a simulated clock, whose departments handle cases and are ranked."""

    def __init__(self, city: City, desk: Desk, clock: SimulatedClock) -> None:
        self.city, self.desk, self.clock = city, desk, clock

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

    async def statements(self, query: str) -> int:
        """How many statements a ranking takes."""
        assert self.desk.app is not None
        engine, seen = self.desk.app.state.engine.sync_engine, [0]

        def counted(*_: object) -> None:
            seen[0] += 1

        event.listen(engine, "before_cursor_execute", counted)
        await self.rank(query)
        event.remove(engine, "before_cursor_execute", counted)
        return seen[0]

    async def rank(self, query: str, who: str = "evaluator") -> Any:
        return await self.desk.get(who, f"/v1/rankings?{MAY}&{query}")

    async def handled(self, department: str, *, late: bool = False, limit: str = "4 work_hour") -> str:
        """A case that a department handled, in time or a day late."""
        desk, who = self.desk, {"d1": "department", "d2": "other_department"}[department]
        case_no = str((await desk.report(area="east1"))["case_no"])
        await desk.act("acceptor", case_no, "propose_filing")
        await desk.act("shift_leader", case_no, "file")
        await desk.act("dispatcher", case_no, "dispatch", department=department, limit=limit)
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
        yield Contest(city, desk, clock)


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


async def test_units_with_little_to_do_stand_apart_with_the_reason_and_what_they_had_to_bear(
    contest: Contest,
) -> None:
    for department in ("d1", "d1", "d2"):
        await contest.handled(department)
    told = await contest.rank("formula=yuncheng")
    assert told["ranked"] == []
    assert [(one["key"], one["rank"], one["apart"]["rule"]) for one in told["apart"]] == [
        ("d1", None, "too_few"), ("d2", None, "too_few"),
    ]  # fmt: skip
    first = told["apart"][0]
    assert (first["name"], first["score"]) == ("d1 局", "100.00")
    assert first["apart"]["message"] == "should_handle is 2, under the minimum of 10: listed apart"
    assert first["burden"]["load"] == 2
    assert first["burden"]["load_share"] | {"value": 0} == {
        "numerator": 2, "denominator": 3, "value": 0, "percent": "66.67",
    }  # fmt: skip
    await contest.put("/v1/formulas/halves", HALVES | {"parts": {"on_time": HALVES["parts"]["on_time"]}})
    told = await contest.rank("formula=halves")
    assert [one["key"] for one in told["ranked"]] == told["best"] == ["d1"]
    assert [one["key"] for one in told["apart"]] == ["d2"]


async def test_what_was_due_on_days_of_rest_stands_beside_the_rank(contest: Contest) -> None:
    await contest.put("/v1/formulas/halves", HALVES | {"parts": {"on_time": HALVES["parts"]["on_time"]}})
    # Four working hours from Friday 16:00 run into Saturday 11 May 2024, which is worked: a day shifted for 1 May.
    contest.clock.advance_to(datetime(2024, 5, 10, 8, tzinfo=UTC))
    await contest.handled("d1")
    contest.clock.advance_to(datetime(2024, 5, 11, 3, tzinfo=UTC))
    await contest.handled("d1")
    told = await contest.rank("formula=halves")
    assert told["ranked"][0]["burden"]["holiday_exposure"]["numerator"] == 0
    # Urgent hours do not sleep: due on Sunday.
    contest.clock.advance_to(datetime(2024, 5, 12, 1, tzinfo=UTC))
    await contest.handled("d1", limit="2 urgent_hour")
    told = await contest.rank("formula=halves")
    exposure = told["ranked"][0]["burden"]["holiday_exposure"]
    assert (exposure["numerator"], exposure["denominator"]) == (1, 3)
    # The same instant asked again later gives the same, whatever has happened since.
    contest.clock.advance_to(contest.clock.now() + timedelta(hours=1))
    await contest.handled("d1", limit="2 urgent_hour")
    again = await contest.rank(f"formula=halves&as_of={told['at'].replace('+00:00', 'Z')}")
    assert again == told
    now = await contest.rank("formula=halves")
    assert now["ranked"][0]["burden"]["holiday_exposure"]["numerator"] == 2


async def test_a_ranking_that_was_published_can_be_counted_again_after_the_formula_changed(
    contest: Contest,
) -> None:
    await contest.put("/v1/indicators/reworks_per_case", OWN)
    await contest.put("/v1/formulas/halves", HALVES)
    await contest.handled("d1")
    await contest.handled("d1", late=True)
    published = await contest.rank("formula=halves")
    contest.clock.advance_to(contest.clock.now() + timedelta(hours=1))
    on_time = HALVES["parts"]["on_time"] | {"weight": 80}
    changed = await contest.put(
        "/v1/formulas/halves", HALVES | {"parts": HALVES["parts"] | {"on_time": on_time}}
    )
    await contest.put("/v1/formulas/halves", changed["content"])
    grades = {"title": "两级", "title_en": "Two", "bands": {
        "good": {"min": 60, "word": "好", "word_en": "Good", "colour": "green"},
        "bad": {"min": 0, "word": "差", "word_en": "Bad", "colour": "red"},
    }}  # fmt: skip
    await contest.put("/v1/grades/proposal", grades)
    now = await contest.rank("formula=halves")
    assert (now["version"], now["grades_version"], now["ranked"][0]["grade"]["word"]) == (2, 1, "Good")
    assert now["ranked"][0]["score"] != published["ranked"][0]["score"]
    again = await contest.rank(f"formula=halves&as_of={published['at'].replace('+00:00', 'Z')}")
    assert again == published
    whole = await contest.desk.get("administrator", "/v1/formulas/halves?version=1")
    assert [one["version"] for one in whole["versions"]] == [2, 1]
    assert whole["content"]["parts"]["on_time"]["weight"] == "50"
    assert [(one["content"]["scheme"], one["version"]) for one in await contest.desk.get("evaluator", "/v1/grades")] == [
        ("proposal", 1)
    ]  # fmt: skip


async def test_units_are_ranked_by_one_indicator_alone(contest: Contest) -> None:
    for _ in range(10):
        await contest.handled("d1")
    for _ in range(9):
        await contest.handled("d2")
    await contest.handled("d2", late=True)
    higher = await contest.rank("indicator=on_time_handling_rate&by=department")
    lower = await contest.rank("indicator=on_time_handling_rate&better=lower", who="dispatcher")
    assert [(one["rank"], one["key"], one["score"]) for one in higher["ranked"]] == [
        (1, "d1", "100.00"), (2, "d2", "90.00"),
    ]  # fmt: skip
    assert [one["key"] for one in lower["ranked"]] == ["d2", "d1"]
    assert (higher["formula"], higher["indicator"], higher["version"]) == (
        None,
        "on_time_handling_rate",
        None,
    )
    districts = await contest.rank("indicator=on_time_handling_rate&by=district")
    assert [(one["key"], one["name"], one["burden"]["load"]) for one in districts["ranked"]] == [
        ("east", "东区", 20)
    ]
    mine = await contest.rank("indicator=on_time_handling_rate", who="other_department")
    assert mine["whole_city"] is False
    assert [(one["rank"], one["key"]) for one in mine["ranked"]] == [(1, "d2")]


async def test_an_indicator_of_the_city_is_told_used_and_kept_while_it_is_used(contest: Contest) -> None:
    desk = contest.desk
    await contest.put("/v1/indicators/reworks_per_case", OWN)
    await contest.put("/v1/formulas/halves", HALVES)
    listed = (await desk.get("collector", "/v1/indicators"))["indicators"]
    assert [(one["name"], one["formula"], one["source"]) for one in listed if one["own"]] == [
        ("reworks_per_case", "(reworked_cases + extended) / handled", "本市办法第三条")
    ]
    case_no = await contest.handled("d1")
    rates = await desk.get("evaluator", f"/v1/rates?{MAY}&indicators=reworks_per_case")
    figure = rates["total"]["indicators"]["reworks_per_case"]
    assert (figure["numerator"], figure["denominator"]) == (0, 1)
    behind = await desk.get("evaluator", figure["cases"]["rest"])
    assert [one["case_no"] for one in behind["items"]] == [case_no]
    used = await contest.refused("administrator", "DELETE", "/v1/indicators/reworks_per_case")
    assert error(used) == (409, "indicator-in-use", [("formulas.halves", "used_by_formula")])
    await contest.put("/v1/formulas/halves", HALVES | {"parts": {"on_time": HALVES["parts"]["on_time"]}})
    gone = await desk.ask("administrator", "DELETE", "/v1/indicators/reworks_per_case")
    assert gone.status_code == 204
    asked = await contest.refused("evaluator", "GET", "/v1/rates?indicators=reworks_per_case")
    assert error(asked) == (422, "question-invalid", [("indicators", "unknown_figure")])
    twice = await contest.refused("administrator", "DELETE", "/v1/indicators/reworks_per_case")
    assert twice[:2] == (404, "indicator-not-found")


@pytest.mark.parametrize(
    ("path", "said", "kind", "found"),
    [
        ("/v1/indicators/closing_rate", OWN, "indicator-invalid", [("name", "name_taken")]),
        ("/v1/indicators/reports", OWN, "indicator-invalid", [("name", "name_taken")]),
        (
            "/v1/indicators/mine",
            OWN | {"numerator": ["swept"], "denominator": ["-filed"], "objects": ["mayor"]},
            "indicator-invalid",
            [("numerator", "unknown_count"), ("denominator", "nothing_counted"), ("objects", "unknown_object")],
        ),
        ("/v1/formulas/halves", HALVES, "formula-invalid", [("parts.first_time.indicator", "unknown_indicator")]),
        ("/v1/formulas/halves", HALVES | {"formula": "thirds"}, "formula-invalid", [("formula", "name_of_address")]),
        ("/v1/formulas/halves", {"title": "无"}, "formula-invalid", [
            ("title_en", "missing"), ("object", "missing"), ("minimum", "missing"),
        ]),
        ("/v1/formulas/halves", HALVES | {"parts": {}, "bands": "ours"}, "formula-invalid", [
            ("parts", "nothing_given"), ("bands", "unknown_bands"),
        ]),
        ("/v1/grades/ours", {"title": "级", "title_en": "Grades", "bands": {
            "good": {"min": 10, "word": "好", "word_en": "Good", "colour": "green"}}}, "formula-invalid", [("bands", "bands_descend")]),
    ],
)  # fmt: skip
async def test_what_is_wrong_in_a_rule_book_is_named_and_nothing_is_kept(
    contest: Contest, path: str, said: dict[str, Any], kind: str, found: list[tuple[str, str]]
) -> None:
    before = await contest.desk.get("administrator", "/v1/formulas")
    refused = await contest.refused("administrator", "PUT", path, json=said)
    assert error(refused) == (422, kind, found)
    zh = await contest.refused("administrator", "PUT", path, json=said, headers={"Accept-Language": "zh"})
    assert all(
        one["message"] and one["message"] != other["message"]
        for one, other in zip(zh[2], refused[2], strict=True)
    )
    assert await contest.desk.get("administrator", "/v1/formulas") == before
    assert not [
        one for one in (await contest.desk.get("administrator", "/v1/indicators"))["indicators"] if one["own"]
    ]
    assert len(await contest.desk.get("administrator", "/v1/grades")) == 1


async def test_marks_are_corrected_by_other_marks_and_nothing_is_lost(contest: Contest) -> None:
    desk = contest.desk
    daily = {"title": "日常", "title_en": "Daily", "indicator": "closing_rate", "weight": 60}
    conduct = {"title": "规范", "title_en": "Conduct", "entered": "conduct", "weight": 40, "out_of": 20}
    said = HALVES | {"parts": {"daily": daily, "conduct": conduct}, "no_value": "full"}
    await contest.put("/v1/formulas/halves", said)
    for department in ("d1", "d1", "d2"):
        await contest.handled(department)
    lacking = await contest.refused("evaluator", "GET", f"/v1/rankings?{MAY}&formula=halves")
    # d2 has too little to be ranked, and needs no marks.
    assert error(lacking) == (409, "score-not-ready", [("entered.conduct", "entered_needed")])
    assert lacking[2][0]["message"].startswith("d1: ")
    may = {"from": "2024-05-01", "to": "2024-06-01"}
    path = "/v1/formulas/halves/marks"
    await contest.put(path, may | {"marks": [{"unit": "d1", "entered": "conduct", "value": 10}]}, "evaluator")
    first = await contest.rank("formula=halves")
    contest.clock.advance_to(contest.clock.now() + timedelta(hours=1))
    told = await contest.put(
        path, may | {"marks": [{"unit": "d1", "entered": "conduct", "value": 18.5}]}, "evaluator"
    )
    assert [(one["value"], one["made_by"], one["counts"]) for one in told["marks"]] == [
        ("10", "e1", False), ("18.5", "e1", True),
    ]  # fmt: skip
    second = await contest.rank("formula=halves")
    scores = [one["ranked"][0]["score"] for one in (first, second)]
    assert scores == ["80.00", "97.00"]
    part = second["ranked"][0]["reckoning"]["parts"][1]
    assert (part["marks"], part["words"]) == ("18.5", "18.5 / 20 × 40 = 37")
    assert await contest.rank(f"formula=halves&as_of={first['at'].replace('+00:00', 'Z')}") == first
    kept = await desk.get("administrator", f"{path}?from=2024-05-01&to=2024-06-01")
    assert kept == told
    other = await desk.get("administrator", f"{path}?from=2024-04-01&to=2024-05-01")
    assert other["marks"] == []


async def test_marks_are_taken_all_or_none_and_only_from_the_evaluator_of_that_part(contest: Contest) -> None:
    desk, path = contest.desk, "/v1/formulas/yangzhou/marks"
    may = {"from": "2024-05-01", "to": "2024-06-01"}
    good = {"unit": "d1", "entered": "routine", "value": 60}
    wrong = [
        good, {"unit": "d1", "entered": "closing", "value": 1}, {"unit": "d2", "entered": "rework", "value": 5.5},
        {"unit": "east", "entered": "rework", "value": 5}, good,
    ]  # fmt: skip
    refused = await contest.refused("evaluator", "PUT", path, json=may | {"marks": wrong})
    assert error(refused) == (422, "marks-invalid", [
        ("marks.1.entered", "not_asked"), ("marks.2.value", "beyond_out_of"), ("marks.3.unit", "unknown_unit"),
        ("marks.4", "said_twice"),
    ])  # fmt: skip
    backwards = {"from": "2024-06-01", "to": "2024-05-01", "marks": [good]}
    refused = await contest.refused("evaluator", "PUT", path, json=backwards)
    assert error(refused) == (422, "question-invalid", [("to", "period_runs_forward")])
    made = await desk.ask(
        "security", "POST", "/v1/keys", json={"roles": ["evaluator"], "department": "d2", "person": "e1"}
    )
    marks = may | {"marks": [good, good | {"unit": "d2"}]}
    refused = await contest.refused(made.json()["key"], "PUT", path, json=marks)
    assert error(refused) == (422, "marks-invalid", [("marks.0.unit", "not_your_part")])
    assert (await desk.get("evaluator", f"{path}?from=2024-05-01&to=2024-06-01"))["marks"] == []


async def test_a_formula_without_its_weights_scores_nobody_until_the_city_gives_them(
    contest: Contest,
) -> None:
    desk = contest.desk
    for _ in range(10):
        await contest.handled("d1")
    lacking = await contest.refused("evaluator", "GET", f"/v1/rankings?{MAY}&formula=pingdingshan")
    weights = ("daily", "daily.parts.closing", "daily.parts.on_time", "professional", "level")
    assert error(lacking) == (
        409,
        "score-not-ready",
        [(f"parts.{one}.weight", "weight_needed") for one in weights],
    )
    shipped = await desk.get("administrator", "/v1/formulas/pingdingshan")
    assert shipped["version"] == 0
    assert shipped["entered"] == ["level", "professional"]
    said = shipped["content"]
    parts = said["parts"]
    parts["daily"]["weight"], parts["professional"]["weight"], parts["level"]["weight"] = 60, 20, 20
    parts["daily"]["parts"]["closing"]["weight"] = parts["daily"]["parts"]["on_time"]["weight"] = 50
    # Nothing is due for closing yet, so one counts what was filed.
    said["minimum"] = {"count": "filed", "at_least": 10}
    kept = await contest.put("/v1/formulas/pingdingshan", said)
    assert (kept["version"], kept["lacks"]) == (1, [])
    marks = [{"unit": "east", "entered": one, "value": 80} for one in ("professional", "level")]
    may = {"from": "2024-05-01", "to": "2024-06-01"}
    await contest.put("/v1/formulas/pingdingshan/marks", may | {"marks": marks}, "evaluator")
    told = await contest.rank("formula=pingdingshan")
    # Daily has no value and is left out: 20 + 20 of 100 weigh all, and 80 of 100 marks were given.
    assert [(one["key"], one["score"]) for one in told["ranked"]] == [("east", "80.00")]
    listed = await desk.get("evaluator", "/v1/formulas")
    assert [(one["formula"], one["version"], bool(one["lacks"])) for one in listed] == [
        ("a_district", 0, False), ("jinhua", 0, False), ("pingdingshan", 1, False), ("yangzhou", 0, False), ("yuncheng", 0, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "kind", "found"),
    [
        ("", 422, "question-invalid", [("formula", "formula_or_indicator")]),
        ("formula=yuncheng&indicator=closing_rate", 422, "question-invalid", [("formula", "formula_or_indicator")]),
        ("formula=none_such", 404, "formula-not-found", []),
        ("indicator=none_such", 422, "question-invalid", [("indicator", "unknown_indicator")]),
        ("formula=yuncheng&by=district", 422, "question-invalid", [("by", "by_fits_object")]),
        ("formula=yuncheng&as_of=2030-01-01T00:00:00Z", 422, "question-invalid", [("as_of", "as_of_the_past")]),
        ("formula=yuncheng&by=light", 422, "request-invalid", [("by", "literal_error")]),
    ],
)  # fmt: skip
async def test_what_cannot_be_ranked_is_refused_with_the_reason(
    contest: Contest, query: str, status: int, kind: str, found: list[tuple[str, str]]
) -> None:
    refused = await contest.refused("evaluator", "GET", f"/v1/rankings?{query}")
    assert error(refused) == (status, kind, found)


async def test_a_ranking_is_the_same_from_sums_and_takes_as_many_statements_for_two_units_as_for_one(
    contest: Contest,
) -> None:
    for department in ("d1", "d1"):
        await contest.handled(department)
    one = await contest.statements("indicator=closing_rate")
    await contest.handled("d2")
    assert await contest.statements("indicator=closing_rate") <= one
    contest.clock.advance_to(MONDAY + timedelta(days=2))
    queries = ("indicator=on_time_handling_rate&by=district", "formula=yuncheng", "formula=yuncheng&by=unit")
    before = [await contest.rank(query) for query in queries]
    assert before[0]["apart"][0]["burden"]["holiday_exposure"]["denominator"] == 3
    more = True
    while more:
        async with contest.city.engine.begin() as tx:
            more = await keep_up(tx, contest.clock.now())
    sealed = await contest.city.sql("SELECT sealed_to FROM rate_state")
    assert sealed[0].sealed_to is not None
    assert [await contest.rank(query) for query in queries] == before


async def test_acceptors_are_ranked_among_acceptors(contest: Contest) -> None:
    part = {"title": "按期受理", "title_en": "On time", "indicator": "on_time_accept_rate", "weight": 100}
    said = {
        **HALVES,
        "object": "acceptor",
        "minimum": {"count": "accepted", "at_least": 1},
        "parts": {"on_time": part},
    }
    await contest.put("/v1/formulas/halves", said)
    await contest.handled("d1")
    told = await contest.rank("formula=halves")
    assert told["by"] == "person"
    assert [(one["key"], one["name"], one["score"]) for one in told["ranked"]] == [
        ("a1", "a1 同志", "100.00")
    ]
    assert told["apart"] == []


async def test_the_evaluator_of_a_district_marks_that_district(contest: Contest) -> None:
    made = await contest.desk.ask(
        "security", "POST", "/v1/keys", json={"roles": ["evaluator"], "area": "east"}
    )
    path = "/v1/formulas/pingdingshan/marks"
    may = {"from": "2024-05-01", "to": "2024-06-01"}
    east, west = ({"unit": unit, "entered": "level", "value": 80} for unit in ("east", "west"))
    refused = await contest.refused(made.json()["key"], "PUT", path, json=may | {"marks": [east, west]})
    assert error(refused) == (422, "marks-invalid", [("marks.1.unit", "not_your_part")])
    told = await contest.put(path, may | {"marks": [east]}, made.json()["key"])
    assert [one["unit"] for one in told["marks"]] == ["east"]
