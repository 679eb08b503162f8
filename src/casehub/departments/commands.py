"""The door of departments."""

from typing import Any

from casehub.departments import store
from casehub.departments.tree import department_faults
from casehub.errors import Problem
from casehub.storage.transaction import Tx


async def add_departments(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add departments, or change those that are there: {department_code, name, kind, parent_code}."""
    if rows:
        await store.write_departments(tx, rows)


async def list_departments(tx: Tx) -> list[dict[str, Any]]:
    """All departments by code."""
    return await store.read_departments(tx)


class DepartmentInvalid(Problem):
    """The parent of a department must be there, and a department can't lie below itself"""

    type, status, zh = "department-invalid", 422, "上级部门不存在，或部门层级成环"


async def set_department(tx: Tx, row: dict[str, Any]) -> None:
    """Add a department, or change it. Raises DepartmentInvalid."""
    parents = {one["department_code"]: one["parent_code"] for one in await list_departments(tx)}
    parents[row["department_code"]] = row["parent_code"]
    if found := [*department_faults(row["department_code"], parents)]:
        raise DepartmentInvalid(errors=found)
    await store.write_departments(tx, [row])
