"""Routes of rates."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from casehub.deadlines.commands import current_calendar
from casehub.errors import Refusal
from casehub.people.actors import Role
from casehub.people.depends import Call, Caller
from casehub.rates import commands_answers as commands
from casehub.rates.answers import Answer, shown
from casehub.rates.asking import COMPARED, Days, has_passed, read_by, read_days, read_figures, read_filters
from casehub.rates.commands_scores import own_indicators
from casehub.rates.counts import COUNTED, Stock
from casehub.rates.periods import Unit
from casehub.rates.problems import QuestionInvalid
from casehub.rates.questions import Question
from casehub.rates.schemas import AnswerOut, CasesBehindOut, IndicatorsOut, behind_out, indicators_out
from casehub.wire.answers import answered
from casehub.wire.pages import page, read_cursor, read_key, read_moment, read_number
from casehub.wire.text import CivilDay, Moment, Short

router = APIRouter(prefix="/v1", tags=["rates"])

#: Who asks for figures; everybody sees those of their own part of the city.
ASKS = (
    Role.COLLECTOR, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.DEPARTMENT, Role.EVALUATOR, Role.ADMINISTRATOR,
)  # fmt: skip


class Narrowed:
    """Of which days, and of whom."""

    def __init__(
        self,
        first: Annotated[CivilDay | None, Query(alias="from", description="The first day.")] = None,
        end: Annotated[CivilDay | None, Query(alias="to", description="The day after the last.")] = None,
        period: Annotated[Unit | None, Query(description="Instead of from and to.")] = None,
        on: Annotated[
            CivilDay | None, Query(description="A day of that period; today when left out.")
        ] = None,
        area: Annotated[Short | None, Query(description="An area and all below it.")] = None,
        department: Annotated[Short | None, Query(description="A department and those below it.")] = None,
        unit: Annotated[Short | None, Query(description="A department itself; - for none.")] = None,
        person: Annotated[Short | None, Query(description="Who did it, or has it to do; - for none.")] = None,
        category: Annotated[Short | None, Query(description="Code of a minor class.")] = None,
        category_major: Annotated[Short | None, Query(description="Code of a major class.")] = None,
        kind: Literal["event", "component"] | None = None,
        scheme: Annotated[Short | None, Query(description="Scheme of the class.")] = None,
        source: Short | None = None,
        workflow: Short | None = None,
        light: Annotated[
            Literal["green", "yellow", "red", "-"] | None, Query(description="- for none.")
        ] = None,
        campaign: Annotated[
            int | None, Query(ge=1, lt=2**63, description="On the list of a campaign.")
        ] = None,
    ) -> None:
        self.said = {name: value for name, value in locals().items() if name != "self"}

    async def days(self, call: Call) -> Days:
        """The days asked for. Raises QuestionInvalid."""
        today = call.at.astimezone((await current_calendar(call.tx)).tz).date()
        return read_days(self.said["first"], self.said["end"], self.said["period"], self.said["on"], today)

    async def about(self, call: Call, days: Days) -> Question:
        """Of what and whom it is asked; the figures are still to be said."""
        tz = (await current_calendar(call.tx)).tz
        return Question((), (), days.period(tz), filters=read_filters(self.said), scope=call.scope)

    async def question(self, call: Call, days: Days, figures: str | None, by: str | None = None) -> Question:
        """What is asked. Raises QuestionInvalid."""
        rates, counts = read_figures(_listed(figures), await own_indicators(call.tx))
        return replace(await self.about(call, days), figures=rates, counts=counts, by=read_by(_listed(by)))

    def link(self, days: Days) -> dict[str, str]:
        """The parameters that say the same again."""
        return {"from": days.first.isoformat(), "to": days.end.isoformat(), **read_filters(self.said)}


TheNarrowed = Annotated[Narrowed, Depends()]


def _listed(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


Figures = Annotated[
    str | None,
    Query(
        max_length=2000,
        description="Indicators and counts by name, with commas; the usual ones when left out.",
    ),
]


AsOf = Annotated[Moment | None, Query(description="As it stood at a past instant.")]


@router.get("/indicators", response_model=IndicatorsOut, summary="What can be asked of rates (指标)")
async def indicators(call: Caller) -> dict[str, Any]:
    """Every count and every rate: its name, what it counts in words, and where it comes from."""
    return indicators_out(await own_indicators(call.tx), zh=call.zh)


@router.get("/rates", response_model=AnswerOut, summary="Figures of a period, by what you ask (考核指标)")
async def rates(
    call: Caller,
    narrowed: TheNarrowed,
    *,
    indicators: Figures = None,
    by: Annotated[
        str | None, Query(max_length=100, description="One or two dimensions, such as district,category.")
    ] = None,
    compare: Annotated[str | None, Query(max_length=50, description="previous, last_year, or both.")] = None,
    as_of: AsOf = None,
    limit: Annotated[
        int, Query(ge=1, le=20_000, description="Rows; how many more there are is told.")
    ] = 1000,
) -> Response:
    """Exact to the last case. Every number has the address of the tasks or cases behind it."""
    call.need(*ASKS)
    days = await narrowed.days(call)
    question = await narrowed.question(call, days, indicators, by)
    compared = _compared(compare, as_of, call.at)
    return answered(await _told(call, narrowed, question, days, compared, as_of, limit))


def _compared(said: str | None, as_of: datetime | None, now: datetime) -> list[str]:
    names = _listed(said)
    if unknown := [name for name in names if name not in COMPARED]:
        raise QuestionInvalid(errors=[Refusal(
            "unknown_comparison", f"there is no {', '.join(unknown)}; compare with {' or '.join(COMPARED)}",
            f"不能与 {'、'.join(unknown)} 比较；可用：{'、'.join(COMPARED)}", "compare",
        )])  # fmt: skip
    has_passed(as_of, now)
    return names


async def _told(
    call: Call,
    narrowed: Narrowed,
    question: Question,
    days: Days,
    compared: list[str],
    as_of: datetime | None,
    limit: int,
) -> dict[str, Any]:
    tz = (await current_calendar(call.tx)).tz
    told = shown(await _answer(call, question, as_of), narrowed.link(days), limit)
    beside = {}
    for name in compared:
        other = days.compared(name)
        past = shown(
            await _answer(call, replace(question, period=other.period(tz)), as_of), narrowed.link(other)
        )
        beside[name] = {"first": other.first, "end": other.end, **past["total"]}
        rows = {tuple(row["key"]): row for row in past["rows"]}
        for row in told["rows"]:
            if (same := rows.get(tuple(row["key"]))) is not None:
                row.setdefault("compared", {})[name] = {part: same[part] for part in ("indicators", "counts")}
    return {
        "first": days.first, "end": days.end, "at": as_of or call.at, "by": question.by, **told, "compared": beside,
    }  # fmt: skip


async def _answer(call: Call, question: Question, as_of: datetime | None) -> Answer:
    if as_of is not None:
        return await commands.answer_as_of(call.tx, question, as_of)
    return await commands.answer(call.tx, question, call.at)


@router.get("/rates/cases", response_model=CasesBehindOut, summary="The tasks or cases behind a number")
async def cases_behind(
    call: Caller, narrowed: TheNarrowed,
    figure: Annotated[Short, Query(description="An indicator or a count, by name.")],
    part: Annotated[Literal["numerator", "rest"], Query(description="Of a rate: what counts above, or what only below.")] = "numerator",
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:  # fmt: skip
    """One page, by the moment at which they count; of what stood open at the end of the period, by case."""
    call.need(*ASKS)
    question = await narrowed.question(call, await narrowed.days(call), figure)
    stock = COUNTED.get(figure)
    if isinstance(stock, Stock):
        return answered(await _standing(call, question, stock, cursor, limit))
    key = read_key(cursor, 3)
    after = None if key is None else (read_moment(key[0]), read_number(key[1]), read_number(key[2]))
    found = await commands.behind(call.tx, question, part, call.at, after=after, most=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    ends = None if last is None else (last.at.isoformat(), last.case_id, last.fact_no)
    return answered(page(call.request, [behind_out(one) for one in found[:limit]], ends))


async def _standing(
    call: Call, question: Question, stock: Stock, cursor: str | None, limit: int
) -> dict[str, Any]:
    after = read_cursor(cursor)
    found = await commands.standing(call.tx, question, stock, call.at, after=after, most=limit + 1)
    items = [{"case_no": case_no, "state": state} for _, case_no, state in found[:limit]]
    return page(call.request, items, found[limit - 1][0] if len(found) > limit else None)
