"""The route by which callers' data are read in full."""

from typing import Any

from fastapi import APIRouter

from casehub.cases import commands
from casehub.cases.commands_callers import read_in_full
from casehub.cases.depends import TheDesk
from casehub.cases.schemas import CallerOut, CaseNo, PurposeIn
from casehub.people.depends import Caller

router = APIRouter()


@router.post(
    "/cases/{case_no}/reporters/readings", status_code=201, response_model=list[CallerOut], summary="Read who reported, for a purpose"
)  # fmt: skip
async def read_reporters(
    call: Caller, the_desk: TheDesk, case_no: CaseNo, body: PurposeIn
) -> list[dict[str, Any]]:
    """Each reading is logged: who, when, which case, what for. Not repeatable by Idempotency-Key: no answer is kept."""
    case = await commands.find_case(call.tx, case_no, call.scope)
    reader = await commands.as_of_case(call.tx, call.actor, case)
    return await read_in_full(call.tx, the_desk.vault, case, reader, purpose=body.purpose, at=call.at)
