"""What happens to each report of a simulated half-year: the ways that cases go, by the shares of `simulate_shape`."""

from dataclasses import replace
from datetime import datetime, timedelta
from math import log
from typing import Any

from casehub.cases.rules import decide_strikes
from casehub.deadlines.calendar import opening
from casehub.exchange.simulate_shape import HANDLING_HOURS, HANDLING_SPREAD, LATE_HOURS, LATE_SPREAD
from casehub.exchange.simulate_steps import PeriodOver, Steps
from casehub.people.actors import Role

#: Sources whose reports somebody must verify on the spot. Source: reference 2.2.
_UNSEEN = frozenset({"public", "video"})
_SAID = {"opinion": "情况属实"}
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Story(Steps):
    """One case from its report to its end, or to that of the period."""

    def go_on(self) -> None:
        """Orders of the hotline go their own way."""
        if self.arrival.source == "hotline":
            self._hotline_life()
        else:
            self._usual_life()

    def _usual_life(self) -> None:
        """The way of events and components."""
        if self.case.ended_at is None and not self._taken_back() and self._filed():
            self._handled_and_closed()

    def _filed(self) -> bool:
        """Verified where nobody of the city saw it, taken in charge, and filed; unless somebody thinks otherwise."""
        if self.arrival.source in _UNSEEN and not self._verified():
            return False
        at = self.in_time("accept", "accept_late")
        if self.happens("refused"):
            self.do("refuse", Role.ACCEPTOR, at, {"reason": "not_in_scope"})
            return False
        form = {"condition": self._condition(), **({"urgent": True} if self.happens("urgent") else {})}
        self.do("propose_filing", Role.ACCEPTOR, at, form)
        if self.happens("filing_sent_back"):
            self.do("send_back_filing", Role.SHIFT_LEADER, self.in_time("file", "file_late"), _SAID)
            self.do("resubmit_filing", Role.ACCEPTOR, self.soon(), _SAID)
        at = self.in_time("file", "file_late")
        if self.happens("declined"):
            self.do("decline_filing", Role.SHIFT_LEADER, at, {"reason": "未达立案条件"})
            return False
        self.do("file", Role.SHIFT_LEADER, at)
        return True

    def _taken_back(self) -> bool:
        """It ends before anybody took it in charge."""
        if self.happens("withdrawn"):
            self.do("withdraw", self.reporter, self.soon(), {"reason": "误报"})
        elif self.happens("transferred"):
            self.do("transfer_out", Role.ACCEPTOR, self.soon(), {"platform": "省级平台", **_SAID})
        return self.case.ended_at is not None

    def _verified(self) -> bool:
        """Somebody looks whether it is there, again if they could not tell; if it is not, it is refused."""
        results = ["unable"] if self.happens("verify_unable") else []
        results.append("not_exist" if self.happens("not_verified") else "exist")
        for result in results:
            self.do("send_verify", Role.ACCEPTOR, self.soon(), {"collector": self.collector})
            at = self.in_time("verify", "verify_late")
            self.do("verify_done", Role.COLLECTOR, at, {"result": result, "photos": [self.photo("near")]})
        if results[-1] == "not_exist":
            self.do("refuse", Role.ACCEPTOR, self.soon(), {"reason": "not_exist"})
            return False
        return True

    def _handled_and_closed(self) -> None:
        """From filing, or from being opened again, to closing."""
        self._dispatched()
        self._worked_on()
        self._checked()
        self.do(
            "close", Role.SHIFT_LEADER, self.in_time("close", "close_late"), {"closing_condition_met": True}
        )
        self._after_closing()

    def _after_closing(self) -> None:
        again = self.case.marks.get("reopen_count")
        if any(task.late for task in self.case.tasks if task.kind == "handle") and self.happens("appealed"):
            self._appealed()
        elif not again and self.happens("reopened"):
            at = self.case.last_at + self.rng.randint(1, 20) * _DAY
            self.do("reopen", Role.SHIFT_LEADER, at, {"reason": "problem_again"})
            self._handled_and_closed()

    def _appealed(self) -> None:
        self.do("appeal", Role.DEPARTMENT, self.case.last_at + _DAY, {"reason": "配件停产，非本部门原因"})
        granted, rejected = {"result": "granted", **_SAID}, {"result": "rejected", **_SAID}
        self.do("review_appeal_first", Role.DISPATCHER, self.case.last_at + _DAY, granted)
        second = granted if self.happens("appeal_granted") else rejected
        self.do("review_appeal", Role.ACCEPTOR, self.case.last_at + _DAY, second)

    def _dispatched(self) -> None:
        if self.happens("dispatch_sent_back"):
            self.do("return_to_acceptor", Role.DISPATCHER, self.in_time("dispatch", "dispatch_late"), _SAID)
            chosen = {} if self.case.condition else {"condition": self._condition()}
            self.do("resubmit", Role.ACCEPTOR, self.soon(), {**chosen, **_SAID})
        form = self._to(self.case.department_code or self._owner())
        self.do("dispatch", Role.DISPATCHER, self.in_time("dispatch", "dispatch_late"), form)
        self._signed()
        if self.happens("wrong_owner"):
            self._not_ours()
            if self.happens("returned_twice"):
                self._not_ours()
        elif self.happens("return_rejected"):
            self._kept()
        elif self.happens("wrong_class"):
            self._corrected()
        elif self.happens("reassigned"):
            form = {**self._to(self._another()), "reason": "职责调整"}
            self.do("reassign", Role.DISPATCHER, self.part(self.due("handle")), form)
            self._signed()

    def _signed(self) -> None:
        """Nobody who is in time leaves it until the handling deadline has passed."""
        due = min(self.due("sign"), self.due("handle"))
        self.do("sign_in", Role.DEPARTMENT, self.in_time("sign", "sign_late", due))

    def _not_ours(self) -> None:
        """A department says that it is another's, and is right."""
        if not self._returned("wrong_owner"):
            return
        at = self.in_time("dispatch", "dispatch_late")
        self.do("return_accept", Role.DISPATCHER, at, self._to(self._another()))
        self._signed()

    def _kept(self) -> None:
        """A department says that it is another's, and is wrong."""
        if self._returned("wrong_owner"):
            self.do("return_reject", Role.DISPATCHER, self.in_time("dispatch", "dispatch_late"), _SAID)
            self._signed()

    def _returned(self, reason: str) -> bool:
        """A return inside the limit; who signed in after it can't return it any more."""
        due = self.due("handle")
        if due - self.case.last_at <= _MINUTE:
            return False
        form = {"reason": reason, **_SAID}
        if reason == "wrong_owner":
            form |= {"basis": "权责清单", "belongs_to": self._another()}
        self.do("dept_return", Role.DEPARTMENT, self.part(due, 0.02, 0.5), form)
        return True

    def _corrected(self) -> None:
        """Of another class: the acceptor corrects it, and it goes to whoever deals with that."""
        if not self._returned("wrong_class"):
            return
        self.do("return_to_acceptor", Role.DISPATCHER, self.in_time("dispatch", "dispatch_late"), _SAID)
        matters = self.town.matters[self.matter.category.kind]
        right = matters[(matters.index(self.matter) + 1) % len(matters)]
        known = replace(right.known, categories={right.category.code: right.category})
        self.matter = right
        form = {"category": right.category.code, "condition": self._condition(), **_SAID}
        self.do("resubmit", Role.ACCEPTOR, self.soon(), form, known=known)
        at = self.in_time("dispatch", "dispatch_late")
        self.do("dispatch", Role.DISPATCHER, at, self._to(self._owner()))
        self._signed()

    def _to(self, department: str) -> dict[str, Any]:
        """Who gets it; without a filing condition, the limit is said by hand."""
        return {"department": department, **({} if self.case.condition else {"limit": "5 work_day"})}

    def _owner(self) -> str:
        """The department that deals with this matter in this district."""
        place = self.matter.category.category_id * 7 + self.scene.place // 24
        return self.town.departments[place % len(self.town.departments)]

    def _another(self) -> str:
        """The department after the one that has it."""
        departments = self.town.departments
        return departments[(departments.index(str(self.case.department_code)) + 1) % len(departments)]

    def _worked_on(self) -> None:
        """What may happen while a department has it, and its feedback."""
        if self.happens("voided"):
            self._voided()
        if self.happens("abandoned"):
            raise PeriodOver
        overdue = self.case.last_at >= self.due("handle") - _HOUR / 2
        if self.happens("difficult"):
            self._difficult()
        elif self.happens("supervised"):
            self._supervised()
        elif not overdue and self.happens("extended"):
            self._extended("approve_extension")
        elif not overdue and self.happens("extension_rejected"):
            self._extended("reject_extension")
        elif not overdue and not self.case.marks.get("suspension_count") and self.happens("suspended"):
            self._suspended()
        self._feedback()

    def _voided(self) -> None:
        reason = {"reason": "重复录入"}
        self.do("propose_void", Role.DISPATCHER, self.soon(), reason)
        self.do("void", Role.SHIFT_LEADER, self.soon(), reason)
        raise PeriodOver

    def _difficult(self) -> None:
        self.do("mark_difficult", Role.DISPATCHER, self.soon(2, 15), {"reason": "权属不清"})
        if self.happens("planned"):
            plan = {
                "subject": "责任部门", "standard": "恢复原状",
                "finish_by": self.case.last_at + self.rng.randint(1, 10) * _DAY,
            }  # fmt: skip
            self.do("plan", Role.DISPATCHER, self.soon(), plan)
        if self.happens("resolved"):
            self.do("resolve_difficult", Role.DISPATCHER, self.soon(2, 15), _SAID)

    def _supervised(self) -> None:
        form = {"level": self.rng.randint(1, 3), "content": "请尽快处置"}
        self.do("supervise", Role.EVALUATOR, self.soon(2, 15), form)
        if not self.happens("unanswered"):
            at = self.due("reply") + _HOUR if self.happens("reply_late") else self.soon(5, 30)
            self.do("reply_supervision", Role.DEPARTMENT, at, {"reply": "正在处置"})

    def _extended(self, decision: str) -> None:
        due = self.due("handle")
        self.do("request_extension", Role.DEPARTMENT, self.part(due, 0.3, 0.6), {"reason": "施工需要"})
        self.do(decision, Role.DISPATCHER, self.part(due, 0.05, 0.5), _SAID)

    def _suspended(self) -> None:
        until = self.case.last_at + self.rng.randint(3, 40) * _DAY
        form = {"until": until, "reason": "等待配件到货"}
        soon = min(self.due("handle"), self.case.last_at + _DAY)
        self.do("request_suspension", Role.DEPARTMENT, self.part(soon, 0.1, 0.4), form)
        self.do("suspend", Role.DISPATCHER, self.part(soon, 0.1, 0.9))
        self.absorb(until)
        if until >= self.town.end:
            raise PeriodOver
        for told in decide_strikes(self.flow, self.case, at=until, calendars=self.matter.known.calendars):
            self.keep(told)

    def _done_at(self) -> datetime:
        """When the department is done: mostly in working hours, and soon; some late."""
        due, now, rng = self.due("handle"), self.case.last_at, self.rng
        if self.happens("late"):
            late = rng.lognormvariate(log(LATE_HOURS), LATE_SPREAD)
            return max(due, now).replace(microsecond=0) + int(late * 3600 + 1) * _SECOND
        if self.happens("to_the_second") and due > now:
            return due
        at = now + int(rng.lognormvariate(log(HANDLING_HOURS), HANDLING_SPREAD) * 3600 + 60) * _SECOND
        open_at = opening(self.matter.known.calendars.current, at)
        if open_at <= due:
            return open_at + min(timedelta(seconds=rng.randint(0, 1800)), due - open_at)
        return at if at <= due else self.part(due, 0.3, 1.0)

    def _feedback(self) -> None:
        result = {"result": "已处置完毕", "photos": [self.photo("after")]}
        self.do("feedback", Role.DEPARTMENT, self._done_at(), result)

    def _checked(self) -> None:
        """Somebody looks whether it was done; what was not goes back to the same department."""
        results = ["unable"] if self.happens("check_unable") else []
        if self.happens("reworked"):
            results += ["not_pass"] * (2 if self.happens("reworked_twice") else 1)
        self._looked_at(*results, "pass")
        if self.happens("reworked_at_close"):
            self.do("rework", Role.SHIFT_LEADER, self.soon(), _SAID)
            self._feedback()
            self._looked_at("pass")

    def _looked_at(self, *results: str) -> None:
        for result in results:
            self.do("send_check", Role.ACCEPTOR, self.soon(2, 40), {"collector": self.collector})
            at = self.in_time("check", "check_late")
            self.do("check_done", Role.COLLECTOR, at, {"result": result, "photos": [self.photo("near")]})
            if result == "not_pass":
                self._feedback()

    def _hotline_life(self) -> None:
        """The way of the hotline's orders: many are answered there and then."""
        if self._taken_back():
            return
        if self.happens("answered_directly"):
            at = self.in_time("accept", "accept_late")
            self.do("answer_directly", Role.ACCEPTOR, at, {"reply": "已当场答复"})
            self._asked()
            return
        if self.happens("dispatched_directly"):
            form = self._to(self._owner())
            self.do("dispatch_directly", Role.ACCEPTOR, self.in_time("accept", "accept_late"), form)
        else:
            form = {"condition": self._condition()}
            self.do("accept_order", Role.ACCEPTOR, self.in_time("accept", "accept_late"), form)
            self._dispatched()
        self._answered()

    def _answered(self) -> None:
        """The department does it, and the requester is told."""
        if self.happens("concluded"):
            self.do("conclude", Role.DEPARTMENT, self._done_at(), {"result": "已处置并答复"})
        else:
            self._worked_on()
            self.do("propose_close", Role.ACCEPTOR, self.soon())
            at = self.in_time("close", "close_late")
            why = "照片已足以证明，无需现场核查"
            self.do("close", Role.SHIFT_LEADER, at, {"closing_condition_met": True, "unchecked_reason": why})
        self._asked()

    def _asked(self) -> None:
        """The requester is asked; who is not satisfied has it opened again, once."""
        if self.happens("revisited") and self._revisited() and not self.case.marks.get("reopen_count"):
            self.do("reopen", Role.SHIFT_LEADER, self.soon(10, 600), {"reason": "revisit_unsatisfied"})
            self._dispatched()
            self._answered()

    def _revisited(self) -> bool:
        """Somebody asks the requester; were they not satisfied?"""
        form = {"solved": "solved", "satisfied": "satisfied"}
        if self.happens("unreachable"):
            form = {"solved": "unreachable", "satisfied": "not_rated"}
        elif self.happens("unsatisfied"):
            form = {"solved": self.rng.choice(["not", "partly"]), "satisfied": "not"}
        elif self.happens("basically"):
            form["satisfied"] = "basically"
        self.do("revisit", Role.ACCEPTOR, self.case.last_at + self.rng.randint(4, 30) * _HOUR, form)
        return form["satisfied"] == "not"

    def _condition(self) -> str:
        return self.rng.choice([*self.matter.known.conditions])
