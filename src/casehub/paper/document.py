"""What there is to print: blocks one after the other, with values in their cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Literal

Number = int | float | Decimal
Cell = str | Number | date | datetime | None


class Form(StrEnum):
    """How the values of a column look."""

    TEXT = "text"
    COUNT = "count"
    RATE = "rate"  # a share from 0 to 1
    SCORE = "score"
    MOMENT = "moment"  # aware
    DATE = "date"


class ChartKind(StrEnum):
    """How a chart is drawn; a pie shows its only series."""

    BAR = "bar"
    STACKED = "stacked"
    LINE = "line"
    PIE = "pie"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (一、) or 2 (（一）)."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of body text; a signature stands `right`."""

    text: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with the form of its values; None prints as a dash in each."""

    title: str
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; notes stand below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One value a category; None where there is none."""

    title: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over categories, all of one form."""

    kind: ChartKind
    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    form: Form = Form.COUNT


Block = Heading | Paragraph | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """Something to print; moments are told in `zone`, the city's."""

    title: str
    blocks: tuple[Block, ...]
    zone: tzinfo
    subtitle: str = ""
    language: Literal["zh", "en"] = "zh"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document a text stands, in both languages."""

    en: str
    zh: str


def texts(document: Document) -> Iterator[tuple[Place, str]]:
    """Every text that people wrote, with its place; numbers and moments are written by us."""
    yield Place("the title", "标题"), document.title
    yield Place("the subtitle", "副标题"), document.subtitle
    for number, block in enumerate(document.blocks, 1):
        match block:
            case Heading(text) | Paragraph(text, _):
                yield Place(f"block {number}", f"第 {number} 段"), text
            case Table():
                yield from _texts_of_table(block)
            case Chart():
                yield from texts_of_chart(block)


def _texts_of_table(table: Table) -> Iterator[tuple[Place, str]]:
    place = Place(f"table “{table.title}”", f"表“{table.title}”")
    for text in (table.title, *(column.title for column in table.columns), *table.notes):
        yield place, text
    for number, row in enumerate(table.rows, 1):
        for column, cell in zip(table.columns, row, strict=True):
            if isinstance(cell, str):
                en, zh = f", row {number}, column “{column.title}”", f"第 {number} 行“{column.title}”列"
                yield Place(place.en + en, place.zh + zh), cell


def texts_of_chart(chart: Chart) -> Iterator[tuple[Place, str]]:
    """Every text of one chart."""
    place = Place(f"chart “{chart.title}”", f"图“{chart.title}”")
    for text in (chart.title, *chart.categories, *(series.title for series in chart.series)):
        yield place, text
