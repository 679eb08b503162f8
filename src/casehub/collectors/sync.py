"""What waits for what: items that a device made offline, in whatever order they and their photos arrive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from casehub.errors import Refusal


class Status(StrEnum):
    """What became of an item."""

    APPLIED = "applied"
    WAITING = "waiting"
    REFUSED = "refused"


#: A photo by its content: (SHA-256 in hexadecimal, kind).
PhotoName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the device wrote it."""

    item_id: str
    observed_at: datetime
    after: str | None
    photos: tuple[PhotoName, ...]
    report: Mapping[str, Any] | None = None
    case_no: str | None = None
    report_id: str | None = None  # the item that reported the case to act on
    action: str | None = None
    form: Mapping[str, Any] | None = None

    @property
    def items(self) -> tuple[str, ...]:
        """The items that must be applied before it."""
        return tuple(dict.fromkeys(one for one in (self.after, self.report_id) if one is not None))


@dataclass(frozen=True, slots=True)
class Settled:
    """An item that was applied to a case, or refused (no case)."""

    case_no: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """What has arrived of all that items need."""

    photos: Mapping[PhotoName, str]  # attachment ids
    settled: Mapping[str, Settled]


@dataclass(frozen=True, slots=True)
class Lacking:
    """What an item waits for."""

    photos: tuple[PhotoName, ...]
    items: tuple[str, ...]


def lacking(item: Item, around: Around) -> Lacking:
    """What has not arrived yet of what the item needs."""
    return Lacking(
        tuple(one for one in item.photos if one not in around.photos),
        tuple(one for one in item.items if one not in around.settled),
    )


def barred(item: Item, around: Around) -> Refusal | None:
    """Was one refused that had to come before it? Then it can never be applied."""
    for one in item.items:
        before = around.settled.get(one)
        if before is not None and before.case_no is None:
            field = "after" if one == item.after else "report_id"
            en = f"item {one!r} was refused; send both again, corrected, under new ids"
            return Refusal(
                "item_before_refused", en, f"前置条目 {one} 已被拒绝，请更正后以新编号重新提交", field
            )
    return None


def next_possible(waiting: Iterable[Item], around: Around) -> Item | None:
    """The item to settle next: of those that lack nothing or are barred, the one seen first."""
    ready = (
        one for one in waiting if barred(one, around) is not None or lacking(one, around) == Lacking((), ())
    )
    return min(ready, key=lambda one: (one.observed_at, one.item_id), default=None)
