"""The same request twice is one request: the first answer is kept beside what it changed, and given again.

The answer is inserted at the end of the transaction: of many identical requests at once the first to insert commits,
the others wait for it there, undo their work and give its answer.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson
from fastapi import Request, Response
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from casehub.errors import Problem
from casehub.storage.hot import Hot
from casehub.storage.transaction import Tx
from casehub.wire.tables import idempotency_keys as keys


class KeyReused(Problem):
    """This Idempotency-Key was used for another request; make a new key for each new request"""

    type, status, zh = "idempotency-key-reused", 422, "该 Idempotency-Key 已用于其他请求"


class KeyInvalid(Problem):
    """An Idempotency-Key has 1 to 200 visible ASCII characters"""

    type, status, zh = "idempotency-key-invalid", 400, "Idempotency-Key 应为 1 至 200 个可见 ASCII 字符"


#: What a route says of itself in the OpenAPI document when its write can be repeated.
REPEATABLE: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"},
            "description": "The same key and body gives the first answer again, another body 422.",
        }
    ]
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given, and the fingerprint of the request that it answered."""

    fingerprint: str
    status: int
    headers: str
    body: str

    def again(self, fingerprint: str) -> Response:
        """The same answer for the same request. Raises KeyReused."""
        if self.fingerprint != fingerprint:
            raise KeyReused
        headers = {**orjson.loads(self.headers), "Idempotent-Replayed": "true"}
        return Response(self.body, self.status, headers)


class AnsweredMeanwhile(Exception):  # noqa: N818 - no error: it undoes what this request did and carries the answer
    """Another request with the same key was first; its answer stands."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


_KEEP = Hot(insert(keys).on_conflict_do_nothing().returning(keys.c.status))
_READ = select(*(keys.c[one.name] for one in fields(Kept))).where(
    keys.c.key_id == bindparam("key_id"), keys.c.idempotency_key == bindparam("idempotency_key")
)
_KEPT_HEADERS = {"location", "etag", "content-type"}


async def once(
    tx: Tx,
    request: Request,
    key_id: str,
    at: datetime,
    kept: Kept | None,
    make: Callable[[], Awaitable[Response]],
) -> Response:
    """Do `make` once for this caller and Idempotency-Key; without a key, just do it.

    `kept` is the answer that was there when the request came. Raises KeyReused, KeyInvalid, AnsweredMeanwhile.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return await make()
    if not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):  # noqa: PLR2004 - said in the problem
        raise KeyInvalid
    url = request.url
    mark = hashlib.sha256(
        b"\n".join((url.path.encode(), url.query.encode(), await request.body()))
    ).hexdigest()
    if kept is not None:
        return kept.again(mark)
    mine = {"key_id": key_id, "idempotency_key": key}
    try:
        response = await make()
    except Problem:
        # Whoever was first with this key may have changed what this one found.
        await _yield_to_first(tx, mine, mark)
        raise
    headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    answer = {
        "status": response.status_code, "headers": orjson.dumps(headers).decode(), "body": bytes(response.body).decode(),
    }  # fmt: skip
    if not await _KEEP.fetch(tx, {**mine, **answer, "fingerprint": mark, "answered_at": at}):
        await _yield_to_first(tx, mine, mark)
    return response


async def _yield_to_first(tx: Tx, mine: Mapping[str, str], mark: str) -> None:
    row = (await tx.execute(_READ, mine)).first()
    if row is not None:
        raise AnsweredMeanwhile(Kept(*row).again(mark))
