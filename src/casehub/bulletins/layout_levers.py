"""Letters and campaigns laid out: the two levers that move a stuck city. Source: reference 6.4, 7."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casehub.bulletins.cells import cell_of, moment_of
from casehub.bulletins.words import AGES, CAMPAIGN_KINDS, CAMPAIGNS, day_of_print, in_words, title_of
from casehub.letters.figures import FIGURES
from casehub.paper.document import Block, Cell, Column, Form, Paragraph, Table

if TYPE_CHECKING:
    from casehub.bulletins.layout import Layout

_COUNTS = ("items", "cleared_in_period", "cleared", "residual", "voided", "suspended", "passed_on")
_RATES = ("cleared_rate", "on_plan_rate", "recheck_pass_rate", "rebound_rate", "without_check_rate")
#: As many as a page has room for; the content has all.
_OF_UNIT = (
    "items", "cleared", "cleared_rate", "residual", "on_plan_rate", "voided", "suspended", "without_check_rate",
)  # fmt: skip
_OF_ROUND = ("drafted", "sent", "answered_on_time", "answered_late", "unanswered")


def letters(layout: "Layout") -> Iterator[Block]:
    """What was sent and what was answered, by steps and units; rounds; and who did not answer."""
    told = layout.content["letters"]
    if not told["steps"] and not told["rounds"]:
        yield layout.none()
        return
    counts = told["total"]["counts"]
    said = (layout.said(in_words(title_of(name), counts[name])) for name in FIGURES)
    yield Paragraph(layout.say("督办文书：", "Letters: ") + layout.say("，", "; ").join(said) + layout.say("。", "."))  # fmt: skip
    if told["steps"]:
        yield _rows(
            layout, layout.say("各类文书", "Letters by kind"), layout.say("文书", "Kind"), told["steps"]
        )
        yield _rows(
            layout, layout.say("各单位文书", "Letters by unit"), layout.say("单位", "Unit"), told["units"]
        )
    if told["rounds"]:
        yield _rounds(layout, told["rounds"])
    yield _unanswered(layout, told["units"])


def _rows(layout: "Layout", title: str, whose: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    columns = [Column(whose), *(Column(layout.said(title_of(name)), Form.COUNT) for name in FIGURES)]
    cells = [(layout.name(row), *(cell_of(row["counts"][name]) for name in FIGURES)) for row in rows]
    return layout.table(title, columns, cells)


def _rounds(layout: "Layout", rounds: Iterable[Mapping[str, Any]]) -> Table:
    columns = [
        Column(layout.say("期次", "Round")), Column(layout.say("开始", "Begun"), Form.MOMENT),
        Column(layout.say("案件", "Cases"), Form.COUNT), *(Column(layout.said(title_of(name)), Form.COUNT) for name in _OF_ROUND),
    ]  # fmt: skip
    cells: list[tuple[Cell, ...]] = [
        (row["name"], moment_of(row["made_at"]), row["cases"], *(cell_of(row["counts"][name]) for name in _OF_ROUND))
        for row in rounds
    ]  # fmt: skip
    return layout.table(layout.say("本期督办期次", "Rounds of supervision"), columns, cells)


def _unanswered(layout: "Layout", units: Iterable[Mapping[str, Any]]) -> Paragraph:
    """A letter without a reply is told of its unit. Source: reference 6.4."""
    told = []
    for row in units:
        late, escalated = (row["counts"][name]["value"] for name in ("unanswered", "escalated"))
        if late or escalated:
            zh = f"{layout.name(row)}（逾期未回复{late}件，升级{escalated}件）"
            told.append(layout.say(zh, f"{layout.name(row)} ({late} unanswered, {escalated} escalated)"))
    if not told:
        return Paragraph(layout.say("无逾期未回复或升级督办的单位。", "No unit has letters unanswered or escalated."))  # fmt: skip
    named = layout.say("；", "; ").join(told)
    return Paragraph(
        layout.say(
            f"逾期未回复或升级督办的单位：{named}。", f"Units with letters unanswered or escalated: {named}."
        )
    )


def campaigns(layout: "Layout") -> Iterator[Block]:
    """Each campaign that ran in the period: what it came to, what is left by age, and its units."""
    told = layout.content["campaigns"]
    if not told:
        yield layout.none()
    for number, one in enumerate(told, 1):
        yield layout.below(number, one["name"])
        yield Paragraph(_summary(layout, one))
        yield _ages(layout, one)
        yield _units(layout, one)


def _summary(layout: "Layout", one: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(one["at"]).astimezone(layout.zone)
    day, kind = layout.said(day_of_print(at.date())), layout.said(CAMPAIGN_KINDS[one["kind"]])
    figures = [
        *((name, one["counts"][name]) for name in _COUNTS),
        *((name, one["rates"][name]) for name in _RATES),
    ]
    said = layout.say("，", "; ").join(layout.said(in_words(CAMPAIGNS[name], it)) for name, it in figures)
    came, still = (one["newcomers"][name]["value"] for name in ("cases", "open"))
    return layout.say(
        f"{kind}，{one['first_day']}至{one['last_day']}。截至{day} {at:%H:%M}：{said}。启动后新增{came:,}件，其中在办{still:,}件，单列，不计入清单。",
        f"{kind}, {one['first_day']} to {one['last_day']}. As of {day} {at:%H:%M}: {said}. New since the list was frozen, "
        f"and not on it: {came:,}, of which {still:,} open.",
    )  # fmt: skip


def _ages(layout: "Layout", one: Mapping[str, Any]) -> Table:
    columns = [Column(layout.say("案龄", "Age")), Column(layout.said(CAMPAIGNS["residual"]), Form.COUNT)]
    rows = [(layout.said(said), cell_of(one["ages"][band])) for band, said in AGES.items()]
    return layout.table(
        layout.say(f"{one['name']}遗留案件案龄", f"{one['name']}: what is left, by age"), columns, rows
    )


def _units(layout: "Layout", one: Mapping[str, Any]) -> Table:
    columns = [
        Column(layout.say("名次", "Rank"), Form.COUNT), Column(layout.say("单位", "Unit")),
        *(Column(layout.said(CAMPAIGNS[name]), Form.RATE if name in _RATES else Form.COUNT) for name in _OF_UNIT),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for row in one["units"]:
        figures = {**row["counts"], **row["rates"]}
        rows.append((row["rank"], layout.name(row), *(cell_of(figures[name]) for name in _OF_UNIT)))
    note = layout.say(
        "按清零率排名，相同者遗留少者在前；挂账含在遗留内。",
        "By cleared rate; among equals who has fewer left. Suspended cases are among those left.",
    )
    return layout.table(layout.say(f"{one['name']}各单位排名", f"{one['name']}: units"), columns, rows, note)
