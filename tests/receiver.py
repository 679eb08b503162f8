"""Another system that takes messages: a real HTTP server on loopback that remembers what came and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import orjson
from standardwebhooks import Webhook
from tests.cast import Desk, free_port


@dataclass
class Message:
    """A message as it came, and what was answered."""

    headers: dict[str, str]
    content: bytes
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        return dict(orjson.loads(self.content))

    @property
    def action(self) -> str:
        return str(self.told["data"]["event"]["action"])

    def verified_by(self, secret: str) -> bool:
        """As every receiver does, with the library of the specification."""
        return bool(Webhook(secret).verify(self.content, self.headers) == self.told)


Answer = Callable[[Message], Awaitable[int]]


async def thanks(_: Message) -> int:
    return 204


async def silence(message: Message) -> int:
    """Takes the message and never answers."""
    await message.hung_up.wait()
    raise ConnectionAbortedError


def always(status: int) -> Answer:
    async def answer(_: Message) -> int:
        return status

    return answer


@dataclass
class Receiver:
    """Listens on one port, also after it was down."""

    port: int = field(default_factory=free_port)
    answer: Answer = thanks
    came: list[Message] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/casehub"

    @property
    def kept(self) -> list[Message]:
        """What it said that it has taken."""
        return [one for one in self.came if 200 <= one.status < 300]

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
            for message in self.came:
                message.hung_up.set()
            for writer in self._open:
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                message = Message(headers, await reader.readexactly(int(headers["content-length"])))
                self.came.append(message)
                message.status = status = await self.answer(message)
                place = f"Location: {self.url}/elsewhere\r\n" if 300 <= status < 400 else ""
                writer.write(f"HTTP/1.1 {status} .\r\n{place}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
        self._open.discard(writer)
        writer.close()


@asynccontextmanager
async def receiver(**said: Any) -> AsyncIterator[Receiver]:
    """A receiver that is up."""
    one = Receiver(**said)
    await one.up()
    try:
        yield one
    finally:
        await one.down()


async def add_webhook(desk: Desk, url: str, **said: Any) -> dict[str, Any]:
    """A webhook of the city, with its secret."""
    answer = await desk.ask("administrator", "POST", "/v1/webhooks", json={"url": url, **said})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def deliveries(desk: Desk, webhook: dict[str, Any], state: str | None = None) -> list[dict[str, Any]]:
    """What the city says of its deliveries to a webhook, oldest first."""
    query = {"limit": 200} | ({"state": state} if state else {})
    page = await desk.get("administrator", f"/v1/webhooks/{webhook['webhook_id']}/deliveries", params=query)
    return list(reversed(page["items"]))


async def until(true: Callable[[], bool | Awaitable[bool]], seconds: float = 20) -> None:
    """Look until it is true."""
    end = monotonic() + seconds
    while True:
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        assert monotonic() < end, "this never came true"
        await asyncio.sleep(0.01)
