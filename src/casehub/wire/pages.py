"""Pages of a list: an opaque cursor that names the last row seen, so that a page costs the same anywhere."""

import base64
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from casehub.errors import Problem
from casehub.wire.text import Moment


class CursorInvalid(Problem):
    """The cursor is not one that this list gave"""

    type, status, zh = "cursor-invalid", 422, "cursor 无效，请使用列表返回的值"


#: Codes by which lists may run; see the paths of PUT.
_CODE = re.compile(r"[0-9A-Za-z_-]{1,40}")


def write_cursor(*key: object) -> str:
    """The cursor after the row with that key; no part of it holds a `|`."""
    return base64.urlsafe_b64encode(f"v1:{'|'.join(map(str, key))}".encode()).decode().rstrip("=")


def read_key(cursor: str | None, parts: int = 1) -> list[str] | None:
    """The key that a cursor stands for, of so many parts; None where there is no cursor. Raises CursorInvalid."""
    if cursor is None:
        return None
    try:
        said = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeError):
        raise CursorInvalid from None
    version, _, key = said.partition(":")
    if version != "v1" or key.count("|") != parts - 1:
        raise CursorInvalid
    return key.split("|")


def read_cursor(cursor: str | None) -> int | None:
    """The id that a cursor stands for; None where there is no cursor. Raises CursorInvalid."""
    key = read_key(cursor)
    return None if key is None else read_number(key[0])


def read_number(part: str) -> int:
    """A part of a key that is an id. Raises CursorInvalid."""
    try:
        number = int(part)
    except ValueError:
        raise CursorInvalid from None
    if not 0 <= number < 2**63:
        raise CursorInvalid
    return number


_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def read_moment(part: str) -> datetime:
    """A part of a key that is an instant. Raises CursorInvalid."""
    try:
        return _MOMENT.validate_python(part)
    except ValidationError:
        raise CursorInvalid from None


def read_code_cursor(cursor: str | None) -> str | None:
    """The code that a cursor stands for; None where there is no cursor. Raises CursorInvalid."""
    key = read_key(cursor)
    return None if key is None else read_code(key[0])


def read_code(part: str) -> str:
    """A part of a key that is a code. Raises CursorInvalid."""
    if not _CODE.fullmatch(part):
        raise CursorInvalid
    return part


def page(request: Request, items: list[Any], last: object | None) -> dict[str, Any]:
    """`{items, next}`: `next` is the address of the following page, null on the last one.

    `last` is the key of the last row: one value, or a tuple.
    """
    if last is None:
        return {"items": items, "next": None}
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    cursor = write_cursor(*(last if isinstance(last, tuple) else (last,)))
    return {"items": items, "next": f"{request.url.path}?{urlencode([*query, ('cursor', cursor)])}"}
