"""Who is sent where the acceptor names nobody: the roster's rules as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.cases.assignment import By, Candidate, choose_collector, on_shift


def make(
    person: str, *, at_home: bool = True, shared: int = 4, standing: bool = False, in_hand: int = 0
) -> Candidate:
    return Candidate(person, "g1" if at_home else "g2", at_home, shared, standing, in_hand)


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [
        ([], None),
        ([make("a")], ("a", By.ON_SHIFT)),
        # Who is on shift in the grid goes before who is on shift near by, however busy they are.
        ([make("a", at_home=False), make("b", in_hand=9)], ("b", By.ON_SHIFT)),
        # Who works near by goes before whose grid it is but who is off.
        ([make("a", standing=True), make("b", at_home=False, shared=2, in_hand=9)], ("b", By.NEIGHBOUR)),
        ([make("a", standing=True)], ("a", By.OFF_SHIFT)),
        # It is their own grid that somebody may be called to from home, no other one.
        ([make("a", at_home=False, standing=True)], None),
        # The same community is nearer than the same sub-district.
        ([make("a", at_home=False, shared=3), make("b", at_home=False, shared=4, in_hand=5)], ("b", By.NEIGHBOUR)),
        # Among equals, the fewest tasks; then the number.
        ([make("a", in_hand=2), make("c", in_hand=1), make("b", in_hand=1)], ("b", By.ON_SHIFT)),
        # Their own grid, and they are on shift there now.
        ([make("a", standing=True), make("a")], ("a", By.ON_SHIFT)),
    ],
)  # fmt: skip
def test_the_collector_of_the_grid_goes_and_the_rules_of_falling_back_are_kept(
    candidates: list[Candidate], chosen: tuple[str, By] | None
) -> None:
    assert choose_collector(candidates) == chosen


ANYBODY = st.builds(
    make, st.sampled_from("abcde"), at_home=st.booleans(), shared=st.integers(1, 5), standing=st.booleans(),
    in_hand=st.integers(0, 3),
)  # fmt: skip


@given(st.lists(ANYBODY, max_size=8), st.randoms())
def test_the_order_of_the_roster_changes_nothing(candidates: list[Candidate], random: object) -> None:
    shuffled = [*candidates]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    chosen = choose_collector(candidates)
    assert choose_collector(shuffled) == chosen
    if there := on_shift(candidates):
        assert chosen is not None
        assert (chosen[0] in there, chosen[1]) == (True, By.ON_SHIFT)
