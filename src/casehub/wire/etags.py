"""ETags are versions: `"3"` is a case after its third event."""

from casehub.errors import Problem


class MatchInvalid(Problem):
    """If-Match must be a version as the ETag gives it, such as `"3"`"""

    type, status, zh = "match-invalid", 400, 'If-Match 必须是 ETag 给出的版本，例如 "3"'


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def read_match(header: str | None) -> int | None:
    """The version that If-Match asks for; None where any will do. Raises MatchInvalid."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:  # noqa: PLR2004 - longer is no version of ours
        raise MatchInvalid
    return int(text)
