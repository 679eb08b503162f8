"""The application: the rooms' routers and the problem handler, nothing else."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

import casehub
from casehub.bulletins import api as bulletins
from casehub.campaigns import api as campaigns
from casehub.campaigns import api_work as campaign_work
from casehub.cases import api as cases
from casehub.cases import api_handover as handover
from casehub.cases.commands import open_desk
from casehub.catalogue import api as catalogue
from casehub.clock import WallClock
from casehub.collectors import api as collectors
from casehub.collectors import api_ledgers as ledgers
from casehub.collectors.commands import photo_arrived
from casehub.deadlines import api as deadlines
from casehub.deadlines.commands import current_calendar
from casehub.deadlines.revisions import warnings
from casehub.departments import api as departments
from casehub.departments import api_duty as duty
from casehub.errors import Problem
from casehub.events import api as events
from casehub.letters import api as letters
from casehub.people import api as people
from casehub.people.commands_sign_in import open_reception
from casehub.places import api as places
from casehub.places import api_components as components
from casehub.places import api_roster as roster
from casehub.queues import api as queues
from casehub.rates import api as rates
from casehub.rates import api_rankings as rankings
from casehub.rates import api_scores as scores
from casehub.settings import Settings
from casehub.storage.blobs import BlobStore
from casehub.storage.engine import make_engine
from casehub.wire.limits import BodyLimit
from casehub.wire.problems import Unavailable, install_problems, prefers_chinese

logger = logging.getLogger("casehub")


class ProblemOut(BaseModel):
    """An error as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, Any]] = []


class HealthOut(BaseModel):
    """All is well."""

    status: str


class ReadyOut(HealthOut):
    """It can answer; what the operator should see to soon."""

    warnings: list[str]


#: Every file of routes.
ROOMS = (
    cases,
    handover,
    catalogue,
    deadlines,
    places,
    components,
    roster,
    departments,
    duty,
    people,
    events,
    queues,
    rates,
    rankings,
    scores,
    bulletins,
    collectors,
    ledgers,
    letters,
    campaigns,
    campaign_work,
)

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}}
    for status, said in {
        400: "The request can't be read", 401: "No valid key", 403: "Wrong role", 404: "Not found or not yours to see",
        409: "Not possible now", 412: "Somebody was first", 413: "Body too large", 422: "Something in it is wrong",
        500: "Our mistake; nothing changed", 503: "The database can't be reached",
    }.items()
}  # fmt: skip


def create_app(
    settings: Settings,
    url: str,
    clock: WallClock,
    home: Path,
    *,
    beside: AbstractAsyncContextManager[None] | None = None,
) -> FastAPI:
    """The application of one city, on an open database; `beside` is entered while it serves."""
    engine = make_engine(url, settings.schema_name, pool_size=settings.pool_size)
    numbering = make_engine(url, settings.schema_name, pool_size=1)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with beside or nullcontext():
            yield
        await app.state.engine.dispose()
        await numbering.dispose()

    app = FastAPI(
        title="casehub", version=casehub.__version__, lifespan=lifespan, redirect_slashes=False,
        description="The case flow of a city: report, verify, file, dispatch, handle, check and close.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    app.state.settings, app.state.engine, app.state.clock = settings, engine, clock
    app.state.reception = open_reception(settings)
    app.state.desk = replace(open_desk(numbering, settings, home), photo_kept=photo_arrived)
    app.state.blobs = BlobStore(home / "photos")
    app.add_middleware(
        BodyLimit,
        limit_bytes=settings.body_limit_bytes,
        larger={"/v1/attachments": settings.photo_limit_bytes + 10_000},
    )
    install_problems(app)
    for room in ROOMS:
        app.include_router(room.router, responses=_REFUSALS)
    _add_service(app)
    return app


def _add_service(app: FastAPI) -> None:
    @app.get("/healthz", tags=["service"], response_model=HealthOut, summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get(
        "/readyz",
        tags=["service"],
        response_model=ReadyOut,
        summary="Can it answer from the database?",
        responses={503: _REFUSALS[503]},
    )
    async def readyz(request: Request) -> dict[str, Any]:
        """`warnings` tells, 90 days before, that the working calendar will not know the next year."""
        try:
            async with request.app.state.engine.connect() as tx:
                calendar = await current_calendar(tx)
        except (DBAPIError, OSError):
            raise Unavailable from None
        today = request.app.state.clock.now().astimezone(calendar.tz).date()
        zh = prefers_chinese(request.headers.get("accept-language", ""))
        return {
            "status": "ready",
            "warnings": [one.zh if zh else one.en for one in warnings(calendar, today)],
        }

    @app.get(
        "/v1/problems",
        tags=["service"],
        summary="Every type of problem",
    )
    async def problems() -> dict[str, dict[str, Any]]:
        """What each `type` of a problem means: {type: {status, title, title_zh}}."""
        return {
            kind.type: {"status": kind.status, "title": kind.title(), "title_zh": kind.zh}
            for kind in _kinds(Problem)
        }

    _describe(app)


def _kinds(kind: type[Problem]) -> list[type[Problem]]:
    return [
        one for child in kind.__subclasses__() if child.__module__ != "abc" for one in (child, *_kinds(child))
    ]


def _describe(app: FastAPI) -> None:
    """The OpenAPI document with the key and the shape of problems in it."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {})["ProblemOut"] = ProblemOut.model_json_schema()
        parts["securitySchemes"] = {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key, the token of a sign-in, or a token of the OpenID Connect provider",
            }
        }
        document["security"] = [{"key": []}]
        return document

    app.openapi = described  # type: ignore[method-assign]
