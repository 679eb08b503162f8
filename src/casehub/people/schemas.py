"""People, posts, keys, sessions and logs on the wire."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.people.actors import Role
from casehub.people.passwords import LONGEST, Attempt
from casehub.wire.text import Moment, Short, Text

PersonNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$")]
#: Roles that can be given.
GIVEN = [role for role in Role if role is not Role.SYSTEM]
Secret = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST)]


class Body(BaseModel):
    """What comes in: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class PersonIn(Body):
    """A person of the city or of a department."""

    name: Short
    department_code: Short | None = None
    active: bool = True


class PersonOut(PersonIn):
    """A person with the number that names them."""

    person_no: str


class Post(Body):
    """A role in a part of the city (岗位), for a time."""

    role: Role
    area_code: Short | None = Field(
        default=None, description="It holds in this area and below; null is everywhere."
    )
    department_code: Short | None = Field(
        default=None, description="It holds for this department and those below; null is all."
    )
    valid_from: Moment | None = None
    valid_to: Moment | None = Field(default=None, description="From then on it is over.")


class PostsIn(Body):
    """All posts of a person."""

    posts: list[Post] = Field(max_length=100)


class SubjectIn(Body):
    """Who a person is to the OpenID Connect provider."""

    subject: Short | None = Field(description="The value of the claim that CASEHUB_OIDC_CLAIM names.")


class KeyIn(Body):
    """What a new key may do, and for whom."""

    roles: list[Role] = Field(min_length=1, max_length=len(GIVEN))
    person: Short | None = None
    department: Short | None = Field(
        default=None, description="They act for it, and see what it and those below it have."
    )
    area: Short | None = Field(
        default=None, description="They see what lies in it and below; null is the whole city."
    )


class KeyOut(BaseModel):
    """A key, without what would let somebody in."""

    key_id: str
    roles: list[str]
    person_no: str | None
    area_code: str | None
    department_code: str | None
    made_at: datetime
    revoked_at: datetime | None


class NewKeyOut(BaseModel):
    """A new key: shown this once."""

    key_id: str
    key: str


class MePostOut(BaseModel):
    """A role that you hold now, and where."""

    role: Role
    area: str | None
    department: str | None


class MeOut(BaseModel):
    """Who you are to casehub."""

    name: str
    roles: list[str]
    person: str | None
    department: str | None
    posts: list[MePostOut]


class SignInIn(Body):
    """Who comes, and their password."""

    person_no: Short
    password: Secret


class SignedInOut(BaseModel):
    """The token to send as `Authorization: Bearer`, and until when it holds."""

    token: str
    expires_at: datetime
    must_change_password: bool


class PasswordChangeIn(Body):
    """One's own password, old and new."""

    old: Secret
    new: Secret


class OneTimePasswordOut(BaseModel):
    """A password for one sign-in: shown this once."""

    password: str


class SignInOut(BaseModel):
    """An attempt to sign in."""

    sign_in_id: int
    at: datetime
    person_no: str
    outcome: Attempt
    address: str | None


class SignInsOut(BaseModel):
    """One page of attempts; `next` is the address of the following one."""

    items: list[SignInOut]
    next: str | None


class ReadingOut(BaseModel):
    """Somebody saw callers' data in full."""

    reading_id: int
    at: datetime
    read_by: str
    role: Role
    case_no: str
    purpose: str
    callers: int


class ReadingsOut(BaseModel):
    """One page of readings; `next` is the address of the following one."""

    items: list[ReadingOut]
    next: str | None
