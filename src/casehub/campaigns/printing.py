"""A report as a document. Official papers of the city are Chinese, whoever reads them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from casehub.campaigns.figures import BANDS
from casehub.campaigns.rules import Campaign
from casehub.paper.document import (
    Block,
    Cell,
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

KINDS = {"backlog": "案件清零", "special_action": "专项整治", "census": "专项普查"}
_PERIODS = {"day": "日报", "week": "周报", "month": "月报"}
_AGES = dict(zip(BANDS, ("30 天及以内", "31–90 天", "91–180 天", "180 天以上"), strict=True))
_REASONS = {
    "unclear_owner": "权属不清", "no_funds": "资金未落实", "engineering": "需工程改造", "season": "季节因素", "refusal": "拒不配合",
    "not_said": "未说明",
}  # fmt: skip
#: More lines in one chart nobody can tell apart.
_MOST_LINES = 8


def report_document(campaign: Campaign, report: Mapping[str, Any], zone: tzinfo) -> Document:
    """The report of a period: what was cleared, by whom, what is left and why, and what is counted beside it."""
    first, last = report["first_day"], report["end_day"] - timedelta(days=1)
    days = str(first) if first == last else f"{first} 至 {last}"
    told = report["figures"]
    blocks = [
        Paragraph(_summary(campaign, told)), Heading("总体情况"), *_totals(campaign, told["total"]),
        Heading("各单位销号进度"), *_units(told), Heading("清零进度"), *_courses(told["burn_down"]),
        Heading("走访情况"), *_visits(told["visits"], told["units"]),
    ]  # fmt: skip
    title = f"{campaign.name}{_PERIODS[report['unit']]}"
    return Document(title, tuple(blocks), zone, subtitle=f"{KINDS[campaign.kind]}　{days}")


def _summary(campaign: Campaign, told: Mapping[str, Any]) -> str:
    total, came = told["total"], told["newcomers"]
    assert campaign.frozen_at is not None
    return (
        f"本行动自 {campaign.first_day} 至 {campaign.last_day}，启动时在册 {total['items']} 件。截至本期末，已清零 {total['cleared']} 件，"
        f"遗留 {total['residual']} 件；另有作废 {total['voided']} 件、挂账 {total['suspended']} 件、合并或转出 {total['passed_on']} 件，"
        f"未经核查结案 {total['without_check_rate']['numerator']} 件，均不以“清零”掩盖。启动后新增同类案件 {came['cases']} 件，"
        f"其中在办 {came['open']} 件，单列不计入清单。清零不改变案件超期事实：已清零案件中启动时已超期 {total['cleared_overdue']} 件。"
    )


def _share(total: Mapping[str, Any], name: str) -> float | None:
    value: float | None = total[name]["value"]
    return value


_RATES = {
    "cleared_rate": "清零率", "write_off_rate": "销号率", "on_plan_rate": "按计划完成率", "recheck_pass_rate": "复核通过率",
    "rebound_rate": "反弹率", "without_check_rate": "未经核查结案占比",
}  # fmt: skip


def _totals(campaign: Campaign, total: Mapping[str, Any]) -> Iterator[Block]:
    columns = (
        Column("指标"), Column("分子", Form.COUNT), Column("分母", Form.COUNT), Column("数值", Form.RATE), Column("目标", Form.RATE),
    )  # fmt: skip
    yield Table("主要指标", columns, tuple(
        (title, total[name]["numerator"], total[name]["denominator"], _share(total, name), campaign.targets.get(name))
        for name, title in _RATES.items()
    ), (f"反弹：清零后 {campaign.rebound_days} 天内同一地点（50 米内）再次发生同类问题。",))  # fmt: skip
    aged = (Column("案龄"), Column("启动时", Form.COUNT), Column("现遗留", Form.COUNT))
    ages = total["ages"]
    yield Table(
        "清单案龄前后对比", aged, tuple((_AGES[one], ages[one]["before"], ages[one]["now"]) for one in BANDS)
    )
    yield Chart(
        ChartKind.BAR,
        "案龄前后对比",
        tuple(_AGES.values()),
        (
            Series("启动时", tuple(ages[one]["before"] for one in BANDS)),
            Series("现遗留", tuple(ages[one]["now"] for one in BANDS)),
        ),
    )
    why = (Column("遗留原因"), Column("件数", Form.COUNT))
    yield Table("遗留原因", why, tuple((zh, total["reasons"][name]) for name, zh in _REASONS.items()))


_OF_UNIT = (
    Column("名次", Form.COUNT), Column("单位"), Column("在册", Form.COUNT), Column("清零", Form.COUNT), Column("清零率", Form.RATE),
    Column("遗留", Form.COUNT), Column("按计划完成率", Form.RATE), Column("复核通过率", Form.RATE), Column("反弹", Form.COUNT),
    Column("作废", Form.COUNT), Column("挂账", Form.COUNT), Column("未经核查结案", Form.COUNT),
)  # fmt: skip


def _units(told: Mapping[str, Any]) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = [
        (
            one["rank"], _name(one), one["items"], one["cleared"], _share(one, "cleared_rate"), one["residual"],
            _share(one, "on_plan_rate"), _share(one, "recheck_pass_rate"), one["rebound_rate"]["numerator"], one["voided"],
            one["suspended"], one["without_check_rate"]["numerator"],
        )
        for one in told["units"]
    ]  # fmt: skip
    yield Table("各单位排名", _OF_UNIT, tuple(rows), ("按清零率排名，相同者遗留少者在前。",))


def _name(one: Mapping[str, Any]) -> str:
    return str(one["name"] or one["unit"] or "未派遣")


def _courses(course: Mapping[str, Any]) -> Iterator[Block]:
    days = tuple(date.fromisoformat(day).strftime("%m-%d") for day in course["days"])
    total = (
        Series("遗留", tuple(course["left"])),
        Series("累计清零", tuple(course["cleared"])),
        Series("累计作废、合并或转出", tuple(course["ended_otherwise"])),
    )
    yield Chart(ChartKind.LINE, "全清单进度", days, total)
    most = sorted(course["units"], key=lambda one: -one["left"][0])[:_MOST_LINES]
    lines = tuple(Series(_name(one), tuple(one["left"])) for one in most)
    yield Chart(ChartKind.LINE, "各单位遗留案件（在册最多的单位）", days, lines)


def _visits(visits: Sequence[Mapping[str, Any]], units: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not visits:
        yield Paragraph("本期无走访记录。")
        return
    names = {one["unit"]: _name(one) for one in units}
    columns = (
        Column("时间", Form.MOMENT),
        Column("单位"),
        Column("人员"),
        Column("问题"),
        Column("商定事项"),
    )
    yield Table("走访记录", columns, tuple(
        (
            datetime.fromisoformat(one["visited_at"]), names.get(one["department_code"], one["department_code"]),
            "、".join(one["people"]), one["problems"], one["agreed"],
        )
        for one in visits
    ))  # fmt: skip
