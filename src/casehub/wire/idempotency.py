"""The same request twice is one request: the first answer is kept beside what it changed, and given again.

The key is claimed by an insert at the start of the transaction, so that of many identical requests at once the first
does the work and the others wait for its answer; when it fails, its claim is gone with it and the next one works.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import Depends, Header, Request, Response
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from casehub.errors import Problem
from casehub.storage.transaction import Tx
from casehub.wire.tables import idempotency_keys as keys


class KeyReused(Problem):
    """This Idempotency-Key was used for another request; make a new key for each new request"""

    type, status, zh = "idempotency-key-reused", 422, "该 Idempotency-Key 已用于其他请求"


class KeyInvalid(Problem):
    """An Idempotency-Key has 1 to 200 visible ASCII characters"""

    type, status, zh = "idempotency-key-invalid", 400, "Idempotency-Key 应为 1 至 200 个可见 ASCII 字符"


async def _documented(
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key and body gives the first answer again, another body 422."),
    ] = None,
) -> None:
    """The header of a route whose write can be repeated."""


REPEATABLE = [Depends(_documented)]

_CLAIM = (
    insert(keys)
    .values(
        status=0,
        headers="",
        body="",
        **{c: bindparam(c) for c in ("key_id", "idempotency_key", "fingerprint", "answered_at")},
    )
    .on_conflict_do_nothing()
    .returning(keys.c.status)
)
_MINE = (keys.c.key_id == bindparam("k"), keys.c.idempotency_key == bindparam("i"))
_READ = select(keys.c.fingerprint, keys.c.status, keys.c.headers, keys.c.body).where(*_MINE)
_ANSWER = (
    update(keys).where(*_MINE).values(status=bindparam("s"), headers=bindparam("h"), body=bindparam("b"))
)
_KEPT_HEADERS = {"location", "etag", "content-type"}


async def once(
    tx: Tx, request: Request, key_id: str, at: datetime, make: Callable[[], Awaitable[Response]]
) -> Response:
    """Do `make` once for this caller and Idempotency-Key; without a key, just do it. Raises KeyReused, KeyInvalid."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await make()
    if not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):  # noqa: PLR2004 - said in the problem
        raise KeyInvalid
    mark = hashlib.sha256(
        b"\n".join((str(request.url.path).encode(), str(request.url.query).encode(), await request.body()))
    ).hexdigest()
    claimed = await tx.execute(
        _CLAIM, {"key_id": key_id, "idempotency_key": key, "fingerprint": mark, "answered_at": at}
    )
    if claimed.first() is None:
        return await _again(tx, key_id, key, mark)
    response = await make()
    headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    answer = {
        "s": response.status_code,
        "h": orjson.dumps(headers).decode(),
        "b": bytes(response.body).decode(),
    }
    await tx.execute(_ANSWER, {"k": key_id, "i": key, **answer})
    return response


async def _again(tx: Tx, key_id: str, key: str, mark: str) -> Response:
    kept = (await tx.execute(_READ, {"k": key_id, "i": key})).one()
    if kept.fingerprint != mark:
        raise KeyReused
    return Response(kept.body, kept.status, {**orjson.loads(kept.headers), "Idempotent-Replayed": "true"})
