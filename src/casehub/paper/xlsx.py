"""A document as a spreadsheet: a sheet a table and a sheet a chart, with real numbers, and one sheet for the text."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import count
from math import ceil

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from casehub.paper.document import Cell, Chart, ChartKind, Column, Document, Form, Heading, Paragraph, Table
from casehub.paper.forms import FIGURES, NOTHING, civil, column_widths, width

#: A file that tells no time of making is the same each time.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NUMBERS = {
    Form.TEXT: "@", Form.COUNT: "0", Form.RATE: "0.00%", Form.SCORE: "0.00",
    Form.MOMENT: "yyyy-mm-dd hh:mm", Form.DATE: "yyyy-mm-dd",
}  # fmt: skip
_CHARTS = {
    ChartKind.BAR: {"type": "column"}, ChartKind.STACKED: {"type": "column", "subtype": "stacked"},
    ChartKind.LINE: {"type": "line"}, ChartKind.PIE: {"type": "pie"},
}  # fmt: skip
#: What Excel allows as the name of a sheet.
_LONGEST_NAME, _FORBIDDEN = 31, str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
#: Below the title stands the head, below it the rows.
_HEAD, _FIRST = 1, 2
_A4, _TEXT_WIDTH, _LINE, _CHART_DOTS = 9, 84, 16, {"width": 800, "height": 400}
_WORDS = {"zh": ("正文", "类别"), "en": ("Text", "Category")}


def to_xlsx(document: Document) -> bytes:
    """The document as a workbook; text is text in it, whatever sign it begins with."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"title": document.title, "created": _NO_TIME})
        Sheets(book, document).write()
    return file.getvalue()


class Sheets:
    """A workbook while it is written: its formats, and the names that its sheets have."""

    def __init__(self, book: Workbook, document: Document) -> None:
        self.book, self.document = book, document
        self.text_name, self.category = _WORDS[document.language]
        self.names: set[str] = set()
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "align": "center",
                "valign": "vcenter",
                "border": 1,
                "bg_color": "#EEF2F6",
            }
        )
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.cells = {form: book.add_format({"num_format": _NUMBERS[form], "border": 1}) for form in Form}
        self.cells[Form.TEXT].set_text_wrap()
        self.nothing = book.add_format({"align": "right", "border": 1})

    def write(self) -> None:
        """The text first, then tables and charts in their order."""
        self.write_texts()
        for block in self.document.blocks:
            match block:
                case Table():
                    self.write_table(block)
                case Chart():
                    self.write_chart(block)

    def write_texts(self) -> None:
        """Title, headings and paragraphs, one below the other."""
        sheet = self.sheet(self.text_name)
        sheet.set_column(0, 0, _TEXT_WIDTH)
        lines = [(self.document.title, self.title), (self.document.subtitle, self.wrapped), *self.text()]
        for row, (line, form) in enumerate(line for line in lines if line[0]):
            # Said, because not every program looks for itself how high wrapped text gets.
            high = sum(ceil(max(1, width(part)) / _TEXT_WIDTH) for part in line.split("\n"))
            sheet.set_row(row, _LINE * high)
            sheet.write_string(row, 0, line, form)

    def text(self) -> Iterator[tuple[str, Format]]:
        """Headings and paragraphs with their formats."""
        bold = self.book.add_format({"bold": True})
        for block in self.document.blocks:
            if isinstance(block, Heading | Paragraph):
                yield block.text, bold if isinstance(block, Heading) else self.wrapped

    def write_table(self, table: Table) -> Worksheet:
        """Title, head and rows; the head stays when the reader scrolls, and comes again on each printed page."""
        sheet = self.sheet(table.title)
        sheet.write_string(0, 0, table.title, self.title)
        widths = column_widths(table, self.document.zone)
        for place, (column, wide) in enumerate(zip(table.columns, widths, strict=True)):
            sheet.set_column(place, place, wide + 2)
            sheet.write_string(_HEAD, place, column.title, self.head)
        for number, row in enumerate(table.rows, _FIRST):
            for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                self.write_cell(sheet, (number, place), column.form, cell)
        for number, note in enumerate(table.notes, _FIRST + len(table.rows)):
            sheet.write_string(number, 0, note)
        sheet.freeze_panes(_FIRST, 0)
        sheet.repeat_rows(_HEAD)
        return sheet

    def write_cell(self, sheet: Worksheet, at: tuple[int, int], form: Form, cell: Cell) -> None:
        """A number as a number, an instant as one of the city's clocks. Raises TypeError for what is not of this form."""
        look = self.cells[form]
        match form, cell:
            case _, None:
                sheet.write_string(*at, NOTHING, self.nothing if form in FIGURES else look)
            case Form.TEXT, str():
                sheet.write_string(*at, cell, look)
            case Form.MOMENT, datetime():
                sheet.write_datetime(*at, civil(cell, self.document.zone), look)
            case Form.DATE, date():
                sheet.write_datetime(*at, cell, look)
            case _ if form in FIGURES and not isinstance(cell, str | date):
                sheet.write_number(*at, cell, look)
            case _:
                raise TypeError(f"{cell!r} is no {form}")

    def write_chart(self, chart: Chart) -> None:
        """The figures as a table, and right of it a chart that Excel draws from them."""
        columns = (Column(self.category), *(Column(series.title, chart.form) for series in chart.series))
        rows = zip(chart.categories, *(series.values for series in chart.series), strict=True)
        sheet = self.write_table(Table(chart.title, columns, tuple(rows)))
        drawn = self.book.add_chart(_CHARTS[chart.kind])
        last = _FIRST + len(chart.categories) - 1
        for place, series in enumerate(chart.series, 1):
            drawn.add_series(
                {
                    "name": series.title,
                    "categories": [sheet.name, _FIRST, 0, last, 0],
                    "values": [sheet.name, _FIRST, place, last, place],
                }
            )
        drawn.set_title({"name": chart.title})
        drawn.set_size(_CHART_DOTS)
        sheet.insert_chart(_HEAD, len(columns) + 1, drawn, {"description": chart.title})

    def sheet(self, wanted: str) -> Worksheet:
        """A new sheet that prints on the width of a page, by this name or the nearest that Excel takes."""
        plain = " ".join(wanted.translate(_FORBIDDEN).split()) or self.text_name
        numbered = (
            f"{plain[: _LONGEST_NAME - len(end)]}{end}"
            for n in count(1)
            for end in [f" ({n})" if n > 1 else ""]
        )
        name = next(name for name in numbered if name.casefold() not in self.names)
        self.names.add(name.casefold())
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        return sheet
