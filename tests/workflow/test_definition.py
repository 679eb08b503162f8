from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from casehub.workflow.definition import (
    Action,
    Branch,
    DefinitionError,
    FormField,
    form_model,
    parse_definition,
)


def findings(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, "city.yaml")
    return [str(one) for one in caught.value.findings]


def form(**fields: dict[str, Any]) -> type[BaseModel]:
    named = {
        name: FormField(name=name, title="字段", title_en="Field", **said) for name, said in fields.items()
    }
    return form_model(Action(name="act", title="操作", title_en="Act", form=named))


def accepts(model: type[BaseModel], **values: Any) -> bool:
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


def test_a_file_becomes_states_actions_and_clocks(small: str) -> None:
    flow = parse_definition(small, "city.yaml")
    assert (flow.workflow, flow.title, flow.kinds, flow.sources) == ("small", "小流程", (), ())
    assert flow.actions["check_done"].to == Branch(
        field="result", states={"pass": "closed", "not_pass": "reported"}
    )
    assert [one.name for one in flow.actions_from("checking")] == ["remind", "check_done"]
    assert flow.actions_from("closed") == ()


def test_a_definition_does_not_change(small: str) -> None:
    flow = parse_definition(small, "city.yaml")
    with pytest.raises(ValidationError, match="frozen"):
        flow.title = "别的"  # type: ignore[misc]


def test_comments_and_white_space_make_no_new_version(small: str) -> None:
    said = "# 说明\n\n" + small.replace("guards: [has_photo]", "guards:   [ has_photo ]  # what was found")
    assert parse_definition(said, "other.yaml").digest == parse_definition(small, "city.yaml").digest


@pytest.mark.parametrize(
    ("old", "new"), [("小流程", "大流程"), ("15 urgent_minute", "20 urgent_minute"), ("[has_photo]", "[]")]
)
def test_content_makes_a_new_version(small: str, old: str, new: str) -> None:
    changed = small.replace(old, new, 1)
    assert parse_definition(changed, "city.yaml").digest != parse_definition(small, "city.yaml").digest


def test_the_version_of_a_file_never_changes_with_our_code(small: str) -> None:
    # Cases refer to this number. If this fails, a key was added that shows in files which don't say it.
    assert (
        parse_definition(small, "city.yaml").digest
        == "87fe782c4c5385e01d9da369e086dd4182591c33007b406c09741319f8122164"
    )


def test_a_key_that_stands_twice_is_found_with_its_line(small: str) -> None:
    assert findings(small + "  remind: {title: 催, title_en: R, roles: [system]}\n") == [
        "city.yaml:26: 'remind' stands twice"
    ]


@pytest.mark.parametrize(("old", "new", "line", "part"), [
    ("holder: acceptor, limit", "holder: mayor, limit", 5, "clocks.accept.holder"),
    ("roles: [evaluator]", "roles: [mayor]", 14, "actions.remind.roles"),
    ("stage: collect", "stage: lunch", 8, "states.reported.stage"),
    ("15 urgent_minute", "15 minutes", 5, "clocks.accept.limit"),
    ("15 urgent_minute", "١٥ urgent_minute", 5, "clocks.accept.limit"),
    ("type: text", "type: essay", 23, "actions.check_done.form.opinion.type"),
    ("guards: [has_photo]", "gaurds: [has_photo]", 24, "actions.check_done.gaurds"),
    ("title_en: Small flow", "", 1, "title_en"),
])  # fmt: skip
def test_what_a_file_may_not_say_is_found_with_its_line(
    small: str, old: str, new: str, line: int, part: str
) -> None:
    found = findings(small.replace(old, new, 1))
    assert any(one.startswith(f"city.yaml:{line}: {part}") for one in found), found


def test_every_mistake_of_a_file_is_told_at_once(small: str) -> None:
    assert (
        len(findings(small.replace("stage: collect", "stage: lunch").replace("[evaluator]", "[mayor]"))) == 2
    )


@pytest.mark.parametrize("text", [
    "", "[]", "a: [", "title: 2023-02-30", "a: &a {b: *a}", "? [1]\n: 2", "\x00", "x: !!python/object:os.system y",
])  # fmt: skip
def test_what_is_no_workflow_is_refused_and_not_crashed_upon(text: str) -> None:
    assert findings(text)


@pytest.mark.parametrize(("type_", "good", "bad"), [
    ("text", "已清理", "\x00"),
    ("text", "a" * 2000, "a" * 2001),
    ("text", "已清理", "   "),
    ("text", "已清理", "\ud800"),
    ("flag", True, "perhaps"),
    ("integer", 3, "three"),
    ("instant", "2024-05-01T08:00:00+08:00", "2024-05-01T08:00:00"),
    ("person", "p1", ""),
    ("department", "d1", "d\x00"),
    ("departments", ["d1", "d2"], "d1"),
    ("condition", "c1", ""),
    ("case", "20240501-1", 7),
    ("photos", ["a", "b"], [1]),
    ("limit", "4 work_hour", "4 hours"),
    ("limit", "4 work_hour", "12345 work_hour"),
])  # fmt: skip
def test_a_field_takes_what_its_type_says(type_: str, good: Any, bad: Any) -> None:
    model = form(field={"type": type_, "required": True})
    assert accepts(model, field=good)
    assert not accepts(model, field=bad)
    assert not accepts(model)


def test_a_field_keeps_to_its_choices_bounds_and_length() -> None:
    model = form(
        how={"type": "choice", "choices": {"well": ["好", "Well"]}},
        level={"type": "integer", "minimum": 1, "maximum": 3},
        word={"type": "text", "max_length": 4},
    )
    assert accepts(model, how="well", level=3, word="处置完毕")
    assert not any(
        [
            accepts(model, how="badly"),
            accepts(model, level=4),
            accepts(model, level=0),
            accepts(model, word="12345"),
        ]
    )


def test_an_optional_text_left_blank_is_not_given() -> None:
    model = form(opinion={"type": "text"})
    assert [model.model_validate({"opinion": one}).model_dump()["opinion"] for one in ("", "  ", None, " 好 ")] == [
        None, None, None, "好",
    ]  # fmt: skip


def test_a_form_has_no_other_fields() -> None:
    assert not accepts(form(opinion={"type": "text"}), opinions="好")


def test_an_instant_is_aware() -> None:
    told = form(until={"type": "instant"}).model_validate({"until": "2024-05-01T08:00:00+08:00"})
    assert told.model_dump()["until"] == datetime(2024, 5, 1, tzinfo=UTC)


def test_the_form_of_an_action_is_made_once(small: str) -> None:
    action = parse_definition(small, "city.yaml").actions["check_done"]
    assert form_model(action) is form_model(action)


def test_a_schema_tells_titles_in_chinese_and_english_and_its_choices(small: str) -> None:
    schema = form_model(parse_definition(small, "city.yaml").actions["check_done"]).model_json_schema()
    result = schema["properties"]["result"]
    assert (schema["title"], schema["required"]) == ("核查反馈", ["result"])
    assert (result["title"], result["description"], result["enum"]) == (
        "结果",
        "Result",
        ["pass", "not_pass"],
    )
    assert result["x-choices"] == {"pass": ["通过", "Passed"], "not_pass": ["不通过", "Failed"]}
