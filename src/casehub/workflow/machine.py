"""The machine that runs a definition, on `transitions`.

Compiled once for a version, without models: a light walker with a `state` is triggered through it. One condition a
transition runs all guards at once, so that a refusal carries every reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from transitions import EventData, Machine

from casehub.errors import Refusal
from casehub.workflow.definition import Action, Branch, Definition


@dataclass(frozen=True, slots=True)
class Move:
    """Where an action led; `to` is None when it was refused, or not `possible` in that state at all."""

    to: str | None
    refusals: tuple[Refusal, ...] = ()
    possible: bool = True


class _Walker:
    __slots__ = ("form", "refusals", "run_guards", "state")

    def __init__(self, state: str, form: Mapping[str, Any], run_guards: Callable[[], list[Refusal]]) -> None:
        self.state, self.form, self.run_guards = state, form, run_guards
        self.refusals: list[Refusal] | None = None

    def may(self) -> bool:
        """Run the guards, once however many branches ask."""
        if self.refusals is None:
            self.refusals = self.run_guards()
        return not self.refusals


def _condition(field: str | None, value: str | None) -> Callable[[EventData], bool]:
    def holds(event: EventData) -> bool:
        walker = cast(_Walker, event.model)
        allowed = walker.may()  # always asked, so that reasons are found whatever the branch
        return allowed and (field is None or walker.form.get(field) == value)

    return holds


class FlowMachine:
    """One compiled definition."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._machine = Machine(
            model=None, states=list(definition.states), initial=next(iter(definition.states)), auto_transitions=False,
            send_event=True, queued=False,
        )  # fmt: skip
        for action in definition.actions.values():
            self._add(action)

    def _add(self, action: Action) -> None:
        field = action.to.field if isinstance(action.to, Branch) else None
        for state in action.from_:
            for value, to in action.targets().items():
                condition = _condition(field, value)
                self._machine.add_transition(action.name, state, to or "=", conditions=condition)

    def move(
        self, state: str, action: str, form: Mapping[str, Any], run_guards: Callable[[], list[Refusal]]
    ) -> Move:
        """Where `action` leads from `state`; guards are only asked where it is possible."""
        event = self._machine.events.get(action)
        if event is None or state not in event.transitions:
            return Move(None, possible=False)
        walker = _Walker(state, form, run_guards)
        if event.trigger(walker):
            return Move(walker.state)
        return Move(None, tuple(walker.refusals or ()))

    def possible(self, state: str) -> tuple[str, ...]:
        """The actions that leave from a state or stay in it."""
        return tuple(action.name for action in self._definition.actions_from(state))
