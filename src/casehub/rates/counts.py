"""What is counted: every base count, in one table. Source: reference 5.3; those it does not have say "our choice".

Moments: `event` counts belong to the period in which they happen, `due` counts to that of min(finished_at, due_at), and
a `stock` is what stands at the end of a period: what began before it, less what ended.
"""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """By which moment something belongs to a period. Source: reference 5.2."""

    EVENT = "event"
    DUE = "due"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Count:
    """A base count: its name in Chinese and English, and in words what is counted."""

    name: str
    title: str
    title_en: str
    words: str
    moment: Moment = Moment.EVENT
    source: str = "5.3"


@dataclass(frozen=True, slots=True)
class Stock:
    """What stands at the end of a period: everything that `began` before it, less what `ended`."""

    name: str
    title: str
    title_en: str
    words: str
    began: str
    ended: str
    source: str = "5.3"


def _due(name: str, title: str, title_en: str, words: str, source: str = "5.3") -> Count:
    return Count(name, title, title_en, words, Moment.DUE, source)


_OURS = "our choice"

#: In the order in which they are numbered: rollups keep them by place, so a new one is added at the end.
COUNTS = (
    Count("reports", "上报数", "Reports", "reports that came in"),
    Count("collector_reports", "监督员上报数", "Collector reports", "reports by collectors"),
    Count("public_reports", "公众举报数", "Public reports", "reports from the public and the hotline"),
    Count("valid_reports", "有效上报数", "Valid reports", "reports that were filed, or handled by the collector; not voided, not merged"),
    Count("self_handled", "自行处置数", "Self-handled", "reports that the collector handled on the spot"),
    Count("calls", "热线来电数", "Hotline orders", "reports from the hotline", source="5.4 direct_close_rate"),
    Count("answered_directly", "直接办结数", "Answered directly", "hotline orders answered on the call", source="5.4 direct_close_rate"),
    Count("accepted", "受理数", "Accepted", "cases taken in charge: the first acceptance, unless it refused"),
    Count("on_time_accepted", "按期受理数", "Accepted on time", "accepted by the deadline of the accept task", source="5.4 on_time_accept_rate"),
    Count("accurate_accepted", "准确受理数", "Accepted accurately", "accepted, and not declined by the shift leader", source="5.4 accurate_accept_rate"),
    Count("not_accepted", "不予受理数", "Not accepted", "refused by the acceptor", source=_OURS),
    _due("should_verify", "应核实数", "Should verify", "verify tasks due"),
    _due("verified", "核实数", "Verified", "of those, done"),
    _due("on_time_verified", "按时核实数", "Verified on time", "of those, done by the deadline"),
    Count("filed", "立案数", "Filed", "cases taken up for the first time: filed, or sent to a department at once"),
    Count("on_time_filed", "按时立案数", "Filed on time", "filed by the deadline of the filing task; where the acceptor files, of the accept task"),
    Count("accurate_filed", "准确立案数", "Filed accurately", "filed, and never sent back to be corrected"),
    Count("urgent", "紧急案件数", "Urgent cases", "filed cases marked urgent"),
    Count("not_filed", "不予立案数", "Not filed", "declined by the shift leader"),
    _due("should_dispatch", "应派遣数", "Should dispatch", "dispatch tasks due"),
    _due("on_time_dispatched", "按时派遣数", "Dispatched on time", "of those, done by the deadline"),
    _due("accurate_dispatched", "准确派遣数", "Dispatched accurately", "of those, done and not rightly returned as wrong owner"),
    Count("dispatched", "派遣数", "Dispatched", "times that a department was given a case"),
    Count("second_dispatched", "二次派遣数", "Dispatched again", "of those, not the first of the case"),
    _due("should_sign", "应签收数", "Should sign in", "sign tasks due", source="5.4 sign_rate"),
    _due("signed", "签收数", "Signed in", "of those, done", source="5.4 sign_rate"),
    _due("on_time_signed", "按时签收数", "Signed in on time", "of those, done by the deadline", source="5.4 sign_rate"),
    Count("returned", "回退数", "Returned", "returns by departments"),
    Count("returns_reviewed", "回退审核数", "Returns reviewed", "returns that a dispatcher decided on", source="0.4"),
    Count("returns_accepted", "同意回退数", "Returns accepted", "of those, accepted", source=_OURS),
    _due("should_handle", "应处置数", "Should handle", "cases whose department was due; each once, charged to one department"),
    _due("handled", "处置数", "Handled", "of those, handled by now"),
    _due("on_time_handled", "按期处置数", "Handled on time", "of those, handled by the deadline"),
    _due("overdue_handled", "超期处置数", "Handled late", "of those, handled after it"),
    Count("reworked", "返工次数", "Reworked", "times that a case was sent back by a check"),
    Count("reworked_cases", "返工案件数", "Cases reworked", "cases sent back for the first time"),
    Count("extended", "延期数", "Extended", "extensions granted"),
    Count("suspended", "挂账数", "Suspended", "suspensions granted"),
    _due("should_check", "应核查数", "Should check", "check tasks due"),
    _due("checked", "核查数", "Checked", "of those, done"),
    _due("on_time_checked", "按时核查数", "Checked on time", "of those, done by the deadline"),
    _due("should_close", "应结案数", "Should close", "cases whose handling deadline passed, or that were closed before it"),
    _due("closed", "结案数", "Closed", "of those, closed by now"),
    _due("on_time_closed", "按期结案数", "Closed on time", "of those, closed by the handling deadline"),
    _due("overdue_closed", "超期结案数", "Closed late", "of those, closed after it"),
    _due("urgent_should_close", "紧急应结案数", "Urgent, should close", "urgent cases that should close", source="5.4 urgent_on_time_rate"),
    _due("urgent_on_time_closed", "紧急按期结案数", "Urgent, closed on time", "of those, closed by the deadline", source="5.4 urgent_on_time_rate"),
    Count("closed_in_period", "期内结案数", "Closed in the period", "cases closed in the period, whenever they were due", source="5.2"),
    Count("voided", "作废数", "Voided", "cases voided; they leave every other count but reports"),
    Count("merged", "合并数", "Merged", "cases merged into another; they leave every other count but reports", source="5.2"),
    Count("transferred", "转出数", "Transferred", "cases given to another platform", source=_OURS),
    Count("reopened", "重开数", "Reopened", "cases opened again", source=_OURS),
    Count("difficult", "疑难案件数", "Difficult", "cases that became difficult", source="0.4"),
    Count("supervised", "督办数", "Supervised", "supervisions raised"),
    Count("supervised_closed", "督办结案数", "Supervised, closed", "of those, of cases closed by now", source="5.4 supervised_closing_rate"),
    _due("should_reply", "应回复督办数", "Should reply", "supervisions whose reply was due", source="2.5"),
    _due("replied", "督办回复数", "Replied", "of those, replied to", source="2.5"),
    _due("on_time_replied", "按时回复数", "Replied on time", "of those, replied to by the deadline", source="2.5"),
    Count("revisited", "回访数", "Revisited", "return visits"),
    Count("valid_revisits", "有效回访数", "Valid revisits", "of those, reached", source="8.5"),
    Count("solved", "已解决数", "Solved", "return visits answered: solved"),
    Count("partly_solved", "部分解决数", "Partly solved", "return visits answered: partly", source="8.5"),
    Count("rated", "有效评价数", "Rated", "return visits with a rating", source="8.5"),
    Count("satisfied", "满意数", "Satisfied", "return visits rated satisfied"),
    Count("basically_satisfied", "基本满意数", "Basically satisfied", "return visits rated basically satisfied"),
    Count("unsatisfied", "不满意数", "Unsatisfied", "return visits rated not satisfied"),
    Count("missed", "漏报数", "Missed", "missed reports that were confirmed"),
    Count("false_reports", "虚假上报数", "False reports", "false reports that were confirmed"),
    Count("without_deadline", "无时限数", "Without a deadline", "tasks done that had no deadline; they are in no rate", source="5.2"),
    Count("case_opened", "进入办理数", "Taken up", "cases taken up, reopened ones again", source=_OURS),
    Count("case_ended", "办理终结数", "Ended", "cases that ended after they were taken up", source=_OURS),
    Count("case_overdue", "转为超期数", "Became overdue", "cases whose handling deadline passed while they were open", source=_OURS),
    Count("case_overdue_ended", "超期终结数", "Overdue ended", "of those, closed", source=_OURS),
    Count("handling_begun", "开始处置数", "Handling begun", "times that a department's clock began", source=_OURS),
    Count("handling_ended", "处置终结数", "Handling ended", "times that it ended", source=_OURS),
    Count("handling_overdue", "处置转为超期数", "Handling became overdue", "times that its deadline passed", source=_OURS),
    Count("handling_overdue_ended", "超期处置终结数", "Overdue handling ended", "times that it ended after its deadline", source=_OURS),
)  # fmt: skip

STOCKS = (
    Stock("open_handle", "未处置数", "Not handled", "with departments at the end of the period", "handling_begun", "handling_ended"),
    Stock("overdue_open_handle", "超期未处置数", "Overdue, not handled", "of those, overdue", "handling_overdue", "handling_overdue_ended"),
    Stock("open_close", "未结案数", "Not closed", "cases taken up and not ended at the end of the period", "case_opened", "case_ended"),
    Stock("overdue_open", "超期未结案数", "Overdue, not closed", "of those, past the handling deadline", "case_overdue", "case_overdue_ended"),
)  # fmt: skip

#: The place of a count in rollups.
PLACE = {count.name: place for place, count in enumerate(COUNTS)}
COUNTED = {one.name: one for one in (*COUNTS, *STOCKS)}
