"""The door of batches: one thing done with many cases of a list, a step at a time, each with its own result."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from casehub.campaigns import store_batches
from casehub.campaigns.batches import DOINGS, LETTERS, Status, action_of
from casehub.campaigns.commands import find_campaign, refuse
from casehub.campaigns.commands_figures import changing
from casehub.campaigns.commands_items import plan_found
from casehub.campaigns.problems import BatchNotFound, CampaignRefused
from casehub.campaigns.rules import Campaign, State, due_fits, in_state
from casehub.cases.commands import act, find_case
from casehub.errors import Problem, Refusal
from casehub.letters.commands import WRITES, Asked
from casehub.letters.commands_rounds import check_wish, draft_what_may, sort_out
from casehub.letters.drafts import MOST_CASES
from casehub.letters.problems import LetterInvalid
from casehub.people.actors import Actor, Scope
from casehub.people.commands import need
from casehub.storage.transaction import Tx
from casehub.wire.problems import problem_body

#: Cases of one step, in one transaction; a letter is about all cases of its unit.
STEP = 100

_NOTHING_CHOSEN = Refusal(
    "batch_has_cases", "no open case of the list that you see is chosen; name others, or widen unit and area",
    "清单内没有您可见且在办的案件被选中，请更换案件或放宽单位与区域", "cases",
)  # fmt: skip
_NONE_IN_SIGHT = Refusal(
    "batch_in_sight", "what still waits lies outside what you see; somebody whose part of the city it is goes on",
    "其余待办案件不在您的管辖范围内，请由有权查看的人员继续", "batch_id",
)  # fmt: skip


def _not_listed(case_nos: Sequence[str]) -> Refusal:
    named = ", ".join(case_nos)
    return Refusal(
        "cases_on_list", f"not on the list of this campaign, or outside of unit, area or what you see: {named}; leave them out",
        f"不在本行动清单内，或不在所选单位、区域及您的可见范围内：{named}，请移除", "cases.case_nos",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """How many cases a batch would take, and what would become of the first ones."""

    cases: int
    results: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does it, and whose cases they see."""

    actor: Actor
    scope: Scope
    at: datetime


async def preview(
    tx: Tx, campaign_id: int, doing: str, form: Mapping[str, Any], wanted: Mapping[str, Any], acting: Acting
) -> Preview:
    """What a batch would do; nothing is changed. Raises CampaignNotFound, CampaignRefused, WrongRole, LetterInvalid."""
    campaign = await _may(tx, campaign_id, doing, form, acting)
    total, first = await _chosen(tx, campaign_id, wanted, acting.scope)
    if doing == LETTERS:
        _, refused = await sort_out(tx, _letter(form, first), by=acting.actor)
        return Preview(total, [_of_letter(case, refused, Status.WAITING) for case in first])
    results = [await _one(tx, campaign, doing, form, case, acting, dry_run=True) for case in first]
    return Preview(total, results)


async def start(
    tx: Tx, campaign_id: int, doing: str, form: Mapping[str, Any], wanted: Mapping[str, Any], acting: Acting
) -> int:
    """Keep a batch with its list of cases, all waiting; its number. Raises CampaignNotFound, CampaignRefused, WrongRole, LetterInvalid."""
    await _may(tx, campaign_id, doing, form, acting)
    await _chosen(tx, campaign_id, wanted, acting.scope)
    row = {
        "campaign_id": campaign_id, "doing": doing, "form": form, "started_by": acting.actor.name, "started_at": acting.at,
    }  # fmt: skip
    return await store_batches.write_batch(tx, row, acting.scope, wanted)


async def _may(tx: Tx, campaign_id: int, doing: str, form: Mapping[str, Any], acting: Acting) -> Campaign:
    """The campaign, where it may be done: while the campaign runs, and not where no case at all could be done. Letters are opened by who may draft them."""
    if doing == LETTERS:
        need(acting.actor, *WRITES)
    campaign = await find_campaign(tx, campaign_id)
    due_on = _plan(form).get("due_on")
    refuse([in_state(campaign, State.RUNNING), due_fits(campaign, due_on) if due_on else None])
    if doing == LETTERS:
        await check_wish(tx, _letter(form, []))
    return campaign


async def _chosen(
    tx: Tx, campaign_id: int, wanted: Mapping[str, Any], scope: Scope
) -> tuple[int, list[tuple[int, str]]]:
    total, first = await store_batches.read_chosen(tx, campaign_id, scope, wanted, STEP)
    if total < len({*(wanted.get("case_nos") or ())}):
        left_out = await store_batches.read_left_out(tx, campaign_id, scope, wanted)
        raise CampaignRefused(errors=[_not_listed(left_out)])
    refuse([None if total else _NOTHING_CHOSEN])
    return total, first


async def go_on(tx: Tx, campaign_id: int, batch_id: int, acting: Acting) -> None:
    """The next cases of a batch; one that is refused leaves the others done. Raises BatchNotFound, CampaignRefused, WrongRole.

    Of two who go on at once the second waits, and does what the first left. Nobody does what they do not see, so that
    it waits for who does.
    """
    batch = await find_batch(tx, campaign_id, batch_id, lock=True)
    campaign = await find_campaign(tx, campaign_id)
    refuse([in_state(campaign, State.RUNNING)])
    doing, form = batch["doing"], batch["form"]
    if doing == LETTERS:
        results = await _next_letter(tx, batch, acting)
    else:
        waiting = await store_batches.read_waiting(tx, batch_id, acting.scope, STEP)
        async with _counting(tx, campaign, doing, waiting):
            results = [await _one(tx, campaign, doing, form, case, acting) for case in waiting]
    if results:
        await store_batches.write_results(tx, batch_id, results, acting.at)
    elif (await store_batches.read_progress(tx, batch_id))[Status.WAITING]:
        refuse([_NONE_IN_SIGHT])


async def _next_letter(tx: Tx, batch: Mapping[str, Any], acting: Acting) -> list[dict[str, Any]]:
    """The letter to the next unit; what was refused of it as a whole is refused of each of its cases."""
    need(acting.actor, *WRITES)
    form, batch_id = batch["form"], batch["batch_id"]
    those = await store_batches.read_waiting_of_unit(tx, batch_id, acting.scope, MOST_CASES)
    who: dict[str, Any] = {"by": acting.actor, "at": acting.at, "round_id": batch["round_id"]}
    try:
        async with tx.begin_nested():
            round_id, refused = await draft_what_may(tx, form["round_title"], _letter(form, those), **who)
    except Problem as problem:
        return [_result(case, Status.REFUSED, problem) for case in those]
    if round_id is not None:
        await store_batches.write_round(tx, batch_id, round_id)
    return [_of_letter(case, refused, Status.DONE) for case in those]


def _letter(form: Mapping[str, Any], those: Sequence[tuple[int, str]]) -> Asked:
    said = {name: value for name, value in form.items() if name != "round_title"}
    copies = tuple(dict.fromkeys(form.get("cc_units", ())))
    return Asked(**{**said, "case_nos": tuple(case_no for _, case_no in those), "cc_units": copies})


def _of_letter(case: tuple[int, str], refused: Mapping[str, Refusal], otherwise: Status) -> dict[str, Any]:
    why = refused.get(case[1])
    if why is None:
        return _result(case, otherwise)
    return _result(case, Status.REFUSED, LetterInvalid(errors=[why]))


def _result(case: tuple[int, str], status: Status, problem: Problem | None = None) -> dict[str, Any]:
    told = {"case_id": case[0], "case_no": case[1], "status": status}
    return {**told, "problem": None if problem is None else _in_both_languages(problem)}


def _counting(
    tx: Tx, campaign: Campaign, doing: str, cases: Sequence[tuple[int, str]]
) -> AbstractAsyncContextManager[None]:
    """What is done to items is counted once a step; what is done to cases, at the next look."""
    if DOINGS[doing] is not None:
        return nullcontext()
    return changing(tx, campaign, [case_id for case_id, _ in cases])


async def _one(  # noqa: PLR0913 - what is done to which case, by whom
    tx: Tx, campaign: Campaign, doing: str, form: Mapping[str, Any], case: tuple[int, str], acting: Acting, *, dry_run: bool = False
) -> dict[str, Any]:  # fmt: skip
    case_id, case_no = case
    try:
        # What a refused case began is undone; the cases around it stay.
        async with tx.begin_nested():
            if DOINGS[doing] is None:
                await plan_found(tx, campaign, case_id, _plan(form), acting.at, dry_run=dry_run)
            else:
                await _act(tx, doing, form, case_no, acting, dry_run=dry_run)
    except Problem as problem:
        return _result(case, Status.REFUSED, problem)
    return _result(case, Status.WAITING if dry_run else Status.DONE)


async def _act(
    tx: Tx, doing: str, form: Mapping[str, Any], case_no: str, acting: Acting, *, dry_run: bool
) -> None:
    state = (await find_case(tx, case_no, acting.scope)).state
    action, said = action_of(doing, state, form)
    await act(tx, case_no, action, said, by=acting.actor, scope=acting.scope, at=acting.at, dry_run=dry_run)


def _plan(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form of a plan; as it was kept, its day is text."""
    due_on = form.get("due_on")
    return {**form, "due_on": date.fromisoformat(due_on)} if isinstance(due_on, str) else {**form}


def _in_both_languages(problem: Problem) -> dict[str, Any]:
    told = {"en": problem_body(problem, zh=False), "zh": problem_body(problem, zh=True)}
    return dict(orjson.loads(orjson.dumps(told, default=str)))


async def find_batch(tx: Tx, campaign_id: int, batch_id: int, *, lock: bool = False) -> dict[str, Any]:
    """A batch. Raises CampaignNotFound, BatchNotFound."""
    await find_campaign(tx, campaign_id)
    found = await store_batches.read_batch(tx, campaign_id, batch_id, lock=lock)
    if found is None:
        raise BatchNotFound(f"there is no batch {batch_id}")
    return found


async def progress(tx: Tx, campaign_id: int, batch_id: int) -> dict[str, Any]:
    """A batch and how far it has come. Raises CampaignNotFound, BatchNotFound."""
    batch = await find_batch(tx, campaign_id, batch_id)
    return {**batch, **await store_batches.read_progress(tx, batch_id)}


async def results(  # noqa: PLR0913 - which of them, and who looks
    tx: Tx, campaign_id: int, batch_id: int, scope: Scope, status: str | None, *, after: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of results of cases in scope, by case, and where to go on. Raises CampaignNotFound, BatchNotFound."""
    await find_batch(tx, campaign_id, batch_id)
    rows = await store_batches.read_results(tx, batch_id, scope, status, after=after, most=most + 1)
    return rows[:most], rows[most - 1]["case_id"] if len(rows) > most else None
