"""What waits for what: items that a device made offline, in whatever order they and their photos arrive."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
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
    circle: Collection[str] = ()  # see `circle`


@dataclass(frozen=True, slots=True)
class Lacking:
    """What an item waits for."""

    photos: tuple[PhotoName, ...]
    items: tuple[str, ...]


_NOTHING = Lacking((), ())

#: Items of one person that may wait, so that no device fills the city's memory. Source: our choice, several days' work.
MOST_WAITING = 1_000


def lacking(item: Item, around: Around) -> Lacking:
    """What has not arrived yet of what the item needs."""
    return Lacking(
        tuple(one for one in item.photos if one not in around.photos),
        tuple(one for one in item.items if one not in around.settled),
    )


def barred(item: Item, around: Around) -> Refusal | None:
    """Was one refused that had to come before it, or does that wait for this one? Then it can never be applied."""
    if item.item_id in around.circle:
        en = "this item and others wait for each other in a circle; send them again without it, under new ids"
        field = "after" if item.after is not None else "report_id"
        return Refusal("item_circle", en, "条目互为前置，无法执行，请更正后以新编号重新提交", field)
    for one in item.items:
        before = around.settled.get(one)
        if before is not None and before.case_no is None:
            field = "after" if one == item.after else "report_id"
            en = f"item {one!r} was refused; send both again, corrected, under new ids"
            return Refusal(
                "item_before_refused", en, f"前置条目 {one} 已被拒绝，请更正后以新编号重新提交", field
            )
    return None


def circle(items: Iterable[Item]) -> Collection[str]:
    """Those that wait for themselves, by way of others, or for one that does: nothing that comes can set them going."""
    ids = {item.item_id: item.items for item in items}
    sorter = TopologicalSorter(
        {one: [other for other in those if other in ids] for one, those in ids.items()}
    )
    with suppress(CycleError):  # there is one, and still all is handed out that does not hang on it
        sorter.prepare()
    while ready := sorter.get_ready():
        sorter.done(*ready)
        for one in ready:
            del ids[one]
    return ids.keys()


class Line:
    """Items that wait, and those of them whose turn it is. Each is looked at once, and once more for each that it waits for."""

    def __init__(self, items: Iterable[Item], around: Around) -> None:
        self.waiting = {item.item_id: item for item in items}
        self._around = around
        self._behind: dict[str, list[Item]] = defaultdict(list)
        self._ready: list[tuple[datetime, str, Item]] = []
        for item in [*self.waiting.values()]:
            for one in item.items:
                self._behind[one].append(item)
            self._look_at(item)

    def _look_at(self, item: Item) -> None:
        ready = barred(item, self._around) is not None or lacking(item, self._around) == _NOTHING
        if ready and self.waiting.pop(item.item_id, None) is not None:
            heappush(self._ready, (item.observed_at, item.item_id, item))

    def next(self) -> Item | None:
        """The item to settle next: of those that lack nothing or are barred, the one seen first."""
        return heappop(self._ready)[2] if self._ready else None

    def settled(self, item: Item) -> None:
        """It is settled, as `around` knows by now: look at those behind it."""
        for one in self._behind.pop(item.item_id, ()):
            self._look_at(one)
