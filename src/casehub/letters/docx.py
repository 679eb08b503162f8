"""A letter as a text to sign and stamp in Word or WPS, in the fonts of GB/T 9704-2012 by their names. Source: reference 6.5."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import docx
from docx.document import Document as Text
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import _Footer
from docx.shared import Length, Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from casehub.letters.ladder import Form
from casehub.letters.sheet import COLUMNS, SEAL, Sheet, texts
from casehub.paper.docx import dress, page_number, without_time
from casehub.paper.forms import width
from casehub.paper.press import require_writable

SONG, FANG, KAI, HEI = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体"
_SIZE, _RED, _GREY = Pt(16), RGBColor(0xE6, 0, 0), RGBColor(0x96, 0x96, 0x96)
#: 22 lines in 225 mm, 28 characters in 156 mm, in twentieths of a point: the grid of the lines, and how much closer than
#: set solid the characters stand. A grid of characters would say the latter to Word, but LibreOffice takes one narrower
#: than a character for two.
_LINE_PITCH, _CHARACTER_SPACE = 579, -5
_TEXT_WIDTH, _LEFT = Mm(156), Mm(28)
_CELL_STYLE = "TableText"
_STYLES = {"Normal", "Header", "Footer", "Default Paragraph Font", "Normal Table", "No List", "Table Grid"}
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def to_docx(sheet: Sheet) -> bytes:
    """The letter as DOCX. Raises CharacterNotPrintable for what no text file may hold."""
    require_writable(texts(sheet))
    text = docx.Document(BytesIO(_laid_out(sheet.form)))
    text.core_properties.title = sheet.title
    (_letter_head if sheet.form is Form.LETTER else _general_head)(text, sheet)
    _body(text, sheet)
    _sign_off(text, sheet)
    _attach(text, sheet)
    _imprint(text, sheet)
    return without_time(text)


@cache
def _laid_out(form: Form) -> bytes:
    """Pages without a word on them: to lay them out takes a third of a letter, and they are always the same."""
    text = docx.Document()
    _thin_out(text)
    _lay_out(text, form)
    file = BytesIO()
    text.save(file)
    return file.getvalue()


def _thin_out(text: Text) -> None:
    """Without the styles that no letter uses: they are nine tenths of the file, and of the memory that it is made in."""
    for style in [one for one in text.styles if one.name not in _STYLES]:
        style.delete()
    for name, part in [*text.part.rels.items()]:
        if part.reltype.endswith("/stylesWithEffects"):
            del text.part.rels[name]


def _lay_out(text: Text, form: Form) -> None:
    text.core_properties.author = ""
    text.core_properties.created = text.core_properties.modified = _NO_TIME
    normal = text.styles["Normal"]
    dress(normal, FANG, _SIZE)
    _space(normal.element.rPr, _CHARACTER_SPACE)
    lines = normal.paragraph_format
    lines.space_after, lines.line_spacing = Pt(0), Pt(_LINE_PITCH / 20)
    cells = text.styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH)
    cells.base_style, cells.paragraph_format.line_spacing = normal, Pt(12)
    dress(cells, FANG, Pt(9))
    _space(cells.element.rPr, 0)
    _off_the_grid(cells.element.get_or_add_pPr())
    section = text.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = _LEFT, Mm(26)
    # The number of the page begins 7 mm below the text.
    section.footer_distance = Mm(35 - 7) - Pt(14)
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 - python-docx has no other way
    _say(grid, type="lines", linePitch=_LINE_PITCH)
    text.settings.odd_and_even_pages_header_footer = True
    _number_pages(section.footer, odd=True)
    _number_pages(section.even_page_footer, odd=False)
    if form is Form.LETTER:
        section.different_first_page_header_footer = True
        foot = section.first_page_footer.paragraphs[0]
        _place(foot, wide=Mm(170), y=Mm(297 - 20))
        _border(foot, "top", "thinThickSmallGap", eighths=24)
        section.first_page_footer.add_paragraph()  # a frame needs a paragraph that it stands beside


def _number_pages(footer: _Footer, *, odd: bool) -> None:
    line = footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if odd else WD_ALIGN_PARAGRAPH.LEFT
    line.paragraph_format.right_indent = Pt(14) if odd else None
    line.paragraph_format.left_indent = None if odd else Pt(14)
    _dressed(line.add_run("— "), "宋体", Pt(14))
    field = page_number()
    inside = _dressed(line.add_run("1"), "宋体", Pt(14))
    field.append(inside._r)  # noqa: SLF001 - the same
    line._p.append(field)  # noqa: SLF001 - the same
    _dressed(line.add_run(" —"), "宋体", Pt(14))


def _letter_head(text: Text, sheet: Sheet) -> None:
    """The mark from 30 mm below the edge of the page, a double line 4 mm below it, then the number."""
    mark = _line(text, sheet.mark, WD_ALIGN_PARAGRAPH.CENTER, SONG, _mark_size(sheet.mark, 40), _RED)
    _place(mark, wide=Mm(170), y=Mm(30))
    _border(mark, "bottom", "thickThinSmallGap", eighths=24, away=11)
    first, *others = [one for one in (sheet.secrecy, sheet.urgency) if one] or [""]
    line = _line(text, first, None, HEI)
    line.paragraph_format.space_before = Pt(14)  # 7/8 of a character
    line.paragraph_format.tab_stops.add_tab_stop(_TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    _dressed(line.add_run(f"\t{sheet.number}"), FANG, _SIZE)
    for said in others:
        _line(text, said, None, HEI)
    _blank(text, 2)


def _general_head(text: Text, sheet: Sheet) -> None:
    """The mark from 35 mm below the top of the text, the number two lines below, a red line 4 mm below that.

    The mark is no frame: the text would begin above it.
    """
    above = [one for one in (sheet.secrecy, sheet.urgency) if one]
    for said in above:
        _line(text, said, WD_ALIGN_PARAGRAPH.LEFT, HEI)
    mark = _line(text, sheet.mark, WD_ALIGN_PARAGRAPH.CENTER, SONG, _mark_size(sheet.mark, 48), _RED)
    mark.paragraph_format.space_before = Length(Mm(35) - len(above) * Pt(_LINE_PITCH / 20))
    _blank(text, 2)
    number = _line(text, sheet.number, WD_ALIGN_PARAGRAPH.CENTER)
    _border(number, "bottom", "single", eighths=16, away=11)
    _blank(text, 2)


def _mark_size(mark: str, most: int) -> Length:
    return Pt(min(most, int(Mm(150).pt / (width(mark) / 2))))


def _body(text: Text, sheet: Sheet) -> None:
    _line(text, sheet.title, WD_ALIGN_PARAGRAPH.CENTER, SONG, Pt(22))
    _blank(text, 1)
    _line(text, f"{sheet.unit}：")
    fonts = {"first": HEI, "second": KAI}
    for kind, said in sheet.paragraphs:
        line = _indented(_line(text, said, None, fonts.get(kind, FANG)))
        line.paragraph_format.keep_with_next = kind != "plain"
    # The last paragraph goes over with the signature: no page holds a signature alone.
    line.paragraph_format.keep_with_next = True
    _blank(text, 1)
    for place, said in enumerate(sheet.attachments):
        line = _line(text, f"附件：{said}" if place == 0 else said)
        line.paragraph_format.first_line_indent = _SIZE * (2 if place == 0 else 5)
        line.paragraph_format.keep_with_next = True


def _sign_off(text: Text, sheet: Sheet) -> None:
    """The date ends four characters before the margin; unit and seal stand centred over it."""
    _blank(text, 1)
    wide = width(sheet.date)
    for said, size, colour in ((SEAL, Pt(10), _GREY), (sheet.agency, _SIZE, None), (sheet.date, _SIZE, None)):
        line = _line(text, said, WD_ALIGN_PARAGRAPH.RIGHT, FANG, size, colour)
        line.paragraph_format.keep_with_next = said != sheet.date
        half = wide * _SIZE.pt - width(said) * size.pt
        line.paragraph_format.right_indent = Pt(max(0.0, 4 * _SIZE.pt + half / 4))
    if sheet.note:
        _indented(_line(text, sheet.note))


def _attach(text: Text, sheet: Sheet) -> None:
    _title_of_attachment(text, "附件1" if len(sheet.attachments) > 1 else "附件", sheet.table_title)
    whole = sum(share for _, share in COLUMNS)
    drawn = _table(text, len(sheet.rows) + 1, [_TEXT_WIDTH * share / whole for _, share in COLUMNS])
    drawn.style, drawn.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for row, cells in zip(drawn.rows, ([title for title, _ in COLUMNS], *sheet.rows), strict=True):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - the same
        for cell, said in zip(row.cells, cells, strict=True):
            line = cell.paragraphs[0]
            line._p.style = _CELL_STYLE  # noqa: SLF001 - by its name, python-docx looks it up a millisecond each
            line.add_run(said)
    head = drawn.rows[0]
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - the same
    for cell in head.cells:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        _dressed(cell.paragraphs[0].runs[0], HEI, Pt(9))
    text.add_paragraph()  # two tables on end are one
    if sheet.photos:
        _title_of_attachment(text, "附件2", "案件照片")
    for photo in sheet.photos:
        line = text.add_paragraph()
        line.paragraph_format.line_spacing, line.paragraph_format.keep_with_next = 1.0, True
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _off_the_grid(line._p.get_or_add_pPr())  # noqa: SLF001 - the same
        picture = line.add_run().add_picture(BytesIO(photo.file), height=Mm(62))
        picture._inline.docPr.set("descr", photo.caption)  # noqa: SLF001 - the same
        _line(text, photo.caption, WD_ALIGN_PARAGRAPH.CENTER, FANG, Pt(10.5))


def _table(text: Text, rows: int, widths: Sequence[float]) -> Table:
    """An empty table from margin to margin, with 2 points free at the sides of a cell."""
    drawn: Table = text.add_table(rows, len(widths))
    drawn.autofit = False
    for column, wide in zip(drawn.columns, widths, strict=True):
        column.width = Length(int(wide))
        for cell in column.cells:
            cell.width = Length(int(wide))
    free = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        _say(margin, w=40, type="dxa")
        free.append(margin)
    drawn._tbl.tblPr.insert_element_before(free, "w:tblLook")  # noqa: SLF001 - the same
    return drawn


def _title_of_attachment(text: Text, number: str, title: str) -> None:
    line = text.add_paragraph()
    line.add_run().add_break(WD_BREAK.PAGE)
    _dressed(line.add_run(number), HEI, _SIZE)
    _blank(text, 1)
    _line(text, title, WD_ALIGN_PARAGRAPH.CENTER, SONG, Pt(22))
    _blank(text, 1)


def _imprint(text: Text, sheet: Sheet) -> None:
    """At the foot of the last page, as a table that stands there; the letter form has neither issuing office nor lines."""
    general = sheet.form is Form.GENERAL
    rows = [[sheet.cc]] if sheet.cc else []
    rows += [[sheet.agency, f"{sheet.date}印发"]] if general else []
    if not rows:
        return
    foot = _table(text, len(rows), [_TEXT_WIDTH / 2] * 2)
    for row, cells in zip(foot.rows, rows, strict=True):
        first, last = row.cells
        for cell, said in zip((first, last) if len(cells) > 1 else (first.merge(last),), cells, strict=True):
            line = cell.paragraphs[0]
            _dressed(line.add_run(said), FANG, Pt(14))
            line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(14)
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if cell is last else WD_ALIGN_PARAGRAPH.LEFT
    if sheet.cc:  # its lines begin under the first unit
        copies = foot.cell(0, 0).paragraphs[0].paragraph_format
        copies.left_indent, copies.first_line_indent = Pt(4 * 14), Pt(-3 * 14)
    properties = foot._tbl.tblPr  # noqa: SLF001 - the same
    place = OxmlElement("w:tblpPr")
    # From the edge of the page: LibreOffice lets no table as wide as the text stand anywhere by the margin.
    _say(place, vertAnchor="margin", horzAnchor="page", tblpX=int(_LEFT.twips), tblpYSpec="bottom")
    properties.insert_element_before(place, "w:tblW", "w:jc", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    if general:
        borders = OxmlElement("w:tblBorders")
        for side, eighths in (("top", 8), ("bottom", 8), ("insideH", 6)):
            borders.append(_drawn(side, "single", eighths=eighths, away=0, colour="000000"))
        properties.insert_element_before(borders, "w:tblLayout", "w:tblCellMar", "w:tblLook")
    text.add_paragraph()  # which it stands beside


def _line(
    text: Text, said: str, side: WD_ALIGN_PARAGRAPH | None = None, font: str = FANG, size: Length = _SIZE,
    colour: RGBColor | None = None,
) -> Paragraph:  # fmt: skip
    line = text.add_paragraph()
    if side is not None:
        line.alignment = side
    run = _dressed(line.add_run(said), font, size)
    if colour is not None:
        run.font.color.rgb = colour
    if size > Pt(_LINE_PITCH / 20):
        line.paragraph_format.line_spacing = size
        _off_the_grid(line._p.get_or_add_pPr())  # noqa: SLF001 - the same
    return line


def _dressed(run: Run, font: str, size: Length) -> Run:
    run.font.name, run.font.size = "Times New Roman", size
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - the same
    return run


def _indented(line: Paragraph) -> Paragraph:
    line.paragraph_format.first_line_indent = 2 * _SIZE
    return line


def _blank(text: Text, lines: int) -> None:
    for _ in range(lines):
        text.add_paragraph().paragraph_format.keep_with_next = True


def _space(properties: BaseOxmlElement, twentieths: int) -> None:
    """How far apart characters stand, against set solid."""
    spacing = OxmlElement("w:spacing")
    _say(spacing, val=twentieths)
    properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")


def _off_the_grid(properties: BaseOxmlElement) -> None:
    """Lines as high as they say, rather than whole lines of the page."""
    free = OxmlElement("w:snapToGrid")
    _say(free, val=0)
    properties.insert_element_before(free, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _say(element: BaseOxmlElement, **said: object) -> None:
    for name, value in said.items():
        element.set(qn(f"w:{name}"), str(value))


def _place(line: Paragraph, *, wide: Length, y: Length) -> None:
    """A frame so far below the edge of the page, centred; the text goes round above and below it."""
    frame = OxmlElement("w:framePr")
    _say(frame, w=int(wide.twips), hSpace=0, wrap="notBeside", vAnchor="page", hAnchor="page")
    _say(frame, xAlign="center", y=int(y.twips))
    after = ("w:widowControl", "w:numPr", "w:pBdr", "w:snapToGrid", "w:spacing", "w:ind", "w:jc")
    line._p.get_or_add_pPr().insert_element_before(frame, *after)  # noqa: SLF001 - the same


def _border(line: Paragraph, side: str, kind: str, *, eighths: int, away: int = 1) -> None:
    """A red line above or below a paragraph."""
    properties = line._p.get_or_add_pPr()  # noqa: SLF001 - the same
    borders = OxmlElement("w:pBdr")
    borders.append(_drawn(side, kind, eighths=eighths, away=away))
    after = ("w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr")
    properties.insert_element_before(borders, *after)


def _drawn(side: str, kind: str, *, eighths: int, away: int, colour: str = "E60000") -> BaseOxmlElement:
    """A line `eighths` of a point thick, `away` points from the text."""
    drawn = OxmlElement(f"w:{side}")
    _say(drawn, val=kind, sz=eighths, space=away, color=colour)
    return drawn
