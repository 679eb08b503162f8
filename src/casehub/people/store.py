"""SQL of people, posts and keys, and of who calls."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from casehub.people.actors import Actor, Post, Role, posts_of
from casehub.people.tables import api_keys, people, posts, sessions
from casehub.people.tokens import Bearer
from casehub.storage.metadata import Instant
from casehub.storage.transaction import Tx
from casehub.wire.idempotency import Kept

# Who calls: the holder of a key, of the token of a sign-in, or whom the provider names. With their posts, and what they
# were answered before under the same Idempotency-Key, which is a person's own, whatever token they come with.
_CALLER = text(
    f"""
    SELECT who.key_id, who.person_no, who.roles, who.area_code, who.department_code, who.must_change,
           (SELECT json_agg(json_build_array(t.role, t.area_code, t.department_code) ORDER BY t.post_id)
            FROM posts AS t WHERE who.roles IS NULL AND t.person_no = who.person_no
             AND coalesce(t.valid_from <= :at, true) AND coalesce(:at < t.valid_to, true)) AS posts,
           {", ".join(f"kept.{one.name}" for one in fields(Kept))}
    FROM (
        SELECT key_id, person_no, roles, area_code, department_code, false AS must_change
        FROM api_keys WHERE key_hash = :secret AND revoked_at IS NULL
        UNION ALL
        SELECT 'person:' || s.person_no, s.person_no, NULL, NULL, NULL, p.must_change
        FROM sessions AS s JOIN passwords AS p USING (person_no) WHERE s.token_hash = :secret AND s.expires_at > :at
        UNION ALL
        SELECT 'person:' || person_no, person_no, NULL, NULL, NULL, false
        FROM people WHERE subject = :subject AND coalesce(signed_out_at < :issued_at, true)
    ) AS who
    LEFT JOIN people ON people.person_no = who.person_no
    -- OFFSET 0 keeps the planner from reading all answers once: it plans in an empty city, and they grow by every write.
    LEFT JOIN LATERAL (
        SELECT * FROM idempotency_keys AS k WHERE k.key_id = who.key_id AND k.idempotency_key = :idempotency_key OFFSET 0
    ) AS kept ON true
    WHERE people.active IS NOT FALSE
    """  # noqa: S608 - names of our own
).bindparams(
    *(bindparam(name, type_=Text) for name in ("secret", "subject", "idempotency_key")),
    *(bindparam(name, type_=Instant) for name in ("at", "issued_at")),
)


async def read_caller(
    tx: Tx, secret: str | None, bearer: Bearer | None, idempotency_key: str | None, at: datetime
) -> tuple[Actor, bool, Kept | None] | None:
    """Who calls at `at` with the key or token of that hash, or as the provider's bearer.

    With it: must they change their password first, and the answer kept for them. None for an unknown caller.
    """
    said = {
        "secret": secret, "subject": bearer and bearer.subject, "issued_at": bearer and bearer.issued_at,
        "idempotency_key": idempotency_key, "at": at,
    }  # fmt: skip
    row = (await tx.execute(_CALLER, said)).first()
    if row is None:
        return None
    key_id, person, roles, area, department, must_change, held, *kept = row
    if roles is None:
        mine = tuple(Post(Role(role), *part) for role, *part in held or ())
    else:
        mine = posts_of((Role(one) for one in roles), area=area, department=department)
    return Actor(key_id, mine, person), must_change, Kept(*kept) if kept[0] is not None else None


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
    """Add people, or set what is said of those that are there; who is not active any more is signed out."""
    statement = upsert(people)
    said = {name: statement.excluded[name] for name in ("name", "department_code", "active")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["person_no"], set_=said), rows)
    if gone := [row["person_no"] for row in rows if not row["active"]]:
        await tx.execute(delete(sessions).where(sessions.c.person_no.in_(gone)))


async def write_subject(tx: Tx, person_no: str, subject: str | None) -> bool:
    """Say who a person is to the provider; False when there is no such person."""
    done = await tx.execute(update(people).where(people.c.person_no == person_no).values(subject=subject))
    return done.rowcount == 1


_POSTS = select(*(c for c in posts.c if c.name not in {"post_id", "person_no"})).order_by(posts.c.post_id)


async def read_posts(tx: Tx, person_no: str) -> list[dict[str, Any]]:
    """The posts of a person, also those that are over or still to come."""
    rows = await tx.execute(_POSTS.where(posts.c.person_no == person_no))
    return [dict(row) for row in rows.mappings()]


async def write_posts(tx: Tx, rows: Sequence[dict[str, Any]], *, instead_of: str | None = None) -> None:
    """Add posts; first take away all that person `instead_of` has."""
    if instead_of is not None:
        await tx.execute(delete(posts).where(posts.c.person_no == instead_of))
    if rows:
        await tx.execute(insert(posts), list(rows))


async def read_all_posts(tx: Tx) -> list[dict[str, Any]]:
    """The posts of all people."""
    return [dict(row) for row in (await tx.execute(select(*posts.c).order_by(posts.c.post_id))).mappings()]


async def delete_posts(tx: Tx, post_ids: Sequence[int]) -> None:
    """Take posts away."""
    await tx.execute(delete(posts).where(posts.c.post_id == func.any([*post_ids])))


async def read_keys(tx: Tx) -> list[dict[str, Any]]:
    """All keys, without their hashes."""
    columns = [c for c in api_keys.c if c.name != "key_hash"]
    return [dict(row) for row in (await tx.execute(select(*columns).order_by(api_keys.c.made_at))).mappings()]


_PERSON = select(people.c.person_no, people.c.name, people.c.department_code, people.c.active)


async def read_people(tx: Tx) -> list[dict[str, Any]]:
    """All people."""
    return [dict(row) for row in (await tx.execute(_PERSON.order_by(people.c.person_no))).mappings()]


async def read_person(tx: Tx, person_no: str) -> dict[str, Any] | None:
    """A person."""
    row = (await tx.execute(_PERSON.where(people.c.person_no == person_no))).mappings().first()
    return None if row is None else dict(row)
