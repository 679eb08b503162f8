"""A letter as a PDF, in embedded fonts: a character that they lack is refused, not replaced."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from casehub.letters.sheet import COLUMNS, MISSING, SEAL, Photo, Sheet, texts
from casehub.paper.forms import written
from casehub.paper.press import is_printable, press, require_printable

_TEMPLATE = Path(__file__).parent / "letter.typ"


def to_pdf(sheet: Sheet) -> bytes:
    """The letter on pages. Raises CharacterNotPrintable for what officers wrote; in the table of cases stands 〓 instead."""
    require_printable(texts(sheet))
    # Nothing is forgotten on purpose: a letter is small, and the ten after it drop what the press remembers.
    return press(_TEMPLATE, _given(sheet))


def _given(sheet: Sheet) -> dict[str, Any]:
    plain = ("mark", "number", "secrecy", "urgency", "title", "unit", "agency", "date", "note", "cc")
    return {
        **{name: written(getattr(sheet, name)) for name in plain}, "form": sheet.form.value, "seal": SEAL,
        "paragraphs": [{"kind": kind, "text": written(one)} for kind, one in sheet.paragraphs],
        "attachments": list(sheet.attachments),
        "table": {
            "title": sheet.table_title, "head": [title for title, _ in COLUMNS], "shares": [share for _, share in COLUMNS],
            "cells": [_shown(cell) for row in sheet.rows for cell in row],
        },
        "photos": [{"caption": one.caption, "svg": _svg(one)} for one in sheet.photos],
    }  # fmt: skip


def _svg(photo: Photo) -> str:
    """The photo in a picture of text: JSON carries no bytes, and Typst reads a list of numbers three times as slowly."""
    size = f'width="{photo.wide}" height="{photo.high}"'
    href = f"data:image/jpeg;base64,{b64encode(photo.file).decode()}"
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} viewBox="0 0 {photo.wide} {photo.high}"><image {size} xlink:href="{href}"/></svg>'


def _shown(cell: str) -> str:
    return written("".join(one if is_printable(one) else MISSING for one in cell))
