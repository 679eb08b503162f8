"""Routes of rankings (排名)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from casehub.people.depends import Caller
from casehub.rates.api import ASKS, AsOf, TheNarrowed
from casehub.rates.asking import has_passed
from casehub.rates.commands_rankings import rank_units
from casehub.rates.contests import Asked, Better, Dimension
from casehub.rates.formula import Name
from casehub.rates.schemas_scores import RankingOut, ranking_out
from casehub.wire.answers import answered

router = APIRouter(prefix="/v1", tags=["rates"])


def read_asked(
    formula: Annotated[Name | None, Query(description="A formula of GET /v1/formulas.")] = None,
    indicator: Annotated[Name | None, Query(description="Or one indicator alone.")] = None,
    better: Annotated[Better, Query(description="Of an indicator: which value stands first.")] = "higher",
    by: Annotated[Dimension | None, Query(description="By default what fits the formula.")] = None,
) -> Asked:
    """By what to rank."""
    return Asked(formula, indicator, better, by)


@router.get("/rankings", response_model=RankingOut, summary="Units by score or indicator (排名)")
async def rankings(
    call: Caller, narrowed: TheNarrowed, asked: Annotated[Asked, Depends(read_asked)], as_of: AsOf = None
) -> Response:
    """Each part of a score with its inputs, to be counted again by hand; beside each rank what the unit had to bear.

    With `as_of` by the figures, the formula and the marks of that instant.
    """
    call.need(*ASKS)
    has_passed(as_of, call.at)
    days = await narrowed.days(call)
    told = await rank_units(call.tx, asked, await narrowed.about(call, days), days, call.at, as_of=as_of)
    head = {"first": days.first, "end": days.end, "at": as_of or call.at}
    return answered({**head, **ranking_out(told, zh=call.zh)})
