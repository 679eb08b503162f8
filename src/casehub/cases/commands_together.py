"""The door for what is done to many cases at once: reminders, supervisions, replies."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from casehub.cases import store, store_together
from casehub.cases.commands import flow_of
from casehub.cases.facts import CaseFacts, Decision, Known
from casehub.cases.references import named
from casehub.cases.rules import Flow, after_waiting, decide
from casehub.deadlines.commands import calendars_for
from casehub.errors import Problem
from casehub.people.actors import Actor
from casehub.storage.transaction import Tx
from casehub.workflow.commands import definition_of


async def act_together(
    tx: Tx, case_ids: Collection[int], action: str, form: Mapping[str, Any], *, by: Actor, at: datetime
) -> dict[int, Problem | None]:
    """Do one action to many cases; why not, for each where it is refused. One refused leaves the others.

    For actions whose form names neither cases nor classes nor conditions. Fields that a case's version of the workflow
    has not are left out. Locks the cases in order of their ids; the caller has seen to who may see them.
    """
    cases = await store_together.read_locked(tx, case_ids)
    flows = {one: flow_of(await definition_of(tx, one)) for one in {case.workflow_digest for case in cases}}
    known = await _read_known(tx, cases, flows.values(), action, form, at)
    outcomes: dict[int, Problem | None] = {}
    decisions: list[Decision] = []
    for case in cases:
        flow = flows[case.workflow_digest]
        declared = flow.definition.actions.get(action)
        said = {name: value for name, value in form.items() if declared and name in declared.form}
        try:
            decided = decide(flow, case, action, said, actor=by, at=after_waiting(case, at), known=known)
        except Problem as problem:
            outcomes[case.case_id] = problem
            continue
        decisions.append(decided)
        outcomes[case.case_id] = None
    if decisions:
        await store.write_decisions(tx, decisions)
    return outcomes


async def _read_known(
    tx: Tx, cases: Collection[CaseFacts], flows: Iterable[Flow], action: str, form: Mapping[str, Any], at: datetime
) -> Known:  # fmt: skip
    declared = [one for flow in flows if (one := flow.definition.actions.get(action))]
    wanted = named(declared, form)
    return Known(
        await store.read_people(tx, wanted["person"], at),
        await store.read_departments(tx, wanted["department"]),
        photos=await store.read_photos(tx, wanted["photo"]),
        calendars=await calendars_for(tx, (task for case in cases for task in case.tasks)),
    )
