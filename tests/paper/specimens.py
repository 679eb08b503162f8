"""Documents to print: one with every block, one as long as a month's bulletin, one as short as a letter."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from casehub.paper.document import (
    Chart,
    ChartKind,
    Column,
    Document,
    Form,
    Heading,
    Paragraph,
    Series,
    Table,
)

CITY = ZoneInfo("Asia/Shanghai")
#: Names that fonts of the first GB level lack.
RARE = "镕喆堃囧"
MARKUP = '#import "x" *b* _i_ $x$ @y <z> // c'
UNITS = ("城管一中队", "市政维护中心", "园林绿化管理所", "环境卫生管理所（东片）", "滨河路街道办事处")
COLUMNS = (
    Column("处置单位"),
    Column("应处置数", Form.COUNT),
    Column("按时处置率", Form.RATE),
    Column("综合得分", Form.SCORE),
    Column("最近一件结案", Form.MOMENT),
    Column("统计日", Form.DATE),
)
#: 16:30 in the city.
CLOSED_AT = datetime(2023, 6, 9, 8, 30, tzinfo=UTC)


def figures(name: str, number: int) -> tuple[str, int, Decimal | None, float, datetime, date]:
    rate = Decimal(number % 9) / 9 if number else None
    return name, number * 37, rate, 98.505 - number, CLOSED_AT, date(2023, 6, 30)


def charts() -> tuple[Chart, ...]:
    months = tuple(f"2023-{month:02}" for month in range(1, 13))
    return (
        Chart(
            ChartKind.BAR,
            "应处置与按时处置",
            UNITS,
            (Series("应处置", (12, 30, 22, 18, 5)), Series("按时处置", (10, 28, None, 12, 5))),
        ),
        Chart(
            ChartKind.STACKED,
            "各单位案件构成",
            UNITS,
            (Series("部件", (12, 30, 22, 18, 0)), Series("事件", (10, 28, 20, 12, 5))),
        ),
        Chart(
            ChartKind.LINE,
            "全市处置率走势",
            months,
            (Series("处置率", tuple(Decimal(80 + month) / 100 for month in range(12))),),
            Form.RATE,
        ),
        Chart(
            ChartKind.PIE, "大类构成", ("市容环境", "宣传广告", "突发事件"), (Series("件数", (120, 30, 1)),)
        ),
    )


def everything() -> Document:
    """Every block, with rare names, markup and formulas in it."""
    table = Table(
        "表1 处置情况",
        COLUMNS,
        tuple(figures(unit, number) for number, unit in enumerate((*UNITS, f"{RARE}中队", MARKUP, "=1+1"))),
        ("注：按时处置率为空的单位当期无应处置案件。", f"制表：{RARE}"),
    )
    bar, stacked, line, pie = charts()
    return Document(
        "2023年6月城市管理运行情况通报",
        (
            Heading("一、总体情况"),
            Paragraph(f"本月共受理案件 14,577 件，按时处置率 85.19%。联系人：{RARE}。" * 3),
            Paragraph("第一行\n第二行 with English words, and figures 1234567890."),
            bar,
            Heading("（一）处置情况", 2),
            table,
            stacked,
            Heading("二、走势"),
            Paragraph(MARKUP),
            line,
            pie,
        ),
        CITY,
        "第6期（总第30期）",
    )


def english() -> Document:
    columns = (Column("Department"), Column("Due", Form.COUNT), Column("On time", Form.RATE))
    rows = (("Roads", 14577, 0.85185), ("Parks", 0, None), ("Lighting & signs <b>", 3, Decimal(1)))
    return Document(
        "Bulletin of June 2023",
        (
            Heading("Overview"),
            Paragraph("The on-time rate was 85.19%. " * 12),
            Table("Departments", columns, rows, ("Without cases there is no rate.",)),
            Chart(ChartKind.BAR, "Due cases", ("Roads", "Parks"), (Series("Due", (14577, 0)),)),
        ),
        CITY,
        "No. 6",
        "en",
    )


def long_table(rows: int, title: str = "长表") -> Table:
    return Table(title, COLUMNS, tuple(figures(f"第{row}中队", row) for row in range(1, rows + 1)))


def bulletin(number: int = 6) -> Document:
    """Three tables of sixty rows and two charts."""
    opening = (Heading("一、总体情况"), Paragraph("本月共受理案件 14,577 件，按时处置率 85.19%。" * 4))
    tables = (long_table(60, f"第{number}期表{table}") for table in (1, 2, 3))
    return Document("城市管理运行情况通报", (*opening, *tables, *charts()[:2]), CITY, f"第{number}期")


def letter(number: int = 1) -> Document:
    """One page of text."""
    text = f"你单位承办的第{number}号案件已超过处置时限，请于三个工作日内办结并书面反馈处置结果。"
    blocks = (Paragraph(f"{UNITS[1]}："), *[Paragraph(text * 3)] * 4)
    return Document("关于督办超期案件的函", blocks, CITY, f"平城管督〔2023〕{number}号")
