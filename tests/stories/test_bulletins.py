"""A bureau publishes its month: drawn up from rates, frozen, corrected in the open, printed."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import orjson
import pypdf
import pytest
from tests.cast import City, Desk, desk_of
from tests.conftest import MakeCity
from tests.receiver import add_webhook, deliveries, receiver, until

from casehub.clock import SimulatedClock
from casehub.people.actors import EVERYTHING
from casehub.rates.asking import read_figures
from casehub.rates.commands import hold, keep_up
from casehub.rates.commands_answers import answer
from casehub.rates.periods import of_days
from casehub.rates.questions import Question
from casehub.rates.store import State
from casehub.storage.transaction import Tx
from casehub.worker import Drafting, running

#: A Monday, 08:00 in Shanghai.
MONDAY = datetime(2024, 5, 6, tzinfo=UTC)
JUNE = datetime(2024, 5, 31, 16, 0, tzinfo=UTC)

MAY: dict[str, Any] = {
    "bulletin": "may", "title": "城市管理月度通报", "title_en": "Monthly bulletin", "rhythm": "month", "issuer": "城市管理局",
    "issuer_en": "City Management Bureau", "basis": "本市考核办法", "basis_en": "the city's measures",
    "indicators": ["reports", "should_close", "closing_rate", "on_time_closing_rate", "overdue_open"],
    "groups": [
        {"title": "各区", "title_en": "Districts", "by": "district"},
        {"title": "责任单位", "title_en": "Units", "by": "unit", "codes": ["d1", "d2", "d3"]},
    ],
    "ranking": {"indicator": "on_time_closing_rate", "minimum": {"count": "should_close", "at_least": 1}},
    "sections": ["overview", "check", "comparison", "groups", "ranking", "classes", "hazards", "channels", "special", "overdue"],
}  # fmt: skip


class Bureau:
    """A city on a simulated clock, and its desk."""

    def __init__(self, city: City, desk: Desk) -> None:
        assert isinstance(city.clock, SimulatedClock)
        self.city, self.desk, self.clock = city, desk, city.clock

    async def post(self, path: str, who: str = "evaluator", status: int = 200, **said: Any) -> dict[str, Any]:
        answer = await self.desk.ask(who, "POST", f"/v1/bulletins{path}", **said)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def define(self, **said: Any) -> None:
        path = "/v1/bulletins/definitions/may"
        answer = await self.desk.ask("administrator", "PUT", path, json=MAY | said)
        assert answer.status_code == 204, answer.text

    async def draw(self) -> dict[str, Any]:
        return await self.post("", json={"bulletin": "may", "on": "2024-05-06"}, status=201)

    async def publish(self) -> dict[str, Any]:
        """The bulletin of May, published on the first of June."""
        await self.define()
        self.clock.advance_to(JUNE)
        return await self.post(f"/{(await self.draw())['bulletin_id']}/publish")

    async def keep_up(self) -> None:
        more = True
        while more:
            async with self.city.engine.begin() as tx:
                more = await keep_up(tx, self.clock.now())

    async def a_month(self) -> tuple[str, str]:
        """Two cases in the east closed on time, and one in the west that d1 leaves lying."""
        closed = await self.desk.case_in("closed", area="east1")
        await self.desk.case_in("closed", area="east1", source="transfer")
        late = await self.desk.case_in("handling", area="west")
        self.clock.advance_to(MONDAY + timedelta(days=10))
        return closed, late


@pytest.fixture
async def bureau(make_city: MakeCity, tmp_path: Path) -> AsyncIterator[Bureau]:
    city = await make_city(clock=SimulatedClock(MONDAY))
    async with desk_of(city, tmp_path) as desk:
        yield Bureau(city, desk)


async def finish(bureau: Bureau, case_no: str) -> None:
    """The department handles it at last, and it is closed."""
    desk = bureau.desk
    await desk.act(
        "department", case_no, "feedback", result="已清理", photos=[await desk.photo("department", "after")]
    )
    await desk.act("acceptor", case_no, "send_check", collector="c1")
    await desk.act("collector", case_no, "check_done", result="pass", photos=[await desk.photo("collector")])
    await desk.act("shift_leader", case_no, "close", closing_condition_met=True)


async def test_a_late_finish_is_a_correction_and_what_was_published_stays_byte_for_byte(
    bureau: Bureau,
) -> None:
    _, late = await bureau.a_month()
    published = await bureau.publish()
    address = f"/v1/bulletins/{published['bulletin_id']}"
    before = (await bureau.desk.ask("department", "GET", address)).content
    assert (await bureau.desk.get("department", f"{address}/corrections"))["items"] == []
    bureau.clock.advance_to(JUNE + timedelta(days=3))
    await finish(bureau, late)
    assert (await bureau.desk.ask("department", "GET", address)).content == before
    items = (await bureau.desk.get("department", f"{address}/corrections"))["items"]
    found = {(one["part"], one["code"], one["figure"]): one for one in items}
    closing = found["city", None, "closing_rate"]
    assert closing["then"] == {"numerator": 2, "denominator": 3, "percent": "66.67"}
    assert closing["now"] == {"numerator": 3, "denominator": 3, "percent": "100.00"}
    assert {("groups", "west", "closing_rate"), ("groups", "d1", "closing_rate")} <= set(found)
    assert ("groups", "east", "closing_rate") not in found
    assert ("city", None, "overdue_open") not in found, "at the end of May it was open, and stays so"
    assert ("city", None, "on_time_closing_rate") not in found, "late is late"
    assert {tuple(one["cases"]) for one in items} == {(late,)}


async def test_figures_that_are_held_are_of_one_instant_whatever_happens_meanwhile(bureau: Bureau) -> None:
    await bureau.a_month()
    reports, may = (
        read_figures(["reports"])[1],
        of_days(date(2024, 5, 1), date(2024, 6, 1), ZoneInfo("Asia/Shanghai")),
    )

    async def reported(tx: Tx, held: State | None) -> int:
        told = await answer(tx, Question((), reports, may, scope=EVERYTHING), bureau.clock.now(), held)
        return told.total.raw["reports"]

    async with bureau.city.engine.begin() as tx:
        held = await hold(tx)
        await bureau.desk.report()
        assert await reported(tx, held) == 3
    async with bureau.city.engine.begin() as tx:
        assert await reported(tx, None) == 4


async def test_the_digest_covers_the_content_that_is_read(bureau: Bureau) -> None:
    await bureau.a_month()
    published = await bureau.publish()
    answer = await bureau.desk.ask("department", "GET", f"/v1/bulletins/{published['bulletin_id']}")
    content = answer.content[answer.content.index(b'"content":') + len(b'"content":') : -1]
    assert hashlib.sha256(content).hexdigest() == published["digest"]
    assert orjson.loads(content) == published["content"]


async def test_every_figure_is_that_of_rates_and_leads_to_its_cases(bureau: Bureau) -> None:
    closed, late = await bureau.a_month()
    content = (await bureau.publish())["content"]
    names = ",".join(MAY["indicators"])
    for group, by in zip(content["groups"], ("district", "unit"), strict=True):
        told = await bureau.desk.get(
            "evaluator", f"/v1/rates?period=month&on=2024-05-06&by={by}&indicators={names}"
        )
        rows = {row["key"][0]: row for row in told["rows"]}
        for row in group["rows"]:
            for name in MAY["indicators"]:
                kind = "counts" if name in row["counts"] else "indicators"
                if row["code"] in rows:
                    assert row[kind][name] == rows[row["code"]][kind][name]
                elif kind == "counts":
                    assert row[kind][name]["value"] == 0
    west = next(row for row in content["groups"][0]["rows"] if row["code"] == "west")
    behind = await bureau.desk.get("evaluator", west["indicators"]["closing_rate"]["cases"]["rest"])
    assert [one["case_no"] for one in behind["items"]] == [late]
    assert [one["case_no"] for one in content["overdue"]] == [late]
    assert content["city"]["counts"]["overdue_open"]["value"] == 1
    channels = {row["code"]: row["share"]["percent"] for row in content["channels"]}
    assert channels == {"leader": "66.67", "transfer": "33.33"}
    assert [(row["code"], row["share"]["percent"]) for row in content["classes"]] == [
        ("cjt214_2007/event/01", "100.00")
    ]
    assert closed not in json.dumps(content)


async def test_the_spreadsheet_has_the_numbers_of_rates_as_numbers(bureau: Bureau) -> None:
    await bureau.a_month()
    published = await bureau.publish()
    answer = await bureau.desk.ask("department", "GET", f"/v1/bulletins/{published['bulletin_id']}.xlsx")
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(BytesIO(answer.content))
    sheet = next(one for one in book if one["A1"].value and one["A1"].value.endswith("各区"))
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=3)}
    told = await bureau.desk.get(
        "evaluator", "/v1/rates?period=month&on=2024-05-06&by=district&indicators=closing_rate,reports"
    )
    names = [cell.value for cell in sheet[2]]
    for row in told["rows"]:
        cells = rows[row["name"][0]]
        assert cells[names.index("结案率")].value == row["indicators"]["closing_rate"]["value"]
        assert cells[names.index("结案率")].number_format == "0.00%"
        assert cells[names.index("上报数")].value == row["counts"]["reports"]["value"]
    assert rows["全市"][names.index("上报数")].value == 3


async def test_the_page_says_title_units_and_figures_and_carries_its_fonts(bureau: Bureau) -> None:
    await bureau.a_month()
    published = await bureau.publish()
    address = f"/v1/bulletins/{published['bulletin_id']}"
    for language, said in (
        ("zh", ["城市管理月度通报", "2024年第1期（2024年5月）", "东区", "d1局", "66.67%", "按期结案率"]),
        ("en", ["Monthly bulletin", "No. 1 of 2024, May 2024", "Closing rate", "66.67%"]),
    ):
        answer = await bureau.desk.ask("department", "GET", f"{address}.pdf?language={language}")
        assert answer.headers["content-type"] == "application/pdf"
        pages = pypdf.PdfReader(BytesIO(answer.content)).pages
        text = "".join(page.extract_text() for page in pages)
        for one in said:
            assert one.replace(" ", "") in text.replace(" ", ""), f"{one} is not in {text}"
        fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
        assert all(
            "/FontFile3" in one.get_object()["/FontDescriptor"]
            or "/FontFile2" in one.get_object()["/FontDescriptor"]
            for font in fonts
            for one in font["/DescendantFonts"]
        )
    assert (await bureau.desk.ask("department", "GET", f"{address}.docx")).content[:2] == b"PK"
    assert (await bureau.desk.ask("department", "GET", f"{address}.odt")).status_code == 422


async def test_publishing_and_withdrawing_reach_a_webhook_signed_and_in_order(bureau: Bureau) -> None:
    await bureau.a_month()
    async with receiver() as there, running(bureau.city.settings, bureau.city.url, bureau.clock):
        webhook = await add_webhook(
            bureau.desk, there.url, actions=["bulletin_published", "bulletin_withdrawn"]
        )
        other = await add_webhook(bureau.desk, there.url, actions=["report"])
        published = await bureau.publish()
        number = published["bulletin_id"]
        await bureau.post(f"/{number}/withdraw", json={"reason": "数据有误"})
        await until(lambda: len(there.kept) == 2)
        assert all(one.verified_by(webhook["secret"]) for one in there.kept)
        assert [one.id for one in there.kept] == [f"bulletin-{number}-1", f"bulletin-{number}-2"]
        told = [one.told for one in there.kept]
        assert [one["type"] for one in told] == ["bulletin_published", "bulletin_withdrawn"]
        assert told[0]["data"] == {
            "bulletin_id": number, "bulletin": "may", "title": "城市管理月度通报", "title_en": "Monthly bulletin", "year": 2024,
            "number": 1, "period": {"from": "2024-05-01", "to": "2024-06-01"}, "digest": published["digest"],
            "withdrawn_reason": None, "address": f"/v1/bulletins/{number}",
        }  # fmt: skip
        assert told[1]["data"]["withdrawn_reason"] == "数据有误"
        rows = await deliveries(bureau.desk, webhook)
        assert [(one["message_id"], one["case_no"], one["action"]) for one in rows] == [
            (f"bulletin-{number}-{seq}", None, action)
            for seq, action in ((1, "bulletin_published"), (2, "bulletin_withdrawn"))
        ]
        assert await deliveries(bureau.desk, other) == []


async def test_a_notice_that_does_not_arrive_holds_up_the_next_about_the_same(bureau: Bureau) -> None:
    await bureau.a_month()
    webhook = await add_webhook(
        bureau.desk, "http://127.0.0.1:9/", actions=["bulletin_published", "bulletin_withdrawn"]
    )
    published = await bureau.publish()
    await bureau.post(f"/{published['bulletin_id']}/withdraw", json={"reason": "数据有误"})

    async def tried() -> bool:
        return (await deliveries(bureau.desk, webhook))[0]["attempts"] == 1

    async with running(bureau.city.settings, bureau.city.url, bureau.clock):
        await until(tried)
    assert [one["attempts"] for one in await deliveries(bureau.desk, webhook, "waiting")] == [1, 0]


async def test_two_workers_draw_up_one_draft_when_the_last_day_is_sealed(bureau: Bureau) -> None:
    await bureau.a_month()
    await bureau.define()
    workers = [Drafting(bureau.city.engine, bureau.clock) for _ in range(2)]

    async def drafts() -> list[dict[str, Any]]:
        await asyncio.gather(*(one.step() for one in workers))
        return list((await bureau.desk.get("evaluator", "/v1/bulletins?bulletin=may"))["items"])

    bureau.clock.advance_to(JUNE - timedelta(minutes=1))
    await bureau.keep_up()
    assert await drafts() == [], "May is not over"
    bureau.clock.advance_to(JUNE)
    assert await drafts() == [], "its last day is not sealed"
    await bureau.keep_up()
    (one,) = await drafts()
    assert (one["first"], one["end"], one["state"], one["drawn_by"]) == (
        "2024-05-01",
        "2024-06-01",
        "draft",
        "system",
    )
    assert await drafts() == [one]
    await bureau.post(f"/{one['bulletin_id']}/publish")
    assert [again["bulletin_id"] for again in await drafts()] == [one["bulletin_id"]]


async def test_one_that_can_not_be_drawn_up_does_not_hold_up_the_others(bureau: Bureau) -> None:
    await bureau.a_month()
    await bureau.define()
    broken = MAY | {"bulletin": "a_broken_one", "indicators": ["no_more"]}
    await bureau.city.sql(
        "INSERT INTO bulletin_definitions VALUES ('a_broken_one', CAST(:said AS jsonb), :at, 'x')",
        said=json.dumps(broken), at=MONDAY,
    )  # fmt: skip
    bureau.clock.advance_to(JUNE)
    await bureau.keep_up()
    await Drafting(bureau.city.engine, bureau.clock).step()
    items = (await bureau.desk.get("evaluator", "/v1/bulletins"))["items"]
    assert [one["bulletin"] for one in items] == ["may"]


async def test_drafts_are_seen_by_those_who_draw_them_up_and_a_published_one_by_everybody(
    bureau: Bureau,
) -> None:
    await bureau.a_month()
    await bureau.define()
    bureau.clock.advance_to(JUNE)
    draft = await bureau.draw()
    address = f"/v1/bulletins/{draft['bulletin_id']}"
    for who, status in (("collector", 404), ("department", 404), ("evaluator", 200), ("administrator", 200)):
        for path in (address, f"{address}.pdf"):
            assert (await bureau.desk.ask(who, "GET", path)).status_code == status, (who, path)
    assert (await bureau.desk.get("department", "/v1/bulletins"))["items"] == []
    await bureau.post(f"/{draft['bulletin_id']}/publish")
    assert (await bureau.desk.ask("collector", "GET", address)).status_code == 200
    assert len((await bureau.desk.get("collector", "/v1/bulletins"))["items"]) == 1


async def test_a_published_bulletin_is_not_drawn_up_again_until_it_is_withdrawn(bureau: Bureau) -> None:
    await bureau.a_month()
    published = await bureau.publish()
    number = published["bulletin_id"]
    again = await bureau.post("", json={"bulletin": "may", "on": "2024-05-06"}, status=409)
    assert again["type"].endswith("#bulletin-published")
    assert (await bureau.post(f"/{number}/publish", status=409))["type"].endswith("#bulletin-published")
    withdrawn = await bureau.post(f"/{number}/withdraw", json={"reason": "数据有误"})
    assert (withdrawn["state"], withdrawn["withdrawn_reason"], withdrawn["number"]) == (
        "withdrawn",
        "数据有误",
        1,
    )
    assert withdrawn["content"] == published["content"]
    assert (await bureau.post(f"/{number}/withdraw", json={"reason": "x"}, status=409))["type"].endswith("#bulletin-not-published")  # fmt: skip
    other = await bureau.draw()
    assert (await bureau.post(f"/{other['bulletin_id']}/publish"))["number"] == 2, "a number is given once"


async def test_a_draft_is_published_as_it_was_seen(bureau: Bureau) -> None:
    await bureau.a_month()
    await bureau.define()
    bureau.clock.advance_to(MONDAY + timedelta(days=11))
    early = await bureau.draw()
    assert (await bureau.post(f"/{early['bulletin_id']}/publish", status=409))["type"].endswith(
        "#period-not-over"
    )
    bureau.clock.advance_to(JUNE)
    seen = await bureau.draw()
    assert (seen["bulletin_id"], seen["version"]) == (early["bulletin_id"], 2)
    await bureau.draw()
    path = f"/{seen['bulletin_id']}/publish"
    changed = await bureau.post(path, status=412, headers={"If-Match": '"2"'})
    assert changed["type"].endswith("#draft-changed")
    assert (await bureau.post(path, headers={"If-Match": '"3"'}))["state"] == "published"


async def test_a_name_without_a_glyph_is_told_with_its_place_instead_of_an_empty_box(bureau: Bureau) -> None:
    await bureau.a_month()
    await bureau.define(issuer="城管\U000e1234局")
    draft = await bureau.draw()
    answer = await bureau.desk.ask("evaluator", "GET", f"/v1/bulletins/{draft['bulletin_id']}.pdf")
    assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems#character-not-printable")
    assert "U+E1234" in answer.json()["errors"][0]["message"]


async def test_ranks_come_with_what_the_unit_had_to_bear(bureau: Bureau) -> None:
    await bureau.a_month()
    content = (await bureau.publish())["content"]
    districts, units = (group["ranking"] for group in content["groups"])
    assert [(one["rank"], one["code"], one["total"], one["load"]) for one in districts["ranked"]] == [
        (1, "east", "100.00", 2), (2, "west", "0.00", 1),
    ]  # fmt: skip
    assert [one["code"] for one in units["ranked"]] == ["d1"]
    assert [(one["code"], one["apart"]["rule"]) for one in units["apart"]] == [
        ("d2", "too_few"),
        ("d3", "too_few"),
    ]
    (d1,) = units["ranked"]
    assert d1["load_share"] == {"numerator": 3, "denominator": 3, "value": 1.0, "percent": "100.00"}
    assert (d1["holiday_exposure"]["numerator"], d1["holiday_exposure"]["denominator"]) == (0, 3)


async def test_a_definition_is_refused_with_every_reason(bureau: Bureau) -> None:
    said = MAY | {
        "indicators": ["reports", "reports", "no_such"],
        "groups": [{"title": "x", "title_en": "x", "by": "unit", "codes": ["d9"]}, {"title": "y", "title_en": "y", "by": "department", "codes": ["d1a"]}],
        "ranking": {"indicator": "closing_rate"},
    }  # fmt: skip
    answer = await bureau.desk.ask("administrator", "PUT", "/v1/bulletins/definitions/may", json=said)
    assert answer.status_code == 422
    assert {(one["field"], one["rule"]) for one in answer.json()["errors"]} == {
        ("indicators.2", "unknown_figure"), ("indicators", "named_once"), ("groups.0.codes.0", "unknown_unit"),
        ("groups.1.codes.0", "on_top"), ("ranking.minimum", "minimum_needed"),
    }  # fmt: skip
    other = await bureau.desk.ask("administrator", "PUT", "/v1/bulletins/definitions/june", json=MAY)
    assert [one["rule"] for one in other.json()["errors"]] == ["one_name"]
    assert (
        await bureau.desk.ask("evaluator", "PUT", "/v1/bulletins/definitions/may", json=MAY)
    ).status_code == 403


async def test_the_command_line_defines_draws_publishes_and_prints(bureau: Bureau, tmp_path: Path) -> None:
    await bureau.a_month()
    city, paper = bureau.city, tmp_path / "may.pdf"
    code, told = await city.casehub("bulletin", "define")
    assert (code, [line.split(":")[0] for line in told.splitlines()]) == (
        0,
        ["monthly", "quarterly", "weekly"],
    )
    code, told = await city.casehub("bulletin", "draw", "monthly", "--on", "2024-05-06")
    assert code == 0, told
    number = told.split(":")[0].split()[-1]
    code, told = await city.casehub("bulletin", "publish", number)
    assert (code, "published, no. 1 of 2024" in told) == (0, True), told
    code, told = await city.casehub("bulletin", "print", number, str(paper))
    assert code == 0, told
    assert paper.read_bytes()[:5] == b"%PDF-"
    code, told = await city.casehub("bulletin", "print", number, str(tmp_path / "may.txt"))
    assert (code, "may.txt: a bulletin is printed as .pdf, .docx or .xlsx" in told) == (1, True)
