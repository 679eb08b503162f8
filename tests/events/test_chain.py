from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.events.chain import GENESIS, Event, canonical, faults, link

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)


def chain(length: int = 4, case_id: int = 42) -> list[Event]:
    events: list[Event] = []
    for seq in range(1, length + 1):
        before = events[-1].hash if events else GENESIS
        at = AT + timedelta(minutes=seq, microseconds=seq)
        events.append(
            link(case_id, seq, "remind", at, {"by": "e1", "form": {"content": f"第{seq}次"}}, before)
        )
    return events


def test_a_history_verifies_against_the_head_that_its_case_keeps() -> None:
    events = chain()
    assert faults(events, events[-1].hash) == []
    assert faults([], GENESIS) == []


@pytest.mark.parametrize("place", range(4))
def test_a_changed_event_is_found(place: int) -> None:
    events = chain()
    events[place] = replace(events[place], body=events[place].body.replace("e1", "e2"))
    assert any(f"event {place + 1} was changed" in one for one in faults(events, events[-1].hash))


@pytest.mark.parametrize("place", range(4))
def test_a_changed_event_is_found_even_when_its_own_hash_was_made_again(place: int) -> None:
    events = chain()
    head, old = events[-1].hash, events[place]
    before = events[place - 1].hash if place else GENESIS
    events[place] = link(42, old.seq, "void", old.at, {"by": "nobody"}, before)
    assert faults(events, head)


@pytest.mark.parametrize("place", range(4))
def test_a_removed_event_is_found(place: int) -> None:
    events = chain()
    assert faults(events[:place] + events[place + 1 :], events[-1].hash)


@pytest.mark.parametrize("place", range(5))
def test_an_inserted_event_is_found(place: int) -> None:
    events = chain()
    before = events[place - 1].hash if place else GENESIS
    extra = link(42, place + 1, "remind", AT, {"by": "nobody"}, before)
    assert faults([*events[:place], extra, *events[place:]], events[-1].hash)


def test_a_history_that_lost_its_end_is_found() -> None:
    events = chain()
    assert faults(events[:3], events[-1].hash) == ["the last event is not the one that the case points to"]
    assert faults([], events[-1].hash)


def test_two_events_that_changed_places_are_found() -> None:
    one, two, three, four = chain()
    assert faults([one, three, two, four], four.hash)


@pytest.mark.parametrize("column", [
    {"action": "void"}, {"at": AT}, {"case_id": 43}, {"at": AT + timedelta(minutes=2, microseconds=3)},
])  # fmt: skip
def test_a_column_that_says_otherwise_than_the_body_is_found(column: dict[str, object]) -> None:
    events = chain()
    events[1] = replace(events[1], **column)
    assert faults(events, events[-1].hash) == ["event 2: its columns don't say what its body says"]


def test_the_history_of_another_case_is_not_this_ones() -> None:
    ours, theirs = chain(), chain(case_id=43)
    assert faults([ours[0], theirs[1], *ours[2:]], ours[-1].hash)


def test_the_text_of_a_body_does_not_depend_on_order_or_zone() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert canonical({"b": AT.astimezone(shanghai), "a": 1}) == canonical({"a": 1, "b": AT}) == (
        '{"a":1,"b":"2024-05-01T08:00:00Z"}'
    )  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4, alphabet="ab案"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    bodies=st.lists(st.dictionaries(st.sampled_from(["by", "form", "case"]), JSON), min_size=1, max_size=5),
    data=st.data(),
)
def test_whatever_is_recorded_verifies_and_whatever_is_changed_does_not(
    bodies: list[dict[str, object]], data: st.DataObject
) -> None:
    events: list[Event] = []
    for seq, body in enumerate(bodies, start=1):
        events.append(
            link(7, seq, "act", AT + seq * timedelta(seconds=1), body, events[-1].hash if events else GENESIS)
        )
    assert faults(events, events[-1].hash) == []
    place = data.draw(st.integers(0, len(events) - 1))
    text = orjson.loads(events[place].body) | {"by": "somebody else entirely"}
    changed = [*events]
    changed[place] = replace(events[place], body=canonical(text))
    assert faults(changed, events[-1].hash) or changed == events
