"""The limit of a filing condition: how somebody says it, in one step or in several, and what is wrong with it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from casehub.deadlines.limits import Limit, parse_limit
from casehub.deadlines.problems import LimitInvalid
from casehub.errors import Refusal
from casehub.wire.text import CODE

#: The time class of every area of which nothing else is said. Source: reference 4.2.
DEFAULT_CLASS = "-"


class StepName(StrEnum):
    """What must be reached on the way. Source: reference 4.8."""

    ARRIVE = "arrive"
    STOP = "stop"
    PUNISH = "punish"
    DEMOLISH = "demolish"
    DONE = "done"


#: Titles of steps where a city gives none: Chinese, English.
TITLES = {
    StepName.ARRIVE: ("到达现场", "On the scene"),
    StepName.STOP: ("制止", "Stopped"),
    StepName.PUNISH: ("处罚", "Punished"),
    StepName.DEMOLISH: ("拆除", "Demolished"),
    StepName.DONE: ("处置完毕", "Done"),
}

#: How somebody says a limit: `4 work_hour`, or steps as {step, limit, title?, title_en?}.
Said = str | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class LimitStep:
    """What must be reached until when, counted from the start of the handling clock."""

    step: StepName
    title: str
    title_en: str
    limit: Limit


def steps_of(said: Said) -> tuple[LimitStep, ...]:
    """The steps of a limit without faults; a single limit is the step `done`."""
    rows = [{"step": StepName.DONE, "limit": said}] if isinstance(said, str) else said
    return tuple(_step(StepName(row["step"]), row) for row in rows)


def _step(name: StepName, row: Mapping[str, Any]) -> LimitStep:
    title, title_en = TITLES[name]
    return LimitStep(
        name, row.get("title") or title, row.get("title_en") or title_en, parse_limit(row["limit"])
    )


def tell_steps(steps: Iterable[LimitStep]) -> list[dict[str, str]]:
    """Steps as they are kept and told: what `steps_of` reads."""
    return [
        {"step": one.step.value, "title": one.title, "title_en": one.title_en, "limit": str(one.limit)}
        for one in steps
    ]


def read_cell(text: str) -> Said:
    """A cell of a spreadsheet: `4 work_hour`, or steps as `stop 4 work_hour; demolish 20 work_day`."""
    parts = [" ".join(part.split()) for part in text.split(";")]
    if len(parts) == 1 and (not parts[0] or parts[0][0].isdigit() or parts[0].count(" ") < 2):  # noqa: PLR2004 - step, amount, unit
        return parts[0]
    return [{"step": step, "limit": limit} for step, _, limit in (part.partition(" ") for part in parts)]


def tell_cell(steps: Sequence[LimitStep]) -> str:
    """The cell of these steps, titles left out."""
    if [one.step for one in steps] == [StepName.DONE]:
        return str(steps[0].limit)
    return "; ".join(f"{one.step} {one.limit}" for one in steps)


def limit_faults(said: Said, field: str) -> list[Refusal]:
    """Every reason why this is no limit: one, or at least one step, each once, later ones later."""
    if isinstance(said, str):
        return _no_limit(said, field)
    if not said:
        return [Refusal("steps_given", "give at least one step", "请至少给出一个步骤", field)]
    found = [*_unknown_steps(said, field), *_repeated_steps(said, field)]
    for place, row in enumerate(said):
        found += _no_limit(row["limit"], f"{field}.{place}.limit")
    return found or [*_descents(steps_of(said), field)]


def _no_limit(text: str, field: str) -> list[Refusal]:
    try:
        parse_limit(text)
    except LimitInvalid as problem:
        return [
            replace(one, en=f"{text!r}: {one.en}", zh=f"{text}：{one.zh}", field=field)
            for one in problem.errors
        ]
    return []


def _unknown_steps(rows: Sequence[Mapping[str, Any]], field: str) -> Iterator[Refusal]:
    for place, row in enumerate(rows):
        if row["step"] not in {*StepName}:
            yield Refusal(
                "step_known", f"{row['step']!r} is not one of the steps {', '.join(StepName)}",
                f"步骤 {row['step']} 不存在，应为：{'、'.join(StepName)}", f"{field}.{place}.step",
            )  # fmt: skip


def _repeated_steps(rows: Sequence[Mapping[str, Any]], field: str) -> Iterator[Refusal]:
    seen: set[str] = set()
    for place, row in enumerate(rows):
        if row["step"] in seen:
            yield Refusal(
                "steps_distinct", f"the step {row['step']!r} is there twice", f"步骤 {row['step']} 重复",
                f"{field}.{place}.step",
            )  # fmt: skip
        seen.add(row["step"])


def _descents(steps: Sequence[LimitStep], field: str) -> Iterator[Refusal]:
    """Limits of different units are not compared: which of 8 work_hour and 1 urgent_day ends first depends on the day."""
    last: dict[str, Limit] = {}
    for place, one in enumerate(steps):
        before = last.get(one.limit.unit)
        if before is not None and one.limit.amount <= before.amount:
            yield Refusal(
                "steps_ascend", f"{one.limit} does not come after {before}: a later step has a longer limit",
                f"{one.limit} 不晚于 {before}：后一步骤的时限须更长", f"{field}.{place}.limit",
            )  # fmt: skip
        last[one.limit.unit] = one.limit


def class_faults(time_class: str, field: str) -> list[Refusal]:
    """Is this the name of a time class?"""
    if re.fullmatch(CODE, time_class):
        return []
    return [Refusal(
        "time_class", "a time class is - or 1 to 20 letters, digits, _ or -",
        "时限等级应为 - 或 1 至 20 位字母、数字、下划线或连字符", field,
    )]  # fmt: skip
