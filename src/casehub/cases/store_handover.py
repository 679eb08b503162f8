"""SQL of handing over: what a person has in hand."""

from collections.abc import Sequence

from sqlalchemy import select

from casehub.cases.tables import cases
from casehub.cases.tables_scope import within
from casehub.deadlines.tables import tasks
from casehub.people.actors import Scope
from casehub.storage.transaction import Tx


async def read_held(tx: Tx, person: str, scope: Scope, most: int) -> Sequence[str]:
    """Numbers of the cases in scope on which the person has an open task, oldest first. Rides on ix_tasks_person."""
    held = select(tasks.c.case_id).where(tasks.c.person_no == person, tasks.c.finished_at.is_(None))
    found = select(cases.c.case_no).where(cases.c.case_id.in_(held), within(scope))
    return (await tx.execute(found.order_by(cases.c.case_id).limit(most))).scalars().all()
