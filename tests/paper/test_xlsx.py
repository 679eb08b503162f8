"""Spreadsheets, read back."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest
from tests.paper.specimens import CITY, RARE, UNITS, english, everything

from casehub.paper.document import Column, Document, Table
from casehub.paper.xlsx import to_xlsx


def book(document: Document) -> Any:
    return openpyxl.load_workbook(BytesIO(to_xlsx(document)))


def test_numbers_stay_numbers_with_their_formats() -> None:
    sheet = book(everything())["表1 处置情况"]
    assert [cell.value for cell in sheet[2]][:3] == ["处置单位", "应处置数", "按时处置率"]
    unit, count, rate, score, closed, day = sheet[4]
    assert (unit.value, unit.data_type) == (UNITS[1], "s")
    assert (count.value, count.number_format) == (37, "0")
    assert (rate.value, rate.number_format) == (pytest.approx(1 / 9), "0.00%")
    assert (score.value, score.number_format) == (97.505, "0.00")
    assert (f"{closed.value:%Y-%m-%d %H:%M}", closed.number_format) == (
        "2023-06-09 16:30",
        "yyyy-mm-dd hh:mm",
    )
    assert (f"{day.value:%Y-%m-%d}", day.number_format) == ("2023-06-30", "yyyy-mm-dd")
    assert sheet["C3"].value == "—"


def test_the_head_stays_above_and_columns_are_wide_enough_for_chinese() -> None:
    sheet = book(everything())["表1 处置情况"]
    assert sheet.freeze_panes == "A3"
    assert sheet.print_title_rows == "$2:$2"
    assert sheet.column_dimensions["A"].width > 2 * len(UNITS[3])


@pytest.mark.parametrize(
    "sign", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")', "\t=1", "{=1}", "https://x.y"]
)
def test_text_is_never_a_formula_or_a_link(sign: str) -> None:
    document = Document(sign, (Table("表", (Column(sign),), ((sign,),), (sign,)),), CITY, sign)
    read = book(document)
    cells = [*read["正文"]["A"], read["表"]["A2"], read["表"]["A3"], read["表"]["A4"]]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [(sign, "s", None)] * 5


def test_a_chart_is_drawn_by_the_spreadsheet_from_its_figures() -> None:
    read = book(everything())
    assert {sheet.title: len(sheet._charts) for sheet in read} == {
        "正文": 0, "应处置与按时处置": 1, "表1 处置情况": 0, "各单位案件构成": 1, "全市处置率走势": 1, "大类构成": 1,
    }  # fmt: skip
    sheet = read["应处置与按时处置"]
    assert [[cell.value for cell in row] for row in sheet["A2:C5"]] == [
        ["类别", "应处置", "按时处置"],
        [UNITS[0], 12, 10],
        [UNITS[1], 30, 28],
        [UNITS[2], 22, "—"],
    ]
    kinds = {sheet.title: type(sheet._charts[0]).__name__ for sheet in read if sheet._charts}
    assert [*kinds.values()] == ["BarChart", "BarChart", "LineChart", "PieChart"]
    series = sheet._charts[0].series[1]
    assert (series.cat.numRef or series.cat.strRef).f == "应处置与按时处置!$A$3:$A$7"
    assert series.val.numRef.f == "应处置与按时处置!$C$3:$C$7"


def test_names_of_sheets_are_legal_and_apart() -> None:
    titles = ("[表]:*?/\\'", "表", "同名" * 30, "同名" * 30, "Same", "SAME", "", "正文")
    names = book(
        Document("题", tuple(Table(title, (Column("列"),), ()) for title in titles), CITY)
    ).sheetnames
    assert names == [
        "正文", "表", "表 (2)", ("同名" * 30)[:31], ("同名" * 30)[:27] + " (2)", "Same", "SAME (2)", "正文 (2)", "正文 (3)",
    ]  # fmt: skip


def test_headings_and_paragraphs_stand_on_a_sheet_of_their_own() -> None:
    lines = [cell.value for cell in book(everything())["正文"]["A"]]
    assert lines[:3] == ["2023年6月城市管理运行情况通报", "第6期（总第30期）", "一、总体情况"]
    assert RARE in lines[3]
    assert book(english()).sheetnames == ["Text", "Departments", "Due cases"]


def test_the_same_document_is_the_same_file() -> None:
    assert to_xlsx(everything()) == to_xlsx(everything())


def test_control_characters_do_not_break_the_file() -> None:
    file = to_xlsx(Document("a\x07b", (), CITY))
    with ZipFile(BytesIO(file)) as parts:
        for name in parts.namelist():
            ET.fromstring(parts.read(name))
