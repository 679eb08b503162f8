"""Another system hears of what happens: at least once, in order, signed, whatever becomes of it meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import CAST, City, Desk, make_report
from tests.receiver import Receiver, add_webhook, always, deliveries, receiver, silence, until

from casehub.clock import SimulatedClock
from casehub.events import relay
from casehub.events.retries import ATTEMPTS
from casehub.opening import shipped
from casehub.worker import running
from casehub.workflow.commands import adopt

Start = Callable[[City], Awaitable[None]]
STEPS = [
    "report",
    "propose_filing",
    "file",
    "dispatch",
    "sign_in",
    "feedback",
    "send_check",
    "check_done",
    "close",
]


@pytest.fixture
async def work() -> AsyncIterator[Start]:
    """Starts a worker on a city; each call one more."""
    async with AsyncExitStack() as stack:

        async def start(city: City) -> None:
            await stack.enter_async_context(running(city.settings, city.url, city.clock))

        yield start


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


def later(city: City, much: timedelta) -> None:
    """The clock of a simulated city goes on."""
    assert isinstance(city.clock, SimulatedClock)
    city.clock.advance_to(city.clock.now() + much)


async def settled(desk: Desk, webhook: dict[str, Any]) -> bool:
    return not await deliveries(desk, webhook, "waiting")


async def test_every_event_arrives_once_in_order_and_signed(
    client: Desk, city: City, work: Start, there: Receiver
) -> None:
    webhook = await add_webhook(client, there.url)
    await work(city)
    case_no = await client.case_in(
        "closed",
        area="east1",
        external_no="x-1",
        description="井盖",
        reporter={"name": "张三", "telephone": "13812345678"},
    )
    await until(lambda: len(there.kept) == len(STEPS))
    assert [one.action for one in there.came] == STEPS
    assert [one.id for one in there.came] == [f"{case_no}-{seq}" for seq in range(1, len(STEPS) + 1)]
    assert all(one.verified_by(webhook["secret"]) for one in there.came)
    assert {one.headers["content-type"] for one in there.came} == {"application/json"}
    told, last = there.came[3].told, there.came[-1].told
    history = await client.get("acceptor", f"/v1/cases/{case_no}/history")
    assert (told["type"], told["timestamp"]) == ("case.dispatch", history[3]["at"])
    assert told["data"]["event"] == {name: value for name, value in history[3].items() if name != "title"}
    case = await client.get("acceptor", f"/v1/cases/{case_no}")
    same = ("case_no", "kind", "source", "external_no", "workflow", "area", "state", "stage", "department")
    assert {name: last["data"]["case"][name] for name in same} == {name: case[name] for name in same}
    assert last["data"]["case"]["category"] == {"scheme": "cjt214_2007", "code": "0102", "name": "暴露垃圾"}
    assert (told["data"]["case"]["state"], told["data"]["case"]["ended_at"]) == ("dispatched", None)
    assert (told["data"]["case"]["department"], last["data"]["case"]["stage"]) == ("d1", "close")
    everything = b"".join(one.content for one in there.came).decode()
    assert not {"张三", "13812345678", "井盖", "长安街"} & {
        word for word in ("张三", "13812345678", "井盖", "长安街") if word in everything
    }
    await until(lambda: settled(client, webhook))
    rows = await deliveries(client, webhook, "delivered")
    assert [(one["action"], one["attempts"], one["last_error"]) for one in rows] == [
        (one, 1, None) for one in STEPS
    ]


async def test_a_receiver_that_was_down_gets_everything_when_it_is_up(
    replay: tuple[City, Desk], work: Start
) -> None:
    city, desk = replay
    there = Receiver()
    webhook = await add_webhook(desk, there.url)
    await work(city)
    case_no = await desk.case_in("filed")
    await until(lambda: _tried(replay, webhook, 1))
    waiting = await deliveries(desk, webhook, "waiting")
    assert [one["attempts"] for one in waiting] == [1, 0, 0], "the first one holds up the others of its case"
    assert "ConnectError" in waiting[0]["last_error"]
    assert waiting[0]["next_try_at"] > waiting[0]["made_at"]
    await there.up()
    later(city, timedelta(seconds=40))
    await until(lambda: settled(desk, webhook))
    assert [one.id for one in there.kept] == [f"{case_no}-{seq}" for seq in (1, 2, 3)]
    await there.down()


async def _tried(replay: tuple[City, Desk], webhook: dict[str, Any], times: int) -> bool:
    """Tried so often, and not just being tried."""
    city, desk = replay
    (first, *_) = await deliveries(desk, webhook, "waiting")
    held = datetime.fromisoformat(first["next_try_at"]) == city.clock.now() + relay.LEASE
    return bool(first["attempts"] == times and not held)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (always(500), "answered 500"), (always(404), "answered 404"), (silence, "no answer within 0.2 seconds"),
        (always(302), "answered 302: redirects are refused, name the final address"),
        (always(307), "answered 307: redirects are refused, name the final address"),
    ],
)  # fmt: skip
async def test_what_is_not_taken_is_sent_again_later_under_the_same_id(
    replay: tuple[City, Desk],
    work: Start,
    there: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,
    said: str,
) -> None:
    monkeypatch.setattr(relay, "PATIENCE_SECONDS", 0.2)
    city, desk = replay
    there.answer, usual = answer, there.answer
    webhook = await add_webhook(desk, there.url)
    await work(city)
    case = await desk.report()
    for attempt in (1, 2, 3):
        await until(lambda times=attempt: _tried(replay, webhook, times))
        (row,) = await deliveries(desk, webhook)
        assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", attempt, said)
        there.answer = usual if attempt == 3 else answer
        later(city, timedelta(minutes=1))
    await until(lambda: settled(desk, webhook))
    assert {(one.id, one.content) for one in there.came} == {(f"{case['case_no']}-1", there.came[0].content)}
    (row,) = await deliveries(desk, webhook, "delivered")
    assert (row["attempts"], row["last_error"], row["next_try_at"]) == (4, None, None)


async def test_a_receiver_that_never_answers_holds_up_neither_another_one_nor_a_transaction(
    client: Desk, city: City, there: Receiver
) -> None:
    async with receiver(answer=silence) as dead:
        for one in (dead, there):
            await add_webhook(client, one.url)
        sending = relay.Relay(city.engine, city.clock)
        for _ in range(30):
            await client.report()

        async def arrived() -> bool:
            await sending.step()
            return len(there.kept) == 30

        await until(arrived, 8)
        assert not dead.kept
        await until(lambda: len(dead.came) == 16)
        await until(lambda: city.engine.pool.checkedout() == 0, 5)  # type: ignore[attr-defined]
        await dead.down()
        await sending.close()


async def test_what_is_given_up_is_shown_and_can_be_sent_in_order_after_all(
    replay: tuple[City, Desk], work: Start, there: Receiver
) -> None:
    city, desk = replay
    there.answer, usual = always(503), there.answer
    # Alerts would come in between, for days pass.
    webhook = await add_webhook(desk, there.url, actions=["report", "propose_filing", "file", "dispatch"])
    await work(city)
    case_no, began = await desk.case_in("filed"), city.clock.now()

    async def given_up() -> bool:
        later(city, timedelta(hours=1))
        return await settled(desk, webhook)

    await until(given_up)
    assert city.clock.now() - began > timedelta(days=3)
    failed = await deliveries(desk, webhook, "failed")
    reasons = ["answered 503", *["event 1 of this case was given up"] * 2]
    assert [(one["attempts"], one["last_error"]) for one in failed] == [
        *zip((ATTEMPTS, 0, 0), reasons, strict=True)
    ]
    assert {one.id for one in there.came} == {f"{case_no}-1"}
    there.answer = usual
    told = await desk.act("dispatcher", case_no, "dispatch", department="d1", limit="4 work_hour")
    other = await desk.report()
    await until(lambda: settled(desk, webhook))
    assert [one.id for one in there.kept] == [f"{other['case_no']}-1"], "other cases go on"
    path = f"/v1/webhooks/{webhook['webhook_id']}/retry"
    answer = await desk.ask("administrator", "POST", path)
    assert (answer.status_code, answer.json()) == (200, {"deliveries": 4})
    await until(lambda: len(there.kept) == 5)
    assert [one.id for one in there.kept[1:]] == [f"{case_no}-{seq}" for seq in (1, 2, 3, told["version"])]
    assert (await desk.ask("administrator", "POST", path)).json() == {"deliveries": 0}


async def test_two_workers_deliver_each_event_once_and_in_the_order_of_its_case(
    client: Desk, city: City, work: Start, there: Receiver
) -> None:
    webhook = await add_webhook(client, there.url)
    await asyncio.gather(work(city), work(city))
    await asyncio.gather(*(client.case_in("filed") for _ in range(30)))
    await until(lambda: settled(client, webhook))
    assert len({one.id for one in there.came}) == len(there.came) == 90
    by_case: dict[str, list[int]] = {}
    for one in there.came:
        case_no, seq = one.id.rsplit("-", 1)
        by_case.setdefault(case_no, []).append(int(seq))
    assert {tuple(seqs) for seqs in by_case.values()} == {(1, 2, 3)}


async def test_of_what_did_not_happen_nobody_hears(client: Desk, city: City) -> None:
    await add_webhook(client, "http://127.0.0.1:9/")
    case_no = await client.case_in("filed")
    before = (await city.counts())["deliveries"]
    assert before == 3
    form = {"department": "d1", "limit": "4 work_hour"}
    dry = await client.try_act("dispatcher", case_no, "dispatch", form, params={"dry_run": "true"})
    assert dry.json()["allowed"] is True
    assert (await client.try_act("dispatcher", case_no, "dispatch", {"department": "d9"})).status_code == 409
    reports = [make_report(category="9999"), make_report()]
    batch = await client.ask("acceptor", "POST", "/v1/cases/batch", json={"reports": reports})
    assert [one["status"] for one in batch.json()["outcomes"]] == [422, 201]
    await city.sql("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$")
    await city.sql(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON case_events DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION no()"
    )
    assert (await client.try_act("dispatcher", case_no, "dispatch", form)).status_code == 500
    assert (await city.counts())["deliveries"] == before + 1


async def test_each_webhook_hears_what_it_asked_for_while_it_is_active(
    client: Desk, city: City, work: Start, there: Receiver
) -> None:
    chosen = await add_webhook(client, there.url, actions=["report", "file"])
    silent = await add_webhook(client, there.url + "?silent", active=False)
    case_no = await client.case_in("filed")
    assert [one["action"] for one in await deliveries(client, chosen)] == ["report", "file"]
    assert await deliveries(client, silent) == []
    await _change(client, chosen, there.url, active=False)
    await work(city)
    await client.act("dispatcher", case_no, "dispatch", department="d1", limit="4 work_hour")
    await _change(client, silent, there.url, active=True, actions=["sign_in"])
    await client.act("department", case_no, "sign_in")
    await until(lambda: settled(client, silent))
    assert [one.action for one in there.came] == ["sign_in"]
    assert len(await deliveries(client, chosen, "waiting")) == 2, (
        "it waits for its webhook to be active again"
    )
    await _change(client, chosen, there.url)
    await until(lambda: settled(client, chosen))
    assert [one.action for one in there.came] == ["sign_in", "report", "file"]


async def _change(desk: Desk, webhook: dict[str, Any], url: str, **said: Any) -> None:
    path = f"/v1/webhooks/{webhook['webhook_id']}"
    answer = await desk.ask("administrator", "PUT", path, json={"url": url, **said})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["url"], answer.json()["active"]) == (url, said.get("active", True))
    assert await desk.get("administrator", path) == answer.json()


async def test_what_has_not_left_when_its_webhook_is_deleted_never_will(
    client: Desk, city: City, work: Start, there: Receiver
) -> None:
    deleted, other = await add_webhook(client, there.url + "?deleted"), await add_webhook(client, there.url)
    case_no, path = await client.case_in("filed"), f"/v1/webhooks/{deleted['webhook_id']}"
    assert (await client.ask("administrator", "DELETE", path)).status_code == 204
    await work(city)
    await client.act("dispatcher", case_no, "remind")
    await until(lambda: settled(client, other))
    assert [one.action for one in there.came] == ["report", "propose_filing", "file", "remind"]
    for method, place in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/deliveries"),
        ("POST", "/retry"),
    ):
        answer = await client.ask("administrator", method, path + place, json={"url": there.url})
        assert (answer.status_code, answer.json()["type"]) == (404, "/v1/problems#webhook-not-found")
    assert [one["webhook_id"] for one in await client.get("administrator", "/v1/webhooks")] == [
        other["webhook_id"]
    ]
    assert (await city.sql("SELECT count(*) FROM webhooks WHERE secret = ''")) == [(1,)]


async def test_reports_go_on_while_their_webhooks_are_changed_and_deleted(client: Desk) -> None:
    async def come_and_go() -> None:
        for _ in range(20):
            webhook = await add_webhook(client, "http://127.0.0.1:9/")
            await _change(client, webhook, "http://127.0.0.1:9/x", actions=["report"])
            await client.ask("administrator", "DELETE", f"/v1/webhooks/{webhook['webhook_id']}")

    async def report() -> None:
        for _ in range(20):
            await client.report()

    await asyncio.gather(come_and_go(), *(report() for _ in range(4)))


async def test_a_page_of_deliveries_leads_to_the_next(client: Desk) -> None:
    webhook = await add_webhook(client, "http://127.0.0.1:9/")
    case_no, other = await client.case_in("filed"), await client.case_in("filed")
    path, seen = f"/v1/webhooks/{webhook['webhook_id']}/deliveries?limit=2&state=waiting", []
    while path:
        page = await client.get("administrator", path)
        seen += [one["message_id"] for one in page["items"]]
        path = page["next"]
    assert seen == [f"{one}-{seq}" for one in (other, case_no) for seq in (3, 2, 1)]
    path = f"/v1/webhooks/{webhook['webhook_id']}/deliveries"
    for query in ("state=lost", "limit=0", "cursor=x"):
        assert (await client.ask("administrator", "GET", f"{path}?{query}")).status_code == 422, query


async def test_only_administrators_see_webhooks_and_the_secret_is_shown_once(client: Desk) -> None:
    webhook = await add_webhook(client, "https://example.org/casehub", actions=["close"])
    path, secret = f"/v1/webhooks/{webhook['webhook_id']}", webhook.pop("secret")
    assert secret.startswith("whsec_")
    assert len(secret) == len("whsec_") + 44, "32 bytes"
    assert (webhook["made_by"].startswith("key:"), webhook["active"], webhook["actions"]) == (
        True,
        True,
        ["close"],
    )
    assert await client.get("administrator", path) == webhook
    assert await client.get("administrator", "/v1/webhooks") == [webhook]
    asked = [("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", path), ("PUT", path), ("DELETE", path),
             ("GET", f"{path}/deliveries"), ("POST", f"{path}/retry")]  # fmt: skip
    for method, address in asked:
        for who in {*CAST} - {"administrator"}:
            answer = await client.ask(who, method, address, json={"url": "https://example.org/"})
            assert answer.status_code == 403, (who, method, address)
        assert (await client.ask(None, method, address, json={})).status_code == 401
    assert await client.get("administrator", path) == webhook


@pytest.mark.parametrize(("body", "rules"), [
    ({"url": "ftp://example.org/"}, {"web_address"}), ({"url": "example.org"}, {"web_address"}),
    ({"url": "https:///x"}, {"web_address"}), ({"url": "http://[::g]/"}, {"web_address"}),
    ({"url": "http://example.org:99999/"}, {"web_address"}), ({"url": "https://u:p@example.org/"}, {"no_password"}),
    ({"url": "http://例子.中国/"}, {"plain_address"}), ({"url": "ftp://a b"}, {"web_address", "plain_address"}),
    ({}, {"missing"}), ({"url": ""}, {"string_too_short"}), ({"url": "https://e.org/" + "x" * 2000}, {"string_too_long"}),
    ({"url": "https://e.org/", "actions": []}, {"too_short"}), ({"url": "https://e.org/", "actions": ["Close!"]}, {"string_pattern_mismatch"}),
    ({"url": "https://e.org/", "secret": "mine"}, {"extra_forbidden"}),
])  # fmt: skip
async def test_an_address_that_is_none_is_refused_with_its_reasons(
    desk: Desk, body: dict[str, Any], rules: set[str]
) -> None:
    there = await add_webhook(desk, "https://example.org/")
    for method, path in (("POST", "/v1/webhooks"), ("PUT", f"/v1/webhooks/{there['webhook_id']}")):
        answer = await desk.ask("administrator", method, path, json=body, headers={"Accept-Language": "zh"})
        assert answer.status_code == 422
        assert {one["rule"] for one in answer.json()["errors"]} == rules
        if answer.json()["type"].endswith("#webhook-invalid"):
            assert all("地址" in one["message"] for one in answer.json()["errors"])


async def test_a_webhook_names_only_actions_that_happen(desk: Desk) -> None:
    said = {"url": "https://example.org/", "actions": ["close", "alert", "merged_in"]}
    there = await add_webhook(desk, **said)
    for method, path in (("POST", "/v1/webhooks"), ("PUT", f"/v1/webhooks/{there['webhook_id']}")):
        spoilt = said | {"actions": ["close", "clse"]}
        answer = await desk.ask("administrator", method, path, json=spoilt)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["rule"], error["field"]) == (422, "unknown_action", "actions")
        assert "no workflow has clse; there are: accept_order, add_co_dept, alert, " in error["message"]


async def test_a_webhook_may_name_an_action_of_an_older_version_that_cases_still_have(
    client: Desk, city: City
) -> None:
    content = (shipped("workflows") / "event.yaml").read_text(encoding="utf-8")
    async with city.engine.begin() as tx:
        await adopt(tx, content.replace("  remind:\n", "  nudge:\n"), city.clock.now())
        await adopt(tx, content, city.clock.now())
    assert (await add_webhook(client, "https://example.org/", actions=["nudge"]))["actions"] == ["nudge"]
