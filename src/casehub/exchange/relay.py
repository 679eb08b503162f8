"""Sends the records of a file to a live server, request by request, and compares what it then says with the file."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from casehub.exchange.histories import category_rows, department_rows
from casehub.exchange.itinerary import Step, expected, itinerary
from casehub.exchange.mapping import Mapping
from casehub.exchange.rows import Record

#: Times that a request is sent before a server that doesn't answer is given up.
ATTEMPTS = 4
#: Categories of one request.
_CATEGORIES = 1000


class ReplayStopped(Exception):  # noqa: N818 - it names what became of the replay
    """The replay can't go on; the message says why."""


async def replay_records(
    mapping: Mapping, records: list[Record], url: str, admin_key: str, tell: Callable[[int, int], None]
) -> list[tuple[str, int, int]]:
    """Lead every record to its outcome; (what, in the file, on the server). Goes on where it stopped.

    Raises ReplayStopped when the clock of the server can't be moved, or a request is refused.
    """
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        relay = Relay(http, mapping, admin_key)
        done = await relay.cases()
        steps = itinerary(mapping, records)
        left = [one for one in steps if one.place > done.get(one.external_no, ("", 0))[1]]
        if left:
            await relay.probe_clock(left[0])
            await relay.set_up(records)
        relay.numbers = {external_no: case_no for external_no, (case_no, _) in done.items()}
        tell(len(steps) - len(left), len(steps))
        for sent, step in enumerate(left, start=len(steps) - len(left) + 1):
            await relay.send(step)
            tell(sent, len(steps))
        return await relay.compare(records)


class Relay:
    """A conversation with one server; `numbers` are case numbers by external number."""

    def __init__(self, http: httpx.AsyncClient, mapping: Mapping, admin_key: str) -> None:
        self._http, self._mapping = http, mapping
        self._keys = {"administrator": admin_key}
        self.numbers: dict[str, str] = {}

    async def _ask(self, role: str, method: str, path: str, **said: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._keys[role]}", **said.pop("headers", {})}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = await self._http.request(method, path, headers=headers, **said)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise ReplayStopped(f"{self._http.base_url} does not answer: {error!r}") from None
                continue
            if answer.is_success:
                return answer
            raise ReplayStopped(_reason(answer, method, path))
        raise AssertionError

    async def probe_clock(self, first: Step) -> None:
        """See that the server's clock can be moved. Raises ReplayStopped."""
        await self._ask("administrator", "GET", "/v1/me", headers={"Casehub-Time": first.at.isoformat()})

    async def set_up(self, records: list[Record]) -> None:
        """Departments, categories, and a key for each role that acts."""
        for row in department_rows(self._mapping, records):
            code = row.pop("department_code")
            await self._ask("administrator", "PUT", f"/v1/departments/{code}", json=row)
        rule = self._mapping.category
        kept = ("kind", "code", "major", "major_name", "minor", "name")
        rows = [{name: row[name] for name in kept} for row in category_rows(self._mapping, records)]
        for first in range(0, len(rows), _CATEGORIES):
            body = {"name": rule.name, "categories": rows[first : first + _CATEGORIES]}
            await self._ask("administrator", "PUT", f"/v1/schemes/{rule.scheme}", json=body)
        for role in ("acceptor", "dispatcher"):
            answer = await self._ask("administrator", "POST", "/v1/keys", json={"roles": [role]})
            self._keys[role] = answer.json()["key"]

    async def send(self, step: Step) -> None:
        """One request at its time; sent again with the same Idempotency-Key, it changes nothing."""
        key = f"replay-{self._mapping.source}-{step.line}-{step.place}"
        headers = {"Casehub-Time": step.at.isoformat(), "Idempotency-Key": key}
        path = "/v1/cases"
        if step.action != "report":
            path = f"{path}/{self.numbers[step.external_no]}/actions/{step.action}"
        answer = await self._ask(step.role, "POST", path, json=step.body, headers=headers)
        if step.action == "report":
            self.numbers[step.external_no] = answer.json()["case_no"]

    async def cases(self) -> dict[str, tuple[str, int]]:
        """Cases of this source on the server: {external_no: (case_no, version)}."""
        return {one["external_no"]: (one["case_no"], one["version"]) async for one in self._list()}

    async def _list(self, **wanted: str) -> AsyncIterator[dict[str, Any]]:
        path: str | None = "/v1/cases"
        params: dict[str, str] | None = {"source": self._mapping.source, "limit": "200", **wanted}
        while path is not None:
            told = (await self._ask("administrator", "GET", path, params=params)).json()
            for one in told["items"]:
                yield one
            path, params = told["next"], None

    async def compare(self, records: list[Record]) -> list[tuple[str, int, int]]:
        """(what, in the file, on the server), counting only cases of the file."""
        mine = {record.external_no for record in records}
        told = expected(records)
        found = dict.fromkeys(told, 0)
        async for one in self._list():
            if one["external_no"] in mine:
                found[one["state"]] = found.get(one["state"], 0) + 1
        found["late"] = len([1 async for one in self._list(late="true") if one["external_no"] in mine])
        return [(name, told.get(name, 0), count) for name, count in found.items()]


def _reason(answer: httpx.Response, method: str, path: str) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"{method} {path}: {answer.status_code} {answer.text[:200]}"
    if str(told.get("type", "")).endswith("clock-refused"):
        return (
            "the clock of this server can't be moved: it is a real one, or it is past the first report already. "
            "Start a new home with `casehub serve --simulated-clock 2014-01-01T00:00:00Z`"
        )
    reasons = "; ".join(str(one.get("detail") or one) for one in told.get("errors") or [])
    return f"{method} {path}: {answer.status_code} {told.get('title')} {told.get('detail') or ''} {reasons}".strip()
