"""What waits for what, as a table."""

from datetime import datetime, timedelta

import pytest

from casehub.collectors.sync import Around, Item, Lacking, Settled, barred, lacking, next_possible

NINE = datetime.fromisoformat("2024-05-06T09:00:00+08:00")
PHOTO = ("a" * 64, "near")


def make(
    name: str, minutes: int = 0, *, after: str | None = None, photos: int = 0, about: str | None = None
) -> Item:
    return Item(name, NINE + timedelta(minutes=minutes), after, (PHOTO,) * photos, report_id=about)


@pytest.mark.parametrize(
    ("item", "photos", "settled", "lacks"),
    [
        (make("a"), {}, {}, Lacking((), ())),
        (make("a", photos=1), {}, {}, Lacking((PHOTO,), ())),
        (make("a", photos=1), {PHOTO: "id"}, {}, Lacking((), ())),
        (make("a", after="b"), {}, {}, Lacking((), ("b",))),
        (make("a", after="b", about="b"), {}, {}, Lacking((), ("b",))),
        (make("a", after="b", about="c"), {}, {"b": Settled("1")}, Lacking((), ("c",))),
    ],
)  # fmt: skip
def test_an_item_waits_for_what_it_names(
    item: Item, photos: dict[tuple[str, str], str], settled: dict[str, Settled], lacks: Lacking
) -> None:
    assert lacking(item, Around(photos, settled)) == lacks


def test_what_was_seen_first_is_done_first_whatever_came_first() -> None:
    nothing = Around({}, {})
    later, first, waits = make("a", 5), make("b", 1), make("c", 0, after="x")
    chosen = next_possible([later, first, waits], nothing)
    assert chosen == first
    same = next_possible([make("z", 1), make("b", 1)], nothing)
    assert same is not None
    assert same.item_id == "b"
    assert next_possible([waits], nothing) is None


def test_what_hangs_on_a_refused_item_is_refused_even_while_its_photos_are_missing() -> None:
    around = Around({}, {"b": Settled(None), "c": Settled("1")})
    hanging = make("a", after="b", photos=1)
    why = barred(hanging, around)
    assert why is not None
    assert (why.rule, why.field) == ("item_before_refused", "after")
    assert next_possible([hanging], around) == hanging
    assert barred(make("a", about="c"), around) is None
