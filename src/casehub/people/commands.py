"""The door of people: who calls, and giving out and taking back keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.errors import Refusal
from casehub.people import store
from casehub.people.actors import Actor, Role
from casehub.people.problems import KeyMissing, KeyNotFound, KeyUnknown, PersonInvalid, WrongRole
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import Kept


def key_hash(key: str) -> str:
    """How a key is kept. A plain hash is enough: keys are 256 random bits, not passwords."""
    return hashlib.sha256(key.encode()).hexdigest()


async def authenticate(
    tx: Tx, authorization: str | None, idempotency_key: str | None
) -> tuple[Actor, Kept | None]:
    """The actor behind an Authorization header, and the answer kept for their Idempotency-Key.

    Raises KeyMissing, KeyUnknown.
    """
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise KeyMissing
    found = await store.read_caller(tx, key_hash(key.strip()), idempotency_key)
    if found is None:
        raise KeyUnknown
    return found


def need(actor: Actor, *roles: Role) -> None:
    """Let only these roles pass. Raises WrongRole with the roles that may."""
    if not actor.roles & set(roles):
        raise WrongRole(f"this needs one of the roles: {', '.join(roles)}", roles_needed=list(roles))


async def create_key(  # noqa: PLR0913 - what a key is for
    tx: Tx,
    roles: Sequence[Role],
    *,
    person: str | None,
    department: str | None,
    at: datetime,
    area: str | None = None,
    key: str | None = None,
) -> tuple[str, str]:
    """Give out a key; (key_id, key). The key is shown here once. Raises PersonInvalid."""
    if Role.SYSTEM in roles:
        raise PersonInvalid(
            errors=[
                Refusal("role", "system is casehub itself; no key gives it", "system 角色不可授予", "roles")
            ]
        )
    if Role.DEPARTMENT in roles and not department:
        raise PersonInvalid(
            errors=[
                Refusal(
                    "department_needed",
                    "the role department needs a department",
                    "部门角色须指定部门",
                    "department",
                )
            ]
        )
    if Role.COLLECTOR in roles and not person:
        raise PersonInvalid(
            errors=[
                Refusal(
                    "person_needed", "the role collector needs a person", "采集员角色须指定人员", "person"
                )
            ]
        )
    key = key or f"chk_{secrets.token_urlsafe(32)}"
    row = {
        "key_hash": key_hash(key), "key_id": key_hash(key)[:12], "roles": sorted(set(roles)), "person_no": person,
        "area_code": area, "department_code": department, "made_at": at, "revoked_at": None,
    }  # fmt: skip
    try:
        async with tx.begin_nested():
            await store.write_key(tx, row)
    except IntegrityError:
        raise PersonInvalid(
            f"there is no person {person!r}, no department {department!r} or no area {area!r}"
        ) from None
    return str(row["key_id"]), key


async def revoke_key(tx: Tx, key_id: str, at: datetime) -> None:
    """Take a key back, at once. Raises KeyNotFound."""
    if not await store.write_revocation(tx, key_id, at):
        raise KeyNotFound(key_id)


async def add_people(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add people, or change those that are there: {person_no, name, department_code, active}."""
    if rows:
        await store.write_people(tx, rows)


async def list_keys(tx: Tx) -> list[dict[str, Any]]:
    """All keys, without what would let somebody in."""
    return await store.read_keys(tx)


async def list_people(tx: Tx) -> list[dict[str, Any]]:
    """All people."""
    return await store.read_people(tx)


async def set_person(tx: Tx, row: dict[str, Any]) -> None:
    """Add a person, or change them. Raises PersonInvalid when the department does not exist."""
    try:
        async with tx.begin_nested():
            await store.write_people(tx, [row])
    except IntegrityError:
        raise PersonInvalid(f"there is no department {row['department_code']!r}") from None


async def ensure_admin(tx: Tx, key: str, *, at: datetime) -> None:
    """Let this key in as an administrator; nothing happens when it is known already, even if it was revoked."""
    row = {
        "key_hash": key_hash(key), "key_id": key_hash(key)[:12], "roles": [Role.ADMINISTRATOR, Role.SECURITY],
        "person_no": None, "area_code": None, "department_code": None, "made_at": at, "revoked_at": None,
    }  # fmt: skip
    await store.write_key(tx, row)
