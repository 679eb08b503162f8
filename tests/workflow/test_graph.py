from casehub.workflow.definition import parse_definition
from casehub.workflow.graph import mermaid


def test_a_workflow_is_drawn_with_chinese_labels(small: str) -> None:
    assert mermaid(parse_definition(small, "city.yaml")) == (
        "stateDiagram-v2\n"
        '    state "已上报" as reported\n'
        '    state "核查中" as checking\n'
        '    state "已结案" as closed\n'
        "    [*] --> reported : 上报\n"
        "    reported --> checking : 核查\n"
        "    checking --> closed : 核查反馈\n"
        "    checking --> reported : 核查反馈\n"
        "    closed --> [*]\n"
    )


def test_or_with_english_ones(small: str) -> None:
    drawn = mermaid(parse_definition(small, "city.yaml"), zh=False)
    assert '    state "Being checked" as checking\n' in drawn
    assert "    reported --> checking : Check\n" in drawn


def test_actions_between_the_same_states_share_an_arrow(small: str) -> None:
    more = (
        small
        + "  recheck: {title: 复查, title_en: Recheck, from: [reported], to: checking, roles: [acceptor]}\n"
    )
    assert "    reported --> checking : 核查 / 复查\n" in mermaid(parse_definition(more, "city.yaml"))


def test_a_title_does_not_break_the_drawing(small: str) -> None:
    odd = small.replace("title_en: Closed", """title_en: 'Closed; "done"'""")
    assert """    state "Closed, 'done'" as closed\n""" in mermaid(
        parse_definition(odd, "city.yaml"), zh=False
    )
