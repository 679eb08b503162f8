"""The door of signing in: passwords, sessions, and the logs that auditors read."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from casehub.people import store_sign_in as kept
from casehub.people.actors import Actor, Role
from casehub.people.commands import secret_hash
from casehub.people.commands_oidc import Issuer, issuer_of
from casehub.people.passwords import WRONG_OLD, Attempt, Patience, Standing, faults, judge
from casehub.people.problems import NoSession, PasswordRefused, PersonNotFound, SignInRefused
from casehub.settings import Settings
from casehub.storage.transaction import Tx

#: Passwords that one process compares for strangers at once: each takes 64 MiB and a core.
COMPARING = 2


@dataclass(frozen=True, slots=True)
class Reception:
    """What signing in needs besides a transaction."""

    patience: Patience
    session: timedelta
    longest: timedelta
    issuer: Issuer | None
    hasher: PasswordHasher
    decoy: str  # compared for people who have no password, so that the answer takes as long
    comparing: asyncio.Semaphore


def open_reception(settings: Settings) -> Reception:
    """The reception of one process."""
    hasher = PasswordHasher()
    return Reception(
        Patience(settings.lockout_attempts, timedelta(minutes=settings.lockout_minutes)),
        timedelta(minutes=settings.session_minutes),
        timedelta(hours=settings.session_hours),
        issuer_of(settings),
        hasher,
        hasher.hash(secrets.token_urlsafe()),
        asyncio.Semaphore(COMPARING),
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token, until when it lets its bearer in, and whether they must change their password first."""

    token: str
    expires_at: datetime
    must_change_password: bool = False


async def sign_in(
    tx: Tx, desk: Reception, person_no: str, password: str, *, address: str | None, at: datetime
) -> SignedIn | SignInRefused:
    """Let somebody in by their password. A refusal is answered, not raised: the attempt must be kept with it."""
    attempt, known = await _prove(tx, desk, person_no, password, at)
    await kept.write_sign_in(
        tx, {"at": at, "person_no": person_no, "outcome": attempt.value, "address": address}
    )
    if attempt is not Attempt.RIGHT or known is None:
        return SignInRefused()
    if desk.hasher.check_needs_rehash(known.hash):
        await kept.write_rehash(tx, person_no, await asyncio.to_thread(desk.hasher.hash, password))
    token, expires_at = _new_token(), at + min(desk.session, desk.longest)
    row = {
        "token_hash": secret_hash(token),
        "person_no": person_no,
        "signed_in_at": at,
        "expires_at": expires_at,
    }
    await kept.write_session(tx, row)
    return SignedIn(token, expires_at, known.must_change)


async def _prove(
    tx: Tx, desk: Reception, person_no: str, password: str, at: datetime
) -> tuple[Attempt, kept.Password | None]:
    """Is this their password? Counts the wrong ones. The same work is done whoever is named."""
    known = await kept.read_password(tx, person_no)
    right = await asyncio.to_thread(_is_right, desk.hasher, known.hash if known else desk.decoy, password)
    attempt, standing = judge(known.standing if known else None, at, desk.patience, right=right)
    await kept.write_standing(tx, person_no, standing)
    return attempt, known


def _is_right(hasher: PasswordHasher, hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except VerificationError:
        return False


def _new_token() -> str:
    return f"chs_{secrets.token_urlsafe(32)}"


async def renew(tx: Tx, desk: Reception, token: str, *, at: datetime) -> SignedIn:
    """Another token for the same session; the old one is over. Raises NoSession."""
    fresh = _new_token()
    until = await kept.write_renewal(
        tx, secret_hash(token), secret_hash(fresh), at + desk.session, desk.longest
    )
    if until is None:
        raise NoSession
    return SignedIn(fresh, until)


async def sign_out(tx: Tx, token: str) -> None:
    """End a session. Raises NoSession."""
    if not await kept.write_end(tx, secret_hash(token)):
        raise NoSession


async def sign_out_everywhere(tx: Tx, person_no: str, *, at: datetime) -> None:
    """End all sessions of a person, and refuse the provider's tokens made until now. Raises PersonNotFound."""
    if not await kept.write_ends(tx, person_no, at):
        raise PersonNotFound(person_no)


async def change_password(  # noqa: PLR0913 - who, from what to what, and when
    tx: Tx, desk: Reception, person_no: str, old: str, new: str, *, token: str, at: datetime
) -> PasswordRefused | None:
    """Change one's own password; other sessions end. A refusal is answered, not raised: a wrong `old` must count."""
    attempt, _ = await _prove(tx, desk, person_no, old, at)
    if attempt is not Attempt.RIGHT:
        await kept.write_sign_in(
            tx, {"at": at, "person_no": person_no, "outcome": attempt.value, "address": None}
        )
        return PasswordRefused(errors=[WRONG_OLD])
    if found := faults(new, old, person_no):
        return PasswordRefused(errors=found)
    hashed = await asyncio.to_thread(desk.hasher.hash, new)
    await kept.write_password(tx, person_no, hashed, must_change=False, at=at)
    await kept.write_ends(tx, person_no, at, but=secret_hash(token))
    return None


async def give_password(tx: Tx, desk: Reception, person_no: str, *, at: datetime) -> str:
    """A new password for one sign-in; it is shown here once. Sessions end, a lock too. Raises PersonNotFound."""
    await sign_out_everywhere(tx, person_no, at=at)
    password = secrets.token_urlsafe(12)
    hashed = await asyncio.to_thread(desk.hasher.hash, password)
    await kept.write_password(tx, person_no, hashed, must_change=True, at=at)
    return password


async def unlock(tx: Tx, person_no: str) -> None:
    """Let somebody try again who is locked out. Raises PersonNotFound, also for who has no password."""
    if not await kept.write_standing(tx, person_no, Standing()):
        raise PersonNotFound(f"{person_no} has no password")


async def keep_reading(  # noqa: PLR0913 - who read what, when and what for
    tx: Tx, by: Actor, role: Role, *, case_no: str, purpose: str, callers: int, at: datetime
) -> None:
    """Log that a caller's data were shown in full; in the transaction that shows them."""
    row = {
        "at": at, "read_by": by.name, "role": role, "case_no": case_no, "purpose": purpose, "callers": callers,
    }  # fmt: skip
    await kept.write_reading(tx, row)


async def list_sign_ins(
    tx: Tx, wanted: Mapping[str, Any], *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of attempts to sign in, the latest first, and the id to go on from (None on the last page)."""
    rows = await kept.read_sign_ins(tx, wanted, after=after, most=most + 1)
    return rows[:most], rows[most - 1]["sign_in_id"] if len(rows) > most else None


async def list_readings(
    tx: Tx, wanted: Mapping[str, Any], *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of readings of callers' data, the latest first, and the id to go on from (None on the last page)."""
    rows = await kept.read_readings(tx, wanted, after=after, most=most + 1)
    return rows[:most], rows[most - 1]["reading_id"] if len(rows) > most else None
