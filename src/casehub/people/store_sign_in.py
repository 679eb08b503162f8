"""SQL of passwords and sessions, and of the logs of sign-ins and readings, which are only appended to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from casehub.people.passwords import Standing
from casehub.people.tables import passwords, people, readings, sessions, sign_ins
from casehub.storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Password:
    """What is kept of a password, and how its person stands."""

    hash: str
    must_change: bool
    standing: Standing


async def read_password(tx: Tx, person_no: str) -> Password | None:
    """The password of an active person. Locks it: of many guesses at once, each counts."""
    row = (
        await tx.execute(
            select(*passwords.c)
            .join(people, people.c.person_no == passwords.c.person_no)
            .where(passwords.c.person_no == person_no, people.c.active)
            .with_for_update(of=passwords)
        )
    ).first()
    if row is None:
        return None
    return Password(row.hash, row.must_change, Standing(row.wrong_count, row.locked_until))


async def write_password(tx: Tx, person_no: str, hashed: str, *, must_change: bool, at: datetime) -> None:
    """Set a password; its person is not locked any more."""
    said = {"hash": hashed, "must_change": must_change, "set_at": at, "wrong_count": 0, "locked_until": None}
    statement = upsert(passwords).values(person_no=person_no, **said)
    await tx.execute(statement.on_conflict_do_update(index_elements=["person_no"], set_=said))


async def write_rehash(tx: Tx, person_no: str, hashed: str) -> None:
    """The same password, hashed as it is done now."""
    await tx.execute(update(passwords).where(passwords.c.person_no == person_no).values(hash=hashed))


async def write_standing(tx: Tx, person_no: str, standing: Standing) -> bool:
    """How a person stands from now on; False when they have no password."""
    changes = {"wrong_count": standing.wrong_count, "locked_until": standing.locked_until}
    done = await tx.execute(update(passwords).where(passwords.c.person_no == person_no).values(changes))
    return done.rowcount == 1


async def write_session(tx: Tx, row: Mapping[str, Any]) -> None:
    """Begin a session; those of the same person that have run out are forgotten."""
    over = (sessions.c.person_no == row["person_no"]) & (sessions.c.expires_at <= row["signed_in_at"])
    await tx.execute(delete(sessions).where(over))
    await tx.execute(insert(sessions).values(row))


async def write_renewal(
    tx: Tx, old_hash: str, new_hash: str, until: datetime, longest: timedelta
) -> datetime | None:
    """Another token for the same session, in force until `until`, at most `longest` after the sign-in: until when."""
    renewed = update(sessions).where(sessions.c.token_hash == old_hash)
    expires_at = func.least(until, sessions.c.signed_in_at + longest)
    renewed = renewed.values(token_hash=new_hash, expires_at=expires_at)
    row = (await tx.execute(renewed.returning(sessions.c.expires_at))).first()
    return None if row is None else row.expires_at


async def write_end(tx: Tx, token_hash: str) -> bool:
    """End a session; False when there is none with that token."""
    return (await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))).rowcount == 1


async def write_ends(tx: Tx, person_no: str, at: datetime, *, but: str | None = None) -> bool:
    """End all sessions of a person, but the one with that hash; False when there is no such person."""
    ended = delete(sessions).where(sessions.c.person_no == person_no)
    await tx.execute(ended if but is None else ended.where(sessions.c.token_hash != but))
    out = update(people).where(people.c.person_no == person_no).values(signed_out_at=at)
    return (await tx.execute(out)).rowcount == 1


async def write_sign_in(tx: Tx, row: Mapping[str, Any]) -> None:
    """Log an attempt to sign in."""
    await tx.execute(insert(sign_ins).values(row))


async def write_reading(tx: Tx, row: Mapping[str, Any]) -> None:
    """Log that callers' data were shown."""
    await tx.execute(insert(readings).values(row))


async def read_sign_ins(
    tx: Tx, wanted: Mapping[str, Any], *, after: int | None, most: int
) -> list[dict[str, Any]]:
    """Attempts to sign in, the latest first; `after` is the last id of the page before."""
    return await _read_log(tx, sign_ins, wanted, after, most)


async def read_readings(
    tx: Tx, wanted: Mapping[str, Any], *, after: int | None, most: int
) -> list[dict[str, Any]]:
    """Readings of callers' data, the latest first; `after` is the last id of the page before."""
    return await _read_log(tx, readings, wanted, after, most)


async def _read_log(
    tx: Tx, log: Table, wanted: Mapping[str, Any], after: int | None, most: int
) -> list[dict[str, Any]]:
    """Rows whose columns are as wanted, in [from, to)."""
    (log_id,) = log.primary_key.columns
    found = select(*log.c).order_by(log_id.desc()).limit(most)
    for name, value in wanted.items():
        if value is not None:
            found = found.where(
                log.c.at >= value
                if name == "from"
                else log.c.at < value
                if name == "to"
                else log.c[name] == value
            )
    if after is not None:
        found = found.where(log_id < after)
    return [dict(row) for row in (await tx.execute(found)).mappings()]
