"""Pages, read back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject
from tests.paper.specimens import CITY, MARKUP, RARE, bulletin, english, everything, letter, long_table

from casehub.paper.charts import to_svg
from casehub.paper.document import Chart, ChartKind, Column, Document, Heading, Paragraph, Series, Table
from casehub.paper.pdf import to_pdf
from casehub.paper.press import is_printable
from casehub.paper.problems import CharacterNotPrintable


def pages(document: Document) -> list[str]:
    """Text of each page without blanks: where a line breaks is the page's affair."""
    reader = PdfReader(BytesIO(to_pdf(document)))
    return [
        "".join(page.extract_text().replace("\u200b", "").replace("\ufeff", "").split())
        for page in reader.pages
    ]


def one_page(text: str) -> str:
    (page,) = pages(Document("题", (Paragraph(text),), CITY))
    return page


def fonts(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every font of the file, wherever it is used."""
    for number in range(1, len(reader.xref_objStm) + sum(map(len, reader.xref.values())) + 1):
        found = reader.get_object(IndirectObject(number, 0, reader))
        if isinstance(found, DictionaryObject) and found.get("/Type") == "/FontDescriptor":
            yield found


def test_what_goes_in_comes_out() -> None:
    text = "".join(pages(everything()))
    for said in (
        "2023年6月城市管理运行情况通报",
        "第6期（总第30期）",
        "一、总体情况",
        "（一）处置情况",
        "第一行第二行withEnglishwords",
    ):
        assert said in text
    assert f"联系人：{RARE}。" in text
    assert f"制表：{RARE}" in text
    assert f"{RARE}中队18555.56%93.512023-06-0916:302023-06-30" in text
    assert "城管一中队0—98.51" in text
    assert text.count("".join(MARKUP.split())) == 2, "markup is text"
    assert "=1+12" in text
    assert "市容环境120" in text, "the text of a chart is text"


def test_an_english_document_prints_as_one() -> None:
    (text,) = pages(english())
    assert "Lighting&signs<b>3100.00%" in text
    assert text.endswith("—1—")


@pytest.mark.parametrize("make", [everything, english, bulletin, letter])
def test_every_font_is_embedded_and_ours(make: Any) -> None:
    found = [*fonts(PdfReader(BytesIO(to_pdf(make()))))]
    assert found
    for font in found:
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & font.keys(), f"{font['/FontName']} is not embedded"
        assert str(font["/FontName"]).split("+")[1] in {"NotoSansSC-Regular", "NotoSerifSC-Regular"}


def test_every_character_of_gb_2312_has_a_glyph_and_prints() -> None:
    level = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = "".join(pair.decode("gb2312", errors="ignore") for pair in level)
    assert len(characters) == 6763
    assert [one for one in characters if not is_printable(one)] == []
    printed = "".join(
        page.removesuffix(f"—{number}—")
        for number, page in enumerate(pages(Document("题", (Paragraph(characters),), CITY)), 1)
    )
    assert printed == f"题{characters}"


def test_a_table_runs_over_pages_with_its_head_on_each() -> None:
    read = pages(Document("题", (long_table(500),), CITY))
    assert len(read) == 11
    assert all("处置单位应处置数" in page for page in read)
    text = "".join(read)
    assert all(f"第{row}中队{row * 37}" in text for row in range(1, 501))


def test_a_table_of_many_columns_stays_on_the_page() -> None:
    columns = tuple(Column(f"第{number}列指标名称") for number in range(16))
    document = Document("题", (Table("宽表", columns, (("很长的单元格文字" * 4,) * 16,) * 2),), CITY)
    reader = PdfReader(BytesIO(to_pdf(document)))
    right = []

    def look(text: str, cm: Any, tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            right.append(cm[0] * tm[4] + cm[4])

    for page in reader.pages:
        page.extract_text(visitor_text=look)
    assert min(right) > 0
    assert max(right) < 210 / 25.4 * 72 - 50


@pytest.mark.parametrize(
    "text",
    [
        MARKUP,
        '#panic("x")',
        "$1+1$",
        "`raw`",
        "a\\b",
        "= no heading",
        "- no list",
        "~ -- --- ...",
        'it\'s "so"',
    ],
)
def test_markup_prints_as_it_is(text: str) -> None:
    assert one_page(text) == f"题{''.join(text.split())}—1—"


def test_line_breaks_and_tabs_of_forms_print() -> None:
    assert one_page("a\r\nb\tc\nd") == "题abcd—1—"


def test_characters_without_a_glyph_are_named_with_their_place() -> None:
    table = Table("表1", (Column("单位"),), (("所",), ("😀队",)))
    chart = Chart(ChartKind.BAR, "图", ("甲", "\U0003134a"), (Series("乙", (1, 2)),))
    with pytest.raises(CharacterNotPrintable) as refused:
        to_pdf(Document("题", (Heading("a\x00"), table, chart), CITY))
    assert [(one.rule, one.field) for one in refused.value.errors] == [
        ("character_printable", "block 1"),
        ("character_printable", "table “表1”, row 2, column “单位”"),
        ("character_printable", "chart “图”"),
    ]
    assert [one.en for one in refused.value.errors][1] == (
        "table “表1”, row 2, column “单位”: “😀” (U+1F600) has no glyph; change it or spell it out"
    )
    assert [one.zh for one in refused.value.errors][
        1
    ] == "表“表1”第 2 行“单位”列：“😀”（U+1F600）没有字形，请改写该字符"


def test_the_same_document_is_the_same_file_also_when_many_print_at_once() -> None:
    alone = [to_pdf(make()) for make in (everything, english, letter)]
    with ThreadPoolExecutor(4) as pool:
        together = [*pool.map(lambda make: to_pdf(make()), (everything, english, letter) * 4)]
    assert together == alone * 4


@pytest.mark.parametrize("kind", ChartKind)
def test_a_chart_of_nothing_is_no_error(kind: ChartKind) -> None:
    series = Series("件数", ())
    (page,) = pages(Document("题", (Chart(kind, "空图", (), (series,)),), CITY))
    assert page.startswith("题空图")
    assert page.endswith("——1—"), "a dash says that there is nothing"
    assert b"<svg" in to_svg(Chart(kind, "图", ("甲", "乙"), (Series("件数", (None, 0)),)))


def test_a_chart_takes_values_of_its_form_only() -> None:
    with pytest.raises(TypeError, match="is no count"):
        to_svg(Chart(ChartKind.BAR, "图", ("甲",), (Series("件数", (1.5,)),)))


@pytest.mark.parametrize("number", [3, 12, 40])
def test_long_names_of_categories_stand_whole_beside_lying_bars(number: int) -> None:
    names = tuple(f"经济技术开发区第{place}街道综合行政执法队" for place in range(1, number + 1))
    for kind in (ChartKind.BAR, ChartKind.STACKED):
        series = (Series("应处置", tuple(range(number))), Series("按时处置", (3,) * number))
        text = "".join(pages(Document("题", (Chart(kind, "图", names, series),), CITY)))
        assert [name for name in names if name not in text] == []


def test_nothing_of_the_press_is_loaded_by_the_server() -> None:
    """A server that only serves pays neither the time nor the memory of printing."""
    heavy = "import sys, casehub.app, casehub.worker; print({'typst', 'pygal', 'docx', 'xlsxwriter', 'uharfbuzz'} & {*sys.modules})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", heavy], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "set()"
