"""Rows of cells in, changes out: pure, no files, no database."""

from typing import Any

import pytest

from casehub.catalogue.conditions import Changes, FilingCondition, TableRow
from casehub.catalogue.limits import steps_of
from casehub.catalogue.sheets import table_row, tell_changes

CELLS = {
    "scheme": "s", "kind": "event", "code": "0101", "condition": "c1", "description": "in  progress\n", "time_class": "",
    "limit": "stop 4 work_hour; done 2 work_day",
}  # fmt: skip
ROW = TableRow("s", "event", "0101", "c1", "in progress", [{"step": "stop", "limit": "4 work_hour"}, {"step": "done", "limit": "2 work_day"}])  # fmt: skip


@pytest.mark.parametrize(("cells", "row"), [
    (CELLS, ROW),
    (CELLS | {"note": "not read", "source": "", "closing_condition": None}, ROW),
    (dict.fromkeys(CELLS, "") | {"note": "  "}, None),
    (dict.fromkeys(CELLS), None),
    ({"scheme": "s", "code": 101, "limit": "4 work_hour", "time_class": "A", "source": "us"},
     TableRow("s", "", "101", "", "", "4 work_hour", "A", source="us")),
])  # fmt: skip
def test_a_row_is_read_as_it_is_written(cells: dict[str, Any], row: TableRow | None) -> None:
    assert table_row(cells) == row


def test_changes_are_told_limit_by_limit_and_word_by_word() -> None:
    def condition(name: str, source: str | None, **limits: Any) -> FilingCondition:
        steps = {"-" if key == "usual" else key: steps_of(one) for key, one in limits.items()}
        return FilingCondition(1, "s", "event", "0101", name, f"words of {name}", None, source, steps)

    stop = [{"step": "stop", "limit": "4 work_hour"}, {"step": "done", "limit": "2 work_day"}]
    before, after = (
        condition("c2", None, usual="1 work_day", A=stop),
        condition("c2", "L1", usual="2 work_day", B="3 work_day"),
    )
    changes = Changes(
        (condition("c3", None, usual="1 work_day", A=stop),),
        ((before, after),),
        (condition("c1", None, usual="1 work_day"),),
        7,
    )
    assert [*tell_changes(changes)] == [
        "- s event 0101 c1 words of c1",
        "+ s event 0101 c3 words of c3 [-] 1 work_day",
        "+ s event 0101 c3 words of c3 [A] stop 4 work_hour; done 2 work_day",
        "~ s event 0101 c2 source: none -> L1",
        "~ s event 0101 c2 [-] 1 work_day -> 2 work_day",
        "~ s event 0101 c2 [A] stop 4 work_hour; done 2 work_day -> none",
        "~ s event 0101 c2 [B] none -> 3 work_day",
    ]
