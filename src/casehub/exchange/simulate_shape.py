"""The shape of a simulated half-year: how often what happens, and when. One table; each row says where it comes from."""

from typing import NamedTuple


class Share(NamedTuple):
    """How often something happens where it can happen, from 0 to 1, and by what source."""

    of: float
    source: str


_OURS = "our choice"

#: What may happen to a case on its way.
SHARES: dict[str, Share] = {
    "component": Share(0.1251, "5.7 Zhanjiang Feb 2023: events are 87.49 % of all"),
    "urgent": Share(0.0093, "0.4 S0a: 550 urgent of 59,259"),
    # Before filing. Together with what is answered directly, about 3.2 % are not valid: 0.4 S0a, 96.77 %.
    "self_handled": Share(0.34, "5.7 Zhanjiang Feb 2023: 6,980 of 20,580; others 16 to 54 %"),
    "withdrawn": Share(0.001, _OURS),
    "transferred": Share(0.001, _OURS),
    "duplicate": Share(0.004, _OURS),
    "not_verified": Share(0.10, _OURS),
    "verify_unable": Share(0.02, _OURS),
    "refused": Share(0.013, _OURS),
    "filing_sent_back": Share(0.005, _OURS),
    "declined": Share(0.004, _OURS),
    # Dispatch and returns: 780 return reviews of 59,259 are 2.1 % of what is dispatched. 0.4 S0a.
    "dispatch_sent_back": Share(0.004, _OURS),
    "reassigned": Share(0.003, _OURS),
    "wrong_owner": Share(0.009, "0.4 S0a, a part of 780 returns"),
    "returned_twice": Share(0.15, _OURS),
    "return_rejected": Share(0.006, "0.4 S0a, a part of 780 returns"),
    "wrong_class": Share(0.004, "0.4 S0a, a part of 780 returns"),
    # Handling.
    "voided": Share(0.002, _OURS),
    "difficult": Share(0.10, "0.4 S0a: 3,966 of 59,259, of those that are dispatched"),
    "planned": Share(0.5, _OURS),
    "resolved": Share(0.8, _OURS),
    "supervised": Share(0.028, "0.4 S0d: 600 of 21,000 co-ordinated"),
    "unanswered": Share(0.05, _OURS),
    "extended": Share(0.0135, "4.9: 223 of 16,475"),
    "extension_rejected": Share(0.003, _OURS),
    "suspended": Share(0.004, _OURS),
    "late": Share(0.0131, "4.9: 216 of 16,475"),
    "abandoned": Share(0.003, _OURS),
    # Check and close.
    "check_unable": Share(0.005, _OURS),
    "reworked": Share(0.0011, "4.9: 18 of 16,475"),
    "reworked_twice": Share(0.2, _OURS),
    "reworked_at_close": Share(0.0005, _OURS),
    "appealed": Share(0.3, _OURS),
    "appeal_granted": Share(0.5, _OURS),
    "reopened": Share(0.003, _OURS),
    # The hotline.
    "answered_directly": Share(0.527, "10: a city's week, 52.7 % direct"),
    "dispatched_directly": Share(0.3, _OURS),
    "concluded": Share(0.5, _OURS),
    "revisited": Share(0.8, _OURS),
    "unreachable": Share(0.1, _OURS),
    "unsatisfied": Share(0.06, _OURS),
    "basically": Share(0.2, _OURS),
    # Posts that miss their own deadlines, and those that keep them to the second.
    "accept_late": Share(0.01, _OURS),
    "verify_late": Share(0.02, _OURS),
    "file_late": Share(0.01, _OURS),
    "dispatch_late": Share(0.01, _OURS),
    "sign_late": Share(0.01, _OURS),
    "check_late": Share(0.0015, "0.4 S0a: 25 of 16,488"),
    "close_late": Share(0.02, _OURS),
    "reply_late": Share(0.05, _OURS),
    "to_the_second": Share(0.002, _OURS),
}

#: Where reports come from. Source: 0.4 S0a (25 public reports, most by collectors); the figures are our choice.
SOURCES = {
    "collector": 0.935, "hotline": 0.025, "public": 0.02, "leader": 0.01, "video": 0.005, "patrol": 0.005,
}  # fmt: skip

#: How many reports come in each hour of a day: patrols by day, the busiest hour with about 10 %. Source: 10, sizing.
HOURS = (
    0.4, 0.3, 0.2, 0.2, 0.3, 0.8, 2.2, 5.5, 9.5, 10.0, 9.6, 7.6, 4.2, 4.6, 8.6, 9.2, 8.8, 6.6, 4.0, 2.6, 2.0, 1.4, 0.9, 0.5,
)  # fmt: skip
#: The same from Monday to Sunday. Source: our choice.
WEEKDAYS = (1.12, 1.10, 1.08, 1.06, 1.06, 0.82, 0.76)

#: Median time a department takes, in hours, and how far it spreads (of a log-normal). Source: 4.9, median 1.4 h.
HANDLING_HOURS, HANDLING_SPREAD = 1.4, 1.0
#: How late the late are: median in hours. Source: our choice.
LATE_HOURS, LATE_SPREAD = 10.0, 1.2

#: The first reports walk these ways, whatever the shares: also a short run shows every path. (source, what happens)
WALKS: tuple[tuple[str, str], ...] = (
    ("collector", "abandoned"), ("collector", "duplicate"),  # the second is merged into the first
    ("collector", ""), ("collector", "self_handled"), ("collector", "withdrawn"), ("collector", "transferred"),
    ("public", ""), ("public", "not_verified"), ("public", "verify_unable"), ("collector", "refused"),
    ("collector", "filing_sent_back"), ("collector", "declined"), ("collector", "dispatch_sent_back"),
    ("collector", "reassigned"), ("collector", "wrong_owner"), ("collector", "wrong_owner returned_twice"),
    ("collector", "return_rejected"), ("collector", "wrong_class"), ("collector", "voided"),
    ("collector", "difficult planned resolved"), ("collector", "supervised"), ("collector", "supervised unanswered"),
    ("collector", "extended"), ("collector", "extension_rejected"), ("collector", "suspended"), ("collector", "late"),
    ("collector", "check_unable"), ("collector", "reworked"), ("collector", "reworked reworked_twice"),
    ("collector", "reworked late"), ("collector", "reworked_at_close"), ("collector", "late appealed appeal_granted"),
    ("collector", "late appealed"), ("collector", "reopened"), ("leader", "urgent"), ("collector", "component"),
    ("hotline", "answered_directly revisited"), ("hotline", "answered_directly revisited unsatisfied"),
    ("hotline", "dispatched_directly concluded revisited basically"),
    ("hotline", "revisited unsatisfied"), ("hotline", "concluded revisited unreachable"),
    ("public", "accept_late verify_late file_late dispatch_late sign_late check_late close_late"),
    ("collector", "to_the_second"), ("collector", "supervised reply_late"),
)  # fmt: skip
