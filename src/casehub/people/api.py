"""Routes of people, posts and keys."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response

from casehub.people import api_sign_in, commands
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.people.schemas import (
    KeyIn,
    KeyOut,
    MeOut,
    NewKeyOut,
    PersonIn,
    PersonNo,
    PersonOut,
    Post,
    PostsIn,
    SubjectIn,
)

router = APIRouter(prefix="/v1", tags=["people"])
router.include_router(api_sign_in.router)


@router.get("/me", response_model=MeOut, summary="Who am I?")
async def me(call: Caller) -> dict[str, object]:
    """The posts, person and department behind your key or token."""
    actor = call.actor
    return {
        "name": actor.name, "roles": sorted(actor.roles), "person": actor.person, "department": actor.department,
        "posts": [asdict(post) for post in actor.posts],
    }  # fmt: skip


@router.get("/people", response_model=list[PersonOut], summary="People")
async def list_people(call: Caller) -> list[dict[str, object]]:
    """All people."""
    return await commands.list_people(call.tx)


@router.put("/people/{person_no}", status_code=204, summary="Add or change a person")
async def set_person(call: Caller, person_no: PersonNo, body: PersonIn) -> Response:
    """Who leaves is set inactive, which ends their sessions at once; nobody is deleted."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_person(call.tx, {"person_no": person_no, **body.model_dump()})
    return Response(status_code=204)


@router.get("/people/{person_no}/posts", response_model=list[Post], summary="Posts of a person (岗位)")
async def list_posts(call: Caller, person_no: PersonNo) -> list[dict[str, object]]:
    """What they may do and where, also what is over or still to come."""
    call.need(Role.SECURITY)
    return await commands.list_posts(call.tx, person_no)


@router.put("/people/{person_no}/posts", status_code=204, summary="Give a person these posts, and no others")
async def set_posts(call: Caller, person_no: PersonNo, body: PostsIn) -> Response:
    """What a person may do, and where; it holds from their next request on."""
    call.need(Role.SECURITY)
    await commands.set_posts(call.tx, person_no, [one.model_dump() for one in body.posts])
    return Response(status_code=204)


@router.put("/people/{person_no}/subject", status_code=204, summary="Link a person with the provider")
async def set_subject(call: Caller, person_no: PersonNo, body: SubjectIn) -> Response:
    """Whose tokens of the OpenID Connect provider let this person in; null: nobody's."""
    call.need(Role.SECURITY)
    await commands.set_subject(call.tx, person_no, body.subject)
    return Response(status_code=204)


@router.get("/keys", response_model=list[KeyOut], summary="API keys")
async def list_keys(call: Caller) -> list[dict[str, object]]:
    """All keys ever given."""
    call.need(Role.SECURITY, Role.AUDITOR)
    return await commands.list_keys(call.tx)


@router.post("/keys", status_code=201, response_model=NewKeyOut, summary="Give out an API key")
async def create_key(call: Caller, body: KeyIn) -> dict[str, str]:
    """The key is in the answer and nowhere else. Not repeatable by Idempotency-Key, so that no key is ever stored."""
    call.need(Role.SECURITY)
    key_id, key = await commands.create_key(
        call.tx, body.roles, person=body.person, department=body.department, area=body.area, at=call.at
    )
    return {"key_id": key_id, "key": key}


@router.delete("/keys/{key_id}", status_code=204, summary="Revoke an API key, at once")
async def revoke_key(call: Caller, key_id: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]) -> Response:
    """The key stays on record."""
    call.need(Role.SECURITY)
    await commands.revoke_key(call.tx, key_id, call.at)
    return Response(status_code=204)
