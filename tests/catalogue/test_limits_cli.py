"""Limit tables on the command line, as processes of their own."""

import csv
from pathlib import Path

import openpyxl
import pytest
from tests.cast import City

from casehub.catalogue import commands

HEAD = ["scheme", "kind", "code", "condition", "description", "time_class", "limit"]
BUILDING = [
    "gbt30428_2_2013",
    "event",
    "0101",
    "c1",
    "in progress",
    "-",
    "stop 4 work_hour; demolish 20 work_day",
]
RUBBISH = ["gbt30428_2_2013", "event", "0110", "c1", "[b]more than 1 m²", "-", "4 work_hour"]
CORE = [*RUBBISH[:5], "A", "2 work_hour"]


def written(path: Path, *rows: list[str], head: list[str] = HEAD) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return str(path)


async def test_a_table_is_tried_loaded_and_shown(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    file = written(tmp_path / "limits.csv", RUBBISH, CORE, ["", "", "", "", "", "", ""], BUILDING)
    code, said = await city.casehub("limits", "load", file, "--dry-run")
    assert (code, said.splitlines()) == (0, [
        "+ gbt30428_2_2013 event 0101 c1 in progress [-] stop 4 work_hour; demolish 20 work_day",
        "+ gbt30428_2_2013 event 0110 c1 [b]more than 1 m² [-] 4 work_hour",
        "+ gbt30428_2_2013 event 0110 c1 [b]more than 1 m² [A] 2 work_hour",
        "filing conditions: 2 added, 0 changed, 0 taken away, 0 as they were (dry run: nothing was written)",
    ])  # fmt: skip
    assert (await city.counts())["condition_limits"] == 0
    for counts in (
        "2 added, 0 changed, 0 taken away, 0 as they were",
        "0 added, 0 changed, 0 taken away, 2 as they were",
    ):
        code, said = await city.casehub("limits", "load", file)
        assert (code, said.strip()) == (0, f"filing conditions: {counts}")
    code, said = await city.casehub("limits", "show", "--code", "0110")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert rows == [
        ["event", "0110", "暴露生活垃圾", "c1", "[b]more than 1 m²", "-", "4 work_hour", ""],
        ["event", "0110", "暴露生活垃圾", "c1", "[b]more than 1 m²", "A", "2 work_hour", ""],
    ]
    assert (code, said.splitlines()[0].strip(), said.splitlines()[-1]) == (
        0, "gbt30428_2_2013", "1 filing conditions",
    )  # fmt: skip
    code, said = await city.casehub("limits", "show", "--scheme", "cjt214_2007")
    assert (code, said.strip()) == (0, "0 filing conditions")


async def test_a_spreadsheet_changes_what_differs_in_its_own_categories_only(
    city: City, tmp_path: Path
) -> None:
    code, said = await city.casehub(
        "limits", "load", written(tmp_path / "limits.csv", RUBBISH, CORE, BUILDING)
    )
    assert code == 0, said
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (
        [*HEAD, "source"],
        [*RUBBISH[:6], "1 work_day", "ours"],
        [None] * 8,
        [*RUBBISH[:3], "c2", "less", None, "2 work_day", None],
    ):
        book.active.append(row)
    book.save(tmp_path / "limits.xlsx")
    code, said = await city.casehub("limits", "load", str(tmp_path / "limits.xlsx"), "--dry-run")
    assert (code, said.splitlines()) == (0, [
        "+ gbt30428_2_2013 event 0110 c2 less [-] 2 work_day",
        "~ gbt30428_2_2013 event 0110 c1 source: none -> ours",
        "~ gbt30428_2_2013 event 0110 c1 [-] 4 work_hour -> 1 work_day",
        "~ gbt30428_2_2013 event 0110 c1 [A] 2 work_hour -> none",
        "filing conditions: 1 added, 1 changed, 0 taken away, 0 as they were (dry run: nothing was written)",
    ])  # fmt: skip
    code, said = await city.casehub("limits", "load", str(tmp_path / "limits.xlsx"))
    assert code == 0, said
    rows = await city.sql(
        "SELECT condition, time_class, source FROM condition_limits JOIN filing_conditions USING (category_id, condition) ORDER BY 1, 3"
    )
    assert [tuple(one) for one in rows] == [("c1", "-", "ours"), ("c1", "-", None), ("c2", "-", None)]


async def test_every_fault_is_told_with_file_and_line_and_nothing_is_changed(
    city: City, tmp_path: Path
) -> None:
    wrong = [*BUILDING[:6], "stop 0 work_hour; wait 2 work_day"]
    file = written(
        tmp_path / "limits.csv", RUBBISH, [*RUBBISH[:2], "110", *RUBBISH[3:]], ["gbt", *RUBBISH[1:]], wrong
    )
    code, said = await city.casehub("limits", "load", file)
    lines = said.splitlines()
    assert (code, len(lines)) == (1, 5), said
    assert lines[0] == f"{file}:3: code: there is no event '110' in gbt30428_2_2013; is 0110 meant?"
    assert lines[1] == f"{file}:4: scheme: there is no scheme 'gbt' with categories"
    assert lines[2].startswith(f"{file}:5: limit.1.step: 'wait' is not one of the steps arrive, stop")
    assert lines[3].startswith(f"{file}:5: limit.0.limit: '0 work_hour': a whole number from 1 to 9999")
    assert lines[4] == f"casehub: 4 faults in 4 rows of {file}: nothing was changed"
    assert (await city.counts())["condition_limits"] == 0


@pytest.mark.parametrize(("content", "words"), [
    (b"", "has no rows"),
    (b"scheme,kind,code,condition\na,b,c,d\n", "has no column description, limit, time_class"),
    ("scheme,立案\n".encode("gb18030"), "is not in UTF-8: save it as CSV UTF-8"),
])  # fmt: skip
async def test_a_file_that_is_no_table_is_one_clear_line(
    city: City, tmp_path: Path, content: bytes, words: str
) -> None:
    for name in ("limits.csv", "limits.xlsx")[: 1 + (not content)]:
        (tmp_path / name).write_bytes(content)
        code, said = await city.casehub("limits", "load", str(tmp_path / name))
        expected = words if name.endswith("csv") else "not a zip file"
        assert (code, len(said.splitlines()), expected in said) == (1, 1, True), said


async def test_a_new_home_can_be_given_its_limits_first(city: City, tmp_path: Path) -> None:
    await city.sql("DELETE FROM workflow_versions")
    await city.sql("DELETE FROM categories")
    code, said = await city.casehub("limits", "load", written(tmp_path / "limits.csv", RUBBISH))
    assert (code, "1 added" in said) == (0, True), said


async def test_the_example_can_be_loaded_by_hand_where_its_local_categories_are(city: City) -> None:
    async with city.engine.begin() as tx:
        await commands.load_example(tx)
    example = Path(commands.__file__).parent / "limits_example_city.csv"
    code, said = await city.casehub("limits", "load", str(example))
    assert (code, said.strip()) == (
        0, "filing conditions: 0 added, 0 changed, 0 taken away, 424 as they were",
    )  # fmt: skip


async def test_help_gives_examples(city: City) -> None:
    for command in ("load", "show"):
        code, said = await city.casehub("limits", command, "--help")
        assert (code, "Example" in said) == (0, True), said
