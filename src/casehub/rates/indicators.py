"""Every rate, in one table: what is divided by what, whom it judges, where it comes from. Source: reference 5.4, 5.5.

A city adds its own in the same form; `faults` checks each before it is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from casehub.errors import Refusal
from casehub.rate import Rate
from casehub.rates.counts import COUNTED

#: Whom an indicator may judge. Source: reference 5.1, 5.5.
OBJECTS = {
    "region": "区域", "department": "部门", "collector": "采集员", "acceptor": "受理员", "shift_leader": "值班长",
    "dispatcher": "派遣员", "hotline": "热线", "centre": "中心岗位",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Indicator:
    """A rate: the sum of some counts over the sum of others, all of the same period; `-name` takes one away."""

    name: str
    title: str
    title_en: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    objects: tuple[str, ...] = ()
    source: str = "5.4"
    variant_of: str | None = None

    @property
    def counts(self) -> frozenset[str]:
        """All that it is made of."""
        return frozenset(term.removeprefix("-") for term in (*self.numerator, *self.denominator))

    @property
    def words(self) -> str:
        """The formula."""
        return f"{_said(self.numerator)} / {_said(self.denominator)}"

    def of(self, counts: Mapping[str, int]) -> Rate:
        """The rate that these counts give."""
        return Rate(_sum(self.numerator, counts), _sum(self.denominator, counts))


def _said(terms: tuple[str, ...]) -> str:
    said = " + ".join(terms).replace("+ -", "- ")
    return said if len(terms) == 1 else f"({said})"


def _sum(terms: tuple[str, ...], counts: Mapping[str, int]) -> int:
    return sum(-counts.get(one[1:], 0) if one.startswith("-") else counts.get(one, 0) for one in terms)


def _rate(  # noqa: PLR0913 - a row of the table
    name: str,
    title: str,
    title_en: str,
    above: str,
    below: str,
    objects: str,
    *,
    source: str = "5.4",
    variant_of: str | None = None,
) -> Indicator:
    terms = [tuple(one.split()) for one in (above, below, objects)]
    return Indicator(name, title, title_en, terms[0], terms[1], terms[2], source, variant_of)


INDICATORS = (
    _rate("valid_report_rate", "有效上报率", "Valid report rate", "valid_reports", "reports", "region collector"),
    _rate("valid_filing_rate", "有效立案率", "Valid filing rate", "filed", "reports", "region acceptor", source="5.4, 0.4 S0a"),
    _rate("valid_filing_rate_of_accepted", "有效立案率（占受理）", "Valid filing rate, of accepted", "filed", "accepted", "acceptor", variant_of="valid_filing_rate"),
    _rate("valid_filing_rate_accurate", "有效立案率（准确）", "Valid filing rate, accurate", "accurate_filed", "filed", "acceptor", variant_of="valid_filing_rate"),
    _rate("on_time_accept_rate", "按期受理率", "On-time accept rate", "on_time_accepted", "accepted", "acceptor"),
    _rate("accurate_accept_rate", "准确受理率", "Accurate accept rate", "accurate_accepted", "accepted", "acceptor"),
    _rate("on_time_verify_rate", "按时核实率", "On-time verify rate", "on_time_verified", "should_verify", "collector"),
    _rate("on_time_check_rate", "按时核查率", "On-time check rate", "on_time_checked", "should_check", "collector"),
    _rate("on_time_check_rate_of_checked", "按时核查率（占核查）", "On-time check rate, of checked", "on_time_checked", "checked", "collector", source="0.3 rule 1", variant_of="on_time_check_rate"),
    _rate("on_time_check_rate_of_checked", "按时核查率（占核查）", "On-time check rate, of checked", "on_time_checked", "checked", "collector", source="0.3 rule 1", variant_of="on_time_check_rate"),
    _rate("check_rate", "核查率", "Check rate", "checked", "should_check", "collector"),
    _rate("on_time_filing_rate", "按时立案率", "On-time filing rate", "on_time_filed", "filed", "acceptor shift_leader"),
    _rate("accurate_filing_rate", "准确立案率", "Accurate filing rate", "accurate_filed", "filed", "acceptor shift_leader"),
    _rate("on_time_dispatch_rate", "按时派遣率", "On-time dispatch rate", "on_time_dispatched", "should_dispatch", "dispatcher"),
    _rate("dispatch_accuracy", "准确派遣率", "Dispatch accuracy", "accurate_dispatched", "should_dispatch", "dispatcher"),
    _rate("sign_rate", "按时签收率", "On-time sign-in rate", "on_time_signed", "dispatched", "department"),
    _rate("handling_rate", "处置率", "Handling rate", "handled", "should_handle", "department region"),
    _rate("on_time_handling_rate", "按期处置率", "On-time handling rate", "on_time_handled", "should_handle", "department region"),
    _rate("overdue_handling_rate", "超期处置率", "Late handling rate", "overdue_handled", "should_handle", "department"),
    _rate("closing_rate", "结案率", "Closing rate", "closed", "should_close", "region department"),
    _rate("on_time_closing_rate", "按期结案率", "On-time closing rate", "on_time_closed", "should_close", "region department"),
    _rate("overdue_closing_rate", "超期结案率", "Late closing rate", "overdue_closed", "should_close", "region department"),
    _rate("open_rate", "未结案率", "Open rate", "open_close", "reports", "region"),
    _rate("rework_rate", "返工率", "Rework rate", "reworked_cases", "handled", "department"),
    _rate("rework_rate_of_dispatched", "返工率（占派遣）", "Rework rate, of dispatched", "reworked_cases", "dispatched", "department", variant_of="rework_rate"),
    _rate("rework_rate_of_should_handle", "返工率（占应处置）", "Rework rate, of should-handle", "reworked_cases", "should_handle", "department", variant_of="rework_rate"),
    _rate("return_rate", "回退率", "Return rate", "returned", "dispatched", "department dispatcher"),
    _rate("extension_rate", "延期率", "Extension rate", "extended", "dispatched", "department"),
    _rate("suspension_rate", "挂账率", "Suspension rate", "suspended", "dispatched", "department"),
    _rate("missed_report_rate", "漏报率", "Missed report rate", "missed", "valid_reports missed", "collector region"),
    _rate("error_rate", "差错率", "Error rate", "accepted -accurate_accepted filed -accurate_filed returns_accepted", "accepted filed dispatched", "centre"),
    _rate("self_handling_rate", "自行处置率", "Self-handling rate", "self_handled", "self_handled dispatched", "collector"),
    _rate("supervised_closing_rate", "督办结案率", "Supervised closing rate", "supervised_closed", "supervised", "department"),
    _rate("on_time_reply_rate", "按时回复率", "On-time reply rate", "on_time_replied", "should_reply", "department", source="2.5 letter reply"),
    _rate("urgent_on_time_rate", "紧急按期结案率", "Urgent on-time rate", "urgent_on_time_closed", "urgent_should_close", "department"),
    _rate("direct_close_rate", "直接办结率", "Direct close rate", "answered_directly", "calls", "hotline"),
    _rate("solution_rate", "解决率", "Solution rate", "solved", "valid_revisits", "department hotline", source="8.5"),
    _rate("satisfaction_rate", "满意率", "Satisfaction rate", "satisfied basically_satisfied", "rated", "department hotline", source="8.5"),
    _rate("problem_solved_rate", "问题解决率", "Problem solved rate", "closed", "should_close", "region", source="5.4, 0.4 S0c", variant_of="closing_rate"),
    _rate("timely_solved_rate", "及时解决率", "Timely solved rate", "on_time_closed", "should_close", "region", source="5.4, 0.4 S0c", variant_of="on_time_closing_rate"),
)  # fmt: skip


def faults(said: Indicator, known: Iterable[str] = ()) -> list[Refusal]:
    """What is wrong with an indicator of a city; `known` are the names that its other ones have."""
    found = []
    if said.name in {*COUNTED, *(one.name for one in INDICATORS), *known}:
        found.append(Refusal("name_taken", f"{said.name} is taken; choose another name", f"名称 {said.name} 已被使用，请另选", "name"))  # fmt: skip
    for part in ("numerator", "denominator"):
        terms = getattr(said, part)
        if unknown := [name for name in terms if name.removeprefix("-") not in COUNTED]:
            en = f"there is no count {', '.join(unknown)}; GET /v1/indicators lists them"
            found.append(Refusal("unknown_count", en, f"没有计数项 {'、'.join(unknown)}；见 GET /v1/indicators", part))  # fmt: skip
        if all(name.startswith("-") for name in terms):
            found.append(Refusal("nothing_counted", "a rate divides one count by another; name a count that is not taken away", "比率须有分子与分母；请至少写一个不带减号的计数项", part))  # fmt: skip
    if any(name not in OBJECTS for name in said.objects):
        found.append(Refusal("unknown_object", f"objects are {', '.join(OBJECTS)}", f"评价对象为 {'、'.join(OBJECTS)}", "objects"))  # fmt: skip
    return found
