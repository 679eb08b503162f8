"""The simulator's own count of what it did, written from the words of `rates.counts` and reference 5.2, 5.3 alone.

It knows nothing of events, facts or rollups: it reads what a story noted of its steps and of the deadlines that the
engine told it, and counts plainly, so that a person can do the same with paper and pencil. Only what has happened, and
only deadlines that have passed, before the end of the simulated period count.

Whose it is, where counts are told by department: what a department did or was given, and what it was judged by, is its
own; everything else belongs to the department that has the case at the end.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any, NamedTuple

from casehub.exchange.lives import DONE, Did, Errand, Life, errands, failed
from casehub.rates.counts import COUNTS, STOCKS


class Mark(NamedTuple):
    """One more of a count: when, whose, and whether an appeal took it out of adjusted rates."""

    at: datetime
    name: str
    department: str | None = None
    person: str | None = None
    exempt: bool = False


def marks(life: Life, end: datetime) -> Iterator[Mark]:
    """Everything that a case adds to the counts, as it is at the end."""
    yield from _reported(life)
    # Voided and merged cases leave every other count. Source: 5.2.
    for step in life.did("withdraw", "void", "merge"):
        yield Mark(step.at, "merged" if step.action == "merge" else "voided", life.department, step.by)
        return
    work = errands(life)
    yield from _taken_in_charge(life)
    for one in work:
        if one.kind in _JUDGED:
            yield from _judged(life, one, end)
    yield from _dispatched(life, work)
    yield from _happened(life)
    # Closed there and then; nothing was taken up that could be judged.
    for step in life.did("answer_directly"):
        yield Mark(step.at, "closed_in_period", life.department, step.by)
    for each in _rounds(life):
        yield from _round(life, each, [one for one in work if one.begun in each.steps], end)


def _reported(life: Life) -> Iterator[Mark]:
    ended = {step.action for step in life.steps}
    names = ["reports"]
    if life.source == "collector":
        names.append("collector_reports")
    # Reports from the public and the hotline.
    if life.source in {"public", "hotline"}:
        names.append("public_reports")
    # Filed, or handled by the collector; not voided, not merged.
    if ended & _FILING | ended & {"self_handle"} and not ended & {"withdraw", "void", "merge"}:
        names.append("valid_reports")
    names += ["self_handled"] if "self_handle" in ended else []
    names += ["calls"] if life.source == "hotline" else []
    names += ["answered_directly"] if "answer_directly" in ended else []
    yield from (Mark(life.reported_at, name, life.department, life.steps[0].by) for name in names)


#: By these steps a case is taken in charge, and filed.
_ACCEPTING = {"propose_filing", "accept_order", "answer_directly", "dispatch_directly"}
#: One that was answered directly is taken up when it is opened again.
_FILING = {"file", "accept_order", "dispatch_directly", "reopen"}


def _taken_in_charge(life: Life) -> Iterator[Mark]:
    """The first acceptance, unless it refused; and the first filing."""
    yield from _accepted(life)
    yield from _filed(life)
    ends = {"refuse": "not_accepted", "decline_filing": "not_filed", "transfer_out": "transferred"}
    for step in life.did(*ends):
        yield Mark(step.at, ends[step.action], life.department, step.by)


def _first(life: Life, actions: Collection[str]) -> tuple[Did, Did] | None:
    """The first step of these names, and the one before it."""
    return next(((before, step) for before, step in pairwise(life.steps) if step.action in actions), None)


def _accepted(life: Life) -> Iterator[Mark]:
    if (found := _first(life, _ACCEPTING)) is None:
        return
    before, step = found
    names = ["accepted"]
    # By the deadline of the accept task.
    names += ["on_time_accepted"] if _in_time(step, before, "accept") else []
    # Accepted, and not declined by the shift leader.
    names += ["accurate_accepted"] if not life.did("decline_filing") else []
    yield from (Mark(step.at, name, life.department, step.by) for name in names)


def _filed(life: Life) -> Iterator[Mark]:
    if (found := _first(life, _FILING)) is None:
        return
    before, step = found
    names = ["filed"]
    # By the deadline of the filing task; where the acceptor files, of the accept task.
    names += (
        ["on_time_filed"] if _in_time(step, before, "file" if step.action == "file" else "accept") else []
    )
    # Filed, and never sent back to be corrected.
    names += ["accurate_filed"] if not life.did("return_to_acceptor") else []
    names += ["urgent"] if _urgent(life) else []
    yield from (Mark(step.at, name, life.department, step.by) for name in names)


def _urgent(life: Life) -> bool:
    return any(step.form.get("urgent") for step in life.did("propose_filing", "accept_order"))


def _in_time(step: Did, before: Did, kind: str) -> bool:
    """Done by the deadline that was told last; the deadline itself is in time. Source: 4.3 rule 8."""
    due = before.dues.get(kind)
    return due is not None and step.at <= due


#: The names of should, done and in time, for errands that are counted one by one.
_JUDGED = {
    "verify": ("should_verify", "verified", "on_time_verified"),
    "dispatch": ("should_dispatch", None, "on_time_dispatched"),
    "sign": ("should_sign", "signed", "on_time_signed"),
    "check": ("should_check", "checked", "on_time_checked"),
    "reply": ("should_reply", "replied", "on_time_replied"),
}


def _judged(life: Life, one: Errand, end: datetime) -> Iterator[Mark]:
    """An errand counts at the earlier of its end and its deadline. Taken away in time, or not yet due, it does not."""
    should, done_name, in_time = _JUDGED[one.kind]
    done = one.ended_by is not None and one.ended_by.action in DONE[one.kind]
    if one.due_at is None or (not done and not one.overdue(end)):
        return
    at = one.ended_by.at if one.ended_by and not one.late else one.due_at
    department = one.department if one.kind in {"sign", "reply"} else life.department
    yield Mark(at, should, department, one.person)
    if done and done_name:
        yield Mark(at, done_name, department, one.person)
    if done and not one.late:
        yield Mark(at, in_time, department, one.person)


#: By these steps a department is given a case.
_GIVING = ("dispatch", "dispatch_directly", "return_accept", "reassign")


def _dispatched(life: Life, work: Sequence[Errand]) -> Iterator[Mark]:
    """Times that a department was given a case, and which of these were right."""
    for number, step in enumerate(life.did(*_GIVING)):
        yield Mark(step.at, "dispatched", step.department)
        if number:
            yield Mark(step.at, "second_dispatched", step.department)
    wrong = _wrongly_given(life)
    for one in work:
        if one.kind != "dispatch" or one.ended_by is None or one.ended_by.action not in DONE["dispatch"]:
            continue
        # Done, and not rightly returned as wrong owner.
        if one.due_at is not None and all(one.ended_by is not step for step in wrong):
            yield Mark(min(one.due_at, one.ended_by.at), "accurate_dispatched", life.department)


def _wrongly_given(life: Life) -> list[Did]:
    """The steps that gave the case to a department which returned it as another's, and was right."""
    wrong, gave, reason = list[Did](), life.steps[0], None
    for step in life.steps:
        if step.action == "dept_return":
            reason = step.form["reason"]
        if step.action == "return_accept" and reason == "wrong_owner":
            wrong.append(gave)
        if step.action in _GIVING:
            gave = step
    return wrong


def _happened(life: Life) -> Iterator[Mark]:
    """What is counted at the moment it happens, for the department that has the case then."""
    reworks = [one for one in life.steps if failed(one) or one.action == "rework"]
    for number, step in enumerate(reworks):
        yield Mark(step.at, "reworked", step.department)
        if not number:
            yield Mark(step.at, "reworked_cases", step.department)
    for step in life.did("approve_extension"):
        yield Mark(step.at, "extended", step.department)
    for step in life.did("suspend"):
        yield Mark(step.at, "suspended", step.department)
    for step in life.did("reopen"):
        yield Mark(step.at, "reopened", step.department)
    # Marked so, or returned a second time. Source: 8.4.
    difficult = sorted([*life.did("mark_difficult"), *life.did("dept_return")[1:2]], key=lambda one: one.at)
    for step in difficult[:1]:
        yield Mark(step.at, "difficult", step.department)
    for step in life.did("supervise"):
        yield Mark(step.at, "supervised", step.department)
        # Of cases closed by now.
        if _closed_now(life):
            yield Mark(step.at, "supervised_closed", step.department)
    yield from _returns(life)
    for step in life.did("revisit"):
        yield from (Mark(step.at, name, step.department) for name in _answers(step.form))


def _returns(life: Life) -> Iterator[Mark]:
    """Returns, and what became of them: all are the returning department's."""
    returning: str | None = None
    for step in life.did("dept_return", "return_accept", "return_reject"):
        if step.action == "dept_return":
            returning = step.department
            yield Mark(step.at, "returned", returning)
        else:
            yield Mark(step.at, "returns_reviewed", returning)
        if step.action == "return_accept":
            yield Mark(step.at, "returns_accepted", returning)


def _closed_now(life: Life) -> bool:
    """Was the last thing that opened or closed it a closing?"""
    ends = life.did("close", "conclude", "answer_directly", "reopen")
    return bool(ends) and ends[-1].action != "reopen"


def _answers(form: Mapping[str, Any]) -> list[str]:
    """Valid if reached; solved or partly; rated if there was a rating. Source: 8.5."""
    names = ["revisited"]
    names += ["valid_revisits"] if form["solved"] != "unreachable" else []
    names += {"solved": ["solved"], "partly": ["partly_solved"]}.get(form["solved"], [])
    rated = {"satisfied": "satisfied", "basically": "basically_satisfied", "not": "unsatisfied"}
    return [*names, *(["rated", rated[form["satisfied"]]] if form["satisfied"] in rated else [])]


class Round(NamedTuple):
    """From when a case was taken up, or opened again, until it was closed, or ended otherwise."""

    began: Did
    steps: range
    closed: Did | None
    ended: Did | None


def _rounds(life: Life) -> list[Round]:
    filed = [place for place, one in enumerate(life.steps) if one.action in _FILING][:1]
    again = [place for place, one in enumerate(life.steps) if one.action == "reopen"]
    starts = sorted({*filed, *again})
    found = []
    for first, last in pairwise([*starts, len(life.steps)]):
        inside = life.steps[first:last]
        closed = next((one for one in inside if one.action in {"close", "conclude"}), None)
        ended = next((one for one in inside if one.action in {"refuse", "transfer_out"}), None)
        found.append(Round(life.steps[first], range(first, last), closed, closed or ended))
    return found


def _round(life: Life, one: Round, work: Sequence[Errand], end: datetime) -> Iterator[Mark]:
    """A round of handling is judged once; so is its closing, by the same deadline. Source: 0.3 rule 3, 5.2."""
    yield Mark(one.began.at, "case_opened", life.department)
    if one.ended is not None:
        yield Mark(one.ended.at, "case_ended", life.department)
    handles = [errand for errand in work if errand.kind == "handle"]
    for errand in handles:
        yield from _stood(errand, end)
    charged = _charged(handles, end)
    whose = charged.department if charged else life.department
    if one.closed is not None:
        yield Mark(one.closed.at, "closed_in_period", whose)
    if charged is None or charged.due_at is None:
        return
    # What was late by a granted appeal's own finding leaves adjusted rates.
    exempt = charged.late and any(step.form["result"] == "granted" for step in life.did("review_appeal"))
    last = handles[-1].ended_by
    for name in _handled(charged, end, handled=last is not None and last.action in DONE["handle"]):
        yield Mark(_due_point(charged.ended_by, charged.due_at), name, whose, exempt=exempt)
    if one.closed is not None or one.ended is None:
        for name in _closed(one.closed, charged.due_at, end, urgent=_urgent(life)):
            yield Mark(_due_point(one.closed, charged.due_at), name, whose, exempt=exempt)
        yield from _overdue(one.closed, charged.due_at, end, whose)


def _charged(handles: Sequence[Errand], end: datetime) -> Errand | None:
    """Who held it at a deadline that was missed, else who had it last. Who rightly returned it is not charged."""
    theirs = [
        one
        for one in handles
        if one.ended_by is None or one.ended_by.action not in {"return_accept", "return_to_acceptor"}
    ]
    return next((one for one in theirs if one.overdue(end)), theirs[-1] if theirs else None)


def _due_point(done: Did | None, due: datetime) -> datetime:
    """The earlier of the end and the deadline. Source: 5.2."""
    return due if done is None else min(done.at, due)


def _handled(charged: Errand, end: datetime, *, handled: bool) -> list[str]:
    """Cases whose department was due; of those handled by now, in time or late."""
    if charged.overdue(end):
        return ["should_handle", *(["handled", "overdue_handled"] if handled else [])]
    return ["should_handle", "handled", "on_time_handled"] if handled else []


def _closed(closed: Did | None, due: datetime, end: datetime, *, urgent: bool) -> list[str]:
    """Cases whose handling deadline passed, or that were closed before it; of those closed by now, in time or late."""
    if closed is not None and closed.at <= due:
        more = ["urgent_should_close", "urgent_on_time_closed"] if urgent else []
        return ["should_close", "closed", "on_time_closed", *more]
    if due >= end:
        return []
    names = ["should_close", *(["urgent_should_close"] if urgent else [])]
    return [*names, *(["closed", "overdue_closed"] if closed else [])]


def _overdue(closed: Did | None, due: datetime, end: datetime, whose: str | None) -> Iterator[Mark]:
    """Cases whose handling deadline passed while they were open, and when those were closed."""
    if due < end and (closed is None or closed.at > due):
        yield Mark(due, "case_overdue", whose)
        if closed is not None:
            yield Mark(closed.at, "case_overdue_ended", whose)


def _stood(handle: Errand, end: datetime) -> Iterator[Mark]:
    """When a department had it in hand, and when overdue."""
    yield Mark(handle.begun_at, "handling_begun", handle.department)
    if handle.ended_by is not None:
        yield Mark(handle.ended_by.at, "handling_ended", handle.department)
    if handle.due_at is not None and handle.overdue(end):
        yield Mark(handle.due_at, "handling_overdue", handle.department)
        if handle.ended_by is not None:
            yield Mark(handle.ended_by.at, "handling_overdue_ended", handle.department)


#: What is counted of a collector.
COLLECTOR_COUNTS = frozenset({
    "reports", "collector_reports", "valid_reports", "self_handled", "should_verify", "verified", "on_time_verified",
    "should_check", "checked", "on_time_checked",
})  # fmt: skip


#: dimension -> key -> count -> how many; everything together is the dimension "" with the key "".
Counted = dict[str, dict[str, dict[str, int]]]


class Tally:
    """Counts by month: in all, by department, sub-district, minor category and collector, and what of it is exempt."""

    def __init__(self, end: datetime, zone: tzinfo, collectors: Sequence[str]) -> None:
        self._end, self._zone, self._collectors = end, zone, frozenset(collectors)
        self._found: dict[str, Counted] = defaultdict(_nothing)

    def take(self, life: Life) -> None:
        """Count a case."""
        for mark in marks(life, self._end):
            by = self._found[mark.at.astimezone(self._zone).strftime("%Y-%m")]
            by[""][""][mark.name] += 1
            by["subdistrict"][life.subdistrict][mark.name] += 1
            by["category"][life.category][mark.name] += 1
            if mark.department is not None:
                by["department"][mark.department][mark.name] += 1
            if mark.exempt:
                by["exempt"]["yes"][mark.name] += 1
            if mark.person in self._collectors and mark.name in COLLECTOR_COUNTS:
                by["collector"][mark.person][mark.name] += 1

    def told(self) -> dict[str, Any]:
        """{whole, months}: a row for the whole, and one for each month, {period, total, by: {dimension: {key: {count: n}}}}.

        Keys tell only what is not zero. Stocks are what stands at the end: what began until then, less what ended.
        """
        whole: Counted = _nothing()
        months = []
        for month in sorted(self._found):
            found = self._found[month]
            _add(whole, found)
            for dimension, key, counts in _each(whole):
                for stock in STOCKS:
                    counts[stock.name] = counts.get(stock.began, 0) - counts.get(stock.ended, 0)
                    if counts[stock.name]:
                        found[dimension][key][stock.name] = counts[stock.name]
            months.append(_row(month, found))
        return {"whole": _row("whole", whole), "months": months}


def _nothing() -> Counted:
    return defaultdict(lambda: defaultdict(lambda: defaultdict(int)))


def _each(found: Counted) -> Iterator[tuple[str, str, dict[str, int]]]:
    return ((one, key, counts) for one, keys in found.items() for key, counts in keys.items())


def _add(whole: Counted, found: Counted) -> None:
    for dimension, key, counts in _each(found):
        for name, count in counts.items():
            whole[dimension][key][name] += count


def _row(period: str, found: Counted) -> dict[str, Any]:
    every = [one.name for one in (*COUNTS, *STOCKS)]
    parts = {
        dimension: {
            key: {name: counts[name] for name in every if counts.get(name)}
            for key, counts in sorted(keys.items())
        }
        for dimension, keys in sorted(found.items())
        if dimension
    }
    return {"period": period, "total": {name: found[""][""][name] for name in every}, "by": parts}
