"""People sign in: with a password of their own, for a while, in the posts they hold; and out again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.cast import START, City, Desk, make_report

from casehub.clock import SimulatedClock

OWN = "correct horse battery"
PERSON = "a1"


@pytest.fixture
async def office(replay: tuple[City, Desk]) -> "Office":
    """A city on a simulated clock, where a1 has a post and a password of their own."""
    city, desk = replay
    office = Office(city, desk)
    await office.give_posts(PERSON, {"role": "acceptor"})
    await office.settle(PERSON)
    return office


class Office:
    """The security officer at work, and people at the door."""

    def __init__(self, city: City, desk: Desk) -> None:
        self.city, self.desk = city, desk

    async def give_posts(self, person: str, *posts: dict[str, Any]) -> None:
        path = f"/v1/people/{person}/posts"
        answer = await self.desk.ask("security", "PUT", path, json={"posts": list(posts)})
        assert answer.status_code == 204, answer.text

    async def settle(self, person: str, own: str = OWN) -> None:
        """A one-time password, changed at first use."""
        once = await self.one_time(person)
        token = (await self.sign_in(person, once)).json()["token"]
        changed = await self.desk.ask(token, "PUT", "/v1/me/password", json={"old": once, "new": own})
        assert changed.status_code == 204, changed.text

    async def one_time(self, person: str) -> str:
        answer = await self.desk.ask("security", "POST", f"/v1/people/{person}/password")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["password"])

    async def sign_in(self, person: str, password: str = OWN) -> httpx.Response:
        return await self.desk.ask(
            None, "POST", "/v1/sign-in", json={"person_no": person, "password": password}
        )

    async def token(self, person: str = PERSON) -> str:
        return str((await self.sign_in(person)).json()["token"])

    async def opens(self, token: str) -> bool:
        return (await self.desk.ask(token, "GET", "/v1/cases")).status_code == 200

    def later(self, **much: float) -> None:
        assert isinstance(self.city.clock, SimulatedClock)
        self.city.clock.advance_to(self.city.clock.now() + timedelta(**much))


async def test_a_one_time_password_opens_nothing_but_the_change_of_it(office: Office) -> None:
    once = await office.one_time("p1")
    told = (await office.sign_in("p1", once)).json()
    assert told["must_change_password"] is True
    for path in ("/v1/me", "/v1/cases", "/v1/people"):
        answer = await office.desk.ask(told["token"], "GET", path)
        assert (answer.status_code, answer.json()["type"]) == (403, "/v1/problems#password-must-change")
    for new, rule in ((once, "other_than_old"), ("short", "length"), ("p1 is my number", "without_number")):
        answer = await office.desk.ask(
            told["token"], "PUT", "/v1/me/password", json={"old": once, "new": new}
        )
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, rule)
    body = {"old": once, "new": OWN}
    assert (await office.desk.ask(told["token"], "PUT", "/v1/me/password", json=body)).status_code == 204
    assert (await office.desk.ask(told["token"], "GET", "/v1/me")).status_code == 200, "the session goes on"
    assert (await office.sign_in("p1", once)).status_code == 401
    assert (await office.sign_in("p1")).json()["must_change_password"] is False


async def test_a_person_acts_in_the_posts_they_hold_now(office: Office) -> None:
    token = await office.token()
    me = await office.desk.get(token, "/v1/me")
    assert (me["name"], me["roles"], me["person"]) == ("a1", ["acceptor"], "a1")
    assert (await office.desk.report(token))["case_no"]
    noon = (START + timedelta(hours=3)).isoformat()
    await office.give_posts(
        PERSON, {"role": "dispatcher", "area_code": "east", "valid_from": noon}, {"role": "acceptor", "valid_to": noon}
    )  # fmt: skip
    assert (await office.desk.get(token, "/v1/me"))["roles"] == ["acceptor"]
    office.later(hours=3)
    told = await office.desk.get(await office.token(), "/v1/me")
    assert told["posts"] == [{"role": "dispatcher", "area": "east", "department": None}]
    listed = await office.desk.get("security", f"/v1/people/{PERSON}/posts")
    assert [one["role"] for one in listed] == ["dispatcher", "acceptor"], "also what is over"


@pytest.mark.parametrize(("post", "rule"), [
    ({"role": "system"}, "role"), ({"role": "department"}, "department_needed"),
    ({"role": "acceptor", "area_code": "moon"}, "unknown_area"),
    ({"role": "department", "department_code": "d99"}, "unknown_department"),
    ({"role": "acceptor", "valid_from": "2024-05-06T00:00:00Z", "valid_to": "2024-05-06T00:00:00Z"}, "period"),
])  # fmt: skip
async def test_a_post_that_cannot_be_held_is_refused_with_its_reason_and_nothing_changes(
    office: Office, post: dict[str, Any], rule: str
) -> None:
    body = {"posts": [{"role": "evaluator"}, post]}
    answer = await office.desk.ask("security", "PUT", f"/v1/people/{PERSON}/posts", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, rule)
    kept = await office.desk.get("security", f"/v1/people/{PERSON}/posts")
    assert [one["role"] for one in kept] == ["acceptor"]
    assert (
        await office.desk.ask("security", "PUT", "/v1/people/zz/posts", json={"posts": []})
    ).status_code == 404


async def test_a_session_is_short_can_be_renewed_and_ends_for_good_after_half_a_day(office: Office) -> None:
    first = (await office.sign_in(PERSON)).json()
    assert datetime.fromisoformat(first["expires_at"]) == START + timedelta(minutes=60)
    office.later(minutes=59)
    second = (await office.desk.ask(first["token"], "POST", "/v1/session")).json()
    assert datetime.fromisoformat(second["expires_at"]) == START + timedelta(minutes=119)
    assert not await office.opens(first["token"])
    assert await office.opens(second["token"])
    office.later(minutes=60)
    assert not await office.opens(second["token"]), "its end is not in it"
    token = await office.token()
    for _ in range(14):
        office.later(minutes=50)
        answer = await office.desk.ask(token, "POST", "/v1/session")
        token = answer.json()["token"]
    ends = datetime.fromisoformat(answer.json()["expires_at"])
    assert ends == START + timedelta(minutes=119) + timedelta(hours=12)
    office.later(minutes=20)
    assert not await office.opens(token)


async def test_who_signs_out_is_out_and_a_key_is_no_session(office: Office) -> None:
    one, other = await office.token(), await office.token()
    assert (await office.desk.ask(one, "DELETE", "/v1/session")).status_code == 204
    assert [await office.opens(one), await office.opens(other)] == [False, True]
    for method in ("POST", "DELETE"):
        assert (await office.desk.ask("acceptor", method, "/v1/session")).status_code == 409


async def test_sessions_end_when_the_security_officer_says_so_or_the_person_leaves(office: Office) -> None:
    one, other = await office.token(), await office.token()
    assert (await office.desk.ask("security", "DELETE", f"/v1/people/{PERSON}/sessions")).status_code == 204
    assert [await office.opens(one), await office.opens(other)] == [False, False]
    token = await office.token()
    for active in (False, True):
        body = {"name": "甲", "active": active}
        answer = await office.desk.ask("administrator", "PUT", f"/v1/people/{PERSON}", json=body)
        assert answer.status_code == 204
        assert not await office.opens(token), "a session that ended does not come back"
        assert (await office.sign_in(PERSON)).status_code == (200 if active else 401)
    gone = {"name": "甲", "active": False}
    await office.desk.ask("administrator", "PUT", f"/v1/people/{PERSON}", json=gone)
    assert (await office.desk.ask("acceptor", "GET", "/v1/me")).status_code == 401, "nor does their key open"


async def test_a_change_of_password_ends_the_other_sessions(office: Office) -> None:
    mine, other = await office.token(), await office.token()
    body = {"old": OWN, "new": "another long sentence"}
    assert (await office.desk.ask(mine, "PUT", "/v1/me/password", json=body)).status_code == 204
    assert [await office.opens(mine), await office.opens(other)] == [True, False]
    assert (await office.desk.ask("evaluator", "PUT", "/v1/me/password", json=body)).status_code == 422


async def test_five_wrong_passwords_lock_a_person_out_for_a_quarter_of_an_hour(office: Office) -> None:
    for _ in range(5):
        assert (await office.sign_in(PERSON, "wrong wrong wrong")).status_code == 401
    assert (await office.sign_in(PERSON)).status_code == 401, "even the right one"
    office.later(minutes=14, seconds=59)
    assert (await office.sign_in(PERSON)).status_code == 401
    office.later(seconds=1)
    assert (await office.sign_in(PERSON)).status_code == 200
    for _ in range(5):
        await office.sign_in(PERSON, "wrong wrong wrong")
    assert (await office.desk.ask("security", "DELETE", f"/v1/people/{PERSON}/lock")).status_code == 204
    assert (await office.sign_in(PERSON)).status_code == 200


async def test_many_guesses_at_once_are_no_more_guesses(office: Office) -> None:
    await asyncio.gather(*(office.sign_in(PERSON, f"wrong wrong {turn}") for turn in range(12)))
    outcomes = [
        row.outcome for row in await office.city.sql("SELECT outcome FROM sign_ins WHERE outcome <> 'right'")
    ]
    assert sorted(outcomes) == ["locked"] * 7 + ["wrong"] * 5
    assert (await office.sign_in(PERSON)).status_code == 401


async def test_a_thief_of_a_session_cannot_guess_the_password_behind_it(office: Office) -> None:
    token = await office.token()
    for _ in range(5):
        body = {"old": "wrong wrong wrong", "new": "another long sentence"}
        answer = await office.desk.ask(token, "PUT", "/v1/me/password", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "old")
    body = {"old": OWN, "new": "another long sentence"}
    assert (await office.desk.ask(token, "PUT", "/v1/me/password", json=body)).status_code == 422
    assert (await office.sign_in(PERSON)).status_code == 401


async def test_nobody_learns_from_a_refusal_whether_a_number_exists(office: Office) -> None:
    for _ in range(6):
        wrong, unknown, keyless = [
            await office.sign_in(who, "wrong wrong wrong") for who in (PERSON, "nobody-9", "e1")
        ]
        assert wrong.json() == unknown.json() == keyless.json()
        assert wrong.status_code == unknown.status_code == 401
    chinese = await office.desk.ask(
        None,
        "POST",
        "/v1/sign-in",
        json={"person_no": "x", "password": "y"},
        headers={"Accept-Language": "zh"},
    )
    assert "锁定" in chinese.json()["title"]


async def test_every_attempt_is_in_the_log_that_only_the_auditor_reads(office: Office) -> None:
    await office.sign_in(PERSON)
    await office.sign_in(PERSON, "wrong wrong wrong")
    await office.sign_in("nobody-9", "wrong wrong wrong")
    log = await office.desk.get("auditor", "/v1/sign-ins?limit=3")
    assert [(one["person_no"], one["outcome"]) for one in log["items"]] == [
        ("nobody-9", "nobody"), (PERSON, "wrong"), (PERSON, "right"),
    ]  # fmt: skip
    assert {one["address"] for one in log["items"]} == {"127.0.0.1"}
    older = await office.desk.get("auditor", log["next"])
    assert [one["outcome"] for one in older["items"]] == ["right"], "the sign-in with the one-time password"
    assert older["next"] is None
    mine = await office.desk.get("auditor", "/v1/sign-ins?person=nobody-9")
    assert len(mine["items"]) == 1
    nothing = await office.desk.get("auditor", "/v1/sign-ins", params={"to": START.isoformat()})
    assert nothing["items"] == []
    for who in ("administrator", "security", "shift_leader"):
        assert (await office.desk.ask(who, "GET", "/v1/sign-ins")).status_code == 403
    kept = await office.city.sql("SELECT hash FROM passwords")
    assert all(row.hash.startswith("$argon2id$") for row in kept)


async def test_an_answer_is_given_again_to_the_same_person_with_a_new_token(office: Office) -> None:
    first, key = await office.token(), {"Idempotency-Key": "once"}
    body = make_report()
    born = await office.desk.ask(first, "POST", "/v1/cases", json=body, headers=key)
    second = (await office.desk.ask(first, "POST", "/v1/session")).json()["token"]
    again = await office.desk.ask(second, "POST", "/v1/cases", json=body, headers=key)
    assert again.json()["case_no"] == born.json()["case_no"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_nobody_acts_for_two_departments(office: Office) -> None:
    """A case could not tell for which of them they do."""
    both = [{"role": "department", "department_code": "d1"}, {"role": "handler", "department_code": "d2"}]
    path = f"/v1/people/{PERSON}/posts"
    refused = await office.desk.ask("security", "PUT", path, json={"posts": both})
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "one_department")
    # To see what another one has is no acting.
    both[1] = {"role": "evaluator", "department_code": "d2"}
    await office.give_posts(PERSON, *both)
