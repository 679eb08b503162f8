"""Routes of handing over."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from casehub.cases import commands_handover as commands
from casehub.cases.commands_handover import Handed
from casehub.cases.schemas import Body
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.answers import answered
from casehub.wire.idempotency import REPEATABLE
from casehub.wire.problems import problem_body
from casehub.wire.text import Short

router = APIRouter(prefix="/v1", tags=["people"])


class HandoverIn(Body):
    """Who takes over."""

    to: Short = Field(description="Number of the person who takes over.")
    dry_run: bool = Field(default=False, description="Say what would happen; change nothing.")


class HandedOut(BaseModel):
    """What became of one case."""

    case_no: str
    handed: bool
    problem: dict[str, Any] | None


class HandoverOut(BaseModel):
    """What became of each case that the person had in hand."""

    cases: list[HandedOut]
    more: bool = Field(description="More are left: ask again.")


def _handed_out(one: Handed, *, zh: bool) -> dict[str, Any]:
    problem = problem_body(one.problem, zh=zh) if one.problem else None
    return {"case_no": one.case_no, "handed": problem is None, "problem": problem}


@router.post(
    "/people/{person_no}/handover", openapi_extra=REPEATABLE, response_model=HandoverOut, summary="Hand over a queue (移交)"
)  # fmt: skip
async def hand_over(
    call: Caller, person_no: Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$")], body: HandoverIn
) -> Response:
    """All open tasks of somebody who leaves go to another person of the same department; one refused leaves the others."""
    call.need(Role.SHIFT_LEADER, Role.ADMINISTRATOR, Role.DEPARTMENT)

    async def make() -> Response:
        handed, more = await commands.hand_over(
            call.tx, person_no, body.to, by=call.actor, scope=call.scope, at=call.at, dry_run=body.dry_run
        )
        told = {"cases": [_handed_out(one, zh=call.zh) for one in handed], "more": more}
        return answered(told)

    return await call.once(make)
