"""The door of answers: figures by what one asks, and the cases behind each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from casehub.deadlines.commands import current_calendar
from casehub.events.commands import histories_of
from casehub.rates import store, store_answers, store_names
from casehub.rates.answers import Answer, Names, answer_of, key_of
from casehub.rates.cells import grains_of
from casehub.rates.commands import MOST, catch_up, rows_of, told_of
from casehub.rates.counts import COUNTED, PLACE, Stock
from casehub.rates.facts import facts_of
from casehub.rates.indicators import Indicator
from casehub.rates.periods import Period, cover, opening_of
from casehub.rates.questions import Question
from casehub.rates.store import State
from casehub.rates.store_answers import Asked, Behind
from casehub.storage.transaction import Tx

#: Before all facts.
_EVER = datetime(1900, 1, 1, tzinfo=UTC)


async def answer(tx: Tx, question: Question, now: datetime, held: State | None = None) -> Answer:
    """Figures as they are at `now`, to the last case; or, of the same instant as others, when facts are `held`: see `hold`."""
    state, tz = held or await catch_up(tx), (await current_calendar(tx)).tz
    question = await _with_kinds(tx, question)
    asked = await _asked(tx, question, state, tz)
    sums = await store_answers.read_sums(tx, question, asked, now)
    return answer_of(question, sums, await _names(tx, question, ((one.a, one.b) for one in sums)))


async def answer_as_of(tx: Tx, question: Question, then: datetime) -> Answer:
    """Figures as they were at a past instant: cases that have changed since are read from their events up to it.

    Takes time with what has changed since.
    """
    await catch_up(tx)
    question = await _with_kinds(tx, question)
    await _remember(tx, then)
    asked = await _asked(tx, question, None, (await current_calendar(tx)).tz)
    sums = await store_answers.read_sums(tx, question, asked, then, as_of=True)
    return answer_of(question, sums, await _names(tx, question, ((one.a, one.b) for one in sums)))


async def _remember(tx: Tx, then: datetime) -> None:
    """Make the facts of cases that have changed since as they were then."""
    await store_answers.make_facts_then(tx)
    after = 0
    while case_ids := await store_answers.read_moved(tx, then, after, MOST):
        for case_id, events in (await histories_of(tx, case_ids)).items():
            told = told_of(event for event in events if event.at <= then)
            rows = enumerate(rows_of(facts_of(case_id, told)))
            await store_answers.write_facts_then(
                tx, ({"case_id": case_id, "fact_no": number, **row._asdict()} for number, row in rows)
            )
        after = case_ids[-1]


async def handling_due_on(
    tx: Tx, question: Question, now: datetime, *, as_of: bool = False
) -> dict[str, Counter[date]]:
    """On which days of the city the handling of a period was due, by the code of what it asks by, which is one thing.

    After an answer to the same question in the same transaction; with `as_of`, one as of that instant.
    """
    zone = (await current_calendar(tx)).tz.key
    found = await store_answers.read_due_days(tx, question, now, zone, as_of=as_of)
    names = await _names(tx, question, ((one.a, one.b) for one in found))
    days: dict[str, Counter[date]] = {}
    for one in found:
        code = key_of(question.by[0], one.a, names, question).code
        if code is not None:
            days.setdefault(code, Counter())[one.day] += one.n
    return days


async def changed_behind(
    tx: Tx, questions: Sequence[Question], then: datetime, now: datetime, *, most: int
) -> list[list[str]]:
    """For each question of one figure, the cases by which it changed since `then`: their numbers, the oldest first.

    Those of cases only: what changed because an area or a department lies elsewhere now, or a spot check was decided,
    has none.
    """
    await catch_up(tx)
    await _remember(tx, then)
    found = []
    for asked in questions:
        question = await _with_kinds(tx, asked)
        figure = question.figures[0] if question.figures else question.counts[0]
        counts = figure.counts if isinstance(figure, Indicator) else {figure}
        stocks = [one for name in counts if isinstance(one := COUNTED[name], Stock)]
        parts = [
            (question.period, [PLACE[name] for name in counts if name in PLACE]),
            (Period(_EVER, question.period.end), [PLACE[name] for one in stocks for name in (one.began, one.ended)]),
        ]  # fmt: skip
        found.append(await store_answers.read_changed_behind(tx, question, parts, then, now, most=most))
    return found


async def _with_kinds(tx: Tx, question: Question) -> Question:
    """Which of the areas that a question names are large: sums are kept for those."""
    named = {question.filters.get("area"), *(area for area, _ in question.parts)} - {None}
    found = await store_names.read_areas(tx, [str(one) for one in named]) if named else {}
    return replace(question, kinds={code: area.kind for code, area in found.items()})


async def _asked(tx: Tx, question: Question, state: State | None, tz: ZoneInfo) -> list[Asked]:
    """What must be summed: the counts of the period, and what began and ended before its end."""
    sealed_to = state.sealed_to if state is not None and question.summed else None
    grains = grains_of(question.dims)
    flows = Asked(False, question.flows, cover(question.period, sealed_to, grains, tz))
    if not question.stocks:
        return [flows]
    earliest = await store.read_first(tx) or question.period.first
    began = opening_of(earliest.astimezone(tz).date().replace(month=1, day=1), tz)
    all_before = Period(min(began, question.period.first), question.period.end)
    return [flows, Asked(True, question.standing, cover(all_before, sealed_to, grains, tz))]


async def _names(tx: Tx, question: Question, values: Iterable[tuple[str, str]]) -> Names:
    seen: dict[str, set[str]] = {}
    for two in values:
        for name, value in zip(store_answers.grouped(question), two, strict=False):
            seen.setdefault(name, set()).add(value)
    areas = (seen.get("place", set()) | seen.get("area", set())) - {""}
    numbers = [int(one) for one in seen.get("category", ())]
    return Names(
        areas=await store_names.read_areas(tx, areas) if areas else {},
        departments=await store_names.read_departments(tx) if "department" in seen else {},
        categories=await store_names.read_categories(tx, numbers) if numbers else {},
        people=await store_names.read_people(tx, seen["person"]) if "person" in seen else {},
        campaigns=await store_names.read_campaigns(tx, [int(one) for one in seen["campaign"]])
        if "campaign" in seen
        else {},
    )


async def behind(
    tx: Tx,
    question: Question,
    part: str | None,
    now: datetime,
    *,
    after: store_answers.Place | None,
    most: int,
) -> list[Behind]:
    """The tasks or cases of the first figure of a question, oldest first: of a count, or of a rate's `numerator` or `rest`."""
    await catch_up(tx)
    question = await _with_kinds(tx, question)
    figure = question.figures[0] if question.figures else question.counts[0]
    return await store_answers.read_behind(tx, question, _wanted(figure, part), now, after=after, most=most)


def _wanted(figure: Indicator | str, part: str | None) -> tuple[list[int], list[int]]:
    if isinstance(figure, str):
        return [PLACE[figure]], []
    above = [PLACE[name] for name in figure.numerator if name in PLACE]
    below = [PLACE[name] for name in figure.denominator if name in PLACE]
    return (above, []) if part == "numerator" else (below, above)


async def standing(
    tx: Tx, question: Question, stock: Stock, now: datetime, *, after: int | None, most: int
) -> list[tuple[int, str, str]]:
    """The cases of a stock at the end of a period, by id."""
    await catch_up(tx)
    question = await _with_kinds(tx, question)
    flow = (PLACE[stock.began], PLACE[stock.ended])
    return await store_answers.read_standing(tx, question, flow, now, after=after, most=most)
