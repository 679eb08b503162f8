"""Routes of the rule book (考核办法): indicators of the city, formulas with their marks, grades."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.rates import commands_scores as commands
from casehub.rates.asking import read_days
from casehub.rates.formula import Name
from casehub.rates.problems import FormulaNotFound
from casehub.rates.schemas_scores import (
    FormulaOut,
    FormulaWholeOut,
    GradesOut,
    IndicatorIn,
    MarksIn,
    MarksOut,
    formula_out,
    grades_out,
    marks_out,
    whole_out,
)
from casehub.wire.text import CivilDay

router = APIRouter(prefix="/v1", tags=["rates"])

Said = Annotated[dict[str, Any], Body(description="As `GET` gives its content; see docs/rates.md.")]
Named = Annotated[Name, Path()]


@router.put("/indicators/{name}", status_code=204, summary="Define an indicator of the city")
async def define_indicator(call: Caller, name: Named, body: IndicatorIn) -> Response:
    """Or define it anew; formulas that use it go by the new definition from now on."""
    call.need(Role.ADMINISTRATOR)
    await commands.define_indicator(call.tx, name, body.model_dump(), by=call.actor.name, at=call.at)
    return Response(status_code=204)


@router.delete("/indicators/{name}", status_code=204, summary="Take an indicator of the city away")
async def withdraw_indicator(call: Caller, name: Named) -> Response:
    """Not while a formula uses it. What it was stays on record."""
    call.need(Role.ADMINISTRATOR)
    await commands.withdraw_indicator(call.tx, name, by=call.actor.name, at=call.at)
    return Response(status_code=204)


@router.get("/formulas", response_model=list[FormulaOut], summary="How units are scored (计分办法)")
async def list_formulas(call: Caller) -> list[dict[str, Any]]:
    """Those that ship, as examples, and those of the city."""
    book = await commands.rule_book(call.tx)
    return [formula_out(book.formulas[name], zh=call.zh) for name in sorted(book.formulas)]


@router.get("/formulas/{name}", response_model=FormulaWholeOut, summary="A formula with all that it says")
async def read_formula(
    call: Caller,
    name: Named,
    version: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="An earlier one.")] = None,
) -> dict[str, Any]:
    """The newest version when none is said."""
    versions = await commands.formula_versions(call.tx, name)
    found = next((one for one in versions if version in {None, one.version.version}), None)
    if found is None:
        raise FormulaNotFound
    return whole_out(found, versions, zh=call.zh)


@router.put("/formulas/{name}", response_model=FormulaWholeOut, summary="Write a formula into the rule book")
async def keep_formula(call: Caller, name: Named, body: Said) -> dict[str, Any]:
    """A new version, also over one that ships; the earlier ones stay on record."""
    call.need(Role.ADMINISTRATOR)
    await commands.keep_formula(call.tx, name, body, by=call.actor.name, at=call.at)
    versions = await commands.formula_versions(call.tx, name)
    return whole_out(versions[0], versions, zh=call.zh)


@router.get("/formulas/{name}/marks", response_model=MarksOut, summary="What people marked for a formula")
async def list_marks(
    call: Caller,
    name: Named,
    first: Annotated[CivilDay, Query(alias="from")],
    end: Annotated[CivilDay, Query(alias="to", description="The day after the last.")],
) -> dict[str, Any]:
    """For a period, those that were corrected too."""
    call.need(Role.EVALUATOR, Role.ADMINISTRATOR)
    rows = await commands.marks_of(call.tx, name, read_days(first, end, None, None, first))
    return {"first": first, "end": end, "marks": marks_out(rows)}


@router.put("/formulas/{name}/marks", response_model=MarksOut, summary="Mark units for a formula (评分)")
async def enter_marks(call: Caller, name: Named, body: MarksIn) -> dict[str, Any]:
    """All or none; over earlier marks of the same unit and period, which stay on record."""
    call.need(Role.EVALUATOR)
    days = read_days(body.first, body.end, None, None, body.first)
    await commands.enter_marks(call.tx, name, days, body.said(), by=call.actor, at=call.at)
    rows = await commands.marks_of(call.tx, name, days)
    return {"first": days.first, "end": days.end, "marks": marks_out(rows)}


@router.get("/grades", response_model=list[GradesOut], summary="Grades of scores (等级)")
async def list_grades(call: Caller) -> list[dict[str, Any]]:
    """The proposal that ships, and those of the city."""
    book = await commands.rule_book(call.tx)
    return [grades_out(book.schemes[name]) for name in sorted(book.schemes)]


@router.put("/grades/{name}", response_model=GradesOut, summary="Write grades into the rule book")
async def keep_grades(call: Caller, name: Named, body: Said) -> dict[str, Any]:
    """A new version; the earlier ones stay on record. Formulas name it in `bands`."""
    call.need(Role.ADMINISTRATOR)
    await commands.keep_scheme(call.tx, name, body, by=call.actor.name, at=call.at)
    return grades_out((await commands.rule_book(call.tx)).schemes[name])
