"""Each guard by itself: when it lets pass, when it refuses, and that it says why in both languages."""

from datetime import timedelta
from typing import Any

import pytest
from tests.cases.imagined import (
    AT,
    CAST,
    CATEGORY,
    FLOWS,
    PHOTOS,
    make_case,
    make_known,
    make_situation,
    make_task,
)

from casehub.cases.guards import GUARDS
from casehub.deadlines.calendar import USUAL
from casehub.deadlines.limits import parse_limit
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Holder, reach, start
from casehub.people.actors import Actor, Role, posts_of

YES = {"marks": {}}
BEFORE, AFTER = PHOTOS["photo-before"], PHOTOS["photo-after"]
TARGET = make_case(case_id=1)


def hours(number: float) -> Any:
    return AT + timedelta(hours=number)


def merging(**target: Any) -> dict[str, Any]:
    """A merge into the case `t`, about which this is said."""
    there = make_case(**({"case_id": 1} | target))
    return {"form": {"target": "t"}, "known": make_known(cases={"t": there})}


def marked(**marks: Any) -> dict[str, Any]:
    return {"marks": marks}


def extending(more: str, limit: str | None) -> dict[str, Any]:
    """Asking for more time on a clock with this limit."""
    return {"form": {"extension": more}, "tasks": (make_task(limit=limit),)}


#: A limit in steps: four hours to stop it, a day for all.
STOP = ("stop", parse_limit("4 urgent_hour"))
STEPS = start(
    1, "handle", Holder("department", "d1"), parse_limit("1 natural_day"), AT, USUAL, milestones=[STOP]
)
LATE = {"tasks": (make_task(finished_after_hours=4.001),)}
CO_TASK = {"tasks": (make_task(department="d2", lead=False),)}

#: guard -> (what lets pass, what refuses), each as said to make_situation.
TABLE: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "not_permitted": ([YES], [marked(permit_code="P1")]),
    "place_given": (
        [{}, {"lon": None, "lat": None, "address": "长安街1号"}],
        [{"lon": None, "lat": None}, {"lon": None, "address": ""}],
    ),
    "component_or_place_given": (
        [{}, {"lon": None, "component_code": "1101010101000001"}, {"lon": None, "address": "长安街1号"}],
        [{"lon": None}, {"lon": None, "component_code": ""}],
    ),
    "photo_from_collector": (
        [{"source": "public"}, {"source": "collector", "photos": (BEFORE,)}],
        [{"source": "collector", "photos": ()}],
    ),
    "self_handling_allowed": (
        [{"known": make_known(category=CATEGORY)}],
        [{"known": make_known(category=None)}],
    ),
    "has_photo": (
        [{"form": {"photos": ["photo-near"]}}],
        [{}, {"form": {"photos": []}}, {"form": {"photos": ["lost"]}}, {"photos": (AFTER,)}],
    ),
    "has_before_photo": (
        [{"form": {"photos": ["photo-before"]}}, {"photos": (BEFORE,)}],
        [{}, {"form": {"photos": ["photo-after"]}}],
    ),
    "has_after_photo": (
        [{"form": {"photos": ["photo-after"]}}, {"version": 0, "photos": (AFTER,)}],
        # One from an earlier round shows nothing of this one.
        [{}, {"photos": (AFTER,)}, {"form": {"photos": ["photo-before"]}}, {"version": 0, "photos": (BEFORE,)}],
    ),
    "merge_target_fits": (
        [merging(), merging(lat=39.9044), merging(lon=None), merging(lat=None)],
        [{"form": {"target": "t"}}, merging(ended_at=AT), merging(case_id=42), merging(category_id=8), merging(lat=39.9046)],
    ),
    "verified_on_spot": (
        [{"source": "leader"}, {"source": "collector"}, {"source": "public", **marked(verify_result="exist")}],
        [{"source": "public"}, {"source": "hotline", **marked(verify_result="not_exist")},
         {"source": "public", **marked(verify_result="unable")}],
    ),
    "condition_fits": (
        [{"form": {"condition": "quick"}}, {"known": make_known(conditions={})}],
        [{}, {"form": {"condition": "of another class"}},
         {"form": {"condition": "quick"}, "known": make_known(conditions={})}],
    ),
    "condition_present": (
        [{"condition": "quick"}, {"known": make_known(conditions={})}],
        [{"condition": None}],
    ),
    "no_return_pending": ([{}], [marked(return_pending="wrong_owner")]),
    "return_pending": ([marked(return_pending="duplicate")], [{}]),
    "another_department": (
        [{"form": {"department": "d2"}, "department_code": "d1"}],
        [{"form": {"department": "d1"}, "department_code": "d1"}],
    ),
    "by_lead_department": (
        [{"who": "department", "department_code": "d1"}],
        [{"who": "other_department", "department_code": "d1"}, {"who": "dispatcher", "department_code": None},
         {"who": "department", "department_code": None}],
    ),
    "concludes_own": (
        [{"who": "acceptor", "department_code": "d1"}, {"who": "department", "department_code": "d1"}],
        [{"who": "other_department", "department_code": "d1"}],
    ),
    "by_co_department": (
        [{"who": "other_department", **CO_TASK}],
        [{"who": "department", **CO_TASK}, {"who": "acceptor", **CO_TASK}, {"who": "department"},
         {"who": "other_department", "tasks": (make_task(department="d2"),)},
         {"who": "other_department", "tasks": (make_task(department="d2", lead=False, finished_after_hours=1),)}],
    ),
    "by_assigned_collector": (
        [{"who": "collector", "assignee_no": "c1"}],
        [{"who": "stranger", "assignee_no": "c1"}, {"who": "collector", "assignee_no": None}],
    ),
    "by_reporter": (
        [{"who": "collector", "reported_by": "c1"}],
        [{"who": "stranger", "reported_by": "c1"}, {"who": "collector", "reported_by": None}],
    ),
    "handler_in_department": (
        [{"form": {"handler": "h1"}, "department_code": "d1"}],
        [{"form": {"handler": "h2"}, "department_code": "d1"}, {"form": {"handler": "c1"}, "department_code": "d1"}],
    ),
    "not_overdue": (
        [{"tasks": (make_task(),), "at": hours(4)}],
        [{"tasks": (make_task(),), "at": hours(4) + timedelta(microseconds=1)}, {"tasks": ()},
         {"tasks": (make_task(limit=None),)}],
    ),
    "no_request_pending": ([{}], [marked(extension_pending="4 work_hour"), marked(suspension_pending="2024-06-01")]),
    "extension_fits": (
        [{}, {"tasks": (make_task(),)}, extending("2 work_hour", "4 work_hour"), extending("1 work_day", "4 work_hour"),
         extending("2 work_hour", "3 work_day"), extending("1 natural_day", "3 urgent_day"),
         extending("2 work_hour", "3 urgent_hour"), extending("2 urgent_hour", None),
         {"form": {"extension": "2 urgent_hour"}, "tasks": ()}],
        [extending(more, limit) for more in ("2 urgent_hour", "90 urgent_minute", "1 urgent_day", "1 natural_day")
         for limit in ("4 work_hour", "3 work_day")],
    ),
    "extensions_left": ([{}, marked(extension_count=1)], [marked(extension_count=2), marked(extension_count=3)]),
    "milestone_open": (
        [{"form": {"milestone": "stop"}, "tasks": (STEPS,)}],
        [{"form": {"milestone": "arrive"}, "tasks": (STEPS,)}, {"form": {"milestone": "stop"}, "tasks": (make_task(),)},
         {"form": {"milestone": "stop"}, "tasks": ()},
         {"form": {"milestone": "stop"}, "tasks": (reach(STEPS, "stop", hours(1), USUAL_CALENDARS),)}],
    ),
    "extension_said": (
        [{"tasks": (make_task(),)}, {"form": {"extension": "1 work_day"}, "tasks": (make_task(limit=None),)}],
        [{"tasks": (make_task(limit=None),)}],
    ),
    "extension_pending": ([marked(extension_pending="4 work_hour")], [{}]),
    "suspension_pending": ([marked(suspension_pending="2024-06-01")], [{}]),
    "never_suspended": ([{}], [marked(suspension_count=1)]),
    "within_a_year": (
        [{"form": {"until": AT + timedelta(days=365)}}, {"form": {"until": AT + timedelta(microseconds=1)}}],
        [{}, {"form": {"until": AT}}, {"form": {"until": AT + timedelta(days=365, microseconds=1)}}],
    ),
    "closing_condition_met": (
        [{"form": {"closing_condition_met": True}}],
        [{}, {"form": {"closing_condition_met": False}}],
    ),
    "void_proposed_by_another": (
        [{"who": "leader", **marked(void_proposed_by="s2")}],
        [{"who": "leader", **marked(void_proposed_by="s1")}, {"who": "leader"}],
    ),
    "reopen_grounded": (
        [{"form": {"reason": "problem_again"}, "ended_at": AT, "at": AT + timedelta(days=30)},
         {"form": {"reason": "revisit_unsatisfied"}, **marked(satisfied="not", solved="solved")},
         {"form": {"reason": "revisit_unsatisfied"}, **marked(satisfied="basically", solved="not")}],
        [{"form": {"reason": "problem_again"}, "ended_at": AT, "at": AT + timedelta(days=30, microseconds=1)},
         {"form": {"reason": "problem_again"}, "ended_at": None},
         {"form": {"reason": "revisit_unsatisfied"}, "ended_at": AT},
         {"form": {"reason": "revisit_unsatisfied"}, **marked(satisfied="basically", solved="partly")}],
    ),
    "supervision_open": (
        [{"tasks": (make_task("reply"),)}],
        [{"tasks": (make_task("handle"),)}, {"tasks": (make_task("reply", finished_after_hours=1),)}],
    ),
    "is_difficult": ([marked(is_difficult=True)], [{}]),
    "closed_overdue": (
        [LATE],
        [{"tasks": (make_task(finished_after_hours=4),)}, {"tasks": (make_task(lead=False, finished_after_hours=9),)},
         {"tasks": (make_task("check", finished_after_hours=9),)}, {"tasks": (make_task(),), "at": hours(9)}],
    ),
    "appeal_once": ([{}], [marked(appeal_status=one) for one in ("pending", "first_granted", "granted", "rejected")]),
    "appeal_pending": ([marked(appeal_status="pending")], [{}, marked(appeal_status="first_granted")]),
    "appeal_first_granted": ([marked(appeal_status="first_granted")], [{}, marked(appeal_status="pending")]),
}  # fmt: skip

PASSING = [(name, said) for name, (good, _) in TABLE.items() for said in good]
REFUSED = [(name, said) for name, (_, bad) in TABLE.items() for said in bad]


def test_every_guard_is_in_the_table_and_used_by_a_workflow() -> None:
    assert set(TABLE) == set(GUARDS)
    used = {
        g for flow in FLOWS.values() for action in flow.definition.actions.values() for g in action.guards
    }
    assert used == set(GUARDS)


@pytest.mark.parametrize(("name", "said"), PASSING, ids=[name for name, _ in PASSING])
def test_a_guard_lets_pass_what_is_right(name: str, said: dict[str, Any]) -> None:
    assert GUARDS[name](make_situation(**said)) is None


@pytest.mark.parametrize(("name", "said"), REFUSED, ids=[name for name, _ in REFUSED])
def test_a_guard_refuses_what_is_not_and_says_why_in_both_languages(name: str, said: dict[str, Any]) -> None:
    refusal = GUARDS[name](make_situation(**said))
    assert refusal is not None
    assert refusal.rule == name
    assert refusal.en.isascii()
    assert any("一" <= sign <= "鿿" for sign in refusal.zh)


def test_somebody_with_two_keys_is_still_one_person() -> None:
    other_key = Actor("another-key", posts_of({Role.SHIFT_LEADER}), "s1")
    assert other_key.name == CAST["leader"].name
