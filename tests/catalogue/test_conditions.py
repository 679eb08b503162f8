"""A limit table row by row: what is wrong in it, and what it changes. Pure, no database."""

from typing import Any

import pytest

from casehub.catalogue.conditions import (
    FilingCondition,
    TableRow,
    changes,
    condition_faults,
    conditions_in,
    table_faults,
)
from casehub.catalogue.limits import steps_of

CATEGORIES = {("s", "event", "0101"): 1, ("s", "event", "0102"): 2, ("s", "component", "0101"): 3}


def row(code: str = "0101", condition: str = "c1", limit: Any = "1 work_day", **said: Any) -> TableRow:
    told = {
        "scheme": "s",
        "kind": "event",
        "code": code,
        "condition": condition,
        "description": "in progress",
    }
    return TableRow(**(told | {"limit": limit} | said))


def there(condition: str = "c1", limit: str = "1 work_day", **said: Any) -> FilingCondition:
    told: dict[str, Any] = {
        "closing_condition": None,
        "source": None,
        "limits": {"-": steps_of(limit)},
    } | said
    return FilingCondition(1, "s", "event", "0101", condition, "in progress", **told)


@pytest.mark.parametrize(("said", "faults"), [
    ({"limit": "1 work_day"}, []),
    ({"steps": [{"step": "stop", "limit": "1 work_day"}], "limits": {"A": "2 work_hour"}}, []),
    ({}, [("limit_or_steps", "limit")]),
    ({"limit": "1 work_day", "steps": []}, [("limit_or_steps", "limit"), ("steps_given", "steps")]),
    ({"limit": "1 work_day", "limits": {"-": "2 work_day"}}, [("other_classes", "limits.-")]),
    ({"limit": "x", "limits": {"A B": "x", "C": []}},
     [("time_class", "limits.A B"), ("limit", "limits.A B"), ("steps_given", "limits.C"), ("limit", "limit")]),
])  # fmt: skip
def test_one_condition_has_a_usual_limit_and_those_of_other_classes(
    said: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    found = condition_faults({"limit": None, "steps": None, "limits": {}} | said)
    assert [(one.rule, one.field) for one in found] == faults


@pytest.mark.parametrize(("rows", "faults"), [
    ([row()], []),
    ([row(), row(time_class="A"), row("0102"), row(kind="component")], []),
    ([row(scheme="t")], [(0, "scheme_known", "scheme")]),
    ([row(), row("0103")], [(1, "category_known", "code")]),
    ([row(kind="thing")], [(0, "category_known", "code")]),
    ([row(condition="c 1")], [(0, "condition", "condition")]),
    ([row(description="")], [(0, "words", "description")]),
    ([row(description="x" * 201)], [(0, "words", "description")]),
    ([row(closing_condition="a\x00")], [(0, "words", "closing_condition")]),
    ([row(source="")], [(0, "words", "source")]),
    ([row(time_class="?")], [(0, "time_class", "time_class"), (0, "default_class", "time_class")]),
    ([row(limit="0 work_day")], [(0, "limit", "limit")]),
    ([row(limit=None)], [(0, "limit_or_steps", "limit")]),
    ([row(limit=[], field="steps")], [(0, "steps_given", "steps")]),
    ([row(), row("0102"), row()], [(2, "row_distinct", "time_class")]),
    ([row(), row(time_class="A", description="existing")], [(1, "words_agree", "description")]),
    ([row("0102"), row(time_class="B"), row(time_class="A")], [(1, "default_class", "time_class")]),
    ([row("9", limit="x"), row(limit="y")], [(0, "category_known", "code"), (0, "limit", "limit"), (1, "limit", "limit")]),
])  # fmt: skip
def test_every_fault_of_a_table_is_told_with_its_row(
    rows: list[TableRow], faults: list[tuple[int, str, str]]
) -> None:
    found = table_faults(rows, CATEGORIES)
    assert [(place, one.rule, one.field) for place, one in found] == faults
    assert all(one.en and one.zh != one.en for _, one in found)


def test_a_code_that_a_spreadsheet_cut_short_is_recognised() -> None:
    ((_, one),) = table_faults([row("101")], CATEGORIES)
    assert one.en == "there is no event '101' in s; is 0101 meant?"


def test_a_table_joins_the_classes_of_a_condition_wherever_their_rows_stand() -> None:
    rows = [row(time_class="A", limit="2 work_hour"), row("0102"), row()]
    first, second = conditions_in(rows, CATEGORIES, [])
    assert (first.category_id, set(first.limits), second.category_id) == (1, {"-", "A"}, 2)


def test_a_table_that_does_not_say_when_to_close_leaves_it_as_it_is() -> None:
    old = [there(closing_condition="level again")]
    assert conditions_in([row()], CATEGORIES, old) == old
    (new,) = conditions_in([row(closing_condition="mended")], CATEGORIES, old)
    assert new.closing_condition == "mended"


def test_what_changes_is_what_differs() -> None:
    old = [there("c1"), there("c2"), there("c3")]
    wanted = [there("c1"), there("c3", "2 work_day"), there("c4")]
    found = changes(old, wanted)
    assert (found.added, found.changed, found.removed, found.same) == (
        (wanted[2],),
        ((old[2], wanted[1]),),
        (old[1],),
        1,
    )
    again = changes(wanted, wanted)
    assert (again.added, again.changed, again.removed, again.same) == ((), (), (), 3)
