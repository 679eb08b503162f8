"""A report as a document, in one language."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Literal

from casehub.campaigns.rules import Campaign
from casehub.campaigns.words import AGES, BESIDE, DOINGS, KINDS, PERIODS, RATES, REASONS
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

Language = Literal["zh", "en"]
#: More lines in one chart nobody can tell apart.
_MOST_LINES = 8


def report_document(
    campaign: Campaign, report: Mapping[str, Any], zone: tzinfo, language: Language
) -> Document:
    """The report of a period, or of all: what was cleared, by whom, what is left and why, and what is counted beside it."""
    return _Layout(campaign, report, zone, language).document()


class _Layout:
    """One report while it is laid out."""

    def __init__(
        self, campaign: Campaign, report: Mapping[str, Any], zone: tzinfo, language: Language
    ) -> None:
        self.campaign, self.report, self.zone, self.language = campaign, report, zone, language
        self.told = report["figures"]
        self.total = self.told["total"]

    def say(self, zh: str, en: str) -> str:
        """The one of the two that is printed."""
        return zh if self.language == "zh" else en

    def document(self) -> Document:
        """Summary, totals, units, course, visits and batches."""
        blocks = [
            Paragraph(self.summary()), Heading(self.say("总体情况", "Overview")), *self.totals(),
            Heading(self.say("各单位销号进度", "Units")), self.units(),
            Heading(self.say("清零进度", "Course")), *self.courses(),
            Heading(self.say("走访情况", "Visits")), self.visits(), *self.batches(),
        ]  # fmt: skip
        first, last = self.report["first_day"], self.report["end_day"] - timedelta(days=1)
        days = str(first) if first == last else self.say(f"{first} 至 {last}", f"{first} to {last}")
        kind, period = self.say(*KINDS[self.campaign.kind]), self.say(*PERIODS[self.report["unit"]])
        title = self.say(f"{self.campaign.name}{period}", f"{self.campaign.name}: {period}")
        subtitle = self.say(f"{kind}　{days}", f"{kind}, {days}")
        return Document(title, tuple(blocks), self.zone, subtitle, self.language)

    def summary(self) -> str:
        """All that matters in one paragraph."""
        total, came, campaign = self.total, self.told["newcomers"], self.campaign
        found = self.say("普查发现", "found by the survey") if campaign.kind == "census" else self.say("启动时在册", "open at the launch")  # fmt: skip
        bare = total["without_check_rate"]["numerator"]
        return self.say(
            f"本行动自 {campaign.first_day} 至 {campaign.last_day}，{found} {total['items']} 件。截至本期末，已清零 {total['cleared']} 件，"
            f"遗留 {total['residual']} 件，其中挂账 {total['suspended']} 件；另有作废 {total['voided']} 件、合并或转出 {total['passed_on']} 件，"
            f"不计入清零；已清零案件中未经核查结案 {bare} 件。启动后新增同类案件 {came['cases']} 件，"
            f"其中在办 {came['open']} 件，单列不计入清单。清零不改变案件超期事实：已清零案件中启动时已超期 {total['cleared_overdue']} 件。",
            f"From {campaign.first_day} to {campaign.last_day}; cases {found}: {total['items']}. By the end of this period "
            f"{total['cleared']} are cleared and {total['residual']} are left, {total['suspended']} of them suspended; beside "
            f"them {total['voided']} voided and {total['passed_on']} merged or transferred count as neither. Of "
            f"what was cleared, {bare} were closed without a check. Since the launch {came['cases']} more of the kind came, {came['open']} of "
            f"them open; they are not on the list. Of what was cleared, {total['cleared_overdue']} were overdue at the "
            "launch, and stay so.",
        )  # fmt: skip

    def totals(self) -> Iterator[Block]:
        """Rates with their targets, what stands beside them, ages before and after, and what is in the way."""
        total, days = self.total, self.campaign.rebound_days
        columns = (
            Column(self.say("指标", "Figure")), Column(self.say("分子", "Numerator"), Form.COUNT),
            Column(self.say("分母", "Denominator"), Form.COUNT), Column(self.say("数值", "Value"), Form.RATE),
            Column(self.say("目标", "Target"), Form.RATE),
        )  # fmt: skip
        rows = tuple(
            (self.say(*said), total[name]["numerator"], total[name]["denominator"], total[name]["value"], self.campaign.targets.get(name))
            for name, said in RATES.items()
        )  # fmt: skip
        note = self.say(
            f"反弹：清零后 {days} 天内同一地点（50 米内）再次发生同类问题。",
            f"Rebound: the same problem within 50 m and {days} days after it was cleared.",
        )
        yield Table(self.say("主要指标", "Rates"), columns, rows, (note,))
        beside = total | {"without_check": total["without_check_rate"]["numerator"]}
        within = self.say(
            "挂账、复核未通过的含在遗留内；未经核查结案、启动时已超期的含在清零内。",
            "Suspended and opened again: among those left. Without a check and overdue at the launch: among those cleared.",
        )
        yield self.counted(
            self.say("另行统计", "Told beside"), self.say("项目", "What"), BESIDE, beside, (within,)
        )
        yield from self.ages()
        yield self.counted(self.say("遗留原因", "What is in the way"), self.say("遗留原因", "Reason"), REASONS, total["reasons"])  # fmt: skip

    def counted(
        self,
        title: str,
        head: str,
        names: Mapping[str, tuple[str, str]],
        counts: Mapping[str, int],
        notes: tuple[str, ...] = (),
    ) -> Table:
        """A table of names with their counts."""
        rows = tuple((self.say(*said), counts[name]) for name, said in names.items())
        return Table(title, (Column(head), Column(self.say("件数", "Cases"), Form.COUNT)), rows, notes)

    def ages(self) -> Iterator[Block]:
        """How old the list was, and how old what is left of it is."""
        ages, names = self.total["ages"], tuple(self.say(*said) for said in AGES.values())
        before, now = (tuple(ages[one][when] for one in AGES) for when in ("before", "now"))
        titles = (self.say("启动时", "At the launch"), self.say("现遗留", "Left now"))
        columns = (Column(self.say("案龄", "Age")), *(Column(one, Form.COUNT) for one in titles))
        rows = tuple(zip(names, before, now, strict=True))
        yield Table(self.say("清单案龄前后对比", "Ages before and after"), columns, rows)
        series = (Series(titles[0], before), Series(titles[1], now))
        yield Chart(ChartKind.BAR, self.say("案龄前后对比", "Ages of the list"), names, series)

    def units(self) -> Table:
        """Units by rank."""
        count, rate = Form.COUNT, Form.RATE
        columns = (
            Column(self.say("名次", "Rank"), count), Column(self.say("单位", "Unit")), Column(self.say("在册", "Items"), count),
            Column(self.say("清零", "Cleared"), count), Column(self.say("清零率", "Cleared rate"), rate),
            Column(self.say("遗留", "Left"), count), Column(self.say("按计划完成率", "On plan"), rate),
            Column(self.say("复核通过率", "Rechecks passed"), rate), Column(self.say("反弹", "Rebound"), count),
            Column(self.say("作废", "Voided"), count), Column(self.say("挂账", "Suspended"), count),
            Column(self.say("未经核查结案", "Closed without a check"), count),
        )  # fmt: skip
        rows: list[tuple[Cell, ...]] = [
            (
                one["rank"], self.name(one), one["items"], one["cleared"], one["cleared_rate"]["value"], one["residual"],
                one["on_plan_rate"]["value"], one["recheck_pass_rate"]["value"], one["rebound_rate"]["numerator"], one["voided"],
                one["suspended"], one["without_check_rate"]["numerator"],
            )
            for one in self.told["units"]
        ]  # fmt: skip
        note = self.say("按清零率排名，相同者遗留少者在前。", "By what was cleared; among equals who has fewer left is ahead.")  # fmt: skip
        return Table(self.say("各单位排名", "Units by rank"), columns, tuple(rows), (note,))

    def name(self, one: Mapping[str, Any]) -> str:
        """What a unit is called."""
        return str(one["name"] or one["unit"] or self.say("未派遣", "Not dispatched"))

    def courses(self) -> Iterator[Block]:
        """The burn-down of all, and of the units with the longest lists."""
        course = self.told["burn_down"]
        days = tuple(date.fromisoformat(day).strftime("%m-%d") for day in course["days"])
        total = (
            Series(self.say("遗留", "Left"), tuple(course["left"])),
            Series(self.say("累计清零", "Cleared"), tuple(course["cleared"])),
            Series(
                self.say("累计作废、合并或转出", "Voided, merged or transferred"),
                tuple(course["ended_otherwise"]),
            ),
        )
        yield Chart(ChartKind.LINE, self.say("全清单进度", "Course of the list"), days, total)
        most = sorted(course["units"], key=lambda one: -one["left"][0])[:_MOST_LINES]
        lines = tuple(Series(self.name(one), tuple(one["left"])) for one in most)
        title = self.say("各单位遗留案件（在册最多的单位）", "What units have left (the longest lists)")
        yield Chart(ChartKind.LINE, title, days, lines)

    def visits(self) -> Block:
        """Who was visited, and what was agreed."""
        if not self.told["visits"]:
            return Paragraph(self.say("本期无走访记录。", "No visit in this period."))
        columns = (
            Column(self.say("时间", "When"), Form.MOMENT), Column(self.say("单位", "Unit")), Column(self.say("人员", "People")),
            Column(self.say("问题", "Problems")), Column(self.say("商定事项", "Agreed")),
        )  # fmt: skip
        rows = tuple(
            (
                datetime.fromisoformat(one["visited_at"]), one.get("name") or one["department_code"],
                self.say("、", ", ").join(one["people"]), one["problems"], one["agreed"],
            )
            for one in self.told["visits"]
        )  # fmt: skip
        return Table(self.say("走访记录", "Visits to units"), columns, rows)

    def batches(self) -> Iterator[Block]:
        """What was done with many cases at once; nothing where nothing was."""
        if not (told := self.told.get("batches")):
            return
        yield Heading(self.say("批量办理", "Batches"))
        columns = (
            Column(self.say("时间", "When"), Form.MOMENT), Column(self.say("事项", "What")),
            Column(self.say("案件", "Cases"), Form.COUNT), Column(self.say("已办", "Done"), Form.COUNT),
            Column(self.say("未成", "Refused"), Form.COUNT), Column(self.say("待办", "Waiting"), Form.COUNT),
        )  # fmt: skip
        rows = tuple(
            (
                datetime.fromisoformat(one["started_at"]), self.say(*DOINGS[one["doing"]]),
                one["cases"], one["done"], one["refused"], one["waiting"],
            )
            for one in told
        )  # fmt: skip
        yield Table(self.say("批量办理情况", "Batches of cases"), columns, rows)
