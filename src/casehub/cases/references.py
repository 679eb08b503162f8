"""What the references in a form point to, by the type of the field, and which of them point nowhere."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from casehub.cases.facts import Situation
from casehub.errors import Refusal
from casehub.workflow.definition import Action

_ZH = {
    "person": "人员不存在",
    "department": "部门不存在",
    "case": "案件不存在",
    "photo": "照片不存在",
    "category": "该编码方案中没有此类别",
}


def references(action: Action, form: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(type, field, value) of every reference: person, department, case, category, photo."""
    for name, field in action.form.items():
        value = form.get(name)
        if value is None:
            continue
        if field.type in {"person", "department", "case", "category"}:
            yield field.type, name, str(value)
        elif field.type in {"photos", "departments"} and isinstance(value, list | tuple):
            yield from ((field.type[:-1], name, str(one)) for one in value)


def named(actions: Iterable[Action], form: Mapping[str, Any]) -> dict[str, list[str]]:
    """What there is to look up, by type, each once; a text that no code or number can be is not looked for."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in _ZH}
    for kind, _, value in (one for action in actions for one in references(action, form)):
        if "\x00" not in value and value.isprintable():
            found[kind][value] = None
    return {kind: [*values] for kind, values in found.items()}


def missing_references(s: Situation) -> list[Refusal]:
    """One reason for each reference to something that does not exist or that the actor may not see."""
    kept = {
        "person": s.known.people,
        "department": s.known.departments,
        "case": s.known.cases,
        "photo": s.known.photos,
        "category": s.known.categories,
    }
    return [
        Refusal(f"unknown_{kind}", f"there is no {kind} {value!r}", f"{_ZH[kind]}：{value}", field)
        for kind, field, value in references(s.action, s.form)
        if value not in kept[kind]
    ]
