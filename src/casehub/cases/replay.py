"""The past told again: folding the events of a case gives its present. Source: architecture 9.1."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from casehub.cases.facts import CASE_COLUMNS, CaseFacts
from casehub.deadlines.stopwatch import Task
from casehub.events.chain import Event


def fold(bodies: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """The case row (JSON values) and its tasks by number, from the bodies of all its events in order."""
    case: dict[str, Any] = {"marks": {}}
    tasks: dict[int, dict[str, Any]] = {}
    for body in bodies:
        changes = dict(body["case"])
        marks = {**case["marks"], **changes.pop("marks", {})}
        case |= changes
        case["marks"] = {key: value for key, value in marks.items() if value is not None}
        tasks |= {task["task_no"]: task for task in body["tasks"]}
    return case, tasks


def plain(value: Any) -> Any:
    """A value as JSON has it, instants in UTC."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))


def differences(case: CaseFacts, tasks: Iterable[Task], events: Sequence[Event]) -> list[str]:
    """Where the row of a case or its tasks differ from what its events tell."""
    row, told = fold([orjson.loads(event.body) for event in events])
    kept = plain(
        {
            name: getattr(case, name)
            for name in CASE_COLUMNS
            if name not in {"version", "head_hash", "last_at"}
        }
    )
    found = [f"its {name} is not what its events tell" for name in kept if kept[name] != row.get(name)]
    if events and case.last_at != events[-1].at:
        found.append("its last_at is not the time of its last event")
    if case.version != len(events):
        found.append("its version is not the number of its events")
    if plain({str(task.task_no): task for task in tasks}) != {
        str(number): task for number, task in told.items()
    }:
        found.append("its tasks are not what its events tell")
    return found
