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
from casehub.deadlines.stopwatch import USUAL_CALENDARS, Holder, reach, sleep, start
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
CHECKED = {
    "marks": {"check_result": "pass"},
    "tasks": (make_task(finished_after_hours=1), make_task("check", number=2, finished_after_hours=2)),
}
CO_TASK = {"tasks": (make_task(department="d2", lead=False),)}
UNIT_TASK = {"tasks": (make_task("unit_handle", department="d1a", lead=False),)}
HELD = {"tasks": (make_task().changed(holder=Holder("department", "d1", "w1")),)}


def returning(belongs_to: str | None = None, reason: str = "wrong_owner", **marks: Any) -> dict[str, Any]:
    """A return by d1 of a case with these marks."""
    form = {"reason": reason} | ({"belongs_to": belongs_to} if belongs_to else {})
    return {"department_code": "d1", "form": form, "marks": marks}


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
        [{"form": {"photos": ["photo-after"]}}, {"version": 0, "photos": (AFTER,)}, marked(handler_result="已清理")],
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
    "not_returned": ([{}], [marked(returned_from="filed")]),
    "returned_by_dispatcher": ([marked(returned_from="filed")], [{}, marked(returned_from="pending_filing")]),
    "returned_by_shift_leader": ([marked(returned_from="pending_filing")], [{}, marked(returned_from="filed")]),
    "corrected_condition_fits": (
        [{"condition": "quick"}, {"condition": "quick", "form": {"category": "0102"}}, {"form": {"condition": "slow"}},
         {"condition": "quick", "form": {"category": "0103", "condition": "slow"}}, {"known": make_known(conditions={})}],
        [{}, {"condition": "quick", "form": {"category": "0103"}}, {"condition": "of another class"},
         {"condition": "quick", "form": {"condition": "of another class"}}],
    ),
    "no_owner_disputed": ([{}, marked(return_pending="wrong_class")], [marked(return_pending="wrong_owner")]),
    "return_in_time": (
        [{"tasks": (make_task(),), "at": hours(4)}, {"tasks": (make_task(limit=None),), "at": hours(99)}],
        [{"tasks": (make_task(),), "at": hours(4) + timedelta(microseconds=1)}],
    ),
    "basis_given": (
        [{"form": {"reason": "wrong_class"}}, {"form": {"reason": "wrong_owner", "basis": "三定方案"}}],
        [{"form": {"reason": "wrong_owner"}}],
    ),
    "belongs_elsewhere": (
        [{"department_code": "d1"}, {"form": {"belongs_to": "d2"}, "department_code": "d1"}],
        [{"form": {"belongs_to": "d1"}, "department_code": "d1"}],
    ),
    "first_receiver_leads": (
        [returning(), returning(first_receiver="d2", first_receiver_returns=1, is_difficult=True),
         returning("d2", first_receiver="d1", first_receiver_returns=1), returning("d2", first_receiver="d1", is_difficult=True),
         returning(None, "wrong_class", first_receiver="d1", is_difficult=True), returning(first_receiver="d1")],
        [returning(first_receiver="d1", first_receiver_returns=1), returning(first_receiver="d1", is_difficult=True)],
    ),
    "by_handler": (
        [{"who": "department", "department_code": "d1"}, {"who": "handler", **marked(handler_no="w1")}],
        [{"who": "other_department", "department_code": "d1"}, {"who": "handler", "department_code": "d1"},
         {"who": "handler", "department_code": "d1", **marked(handler_no="h1")}],
    ),
    "not_submitted": ([{}], [marked(handler_result="已清理")]),
    "handler_submitted": ([marked(handler_result="已清理")], [{}]),
    "request_to_confirm": ([marked(request_waits_for="department")], [{}, marked(request_waits_for="dispatcher")]),
    "co_departments_differ": (
        [{"form": {"department": "d1"}}, {"form": {"department": "d1", "co_departments": ["d2"]}}],
        [{"form": {"department": "d1", "co_departments": ["d2", "d1"]}}],
    ),
    "co_department_differs": (
        [{"form": {"department": "d2"}, "department_code": "d1"}],
        [
            {"form": {"department": "d1"}, "department_code": "d1"},
            {"form": {"department": "d2"}, "tasks": (make_task(department="d2", lead=False),)},
        ],
    ),
    "unit_below": (
        [{"form": {"department": "d1a"}, "department_code": "d1"}],
        [{"form": {"department": one}, "department_code": "d1"} for one in ("d1", "d2", "d9")]
        + [{"form": {"department": "d1"}, "department_code": "d1a"}],
    ),
    "unit_is_free": (
        [{"form": {"department": "d1a"}}, {"form": {"department": "d1b"}, **UNIT_TASK},
         {"form": {"department": "d2"}, **CO_TASK}],
        [{"form": {"department": "d1a"}, **UNIT_TASK}],
    ),
    "limit_within_own": (
        [{"form": {"limit": "4 work_hour"}, "tasks": (make_task(),)}, {"form": {"limit": "3 work_hour"}, "tasks": (make_task(),), "at": hours(1)},
         {"form": {"limit": "9 work_day"}, "tasks": (make_task(limit=None),)},
         {"form": {"limit": "9 work_day"}, "tasks": (make_task(),), "at": hours(4.001)}],
        [{"form": {"limit": "5 work_hour"}, "tasks": (make_task(),)}, {"form": {"limit": "4 work_hour"}, "tasks": (make_task(),), "at": hours(1)}],
    ),
    "by_unit": (
        [{"who": "unit", **UNIT_TASK}],
        [{"who": "department", **UNIT_TASK}, {"who": "unit"}, {"who": "acceptor", **UNIT_TASK},
         {"who": "unit", "tasks": (make_task("unit_handle", department="d1a", lead=False, finished_after_hours=1),)}],
    ),
    "holds_something": (
        [{**HELD, "form": {"from_person": "w1"}}],
        [{**HELD, "form": {"from_person": "h1"}}, {"form": {"from_person": "w1"}}],
    ),
    "hands_over_own": (
        [{**HELD, "who": who, "form": {"from_person": "w1"}} for who in ("leader", "administrator", "department")],
        [{**HELD, "who": "other_department", "form": {"from_person": "w1"}}],
    ),
    "heir_fits": (
        [{**HELD, "form": {"from_person": "w1", "to_person": "h1"}}],
        [{**HELD, "form": {"from_person": "w1", "to_person": one}} for one in ("w1", "h2", "c1", "nobody")],
    ),
    "period_reached": (
        [{}, {"tasks": (make_task("check"),)}, {"tasks": (sleep(make_task("check"), hours(2)),), "at": hours(2)}],
        [{"tasks": (sleep(make_task("check"), hours(2)),), "at": hours(1.999)}],
    ),
    "plan_ahead": (
        [{"form": {"finish_by": hours(1)}}],
        [{"form": {"finish_by": AT}}, {"form": {"finish_by": hours(-1)}}],
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
         {"who": "unit", **UNIT_TASK},
         {"who": "other_department", "tasks": (make_task(department="d2"),)},
         {"who": "other_department", "tasks": (make_task(department="d2", lead=False, finished_after_hours=1),)}],
    ),
    "by_assigned_collector": (
        [{"who": "collector", "assignee_no": "c1"}],
        [{"who": "stranger", "assignee_no": "c1"}, {"who": "collector", "assignee_no": None}],
    ),
    "department_said": ([{"form": {"department": "d1"}}], [{"form": {}}]),
    "is_collector": (
        [{"form": {"collector": "c1"}}, {"form": {}}, {"form": {"collector": "nobody"}}], [{"form": {"collector": "h1"}}],
    ),
    "collector_said": ([{"form": {"collector": "c1"}}], [{"form": {}}]),
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
    "extension_pending": (
        [marked(extension_pending="4 work_hour"), marked(extension_pending="4 work_hour", request_waits_for="dispatcher")],
        [{}, marked(extension_pending="4 work_hour", request_waits_for="department")],
    ),
    "suspension_pending": (
        [marked(suspension_pending="2024-06-01"), marked(suspension_pending="2024-06-01", request_waits_for="dispatcher")],
        [{}, marked(suspension_pending="2024-06-01", request_waits_for="department")],
    ),
    "never_suspended": ([{}], [marked(suspension_count=1)]),
    "within_a_year": (
        [{"form": {"until": AT + timedelta(days=365)}}, {"form": {"until": AT + timedelta(microseconds=1)}}],
        [{}, {"form": {"until": AT}}, {"form": {"until": AT + timedelta(days=365, microseconds=1)}}],
    ),
    "closing_condition_met": (
        [{"form": {"closing_condition_met": True}}],
        [{}, {"form": {"closing_condition_met": False}}],
    ),
    "checked_or_reasoned": (
        [CHECKED, {"form": {"result": "已答复"}}, {"form": {"unchecked_reason": "电话确认"}}, CHECKED | {"form": {"unchecked_reason": "电话确认"}}],
        [{}, {"form": {"unchecked_reason": ""}}, CHECKED | marked(check_result="unable"), CHECKED | marked(),
         # Done again since: still open, or finished after the check.
         CHECKED | {"tasks": (make_task("check", finished_after_hours=2), make_task(number=2))},
         CHECKED | {"tasks": (make_task("check", finished_after_hours=2), make_task(finished_after_hours=3))},
         {"tasks": (make_task(finished_after_hours=1),)} | marked(check_result="pass")],
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
