"""People come with a token of the city's own provider: the real npm oidc-provider signs, casehub believes or not."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import KeySet, RSAKey
from tests.cast import City, Desk, desk_of, free_port
from tests.receiver import until

from casehub.people import commands_oidc
from casehub.people.commands_oidc import Issuer
from casehub.people.problems import IssuerUnreachable, TokenRefused
from casehub.settings import Settings

SCRIPT = Path(__file__).with_name("provider.mjs")
VERSION = "9.13.3"
AUDIENCE = "https://casehub.example.org"


@pytest.fixture(scope="module")
async def modules() -> Path:
    """The folder with the provider in it, kept between runs."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no node and npm here: the provider that these tests ask is one of theirs")
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = base / "casehub-tests" / f"oidc-provider-{VERSION}"
    if not (folder / "node_modules" / "oidc-provider" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", f"oidc-provider@{VERSION}"]
        done = await asyncio.create_subprocess_exec(*command, cwd=folder)
        if await done.wait() != 0:
            pytest.skip(f"npm could not install oidc-provider {VERSION}")
    return folder


class Provider:
    """The provider as a process of its own."""

    def __init__(self, modules: Path, home: Path) -> None:
        self._modules, self._file, self._port = modules, home / "keys.json", free_port()
        self._process: asyncio.subprocess.Process | None = None
        self.issuer = f"http://127.0.0.1:{self._port}"

    async def up(self, kid: str) -> None:
        key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
        self._file.write_text(json.dumps(KeySet([key]).as_dict(private=True)))
        told = ("node", str(SCRIPT), str(self._modules), str(self._port), str(self._file))
        self._process = await asyncio.create_subprocess_exec(
            *told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while b"listening" not in (line := await self._process.stdout.readline()):
                assert line, "the provider ended"

    async def down(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def token(self, audience: str = AUDIENCE) -> str:
        said = {"grant_type": "client_credentials", "resource": audience, "scope": "work"}
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                f"{self.issuer}/token", data=said, auth=("zhang.san", "a secret of this test")
            )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture
async def provider(modules: Path, tmp_path: Path) -> AsyncIterator[Provider]:
    one = Provider(modules, tmp_path)
    await one.up("k1")
    yield one
    await one.down()


@pytest.fixture
async def linked(provider: Provider, make_city: Any, tmp_path: Path) -> AsyncIterator[tuple[City, Desk]]:
    """A city that believes the provider; its zhang.san is the acceptor a1."""
    said = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "oidc_claim": "person"}
    city = await make_city(**said)
    async with desk_of(city, tmp_path) as desk:
        for path, body in (
            ("subject", {"subject": "zhang.san"}),
            ("posts", {"posts": [{"role": "acceptor"}]}),
        ):
            answer = await desk.ask("security", "PUT", f"/v1/people/a1/{path}", json=body)
            assert answer.status_code == 204, answer.text
        yield city, desk


async def refusal(desk: Desk, token: str) -> str:
    answer = await desk.ask(token, "GET", "/v1/me")
    assert answer.status_code == 401, answer.text
    return str(answer.json()["type"]).partition("#")[2]


async def test_a_token_of_the_provider_opens_what_the_posts_of_its_person_open(
    linked: tuple[City, Desk], provider: Provider
) -> None:
    _, desk = linked
    token = await provider.token()
    me = await desk.get(token, "/v1/me")
    assert (me["name"], me["person"], me["roles"]) == ("a1", "a1", ["acceptor"])
    assert (await desk.report(token))["case_no"]
    assert await refusal(desk, await provider.token("https://another.example.org")) == "token-refused"
    head, body, _ = token.split(".")
    assert await refusal(desk, f"{head}.{body}.AAAA") == "token-refused"
    assert (await desk.ask("acceptor", "GET", "/v1/me")).status_code == 200, "keys go on to open"


async def test_a_token_opens_nothing_when_its_person_is_unlinked_signed_out_or_gone(
    linked: tuple[City, Desk], provider: Provider
) -> None:
    _, desk = linked
    token = await provider.token()
    taken = await desk.ask("security", "PUT", "/v1/people/p1/subject", json={"subject": "zhang.san"})
    assert taken.status_code == 409
    assert (await desk.ask("security", "DELETE", "/v1/people/a1/sessions")).status_code == 204
    assert await refusal(desk, token) == "token-refused"

    async def comes_again() -> bool:
        nonlocal token
        token = await provider.token()
        return (await desk.ask(token, "GET", "/v1/me")).status_code == 200

    await until(comes_again)  # the provider tells whole seconds: the token must be a second younger
    for active in (False, True):
        body = {"name": "甲", "active": active}
        await desk.ask("administrator", "PUT", "/v1/people/a1", json=body)
        assert (await desk.ask(token, "GET", "/v1/me")).status_code == (200 if active else 401)
    await desk.ask("security", "PUT", "/v1/people/a1/subject", json={"subject": None})
    assert await refusal(desk, token) == "token-refused"
    assert (
        await desk.ask("administrator", "PUT", "/v1/people/a1/subject", json={"subject": "x"})
    ).status_code == 403


async def test_new_keys_of_the_provider_are_read_and_old_ones_hold_while_it_is_down(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casehub.clock import WallClock

    issuer = Issuer(provider.issuer, AUDIENCE, "person")
    fetched = 0
    fetch = Issuer._fetch

    async def counted(self: Issuer) -> KeySet:
        nonlocal fetched
        fetched += 1
        return await fetch(self)

    monkeypatch.setattr(Issuer, "_fetch", counted)
    now = WallClock().now
    old = await provider.token()
    assert (await issuer.bearer_of(old, now())).subject == "zhang.san"
    await provider.down()
    monkeypatch.setattr(commands_oidc, "_FRESH_SECONDS", 0)
    monkeypatch.setattr(commands_oidc, "_PAUSE_SECONDS", 0)
    assert (await issuer.bearer_of(old, now())).subject == "zhang.san", "down, but its keys are known"
    await provider.up("k2")
    assert (await issuer.bearer_of(await provider.token(), now())).subject == "zhang.san"
    with pytest.raises(TokenRefused):
        await issuer.bearer_of(old, now())
    monkeypatch.setattr(commands_oidc, "_FRESH_SECONDS", 3600)
    monkeypatch.setattr(commands_oidc, "_PAUSE_SECONDS", 30)
    before = fetched
    for _ in range(20):
        with pytest.raises(TokenRefused):
            await issuer.bearer_of(old, now())
    assert fetched == before, "unknown keys don't make us flood the provider"


async def test_a_provider_that_was_never_reached_is_said_to_be_unreachable() -> None:
    from casehub.clock import WallClock

    with pytest.raises(IssuerUnreachable):
        await Issuer(f"http://127.0.0.1:{free_port()}", AUDIENCE, "sub").bearer_of("a.b.c", WallClock().now())


async def test_what_looks_like_a_token_is_but_an_unknown_key_where_no_provider_is_set(client: Desk) -> None:
    assert await refusal(client, "a.b.c") == "key-unknown"


def test_a_provider_is_believed_only_in_what_it_says_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEHUB_OIDC_ISSUER", "https://id.example.org")
    with pytest.raises(ValueError, match="CASEHUB_OIDC_AUDIENCE"):
        Settings()
    monkeypatch.setenv("CASEHUB_OIDC_AUDIENCE", AUDIENCE)
    assert Settings().oidc_claim == "sub"
