"""Pages of a list: an opaque cursor that names the last row seen, so that a page costs the same anywhere."""

import base64
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from casehub.errors import Problem


class CursorInvalid(Problem):
    """The cursor is not one that this list gave"""

    type, status, zh = "cursor-invalid", 422, "cursor 无效，请使用列表返回的值"


def write_cursor(last_id: int) -> str:
    """The cursor after the row with that id."""
    return base64.urlsafe_b64encode(f"v1:{last_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The id that a cursor stands for; None where there is no cursor. Raises CursorInvalid."""
    if cursor is None:
        return None
    try:
        said = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        version, _, number = said.partition(":")
        if version != "v1" or not 0 <= int(number) < 2**63:
            raise CursorInvalid
        return int(number)
    except (ValueError, UnicodeError):
        raise CursorInvalid from None


def page(request: Request, items: list[Any], last_id: int | None) -> dict[str, Any]:
    """`{items, next}`: `next` is the address of the following page, null on the last one."""
    if last_id is None:
        return {"items": items, "next": None}
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    return {
        "items": items,
        "next": f"{request.url.path}?{urlencode([*query, ('cursor', write_cursor(last_id))])}",
    }
