"""The door of the roster."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.errors import Problem, Refusal
from casehub.places import store_roster as store
from casehub.places.roster import Shift, shift_faults
from casehub.storage.transaction import Tx


class RosterInvalid(Problem):
    """The roster can't be taken as it is; every reason is listed, nothing was written"""

    type, status, zh = "roster-invalid", 422, "排班内容有误，未作任何更改，原因见 errors"


async def set_shifts(tx: Tx, shifts: Sequence[Shift], *, within: Collection[str | None]) -> None:
    """Enter shifts, or change when they end: all or none, and the same again changes nothing.

    `within` are the areas that whoever asks may plan for, None for everywhere. Raises RosterInvalid.
    """
    areas = await store.read_named(tx, sorted({one.area_code for one in shifts}))
    faults = [*shift_faults(shifts, areas)]
    for place, one in enumerate(shifts):
        if (
            one.area_code in areas
            and None not in within
            and not {*areas[one.area_code]["lies_in"]} & {*within}
        ):
            en = f"{one.area_code!r} lies in another part of the city than your post"
            faults.append(
                Refusal("not_your_area", en, f"{one.area_code} 不在您的管辖范围内", f"shifts.{place}.area")
            )
    if faults:
        raise RosterInvalid(errors=faults)
    try:
        async with tx.begin_nested():
            await store.write_shifts(tx, shifts)
    except IntegrityError:
        raise RosterInvalid(
            errors=[
                Refusal(
                    "unknown_person", "there is no such person; see GET /v1/people", "人员不存在", "shifts"
                )
            ]
        ) from None


async def shifts_begun(tx: Tx, first: datetime, last: datetime) -> list[dict[str, Any]]:
    """The shifts that begin between these, both included, also those called off."""
    return await store.read_begun(tx, first, last)


async def read_shifts(
    tx: Tx, first: datetime, last: datetime, *, after: tuple[datetime, str, str] | None, most: int, **narrowed: str | None
) -> tuple[list[dict[str, Any]], tuple[datetime, str, str] | None]:  # fmt: skip
    """A page of the shifts that have a moment in [first, last), of one `area` and `person` or all; where it ended."""
    area, person = narrowed.get("area"), narrowed.get("person")
    rows = await store.read_shifts(tx, first, last, area=area, person=person, after=after, most=most + 1)
    if len(rows) <= most:
        return rows, None
    ended = rows[most - 1]
    return rows[:most], (ended["begins_at"], ended["area_code"], ended["person_no"])
