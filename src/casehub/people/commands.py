"""The door of people: who calls, their posts, and giving out and taking back keys."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from casehub.errors import Refusal
from casehub.people import store
from casehub.people.actors import ACTS_FOR, Actor, Role
from casehub.people.problems import (
    KeyMissing,
    KeyNotFound,
    KeyUnknown,
    PersonInvalid,
    PersonNotFound,
    PostsInvalid,
    SubjectTaken,
    TokenRefused,
    WrongRole,
)
from casehub.people.tokens import Bearer
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import Kept


def secret_hash(secret: str) -> str:
    """How a key or token is kept. A plain hash is enough: they are 256 random bits, not passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_in(authorization: str | None) -> str:
    """The key or token of an Authorization header. Raises KeyMissing."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise KeyMissing
    return token.strip()


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in, whether they must change their password first, and what their Idempotency-Key was answered."""

    actor: Actor
    must_change_password: bool
    kept: Kept | None


async def authenticate(
    tx: Tx, token: str, idempotency_key: str | None, *, at: datetime, bearer: Bearer | None = None
) -> Admitted:
    """The actor behind a key or the token of a sign-in, or behind the provider's `bearer`, with their posts at `at`.

    Raises KeyUnknown, TokenRefused.
    """
    found = await store.read_caller(tx, None if bearer else secret_hash(token), bearer, idempotency_key, at)
    if found is None:
        raise (
            TokenRefused("it names no active person, or they were signed out since") if bearer else KeyUnknown
        )
    return Admitted(*found)


def need(actor: Actor, *roles: Role) -> None:
    """Let only these roles pass. Raises WrongRole with the roles that may."""
    if not actor.roles & set(roles):
        raise WrongRole(f"this needs one of the roles: {', '.join(roles)}", roles_needed=list(roles))


_NOT_GIVEN = Refusal("role", "system is casehub itself; nobody is given it", "system 角色不可授予", "roles")
_DEPARTMENT_NEEDED = Refusal(
    "department_needed", "the role department needs a department", "部门角色须指定部门", "department"
)


def role_faults(roles: Sequence[Role], department: str | None) -> list[Refusal]:
    """Why these roles can't be held for this department."""
    found = (
        (Role.SYSTEM in roles, _NOT_GIVEN),
        (Role.DEPARTMENT in roles and not department, _DEPARTMENT_NEEDED),
    )
    return [refusal for wrong, refusal in found if wrong]


_PERIOD = Refusal("period", "valid_from lies before valid_to", "valid_from 须早于 valid_to", "valid_from")


_TWO_DEPARTMENTS = Refusal(
    "one_department", "department and handler posts of one person are all for the same department",
    "同一人员的部门岗位和处置人岗位须属于同一部门", "department",
)  # fmt: skip


def acts_for_two(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Would these posts let somebody act for two departments? Then a case could not tell for which they do."""
    return len({row["department_code"] for row in rows if row["role"] in ACTS_FOR}) > 1


def post_faults(row: Mapping[str, Any]) -> list[Refusal]:
    """Why there can be no such post, whoever is given it: {role, department_code, valid_from, valid_to}."""
    begin, end = row["valid_from"], row["valid_to"]
    found = role_faults([Role(row["role"])], row["department_code"])
    return [*found, _PERIOD] if begin and end and begin >= end else found


_PERSON_NEEDED = Refusal(
    "person_needed", "the roles collector and handler need a person", "采集员、处置人角色须指定人员", "person"
)


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
    found = role_faults(roles, department)
    if {Role.COLLECTOR, Role.HANDLER} & set(roles) and not person:
        found.append(_PERSON_NEEDED)
    if found:
        raise PersonInvalid(errors=found)
    key = key or f"chk_{secrets.token_urlsafe(32)}"
    row = {
        "key_hash": secret_hash(key), "key_id": secret_hash(key)[:12], "roles": sorted(set(roles)), "person_no": person,
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


async def list_keys(tx: Tx) -> list[dict[str, Any]]:
    """All keys, without what would let somebody in."""
    return await store.read_keys(tx)


async def add_people(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add people, or change those that are there: {person_no, name, department_code, active}.

    Who is not active any more is signed out.
    """
    if rows:
        await store.write_people(tx, rows)


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


async def set_subject(tx: Tx, person_no: str, subject: str | None) -> None:
    """Say who a person is to the OpenID Connect provider. Raises PersonNotFound, SubjectTaken."""
    try:
        async with tx.begin_nested():
            there = await store.write_subject(tx, person_no, subject)
    except IntegrityError:
        raise SubjectTaken from None
    if not there:
        raise PersonNotFound(person_no)


async def list_posts(tx: Tx, person_no: str) -> list[dict[str, Any]]:
    """The posts of a person, also those that are over or still to come. Raises PersonNotFound."""
    if await store.read_person(tx, person_no) is None:
        raise PersonNotFound(person_no)
    return await store.read_posts(tx, person_no)


async def set_posts(tx: Tx, person_no: str, rows: Sequence[dict[str, Any]]) -> None:
    """Give a person these posts and no others: {role, area_code, department_code, valid_from, valid_to}.

    Raises PersonNotFound, PostsInvalid.
    """
    if await store.read_person(tx, person_no) is None:
        raise PersonNotFound(person_no)
    await _give_posts(tx, [{**row, "person_no": person_no} for row in rows], instead_of=person_no)


async def add_posts(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add posts of any people: rows as `set_posts` takes them, each with its person_no. Raises PostsInvalid."""
    await _give_posts(tx, rows)


async def list_all_posts(tx: Tx) -> list[dict[str, Any]]:
    """The posts of all people, as `list_posts` gives them, each with its post_id and person_no."""
    return await store.read_all_posts(tx)


async def take_posts(tx: Tx, post_ids: Sequence[int]) -> None:
    """Take posts away."""
    if post_ids:
        await store.delete_posts(tx, post_ids)


#: Which field names what is not there, by the constraint that found it.
_NAMED = {
    "fk_posts_person_no": ("person", "人员"),
    "fk_posts_area_code": ("area", "区域"),
    "fk_posts_department_code": ("department", "部门"),
}


async def _give_posts(tx: Tx, rows: Sequence[dict[str, Any]], *, instead_of: str | None = None) -> None:
    rows = [{"valid_from": None, "valid_to": None} | row for row in rows]
    found = {one for row in rows for one in post_faults(row)}
    if instead_of is not None and acts_for_two(rows):
        found.add(_TWO_DEPARTMENTS)
    if found:
        raise PostsInvalid(errors=sorted(found, key=lambda one: one.rule))
    try:
        async with tx.begin_nested():
            await store.write_posts(tx, rows, instead_of=instead_of)
    except IntegrityError as error:
        field, zh = next(said for name, said in _NAMED.items() if name in str(error.orig))
        refusal = Refusal(
            f"unknown_{field}", f"a post names a {field} that is not there", f"岗位所指{zh}不存在", field
        )
        raise PostsInvalid(errors=[refusal]) from None


async def ensure_admin(tx: Tx, key: str, *, at: datetime) -> None:
    """Let this key in as administrator and security officer, to begin with; a known one stays as it is, even revoked."""
    row = {
        "key_hash": secret_hash(key), "key_id": secret_hash(key)[:12], "roles": [Role.ADMINISTRATOR, Role.SECURITY],
        "person_no": None, "area_code": None, "department_code": None, "made_at": at, "revoked_at": None,
    }  # fmt: skip
    await store.write_key(tx, row)
