"""Routes of people and keys."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from casehub.people import commands
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.text import Short

router = APIRouter(prefix="/v1", tags=["people"])

#: Roles that a key can give.
GIVEN = [role for role in Role if role is not Role.SYSTEM]


class PersonIn(BaseModel):
    """A person of the city or of a department."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    department_code: Short | None = None
    active: bool = True


class PersonOut(PersonIn):
    """A person with the number that names them."""

    person_no: str


class KeyIn(BaseModel):
    """What a new key may do, and for whom."""

    model_config = ConfigDict(extra="forbid")
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


class MeOut(BaseModel):
    """Who you are to casehub."""

    name: str
    roles: list[str]
    person: str | None
    department: str | None


@router.get("/me", response_model=MeOut, summary="Who am I?")
async def me(call: Caller) -> dict[str, object]:
    """The roles, person and department behind your key."""
    actor = call.actor
    return {
        "name": actor.name,
        "roles": sorted(actor.roles),
        "person": actor.person,
        "department": actor.department,
    }


@router.get("/people", response_model=list[PersonOut], summary="People")
async def list_people(call: Caller) -> list[dict[str, object]]:
    """All people."""
    return await commands.list_people(call.tx)


@router.put("/people/{person_no}", status_code=204, summary="Add or change a person")
async def set_person(
    call: Caller, person_no: Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$")], body: PersonIn
) -> Response:
    """Who leaves is set inactive; nobody is deleted."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_person(call.tx, {"person_no": person_no, **body.model_dump()})
    return Response(status_code=204)


@router.get("/keys", response_model=list[KeyOut], summary="API keys")
async def list_keys(call: Caller) -> list[dict[str, object]]:
    """All keys ever given."""
    call.need(Role.ADMINISTRATOR, Role.AUDITOR)
    return await commands.list_keys(call.tx)


@router.post("/keys", status_code=201, response_model=NewKeyOut, summary="Give out an API key")
async def create_key(call: Caller, body: KeyIn) -> dict[str, str]:
    """The key is in the answer and nowhere else. Not repeatable by Idempotency-Key, so that no key is ever stored."""
    call.need(Role.ADMINISTRATOR)
    key_id, key = await commands.create_key(
        call.tx, body.roles, person=body.person, department=body.department, area=body.area, at=call.at
    )
    return {"key_id": key_id, "key": key}


@router.delete("/keys/{key_id}", status_code=204, summary="Revoke an API key, at once")
async def revoke_key(call: Caller, key_id: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]) -> Response:
    """The key stays on record."""
    call.need(Role.ADMINISTRATOR)
    await commands.revoke_key(call.tx, key_id, call.at)
    return Response(status_code=204)
