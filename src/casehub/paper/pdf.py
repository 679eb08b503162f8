"""A document as a PDF: A4, fonts embedded, the head of a table on every page that it runs over."""

from typing import Any

from casehub.paper.charts import to_svg
from casehub.paper.document import Block, Chart, Document, Heading, Paragraph, Table, texts
from casehub.paper.forms import FIGURES, column_widths, printed, written
from casehub.paper.press import forget, press, require_printable


def to_pdf(document: Document) -> bytes:
    """The document on pages. Raises CharacterNotPrintable."""
    require_printable(texts(document))
    pages = press(
        "document.typ",
        {
            "title": written(document.title),
            "subtitle": written(document.subtitle),
            "language": document.language,
            "blocks": [_given(block, document) for block in document.blocks],
        },
    )
    forget()
    return pages


def _given(block: Block, document: Document) -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "text": written(block.text), "level": block.level}
        case Paragraph():
            return {"kind": "paragraph", "text": written(block.text), "right": block.right}
        case Chart():
            return {"kind": "chart", "title": written(block.title), "svg": to_svg(block).decode()}
        case Table():
            return {
                "kind": "table",
                "title": written(block.title),
                "widths": column_widths(block, document.zone),
                "aligns": ["right" if column.form in FIGURES else "left" for column in block.columns],
                "head": [written(column.title) for column in block.columns],
                "cells": [written(cell) for row in block.rows for cell in _cells(block, row, document)],
                "notes": [written(note) for note in block.notes],
            }


def _cells(table: Table, row: tuple[Any, ...], document: Document) -> list[str]:
    return [
        printed(cell, column.form, document.zone) for column, cell in zip(table.columns, row, strict=True)
    ]
