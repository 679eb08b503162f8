"""What a bulletin says in words, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from casehub.bulletins.definition import Rhythm, Section
from casehub.campaigns import words
from casehub.rates.counts import COUNTED
from casehub.rates.indicators import INDICATORS


@dataclass(frozen=True, slots=True)
class Said:
    """The same in Chinese and English."""

    zh: str
    en: str

    def told(self) -> dict[str, str]:
        """As content carries it."""
        return {"zh": self.zh, "en": self.en}


SECTIONS = {
    Section.OVERVIEW: Said("总体情况", "Overview"),
    Section.CHECK: Said("核查情况", "Checks"),
    Section.COMPARISON: Said("同比环比", "Comparison"),
    Section.GROUPS: Said("各单位情况", "Units"),
    Section.RANKING: Said("排名", "Ranking"),
    Section.CLASSES: Said("大类构成", "Classes"),
    Section.HAZARDS: Said("安全隐患（紧急案件）", "Hazards (urgent cases)"),
    Section.CHANNELS: Said("案件来源", "Channels"),
    Section.SPECIAL: Said("专项数据", "Special figures"),
    Section.OVERDUE: Said("超期未结案件", "Overdue cases"),
    Section.LETTERS: Said("督办文书", "Letters"),
    Section.CAMPAIGNS: Said("专项行动", "Campaigns"),
}
#: Sources of reports; the list is open, and one that is not here is printed as it is. Source: reference 2.2.
_SOURCES = {
    "collector": "监督员上报", "public": "公众举报", "hotline": "热线", "leader": "领导、媒体、上级交办", "video": "视频",
    "ai": "智能识别", "sensor": "传感器", "patrol": "巡查（马路办公）", "transfer": "平台转办",
}  # fmt: skip
_SOURCES_EN = {
    "collector": "Collectors", "public": "Public", "hotline": "Hotline", "leader": "Leaders, media, higher level",
    "video": "Video", "ai": "Image recognition", "sensor": "Sensors", "patrol": "Officials on patrol",
    "transfer": "Other platforms",
}  # fmt: skip
_TITLES = {one.name: Said(one.title, one.title_en) for one in (*INDICATORS, *COUNTED.values())}
_LETTERS = {
    "drafted": Said("文书", "Letters"), "sent": Said("发出", "Sent"), "answered_on_time": Said("按期回复", "Answered on time"),
    "answered_late": Said("逾期回复", "Answered late"), "rejected": Said("回复被驳回", "Reply rejected"),
    "escalated": Said("升级督办", "Escalated"), "withdrawn": Said("撤回", "Withdrawn"),
    "unanswered": Said("逾期未回复", "Overdue, unanswered"),
}  # fmt: skip
#: Of campaigns; the names of some mean something else in rates.
CAMPAIGNS = {
    "items": Said("在册", "On the list"), "cleared_in_period": Said("本期清零", "Cleared in the period"),
    "cleared": Said("累计清零", "Cleared in all"), "residual": Said("遗留", "Left"), "voided": Said(*words.BESIDE["voided"]),
    "suspended": Said(*words.BESIDE["suspended"]), "passed_on": Said(*words.BESIDE["passed_on"]),
    **{name: Said(*said) for name, said in words.RATES.items()},
}  # fmt: skip
CAMPAIGN_KINDS = {kind: Said(*said) for kind, said in words.KINDS.items()}
AGES = {band: Said(*said) for band, said in words.AGES.items()}
_FORMULAS = {
    one.name: Said(
        " / ".join("、".join(_TITLES[name].zh for name in names) for names in (one.numerator, one.denominator)),
        " / ".join(", ".join(_TITLES[name].en for name in names) for names in (one.numerator, one.denominator)),
    )
    for one in INDICATORS
    if not any(name.startswith("-") for name in (*one.numerator, *one.denominator))
}  # fmt: skip


def title_of(figure: str) -> Said:
    """What an indicator, a count or a figure of letters is called."""
    return _TITLES.get(figure) or _LETTERS[figure]


def formulas_of(figures: list[str]) -> Said:
    """How the rates among these are counted; each report names its formulas. Source: reference 0.3 rule 3."""
    those = [name for name in figures if name in _FORMULAS]
    zh = "；".join(f"{_TITLES[name].zh} = {_FORMULAS[name].zh}" for name in those)
    en = "; ".join(f"{_TITLES[name].en} = {_FORMULAS[name].en}" for name in those)
    return Said(zh, en)


def source_of(code: str | None) -> Said:
    """What a channel is called."""
    code = code or "—"
    return Said(_SOURCES.get(code, code), _SOURCES_EN.get(code, code))


def sentence_of(name: str, figure: Mapping[str, Any]) -> Said:
    """A figure in words, with what it is made of."""
    return in_words(title_of(name), figure)


def in_words(title: Said, figure: Mapping[str, Any]) -> Said:
    """The same of a figure that is called so."""
    if "value" in figure and "numerator" not in figure:
        return Said(f"{title.zh}{figure['value']:,}件", f"{title.en}: {figure['value']:,}")
    # With blanks, so that a line may break there.
    made = f"{figure['numerator']:,} / {figure['denominator']:,}"
    if figure["percent"] is None:
        return Said(f"{title.zh}无（{made}，无应办事项）", f"{title.en}: none ({made}, nothing was to be done)")  # fmt: skip
    return Said(f"{title.zh}{figure['percent']}%（{made}）", f"{title.en}: {figure['percent']}% ({made})")


def period_of(rhythm: Rhythm, first: date, end: date) -> Said:
    """What a period is called; a week belongs to the year of ISO 8601."""
    year = first.year
    match rhythm:
        case Rhythm.WEEK:
            iso, last = first.isocalendar(), end - timedelta(days=1)
            return Said(
                f"{iso.year}年第{iso.week}周（{first.month}月{first.day}日至{last.month}月{last.day}日）",
                f"week {iso.week} of {iso.year} ({first.isoformat()} to {last.isoformat()})",
            )
        case Rhythm.MONTH:
            return Said(f"{year}年{first.month}月", f"{first:%B} {year}")
        case Rhythm.QUARTER:
            quarter = (first.month + 2) // 3
            return Said(f"{year}年第{quarter}季度", f"quarter {quarter} of {year}")


def day_of_print(day: date) -> Said:
    """A day as a bulletin writes it."""
    return Said(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {day:%B} {day.year}")


def opening_of(basis: Said, first: date, end: date, drawn: datetime) -> list[Said]:
    """The opening: period, source of data, basis. `drawn` is told by the city's clock. Source: reference 5.7."""
    begins, last, at = (day_of_print(one) for one in (first, end - timedelta(days=1), drawn.date()))
    clock = f"{drawn:%H:%M}"
    return [
        Said(f"统计期：{begins.zh}至{last.zh}。", f"Period: {begins.en} to {last.en}."),
        Said(
            f"数据来源：数字化城市管理平台全部案件的流程记录，截至{at.zh} {clock}。案件按完成时刻与时限中较早者归入统计期，只计一次；"
            "作废、合并及经批准免责的案件不计入考核指标。比率保留两位小数，四舍五入；无应办事项的不计比率。",
            f"Source of data: the records of all cases of the city management platform, as of {at.en} {clock}. A task "
            "belongs to the period of its finish or its deadline, whichever is earlier, and counts once; voided, merged and "
            "exempted cases are left out. Rates have two decimals, half up; where nothing was to be done there is none.",
        ),
        Said(f"评价依据：{basis.zh}。".replace("。。", "。"), f"Basis: {basis.en}.".replace("..", ".")),
    ]  # fmt: skip
