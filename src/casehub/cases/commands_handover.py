"""The door of handing over (移交): all that a person has in hand goes to another one."""

from dataclasses import dataclass
from datetime import datetime

from casehub.cases import store, store_handover
from casehub.cases.commands import act
from casehub.cases.problems import HeirUnknown
from casehub.errors import Problem
from casehub.people.actors import Actor, Scope
from casehub.storage.transaction import Tx

#: Cases that one call hands over; whoever has more asks again.
MOST = 500


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one case: it was handed over, or the reason why not."""

    case_no: str
    problem: Problem | None = None


async def hand_over(  # noqa: PLR0913 - whose queue goes to whom, by whom, when
    tx: Tx, from_person: str, to_person: str, *, by: Actor, scope: Scope, at: datetime, dry_run: bool = False
) -> tuple[list[Handed], bool]:
    """Hand over every case on which a person has an open task, each as an action of its own; and whether more are left.

    One that is refused leaves the others. What was handed over is held no more, so it can be repeated. Raises HeirUnknown.
    """
    if to_person not in await store.read_people(tx, [to_person], at):
        raise HeirUnknown(f"there is no active person {to_person!r}")
    held = await store_handover.read_held(tx, from_person, scope, MOST + 1)
    form = {"from_person": from_person, "to_person": to_person}
    handed = []
    for case_no in held[:MOST]:
        try:
            async with tx.begin_nested():
                await act(tx, case_no, "hand_over", form, by=by, scope=scope, at=at, dry_run=dry_run)
            handed.append(Handed(case_no))
        except Problem as problem:
            handed.append(Handed(case_no, problem))
    return handed, len(held) > MOST
