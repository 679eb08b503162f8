"""The door of the watch: the ladder climbed by itself. What is automatic goes out, what is official is drafted."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from casehub.cases.commands_together import act_together
from casehub.deadlines.calendar import Calendar, opening
from casehub.deadlines.commands import current_calendar
from casehub.deadlines.limits import WORKING, Unit, run_out
from casehub.letters import store, store_watch
from casehub.letters.commands import Asked, current_ladder, draft_for, keep, letter_flow
from casehub.letters.drafts import MOST_CASES, CaseOf
from casehub.letters.flow import Letter, Situation, action_of, decide
from casehub.letters.ladder import Ladder, Trigger
from casehub.people.actors import SYSTEM
from casehub.storage.transaction import Tx

#: Letters to one department in one batch: to count what is overdue costs as much for one as for five.
_AT_ONCE = 5


class Climbed(NamedTuple):
    """How many letters a batch began or escalated, and the rung to go on with; None when the pass is over."""

    begun: int
    rung: int | None


async def climb(tx: Tx, at: datetime, *, most: int, rung: int = 0) -> Climbed:
    """One batch of letters that are due by one trigger of the ladder; rung 0 is that of the heaviest step.

    Nobody is warned while the city is closed. Cases that somebody holds just now wait for the next pass. One worker at
    a time: for another one the pass is over.
    """
    if not await store_watch.lock_ladder(tx):
        return Climbed(0, None)
    ladder, calendar = await current_ladder(tx), await current_calendar(tx)
    rungs = [(name, one) for name, step in reversed(ladder.steps.items()) for one in step.triggers]
    if opening(calendar, at) > at or rung > len(rungs):
        return Climbed(0, None)
    if rung == len(rungs):
        begun = await _escalate(tx, ladder, at, most)
        return Climbed(begun, rung if begun == most else None)
    name, trigger = rungs[rung]
    if trigger.backlog is not None:
        begun = await _climb_backlog(tx, ladder, name, trigger.backlog, at)
        return Climbed(begun, rung if begun else rung + 1)
    where, steps = _where(trigger, at, calendar), ladder.not_below(name)
    cases = await store_watch.read_standing_on(tx, where, steps, most)
    begun = await _begin(tx, ladder, name, [[one] for one in await _free(tx, steps, cases)], at)
    return Climbed(begun, rung if len(cases) == most else rung + 1)


def _ago(days: int, at: datetime, calendar: Calendar) -> datetime:
    """The instant from which so many working days ran off up to `at`."""
    return run_out(Unit.WORK_DAY, -days * WORKING[Unit.WORK_DAY], at, calendar)


def _where(trigger: Trigger, at: datetime, calendar: Calendar) -> store_watch.Where:
    if trigger.light is not None:
        return store_watch.lit_yellow(at) if trigger.light == "yellow" else store_watch.due_before(at)
    if trigger.overdue_work_days is not None:
        return store_watch.due_before(_ago(trigger.overdue_work_days, at, calendar))
    if trigger.failed_checks is not None:
        return store_watch.counted("rework_count", trigger.failed_checks)
    if trigger.repeats is not None:
        return store_watch.repeated(trigger.repeats)
    assert trigger.after is not None
    assert trigger.work_days is not None
    return store_watch.followed(trigger.after, _ago(trigger.work_days, at, calendar))


async def _free(tx: Tx, steps: Sequence[str], cases: Sequence[CaseOf]) -> list[CaseOf]:
    """Somebody may have drafted one by hand between our look and our lock, of this step or a heavier one."""
    taken = await store.read_taken(tx, steps, cases, standing=False) if cases else {}
    return [one for one in cases if one.case_id not in taken]


async def _begin(tx: Tx, ladder: Ladder, name: str, groups: Sequence[Sequence[CaseOf]], at: datetime) -> int:
    """A letter for each of these groups of cases; what goes out by itself reminds them."""
    if not groups:
        return 0
    step = ladder.steps[name]
    await draft_for(tx, ladder, Asked(name, ()), groups, by=SYSTEM, at=at)
    if step.automatic:
        reminded = [case.case_id for one in groups for case in one]
        await act_together(tx, reminded, "remind", {"content": step.title}, by=SYSTEM, at=at)
    return len(groups)


async def _climb_backlog(tx: Tx, ladder: Ladder, name: str, least: int, at: datetime) -> int:
    """A letter to each department on all that is overdue there and in no such letter yet; some where it is very much."""
    overdue, steps = store_watch.due_before(at), ladder.not_below(name)
    groups = []
    for unit in await store_watch.read_backlogged(tx, overdue, steps, least):
        where = (*overdue, store_watch.of_unit(unit))
        cases = await _free(
            tx, steps, await store_watch.read_standing_on(tx, where, steps, _AT_ONCE * MOST_CASES)
        )
        parts = [cases[first : first + MOST_CASES] for first in range(0, len(cases), MOST_CASES)]
        groups += [one for one in parts if len(one) >= least]
    return await _begin(tx, ladder, name, groups, at)


async def _escalate(tx: Tx, ladder: Ladder, at: datetime, most: int) -> int:
    """No reply by the due date: the next letter is drafted. Source: reference 6.4."""
    followed = [name for name, step in ladder.steps.items() if step.next is not None]
    waiting = await store_watch.read_unanswered(tx, followed, at, most)
    for letter in waiting:
        await _escalate_one(tx, ladder, letter, at)
    return len(waiting)


async def _escalate_one(tx: Tx, ladder: Ladder, letter: Letter, at: datetime) -> None:
    name = str(ladder.steps[letter.step].next)
    cases = await _free(tx, [name], await store.read_cases_of(tx, letter.letter_id))
    cases = [one for one in cases if one.open and one.department == letter.to_unit]
    if cases:
        asked = Asked(name, (), cc_units=tuple(letter.cc_units), parent_id=letter.letter_id)
        await draft_for(tx, ladder, asked, [cases], by=SYSTEM, at=at)
    flow = await letter_flow(tx, letter)
    situation = Situation(
        letter,
        action_of(flow, "escalate"),
        {},
        SYSTEM,
        at,
        ladder.steps[letter.step],
        await current_calendar(tx),
    )
    await keep(tx, decide(flow, situation))
