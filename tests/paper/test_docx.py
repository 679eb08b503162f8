"""Texts for an office program, read back."""

from io import BytesIO
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm
from PIL import Image
from tests.paper.specimens import CITY, MARKUP, RARE, UNITS, english, everything, long_table

from casehub.paper.document import Column, Document, Form, Heading, Paragraph, Table
from casehub.paper.docx import to_docx
from casehub.paper.problems import CharacterNotPrintable


def text(document: Document) -> Any:
    return docx.Document(BytesIO(to_docx(document)))


def test_every_block_is_there_with_its_style() -> None:
    lines = [(one.text, one.style.name) for one in text(everything()).paragraphs]
    assert lines[:3] == [
        ("2023年6月城市管理运行情况通报", "Title"),
        ("第6期（总第30期）", "Subtitle"),
        ("一、总体情况", "Heading 1"),
    ]
    assert (MARKUP, "Body Text") in lines
    assert ("（一）处置情况", "Heading 2") in lines
    assert ("表1 处置情况", "Caption") in lines
    assert (f"制表：{RARE}", "Table Text") in lines


def test_tables_are_tables_whose_head_comes_again_on_each_page() -> None:
    (table,) = text(everything()).tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["处置单位", "应处置数", "按时处置率", "综合得分", "最近一件结案", "统计日"]
    assert cells[1][:3] == [UNITS[0], "0", "—"]
    assert cells[2] == [UNITS[1], "37", "11.11%", "97.51", "2023-06-09 16:30", "2023-06-30"]
    assert [row[0] for row in cells[-3:]] == [f"{RARE}中队", MARKUP, "=1+1"]
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True] + [False] * 8


def test_in_a_table_of_many_columns_no_number_and_no_word_of_the_head_is_broken() -> None:
    titles = (
        "Rank", "Unit", "Items", "Cleared", "Cleared rate", "Left", "On plan", "Rechecks passed", "Rebound", "Voided",
        "Suspended", "Closed without a check",
    )  # fmt: skip
    plain = (Form.COUNT, Form.TEXT, *[Form.COUNT] * 10)
    columns = tuple(Column(title, form) for title, form in zip(titles, plain, strict=True))
    row = (10, "环境卫生管理所", 14860, 13570, 91, 1090, 1002, 8824, 700, 20, 220, 0)
    (table,) = text(Document("x", (Table("Units", columns, (row,)),), CITY)).tables
    margins = table._tbl.tblPr.find(qn("w:tblCellMar"))
    beside = sum(int(one.get(qn("w:w"))) for one in margins) / 20
    figure = 4.5  # points, of a figure of Times New Roman at 9 points; letters are about as wide
    for column in table.columns:
        head, body = (cell.text for cell in column.cells)
        words = [*head.split(), *([body.replace(",", "")] if body[0].isdigit() else [])]
        assert max(map(len, words)) * figure <= column.width.pt - beside, words
    assert sum(column.width for column in table.columns) <= Mm(160)
    names = [one.tag for one in table._tbl.tblPr]
    assert names.index(qn("w:tblLayout")) < names.index(qn("w:tblCellMar")) < names.index(qn("w:tblLook"))


def test_a_signature_stands_right() -> None:
    document = Document("函", (Paragraph("正文"), Paragraph("城市管理局", right=True)), CITY)
    sides = {one.text: one.alignment for one in text(document).paragraphs}
    assert sides["城市管理局"] is WD_ALIGN_PARAGRAPH.RIGHT
    assert sides["正文"] is not WD_ALIGN_PARAGRAPH.RIGHT


def test_fonts_have_their_official_names() -> None:
    styles = text(everything()).styles
    chinese = {
        name: styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Title", "Heading 1", "Heading 2", "Body Text", "Table Text")
    }
    assert chinese == {
        "Title": "方正小标宋简体",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "Body Text": "仿宋_GB2312",
        "Table Text": "仿宋_GB2312",
    }
    assert styles["Title"].font.name == "Times New Roman"


def test_charts_are_pictures_as_wide_as_the_text_which_say_what_they_are() -> None:
    read = text(everything())
    assert [shape.width.mm for shape in read.inline_shapes] == [pytest.approx(160, abs=0.1)] * 4
    names = [shape._inline.docPr.get("descr") for shape in read.inline_shapes]
    assert names == ["应处置与按时处置", "各单位案件构成", "全市处置率走势", "大类构成"]
    pictures = [part for name, part in read.part.related_parts.items() if part.content_type == "image/png"]
    assert len(pictures) == 4
    for part in pictures:
        colours = Image.open(BytesIO(part.blob)).convert("RGB").getcolors(1 << 20)
        assert len(colours) > 20, "the picture is empty"


def test_a_page_has_its_number_and_is_a4() -> None:
    section = text(english()).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    footer = section.footer.paragraphs[0]._p
    assert [field.get(qn("w:instr")) for field in footer.findall(qn("w:fldSimple"))] == ["PAGE"]
    assert [node.text for node in footer.iter(qn("w:t"))] == ["— ", " —"]


def test_a_character_beyond_our_fonts_is_left_to_the_readers_fonts_but_a_control_character_to_nobody() -> (
    None
):
    assert text(Document("题", (Paragraph("😀\t𰻝\r\nb"),), CITY)).paragraphs[1].text[0] == "😀"
    with pytest.raises(CharacterNotPrintable) as refused:
        to_docx(Document("题", (Heading("a\x07b"),), CITY))
    assert "U+0007" in refused.value.errors[0].en


def test_the_same_document_is_the_same_file() -> None:
    assert to_docx(everything()) == to_docx(everything())
    assert to_docx(Document("题", (long_table(3),), CITY)) != to_docx(Document("题", (long_table(4),), CITY))
