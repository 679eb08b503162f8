"""What a bulletin asks of rates: one question for each kind of row, all of the whole city."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from casehub.bulletins.definition import Definition, Section
from casehub.people.actors import EVERYTHING
from casehub.rates.asking import COMPARED, Days, read_figures
from casehub.rates.formula import Formula, wanted
from casehub.rates.questions import Question
from casehub.rates.ranking import BESIDE

#: Both ratios of checks on time, with what they are made of. Source: reference 0.3.
CHECK = (
    "should_check", "checked", "on_time_checked", "on_time_check_rate", "on_time_check_rate_of_checked", "check_rate",
)  # fmt: skip
#: Source: reference 0.4, S0a.
SPECIAL = (
    "reports", "filed", "valid_filing_rate", "public_reports", "returned", "returns_reviewed", "returns_accepted",
    "difficult", "self_handled", "self_handling_rate", "missed", "missed_report_rate", "supervised", "urgent",
)  # fmt: skip
#: Sections that tell of rows: by what, and which count.
ROWS = {
    Section.CLASSES: ("category_major", "filed"),
    Section.HAZARDS: ("category", "urgent"),
    Section.CHANNELS: ("source", "reports"),
}
_OF_CITY: Mapping[Section, tuple[str, ...]] = {
    Section.CHECK: CHECK, Section.SPECIAL: SPECIAL, Section.OVERDUE: ("overdue_open",),
    **{section: (count,) for section, (_, count) in ROWS.items()},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the days that it is about."""

    question: Question
    days: Days


def city_figures(definition: Definition) -> list[str]:
    """What is told of the whole city."""
    more = (name for section in definition.sections for name in _OF_CITY.get(section, ()))
    return [*dict.fromkeys((*definition.indicators, *more))]


def unit_figures(definition: Definition, formula: Formula | None) -> list[str]:
    """What is told of each unit: what is printed, and what its rank is made of."""
    said: Iterable[str] = definition.indicators
    if formula is not None:
        needs = wanted(formula)
        said = (*said, *sorted(needs.indicators | needs.counts | BESIDE))
    return [*dict.fromkeys(said)]


def asked_of(definition: Definition, days: Days, tz: ZoneInfo, formula: Formula | None) -> dict[str, Asked]:
    """Every question, by where its answer goes."""
    found = {"city": _asked(city_figures(definition), days, tz)}
    if Section.COMPARISON in definition.sections:
        for with_what in COMPARED:
            found[with_what] = _asked(list(definition.indicators), days.compared(with_what), tz)
    for section in definition.sections:
        if section in ROWS:
            by, count = ROWS[section]
            found[section.value] = _asked([count], days, tz, by)
    for by in {group.by for group in definition.groups}:
        found[f"by {by}"] = _asked(unit_figures(definition, formula), days, tz, by)
    return found


def _asked(figures: list[str], days: Days, tz: ZoneInfo, *by: str) -> Asked:
    rates, counts = read_figures(figures)
    return Asked(Question(rates, counts, days.period(tz), by, {}, EVERYTHING), days)
