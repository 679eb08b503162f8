"""Which passwords will do, and after how many wrong ones somebody is locked out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from casehub.errors import Refusal

#: Shortest and longest password. Source: our choice; a long sentence beats odd signs, and hashing must end.
SHORTEST, LONGEST = 12, 200


class Attempt(StrEnum):
    """What came of an attempt to sign in."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    NOBODY = "nobody"  # no such person, not active, or without a password


@dataclass(frozen=True, slots=True)
class Standing:
    """Wrong passwords of a person since the last right one or the last lock, and until when they are locked out."""

    wrong_count: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """So many wrong passwords in a row lock somebody out for so long."""

    attempts: int = 5
    lock: timedelta = timedelta(minutes=15)


def judge(
    before: Standing | None, at: datetime, patience: Patience, *, right: bool
) -> tuple[Attempt, Standing]:
    """What an attempt comes to, and how the person stands after it; None stands for nobody who could sign in.

    While the lock holds, `[set, locked_until)`, nothing counts, not even the right password: a guess must not be told
    from a miss. Source: reference 11, GB/T 22239 level 3; the numbers are settings.
    """
    if before is None:
        return Attempt.NOBODY, Standing()
    if before.locked_until is not None and at < before.locked_until:
        return Attempt.LOCKED, before
    if right:
        return Attempt.RIGHT, Standing()
    count = before.wrong_count + 1
    if count >= patience.attempts:
        return Attempt.WRONG, Standing(0, at + patience.lock)
    return Attempt.WRONG, Standing(count)


def faults(new: str, old: str, person_no: str) -> list[Refusal]:
    """Every reason why this can't be somebody's new password."""
    found = []
    if not SHORTEST <= len(new) <= LONGEST:
        found.append(
            Refusal(
                "length",
                f"a password has {SHORTEST} to {LONGEST} characters",
                f"密码长度须为 {SHORTEST} 至 {LONGEST} 个字符",
                "new",
            )
        )
    if new == old:
        found.append(
            Refusal("other_than_old", "the new password is the old one", "新密码不得与旧密码相同", "new")
        )
    if person_no.casefold() in new.casefold():
        found.append(
            Refusal(
                "without_number",
                "the password contains the person's own number",
                "密码不得包含本人编号",
                "new",
            )
        )
    return found


WRONG_OLD = Refusal(
    "right_old", "the old password is wrong, or the person is locked; see POST /v1/sign-in", "旧密码错误，或该人员已被锁定", "old",
)  # fmt: skip
