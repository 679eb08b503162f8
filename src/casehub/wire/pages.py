"""Pages of a list: an opaque cursor that names the last row seen, so that a page costs the same anywhere."""

import base64
import re
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from casehub.errors import Problem


class CursorInvalid(Problem):
    """The cursor is not one that this list gave"""

    type, status, zh = "cursor-invalid", 422, "cursor 无效，请使用列表返回的值"


#: Codes by which lists may run; see the paths of PUT.
_CODE = re.compile(r"[0-9A-Za-z_-]{1,40}")


def write_cursor(last: int | str) -> str:
    """The cursor after the row with that id or code."""
    return base64.urlsafe_b64encode(f"v1:{last}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The id that a cursor stands for; None where there is no cursor. Raises CursorInvalid."""
    if cursor is None:
        return None
    try:
        number = int(_said(cursor))
    except ValueError:
        raise CursorInvalid from None
    if not 0 <= number < 2**63:
        raise CursorInvalid
    return number


def read_code_cursor(cursor: str | None) -> str | None:
    """The code that a cursor stands for; None where there is no cursor. Raises CursorInvalid."""
    if cursor is None:
        return None
    if not _CODE.fullmatch(code := _said(cursor)):
        raise CursorInvalid
    return code


def _said(cursor: str) -> str:
    try:
        said = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise CursorInvalid from None
    version, _, last = said.partition(":")
    if version != "v1":
        raise CursorInvalid
    return last


def page(request: Request, items: list[Any], last: int | str | None) -> dict[str, Any]:
    """`{items, next}`: `next` is the address of the following page, null on the last one."""
    if last is None:
        return {"items": items, "next": None}
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    return {
        "items": items,
        "next": f"{request.url.path}?{urlencode([*query, ('cursor', write_cursor(last))])}",
    }
