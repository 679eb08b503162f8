"""A body larger than its address takes is refused before it is read whole."""

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casehub.wire.problems import BodyTooLarge, problem_response


class BodyLimit:
    """ASGI middleware: counts what comes in, whatever Content-Length says; `larger` lists paths with a limit of their own."""

    def __init__(self, app: ASGIApp, limit_bytes: int, larger: dict[str, int]) -> None:
        self.app, self.limit_bytes, self.larger = app, limit_bytes, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit_bytes)
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > limit:
            await problem_response(Request(scope), BodyTooLarge(limit_bytes=limit))(scope, receive, send)
            return
        await self.app(scope, self._counting(receive, limit), send)

    @staticmethod
    def _counting(receive: Receive, limit: int) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(limit_bytes=limit)
            return message

        return counted
