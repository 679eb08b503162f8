"""The door of who reported: kept sealed, shown masked, read in full only for a purpose that is logged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from casehub.cases import store_callers as store
from casehub.cases.callers import DUTY, FIELDS, caller_duty_of, masked
from casehub.cases.facts import CaseFacts
from casehub.cases.problems import CallerDataUnreadable
from casehub.people.actors import Actor
from casehub.people.commands_sign_in import keep_reading
from casehub.people.problems import WrongRole
from casehub.storage.transaction import Tx
from casehub.storage.vault import Vault


def sealed_row(vault: Vault, case_id: int, reporter: Mapping[str, Any]) -> dict[str, Any]:
    """Who reported a case, as it is kept."""
    said = {one: reporter.get(one) for one in FIELDS}
    return {"case_id": case_id, "sealed": vault.seal(said), "secret": bool(reporter.get("secret"))}


async def masked_reporters(
    tx: Tx, vault: Vault, case: CaseFacts, reader: Actor
) -> list[dict[str, Any]] | None:
    """Who reported a case, masked; None for a reader who has no duty to answer them."""
    if caller_duty_of(reader, case) is None:
        return None
    return [
        masked(vault.open(sealed), secret=secret) | {"secret": secret, "merged_from": merged_from}
        for sealed, secret, merged_from in await _kept(tx, case)
    ]


async def _kept(tx: Tx, case: CaseFacts) -> list[tuple[str, bool, str | None]]:
    rows = await store.read_reporters(tx, case.case_id)
    return [(row["sealed"], row["secret"], row["merged_from"]) for row in rows]


async def read_in_full(
    tx: Tx, vault: Vault, case: CaseFacts, reader: Actor, *, purpose: str, at: datetime
) -> list[dict[str, Any]]:
    """Who reported a case, in full; the reading is logged in the same transaction.

    The reader comes with the posts that hold for this case. Raises WrongRole, CallerDataUnreadable.
    """
    role = caller_duty_of(reader, case)
    if role is None:
        said = (
            "who answers to the caller may read their data, never who works for the department complained of"
        )
        raise WrongRole(said, roles_needed=list(DUTY))
    told = []
    for sealed, secret, merged_from in await _kept(tx, case):
        said_by = vault.open(sealed)
        if said_by is None:
            raise CallerDataUnreadable
        told.append(said_by | {"secret": secret, "merged_from": merged_from})
    await keep_reading(tx, reader, role, case_no=case.case_no, purpose=purpose, callers=len(told), at=at)
    return told


async def reseal(tx: Tx, vault: Vault, after: int, most: int = 500) -> tuple[int, int, int]:
    """Seal the next callers by id under the first key: the last id seen, how many there were, how many no key opens."""
    kept = await store.read_sealed_after(tx, after, most)
    renewed: Sequence[tuple[int, str | None]] = [(one, vault.renew(sealed)) for one, sealed in kept]
    anew = [(one, sealed) for one, sealed in renewed if sealed is not None]
    if anew:
        await store.write_sealed(tx, anew)
    return kept[-1][0] if kept else after, len(kept), len(kept) - len(anew)
