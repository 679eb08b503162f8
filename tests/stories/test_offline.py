"""Work without a network: whatever order the deliveries come in and however often, the city is the same."""

import asyncio
import hashlib
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cast import START, City, Desk, make_report, photo_bytes

Replay = tuple[City, Desk]
SEEN = (START - timedelta(hours=3)).isoformat()


def named(content: bytes, kind: str = "near") -> dict[str, str]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "kind": kind}


def report(name: str, *photos: dict[str, str], **said: Any) -> dict[str, Any]:
    place = make_report()["location"]
    seen = {
        "kind": "event",
        "category": "0102",
        "description": name[-2:],
        "location": {"lon": place["lon"], "lat": place["lat"]},
    }
    item = {key: said.pop(key) for key in ("after", "observed_at") if key in said}
    return {
        "id": name,
        "kind": "report",
        "observed_at": SEEN,
        "photos": [*photos],
        "report": seen | said,
        **item,
    }


def action(
    name: str, what: str, *photos: dict[str, str], form: dict[str, Any], **said: Any
) -> dict[str, Any]:
    item = {
        "id": name,
        "kind": "action",
        "observed_at": SEEN,
        "photos": [*photos],
        "action": what,
        "form": form,
    }
    return item | said


async def sync(desk: Desk, *items: dict[str, Any], who: str = "collector") -> list[dict[str, Any]]:
    answer = await desk.ask(who, "POST", "/v1/sync", json={"items": [*items]})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def upload(desk: Desk, content: bytes, kind: str = "near", who: str = "collector") -> str:
    return await desk.photo(who, kind, content)


async def test_a_report_waits_for_its_photo_and_happens_when_it_arrives(replay: Replay) -> None:
    city, desk = replay
    photo = photo_bytes()
    item = report("r1", named(photo))
    [waits] = await sync(desk, item)
    assert (waits["status"], waits["waits_for"]) == ("waiting", {"photos": [named(photo)], "items": []})
    assert [one["id"] for one in (await desk.get("collector", "/v1/sync"))["items"]] == ["r1"]
    await upload(desk, photo, "far")
    assert (await desk.get("collector", "/v1/sync"))["items"][0]["status"] == "waiting", "of another kind"
    await upload(desk, photo, who="stranger")
    assert (await desk.get("collector", "/v1/sync"))["items"][0]["status"] == "waiting", "somebody else's"
    await upload(desk, photo)
    assert (await desk.get("collector", "/v1/sync"))["items"] == []
    [done] = await sync(desk, item)
    case = await desk.get("collector", f"/v1/cases/{done['case']['case_no']}")
    # The sight is on record, the clocks run from when it arrived.
    assert (case["observed_at"], case["reported_at"]) == (SEEN, START.isoformat())
    assert case["tasks"][0]["entered_at"] == START.isoformat()
    assert [tuple(one) for one in await city.sql("SELECT count(*) FROM cases")] == [(1,)]


async def test_the_same_photo_twice_is_one(client: Desk) -> None:
    content = photo_bytes()
    first = await upload(client, content)
    assert await upload(client, content) == first
    assert await upload(client, content, "after") != first
    assert await upload(client, content, who="stranger") != first
    case = await client.report("collector", source="collector", photos=[first])
    again = await client.report("collector", source="collector", photos=[first])
    assert case["photos"] == again["photos"] == [{"id": first, "kind": "near"}]


async def test_a_thousand_items_may_wait_and_what_sets_them_going_is_always_taken(client: Desk) -> None:
    content = photo_bytes()
    await upload(client, content)
    there = named(content)
    root, hung = report("root", there), [report(f"h{number:04}", after="root") for number in range(1000)]
    photos = [named(photo_bytes()) for _ in range(20)]
    for number, item in enumerate(hung):
        # Their photos never come but for the last; many, so that the statements over all that waits are long.
        lost = [{**one, "sha256": f"{number:08}{one['sha256'][8:]}"} for one in photos]
        item["photos"] = lost if number < 999 else [there]
    for first in range(0, 1000, 200):
        assert {one["status"] for one in await sync(client, *hung[first : first + 200])} == {"waiting"}
    late = [report(f"l{number}", there, after="nothing") for number in range(2)]
    waits, *refused = await sync(client, hung[0], *late)
    assert waits["status"] == "waiting"
    assert [one["status"] for one in refused] == ["refused"] * 2
    told = refused[0]["problem"]
    assert (told["status"], told["type"]) == (409, "/v1/problems#too-many-waiting")
    # Of one delivery, those that can be done are, and others have their places.
    first, done, second = await sync(client, late[0], root, late[1])
    assert [one["status"] for one in (first, done, second)] == ["waiting", "applied", "refused"]
    assert (await sync(client, hung[999]))[0]["status"] == "applied"
    # It was not kept, so its id is still free.
    await sync(client, report("nothing", there))
    assert [one["status"] for one in await sync(client, *late)] == ["applied"] * 2


async def test_items_that_wait_for_each_other_are_refused_with_what_hangs_on_them(client: Desk) -> None:
    assert [one["status"] for one in await sync(client, report("a", after="c"), report("b", after="a"))] == [
        "waiting"
    ] * 2
    answers = await sync(client, report("c", after="b"), report("a", after="c"), report("d", after="c"))
    assert [one["status"] for one in answers] == ["refused"] * 3
    told = answers[0]["problem"]
    assert (told["type"], told["errors"][0]["rule"]) == ("/v1/problems#item-barred", "item_circle")
    assert {one["status"] for one in (await client.get("collector", "/v1/sync"))["items"]} == {"refused"}
    [late] = await sync(client, report("e", after="d"))
    assert late["problem"]["errors"][0]["rule"] == "item_before_refused"


async def test_an_id_says_one_thing_for_ever(client: Desk) -> None:
    content = photo_bytes()
    await upload(client, content)
    first, other = report("r1", named(content)), report("r1", named(content), location={"address": "别处"})
    applied, reused = await sync(client, first, other)
    assert (applied["status"], reused["status"]) == ("applied", "refused")
    assert (reused["problem"]["status"], reused["problem"]["type"]) == (422, "/v1/problems#item-reused")
    assert await sync(client, first, first) == [applied, applied]
    # Another device's ids are its own.
    assert (await sync(client, report("r1", category="none"), who="stranger"))[0]["status"] == "refused"
    two_cases = await sync(client, {**first, "id": "r2"})
    assert [one["case_no"] for one in two_cases[0]["case"]["candidates"]] == [applied["case"]["case_no"]]


async def test_what_hangs_on_a_refused_item_is_refused_and_sent_again_under_new_ids(client: Desk) -> None:
    wrong, hanging = (
        report("r1", category="none"),
        action("w1", "withdraw", form={"reason": "看错"}, report_id="r1"),
    )
    [waits] = await sync(client, hanging)
    assert waits["waits_for"] == {"photos": [], "items": ["r1"]}
    [refused] = await sync(client, wrong)
    assert refused["problem"]["errors"][0]["rule"] == "unknown_category"
    zh = await client.ask("collector", "GET", "/v1/sync", headers={"Accept-Language": "zh"})
    listed = {one["id"]: one["problem"] for one in zh.json()["items"]}
    assert listed["w1"]["errors"][0] == {
        "field": "report_id", "rule": "item_before_refused", "message": "前置条目 r1 已被拒绝，请更正后以新编号重新提交",
    }  # fmt: skip
    content = photo_bytes()
    await upload(client, content)
    right = await sync(
        client,
        report("r2", named(content)),
        action("w2", "withdraw", form={"reason": "看错"}, report_id="r2"),
    )
    assert [one["case"]["state"] for one in right] == ["reported", "voided"]


async def test_a_device_clock_moves_nothing(replay: Replay) -> None:
    _, desk = replay
    ahead = (START + timedelta(hours=1)).isoformat()
    [early] = await sync(desk, report("r1", observed_at=ahead))
    assert [one["rule"] for one in early["problem"]["errors"]] == ["observed_in_future"]
    case_no = (await desk.report(source="public"))["case_no"]
    await desk.act("acceptor", case_no, "send_verify", collector="c1")
    content = photo_bytes()
    await upload(desk, content)
    done = action("v1", "verify_done", named(content), form={"result": "exist"}, case_no=case_no)
    [future] = await sync(desk, {**done, "observed_at": ahead})
    assert [one["rule"] for one in future["problem"]["errors"]] == ["observed_in_future"]
    [applied] = await sync(desk, {**done, "id": "v2"})
    assert applied["status"] == "applied"
    last = (await desk.get("acceptor", f"/v1/cases/{case_no}/history"))[-1]
    assert datetime.fromisoformat(last["form"]["observed_at"]) == datetime.fromisoformat(SEEN)
    assert last["at"] == START.isoformat()
    case = await desk.get("acceptor", f"/v1/cases/{case_no}")
    assert [one["finished_at"] for one in case["tasks"] if one["kind"] == "verify"] == [START.isoformat()]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""}, {"id": "x" * 65}, {"id": "a b"}, {"id": "é"}, {"after": "a1"}, {"observed_at": "2024-05-06 09:00"},
        {"case_no": None}, {"report_id": "r1"}, {"form": {"opinion": "\x00"}}, {"photos": [{"sha256": "x", "kind": "near"}]},
        {"kind": "dance"}, {"more": 1},
    ],
)  # fmt: skip
async def test_an_item_that_is_none_is_refused_with_its_place(desk: Desk, wrong: dict[str, Any]) -> None:
    item = action("a1", "withdraw", form={}, case_no="1") | wrong
    answer = await desk.ask("collector", "POST", "/v1/sync", json={"items": [item]})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith("items.0")


class Patrol:
    """A morning of one collector: what they did offline, and the photos they took."""

    def __init__(self, number: int, to_verify: str, to_check: str) -> None:
        self.photos = {name: photo_bytes() for name in ("pit", "proof", "clean", "before", "after")}
        self.kinds = {"before": "before", "after": "after"}
        p = {name: named(content, self.kinds.get(name, "near")) for name, content in self.photos.items()}
        n = f"{number}."
        self.items = [
            report(f"{n}r1", p["pit"]),
            action(f"{n}w1", "withdraw", form={"reason": "看错了"}, report_id=f"{n}r1"),
            report(f"{n}s1", p["before"], p["after"], self_handled=True, after=f"{n}w1"),
            action(f"{n}v1", "verify_done", p["proof"], form={"result": "exist"}, case_no=to_verify),
            action(f"{n}k1", "check_done", p["clean"], form={"result": "pass"}, case_no=to_check, after=f"{n}v1"),
            report(f"{n}r2", p["pit"], p["proof"]),
            report(f"{n}x1", p["clean"], category="none"),
            action(f"{n}y1", "withdraw", form={"reason": "看错了"}, report_id=f"{n}x1"),
        ]  # fmt: skip

    async def deliver(self, desk: Desk, what: int | str) -> None:
        if isinstance(what, str):
            await upload(desk, self.photos[what], self.kinds.get(what, "near"))
        else:
            await sync(desk, self.items[what])

    async def outcome(self, desk: Desk) -> list[Any]:
        """All that came of it, with what differs from one morning to another left out."""
        return [await self._of(desk, one) for one in await sync(desk, *self.items)]

    async def _of(self, desk: Desk, answer: dict[str, Any]) -> Any:
        if answer["status"] != "applied":
            return answer["status"], [one["rule"] for one in answer["problem"]["errors"]]
        case_no = answer["case"]["case_no"]
        case = await desk.get("collector", f"/v1/cases/{case_no}")
        history = await desk.get("collector", f"/v1/cases/{case_no}/history")
        taken = {
            await upload(desk, content, self.kinds.get(name, "near")): name
            for name, content in self.photos.items()
        }
        told = {
            name: case[name]
            for name in (
                "state",
                "stage",
                "version",
                "reported_at",
                "observed_at",
                "due_at",
                "tasks",
                "marks",
            )
        }
        told["photos"] = [taken.get(one["id"], "another") for one in case["photos"]]
        events = [
            (e["action"], e["at"], e["by"], {k: v for k, v in e["form"].items() if k != "photos"})
            for e in history
        ]
        return told, events


COUNT = 8
EVERYTHING: list[int | str] = [*range(COUNT), "pit", "proof", "clean", "before", "after"]


@st.composite
def deliveries(draw: st.DrawFn) -> list[int | str]:
    """Each of them at least once, in any order, some again."""
    again = draw(st.lists(st.sampled_from(EVERYTHING), max_size=6))
    return draw(st.permutations([*EVERYTHING, *again]))


NUMBERS = count()


async def morning(desk: Desk, order: list[int | str]) -> list[Any]:
    """Work offline, deliver in this order; what came of it."""
    to_verify = (await desk.report(source="public"))["case_no"]
    await desk.act("acceptor", to_verify, "send_verify", collector="c1")
    patrol = Patrol(next(NUMBERS), to_verify, await desk.case_in("checking"))
    for what in order:
        await patrol.deliver(desk, what)
    left = (await desk.get("collector", "/v1/sync"))["items"]
    assert [one for one in left if one["status"] == "waiting"] == []
    return await patrol.outcome(desk)


@pytest.fixture
async def usual(replay: Replay) -> list[Any]:
    """What comes of a morning whose photos come first and whose items come in order."""
    return await morning(replay[1], [*EVERYTHING[COUNT:], *range(COUNT)])


async def test_a_morning_offline_has_its_effects(replay: Replay, usual: list[Any]) -> None:
    assert [one[0]["state"] if isinstance(one[0], dict) else one for one in usual] == [
        "voided", "voided", "self_handled", "reported", "pending_close", "reported",
        ("refused", ["unknown_category"]), ("refused", ["item_before_refused"]),
    ]  # fmt: skip
    assert (await replay[0].casehub("audit", "verify"))[0] == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck], database=None)
@given(order=deliveries())
async def test_after_any_order_and_repetition_of_deliveries_the_city_is_the_same(
    replay: Replay, usual: list[Any], order: list[int | str]
) -> None:
    assert await morning(replay[1], order) == usual


async def test_an_item_and_its_photo_that_come_at_once_never_miss_each_other(client: Desk) -> None:
    taken = [photo_bytes() for _ in range(12)]
    items = [report(f"r{n}", named(content)) for n, content in enumerate(taken)]
    await asyncio.gather(
        *(sync(client, item) for item in items), *(upload(client, content) for content in taken),
        *(sync(client, item) for item in items),
    )  # fmt: skip
    assert (await client.get("collector", "/v1/sync"))["items"] == []
    cases = {one["case"]["case_no"] for one in await sync(client, *items)}
    assert len(cases) == len(taken)
