"""Text as it may come in: valid Unicode without NUL, which PostgreSQL can't keep."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return text


Text = Annotated[str, AfterValidator(_clean)]
#: A code, a number, a name.
Short = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_clean)
]
#: What people write.
Long = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_clean)]
