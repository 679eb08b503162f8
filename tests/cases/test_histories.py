"""Random histories of every workflow: whatever people do, in whatever order, these things hold (architecture 9)."""

import copy
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest
from tests.cases.imagined import AT, CAST, FLOWS, PHOTOS, make_case, make_draft, make_known

from casehub.cases.facts import CaseFacts, Decision
from casehub.cases.problems import ActionNotPossible, ActionRefused
from casehub.cases.replay import differences, fold, plain
from casehub.cases.rules import TIME_BACKWARDS, FormInvalid, decide, decide_report
from casehub.deadlines.lights import Light, light
from casehub.deadlines.stopwatch import Task
from casehub.errors import Problem
from casehub.events.chain import GENESIS, Event, faults, link
from casehub.people.problems import WrongRole
from casehub.workflow.definition import Action, FormField

TARGETS = {
    "open": make_case(case_id=1, case_no="open"),
    "ended": make_case(case_id=2, case_no="ended", ended_at=AT),
    "far": make_case(case_id=3, case_no="far", lat=41.0),
}
#: What a field may be told: right things, then wrong ones.
VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "text": (["已清理", "不属于我们"], ["", "\x00", 7, None, "长" * 2001]),
    "flag": ([True, False], ["perhaps"]),
    "integer": ([1, 2, 3], [0, 4, 10**30, "x"]),
    "person": (["c1", "c2"], ["nobody", ""]),
    "department": (["d1", "d2"], ["d9", ""]),
    "condition": (["quick", "slow"], ["none-such"]),
    "case": (["open"], ["ended", "far", "no-such"]),
    "photos": ([list(PHOTOS), ["photo-after"]], [[], ["photo-near"], ["lost"], "photo-near"]),
    "limit": (["4 work_hour", "90 urgent_minute"], ["4", "x work_hour", "-1 work_hour", "0 work_hour"]),
}
#: Deadlines and the instants around them are met more often than by chance.
EDGES = [
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
]
WALKS, STEPS = 40, 100


def _step(dice: Random) -> timedelta:
    later = [timedelta(seconds=dice.randrange(7200)), timedelta(days=dice.randrange(40))]
    return dice.choice([*EDGES, *later])


def _value(dice: Random, field: FormField, at: datetime, *, right: bool) -> Any:
    if field.type == "choice":
        return dice.choice([*field.choices] if right else ["none of these", None])
    if field.type == "instant":
        wrong = [at, at - timedelta(days=1), at + timedelta(days=366), "x"]
        return at + timedelta(days=dice.randint(1, 300)) if right else dice.choice(wrong)
    if field.name == "handler" and right:
        return dice.choice(["h1", "h2"])
    return dice.choice(VALUES[field.type][0 if right else 1])


class History:
    """One case, from its report on."""

    def __init__(self, workflow: str, dice: Random, done: Counter[str]) -> None:
        self.flow, self.dice, self.done = FLOWS[workflow], dice, done
        self.case: CaseFacts | None = None
        self.at = AT
        self.tried: Counter[str] = Counter()
        self.events: list[Event] = []
        self.foreign = False  # a system of another city may send an order without a deadline
        self._is_reported()

    def _is_reported(self) -> None:
        source = self.dice.choice(["collector", "leader", "public", "hotline", "transfer"])
        self.known = make_known(cases=TARGETS, **self.dice.choice([{}, {"conditions": {}}]))
        places = [{"lon": 116.4, "lat": 39.9}, {"lon": None, "lat": None, "address": "长安街"}]
        photos = ("photo-before", "photo-after")
        draft = make_draft(self.flow, source=source, photos=photos, **self.dice.choice(places))
        births = [a.name for a in self.flow.definition.actions.values() if not a.from_]
        birth = births[-1] if self.dice.random() < 0.05 else "report"
        who = CAST["collector"]
        self._keep(decide_report(self.flow, draft, birth, {}, actor=who, at=self.at, known=self.known))

    def something_is_done(self) -> None:
        possible = [*self.flow.machine.possible(self.case.state)]
        if not possible or self.dice.random() < 0.02:
            possible = ["report", "dance", "close", "file"]
        if self.dice.random() < 0.99:
            possible = [one for one in possible if not self._ends(one)] or possible
        # Some steps lead on, or little would ever be closed; some do what was seldom done, or much would never be.
        leading = [one for one in possible if one in self.flow.definition.actions and self._leads(one)]
        seldom = [min(possible, key=lambda one: self.tried[one])]
        name = self.dice.choice(self.dice.choice([possible, leading or possible, seldom]))
        self.tried[name] += 1
        action = self.flow.definition.actions.get(name)
        right = self.dice.random() < 0.9
        who = self.dice.choice(self._people(action, right=right))
        form = self._form(action, right=right) if action else {}
        self._do(name, form, who, self.at + _step(self.dice))

    def _targets(self, name: str) -> set[str | None]:
        action = self.flow.definition.actions.get(name)
        return set(action.targets().values()) if action else set()

    def _leads(self, name: str) -> bool:
        return not self._targets(name) <= {None}

    def _ends(self, name: str) -> bool:
        return bool(self._targets(name) & {"voided", "merged", "not_accepted", "not_filed"})

    def _people(self, action: Action | None, *, right: bool) -> list[str]:
        if action is None or not right:
            return [*CAST]
        role_fits = [who for who, one in CAST.items() if one.roles & set(action.roles)]
        assigned = {self.case.assignee_no, self.case.department_code} - {None}
        fit = [who for who in role_fits if {CAST[who].person, CAST[who].department} & assigned]
        return self.dice.choice([fit or role_fits, fit or role_fits, role_fits])

    def _form(self, action: Action, *, right: bool) -> dict[str, Any]:
        form = {}
        for field in action.form.values():
            said = right or self.dice.random() < 0.5
            if field.required or field.type in {"photos", "condition"} or self.dice.random() < 0.5:
                form[field.name] = _value(self.dice, field, self.at, right=said)
        return form

    def the_clock_is_set_back(self) -> None:
        """Nothing is done before what was done already."""
        told = (
            t for task in self.case.tasks for t in (task.entered_at, task.running_since, task.finished_at)
        )
        last = max([AT, *(t for t in told if t is not None)])
        name = self.dice.choice([*self.flow.machine.possible(self.case.state), "dance"])
        action = self.flow.definition.actions.get(name)
        form = self._form(action, right=True) if action else {}
        with pytest.raises(Problem) as caught:
            self._decide(
                name, form, "jack_of_all_trades", last - timedelta(microseconds=self.dice.randint(1, 10**6))
            )
        if type(caught.value) is ActionRefused:
            assert TIME_BACKWARDS in caught.value.errors

    def _decide(self, name: str, form: dict[str, Any], who: str, at: datetime) -> Decision:
        return decide(self.flow, self.case, name, form, actor=CAST[who], at=at, known=self.known)

    def _do(self, name: str, form: dict[str, Any], who: str, at: datetime) -> None:
        before, said = plain(asdict(self.case)), copy.deepcopy(form)
        try:
            decision = self._decide(name, form, who, at)
        except Problem as problem:
            self._is_well_refused(problem, who, name)
            return
        finally:
            assert plain(asdict(self.case)) == before, "deciding changed what it was given"
            assert form == said
        assert self._decide(name, form, who, at) == decision, "the same question had two answers"
        assert decision.before is self.case
        self.foreign |= who == "system" and name == "dispatch_directly" and self._no_limit(form)
        self._keep(decision)

    def _no_limit(self, form: dict[str, Any]) -> bool:
        return (
            "limit" not in form
            and "due_at" not in form
            and not self.known.conditions.get(str(self.case.condition))
        )

    def _is_well_refused(self, problem: Problem, who: str, name: str) -> None:
        assert problem.status in {404, 403, 409, 422}
        for one in problem.errors:
            assert one.en
            assert one.rule
            assert isinstance(problem, FormInvalid) or any("一" <= sign <= "鿿" for sign in one.zh)
        if isinstance(problem, WrongRole):
            assert not CAST[who].roles & set(self.flow.definition.actions[name].roles)
        if isinstance(problem, ActionRefused):
            assert problem.errors, "a refusal without a reason"
        assert not isinstance(problem, ActionNotPossible) or name not in self.flow.machine.possible(
            self.case.state
        )

    def _keep(self, decision: Decision) -> None:
        if self.case is not None:
            self._nothing_is_forgotten(self.case, decision)
        head = self.events[-1].hash if self.events else GENESIS
        seq = len(self.events) + 1
        event = link(decision.case.case_id, seq, decision.action, decision.at, decision.body, head)
        self.events.append(event)
        self.case, self.at = replace(decision.case, head_hash=event.hash), decision.at
        self.done[decision.action] += 1

    def _nothing_is_forgotten(self, before: CaseFacts, decision: Decision) -> None:
        now = {task.task_no: task for task in decision.case.tasks}
        assert decision.case.version == before.version + 1
        assert list(now) == list(range(1, len(now) + 1))
        for old in before.tasks:
            new = now[old.task_no]
            for fact in ("kind", "holder", "lead", "limit", "entered_at", "original_due_at"):
                assert getattr(new, fact) == getattr(old, fact)
            assert new.used_microseconds >= old.used_microseconds
            if not old.open:
                assert replace(new, exemption=None) == replace(old, exemption=None)
                assert new.late == old.late
                assert old.exemption is None or new.exemption == old.exemption
        assert {t.task_no: t for t in decision.tasks} == {n: t for n, t in now.items() if t not in before.tasks} | {
            t.task_no: t for t in decision.tasks if t in before.tasks
        }, "a task changed that the event does not tell"  # fmt: skip

    def stands_in_one_state_of_its_version(self) -> None:
        state = self.flow.definition.states[self.case.state]
        if self.case is not None:
            assert self.case.workflow_digest == self.flow.definition.digest
            assert state.stage in {None, self.case.stage}
            assert state.terminal == (self.case.ended_at is not None)

    def its_history_tells_its_present(self) -> None:
        if self.case is not None:
            assert differences(self.case, self.case.tasks, self.events) == []
            assert orjson.loads(self.events[-1].body)["to"] == self.case.state
            assert self.events == sorted(self.events, key=lambda event: event.at)

    def somebody_is_held_to_it_while_it_is_open(self) -> None:
        if self.case is None:
            return
        state, waiting = self.flow.definition.states[self.case.state], [t for t in self.case.tasks if t.open]
        if state.terminal:
            assert waiting == []
            assert (self.case.due_at, self.case.yellow_at) == (None, None)
            return
        assert waiting
        assert all(task.holder.role for task in waiting)
        for kind in state.running:
            (task,) = [t for t in waiting if t.kind == kind and t.lead]
            self._is_held(task)
        if state.running:
            assert (
                self.case.due_at == next(t for t in waiting if t.kind == state.running[0] and t.lead).due_at
            )
        assert self.case.due_at is None or self.case.yellow_at <= self.case.due_at

    def _is_held(self, task: Task) -> None:
        clock = self.flow.definition.clocks[task.kind]
        assert task.running_since is not None
        assert task.holder.role == clock.holder
        if task.holder.role == "department":
            assert task.holder.department == self.case.department_code is not None
        if clock.limit != "none" and not (self.foreign and task.kind == "handle"):
            assert task.due_at is not None, f"{task.kind} has no deadline"
            assert light(task.due_at, task.due_at, task.due_at) is Light.YELLOW

    def its_history_can_be_trusted(self) -> None:
        if self.case is None:
            return
        head, there = self.case.head_hash, self.events
        assert faults(there, head) == []
        for i, event in enumerate(there):
            assert faults([*there[:i], *there[i + 1 :]], head), "a removal went unseen"
            assert faults([*there[: i + 1], *there[i:]], head), "an insertion went unseen"
            for changed in (
                replace(event, body=event.body.replace('"by":"', '"by":"x')), replace(event, action="other"),
                replace(event, at=event.at + timedelta(seconds=1)), replace(event, case_id=43),
            ):  # fmt: skip
                assert faults([*there[:i], changed, *there[i + 1 :]], head), "a change went unseen"
        row, tasks = fold([orjson.loads(event.body) for event in there])
        assert row["state"] == self.case.state
        assert len(tasks) == len(self.case.tasks)


@pytest.mark.parametrize("workflow", FLOWS)
def test_whatever_people_do_in_whatever_order_these_things_hold(workflow: str) -> None:
    done: Counter[str] = Counter()
    for seed in range(WALKS):
        history = History(workflow, Random(f"{workflow} {seed}"), done)
        for _ in range(STEPS):
            history.something_is_done()
            history.stands_in_one_state_of_its_version()
            history.its_history_tells_its_present()
            history.somebody_is_held_to_it_while_it_is_open()
        history.the_clock_is_set_back()
        history.its_history_can_be_trusted()
    # Rules that need three people in the right order are met in some walks only; most must be.
    assert len(done) >= 30
