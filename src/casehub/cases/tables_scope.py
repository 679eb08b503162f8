"""Whose cases a reader may see, as a condition on the tables: every statement over cases has it."""

from functools import lru_cache
from typing import Any

from sqlalchemy import and_, false, or_, select, true

from casehub.cases.tables import HANDLER_NO, cases
from casehub.deadlines.tables import tasks
from casehub.departments.tables import departments
from casehub.people.actors import Scope
from casehub.places.tables import areas


@lru_cache(maxsize=1024)
def within(scope: Scope) -> Any:
    """The condition that a case lies in the scope, built once: to build it costs more than to run it."""
    if scope.everything:
        return true()
    seen = [
        and_(
            true() if area is None else in_area(area),
            true() if department is None else of_department(department),
        )
        for area, department in scope.parts
    ]
    if scope.person is not None:
        # Rides on ix_tasks_person.
        held = select(tasks.c.case_id).where(tasks.c.person_no == scope.person)
        seen += [
            cases.c.reported_by == scope.person,
            cases.c.assignee_no == scope.person,
            scope.person == HANDLER_NO,
            cases.c.case_id.in_(held),
        ]
    return or_(false(), *seen)


def in_area(code: str) -> Any:
    """The condition that a case lies in an area."""
    return cases.c.area_code.in_(select(areas.c.area_code).where(areas.c.lies_in.contains([code])))


def of_department(code: str) -> Any:
    """The condition that a department, or one below it, leads a case or helps with it."""
    below = select(departments.c.department_code).where(departments.c.belongs_to.contains([code]))
    # Rides on the partial index ix_tasks_co: a co-department sees the cases it has a task on.
    helped = select(tasks.c.case_id).where(tasks.c.department_code.in_(below), ~tasks.c.lead)
    return or_(cases.c.department_code.in_(below), cases.c.case_id.in_(helped))
