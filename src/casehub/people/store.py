"""SQL of people and keys."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from casehub.people.actors import Actor, Role, posts_of
from casehub.people.tables import api_keys, people
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import Kept
from casehub.wire.tables import idempotency_keys as answers

_KEPT = [answers.c[one.name] for one in fields(Kept)]
# Who calls, and what they were answered before under the same Idempotency-Key.
_CALLER = (
    select(
        api_keys.c.key_id,
        api_keys.c.roles,
        api_keys.c.person_no,
        api_keys.c.area_code,
        api_keys.c.department_code,
        *_KEPT,
    )
    .outerjoin(
        answers,
        (answers.c.key_id == api_keys.c.key_id)
        & (answers.c.idempotency_key == bindparam("idempotency_key", type_=Text)),
    )
    .where(api_keys.c.key_hash == bindparam("key_hash"), api_keys.c.revoked_at.is_(None))
)


async def read_caller(tx: Tx, key_hash: str, idempotency_key: str | None) -> tuple[Actor, Kept | None] | None:
    """Who holds the key with that hash, and the answer kept for them; None for an unknown or revoked key."""
    row = (await tx.execute(_CALLER, {"key_hash": key_hash, "idempotency_key": idempotency_key})).first()
    if row is None:
        return None
    key_id, roles, person, area, department, *kept = row
    posts = posts_of((Role(one) for one in roles), area=area, department=department)
    actor = Actor(key_id, posts, person)
    return actor, Kept(*kept) if kept[0] is not None else None


async def write_key(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep a key by its hash; False when it is kept already."""
    done = await tx.execute(
        upsert(api_keys).values(row).on_conflict_do_nothing().returning(api_keys.c.key_id)
    )
    return done.first() is not None


async def write_revocation(tx: Tx, key_id: str, at: datetime) -> bool:
    """Revoke a key; False when there is no such open key."""
    done = await tx.execute(
        update(api_keys)
        .where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return done.rowcount == 1


async def write_people(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Add people, or set what is said of those that are there."""
    statement = upsert(people)
    said = {name: statement.excluded[name] for name in ("name", "department_code", "active")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["person_no"], set_=said), rows)


async def read_keys(tx: Tx) -> list[dict[str, Any]]:
    """All keys, without their hashes."""
    columns = [c for c in api_keys.c if c.name != "key_hash"]
    return [dict(row) for row in (await tx.execute(select(*columns).order_by(api_keys.c.made_at))).mappings()]


async def read_people(tx: Tx) -> list[dict[str, Any]]:
    """All people."""
    rows = await tx.execute(
        select(people.c.person_no, people.c.name, people.c.department_code, people.c.active).order_by(
            people.c.person_no
        )
    )
    return [dict(row) for row in rows.mappings()]
