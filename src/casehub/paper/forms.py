"""How a value looks on paper, and how wide."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from unicodedata import east_asian_width

from casehub.paper.document import Cell, Form, Number, Table

NOTHING = "—"
#: Forms that stand right, under one another.
FIGURES = frozenset({Form.COUNT, Form.RATE, Form.SCORE})
_HUNDREDTH = Decimal("0.01")
#: Widths count half characters: a figure is one wide, a character (汉字) two.
WIDEST, NARROWEST, HEADER = 40, 4, 10


def hundredths(number: Number) -> Decimal:
    """Two decimals, half up; a float counts as what it is written as. Source: reference 5.2."""
    return Decimal(str(number)).quantize(_HUNDREDTH, ROUND_HALF_UP)


def printed(cell: Cell, form: Form, zone: tzinfo) -> str:
    """The value as text: 85.19%, 98.50, 2023-06-09 16:30. Raises TypeError for a value that is not of this form."""
    match form, cell:
        case _, None:
            return NOTHING
        case Form.TEXT, str():
            return cell
        case Form.COUNT, int():
            return str(cell)
        case Form.RATE, int() | float() | Decimal():
            return f"{hundredths(Decimal(str(cell)) * 100)}%"
        case Form.SCORE, int() | float() | Decimal():
            return str(hundredths(cell))
        case Form.MOMENT, datetime():
            return civil(cell, zone).strftime("%Y-%m-%d %H:%M")
        case Form.DATE, date() if not isinstance(cell, datetime):
            return cell.isoformat()
    raise TypeError(f"{cell!r} is no {form}")


def civil(moment: datetime, zone: tzinfo) -> datetime:
    """The moment as the city's clocks show it, without a zone. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    return moment.astimezone(zone).replace(tzinfo=None)


def written(text: str) -> str:
    """Text of people as a page takes it: one kind of line break, and a blank for a tab."""
    return text.replace("\r\n", "\n").replace("\t", " ")


def width(text: str) -> int:
    """Half characters of the longest line."""
    return max(
        (sum(2 if east_asian_width(one) in "WFA" else 1 for one in line) for line in text.split("\n")),
        default=0,
    )


def column_widths(table: Table, zone: tzinfo) -> list[int]:
    """What each column asks for, in half characters: numbers whole, long texts and long headers on several lines."""
    return [
        max(NARROWEST, min(width(column.title), HEADER), min(widest((row[place] for row in table.rows), column.form, zone), WIDEST))
        for place, column in enumerate(table.columns)
    ]  # fmt: skip


def widest(cells: Iterable[Cell], form: Form, zone: tzinfo) -> int:
    """Half characters of the widest of these cells."""
    return max((width(printed(cell, form, zone)) for cell in cells), default=0)
