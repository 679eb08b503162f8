"""The ladder and the numbers: what is read, and what is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casehub.letters import ladder as room
from casehub.letters.drafts import in_words
from casehub.letters.ladder import parse_ladder
from casehub.letters.numbers import Number, parse_number
from casehub.workflow.definition import DefinitionError

EXAMPLE = (Path(room.__file__).parent / "ladder.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("{overdue_days}", "{overdue}", "ladder.yaml:47: steps.supervision_notice.body.0: Value error, unknown field {overdue}"),
        ("{unit}负责人", "{unit.x}负责人", "unknown field {unit.x}"),
        ("{unit}负责人", "{unit!r}负责人", "unknown field {unit}"),
        ("{unit}负责人", "{unit负责人", "a brace stands alone"),
        ("next: interview", "next: warning", "steps.criticism_notice: next is 'warning', which is no later step"),
        ("after: reminder_notice", "after: interview", "follows 'interview', which is no earlier step"),
        ("agency: bureau", "agency: nobody", "unknown agency 'nobody'"),
        ("[{light: yellow}]", "[{light: yellow, repeats: 1}]", "a trigger is one of light"),
        ("[{after: reminder_notice, work_days: 5}]", "[{after: reminder_notice}]", "a trigger is one of light"),
        ("[{overdue_work_days: 1}]", "[{overdue_work_days: 0}]", "greater than or equal to 1"),
        ("    signers: [evaluator]\n", "", "an official letter needs signers"),
        ("[{light: red}]", "[]", "what goes out by itself needs a trigger"),
        ("[{backlog: 10}]", "[{backlog: 10}, {repeats: 2}]", "a backlog is the only trigger"),
        ("reply_limit: 5 work_day", "reply_limit: soon", "String should match pattern"),
        ("    form: general\n", "    forme: general\n", "Extra inputs are not permitted"),
        ("agencies:", "agencies: [", "expected"),
        ("  interview:\n", "  warning:\n", "'warning' stands twice"),
    ],
)  # fmt: skip
def test_a_wrong_ladder_is_refused_with_its_line(was: str, now: str, said: str) -> None:
    assert was in EXAMPLE
    with pytest.raises(DefinitionError) as refused:
        parse_ladder(EXAMPLE.replace(was, now), "ladder.yaml")
    assert said in str(refused.value)
    assert all(one.file == "ladder.yaml" and one.line > 0 for one in refused.value.findings)


def test_every_kind_of_the_reference_is_on_the_example_ladder() -> None:
    steps = parse_ladder(EXAMPLE, "ladder.yaml").steps
    assert [*steps] == [
        "warning", "reminder", "reminder_notice", "supervision_notice", "supervision_letter", "rectification_notice",
        "criticism_notice", "interview", "listed_supervision",
    ]  # fmt: skip
    assert {name for name, step in steps.items() if step.automatic} == {
        "warning",
        "reminder",
        "reminder_notice",
    }
    assert all(step.signers and step.reply_limit for step in steps.values() if not step.automatic)


def test_a_heavier_step_leaves_the_lighter_ones_of_its_sort_behind() -> None:
    ladder = parse_ladder(EXAMPLE, "ladder.yaml")
    assert ladder.not_below("reminder") == ("reminder", "reminder_notice")
    assert ladder.not_below("interview") == ("interview", "listed_supervision")


@pytest.mark.parametrize(
    "written",
    [
        "平安委办〔2023〕16号", "平安委办〔202316号", "平安委办202316号", "平安委办2023〕16号", "平安委办[2023]16号",
        "平安委办（2023）第016号", "平安委办【2023】16", " 平安委办 〔2023〕 16 号 ", "平安委办〔２０２３〕１６号",
    ],
)  # fmt: skip
def test_a_number_is_read_whatever_became_of_its_brackets(written: str) -> None:
    assert parse_number(written) == Number("平安委办", 2023, 16)


@pytest.mark.parametrize(
    "written",
    ["", "平安委办", "2023", "16号", "平安委办〔2023〕号", "平安委办〔2023〕0号", "平安委办〔1023〕1号"],
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert parse_number(written) is None


@given(st.text("市城管督政办数", min_size=1, max_size=8), st.integers(1900, 2199), st.integers(1, 99999))
def test_every_number_that_is_given_is_read_again(code: str, year: int, seq: int) -> None:
    assert parse_number(str(Number(code, year, seq))) == Number(code, year, seq)


@pytest.mark.parametrize(
    ("limit", "said"), [("3 work_day", "3个工作日"), ("24 urgent_hour", "24小时"), (None, "")]
)
def test_a_limit_is_said_in_words(limit: str | None, said: str) -> None:
    assert in_words(limit) == said
