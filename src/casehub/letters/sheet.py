"""What stands on the pages of a letter, in order. `pdf` and `docx` print it. Source: reference 6.2, 6.5."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from casehub.letters.drafts import day_in_words
from casehub.letters.flow import Letter
from casehub.letters.ladder import Form
from casehub.paper.document import Place

#: Photos that a letter carries; the others are in the system.
MOST_PHOTOS = 12
#: In the place of a character of others' that no font has.
MISSING = "〓"
SEAL = "（此处盖章）"
#: Title and share of the width.
COLUMNS = (
    ("序号", 5), ("案件编号", 23), ("地点", 18), ("问题", 10), ("派遣日期", 13), ("处置期限", 13), ("超期（工作日）", 8), ("退回", 5),
    ("返工", 5),
)  # fmt: skip
_HEADINGS = (
    (re.compile(r"[一二三四五六七八九十]+、"), "first"),
    (re.compile(r"（[一二三四五六七八九十]+）"), "second"),
)
#: A heading is a line of its own; longer ones are sentences.
_HEADING_LENGTH = 28


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is printed: a JPEG of so many dots."""

    caption: str
    file: bytes
    wide: int
    high: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter, element by element."""

    form: Form
    mark: str
    number: str
    secrecy: str
    urgency: str
    title: str
    unit: str
    paragraphs: tuple[tuple[str, str], ...]  # (kind, text); kind is first, second or plain
    attachments: tuple[str, ...]
    agency: str
    date: str
    note: str
    cc: str
    table_title: str
    rows: tuple[tuple[str, ...], ...]
    photos: tuple[Photo, ...]


def sheet_of(letter: Letter, copies: Sequence[str], photos: Sequence[Photo], zone: ZoneInfo) -> Sheet:
    """The pages of a letter; before it is signed, number and date are left free to see."""
    content, agency = letter.content, str(letter.content["agency"])
    form = Form(content["form"])
    lists = f"{content['kind']}案件清单"
    attachments = (f"1.{lists}", "2.案件照片") if photos else (lists,)
    return Sheet(
        form, agency if form is Form.LETTER else f"{agency}文件", _number(letter), letter.secrecy or "", letter.urgency or "",
        letter.title, content["unit"], tuple((_kind(one), one) for one in letter.body.split("\n") if one.strip()),
        attachments, agency, _date(letter.signed_at, zone), _note(letter), f"抄送：{'，'.join(copies)}。" if copies else "", lists,
        tuple(_row(place, one) for place, one in enumerate(content["cases"], 1)), tuple(photos),
    )  # fmt: skip


def _number(letter: Letter) -> str:
    return f"{letter.agency_code}〔　　〕　号" if letter.number is None else str(letter.number)


def _date(signed_at: datetime | None, zone: ZoneInfo) -> str:
    return "　　年　月　日" if signed_at is None else day_in_words(signed_at.astimezone(zone).date())


def _note(letter: Letter) -> str:
    """Contact person and telephone, in letters that ask for a reply. Source: reference 6.5, 附注."""
    said = [("联系人", letter.contact_name), ("联系电话", letter.contact_phone)]
    told = "，".join(f"{name}：{value}" for name, value in said if value)
    return f"（{told}）" if told and letter.reply_limit else ""


def _kind(paragraph: str) -> str:
    if len(paragraph) > _HEADING_LENGTH or paragraph.endswith(("。", "；")):
        return "plain"
    return next((kind for pattern, kind in _HEADINGS if pattern.match(paragraph)), "plain")


def _row(place: int, case: Mapping[str, Any]) -> tuple[str, ...]:
    dates = [case[name] or "—" for name in ("dispatched_at", "due_at")]
    counts = [str(case[name]) for name in ("overdue_days", "returns", "reworks")]
    return str(place), case["case_no"], case["address"] or "—", case["problem"], *dates, *counts


def texts(sheet: Sheet) -> list[tuple[Place, str]]:
    """What officers wrote, with its place; the table was written by others, see `MISSING`."""
    parts = [
        (Place("the title", "标题"), sheet.title), (Place("the mark", "发文机关标志"), sheet.mark),
        (Place("the number", "发文字号"), sheet.number), (Place("secrecy", "密级"), sheet.secrecy), (Place("urgency", "紧急程度"), sheet.urgency),
        (Place("the addressee", "主送机关"), sheet.unit), (Place("the note", "附注"), sheet.note), (Place("the copies", "抄送"), sheet.cc),
    ]  # fmt: skip
    body = [
        (Place(f"paragraph {number}", f"第 {number} 段"), one)
        for number, (_, one) in enumerate(sheet.paragraphs, 1)
    ]
    return parts + body
