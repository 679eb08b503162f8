"""What comes out otherwise today than it was published: figure by figure, wherever it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from casehub.bulletins.asked import ROWS


class Place(NamedTuple):
    """Where a figure stands: the part of the content, the number of the group, the code of the row, its name."""

    part: str
    group: int | None
    code: str | None
    figure: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure then and now; None where its row is not there."""

    place: Place
    then: Mapping[str, Any] | None
    now: Mapping[str, Any] | None

    @property
    def asked(self) -> dict[str, str]:
        """The parameters that its address asks rates with; none where letters are behind it, and no cases."""
        link = (self.then or self.now or {}).get("cases", "")
        address = link if isinstance(link, str) else link["numerator"]
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def figures_in(content: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every figure of a content, with its place."""
    for part in ("city", "previous", "last_year"):
        yield from _of_row(part, None, None, content.get(part, {}))
    for section in ROWS:
        for row in content.get(section.value, ()):
            yield from _of_row(section.value, None, row["code"], row)
    letters = content.get("letters", {})
    yield from _of_row("letters", None, None, letters.get("total", {}))
    for part in ("steps", "units", "rounds"):
        for row in letters.get(part, ()):
            yield from _of_row(f"letters.{part}", None, row["code"], row)
    for number, group in enumerate(content.get("groups", ())):
        for row in group["rows"]:
            yield from _of_row("groups", number, row["code"], row)


def _of_row(
    part: str, group: int | None, code: str | None, row: Mapping[str, Any]
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    for kind in ("indicators", "counts"):
        for name, figure in row.get(kind, {}).items():
            yield Place(part, group, code, name), figure


def corrections(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Correction]:
    """The figures that differ, in the order of the publication; a row that is not there stands for nothing but zeros."""
    was, is_now = dict(figures_in(then)), dict(figures_in(now))
    return [
        Correction(place, was.get(place), is_now.get(place))
        for place in {**was, **is_now}
        if _numbers(was.get(place)) != _numbers(is_now.get(place))
    ]


def _numbers(figure: Mapping[str, Any] | None) -> tuple[int, ...]:
    """What a figure is made of; a rate also with what was exempted."""
    if figure is None:
        return ()
    if "numerator" not in figure:
        return (figure["value"],) if figure["value"] else ()
    raw = figure["raw"]
    said = (figure["numerator"], figure["denominator"], raw["numerator"], raw["denominator"])
    return said if any(said) else ()
