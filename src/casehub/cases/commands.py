"""The door of cases: report, act, merge, look. Each is *read, decide, write* in the caller's transaction."""

from asyncio import Semaphore
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from casehub.cases import store, store_callers, store_lists
from casehub.cases.assignment import asks_roster
from casehub.cases.commands_callers import sealed_row
from casehub.cases.commands_duty import duty_of, row_of
from casehub.cases.commands_roster import collector_for
from casehub.cases.duplicates import Nearness, candidates
from casehub.cases.empties import why_empty
from casehub.cases.facts import CaseFacts, Category, Decision, Known
from casehub.cases.holders import remembered
from casehub.cases.photos import Inspected
from casehub.cases.placing import Placed, permit_marks, place
from casehub.cases.problems import (
    ActionRefused,
    AttachmentNotFound,
    CaseNotFound,
    ExternalNumberTaken,
    ReportInvalid,
    StaleCase,
    StateUnmapped,
    WorkflowUnknown,
)
from casehub.cases.references import named
from casehub.cases.replay import differences
from casehub.cases.reports import Intake, Report, at_component, draft, faults, pointless, workflow_for
from casehub.cases.rules import Flow, after_waiting, decide, decide_merged_in, decide_migration, decide_report
from casehub.cases.suggestions import asks_duty_list, may_go_by_itself, suggested_form
from casehub.catalogue.commands import conditions_of
from casehub.deadlines.calendar import USUAL, Calendar
from casehub.deadlines.commands import calendars_for, current_calendar, tasks_of
from casehub.deadlines.stopwatch import Calendars
from casehub.errors import Problem, Refusal
from casehub.events.chain import faults as faults_of_chain
from casehub.events.commands import histories
from casehub.people.actors import EVERYTHING, SYSTEM, Actor, Scope, parts_of, posts_at, undivided
from casehub.places.citymap import CityMap
from casehub.places.commands import Atlas
from casehub.settings import Settings
from casehub.storage.transaction import Tx
from casehub.storage.vault import Vault
from casehub.workflow.commands import current_versions, definition_of
from casehub.workflow.definition import Definition
from casehub.workflow.machine import FlowMachine

#: Where the keys of caller data lie below the home, when no setting names them.
KEY_FILE = "data.keys"
#: Batches that one process works on at once.
BATCHES = 2


async def _nothing_waits(tx: Tx, by: Actor, at: datetime, desk: "Desk") -> None:
    """Nothing waits for photos."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the door needs besides a transaction: case numbers, the seal of caller data, how near a duplicate is."""

    numbers: store.CaseNumbers
    vault: Vault
    near: Nearness = field(default_factory=Nearness)
    # Where points lie, as this process knows it.
    atlas: Atlas = field(default_factory=Atlas)
    # Called when somebody has brought a photo: a room above may have something that waits for it.
    photo_kept: "Callable[[Tx, Actor, datetime, Desk], Awaitable[None]]" = _nothing_waits
    # One process decides one batch at a time anyway; more of them half done only fill its memory.
    batches: Semaphore = field(default_factory=lambda: Semaphore(BATCHES))


def open_desk(engine: AsyncEngine, settings: Settings, home: Path) -> Desk:
    """The desk of one process; `engine` is for its case numbers alone, `home` for the keys of caller data."""
    numbers = store.CaseNumbers(engine, settings.region_code, settings.zone, settings.case_no_digits)
    vault = Vault(settings.data_keys, home / KEY_FILE)
    return Desk(numbers, vault, Nearness(settings.duplicate_radius_metres, settings.duplicate_window_hours))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report: a case with its candidate duplicates, or the problem."""

    case: CaseFacts | None = None
    category: Category | None = None
    calendar: Calendar = USUAL
    candidates: tuple[dict[str, Any], ...] = ()
    problem: Problem | None = None


@lru_cache(maxsize=256)
def flow_of(definition: Definition) -> Flow:
    """The compiled workflow of a definition."""
    return Flow(definition, FlowMachine(definition))


async def report_case(tx: Tx, report: Report, *, by: Actor, at: datetime, desk: Desk) -> Outcome:
    """Begin a case. Raises ReportInvalid, ActionRefused, WrongRole, ExternalNumberTaken."""
    outcome = (await report_cases(tx, [report], by=by, at=at, desk=desk))[0]
    if outcome.problem is not None:
        raise outcome.problem
    return outcome


async def report_cases(
    tx: Tx, reports: Sequence[Report], *, by: Actor, at: datetime, desk: Desk
) -> list[Outcome]:
    """Begin many cases; each has its own outcome, one that is refused leaves the others."""
    # Only reports that leave their point to a component cost this statement.
    if codes := pointless(reports):
        points = await store.read_points(tx, codes)
        reports = [at_component(one, points) for one in reports]
    around = await store.read_intake(tx, reports, at, desk.near)
    flows = {name: await definition_of(tx, digest) for name, digest in around.versions.items()}
    city = await desk.atlas.at(tx, around.map_version)
    everywhere = place(reports, around, city)
    taken: dict[tuple[str, str], str] = dict(around.taken)
    numbers = await desk.numbers.take(at, len(reports))
    outcomes: list[Outcome] = []
    decisions: list[Decision] = []
    for placed, case_id, number in zip(everywhere, around.ids, numbers, strict=True):
        report = placed.report
        try:
            decision = _decide_one(placed, around, flows, taken, case_id, number, city=city, by=by, at=at)
        except Problem as problem:
            outcomes.append(Outcome(problem=problem))
            continue
        decisions.append(decision)
        if report.external_no:
            taken[report.source, report.external_no] = number
        outcomes.append(Outcome(decision.case, around.categories[report.category_key]))
    kept = {case.case_id: case for case in (await store.write_decisions(tx, decisions) if decisions else [])}
    await _keep_reporters(tx, desk.vault, reports, outcomes)
    return [
        Outcome(
            kept[o.case.case_id],
            o.category,
            around.calendar,
            candidates(report.point, at, around.sightings.get(place, ()), desk.near) if report.point else (),
        )
        if o.case
        else o
        for place, (report, o) in enumerate(zip(reports, outcomes, strict=True))
    ]


def _decide_one(  # noqa: PLR0913 - one report of many
    placed: Placed,
    around: Intake,
    flows: Mapping[str, Definition],
    taken: Mapping[tuple[str, str], str],
    case_id: int,
    number: str,
    *,
    city: CityMap,
    by: Actor,
    at: datetime,
) -> Decision:
    report = placed.report
    category, flow = around.categories.get(report.category_key), workflow_for(report, flows)
    found = faults(report, at, category=category, flow=flow, photos=around.photos)
    found += placed.faults
    if found or category is None or flow is None:
        raise ReportInvalid(errors=found)
    if report.external_no and (there := taken.get((report.source, report.external_no))):
        raise ExternalNumberTaken(f"{report.source} {report.external_no} is case {there}", case_no=there)
    permit = permit_marks(placed, category, around, city, at)
    case = draft(
        replace(report, marks={**report.marks, **permit}),
        case_id,
        number,
        category=category,
        flow=flow,
        photos=around.photos,
        reported_by=by.name,
        at=at,
    )
    known = Known(category=category, calendars=Calendars(around.calendar))
    return decide_report(flow_of(flow), case, report.action, {}, actor=by, at=at, known=known)


async def _keep_reporters(
    tx: Tx, vault: Vault, reports: Sequence[Report], outcomes: Sequence[Outcome]
) -> None:
    rows = [
        sealed_row(vault, o.case.case_id, r.reporter)
        for r, o in zip(reports, outcomes, strict=True)
        if o.case is not None and r.reporter
    ]
    if rows:
        await store_callers.write_reporters(tx, rows)


async def find_case(tx: Tx, case_no: str, scope: Scope, *, lock: bool = False) -> CaseFacts:
    """A case with its tasks. With `lock`, it stays ours until the transaction ends. Raises CaseNotFound."""
    case = await store.read_case(tx, case_no, scope, lock=lock)
    if case is None:
        raise CaseNotFound(case_no)
    return await store.read_with_tasks(tx, case)


async def as_of_case(tx: Tx, actor: Actor, case: CaseFacts) -> Actor:
    """Who sees a case, with those of their posts alone that hold for it."""
    if undivided(actor):
        return actor
    return posts_at(
        actor,
        frozenset(await store.read_reached(tx, case.case_id, tuple(sorted(parts_of(actor), key=str)))),
    )


async def act(  # noqa: PLR0913 - who does what to which case, when, on which version
    tx: Tx,
    case_no: str,
    action: str,
    form: Mapping[str, Any],
    *,
    by: Actor,
    scope: Scope,
    at: datetime,
    seen: int | None = None,
    dry_run: bool = False,
) -> tuple[CaseFacts, Decision]:
    """Do an action; the case as kept and what was decided. A dry run decides and keeps nothing.

    Locks the case. Raises CaseNotFound, StaleCase (with the current state), and what `rules.decide` raises.
    """
    case = await find_case(tx, case_no, scope, lock=not dry_run)
    if seen is not None and seen != case.version:
        raise StaleCase(f"you saw version {seen}", version=case.version, state=case.state, stage=case.stage)
    at = after_waiting(case, at)
    flow = flow_of(await definition_of(tx, case.workflow_digest))
    form, found = await _filled(tx, case, flow, action, form, at)
    known = replace(await _read_known(tx, case, flow, action, form, scope, at), **found)
    by = await as_of_case(tx, by, case)
    decision = decide(flow, case, action, form, actor=by, at=at, known=known)
    if dry_run:
        return decision.case, decision
    return await _write(tx, decision, known, by, at), decision


async def _filled(
    tx: Tx, case: CaseFacts, flow: Flow, action: str, form: Mapping[str, Any], at: datetime
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The form, with whom the duty list or the roster names where it names nobody; and by which row or rule."""
    declared = flow.definition.actions.get(action)
    if declared is not None and asks_duty_list(declared, form):
        zone = (await current_calendar(tx)).tz
        version, duty = await duty_of(tx, case, at, zone)
        return suggested_form(declared, form, duty), {"duty_row": row_of(version, duty)}
    if declared is None or not asks_roster(declared, form):
        return form, {}
    chosen = await collector_for(tx, case, form, at)
    return (form, {}) if chosen is None else ({**form, "collector": chosen[0]}, {"collector_by": chosen[1]})


async def _dispatched_by_itself(tx: Tx, decision: Decision, at: datetime, zone: tzinfo) -> Decision | None:
    """What casehub does next without asking: dispatch by a row of the duty list that is sure and allows it."""
    flow = flow_of(await definition_of(tx, decision.case.workflow_digest))
    case, dispatch = decision.case, flow.definition.actions.get("dispatch")
    if dispatch is None or not may_go_by_itself(dispatch, decision.before, case):
        return None
    version, duty = await duty_of(tx, case, at, zone)
    if not duty.automatic:
        return None
    form = suggested_form(dispatch, {}, duty)
    known = await _read_known(tx, case, flow, dispatch.name, form, EVERYTHING, at)
    with suppress(ActionRefused):  # such as: nothing gives a limit; a dispatcher looks at it
        known = replace(known, duty_row=row_of(version, duty))
        return decide(flow, case, dispatch.name, form, actor=SYSTEM, at=at, known=known)
    return None


async def _write(tx: Tx, decision: Decision, known: Known, by: Actor, at: datetime) -> CaseFacts:
    target_no = decision.case.marks.get("merged_into") if decision.case.state == "merged" else None
    if target_no is None:
        then = await _dispatched_by_itself(tx, decision, at, known.calendars.current.tz)
        return (await store.write_decisions(tx, [decision, *([then] if then else [])]))[0]
    target = known.cases[str(target_no)]
    kept = await store.write_decisions(
        tx, [decision, decide_merged_in(target, decision.case, actor=by, at=at)]
    )
    await store_callers.write_linked_reporters(tx, decision.case.case_id, target.case_id)
    return kept[0]


async def _read_known(  # noqa: PLR0913, PLR0917 - all that is known of an action
    tx: Tx, case: CaseFacts, flow: Flow, action: str, form: Mapping[str, Any], scope: Scope, at: datetime
) -> Known:
    declared = flow.definition.actions.get(action)
    wanted = named([declared] if declared else [], form)
    wanted["person"] += remembered(case, declared) if declared else ()
    targets = {}
    for number in wanted["case"]:
        if (found := await store.read_case(tx, number, scope, lock=True)) is not None:
            targets[number] = await store.read_with_tasks(tx, found)
    others = await store.read_categories_beside(tx, case.category_id, wanted["category"])
    category_id = next((one.category_id for one in others.values()), case.category_id)
    steps = await conditions_of(tx, category_id, case.area_code)
    return Known(
        await store.read_people(tx, wanted["person"], at),
        await store.read_departments(tx, wanted["department"]),
        {condition: str(one[-1].limit) for condition, one in steps.items()},
        await store.read_photos(tx, wanted["photo"]),
        targets,
        categories=others,
        calendars=await calendars_for(tx, case.tasks),
        steps=steps,
    )


async def known_external(tx: Tx, source: str, numbers: Sequence[str]) -> dict[str, str]:
    """Cases that are there already: {external_no: case_no} of one source."""
    return await store.read_external(tx, source, numbers)


async def categories_of(tx: Tx, codes: Sequence[str]) -> dict[tuple[str | None, str, str], Category]:
    """The categories with these codes, by (scheme, kind, code)."""
    return await store.read_categories(tx, codes)


async def draw_numbers(tx: Tx, instants: Sequence[datetime], desk: Desk) -> list[tuple[int, str]]:
    """A fresh id and case number for a case begun at each of these instants."""
    ids = await store.read_case_ids(tx, len(instants))
    return [*zip(ids, await desk.numbers.take_each(instants), strict=True)]


@dataclass(frozen=True, slots=True)
class Histories:
    """Cases that began elsewhere, each with all its decisions, ready to be kept."""

    packed: store.Packed
    reporters: list[dict[str, Any]]


def pack_histories(
    histories: Sequence[Sequence[Decision]], reporters: Mapping[int, str], vault: Vault
) -> Histories:
    """Make them ready; `reporters` are names by case_id. What happened elsewhere, long ago, is told to no webhook."""
    rows = [sealed_row(vault, case_id, {"name": name}) for case_id, name in reporters.items()]
    return Histories(store.packed_decisions([one for told in histories for one in told], outside=False), rows)


async def take_over(tx: Tx, histories: Histories) -> None:
    """Keep cases that began elsewhere."""
    await store.write_packed(tx, histories.packed)
    if histories.reporters:
        await store_callers.write_reporters(tx, histories.reporters)


async def category_of(tx: Tx, case: CaseFacts) -> Category:
    """The minor class of a case."""
    return await store.read_category(tx, case.category_id)


async def list_cases(
    tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime, *, after: int | None = None, most: int = 50
) -> tuple[list[tuple[CaseFacts, Category, Definition]], int | None]:
    """A page of cases, newest first, and the id to go on from (None on the last page)."""
    rows = await store_lists.read_cases(tx, scope, wanted, at, after=after, most=most + 1)
    told = [(case, category, await definition_of(tx, case.workflow_digest)) for case, category in rows[:most]]
    return told, told[-1][0].case_id if len(rows) > most else None


async def count_cases(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> int:
    """How many cases a list holds."""
    return await store_lists.count_cases(tx, scope, wanted, at)


async def list_conditions(tx: Tx, scope: Scope, wanted: Mapping[str, Any], at: datetime) -> list[Any]:
    """The conditions of a list on the table of cases, for a room that freezes one."""
    return await store_lists.conditions_of(tx, scope, wanted, at)


async def photos_known(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Those of these photos that are there."""
    return {*await store.read_photos(tx, ids)}


async def show_photos(tx: Tx, case_id: int, ids: Sequence[str]) -> None:
    """Let whoever sees the case see these photos too."""
    await store.write_case_photos(tx, case_id, ids)


async def why_none(tx: Tx, scope: Scope, wanted: Mapping[str, Any]) -> Refusal:
    """Why a list of cases is empty."""
    area_known, any_case = await store_lists.read_emptiness(tx, scope, wanted.get("area"))
    return why_empty(scope, wanted, area_known=area_known, any_case=any_case)


async def migrate_workflow(tx: Tx, workflow: str, states: Mapping[str, str], *, at: datetime) -> int:
    """Move the open cases of a workflow to its current version; how many went.

    `states` maps states that the current version no longer has. Raises WorkflowUnknown, StateUnmapped before anything is written.
    """
    definition = (await current_versions(tx)).get(workflow)
    if definition is None:
        raise WorkflowUnknown(f"there is no workflow {workflow!r}")
    moved = 0
    for case in await store.read_outdated(tx, workflow, definition.digest):
        to = states.get(case.state, case.state)
        if to not in definition.states:
            raise StateUnmapped(
                f"case {case.case_no} is {case.state}; map it to one of {', '.join(definition.states)}"
            )
        whole = await store.read_with_tasks(tx, case)
        calendars = await calendars_for(tx, whole.tasks)
        await store.write_decisions(tx, [decide_migration(definition, whole, to, at=at, calendars=calendars)])
        moved += 1
    return moved


async def audit(tx: Tx, after: int, most: int = 500) -> tuple[int, int, list[tuple[str, str]]]:
    """Verify the next `most` cases by id: the last id seen, how many, and (case_no, fault) for every fault found."""
    cases = await store.read_ids_after(tx, after, most)
    if not cases:
        return after, 0, []
    told = await histories(tx, cases[0].case_id, cases[-1].case_id)
    kept = await tasks_of(tx, [case.case_id for case in cases])
    found = []
    for case in cases:
        events = told.get(case.case_id, [])
        wrong = faults_of_chain(events, case.head_hash) or differences(
            case, kept.get(case.case_id, ()), events
        )
        found += [(case.case_no, one) for one in wrong]
    orphans = sorted(set(told) - {case.case_id for case in cases})
    return (
        cases[-1].case_id,
        len(cases),
        found + [(f"case_id {one}", "its case was removed") for one in orphans],
    )


async def keep_photo(tx: Tx, photo: Inspected, sha256: str, *, by: Actor, at: datetime) -> dict[str, Any]:
    """Remember a photo whose bytes are kept under `sha256`; what the uploader is told.

    The same photo of the same person, of the same kind, is one, however often it comes.
    """
    told = {"sha256": sha256, **asdict(photo)}
    row = {"attachment_id": uuid4().hex, "uploaded_by": by.name, "uploaded_at": at, **told}
    return {"id": await store.write_attachment(tx, row), **told}


async def find_photo(tx: Tx, attachment_id: str, scope: Scope, reader: Actor) -> dict[str, Any]:
    """A photo that the reader uploaded, or of a case in scope. Raises AttachmentNotFound."""
    row = await store.read_attachment(tx, attachment_id, scope, reader.name)
    if row is None:
        raise AttachmentNotFound(attachment_id)
    return row
