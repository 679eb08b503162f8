"""The cast of every story: people with the names of their posts, and what they ask for in one line each."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.fernet import Fernet
from fastapi import FastAPI
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.app import create_app
from casehub.clock import WallClock
from casehub.departments.commands import add_departments
from casehub.people.actors import Role
from casehub.people.commands import add_people, create_key
from casehub.places.commands import add_areas
from casehub.settings import Settings

ADMIN_KEY = "the-key-of-the-administrator"
#: What seals caller data in cities made for tests.
DATA_KEY = Fernet.generate_key().decode()
#: A Monday morning, when simulated cities begin.
START = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
#: A point in the city, and one about 111 metres to its north.
HERE = (116.4, 39.9)
NORTH = (116.4, 39.901)

#: who -> (role, person, department). The strangers are those who must not see what the others do.
CAST: dict[str, tuple[Role, str | None, str | None]] = {
    "collector": (Role.COLLECTOR, "c1", None),
    "stranger": (Role.COLLECTOR, "c2", None),
    "acceptor": (Role.ACCEPTOR, "a1", None),
    "shift_leader": (Role.SHIFT_LEADER, "s1", None),
    "second_leader": (Role.SHIFT_LEADER, "s2", None),
    "dispatcher": (Role.DISPATCHER, "p1", None),
    "department": (Role.DEPARTMENT, "h1", "d1"),
    "other_department": (Role.DEPARTMENT, "h2", "d2"),
    "handler": (Role.HANDLER, "w1", "d1"),
    "unit": (Role.DEPARTMENT, "h3", "d1a"),
    "evaluator": (Role.EVALUATOR, "e1", None),
    "auditor": (Role.AUDITOR, "u1", None),
    "administrator": (Role.ADMINISTRATOR, None, None),
    "security": (Role.SECURITY, None, None),
}

JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300030202020202030202020303030304060404040404080606050609080a0a"
    "090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005"
    "ffda0008010100003f00d2cf20ffd9"
)
_SERIAL = count(1)


def photo_bytes() -> bytes:
    """A photo that nobody else uploads: a JPEG may carry anything after its end."""
    return JPEG + uuid4().bytes


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_settings(schema: str, **said: Any) -> Settings:
    """Settings of a city in `schema`, whatever the environment says."""
    plain = {name: one.default for name, one in Settings.model_fields.items()}
    plain |= {
        "schema_name": schema,
        "admin_key": ADMIN_KEY,
        "region_code": "110101",
        "pool_size": 8,
        "data_keys": DATA_KEY,
    }
    return Settings.model_construct(**(plain | said))


async def furnish_cast(engine: AsyncEngine, at: datetime | None = None) -> dict[str, str]:
    """The departments, areas, people and keys of the cast, written by their own doors; {who: key}."""
    at = at or datetime(2020, 1, 1, tzinfo=UTC)
    people = {person: department for _, person, department in CAST.values() if person}
    async with engine.begin() as tx:
        await add_departments(tx, [
            {"department_code": code, "name": f"{code} 局", "kind": "bureau", "parent_code": above}
            for code, above in (("d1", None), ("d2", None), ("d3", None), ("d1a", "d1"))
        ])  # fmt: skip
        await add_areas(tx, [
            {"area_code": "city", "name": "市", "kind": "city", "parent_code": None},
            {"area_code": "east", "name": "东区", "kind": "district", "parent_code": "city"},
            {"area_code": "east1", "name": "东一格", "kind": "community", "parent_code": "east"},
            {"area_code": "west", "name": "西区", "kind": "district", "parent_code": "city"},
        ])  # fmt: skip
        await add_people(tx, [
            {"person_no": one, "name": f"{one} 同志", "department_code": department, "active": True}
            for one, department in people.items()
        ])  # fmt: skip
        keys = {}
        for who, (role, person, department) in CAST.items():
            _, keys[who] = await create_key(tx, [role], person=person, department=department, at=at)
    return keys


@dataclass
class City:
    """A city of its own: a schema in the test database, furnished, with the cast in it."""

    url: str
    schema: str
    engine: AsyncEngine
    settings: Settings
    clock: WallClock
    keys: dict[str, str] = field(default_factory=dict)

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement, committed; lists are bound as they are."""
        bound = text(statement).bindparams(*(bindparam(name, value) for name, value in values.items()))
        async with self.engine.begin() as tx:
            done = await tx.execute(bound)
            return [*done] if done.returns_rows else []

    async def casehub(self, *arguments: str, keys: str | None = None) -> tuple[int, str]:
        """The command line as a process of its own, on this city: (exit code, what it said)."""
        said = {"CASEHUB_DATABASE_URL": self.url, "CASEHUB_SCHEMA": self.schema, "CASEHUB_LOG": "warning"}
        said["CASEHUB_DATA_KEYS"] = keys or str(self.settings.data_keys)
        command = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "casehub", *arguments, env={**os.environ, **said},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await command.communicate()
        return command.returncode or 0, told.decode()

    async def counts(self) -> dict[str, int]:
        """Rows of every table, to see that nothing was written."""
        names = await self.sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        query = " UNION ALL ".join(
            f"SELECT '{one.tablename}', count(*) FROM \"{one.tablename}\"" for one in names
        )
        return dict(await self.sql(query))


@dataclass
class Desk:
    """Asks as somebody of the cast."""

    http: httpx.AsyncClient
    keys: dict[str, str]
    app: FastAPI | None = None

    async def ask(self, who: str | None, method: str, path: str, **said: Any) -> httpx.Response:
        """One request; `who` None comes without a key."""
        headers = dict(said.pop("headers", None) or {})
        if who is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys.get(who, who)}")
        return await self.http.request(method, path, headers=headers, **said)

    async def get(self, who: str, path: str, **said: Any) -> Any:
        """The JSON of a 200."""
        answer = await self.ask(who, "GET", path, **said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def photo(self, who: str, kind: str = "near", content: bytes | None = None) -> str:
        """The id of a fresh photo."""
        files = {"file": ("x.jpg", content or photo_bytes(), "image/jpeg")}
        answer = await self.ask(who, "POST", "/v1/attachments", files=files, data={"kind": kind})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def report(self, who: str = "acceptor", **said: Any) -> dict[str, Any]:
        """A fresh case."""
        answer = await self.ask(who, "POST", "/v1/cases", json=make_report(**said))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def act(self, who: str, case_no: str, action: str, **form: Any) -> dict[str, Any]:
        """The case after an action that must be allowed."""
        answer = await self.try_act(who, case_no, action, form)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def try_act(
        self, who: str | None, case_no: str, action: str, form: dict[str, Any] | None = None, **said: Any
    ) -> httpx.Response:
        """The answer to an action."""
        return await self.ask(who, "POST", f"/v1/cases/{case_no}/actions/{action}", json=form or {}, **said)

    async def walk(self, case_no: str, to: str) -> dict[str, Any]:
        """Lead a case reported by a leader along the usual way until it is in state `to`; the case then."""
        case: dict[str, Any] = {}
        for state, who, action, form in USUAL_WAY:
            if action == "feedback":
                form = {**form, "photos": [await self.photo(who, "after")]}  # noqa: PLW2901
            elif action == "check_done":
                form = {**form, "photos": [await self.photo(who)]}  # noqa: PLW2901
            case = await self.act(who, case_no, action, **form)
            assert case["state"] == state
            if state == to:
                return case
        raise AssertionError(f"the usual way does not lead to {to}")

    async def case_in(self, state: str, **said: Any) -> str:
        """The number of a fresh case in that state."""
        case_no = str((await self.report(**said))["case_no"])
        if state != "reported":
            await self.walk(case_no, state)
        return case_no


#: (state after, who, action, form)
USUAL_WAY: list[tuple[str, str, str, dict[str, Any]]] = [
    ("pending_filing", "acceptor", "propose_filing", {}),
    ("filed", "shift_leader", "file", {}),
    ("dispatched", "dispatcher", "dispatch", {"department": "d1", "limit": "4 work_hour"}),
    ("handling", "department", "sign_in", {}),
    ("handled", "department", "feedback", {"result": "已清理"}),
    ("checking", "acceptor", "send_check", {"collector": "c1"}),
    ("pending_close", "collector", "check_done", {"result": "pass"}),
    ("closed", "shift_leader", "close", {"closing_condition_met": True}),
]


def make_report(**said: Any) -> dict[str, Any]:
    """A report as it comes in; from a leader, so that it needs neither photo nor verification, and far from others."""
    serial = next(_SERIAL)
    report: dict[str, Any] = {
        "kind": "event", "category": "0102", "source": "leader", "description": f"第{serial}号 暴露垃圾",
        "location": {"lon": 100 + serial % 1000 * 0.01, "lat": 30 + serial // 1000 * 0.01, "address": "长安街1号"},
    }  # fmt: skip
    at = said.pop("at", None)
    if at is not None:
        report["location"] = {"lon": at[0], "lat": at[1]}
    return report | said


async def drop(city: City) -> None:
    """Take a city away."""
    async with city.engine.begin() as tx:
        await tx.execute(text(f'DROP SCHEMA IF EXISTS "{city.schema}" CASCADE'))
    await city.engine.dispose()


@asynccontextmanager
async def desk_of(city: City, home: Path) -> AsyncIterator[Desk]:
    """The application on a city, asked in this process."""
    app = create_app(city.settings, city.url, city.clock, home)
    # The server answers 500 and tells nobody else; the transport would raise it again here.
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://casehub") as http,
    ):
        yield Desk(http, city.keys, app)
