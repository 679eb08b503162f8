"""How a guard is made, and where all guards are entered."""

from collections.abc import Callable

from casehub.cases.facts import Situation
from casehub.errors import Refusal

Guard = Callable[[Situation], Refusal | None]

#: The closed registry.
ENTERED: dict[str, Guard] = {}


def guard(
    rule: str, en: str, zh: str, field: str | None = None
) -> Callable[[Callable[[Situation], bool]], Guard]:
    """Make a guard of a predicate that says whether all is well."""

    def make(holds: Callable[[Situation], bool]) -> Guard:
        refusal = Refusal(rule, en, zh, field)

        def check(situation: Situation) -> Refusal | None:
            return None if holds(situation) else refusal

        check.__doc__ = holds.__doc__
        ENTERED[rule] = check
        return check

    return make
