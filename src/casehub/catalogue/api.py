"""Routes of the catalogue."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from casehub.catalogue import commands
from casehub.catalogue.schemas import (
    ChangesOut,
    ConditionIn,
    ConditionOut,
    LimitRowOut,
    LimitTableIn,
    changes_out,
    condition_out,
    rows_out,
)
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.text import CODE, Short

router = APIRouter(prefix="/v1", tags=["catalogue"])


class SchemeOut(BaseModel):
    """A scheme of codes."""

    scheme: str
    name: str
    is_default: bool
    categories: int


class CategoryRow(BaseModel):
    """A minor class (小类) with how sure its name is."""

    category_id: int
    scheme: str
    kind: str
    code: str
    major: str
    major_name: str
    minor: str
    name: str
    status: str
    self_handling_allowed: bool


class CategoryIn(BaseModel):
    """A minor class of a scheme of the city's own, or of another system."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["event", "component"]
    code: Short
    major: Short
    major_name: Short
    minor: Short
    name: Short


class SchemeIn(BaseModel):
    """A scheme with its categories."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    categories: list[CategoryIn] = Field(default=[], max_length=2000)


Scheme = Annotated[str, Path(pattern=r"^[0-9a-z_]{1,40}$")]
CategoryId = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/schemes", response_model=list[SchemeOut], summary="Schemes of codes; one is the city's default")
async def list_schemes(call: Caller) -> list[dict[str, object]]:
    """All schemes."""
    return await commands.list_schemes(call.tx)


@router.put("/schemes/{scheme}", status_code=204, summary="Add a scheme, or categories to it")
async def add_scheme(call: Caller, scheme: Scheme, body: SchemeIn) -> Response:
    """Categories that are there stay as they are."""
    call.need(Role.ADMINISTRATOR)
    said = {"scheme": scheme, "status": "foreign", "self_handling_allowed": False}
    await commands.add_scheme(
        call.tx, scheme, body.name, [one.model_dump() | said for one in body.categories]
    )
    return Response(status_code=204)


@router.get("/categories", response_model=list[CategoryRow], summary="Categories by scheme, kind and code")
async def list_categories(call: Caller, scheme: Short | None = None) -> list[dict[str, object]]:
    """The categories of one scheme, or of all."""
    return await commands.list_categories(call.tx, scheme)


@router.get(
    "/categories/{category_id}/conditions",
    response_model=list[ConditionOut],
    summary="Filing conditions of a category",
)
async def list_conditions(call: Caller, category_id: CategoryId) -> list[dict[str, object]]:
    """With the limits of every time class."""
    return [condition_out(one) for one in await commands.list_conditions(call.tx, category_id)]


@router.put(
    "/categories/{category_id}/conditions/{condition}",
    status_code=204,
    summary="Add or change a filing condition",
)
async def set_condition(
    call: Caller,
    category_id: CategoryId,
    condition: Annotated[str, Path(pattern=CODE)],
    body: ConditionIn,
) -> Response:
    """All that is said of it, its limits in every time class. Cases sent out before keep the limit they were given."""
    call.need(Role.ADMINISTRATOR)
    await commands.set_condition(call.tx, category_id, condition, body.model_dump())
    return Response(status_code=204)


@router.get(
    "/schemes/{scheme}/limits", response_model=list[LimitRowOut], summary="The limit table of a scheme"
)
async def list_limits(call: Caller, scheme: Scheme) -> list[dict[str, object]]:
    """One row for each filing condition and time class, as PUT takes them."""
    return rows_out(await commands.list_limits(call.tx, scheme))


@router.put("/schemes/{scheme}/limits", response_model=ChangesOut, summary="Load a limit table")
async def set_limits(call: Caller, scheme: Scheme, body: LimitTableIn) -> dict[str, int]:
    """Each category that the table names gets the conditions it says and no others; other categories stay.

    All rows or none: every fault is told with its row. A closing condition that is left out stays as it was.
    """
    call.need(Role.ADMINISTRATOR)
    rows = [one.row(scheme) for one in body.rows]
    return changes_out(await commands.set_scheme_limits(call.tx, scheme, rows))
