import pytest

from casehub.workflow.check import check
from casehub.workflow.definition import parse_definition

GUARDS = {"has_photo"}
EFFECTS = {"record_check": frozenset({"result"}), "set_handler": frozenset({"handler"})}
CLOCKS = {"record_check": frozenset({"reply"})}


def found(text: str) -> list[str]:
    return [
        str(one)
        for one in check(parse_definition(text, "city.yaml"), text, "city.yaml", GUARDS, EFFECTS, CLOCKS)
    ]


def test_a_sound_workflow_has_no_findings(small: str) -> None:
    assert found(small) == []


CLOSED = "  closed: {title: 已结案, title_en: Closed, stage: close, terminal: true}\n"
LOST = "  lost: {title: 丢失, title_en: Lost, terminal: true}\n"
TEXT = "{title: 意见, title_en: Opinion, type: text}"


@pytest.mark.parametrize(("old", "new", "said"), [
    ("[has_photo]", "[has_foto]", "24: unknown guard 'has_foto'"),
    ("[record_check]", "[record_chek]", "25: unknown effect 'record_chek'"),
    ("[record_check]", "[set_handler]", "21: effect 'set_handler' needs the form field 'handler'"),
    (", independent: true}", "}", "25: effect 'record_check' needs an independent clock 'reply'"),
    ("from: [checking]", "from: [cheking]", "15: unknown state 'cheking'"),
    ("to: checking", "to: cheking", "13: unknown state 'cheking'"),
    ("pass: closed", "pass: clossed", "15: unknown state 'clossed'"),
    ("starts: [reply]", "starts: [answer]", "13: unknown clock 'answer'"),
    ("starts: [reply]", "stops: [answer]", "13: unknown clock 'answer'"),
    ("starts: [reply]", "remaining: [answer]", "13: unknown clock 'answer'"),
    ("starts: [reply]", "starts: [accept]", "13: 'accept' is not independent; a state runs it, not an action"),
    ("running: [accept]", "running: [acept]", "8: unknown clock 'acept'"),
    ("running: [accept]", "running: [accept], paused: [acept]", "8: unknown clock 'acept'"),
    ("15 urgent_minute}", "15 urgent_minute, rests_for: repli}", "5: rests for 'repli', which is no other independent clock that an action starts"),
    ("3 work_day, ", "3 work_day, rests_for: reply, ", "6: rests for 'reply', which is no other independent clock that an action starts"),
    ("3 work_day, ", "3 work_day, rests_for: accept, ", "6: rests for 'accept', which is no other independent clock that an action starts"),
    (", clock: none", "", "9: has a holder but no clock with a limit; name one, or say `clock: none`"),
    ("stage: check, ", "", "9: has no stage"),
    ("terminal: true", "terminal: true, holder: acceptor, clock: none", "10: is terminal, so nobody holds it and no clock runs"),
    (CLOSED, CLOSED + LOST, "11: can't be reached"),
    ("pass: closed, not_pass: reported", "pass: checking, not_pass: reported", "8: has no way to a terminal state"),
    ("roles: [evaluator]", "roles: []", "14: no role may do this"),
    ("not_pass: reported", "unable: reported", "15: branches on 'result', but not on each of pass, not_pass"),
    ("pass: closed, not_pass: reported", "pass: closed", "15: branches on 'result', but not on each of pass, not_pass"),
    ("field: result", "field: opinion", "15: branches on 'opinion', which is not a required choice of its form"),
    ("field: result", "field: outcome", "15: branches on 'outcome', which is not a required choice of its form"),
    (TEXT, "{title: 意见, title_en: Opinion, type: choice}", "23: a choice needs choices"),
    (TEXT, "{title: 意见, title_en: Opinion, type: text, minimum: 3}", "23: only an integer has a minimum or a maximum"),
    (TEXT, "{title: 意见, title_en: Opinion, type: flag, max_length: 3}", "23: only a text has a max_length"),
    (TEXT, "{title: 意见, title_en: O, type: integer, minimum: 3, maximum: 1}", "23: the minimum is above the maximum"),
    ("opinion: {", "model_dump: {", "23: a field can't be called 'model_dump'"),
    ("opinion: {", "copy: {", "23: a field can't be called 'copy'"),
    ("opinion: {", "two words: {", "23: a field can't be called 'two words'"),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(small: str, old: str, new: str, said: str) -> None:
    assert old in small
    assert f"city.yaml:{said}" in found(small.replace(old, new, 1))


def test_a_clock_may_rest_for_one_that_an_action_starts(small: str) -> None:
    assert found(small.replace("15 urgent_minute}", "15 urgent_minute, rests_for: reply}")) == []


def test_every_mistake_is_told_at_once(small: str) -> None:
    assert (
        len(found(small.replace("[has_photo]", "[has_foto]").replace("[record_check]", "[record_chek]"))) == 2
    )
