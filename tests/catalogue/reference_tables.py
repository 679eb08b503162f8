"""Reads the limit tables of the domain reference as they are written there, sections 4.6 and 4.7."""

import re
from collections.abc import Iterator
from pathlib import Path

UNITS = {"UH": "urgent_hour", "UD": "urgent_day", "WH": "work_hour", "WD": "work_day"}
#: kind, code, name, condition, description, limit
Row = tuple[str, str, str, str, str, str]

_EVENT = re.compile(r"^\| (\d{4}) (\S.*?) \| (.*?) \|$", re.MULTILINE)
_COMPONENT = re.compile(r"^\| (\d{4}) \| (.*?) \| (.*?) \|$", re.MULTILINE)
_LIMIT = re.compile(r"^(?:(.*?) )?(\d+)(UH|UD|WH|WD)$")


def section(file: Path, number: str) -> str:
    """The text of one section of the fourth chapter."""
    text = file.read_text(encoding="utf-8")
    return text[text.index(f"### {number} ") : text.index(f"### 4.{int(number[2:]) + 1} ")]


def _limit(text: str) -> tuple[str, str]:
    found = _LIMIT.match(text)
    assert found, text
    return found[1] or "", f"{found[2]} {UNITS[found[3]]}"


def _notes(text: str) -> dict[str, list[str]]:
    """The keywords of the conditions that the note below the event tables names, by code, in order."""
    told = re.search(r"^Condition notes in short: (.*?)\. \[sourced", text, re.MULTILINE)
    assert told
    found = {}
    for note in told[1].split(" · "):
        codes, _, rest = note.partition(" ")
        # "> 100 m² and > 15 cm deep" has no limit of its own, "broken ≥ 0.5 m²; crack ..." neither.
        words = [one.strip() for one in re.split(";" if ";" in rest else ", ", rest)]
        for code in codes.split("/"):
            found[code] = words
    return found


def event_rows(file: Path) -> Iterator[Row]:
    """The events of 4.6: a keyword where the note gives one, else the number of the condition."""
    text = section(file, "4.6")
    notes = _notes(text)
    for code, name, limits in _EVENT.findall(text):
        cells = [_limit(one)[1] for one in limits.split(" / ")]
        words = notes.pop(code, None)
        assert words is None or len(words) == len(cells), code
        for place, limit in enumerate(cells):
            description = f"condition {place + 1}"
            if words is not None:
                said = _LIMIT.match(words[place])
                assert said is None or _limit(words[place])[1] == limit, (code, words[place])
                description = said[1] if said else words[place]
            yield "event", code, name, f"c{place + 1}", description, limit
    assert not notes


def component_rows(file: Path) -> Iterator[Row]:
    """The components of 4.7 with the keywords that stand there."""
    for code, name, conditions in _COMPONENT.findall(section(file, "4.7")):
        for place, one in enumerate(conditions.split("; ")):
            description, limit = _limit(one)
            yield "component", code, name, f"c{place + 1}", description, limit
