"""The door of rankings (排名)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from casehub.deadlines.commands import current_calendar
from casehub.rates import store_scores
from casehub.rates.asking import Days
from casehub.rates.commands_answers import answer, answer_as_of, handling_due_on
from casehub.rates.commands_scores import rule_book
from casehub.rates.contests import Asked, Contest, contest_of, units_of
from casehub.rates.marks import newest
from casehub.rates.questions import Question
from casehub.rates.ranking import Ranking, Unit, rank
from casehub.storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking, by what it was made, and of each unit the score and the name."""

    contest: Contest
    ranking: Ranking
    units: Mapping[str, Unit]
    names: Mapping[str, str | None]
    whole_city: bool


async def rank_units(
    tx: Tx, asked: Asked, about: Question, days: Days, now: datetime, *, as_of: datetime | None = None
) -> Ranked:
    """Rank units over a period; with `as_of` by the figures, the rule book and the marks of a past instant.

    What belongs to no unit is not ranked. Raises QuestionInvalid, FormulaNotFound, ScoreNotReady.
    """
    contest = contest_of(asked, await rule_book(tx, as_of))
    question = replace(
        about, figures=contest.indicators, counts=tuple(sorted(contest.counts)), by=(contest.by,)
    )
    told = await (answer(tx, question, now) if as_of is None else answer_as_of(tx, question, as_of))
    due_on = await handling_due_on(tx, told.question, as_of or now, as_of=as_of is not None)
    rows = {key.code: figures for (key,), figures in told.rows.items() if key.code is not None}
    marks = newest(await store_scores.read_marks(tx, contest.formula.formula, days, as_of))
    units = units_of(contest, rows, marks, due_on, await current_calendar(tx))
    return Ranked(
        contest,
        rank(contest.formula, units),
        {unit.key: unit for unit in units},
        {key.code: key.name for (key,) in told.rows if key.code is not None},
        question.scope.everything,
    )
