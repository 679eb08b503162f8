"""What a report calls things: (Chinese, English)."""

from collections.abc import Mapping

from casehub.campaigns.figures import BANDS

Said = tuple[str, str]

KINDS: Mapping[str, Said] = {
    "backlog": ("案件清零", "Backlog clearing"),
    "special_action": ("专项整治", "Special action"),
    "census": ("专项普查", "Census"),
}
PERIODS: Mapping[str, Said] = {
    "day": ("日报", "daily report"),
    "week": ("周报", "weekly report"),
    "month": ("月报", "monthly report"),
    "whole": ("总结报告", "closing report"),
}
AGES: Mapping[str, Said] = dict(zip(BANDS, (
    ("30 天及以内", "Up to 30 days"), ("31–90 天", "31–90 days"), ("91–180 天", "91–180 days"), ("180 天以上", "Over 180 days"),
), strict=True))  # fmt: skip
REASONS: Mapping[str, Said] = {
    "unclear_owner": ("权属不清", "Unclear owner"),
    "no_funds": ("资金未落实", "No funds"),
    "engineering": ("需工程改造", "Needs engineering"),
    "season": ("季节因素", "Season"),
    "refusal": ("拒不配合", "Refusal"),
    "not_said": ("未说明", "Not said"),
}
RATES: Mapping[str, Said] = {
    "cleared_rate": ("清零率", "Cleared"),
    "write_off_rate": ("销号率", "Crossed off"),
    "on_plan_rate": ("按计划完成率", "On plan"),
    "recheck_pass_rate": ("复核通过率", "Rechecks passed"),
    "rebound_rate": ("反弹率", "Rebound"),
    "without_check_rate": ("未经核查结案占比", "Closed without a check"),
}
#: What is told beside what was cleared, so that nobody reaches zero by another way. Source: reference 7, guards.
BESIDE: Mapping[str, Said] = {
    "voided": ("作废", "Voided"),
    "suspended": ("挂账", "Suspended"),
    "passed_on": ("合并、转出或不予立案", "Merged, transferred or not filed"),
    "failed": ("复核未通过", "Opened again by a recheck"),
    "without_check": ("未经核查结案", "Closed without a check"),
    "cleared_overdue": ("清零但启动时已超期", "Cleared, and overdue at the launch"),
}
DOINGS: Mapping[str, Said] = {
    "plan": ("制定计划", "Plan"),
    "file": ("立案", "File"),
    "assign": ("派遣、改派", "Assign"),
    "remind": ("催办", "Remind"),
    "extend": ("同意延期", "Extend"),
    "open_letters": ("督办行文", "Open letters"),
}
