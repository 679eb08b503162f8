"""Finding cases: filters, search, pages; and photos."""

import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from tests.cast import JPEG, START, City, Desk, desk_of, make_report, photo_bytes

from casehub.clock import SimulatedClock


async def numbers(desk: Desk, query: str, who: str = "acceptor") -> set[str]:
    return {one["case_no"] for one in (await desk.get(who, f"/v1/cases?{query}"))["items"]}


async def test_a_search_reads_traditional_and_simplified_alike(desk: Desk) -> None:
    old = (await desk.report(description="請覈查臺階旁的井蓋"))["case_no"]
    new = (await desk.report(description="请核查台阶旁的井盖"))["case_no"]
    for query in ("覈查", "核查", "臺階", "台阶旁", "井蓋", "盖"):
        assert {old, new} <= await numbers(desk, f"text={quote(query)}"), query
    assert await numbers(desk, f"text={quote('核查井盖')}") == set()
    await desk.report(description="垃圾旁有一圾堆")
    assert await numbers(desk, f"text={quote('垃圾堆')}") == set(), (
        "its pairs are there, but not side by side"
    )
    addressed = (await desk.report(location={"address": "平安大街77号院"}))["case_no"]
    assert await numbers(desk, f"text={quote('大街77号')}") == {addressed}
    assert await numbers(desk, f"text={quote('%')}") == set()
    external = (await desk.report(external_no="HX-ABC-9"))["case_no"]
    assert await numbers(desk, "text=hx-abc-9") == {external}


async def test_every_filter_finds_its_own(replay: tuple[City, Desk]) -> None:
    city, desk = replay
    assert isinstance(city.clock, SimulatedClock)
    plain = (await desk.report(area="east1", external_no="e-1"))["case_no"]
    component = (await desk.report(kind="component", category="0101", area="west"))["case_no"]
    hotline = (await desk.report(source="hotline", area="east"))["case_no"]
    late = await desk.case_in("handling")
    city.clock.advance_to(START + timedelta(minutes=12))
    yellow = {plain, component, hotline}
    assert await numbers(desk, "light=yellow") == yellow
    assert await numbers(desk, "light=green") == {late}
    city.clock.advance_to(START + timedelta(hours=7))
    assert await numbers(desk, "light=red") == {*yellow, late}
    photo = await desk.photo("department", "after")
    await desk.act("department", late, "feedback", result="迟了", photos=[photo])
    await desk.act("acceptor", late, "send_check", collector="c1")
    fresh = (await desk.report(category="0103"))["case_no"]
    gone = (await desk.report())["case_no"]
    await desk.act("acceptor", gone, "refuse", reason="unclear")
    cut = quote((START + timedelta(hours=7)).isoformat())
    everything = {plain, component, hotline, late, fresh, gone}
    for query, found in {
        "": everything, "state=checking": {late}, "stage=check": {late}, "kind=component": {component},
        "category=0103": {fresh}, "scheme=gbt30428_2_2013": set(), "scheme=cjt214_2007": everything,
        "department=d1": {late}, "department=d2": set(), "area=east": {plain, hotline}, "area=east1": {plain},
        "area=city": {plain, hotline, component}, "source=hotline": {hotline}, "workflow=hotline": {hotline},
        "external_no=e-1": {plain}, "assignee=c1": {late}, "open=true": everything - {gone}, "open=false": {gone},
        "late=true": {late}, "late=false": everything - {late}, f"reported_from={cut}": {fresh, gone},
        f"reported_to={cut}": everything - {fresh, gone}, f"ended_from={cut}": {gone}, f"ended_to={cut}": set(),
        "area=east&source=hotline": {hotline}, "tagged_duplicate=true": set(),
        "difficult=true": set(), "return_pending=true": set(), "request_pending=true": set(), "foreign_no=x": set(), "state=nonsense": set(),
    }.items():  # fmt: skip
        assert await numbers(desk, query) == found, query
    for bad in ("light=blue", "open=perhaps", "stage=9", "kind=x", "limit=0", "limit=201", "cursor=zzz", "reported_from=2024",
                "text=", "state=%00", "text=%00", "cursor=djE6LTE", "cursor=%00"):  # fmt: skip
        answer = await desk.ask("acceptor", "GET", f"/v1/cases?{bad}")
        assert answer.status_code == 422, bad


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_an_instant_at_the_end_of_time_is_no_failure_of_ours(desk: Desk, instant: str) -> None:
    answer = await desk.ask("acceptor", "GET", "/v1/cases", params={"reported_from": instant})
    assert answer.status_code in {200, 422}
    answer = await desk.ask("acceptor", "POST", "/v1/cases", json=make_report(observed_at=instant))
    assert answer.status_code in {201, 422}
    case_no = await desk.case_in("handling")
    form = {"until": instant, "reason": "等"}
    assert (await desk.try_act("department", case_no, "request_suspension", form)).status_code in {409, 422}


async def test_a_walk_over_all_pages_sees_every_case_once_while_new_ones_come(client: Desk) -> None:
    there = {(await client.report())["case_no"] for _ in range(23)}
    seen: list[str] = []
    path: str | None = "/v1/cases?limit=5&kind=event"
    while path:
        page = await client.get("acceptor", path)
        seen += [one["case_no"] for one in page["items"]]
        await client.report()
        path = page["next"]
    assert len(seen) == len(set(seen))
    assert there <= set(seen)
    assert seen == sorted(seen, reverse=True), "newest first"
    exact = await client.get("acceptor", f"/v1/cases?limit={len(seen) + 5}")
    assert exact["next"] is None


async def test_two_cities_on_one_server_do_not_see_each_other(make_city: Any, tmp_path: Any) -> None:
    north, south = await make_city(), await make_city()
    async with desk_of(north, tmp_path / "n") as one, desk_of(south, tmp_path / "s") as other:
        case_no = (await one.report())["case_no"]
        assert (await other.ask("acceptor", "GET", f"/v1/cases/{case_no}")).status_code == 404
        assert await numbers(other, "") == set()
        assert (await other.ask(one.keys["acceptor"], "GET", "/v1/me")).status_code == 401
        assert (await other.report())["case_no"] == case_no, "each counts its own numbers"


async def test_a_photo_is_what_its_content_says_and_is_kept_once(client: Desk, city: City) -> None:
    content = photo_bytes()
    files = {"file": ("evil.html", content, "text/html")}
    first = await client.ask("collector", "POST", "/v1/attachments", files=files, data={"kind": "near"})
    assert first.status_code == 201
    told = first.json()
    assert (told["media_type"], told["size_bytes"], told["kind"]) == ("image/jpeg", len(content), "near")
    second = await client.photo("collector", "after", content)
    assert second != told["id"]
    assert client.app is not None
    kept = [path for path in client.app.state.blobs.folder.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [told["sha256"]]
    got = await client.ask("collector", "GET", f"/v1/attachments/{told['id']}")
    assert (got.content, got.headers["content-type"]) == (content, "image/jpeg")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert (await client.ask("stranger", "GET", f"/v1/attachments/{told['id']}")).status_code == 404
    assert (await client.ask("collector", "GET", f"/v1/attachments/{'0' * 32}")).status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<html><script>", b"%PDF-1.4 ...", b"GIF89a" + b"0" * 50]
)
async def test_what_is_no_photo_is_refused(desk: Desk, content: bytes) -> None:
    files = {"file": ("photo.jpg", content, "image/jpeg")}
    answer = await desk.ask("collector", "POST", "/v1/attachments", files=files, data={"kind": "near"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems#attachment-invalid")


async def test_a_photo_has_a_kind_and_a_size(make_city: Any, tmp_path: Any) -> None:
    city = await make_city(photo_limit_bytes=20_000)
    async with desk_of(city, tmp_path) as desk:
        for size, status in ((20_000, 201), (20_001, 422), (40_000, 413)):
            files = {"file": ("x.jpg", JPEG + b"0" * (size - len(JPEG)), "image/jpeg")}
            answer = await desk.ask(
                "collector", "POST", "/v1/attachments", files=files, data={"kind": "near"}
            )
            assert answer.status_code == status, size
        for data in ({"kind": "selfie"}, {}):
            files = {"file": ("x.jpg", JPEG, "image/jpeg")}
            assert (
                await desk.ask("collector", "POST", "/v1/attachments", files=files, data=data)
            ).status_code == 422
        assert (
            await desk.ask("collector", "POST", "/v1/attachments", data={"kind": "near"})
        ).status_code == 422


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("HEIF", "image/heic")])  # fmt: skip
async def test_a_photo_tells_where_and_when_it_was_taken(desk: Desk, form: str, media_type: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 09:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 0.0), 3: "E", 4: (116.0, 24.0, 0.0)})
    held = io.BytesIO()
    Image.new("RGB", (64, 64)).save(held, form, exif=exif)
    files = {"file": ("x", held.getvalue(), "image/jpeg")}
    told = (await desk.ask("collector", "POST", "/v1/attachments", files=files, data={"kind": "far"})).json()
    assert told["media_type"] == media_type
    assert (told["taken_at"], told["lon"], told["lat"]) == ("2024:05:06 09:00:00", 116.4, 39.9)


async def test_a_time_is_written_as_iso_8601_and_lies_in_a_year_that_may_be(desk: Desk) -> None:
    for bad in (
        "2024",
        "1714957200",
        "1899-12-31T23:59:59Z",
        "2201-01-01T00:00:00Z",
        "2024-05-06T09:00:00",
        "today",
    ):
        answer = await desk.ask("acceptor", "GET", "/v1/cases", params={"reported_to": bad})
        assert answer.status_code == 422, bad
    good = await desk.ask("acceptor", "GET", "/v1/cases", params={"reported_to": "2024-05-06T09:00:00+08:00"})
    assert good.status_code == 200
