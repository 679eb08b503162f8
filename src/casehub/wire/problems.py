"""Every error as `application/problem+json` (RFC 9457), in Chinese where the reader prefers it."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from asyncpg import InterfaceError, PostgresConnectionError, PostgresError
from asyncpg.exceptions import DeadlockDetectedError, OperatorInterventionError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from casehub.errors import Problem, Refusal
from casehub.wire.idempotency import AnsweredMeanwhile

logger = logging.getLogger("casehub")

#: Where the types of problems are explained: `GET /v1/problems`.
TYPE_BASE = "/v1/problems#"

#: What PostgreSQL says when a transaction was in the way of another: serialization failure, deadlock, no lock.
_PASSING = {"40001", "40P01", "55P03"}


class AddressUnknown(Problem):
    """There is nothing at this address"""

    type, status, zh = "not-found", 404, "地址不存在"


class MethodNotAllowed(Problem):
    """This address does not take this method"""

    type, status, zh = "method-not-allowed", 405, "该地址不支持此方法"


class RequestInvalid(Problem):
    """The request can't be read; every field that is wrong is listed"""

    type, status, zh = "request-invalid", 422, "请求内容有误，原因见 errors"


class BodyUnreadable(Problem):
    """The body is not valid JSON"""

    type, status, zh = "body-unreadable", 400, "请求体不是有效的 JSON"


class BodyTooLarge(Problem):
    """The body is larger than this address takes"""

    type, status, zh = "body-too-large", 413, "请求体过大"


class Unavailable(Problem):
    """The database can't be reached; nothing was changed, try again"""

    type, status, zh = "unavailable", 503, "数据库暂不可用，未作任何更改，请稍后重试"


class Busy(Problem):
    """Somebody works on the same cases at this moment; nothing was changed, try again"""

    type, status, zh = "busy", 503, "他人正在办理相同案件，未作任何更改，请稍后重试"


class Unexpected(Problem):
    """Something went wrong on our side; nothing was changed, and the id is in the log"""

    type, status, zh = "unexpected", 500, "服务器内部错误，未作任何更改；编号见日志"


def prefers_chinese(accept_language: str) -> bool:
    """Does this Accept-Language header put Chinese before English?"""
    ranked: list[tuple[float, str]] = []
    for part in accept_language.lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((float(weight) if weight else 1.0, tag[:2]))
        except ValueError:
            continue
    best = max(ranked, key=lambda pair: pair[0], default=(0.0, ""))
    return best[1] == "zh" and best[0] > 0


def problem_body(problem: Problem, *, zh: bool) -> dict[str, Any]:
    """The JSON of a problem, as RFC 9457 has it."""
    kind = type(problem)
    body: dict[str, Any] = {
        "type": f"{TYPE_BASE}{kind.type}", "title": kind.zh if zh else kind.title(), "status": kind.status,
    }  # fmt: skip
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [reason(one, zh=zh) for one in problem.errors]
    return body | problem.extra


class ReasonOut(BaseModel):
    """A reason."""

    field: str | None
    rule: str
    message: str


def reason(refusal: Refusal, *, zh: bool) -> dict[str, Any]:
    """One reason on the wire: {field, rule, message}."""
    return {"field": refusal.field, "rule": refusal.rule, "message": refusal.zh if zh else refusal.en}


def problem_response(request: Request, problem: Problem) -> Response:
    """The answer that carries a problem."""
    zh = prefers_chinese(request.headers.get("accept-language", ""))
    headers = {"Content-Language": "zh" if zh else "en"}
    if problem.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        orjson.dumps(problem_body(problem, zh=zh), default=str),
        problem.status,
        headers,
        "application/problem+json",
    )


def from_validation(error: RequestValidationError) -> Problem:
    """FastAPI's findings as a problem of ours: bad JSON is 400, wrong fields are 422."""
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return BodyUnreadable()
    return RequestInvalid(
        errors=[Refusal(one["type"], one["msg"], one["msg"], _field_of(one, error.body)) for one in found]
    )


def _field_of(one: Mapping[str, Any], body: Any) -> str | None:
    """The path of a field as it was sent.

    Where one of several kinds is meant, pydantic puts the kind into the path, and leaves out the field that names it
    when the kind is unknown.
    """
    place, *path = one["loc"]
    if one["type"].startswith("union_tag"):
        path.append(one["ctx"]["discriminator"].strip("'"))
    sent: Any = body if place == "body" else None
    kept = []
    for part in path[:-1]:
        if isinstance(sent, dict) and part not in sent:
            continue
        inside = isinstance(sent, dict) or (isinstance(sent, list) and isinstance(part, int))
        sent = sent[part] if inside else None
        kept.append(part)
    return ".".join(str(part) for part in [*kept, *path[-1:]]) or None


def _plain_kind(error: HTTPException) -> type[Problem]:
    known = {kind.status: kind for kind in (AddressUnknown, MethodNotAllowed)}
    said = str(error.detail)
    told = {"__doc__": said, "type": "refused", "status": error.status_code, "zh": said}
    return known.get(error.status_code) or type("Refused", (Problem,), told)


def _crossed(error: Exception) -> bool:
    """Did two lock the same cases crosswise, so that PostgreSQL ended one of them?"""
    own = error.orig if isinstance(error, DBAPIError) else error
    return bool(getattr(own, "sqlstate", None) == DeadlockDetectedError.sqlstate)


def _may_pass(error: Exception) -> bool:
    """Is it worth trying again?"""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _PASSING
    if isinstance(error, PostgresError):  # from a hot statement
        return error.sqlstate in _PASSING or isinstance(
            error, PostgresConnectionError | OperatorInterventionError
        )
    return isinstance(error, ConnectionError | PoolTimeout | InterfaceError)


def install_problems(app: FastAPI) -> None:
    """Make every error of the application a problem."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return problem_response(request, error)

    @app.exception_handler(AnsweredMeanwhile)
    async def _answered(_: Request, first: AnsweredMeanwhile) -> Response:
        return first.answer

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(request, from_validation(error))

    @app.exception_handler(HTTPException)
    async def _plain(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, Problem):  # FastAPI wraps what reading the body raised
            return problem_response(request, error.__cause__)
        if error.status_code == 400:  # noqa: PLR2004 - FastAPI's own word for a body it could not parse
            return problem_response(request, BodyUnreadable(str(error.detail)))
        response = problem_response(request, _plain_kind(error)())
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        incident = uuid4().hex
        logger.error("incident %s: %s %s", incident, request.method, request.url.path, exc_info=error)
        kind = Busy if _crossed(error) else Unavailable if _may_pass(error) else Unexpected
        return problem_response(request, kind(id=incident))
