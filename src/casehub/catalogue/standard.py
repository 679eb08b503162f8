"""The standard codes that ship with casehub, read from the text of `codes.csv`. Source: reference 3.3 to 3.6, 3.9."""

import csv
from typing import Any

#: Schemes that ship: identifier -> name of the standard. The first is a new city's default.
SCHEMES = {"cjt214_2007": "CJ/T 214-2007", "gbt30428_2_2013": "GB/T 30428.2-2013"}


def category_row(  # noqa: PLR0913 - the columns of a category
    scheme: str,
    kind: str,
    *,
    major: str,
    major_name: str,
    minor: str,
    name: str,
    status: str,
    code: str | None = None,
) -> dict[str, Any]:
    """A category. Collectors may handle events themselves until the city says otherwise, components not:
    Source: our choice; reference 2.4 row 2 asks for "light classes" and names none.
    """
    return {
        "scheme": scheme, "kind": kind, "code": code or major + minor, "major": major, "major_name": major_name,
        "minor": minor, "name": name, "status": status, "self_handling_allowed": kind == "event",
    }  # fmt: skip


def standard_categories(text: str) -> list[dict[str, Any]]:
    """All categories of the shipped file."""
    return [category_row(**row) for row in csv.DictReader(text.splitlines())]
