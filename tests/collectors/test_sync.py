"""What waits for what, as a table."""

from datetime import datetime, timedelta

import pytest

from casehub.collectors.sync import Around, Item, Lacking, Line, Settled, barred, circle, lacking

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


def in_turn(items: list[Item], settled: dict[str, Settled] | None = None) -> list[str]:
    """The order in which a line settles what comes, each applied."""
    now = settled or {}
    line, order = Line(items, Around({}, now, circle(items))), list[str]()
    while (item := line.next()) is not None:
        now[item.item_id] = Settled("1")
        order.append(item.item_id)
        line.settled(item)
    assert {*order}.isdisjoint(line.waiting)
    assert len(order) + len(line.waiting) == len(items)
    return order


def test_what_was_seen_first_is_done_first_whatever_came_first() -> None:
    assert in_turn([make("a", 5), make("b", 1), make("c", 0, after="x")]) == ["b", "a"]
    assert in_turn([make("z", 1), make("b", 1)]) == ["b", "z"]
    # What was seen first among those whose turn has come: c only after a.
    assert in_turn([make("c", 0, after="a"), make("a", 2), make("b", 3)]) == ["a", "c", "b"]
    assert in_turn([make("a", 0, after="x", about="y"), make("y", 5)], {"x": Settled("1")}) == ["y", "a"]


def test_what_hangs_on_a_refused_item_is_refused_even_while_its_photos_are_missing() -> None:
    around = Around({}, {"b": Settled(None), "c": Settled("1")})
    hanging = make("a", after="b", photos=1)
    why = barred(hanging, around)
    assert why is not None
    assert (why.rule, why.field) == ("item_before_refused", "after")
    assert Line([hanging], around).next() == hanging
    assert barred(make("a", about="c"), around) is None


@pytest.mark.parametrize(("items", "circling"), [
    ([make("a", after="b"), make("b", after="x")], ""),
    ([make("a", after="b"), make("b", after="a")], "ab"),
    ([make("a", after="b"), make("b", about="c"), make("c", after="a", photos=1), make("d")], "abc"),
    ([make("a", after="b"), make("b", after="a"), make("c", after="a"), make("d", after="c", about="e"), make("e")], "abcd"),
    ([make("a", after="b", about="x"), make("b", after="x"), make("x")], ""),
])  # fmt: skip
def test_items_that_wait_for_each_other_in_a_circle_are_found(items: list[Item], circling: str) -> None:
    assert {*circle(items)} == {*circling}
    around = Around({}, {}, circle(items))
    assert {one.item_id for one in items if barred(one, around)} == {*circling}


def test_a_long_line_takes_no_longer_for_each_item_than_a_short_one() -> None:
    """Were all looked at again after each, it would take an hour."""
    fan = [make(f"f{n:05}", n, after="root") for n in range(20_000)]
    chain = [make(f"c{n:05}", -n, after=f"c{n - 1:05}" if n else "f00000") for n in range(20_000)]
    order = in_turn([*fan, *chain, make("root", 90_000)])
    assert order[:2] == ["root", "f00000"]
    assert order[2:20_002] == [one.item_id for one in chain], "seen before the rest"
