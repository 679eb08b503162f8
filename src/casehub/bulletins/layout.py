"""A bulletin as a document to print: headings, paragraphs, tables and charts, in the order of its sections."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson

from casehub.bulletins.asked import CHECK, ROWS, SPECIAL
from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.cells import cell_of, difference, moment_of
from casehub.bulletins.content import figure_in
from casehub.bulletins.definition import Section
from casehub.bulletins.layout_levers import campaigns, letters
from casehub.bulletins.words import SECTIONS, Said, day_of_print, formulas_of, sentence_of, title_of
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

#: Rows that are printed of a list; how many there are in all is said. Source: our choice.
_MOST_ROWS = 50
#: Bars of a chart: what a page has room for.
_MOST_BARS = 30
#: Slices of a pie; what is smaller is summed.
_MOST_SLICES = 8
_NUMERALS = (*"一二三四五六七八九十", "十一", "十二")
Language = Literal["zh", "en"]


def document_of(bulletin: Bulletin, zone: ZoneInfo, language: Language) -> Document:
    """The bulletin in one language."""
    return Layout(bulletin, zone, language).document()


class Layout:
    """One bulletin while it is laid out, in one language."""

    def __init__(self, bulletin: Bulletin, zone: ZoneInfo, language: Language) -> None:
        self.bulletin, self.zone, self.language = bulletin, zone, language
        self.content = orjson.loads(bulletin.content)
        self.definition, self.chinese = self.content["definition"], language == "zh"
        # A kind of unit that the city does not have is a group without rows.
        self.inhabited = [group for group in self.content.get("groups", ()) if group["rows"]]
        self.tables = self.charts = 0

    def document(self) -> Document:
        """Opening, sections, signature."""
        blocks: list[Block] = [Paragraph(one[self.language]) for one in self.content["opening"]]
        if self.bulletin.withdrawn_reason:
            blocks.insert(0, Paragraph(self.say(f"本期通报已撤回：{self.bulletin.withdrawn_reason}", f"Withdrawn: {self.bulletin.withdrawn_reason}")))  # fmt: skip
        for number, name in enumerate(self.definition["sections"], 1):
            section = Section(name)
            title = SECTIONS[section]
            blocks.append(Heading(self.say(f"{_NUMERALS[number - 1]}、{title.zh}", f"{number}. {title.en}")))
            blocks += _WRITERS[section](self)
        blocks += self.signature()
        title = self.definition["title" if self.chinese else "title_en"]
        return Document(title, tuple(blocks), self.zone, self.subtitle(), self.language)

    def subtitle(self) -> str:
        """Period and number; what is no published bulletin says so."""
        period, number = self.content["period"][self.language], self.bulletin.number
        if number is None:
            return self.say(f"（草稿）{period}", f"Draft, {period}")
        issue = self.say(
            f"{self.bulletin.year}年第{number}期（{period}）",
            f"No. {number} of {self.bulletin.year}, {period}",
        )
        return issue if self.bulletin.state == "published" else issue + self.say("（已撤回）", " (withdrawn)")

    def signature(self) -> list[Block]:
        """Who signs, and the day."""
        on = self.bulletin.published_at or self.bulletin.drawn_at
        day, issuer = (
            day_of_print(on.astimezone(self.zone).date()),
            self.definition["issuer" if self.chinese else "issuer_en"],
        )
        return [Paragraph(f"{issuer}\n{self.said(day)}", right=True)]

    def say(self, zh: str, en: str) -> str:
        """The one of the two that is printed."""
        return zh if self.chinese else en

    def said(self, said: Said) -> str:
        """The same."""
        return self.say(said.zh, said.en)

    def name(self, row: Mapping[str, Any]) -> str:
        """What a row is called."""
        called = (None if self.chinese else row.get("name_en")) or row["name"]
        return str(called or self.say("（未定）", "(none)"))

    def overview(self) -> Iterator[Block]:
        """Headline figures in words."""
        yield self.paragraph(self.definition["indicators"])
        formulas = formulas_of(self.definition["indicators"])
        if formulas.zh:
            yield Paragraph(self.say(f"注：{formulas.zh}。", f"Formulas: {formulas.en}."))

    def paragraph(self, figures: Iterable[str]) -> Paragraph:
        """Figures of the city in one sentence."""
        told = [self.said(sentence_of(name, figure_in(self.content["city"], name))) for name in figures]
        return Paragraph(self.say("，", "; ").join(told) + self.say("。", "."))

    def check(self) -> Iterator[Block]:
        """Both ratios of checks on time. Source: reference 0.3."""
        yield self.paragraph(CHECK)
        yield Paragraph(
            self.say(
                "按时核查率以应核查数为分母；占核查数的比率一并列出，两者之差为应核查而未核查的案件。",
                "The on-time check rate is over what should have been checked; the ratio over what was checked stands beside "
                "it, and differs from it by what was never checked.",
            )
        )

    def comparison(self) -> Iterator[Block]:
        """This period beside the one before and that of the year before."""
        titles = {"counts": self.say("同比环比（件数）", "Comparison of counts"), "indicators": self.say("同比环比（比率）", "Comparison of rates")}  # fmt: skip
        others = [("previous", self.say("上期", "Previous")), ("last_year", self.say("去年同期", "Year before"))]  # fmt: skip
        for kind, form, key in (("counts", Form.COUNT, "value"), ("indicators", Form.RATE, "percent")):
            names = [name for name in self.definition["indicators"] if name in self.content["city"][kind]]
            if names:
                columns, rows = self.compared(names, form, key, others)
                yield self.table(titles[kind], columns, rows)

    def compared(
        self, names: Sequence[str], form: Form, key: str, others: Sequence[tuple[str, str]]
    ) -> tuple[list[Column], list[tuple[Cell, ...]]]:
        """A row for each figure; rates change by percentage points."""
        change = self.say("增减（百分点）" if form is Form.RATE else "增减", "Change (points)" if form is Form.RATE else "Change")  # fmt: skip
        columns = [Column(self.say("指标", "Figure")), Column(self.say("本期", "This period"), form)]
        for _, title in others:
            columns += [Column(title, form), Column(change, Form.SCORE if form is Form.RATE else Form.COUNT)]
        rows = []
        for name in names:
            here = figure_in(self.content["city"], name)
            row: list[Cell] = [self.said(title_of(name)), cell_of(here)]
            for other, _ in others:
                there = figure_in(self.content[other], name)
                row += [cell_of(there), difference(here[key], there[key])]
            rows.append(tuple(row))
        return columns, rows

    def groups(self) -> Iterator[Block]:
        """A table for each group, the whole city below."""
        for number, group in enumerate(self.inhabited, 1):
            title = group["title" if self.chinese else "title_en"]
            yield self.below(number, title)
            columns = [Column(self.say("单位", "Unit")), *self.columns(self.definition["indicators"])]
            rows = [self.row(self.name(row), row) for row in group["rows"]]
            rows.append(self.row(self.say("全市", "City"), self.content["city"]))
            yield self.table(title, columns, rows)

    def below(self, number: int, title: str) -> Heading:
        """A heading below that of the section."""
        return Heading(self.say(f"（{_NUMERALS[number - 1] if number <= len(_NUMERALS) else number}）{title}", title), 2)  # fmt: skip

    def columns(self, figures: Iterable[str]) -> list[Column]:
        """A column for each figure."""
        counted = self.content["city"]["counts"]
        return [Column(self.said(title_of(name)), Form.COUNT if name in counted else Form.RATE) for name in figures]  # fmt: skip

    def row(self, name: str, row: Mapping[str, Any]) -> tuple[Cell, ...]:
        """A row with the indicators of the bulletin."""
        return (name, *(cell_of(figure_in(row, one)) for one in self.definition["indicators"]))

    def ranking(self) -> Iterator[Block]:
        """The ranks of each group with load and burden beside, the five at either end, and who is listed apart."""
        for number, group in enumerate(self.inhabited, 1):
            ranking = group["ranking"]
            names = {row["code"]: self.name(row) for row in group["rows"]}
            yield self.below(number, group["title" if self.chinese else "title_en"])
            if ranking["ranked"]:
                yield Paragraph(self.ends(ranking, names))
                yield self.ranked(group, ranking, names)
                yield self.bars(group, ranking, names)
            if ranking["apart"]:
                load = ranking["load" if self.chinese else "load_en"]
                told = self.say("、", ", ").join(
                    self.say(
                        f"{names[one['code']]}（{load} {one['load']}）",
                        f"{names[one['code']]} ({load}: {one['load']})",
                    )
                    for one in ranking["apart"]
                )
                yield Paragraph(self.say(f"单独列出，不参加排名：{told}。", f"Listed apart, without a rank: {told}."))  # fmt: skip

    def ends(self, ranking: Mapping[str, Any], names: Mapping[str, str]) -> str:
        """The best and the worst five. Source: reference 5.7 [B1]."""
        between = self.say("、", ", ")
        best, worst = (between.join(names[code] for code in ranking[end]) for end in ("best", "worst"))
        if len(ranking["ranked"]) <= len(ranking["best"]):
            return self.say(f"排名：{best}。", f"In order: {best}.")
        return self.say(f"前五名：{best}。后五名：{worst}。", f"Best five: {best}. Worst five: {worst}.")

    def bars(self, group: Mapping[str, Any], ranking: Mapping[str, Any], names: Mapping[str, str]) -> Chart:
        """The points of those ranked, best first."""
        title = f"{group['title' if self.chinese else 'title_en']} {ranking['title' if self.chinese else 'title_en']}"
        told = ranking["ranked"][:_MOST_BARS]
        self.charts += 1
        return Chart(
            ChartKind.BAR, self.say(f"图{self.charts} {title}", f"Chart {self.charts}. {title}"),
            tuple(names[one["code"]] for one in told),
            (Series(self.say("得分", "Points"), tuple(Decimal(one["total"]) for one in told)),), Form.SCORE,
        )  # fmt: skip

    def ranked(self, group: Mapping[str, Any], ranking: Mapping[str, Any], names: Mapping[str, str]) -> Table:
        """Everybody with a rank."""
        graded = any(one["grade"] for one in ranking["ranked"])
        score = ranking["title" if self.chinese else "title_en"]
        columns = [
            Column(self.say("名次", "Rank"), Form.COUNT), Column(self.say("单位", "Unit")),
            Column(score + self.say("（分）", " (points)"), Form.SCORE), *([Column(self.say("等级", "Grade"))] if graded else []),
            Column(ranking["load" if self.chinese else "load_en"], Form.COUNT), Column(self.say("占比", "Share"), Form.RATE),
            Column(self.say("紧急占比", "Urgent"), Form.RATE), Column(self.say("疑难占比", "Difficult"), Form.RATE),
            Column(self.say("休息日到期占比", "Due on days of rest"), Form.RATE),
        ]  # fmt: skip
        rows = [
            (
                one["rank"], names[one["code"]], Decimal(one["total"]),
                *([one["grade"]["word" if self.chinese else "word_en"] if one["grade"] else None] if graded else []),
                one["load"], *(cell_of(one[part]) for part in ("load_share", "urgent_share", "difficult_share", "holiday_exposure")),
            )
            for one in ranking["ranked"]
        ]  # fmt: skip
        least = ranking["minimum"]["at_least"]
        load = ranking["load" if self.chinese else "load_en"]
        note = self.say(f"注：{load}不足 {least} 件的单位不参加排名；同分同名次。", f"Units with fewer than {least} ({load}) are not ranked; ties share a rank.")  # fmt: skip
        title = group["title" if self.chinese else "title_en"]
        return self.table(self.say(f"{title}排名", f"Ranking: {title}"), columns, rows, note)

    def rows(self, section: Section) -> Iterator[Block]:
        """Rows of one count with their shares, and a chart of them."""
        count, told = ROWS[section][1], self.content[section.value]
        if not told:
            yield self.none()
            return
        title, of = self.said(SECTIONS[section]), self.said(title_of(count))
        columns = [Column(self.say("名称", "Name")), Column(of, Form.COUNT), Column(self.say("占比", "Share"), Form.RATE)]  # fmt: skip
        rows: list[tuple[Cell, ...]] = [
            (self.name(row), row["counts"][count]["value"], cell_of(row["share"])) for row in told
        ]
        more = self.say(f"注：共 {len(rows)} 项，列出前 {_MOST_ROWS} 项。", f"The first {_MOST_ROWS} of {len(rows)}.") if len(rows) > _MOST_ROWS else ""  # fmt: skip
        yield self.table(title, columns, rows[:_MOST_ROWS], more)
        if section is Section.CLASSES:
            yield self.pie(self.say("大类构成", "Shares of the classes"), of, rows)

    def pie(self, title: str, of: str, rows: Sequence[tuple[Cell, ...]]) -> Chart:
        """The largest, and the others together."""
        largest = [(str(name), int(str(n))) for name, n, _ in rows[:_MOST_SLICES]]
        rest = sum(int(str(n)) for _, n, _ in rows[_MOST_SLICES:])
        slices = [*largest, *([(self.say("其他", "Others"), rest)] if rest else [])]
        self.charts += 1
        return Chart(
            ChartKind.PIE, self.say(f"图{self.charts} {title}", f"Chart {self.charts}. {title}"),
            tuple(name for name, _ in slices), (Series(of, tuple(n for _, n in slices)),),
        )  # fmt: skip

    def none(self) -> Paragraph:
        """There is nothing to tell."""
        return Paragraph(self.say("本期无。", "None in this period."))

    def special(self) -> Iterator[Block]:
        """Source: reference 0.4, S0a."""
        yield self.paragraph(SPECIAL)

    def overdue(self) -> Iterator[Block]:
        """The oldest of them, and how many there are."""
        in_all, told = self.content["city"]["counts"]["overdue_open"]["value"], self.content["overdue"]
        few = self.say(f"，列出最早的 {len(told)} 件", f", of which the oldest {len(told)}") if len(told) < in_all else ""  # fmt: skip
        yield Paragraph(self.say(f"期末超期未结案件共 {in_all:,} 件{few}。", f"{in_all:,} cases were overdue and open at the end of the period{few}."))  # fmt: skip
        if told:
            titles = (("案件编号", "Case"), ("小类", "Class"), ("承办单位", "Unit"), ("区域", "Area"))
            columns = [
                *(Column(self.say(*one)) for one in titles),
                Column(self.say("处置时限", "Due"), Form.MOMENT),
            ]
            rows = [
                (one["case_no"], one["category"], one["department"], one["area"], moment_of(one["due_at"]))
                for one in told
            ]
            yield self.table(self.said(SECTIONS[Section.OVERDUE]), columns, rows)

    def table(
        self, title: str, columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]], note: str = ""
    ) -> Table:
        """A table with its number."""
        self.tables += 1
        numbered = self.say(f"表{self.tables} {title}", f"Table {self.tables}. {title}")
        return Table(numbered, tuple(columns), tuple(rows), (note,) if note else ())


_WRITERS = {
    Section.OVERVIEW: Layout.overview,
    Section.CHECK: Layout.check,
    Section.COMPARISON: Layout.comparison,
    Section.GROUPS: Layout.groups,
    Section.RANKING: Layout.ranking,
    Section.CLASSES: lambda layout: layout.rows(Section.CLASSES),
    Section.HAZARDS: lambda layout: layout.rows(Section.HAZARDS),
    Section.CHANNELS: lambda layout: layout.rows(Section.CHANNELS),
    Section.SPECIAL: Layout.special,
    Section.OVERDUE: Layout.overdue,
    Section.LETTERS: letters,
    Section.CAMPAIGNS: campaigns,
}
