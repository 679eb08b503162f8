"""The press: a template and what it is given become PDF or PNG, with the fonts of the installation and no others."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from unicodedata import category

import pylopdf_fonts_zh_cn
import typst
from uharfbuzz import Blob, Face

from casehub.errors import Refusal
from casehub.paper.document import Place
from casehub.paper.problems import CharacterNotPrintable

_ROOM = Path(__file__).parent
_FONTS = (pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path())
#: Fine enough for a printer: a chart as wide as the text has 1,300 dots.
DOTS_PER_INCH = 240
#: For how many printings Typst keeps parts of a page that do not come again.
_REMEMBERED = 10
_BREAKS = "\n\r\t"


def press(template: str | Path, given: Mapping[str, Any], form: Literal["pdf", "png"] = "pdf") -> bytes:
    """What the template makes of `given`, which it reads as JSON and never as markup; a PDF embeds what it uses.

    A template of this room goes by its name, one of another room by its path; it reads files beside it only.

    The same input gives the same bytes: the page tells no time of printing. May run in several threads at once.
    """
    file = _ROOM / template
    return typst.compile(
        file, root=file.parent, font_paths=_shelf(), ignore_system_fonts=True, format=form, ppi=DOTS_PER_INCH,
        sys_inputs={"given": json.dumps(given, ensure_ascii=False)}, timestamp=0,
    )  # fmt: skip


def forget() -> None:
    """Give back what the press remembers, 12 MB for a bulletin: after ten empty pages (10 ms) it has forgotten."""
    for _ in range(_REMEMBERED):
        typst.compile(b"", font_paths=_shelf(), ignore_system_fonts=True, timestamp=0)


@cache
def _shelf() -> typst.Fonts:
    folders = sorted({str(font.parent) for font in _FONTS})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def _glyphs() -> frozenset[int]:
    """Each font stands in for the other: Noto Serif has 25 rare characters more than Noto Sans."""
    return frozenset(chain.from_iterable(Face(Blob.from_file_path(path)).unicodes for path in _FONTS))


def is_printable(character: str) -> bool:
    """Is there a glyph for it, or is it one that needs none: a line break, a joiner, a variation selector?"""
    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return ord(character) in _glyphs() or character in _BREAKS or selects or category(character) == "Cf"


def is_writable(character: str) -> bool:
    """May a text file hold it? The reader's own fonts show it then. Source: XML 1.0, 2.2 (Char)."""
    return character in _BREAKS or (
        category(character) not in {"Cc", "Cs"} and character not in "\ufffe\uffff"
    )


def require_printable(texts: Iterable[tuple[Place, str]]) -> None:
    """Raises CharacterNotPrintable, which names every character without a glyph and where it stands."""
    _require(is_printable, texts)


def require_writable(texts: Iterable[tuple[Place, str]]) -> None:
    """The same for files that name their fonts and do not carry them: only control characters can't stand there."""
    _require(is_writable, texts)


def _require(allowed: Callable[[str], bool], texts: Iterable[tuple[Place, str]]) -> None:
    refusals = [
        Refusal(
            "character_printable",
            f"{place.en}: “{character}” (U+{ord(character):04X}) has no glyph; change it or spell it out",
            f"{place.zh}：“{character}”（U+{ord(character):04X}）没有字形，请改写该字符", place.en,
        )
        for place, text in texts
        for character in dict.fromkeys(text)
        if not allowed(character)
    ]  # fmt: skip
    if refusals:
        raise CharacterNotPrintable(errors=refusals)
