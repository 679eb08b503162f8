"""Random histories of every workflow: whatever people do, in whatever order, these things hold (architecture 9)."""

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from typing import ClassVar

import orjson
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip
from tests.cases.doings import (
    WRONG,
    Beginning,
    Doing,
    decided,
    forms,
    granted,
    people,
    ways,
)  # fmt: skip
from tests.cases.imagined import AT, CAST, FLOWS

from casehub.cases.facts import CaseFacts, Decision
from casehub.cases.problems import ActionNotPossible, ActionRefused, ActionUnknown
from casehub.cases.replay import differences, fold
from casehub.cases.rules import TIME_BACKWARDS, Flow, FormInvalid, decide_strikes
from casehub.deadlines.lights import Light, light
from casehub.deadlines.stopwatch import Calendars, Task, rungs
from casehub.errors import Problem
from casehub.events.chain import GENESIS, Event, faults, link
from casehub.people.problems import WrongRole
from casehub.workflow.definition import Action

HOW = settings(
    max_examples=100, stateful_step_count=40, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False,
)  # fmt: skip
CALENDARS = Calendars()
MICROSECOND = timedelta(microseconds=1)
#: A history that ends earlier would tell little.
LONG = 20
#: No history goes on for longer: the public holidays of later years are not published.
LAST = datetime(2025, 6, 1, tzinfo=UTC)
WHILES = st.sampled_from(
    [MICROSECOND, *(timedelta(minutes=m) for m in (1, 15, 60, 240, 1440, 10_000, 50_000))]
)


class History(RuleBasedStateMachine):
    """One case, from its report on."""

    flow: ClassVar[Flow]
    done: ClassVar[Counter[str]]
    stood: ClassVar[Counter[str]]

    @initialize(
        data=st.data(), source=st.sampled_from(["leader", "public", "hotline", "collector", "transfer"]),
        placed=st.booleans(), conditions=st.booleans(),
    )  # fmt: skip
    def it_is_reported_and_led_somewhere(
        self, data: st.DataObject, source: str, placed: bool, conditions: bool
    ) -> None:
        """To a state, or to an action: the shortest way, and further from there."""
        seen = Beginning("public" if source in {"public", "hotline"} else "leader", conditions=conditions)
        there = ways(self.flow.definition.workflow, seen)
        way = there[data.draw(st.sampled_from([*there]), "goal")]
        note("\n".join(map(str, way)))
        self.begins(Beginning(source, placed, conditions))
        self.is_led(way)

    def begins(self, beginning: Beginning) -> None:
        self.events: list[Event] = []
        self.tried: Counter[str] = Counter()
        self.told: set[tuple[int, int, str]] = set()
        self.overdue: set[int] = set()
        self.foreign = False  # a system of another city may send an order without a deadline
        self.now, self.known, self.case = AT, beginning.known(), beginning.draft(self.flow)

    def is_led(self, way: Iterable[Doing]) -> None:
        for doing in way:
            self.now = doing.at
            self._does(doing)
            self.these_things_hold()

    @rule(data=st.data())
    @precondition(lambda self: self._lively())
    def something_is_done(self, data: st.DataObject) -> None:
        self._something(data, self._lively())

    @rule(data=st.data())
    @precondition(lambda self: self._lively())
    def what_was_seldom_done_is_done(self, data: st.DataObject) -> None:
        possible = [one for one in self._lively() if self._may(one)]
        fewest = min((self.tried[one] for one in possible), default=0)
        self._something(data, [one for one in possible if self.tried[one] == fewest])

    @rule(data=st.data())
    @precondition(lambda self: any(self._leads(one) for one in self._lively()))
    def it_goes_on(self, data: st.DataObject) -> None:
        self._something(data, [one for one in self._lively() if self._leads(one)])

    @rule(data=st.data())
    @precondition(lambda self: len(self.events) > LONG and any(self._ends(one) for one in self._names()))
    def it_comes_to_an_early_end(self, data: st.DataObject) -> None:
        self._something(data, [one for one in self._names() if self._ends(one)])

    @rule(data=st.data())
    @precondition(lambda self: self._names())
    def something_is_tried(self, data: st.DataObject) -> None:
        """Perhaps the time is not right for it, or the person is not."""
        action = self._action(data.draw(st.sampled_from(self._names()), "action"))
        who = data.draw(st.sampled_from(people(action)), "who")
        form = data.draw(st.sampled_from(forms(action, self.now)), "form")
        try:
            self._does(Doing(action.name, who, form, self.now))
        except Problem as problem:
            self._is_well_refused(problem)

    @rule(data=st.data())
    @precondition(lambda self: self._names())
    def a_form_is_filled_in_wrongly(self, data: st.DataObject) -> None:
        fields = [(name, field) for name in self._names() for field in self._action(name).form.values()]
        name, field = data.draw(st.sampled_from(fields), "field")
        form = dict(data.draw(st.sampled_from(forms(self._action(name), self.now)), "form"))
        form[field.name] = data.draw(st.sampled_from([*WRONG[field.type], *[None] * field.required]), "wrong")
        self._must_not(Doing(name, people(self._action(name))[0], form, self.now), ActionRefused)

    @rule(data=st.data())
    def somebody_does_what_is_not_theirs_to_do(self, data: st.DataObject) -> None:
        """Or what is not to be done now."""
        action = data.draw(st.sampled_from([*self.flow.definition.actions.values()]), "action")
        who = data.draw(st.sampled_from([*CAST]), "who")
        doing = Doing(action.name, who, forms(action, self.now)[0], self.now)
        if not action.from_:
            self._must_not(doing, ActionUnknown)
        elif who not in people(action):
            self._must_not(doing, WrongRole)
        elif self.case.state not in action.from_:
            self._must_not(doing, ActionNotPossible)

    @rule(a_while=WHILES, edge=st.integers(0, 9))
    def time_passes(self, a_while: timedelta, edge: int) -> None:
        """Often up to a deadline, the microsecond after it, a yellow light, an alert, the end of a suspension."""
        edges = self._edges()
        self.now = edges[edge] if edge < len(edges) else min(self.now + a_while, LAST)

    @rule(data=st.data(), microseconds=st.integers(1, 10**6))
    @precondition(lambda self: self._lively())
    def the_clock_is_set_back(self, data: st.DataObject, microseconds: int) -> None:
        """Nothing is done before what was done already."""
        name = data.draw(st.sampled_from(self._lively()), "action")
        doings = [doing for doing, _ in granted(self.flow, self.case, [name], self.now, self.known)]
        moments = [AT, *(t for task in self.case.tasks for t in (task.entered_at, task.finished_at))]
        moments += [entry.at for task in self.case.tasks for entry in task.ledger]
        last = max(moment for moment in moments if moment is not None)
        for doing in doings[:1]:
            early = replace(doing, at=last - microseconds * MICROSECOND)
            assert TIME_BACKWARDS in self._must_not(early, ActionRefused).errors

    @rule()
    def the_watch_looks(self) -> None:
        """Until nothing is due; each alert of a clock is told once, in its time."""
        while struck := decide_strikes(self.flow, self.case, at=self.now, calendars=CALENDARS):
            assert decide_strikes(self.flow, self.case, at=self.now, calendars=CALENDARS) == struck
            for decision in struck:
                if decision.action == "alert":
                    self._is_told_once(decision)
                self._keep(decision)
        assert not [t for t in self.case.tasks if t.next_alert_at is not None and t.next_alert_at <= self.now]

    @rule(data=st.data())
    def somebody_tampers_with_its_history(self, data: st.DataObject) -> None:
        head, there = self.case.head_hash, self.events
        i = data.draw(st.integers(0, len(there) - 1), "event")
        event = there[i]
        assert faults([*there[:i], *there[i + 1 :]], head), "a removal went unseen"
        assert faults([*there[: i + 1], *there[i:]], head), "an insertion went unseen"
        for changed in (
            replace(event, body=event.body.replace('"by":"', '"by":"x')), replace(event, action="other"),
            replace(event, at=event.at + timedelta(seconds=1)), replace(event, case_id=43),
        ):  # fmt: skip
            assert faults([*there[:i], changed, *there[i + 1 :]], head), "a change went unseen"

    # What the rules are made of.

    def _names(self) -> list[str]:
        return [*self.flow.machine.possible(self.case.state)]

    def _lively(self) -> list[str]:
        return [one for one in self._names() if not self._ends(one)]

    def _targets(self, name: str) -> set[str | None]:
        return {*self._action(name).targets().values()}

    def _leads(self, name: str) -> bool:
        return self._targets(name) != {None}

    def _ends(self, name: str) -> bool:
        return all(to is not None and not self.flow.machine.possible(to) for to in self._targets(name))

    def _action(self, name: str) -> Action:
        return self.flow.definition.actions[name]

    def _may(self, name: str) -> bool:
        return next(granted(self.flow, self.case, [name], self.now, self.known), None) is not None

    def _edges(self) -> list[datetime]:
        told = {t for task in self.case.tasks if task.open for t in (task.yellow_at, task.next_alert_at)}
        due = {task.due_at for task in self.case.tasks if task.open} - {None}
        edges = (told | due | {t + MICROSECOND for t in due}) - {None}
        return sorted(t for t in edges if self.now < t <= LAST)

    def _something(self, data: st.DataObject, names: list[str]) -> None:
        """One of these actions, or the next in turn that is not refused."""
        if names:
            first = data.draw(st.integers(0, len(names) - 1), "action")
            in_turn = names[first:] + names[:first]
            name = next((one for one in in_turn if self._may(one)), names[0])
            doings = [doing for doing, _ in granted(self.flow, self.case, [name], self.now, self.known)]
            if doings:
                self._does(data.draw(st.sampled_from(doings), "doing"))

    def _does(self, doing: Doing) -> None:
        decision = self._asked_twice(lambda: decided(self.flow, self.case, doing, self.known), doing)
        self.foreign |= (
            doing.who == "system" and doing.action == "dispatch_directly" and self._no_limit(doing)
        )
        self._keep(decision)

    def _asked_twice(self, ask: Callable[[], Decision], doing: Doing) -> Decision:
        before, said = replace(self.case, marks=copy.deepcopy(self.case.marks)), copy.deepcopy(doing.form)
        try:
            decision = ask()
        finally:
            assert self.case == before, "deciding changed what it was given"
            assert doing.form == said
        assert ask() == decision, "the same question had two answers"
        assert decision.before is (self.case if self.case.version else None)
        return decision

    def _no_limit(self, doing: Doing) -> bool:
        return not {"limit", "due_at"} & {*doing.form} and not self.known.conditions.get(
            str(self.case.condition)
        )

    def _must_not(self, doing: Doing, expected: type[Problem]) -> Problem:
        with pytest.raises(expected) as caught:
            self._asked_twice(lambda: decided(self.flow, self.case, doing, self.known), doing)
        self._is_well_refused(caught.value)
        return caught.value

    def _is_well_refused(self, problem: Problem) -> None:
        assert problem.status in {404, 403, 409, 422}
        assert problem.zh
        assert problem.errors or not isinstance(problem, ActionRefused), "a refusal without a reason"
        for one in problem.errors:
            assert one.en
            assert one.rule
            assert isinstance(problem, FormInvalid) or any("一" <= sign <= "鿿" for sign in one.zh)

    def _is_told_once(self, decision: Decision) -> None:
        form, (task,) = decision.body["form"], decision.tasks
        assert form["rungs"]
        assert decision.case.state == self.case.state
        for name in form["rungs"]:
            told = (form["task_no"], form["round"], name)
            assert told not in self.told, "an alert was told twice"
            self.told.add(told)
            assert self.now > task.due_at if name == "red" else name == "half" or self.now >= task.yellow_at

    def _keep(self, decision: Decision) -> None:
        if self.case.version:
            nothing_is_forgotten(self.case, decision)
        due = {task.task_no: task.due_at for task in self.case.tasks if task.open and task.due_at}
        self.overdue |= {number for number, due_at in due.items() if decision.at > due_at}
        head = self.events[-1].hash if self.events else GENESIS
        seq = len(self.events) + 1
        event = link(decision.case.case_id, seq, decision.action, decision.at, decision.body, head)
        self.events.append(event)
        self.case = replace(decision.case, head_hash=event.hash)
        self.tried[decision.action] += 1
        self.done[decision.action] += 1
        self.stood[self.case.state] += 1

    @invariant()
    def these_things_hold(self) -> None:
        self._stands_in_one_state_of_its_version()
        self._history_tells_its_present()
        self._events_stand_in_the_order_of_time()
        self._somebody_is_held_to_it_while_it_is_open()
        self._what_was_overdue_once_is_late_for_ever()
        self._clocks_strike_next_when_they_should()

    def _stands_in_one_state_of_its_version(self) -> None:
        state = self.flow.definition.states[self.case.state]
        assert self.case.workflow_digest == self.flow.definition.digest
        assert state.stage in {None, self.case.stage}
        assert state.terminal == (self.case.ended_at is not None)

    def _history_tells_its_present(self) -> None:
        assert differences(self.case, self.case.tasks, self.events) == []
        assert faults(self.events, self.case.head_hash) == []
        row, tasks = fold([orjson.loads(event.body) for event in self.events])
        assert orjson.loads(self.events[-1].body)["to"] == row["state"] == self.case.state
        assert len(tasks) == len(self.case.tasks)

    def _events_stand_in_the_order_of_time(self) -> None:
        assert self.events == sorted(self.events, key=lambda event: event.at)

    def _somebody_is_held_to_it_while_it_is_open(self) -> None:
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
        self._lies_with_who_must_act(waiting)
        for kind in {t.kind for t in waiting if t.lead} & {*state.paused}:
            (task,) = [t for t in waiting if t.kind == kind and t.lead]
            assert task.running_since is None
        if state.running:
            first = next(t for t in waiting if t.kind == state.running[0] and t.lead)
            assert (self.case.due_at, self.case.yellow_at) == (first.due_at, first.yellow_at)
        assert self.case.due_at is None or self.case.yellow_at <= self.case.due_at

    def _is_held(self, task: Task) -> None:
        clock = self.flow.definition.clocks[task.kind]
        if task.wake_at is not None:  # a check at the same time of day waits for it
            assert (task.kind, task.running_since, task.due_at) == ("check", None, None)
            assert self.case.marks["same_period"]
            return
        assert task.running_since is not None
        assert task.holder.role == clock.holder
        if task.holder.role == "department":
            assert task.holder.department == self.case.department_code is not None
        if clock.limit != "none" and not (self.foreign and task.kind == "handle"):
            assert task.due_at is not None, f"{task.kind} has no deadline"
            assert light(task.due_at, task.due_at, task.due_at) is Light.YELLOW

    def _lies_with_who_must_act(self, waiting: list[Task]) -> None:
        """A request is a task of who decides on it, a unit's task goes with its department's, all of them once."""
        marks, kinds = self.case.marks, Counter(t.kind for t in waiting if t.lead)
        assert all(number == 1 for number in kinds.values())
        asked = {"confirm": "department", "approve": "dispatcher"}
        waits_for = {role for kind, role in asked.items() if kinds[kind]}
        handled = "handle" in self.flow.definition.states[self.case.state].running
        assert waits_for == (
            {marks["request_waits_for"]} if handled and "request_waits_for" in marks else set()
        )
        assert not handled or ("request_waits_for" in marks) == bool(
            {"extension_pending", "suspension_pending"} & {*marks}
        )
        lead = next((t for t in waiting if t.kind == "handle" and t.lead), None)
        for task in waiting:
            if not task.lead and task.kind == "handle":
                assert "co_feedback" in self._names(), "a task that nobody can answer"
            if task.kind == "unit_handle":
                assert lead is not None
                assert (lead.running_since is None) == (task.running_since is None)
            if task.holder.role == "department" and task.lead:
                assert task.holder.department == self.case.department_code
        if lead is not None:
            assert lead.holder.person == (None if "handler_result" in marks else marks.get("handler_no"))

    def _what_was_overdue_once_is_late_for_ever(self) -> None:
        for task in self.case.tasks:
            if task.task_no in self.overdue:
                assert task.late or task.open
                assert task.due_at is None or task.due_at < self.events[-1].at

    def _clocks_strike_next_when_they_should(self) -> None:
        for task in self.case.tasks:
            if not task.open or task.running_since is None:
                assert task.next_alert_at == (task.wake_at if task.open else None)
                continue
            ahead = rungs(task, CALENDARS.current)
            assert task.next_alert_at == min((rung.at for rung in ahead), default=None)
            assert (task.next_alert_at is None) == (task.due_at is None or "red" in task.struck)


def nothing_is_forgotten(before: CaseFacts, decision: Decision) -> None:
    """Tasks only grow; what was finished stays as it is, but for an exemption; what was late stays late."""
    now = {task.task_no: task for task in decision.case.tasks}
    assert decision.case.version == before.version + 1
    assert list(now) == list(range(1, len(now) + 1))
    for old in before.tasks:
        new = now[old.task_no]
        for fact in ("kind", "lead", "limit", "entered_at"):
            assert getattr(new, fact) == getattr(old, fact)
        assert old.original_due_at in {None, new.original_due_at}
        # Another person may have it in hand, never another post.
        assert (new.holder.role, new.holder.department) == (old.holder.role, old.holder.department)
        assert old.open or new.holder == old.holder
        assert new.used_microseconds >= old.used_microseconds
        assert new.ledger[: len(old.ledger)] == old.ledger
        if not old.open:
            assert replace(new, exemption=None) == replace(old, exemption=None)
            assert new.late == old.late
            assert old.exemption is None or new.exemption is not None
        elif not new.open and old.due_at is not None:
            assert new.late == (decision.at > old.due_at)
    changed = {n: task for n, task in now.items() if task not in before.tasks}
    told = {task.task_no: task for task in decision.tasks}
    assert changed.items() <= told.items(), "a task changed that the event does not tell"
    assert all(now[n] == task for n, task in told.items())


@cache
def histories(workflow: str) -> type[History]:
    """Every shortest way, then many ways that go on at random; and what was done on them."""

    class Told(History):
        flow, done, stood = FLOWS[workflow], Counter(), Counter()

    for source, conditions in product(("leader", "public"), (True, False)):
        beginning = Beginning(source, conditions=conditions)
        for way in ways(workflow, beginning).values():
            history = Told()
            history.begins(beginning)
            history.is_led(way)
        _waits_for_its_time(history, beginning)
    run_state_machine_as_test(Told, settings=HOW)
    return Told


def _waits_for_its_time(history: History, beginning: Beginning) -> None:
    """Reported in the morning, sent to check at noon: the check begins on the next morning."""
    way = ways(history.flow.definition.workflow, beginning)["handled"]
    noon = way[-1].at.replace(hour=5)
    check = Doing("send_check", "acceptor", {"collector": "c1", "same_period": True}, noon)
    history.begins(beginning)
    history.is_led((*way, check))
    history.now = noon + timedelta(days=1)
    history.the_watch_looks()
    history.these_things_hold()


# Shrinking what went wrong takes its time.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("workflow", FLOWS)
def test_whatever_people_do_in_whatever_order_these_things_hold(workflow: str) -> None:
    assert histories(workflow).done


@pytest.mark.timeout(400)
@pytest.mark.parametrize("workflow", FLOWS)
def test_every_action_is_done_and_every_state_is_reached_in_some_history(workflow: str) -> None:
    told, definition = histories(workflow), FLOWS[workflow].definition
    assert {*told.done} >= {*definition.actions, "alert", "wake"}
    assert {*told.stood} == {*definition.states}
