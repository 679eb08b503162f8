"""The figures of a collector over a period. Source: reference 5.2 to 5.5."""

from collections.abc import Iterable
from dataclasses import dataclass

from casehub.rate import Rate

#: What is counted of each collector.
COUNTS = (
    "reports", "valid_reports", "self_handled", "should_verify", "on_time_verified", "should_check", "on_time_checked",
    "spot_checks", "spot_checks_passed", "missed_reports", "false_reports",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What one collector did, and how well."""

    collector: str
    counts: dict[str, int]

    @property
    def rates(self) -> dict[str, Rate]:
        """Their rates by name. Source: reference 5.4; missed_report_rate [K:med]."""
        c = self.counts
        return {
            "valid_report_rate": Rate(c["valid_reports"], c["reports"]),
            "on_time_verify_rate": Rate(c["on_time_verified"], c["should_verify"]),
            "on_time_check_rate": Rate(c["on_time_checked"], c["should_check"]),
            "missed_report_rate": Rate(c["missed_reports"], c["valid_reports"] + c["missed_reports"]),
        }


def figures_of(counted: Iterable[tuple[str, str, int]]) -> list[Figures]:
    """Figures by collector, from (collector, what, how many)."""
    found: dict[str, dict[str, int]] = {}
    for collector, what, how_many in counted:
        found.setdefault(collector, dict.fromkeys(COUNTS, 0))[what] += how_many
    return [Figures(collector, counts) for collector, counts in sorted(found.items())]
