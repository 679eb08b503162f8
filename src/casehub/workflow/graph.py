"""A workflow as a picture: Mermaid, which documents and code hosts draw."""

from casehub.workflow.definition import Definition


def mermaid(definition: Definition, *, zh: bool = True) -> str:
    """`stateDiagram-v2` of a definition; actions that stay in their state are left out."""
    lines = ["stateDiagram-v2"]
    for state in definition.states.values():
        lines.append(f'    state "{state.title if zh else state.title_en}" as {state.name}')
    edges: dict[tuple[str, str], list[str]] = {}
    for action in definition.actions.values():
        label = action.title if zh else action.title_en
        for to in action.targets().values():
            for state in action.from_ or ("[*]",):
                if to is not None and to != state:
                    edges.setdefault((state, to), []).append(label)
    lines += [f"    {a} --> {b} : {' / '.join(labels)}" for (a, b), labels in edges.items()]
    lines += [f"    {state.name} --> [*]" for state in definition.states.values() if state.terminal]
    return "\n".join(lines) + "\n"
