"""The door of the duty list (权责清单)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from casehub.departments import store_duty as store
from casehub.departments.duty import SILENT, Duty, DutyRow, Matter, decide_duty, list_faults
from casehub.errors import Problem
from casehub.storage.transaction import Tx


class DutyListInvalid(Problem):
    """The duty list can't be taken as it is; every reason is listed"""

    type, status, zh = "duty-list-invalid", 422, "权责清单有误，原因见 errors"


class DutyListChanged(Problem):
    """Somebody changed the duty list first; look at the version that is there now"""

    type, status, zh = "duty-list-changed", 412, "权责清单已被他人更新，请查看最新版本"


class DutyListNotFound(Problem):
    """There is no such version of the duty list"""

    type, status, zh = "duty-list-not-found", 404, "没有该版本的权责清单"


class ClassUnknown(Problem):
    """This scheme has no such class"""

    type, status, zh = "class-unknown", 404, "该编码体系没有此类别"


async def set_list(
    tx: Tx, rows: Sequence[DutyRow], *, note: str, by: str, at: datetime, seen: int | None = None
) -> int:
    """Put a whole list into force as the next version; the same rows again make none. The version in force.

    Raises DutyListInvalid with every reason, DutyListChanged when `seen` is no longer in force (0: there was none).
    """
    if faults := list_faults(rows, await store.read_known(tx)):
        raise DutyListInvalid(errors=faults)
    await store.lock_lists(tx)
    versions = await store.read_versions(tx)
    current: int = versions[0]["version"] if versions else 0
    if seen is not None and seen != current:
        raise DutyListChanged(version=current)
    if current and await store.read_rows(tx, current) == list(rows):
        return current
    said = {"version": current + 1, "made_at": at, "made_by": by, "note": note}
    await store.write_list(tx, said, rows)
    return current + 1


async def list_versions(tx: Tx) -> list[dict[str, Any]]:
    """Every version, newest first: {version, made_at, made_by, note}."""
    return await store.read_versions(tx)


async def read_list(tx: Tx, version: int | None = None) -> tuple[dict[str, Any], list[DutyRow]]:
    """A version with its rows; without a number the one in force. Raises DutyListNotFound."""
    versions = await list_versions(tx)
    found = next((one for one in versions if version in {None, one["version"]}), None)
    if found is None:
        raise DutyListNotFound
    return found, await store.read_rows(tx, found["version"])


async def list_in_force(tx: Tx) -> list[DutyRow]:
    """The rows in force; none where there is no list."""
    version = await store.read_version(tx)
    return [] if version is None else await store.read_rows(tx, version)


async def duty_for(
    tx: Tx, category_id: int, *, area: str | None, owner: str | None, on: date
) -> tuple[int | None, Duty]:
    """Who must handle a matter of this minor class there, on that day: (version in force, what it says)."""
    version = await store.read_version(tx)
    if version is None:
        return None, SILENT
    scheme, kind, major, code = await store.read_class(tx, category_id)
    depths = await store.read_depths(tx, area)
    rows = await store.read_near(tx, version, code=code, major=major, owner=owner, depths=depths)
    return version, decide_duty(rows, Matter(scheme, kind, major, code, depths, owner, on))


async def owner_of(tx: Tx, component_code: str) -> str | None:
    """The department that owns a component, as far as the register knows."""
    return await store.read_owner(tx, component_code)


async def class_id(tx: Tx, scheme: str, kind: str, code: str) -> int:
    """The id of a minor class. Raises ClassUnknown."""
    found = await store.read_class_named(tx, scheme, kind, code)
    if found is None:
        raise ClassUnknown(f"{scheme} has no {kind} class {code!r}")
    return found
