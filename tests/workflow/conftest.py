"""A workflow small enough to be seen whole, and the shipped ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from casehub.workflow.definition import Definition, parse_definition

WORKFLOWS = Path(__file__).parents[2] / "workflows"

SMALL = """\
workflow: small
title: 小流程
title_en: Small flow
clocks:
  accept: {title: 受理, title_en: Accept, holder: acceptor, limit: 15 urgent_minute}
  reply: {title: 回复, title_en: Reply, holder: department, limit: 3 work_day, independent: true}
states:
  reported: {title: 已上报, title_en: Reported, stage: collect, holder: acceptor, running: [accept]}
  checking: {title: 核查中, title_en: Being checked, stage: check, holder: collector, clock: none}
  closed: {title: 已结案, title_en: Closed, stage: close, terminal: true}
actions:
  report: {title: 上报, title_en: Report, to: reported, roles: [collector]}
  check: {title: 核查, title_en: Check, from: [reported], to: checking, roles: [acceptor], starts: [reply]}
  remind: {title: 催办, title_en: Remind, from: [reported, checking], roles: [evaluator]}
  check_done:
    title: 核查反馈
    title_en: Checked
    from: [checking]
    to: {field: result, pass: closed, not_pass: reported}
    roles: [collector]
    form:
      result: {title: 结果, title_en: Result, type: choice, required: true, choices: {pass: [通过, Passed], not_pass: [不通过, Failed]}}
      opinion: {title: 意见, title_en: Opinion, type: text}
    guards: [has_photo]
    effects: [record_check]
"""


@pytest.fixture
def small() -> str:
    return SMALL


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Definition]:
    def read(name: str) -> Definition:
        path = WORKFLOWS / f"{name}.yaml"
        return parse_definition(path.read_text(encoding="utf-8"), path.name)

    return read
