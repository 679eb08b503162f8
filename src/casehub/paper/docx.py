"""A document as a text for an office program, in the fonts of GB/T 9704-2012 by their names. Source: reference 6.5."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document as Text
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table as Grid
from docx.table import _Row

from casehub.paper.charts import to_png
from casehub.paper.document import Block, Chart, Document, Heading, Paragraph, Table, texts
from casehub.paper.forms import FIGURES, column_widths, printed
from casehub.paper.press import require_writable

#: A file that tells no time of making is the same each time.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LATIN = "Times New Roman"
#: Style, its Chinese font, points. Offices have these fonts; nobody may pass them on.
_FONTS = (
    ("Normal", "仿宋_GB2312", 12), ("Body Text", "仿宋_GB2312", 12), ("Title", "方正小标宋简体", 22),
    ("Subtitle", "楷体_GB2312", 12), ("Heading 1", "黑体", 16), ("Heading 2", "楷体_GB2312", 14),
    ("Caption", "黑体", 10.5), ("Table Text", "仿宋_GB2312", 9),
)  # fmt: skip
_CENTRED = ("Title", "Subtitle", "Caption")
_CELL_STYLE = "TableText"
#: Half characters of 9 points that Word keeps free at the sides of a cell, and how many of them a line has.
_PADDING, _LINE = 3, 100
#: In a table that asks for more than a line, cells keep a point free at each side: a word or a number that does not fit
#: is broken anywhere.
_NARROW_PADDING, _NARROW_MARGIN = 1, 20
_TEXT_WIDTH = Mm(160)


def to_docx(document: Document) -> bytes:
    """The document as DOCX. Raises CharacterNotPrintable for what no text file may hold, or no chart can show."""
    require_writable(texts(document))
    text = docx.Document()
    _lay_out(text, document)
    text.add_paragraph(document.title, "Title")
    if document.subtitle:
        text.add_paragraph(document.subtitle, "Subtitle")
    for block in document.blocks:
        _add(text, block, document)
    return without_time(text)


def _add(text: Text, block: Block, document: Document) -> None:
    match block:
        case Heading():
            text.add_paragraph(block.text, f"Heading {block.level}")
        case Paragraph():
            written = text.add_paragraph(block.text, "Body Text")
            if block.right:
                written.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        case Table():
            _add_table(text, block, document)
        case Chart():
            text.add_paragraph(block.title, "Caption").paragraph_format.keep_with_next = True
            picture = text.add_picture(BytesIO(to_png(block)), _TEXT_WIDTH)
            picture._inline.docPr.set("descr", block.title)  # noqa: SLF001 - python-docx has no other way to alt text


def _add_table(text: Text, table: Table, document: Document) -> None:
    text.add_paragraph(table.title, "Caption").paragraph_format.keep_with_next = True
    drawn = text.add_table(1 + len(table.rows), len(table.columns), "Table Grid")
    drawn.autofit = False
    asked = [_PADDING + one for one in column_widths(table, document.zone)]
    if sum(asked) > _LINE:
        asked = [one - _PADDING + _NARROW_PADDING for one in asked]
        _narrow_margins(drawn)
    widths = [Length(int(_TEXT_WIDTH * one / sum(asked))) for one in asked]
    for column, wide in zip(drawn.columns, widths, strict=True):
        column.width = wide
    head, *rows = drawn.rows
    _mark(head, "w:tblHeader")
    _fill(head, [column.title for column in table.columns], [WD_ALIGN_PARAGRAPH.CENTER] * len(widths), widths)
    sides = [
        WD_ALIGN_PARAGRAPH.RIGHT if one.form in FIGURES else WD_ALIGN_PARAGRAPH.LEFT for one in table.columns
    ]
    for row, cells in zip(rows, table.rows, strict=True):
        pairs = zip(cells, table.columns, strict=True)
        _fill(row, [printed(cell, column.form, document.zone) for cell, column in pairs], sides, widths)
    for note in table.notes:
        text.add_paragraph(note, "Table Text")


def _narrow_margins(drawn: Grid) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        one = OxmlElement(f"w:{side}")
        one.set(qn("w:w"), str(_NARROW_MARGIN))
        one.set(qn("w:type"), "dxa")
        margins.append(one)
    # The schema has it before tblLook.
    drawn._tblPr.insert(-1, margins)  # noqa: SLF001 - python-docx has no other way to them


def _fill(row: _Row, texts: list[str], sides: list[WD_ALIGN_PARAGRAPH], widths: list[Length]) -> None:
    """A row stays on one page."""
    _mark(row, "w:cantSplit")
    for cell, text, side, wide in zip(row.cells, texts, sides, widths, strict=True):
        cell.width = wide
        paragraph = cell.paragraphs[0]
        paragraph._p.style = _CELL_STYLE  # noqa: SLF001 - by its name, python-docx looks it up a millisecond each
        paragraph.alignment = side
        paragraph.add_run(text)


def _mark(row: _Row, mark: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(mark))  # noqa: SLF001 - python-docx has no other way


def _lay_out(text: Text, document: Document) -> None:
    """A4 with the margins of the PDF, the fonts, and the number of the page below it."""
    text.core_properties.title, text.core_properties.author = document.title, ""
    text.core_properties.created = text.core_properties.modified = _NO_TIME
    text.styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH).base_style = text.styles["Normal"]
    for name, chinese, points in _FONTS:
        dress(text.styles[name], chinese, Pt(points))
    text.styles["Table Text"].paragraph_format.space_after = Pt(0)
    for name in _CENTRED:
        text.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if document.language == "zh":
        text.styles["Body Text"].paragraph_format.first_line_indent = Pt(24)
    section = text.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run("— ")
    footer._p.append(page_number())  # noqa: SLF001 - the same
    footer.add_run(" —")


def dress(style: ParagraphStyle, chinese: str, size: Length) -> None:
    """A style in this font, without the colours, lines and theme fonts of the template that python-docx begins with."""
    for tag in ("w:rPr", "w:pPr/w:pBdr"):
        for old in style.element.findall(tag, style.element.nsmap):
            old.getparent().remove(old)
    style.font.name, style.font.size = _LATIN, size
    style.element.rPr.rFonts.set(qn("w:eastAsia"), chinese)


def page_number() -> BaseOxmlElement:
    """The field that shows the number of its page."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    return field


def without_time(text: Text) -> bytes:
    """The file with no time at its parts: python-docx writes when it was made at each."""
    written, file = BytesIO(), BytesIO()
    text.save(written)
    with ZipFile(written) as parts, ZipFile(file, "w") as fixed:
        for name in parts.namelist():
            fixed.writestr(ZipInfo(name), parts.read(name), ZIP_DEFLATED)
    return file.getvalue()
