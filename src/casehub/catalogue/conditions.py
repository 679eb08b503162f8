"""Filing conditions with their limits: one as an administrator gives it, and a whole limit table, row by row."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from casehub.catalogue.limits import (
    DEFAULT_CLASS,
    LimitStep,
    Said,
    class_faults,
    limit_faults,
    steps_of,
)  # fmt: skip
from casehub.errors import Refusal
from casehub.wire.text import CODE

#: Longest description, as in every short field of the API.
WORDS = 200
#: Scheme, kind, code.
Key = tuple[str, str, str]
LIMIT_OR_STEPS = Refusal(
    "limit_or_steps", "give limit or steps, just one of them", "请填写 limit 或 steps 之一", "limit"
)
#: The place of a row in its table, from 0, and what is wrong with it.
Fault = tuple[int, Refusal]


@dataclass(frozen=True, slots=True)
class FilingCondition:
    """When a sighting becomes a case (立案条件), and its steps by time class; the default class is always there.

    `source` names the set it was taken from, such as `limits_example_city`.
    """

    category_id: int
    scheme: str
    kind: str
    code: str
    condition: str
    description: str
    closing_condition: str | None
    source: str | None
    limits: Mapping[str, tuple[LimitStep, ...]]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a limit table as somebody wrote it: `field` is where the limit was, None where there was not just one."""

    scheme: str
    kind: str
    code: str
    condition: str
    description: str
    limit: Said | None
    time_class: str = DEFAULT_CLASS
    closing_condition: str | None = None
    source: str | None = None
    field: str = "limit"

    @property
    def category(self) -> Key:
        """The class it speaks of."""
        return self.scheme, self.kind, self.code

    @property
    def words(self) -> tuple[str | None, ...]:
        """What is said of the condition, whatever the time class."""
        return self.description, self.closing_condition, self.source


@dataclass(frozen=True, slots=True)
class Changes:
    """What a limit table changes; `same` counts the conditions that stay as they were."""

    added: tuple[FilingCondition, ...]
    changed: tuple[tuple[FilingCondition, FilingCondition], ...]
    removed: tuple[FilingCondition, ...]
    same: int


def said_by_class(said: Mapping[str, Any]) -> dict[str, tuple[str, Said]]:
    """{time class: (field, limit)} of {limit | steps, limits}, whatever is wrong with them."""
    field = "limit" if said["steps"] is None else "steps"
    usual = {} if said[field] is None else {DEFAULT_CLASS: (field, said[field])}
    return {name: (f"limits.{name}", one) for name, one in said["limits"].items()} | usual


def condition_faults(said: Mapping[str, Any]) -> list[Refusal]:
    """Every reason why a condition can't have the limits {limit | steps, limits}."""
    found = []
    if (said["limit"] is None) == (said["steps"] is None):
        found.append(LIMIT_OR_STEPS)
    if DEFAULT_CLASS in said["limits"]:
        found.append(Refusal(
            "other_classes", f"limits is for other time classes: give that of {DEFAULT_CLASS} as limit or steps",
            f"limits 用于其他时限等级；等级 {DEFAULT_CLASS} 请填写 limit 或 steps", f"limits.{DEFAULT_CLASS}",
        ))  # fmt: skip
    for name, (field, one) in said_by_class(said).items():
        found += [*class_faults(name, field), *limit_faults(one, field)]
    return found


def table_faults(rows: Sequence[TableRow], categories: Mapping[Key, int]) -> list[Fault]:
    """Every reason why a table can't be taken, by row. `categories` are all those of the schemes that it names."""
    schemes = {scheme for scheme, _, _ in categories}
    found = [
        (place, one)
        for place, row in enumerate(rows)
        for one in [*_unknown(row, categories, schemes), *_row_faults(row)]
    ]
    return sorted([*found, *_contradictions(rows)], key=lambda fault: fault[0])


def _unknown(row: TableRow, categories: Mapping[Key, int], schemes: set[str]) -> Iterator[Refusal]:
    if row.scheme not in schemes:
        yield Refusal(
            "scheme_known", f"there is no scheme {row.scheme!r} with categories", f"方案不存在或没有类别：{row.scheme}",
            "scheme",
        )  # fmt: skip
    elif row.category not in categories:
        # What a spreadsheet makes of 0101.
        whole = row.code.zfill(4)
        meant = (row.scheme, row.kind, whole) in categories
        yield Refusal(
            "category_known",
            f"there is no {row.kind} {row.code!r} in {row.scheme}"
            + (f"; is {whole} meant?" if meant else ""),
            f"{row.scheme} 中没有类别 {row.kind} {row.code}" + (f"，是否为 {whole}？" if meant else ""),
            "code",
        )


def _row_faults(row: TableRow) -> Iterator[Refusal]:
    if not re.fullmatch(CODE, row.condition):
        yield Refusal(
            "condition", "a condition is 1 to 20 letters, digits, _ or -",
            "立案条件代码应为 1 至 20 位字母、数字、下划线或连字符", "condition",
        )  # fmt: skip
    for field, words in zip(("description", "closing_condition", "source"), row.words, strict=True):
        if words is not None and not (0 < len(words) <= WORDS and "\x00" not in words):
            yield Refusal(
                "words", f"1 to {WORDS} characters, no NUL", f"应为 1 至 {WORDS} 个字符，不含 NUL", field
            )
    yield from class_faults(row.time_class, "time_class")
    yield from [LIMIT_OR_STEPS] if row.limit is None else limit_faults(row.limit, row.field)


def _contradictions(rows: Sequence[TableRow]) -> Iterator[Fault]:
    """Rows that do not go together: a limit given twice, other words for the same condition, no usual limit."""
    for _, group in _by_condition(rows):
        first, classes = group[0][1], set[str]()
        for place, row in group:
            if row.time_class in classes:
                yield place, Refusal(
                    "row_distinct", f"condition {row.condition} has a limit of time class {row.time_class} further up",
                    f"上文已有条件 {row.condition} 等级 {row.time_class} 的时限", "time_class",
                )  # fmt: skip
            if row.words != first.words:
                yield place, Refusal(
                    "words_agree", f"every row of condition {row.condition} says the same of it: description,"
                    " closing_condition, source", f"条件 {row.condition} 各行的说明须一致", "description",
                )  # fmt: skip
            classes.add(row.time_class)
        if DEFAULT_CLASS not in classes:
            yield group[0][0], Refusal(
                "default_class", f"condition {first.condition} needs a row of time class {DEFAULT_CLASS},"
                " for cases in no area and in areas of no class",
                f"条件 {first.condition} 缺少等级 {DEFAULT_CLASS} 的时限（用于无区域或未分级区域的案件）", "time_class",
            )  # fmt: skip


def _by_condition(
    rows: Iterable[TableRow],
) -> Iterator[tuple[tuple[Key, str], list[tuple[int, TableRow]]]]:
    """The rows of each condition with their places; they need not stand together."""

    def key(one: tuple[int, TableRow]) -> tuple[Key, str]:
        return one[1].category, one[1].condition

    for found, group in groupby(sorted(enumerate(rows), key=key), key):
        yield found, [*group]


def conditions_in(
    rows: Iterable[TableRow], categories: Mapping[Key, int], there: Iterable[FilingCondition]
) -> list[FilingCondition]:
    """The conditions of a table without faults; closing conditions that it does not say stay as they are there."""
    closing = {(one.category_id, one.condition): one.closing_condition for one in there}
    found = []
    for (category, condition), group in _by_condition(rows):
        category_id, first = categories[category], group[0][1]
        found.append(
            FilingCondition(
                category_id, *category, condition, first.description,
                first.closing_condition or closing.get((category_id, condition)), first.source,
                {row.time_class: steps_of(row.limit) for _, row in group if row.limit is not None},
            )
        )  # fmt: skip
    return found


def changes(there: Iterable[FilingCondition], wanted: Sequence[FilingCondition]) -> Changes:
    """What is to be done so that the categories of `there` have the conditions that are wanted and no others."""
    old = {(one.category_id, one.condition): one for one in there}
    both = [(old.pop((one.category_id, one.condition), None), one) for one in wanted]
    changed = tuple((before, after) for before, after in both if before is not None and before != after)
    added = tuple(after for before, after in both if before is None)
    return Changes(added, changed, tuple(old.values()), len(wanted) - len(added) - len(changed))
