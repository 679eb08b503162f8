"""Is a workflow sound? Refused when loaded rather than when a case stands in front of it. Source: architecture 4."""

from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel

from casehub.workflow.definition import Action, Branch, Definition, Finding, FormField, line_of, lines_of

Said = Iterator[tuple[tuple[str, ...], str]]


def check(
    definition: Definition,
    text: str,
    file: str,
    guards: Collection[str],
    effects: Mapping[str, frozenset[str]],
    clocks: Mapping[str, frozenset[str]],
) -> list[Finding]:
    """Every reason why a definition can't be used, with file and line.

    `effects` tells the form fields that each reads, `clocks` those that follow from it beside the states' own.
    """
    lines = lines_of(text)
    said = [
        *_names(definition, guards, effects),
        *_clocks(definition, clocks),
        *_states(definition),
        *_ways(definition),
    ]
    return [Finding(file=file, line=line_of(lines, path), message=message) for path, message in said]


def _names(definition: Definition, guards: Collection[str], effects: Mapping[str, frozenset[str]]) -> Said:
    for action in definition.actions.values():
        at = ("actions", action.name)
        yield from (((*at, "guards"), f"unknown guard {one!r}") for one in action.guards if one not in guards)
        yield from (
            ((*at, "effects"), f"unknown effect {one!r}") for one in action.effects if one not in effects
        )
        for one in action.effects:
            for needed in sorted(effects.get(one, frozenset()) - set(action.form)):
                yield (*at, "form"), f"effect {one!r} needs the form field {needed!r}"
        named = {*action.from_, *(to for to in action.targets().values() if to)}
        yield from ((at, f"unknown state {one!r}") for one in sorted(named - set(definition.states)))
        clocks = {*action.starts, *action.stops, *action.remaining}
        yield from ((at, f"unknown clock {one!r}") for one in sorted(clocks - set(definition.clocks)))
        for one in action.starts:
            if one in definition.clocks and not definition.clocks[one].independent:
                yield (*at, "starts"), f"{one!r} is not independent; a state runs it, not an action"
        if not action.roles:
            yield at, "no role may do this"
        yield from ((at, message) for message in _branch(action))
        for field in action.form.values():
            yield from (((*at, "form", field.name), message) for message in _field(field))


def _clocks(definition: Definition, needed: Mapping[str, frozenset[str]]) -> Said:
    """What an effect opens, or an action starts, outlives the state, so it has an independent clock."""
    independent = {clock.name for clock in definition.clocks.values() if clock.independent}
    started = {one for action in definition.actions.values() for one in action.starts}
    for clock in definition.clocks.values():
        if clock.rests_for is not None and clock.rests_for not in independent & started - {clock.name}:
            yield (
                ("clocks", clock.name, "rests_for"),
                f"rests for {clock.rests_for!r}, which is no other independent clock that an action starts",
            )
    for action in definition.actions.values():
        for one in action.effects:
            for kind in sorted(needed.get(one, frozenset()) - independent):
                yield (
                    ("actions", action.name, "effects"),
                    f"effect {one!r} needs an independent clock {kind!r}",
                )


def _field(field: FormField) -> Iterator[str]:
    """What Pydantic would only say when somebody opens the form."""
    if (
        not field.name.isidentifier()
        or field.name.startswith(("_", "model_"))
        or hasattr(BaseModel, field.name)
    ):
        yield f"a field can't be called {field.name!r}"
    if field.type == "choice" and not field.choices:
        yield "a choice needs choices"
    if field.type != "integer" and (field.minimum is not None or field.maximum is not None):
        yield "only an integer has a minimum or a maximum"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield "the minimum is above the maximum"
    if field.type != "text" and field.max_length is not None:
        yield "only a text has a max_length"


def _branch(action: Action) -> Iterator[str]:
    if not isinstance(action.to, Branch):
        return
    field = action.form.get(action.to.field)
    if field is None or field.type != "choice" or not field.required:
        yield f"branches on {action.to.field!r}, which is not a required choice of its form"
    elif set(field.choices) != set(action.to.states):
        yield f"branches on {action.to.field!r}, but not on each of {', '.join(field.choices)}"


def _states(definition: Definition) -> Said:
    for state in definition.states.values():
        at = ("states", state.name)
        for kind in (*state.running, *state.paused):
            if kind not in definition.clocks:
                yield at, f"unknown clock {kind!r}"
        if state.holder and not state.running and state.clock != "none":
            yield at, "has a holder but no clock with a limit; name one, or say `clock: none`"
        if state.terminal and (state.running or state.holder):
            yield at, "is terminal, so nobody holds it and no clock runs"
        if not state.terminal and state.stage is None and definition.of == "case":
            yield at, "has no stage"


def _ways(definition: Definition) -> Said:
    steps = {state: set[str]() for state in definition.states}
    born: set[str] = set()
    for action in definition.actions.values():
        targets = {to for to in action.targets().values() if to in definition.states}
        if not action.from_:
            born |= targets
        for left in action.from_:
            steps.get(left, set()).update(targets)
    yield from ((("states", name), "can't be reached") for name in sorted(set(steps) - _reach(born, steps)))
    for name in definition.states:
        if not any(definition.states[one].terminal for one in _reach({name}, steps)):
            yield ("states", name), "has no way to a terminal state"


def _reach(start: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        fresh = steps[todo.pop()] - seen
        seen |= fresh
        todo += fresh
    return seen
