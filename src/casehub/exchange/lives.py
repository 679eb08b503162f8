"""What a story of the simulation notes of itself, and what somebody had to do in it; the tally reads nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Did:
    """A step: what was done when by whom, who had the case then, and the deadlines of its running clocks after it."""

    at: datetime
    action: str
    by: str
    form: Mapping[str, Any]
    department: str | None
    dues: Mapping[str, datetime | None]


@dataclass(slots=True)
class Life:
    """What a story noted."""

    case_no: str
    reported_at: datetime
    source: str
    area: str
    subdistrict: str
    category: str = ""
    steps: list[Did] = field(default_factory=list)

    def did(self, *actions: str) -> list[Did]:
        """The steps of these names."""
        return [one for one in self.steps if one.action in actions]

    @property
    def department(self) -> str | None:
        """Who has it at the end."""
        return self.steps[-1].department


@dataclass(slots=True)
class Errand:
    """Something that somebody had to do: by when, as last told, and by which step it ended."""

    kind: str
    department: str | None
    person: str | None
    begun: int  # the number of the step
    begun_at: datetime
    due_at: datetime | None  # None while its clock rests
    ended_by: Did | None = None

    @property
    def late(self) -> bool:
        """Done after its deadline."""
        return self.ended_by is not None and self.due_at is not None and self.ended_by.at > self.due_at

    def overdue(self, by: datetime) -> bool:
        """Was its deadline missed, looking back from `by`?"""
        return self.late or (self.ended_by is None and self.due_at is not None and self.due_at < by)


#: By which steps an errand begins and ends. A check that fails is told as the step `failed_check`.
_BEGINS = {
    "verify": {"send_verify"},
    "dispatch": {"file", "accept_order", "resubmit", "dept_return", "reopen"},
    "sign": {"dispatch", "return_accept", "return_reject", "reassign"},
    "handle": {"dispatch", "dispatch_directly", "return_accept", "reassign", "failed_check", "rework"},
    "check": {"send_check"},
    "reply": {"supervise"},
}
_ENDS = {
    "verify": {"verify_done"},
    "dispatch": {"dispatch", "return_accept", "return_reject", "return_to_acceptor", "transfer_out"},
    "sign": {"sign_in", "dept_return", "reassign"},
    "handle": {"feedback", "conclude", "return_accept", "return_to_acceptor", "reassign"},
    "check": {"check_done", "failed_check", "rework"},
    "reply": {"reply_supervision", "close", "conclude"},
}
#: Those of them by which it was done; by the others it was only taken away.
DONE = {
    "verify": {"verify_done"},
    "dispatch": {"dispatch", "return_accept", "return_reject", "return_to_acceptor"},
    "sign": {"sign_in"},
    "handle": {"feedback", "conclude"},
    "check": {"check_done"},
    "reply": {"reply_supervision"},
}


def errands(life: Life) -> list[Errand]:
    """All errands of a case, in the order in which they began."""
    told: list[Errand] = []
    for number, step in enumerate(life.steps):
        name = "failed_check" if failed(step) else step.action
        for one in told:
            if one.ended_by is not None:
                continue
            if name in _ENDS[one.kind]:
                one.ended_by = step
            else:
                one.due_at = step.dues.get(one.kind)
        for kind, actions in _BEGINS.items():
            if name in actions:
                person = step.form.get("collector") if kind in {"verify", "check"} else None
                told.append(Errand(kind, step.department, person, number, step.at, step.dues.get(kind)))
    return told


def failed(step: Did) -> bool:
    """Did a check find that it was not done?"""
    return step.action == "check_done" and step.form["result"] == "not_pass"
