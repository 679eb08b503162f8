"""The table in docs/access.md, walked: every route as every role, on a case of its own part of the city and another."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cast import Desk, make_report, photo_bytes

TABLE = Path(__file__).parents[2] / "docs" / "access.md"
NOBODY = "nobody"

#: What a request to a route carries, where the smallest body that its schema allows would not do.
SENT: dict[str, dict[str, Any]] = {
    "POST /v1/cases": make_report(), "POST /v1/cases/batch": {"reports": [make_report()]},
    "POST /v1/keys": {"roles": ["evaluator"]}, "POST /v1/webhooks": {"url": "http://127.0.0.1:9/"},
    "PUT /v1/webhooks/{webhook_id}": {"url": "http://127.0.0.1:9/"},
    "POST /v1/people/{person_no}/handover": {"to": "walker", "dry_run": True},
    "PUT /v1/people/{person_no}/posts": {"posts": []}, "PUT /v1/people/{person_no}/subject": {"subject": None},
}  # fmt: skip
#: What stands in the place of a parameter of a path, where what its schema allows would not do.
NAMED = {"person_no": "walker", "area_code": "walk", "department_code": "walk", "key_id": "0" * 12, "action": "remind", "component_code": "1101010101000001",
         "day": "2031-01-01", "scheme": "cjt214_2007"}  # fmt: skip
#: A stream never ends; test_queues.py listens to it.
ENDLESS = {"GET /v1/queue/stream"}
#: Something of each type and format.
PLAIN = {"string": "x", "integer": 1, "number": 1, "boolean": True, "date": "2031-01-01", "date-time": "2024-05-06T01:00:00Z",
         "time": "09:00:00"}  # fmt: skip


def rows() -> Iterator[tuple[str, dict[str, str]]]:
    """Each route of the table with its cells by role."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    roles = re.findall(r"`(\w+)`", lines[0])
    for line in lines[2:]:
        what, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        assert len(cells) == len(roles), (
            f"docs/access.md: a row has {len(cells)} cells for {len(roles)} roles: {line}"
        )
        for route in re.findall(r"`([^`]+)`", what):
            yield route, dict(zip(roles, cells, strict=True))


ROWS = dict(rows())
ROLES = [*next(iter(ROWS.values()))]


class Walk:
    """The city that is walked: a key for each role that holds in the east and for d1, a case there, and one elsewhere."""

    def __init__(self, desk: Desk) -> None:
        assert desk.app is not None
        self.desk, self.document = desk, desk.app.openapi()
        self.keys: dict[str, str] = {}
        self.cases: list[str] = []
        self.photos: list[str] = []

    async def prepare(self) -> None:
        walker = await self.desk.ask("administrator", "PUT", "/v1/people/walker", json={"name": "走查"})
        assert walker.status_code == 204
        for role in ROLES:
            if role == NOBODY:
                continue
            person = {"collector": "c1", "handler": "w1"}.get(role)
            said = {
                "roles": [role],
                "area": "east",
                "person": person,
                "department": "d1" if role == "department" else None,
            }
            made = await self.desk.ask("security", "POST", "/v1/keys", json=said)
            self.keys[role] = made.json()["key"]
        for who, area, department in (("collector", "east", "d1"), ("stranger", "west", "d2")):
            await self.case(who, area, department)
        await self.desk.act("department", self.cases[0], "sign_in")
        await self.desk.act("department", self.cases[0], "assign_handler", handler="w1")

    async def case(self, who: str, area: str, department: str) -> None:
        photo = await self.desk.photo(who)
        reporter = {"name": "王女士"}
        born = await self.desk.report(
            who, source="collector", photos=[photo], area=area, external_no=f"walk-{area}", reporter=reporter
        )
        case_no = str(born["case_no"])
        await self.desk.act("acceptor", case_no, "propose_filing")
        await self.desk.act("shift_leader", case_no, "file")
        await self.desk.act("dispatcher", case_no, "dispatch", department=department, limit="1 work_day")
        self.cases.append(case_no)
        self.photos.append(photo)

    async def ask(self, role: str, route: str, place: int) -> httpx.Response:
        """One request; `place` 0 is about the case of the role's own part of the city, 1 about the other."""
        method, path = route.split(" ")
        operation = self.document["paths"][path][method.lower()]
        about = {"case_no": self.cases[place], "attachment_id": self.photos[place]}
        for one in operation.get("parameters", ()):
            if one["in"] == "path":
                value = about.get(one["name"]) or NAMED.get(one["name"]) or self.sample(one["schema"])
                path = path.replace(f"{{{one['name']}}}", str(value))
        said: dict[str, Any] = {}
        needed = {
            one["name"]: self.sample(one["schema"])
            for one in operation.get("parameters", ())
            if one["in"] == "query" and one.get("required")
        }
        if route == "GET /v1/cases":
            needed["external_no"] = ("walk-east", "walk-west")[place]
        if route == "POST /v1/attachments":
            said = {"files": {"file": ("x.jpg", photo_bytes(), "image/jpeg")}, "data": {"kind": "near"}}
        elif "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            body = SENT[route] if route in SENT else self.sample(schema)
            said = {"json": body | {"case_no": about["case_no"]} if "case_no" in body else body}
        return await self.desk.ask(self.keys.get(role), method, path, params=needed, **said)

    def sample(self, schema: dict[str, Any]) -> Any:
        """The smallest thing that a schema allows, as far as can be told without trying."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for word in ("anyOf", "oneOf", "allOf"):
            if word in schema:
                return self.sample(schema[word][0])
        said = [schema[word] for word in ("const", "default") if word in schema]
        if said := [*said, *schema.get("enum", ()), *schema.get("examples", ())]:
            return said[0]
        if schema.get("type") == "object":
            return {name: self.sample(schema["properties"][name]) for name in schema.get("required", ())}
        if schema.get("type") == "array":
            return [self.sample(schema["items"])] * schema.get("minItems", 0)
        plain = PLAIN.get(schema.get("format") or schema.get("type", ""))
        return max(plain, schema.get("minimum", plain)) if isinstance(plain, int) else plain


@pytest.fixture(scope="module")
async def walk(desk: Desk) -> Walk:
    one = Walk(desk)
    await one.prepare()
    return one


def sign_of(route: str, answer: httpx.Response) -> str:
    """What the table would say of an answer."""
    problem = (
        answer.json() if answer.headers.get("content-type", "").startswith("application/problem") else {}
    )
    kind = str(problem.get("type", "")).partition("#")[2]
    assert answer.status_code < 500, answer.text
    unread = f"{route}: give it a body in SENT or a name in NAMED: {answer.text}"
    assert kind not in {"request-invalid", "body-unreadable"}, unread
    if kind in {"wrong-role", "key-missing"}:
        return "✗"
    if kind in {"case-not-found", "attachment-not-found", "not-in-queue"}:
        return "∅"
    return "∅" if answer.request.url.path == "/v1/cases" and answer.json().get("items") == [] else "✓"


def test_every_route_has_a_row(walk: Walk) -> None:
    there = {f"{method.upper()} {path}" for path, those in walk.document["paths"].items() for method in those}
    missing, gone = sorted(there - set(ROWS)), sorted(set(ROWS) - there)
    assert not missing, "\n".join(f"route {one} has no row in docs/access.md" for one in missing)
    assert not gone, "\n".join(f"docs/access.md has a row for {one}, which is no route" for one in gone)


@pytest.mark.parametrize("role", ROLES)
async def test_the_table_is_what_the_city_does(walk: Walk, role: str) -> None:
    wrong = []
    for route, cells in ROWS.items():
        if route in ENDLESS and role != NOBODY:
            continue
        for place, expected in enumerate(cells[role].split(" / ")):
            answer = await walk.ask(role, route, place)
            found, where = sign_of(route, answer), ("own part", "another part")[place]
            if found != expected and not (expected == "⚙" and found in "✓✗"):
                wrong.append(
                    f"{role}, {route}, {where}: the table says {expected}, the city {found}: {answer.text[:200]}"
                )
    # What this one took in hand, the next may take.
    await walk.desk.ask(walk.keys.get(role), "DELETE", "/v1/queue/claims")
    assert not wrong, "\n".join(wrong)
