"""The door to the printed letter: what stands on it is read first, then printed, which takes no connection."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from casehub.deadlines.commands import current_calendar
from casehub.letters import store
from casehub.letters.flow import Letter
from casehub.letters.sheet import MOST_PHOTOS, sheet_of
from casehub.letters.store import Row
from casehub.storage.transaction import Tx


class Paper(StrEnum):
    """What a letter is printed as."""

    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True, slots=True)
class Parts:
    """A letter with the names and photos that go on its pages."""

    letter: Letter
    copies: list[str]
    photos: list[Row]
    zone: ZoneInfo


async def read_parts(tx: Tx, letter: Letter) -> Parts:
    """What the pages of a letter need; photos are those that were there when it was drafted."""
    units = await store.read_units(tx, letter.cc_units)
    photos = await store.read_photos_of_cases(tx, letter.letter_id, letter.drafted_at, MOST_PHOTOS)
    copies = [units[code] for code in letter.cc_units]
    return Parts(letter, copies, photos, (await current_calendar(tx)).tz)


def print_letter(parts: Parts, paper: Paper, path_of: Callable[[str], Path]) -> bytes:
    """The bytes of the document. A photo that can't be read is left in the system. Raises CharacterNotPrintable."""
    # Imported by who prints, see casehub/paper.
    from casehub.letters.docx import to_docx
    from casehub.letters.pdf import to_pdf
    from casehub.letters.pictures import printed

    found = [(one["case_no"], path_of(one["sha256"])) for one in parts.photos]
    photos = [printed(path.read_bytes(), f"案件 {case_no}") for case_no, path in found if path.exists()]
    sheet = sheet_of(parts.letter, parts.copies, [one for one in photos if one is not None], parts.zone)
    return (to_pdf if paper is Paper.PDF else to_docx)(sheet)
