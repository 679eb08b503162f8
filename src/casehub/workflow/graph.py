"""A workflow as a picture: Mermaid, which documents and code hosts draw."""

from casehub.workflow.definition import Definition


def _label(text: str) -> str:
    """A title without the marks that end a label in Mermaid."""
    return " ".join(text.replace('"', "'").replace(";", ",").split())


def mermaid(definition: Definition, *, zh: bool = True) -> str:
    """`stateDiagram-v2` of a definition; actions that stay in their state are left out."""
    states = definition.states.values()
    named = [(_label(state.title if zh else state.title_en), state.name) for state in states]
    lines = ["stateDiagram-v2", *(f'    state "{title}" as {name}' for title, name in named)]
    edges: dict[tuple[str, str], list[str]] = {}
    for action in definition.actions.values():
        label = _label(action.title if zh else action.title_en)
        for to in action.targets().values():
            for start in action.from_ or ("[*]",):
                if to is not None and to != start:
                    edges.setdefault((start, to), []).append(label)
    lines += [f"    {a} --> {b} : {' / '.join(labels)}" for (a, b), labels in edges.items()]
    lines += [f"    {state.name} --> [*]" for state in states if state.terminal]
    return "\n".join(lines) + "\n"
