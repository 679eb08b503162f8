"""The working calendar on the command line, as processes of their own."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cast import City

from casehub.deadlines.calendar import Calendar


def casehub(home: Path, *arguments: str) -> tuple[int, str]:
    """The command line on a machine where nothing was ever started."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEHUB_")}
    done = subprocess.run(
        [sys.executable, "-m", "casehub", *arguments], env={**environment, "CASEHUB_HOME": str(home)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_deadline_is_told_where_nothing_was_ever_started(tmp_path: Path) -> None:
    home = tmp_path / "home"
    code, said = casehub(home, "deadline", "2023-06-02 16:30", "4 work_hour")
    assert code == 0, said
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert rows == [
        ["Fri 2023-06-02 16:30", "Fri 2023-06-02 18:00", "1:30", "1:30", "working day"],
        ["Fri 2023-06-02 18:00", "Sat 2023-06-03 00:00", "", "1:30", "closed"],
        ["Sat 2023-06-03 00:00", "Mon 2023-06-05 00:00", "", "1:30", "weekend"],
        ["Mon 2023-06-05 00:00", "Mon 2023-06-05 08:00", "", "1:30", "closed"],
        ["Mon 2023-06-05 08:00", "Mon 2023-06-05 10:30", "2:30", "4:00", "working day"],
    ]
    assert "due Mon 2023-06-05 10:30 Asia/Shanghai" in said
    assert "the usual calendar (there is no city here yet)" in said
    code, said = casehub(home, "calendar", "days", "2026-10")
    assert (code, said.count("│ yes "), said.count("│ no ")) == (0, 18, 13), said
    assert not home.exists(), "telling makes no city"


@pytest.mark.parametrize(("arguments", "words"), [
    (("deadline", "tomorrow", "4 work_hour"), "'tomorrow' is not an instant such as '2023-06-02 16:30'"),
    (("deadline", "0001-01-01", "4 work_hour"), "does not lie between 1900 and 2200"),
    (("deadline", "2023-06-02", "0 work_hour"), "'0 work_hour' is not a limit such as '4 work_hour'"),
    (("deadline", "2026-12-31 17:00", "2 work_hour"), "the public holidays of 2027 are not known"),
    (("calendar", "days", "2026-13"), "'2026-13' is not a month such as 2026-10"),
    (("calendar", "override", "soon", "--off", "--note", "x"), "'soon' is not a day such as 2026-10-11"),
    (("calendar", "override", "2026-10-11", "--off", "--note", " "), "1 to 200 characters"),
])  # fmt: skip
def test_what_cannot_be_told_is_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, said = casehub(tmp_path / "home", *arguments)
    assert (code, len(said.splitlines()), words in said) == (1, 1, True), said


async def test_the_citys_own_days_count_on_the_command_line(city: City) -> None:
    today = city.clock.now().astimezone(Calendar().tz).date()
    tomorrow, past = today + timedelta(days=1), today - timedelta(days=1)
    code, said = await city.casehub("calendar", "override", str(tomorrow), "--working", "--note", "[b]防汛")
    assert (code, said.strip()) == (0, f"{tomorrow} is worked: calendar version 2")
    code, said = await city.casehub("deadline", f"{tomorrow} 09:00", "30 urgent_minute")
    assert (code, "the city's calendar, version 2" in said, "9:30" in said) == (0, True, True), said
    code, said = await city.casehub("deadline", f"{tomorrow} 09:00", "1 work_hour")
    assert (code, "[b]防汛" in said, f"{tomorrow} 10:00" in said) == (0, True, True), said
    code, said = await city.casehub("calendar", "show")
    assert (code, f"{tomorrow}" in said, "worked: [b]防汛" in said, "eight_hours" in said) == (
        0,
        True,
        True,
        True,
    ), said
    code, said = await city.casehub("calendar", "override", str(past), "--off", "--note", "x")
    assert (code, len(said.splitlines())) == (1, 1)
    assert f"{past} has passed and is on record: give {today} or a later day" in said
    rows = await city.sql("SELECT version, made_by, note FROM calendars ORDER BY version")
    assert [tuple(row) for row in rows][1:] == [(2, "command line", f"{tomorrow} worked: [b]防汛")]


async def test_help_gives_examples(city: City) -> None:
    for command in (("deadline",), ("calendar", "show"), ("calendar", "days"), ("calendar", "override")):
        code, said = await city.casehub(*command, "--help")
        assert (code, "Example" in said) == (0, True), said
