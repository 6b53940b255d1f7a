"""Problem details (RFC 9457) for every error of an API. Never repeats what the caller sent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Protocol

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import Reason, RejectedError, RetriableError
from contracts.labels import Label
from hub.web.words import LANGUAGES

MEDIA_TYPE = "application/problem+json"
SIGN_IN = "/sign-in"
_RETRY_SECONDS = 5.0
log = structlog.get_logger()

_FIELD_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "json_invalid": "is not valid JSON",
    "enum": "is not one of the allowed codes",
    "literal_error": "is not one of the allowed codes",
    "string_pattern_mismatch": "does not have the documented form",
}
_OUR_WORDS = frozenset({"body", "query", "path", "header", "cookie"})
# The last step of these places is a name that the caller chose.
_NAMED_BY_CALLER = frozenset({"extra_forbidden", "invalid_key", "unexpected_keyword_argument"})


@dataclass(kw_only=True, eq=False)  # not frozen: Python itself writes an exception's traceback
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """An answer that is an error. `code` is stable; `detail` is our own sentence, no values."""

    status: int
    code: str
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()


class ProblemBody(BaseModel):
    """The body of an error (`application/problem+json`)."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[str, Label.C0]
    title: Annotated[str, Label.C0]
    status: Annotated[int, Label.C0]
    detail: Annotated[str, Label.C0] = ""
    errors: Annotated[list[dict[str, str]], Label.C0] = []


class RendersProblems(Protocol):
    """What shows a problem to a person in a browser; `hub.web.pages.Pages` does."""

    def problem(self, request: Request, problem: Problem) -> Response: ...


def add_problem_handlers(app: FastAPI, pages: RendersProblems | None = None) -> None:
    """Answer every error of the app as a problem; as a page where a browser asks for one."""

    def answer(request: Request, error: Exception) -> Response:
        return respond(request, to_problem(app, error), pages)

    kinds = (Problem, RequestValidationError, HTTPException, RejectedError, RetriableError)
    for kind in kinds:
        app.add_exception_handler(kind, answer)
    app.add_middleware(CatchAll, pages=pages)


class CatchAll:
    """Turns whatever no handler knew into a bare 500, before the server could print it."""

    def __init__(self, app: ASGIApp, pages: RendersProblems | None = None) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            log.exception("request_failed", method=scope["method"])
            if started:  # too late for another answer: the server closes the connection
                raise
            problem = Problem(status=500, code="internal-error")
            await respond(Request(scope), problem, self._pages)(scope, receive, send)


def respond(request: Request, problem: Problem, pages: RendersProblems | None) -> Response:
    """Return the problem as JSON, or as a page (a missing sign-in leads to the sign-in page)."""
    if pages is not None and wants_page(request):
        if problem.status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
            chosen = request.query_params.get("lang", "")
            where = f"{SIGN_IN}?lang={chosen}" if chosen in LANGUAGES else SIGN_IN
            return RedirectResponse(where, status_code=HTTPStatus.SEE_OTHER)
        return pages.problem(request, problem)
    return problem_response(problem)


def problem_response(problem: Problem) -> Response:
    """Return the problem as `application/problem+json`."""
    body: dict[str, Any] = {
        "type": f"urn:clm:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = list(problem.errors)
    return Response(orjson.dumps(body), problem.status, dict(problem.headers), MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Whether the caller is a browser that shows a page, and no program."""
    return "text/html" in request.headers.get("accept", "")


def to_problem(app: FastAPI, error: Exception) -> Problem:
    """Translate an error; an unknown one becomes a 500 that says nothing."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(app, error)
        case HTTPException():
            return _http(error)
        case RejectedError():
            reasons = [_reason(reason) for reason in error.reasons]
            return Problem(status=422, code="rejected", errors=reasons)
        case RetriableError():
            seconds = str(math.ceil(error.after or _RETRY_SECONDS))
            return Problem(
                status=503,
                code="not-ready",
                detail="A part of this service is not ready. Try again later.",
                headers={"Retry-After": seconds},
            )
        case _:
            return Problem(status=500, code="internal-error")


def _http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    # The framework's own detail may hold a path or a value; the phrase of the status never does.
    return Problem(
        status=error.status_code,
        code=phrase.lower().replace(" ", "-").replace("'", ""),
        headers={k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"},
    )


def _reason(reason: Reason) -> dict[str, str]:
    return {name: text for name, text in asdict(reason).items() if text}


def _invalid(app: FastAPI, error: RequestValidationError) -> Problem:
    known = _documented_names(app)
    errors = [
        {
            "where": _place(found["loc"], found["type"], known),
            "code": found["type"],
            "message": _FIELD_MESSAGES.get(found["type"], "is not valid"),
        }
        for found in error.errors()
    ]
    return Problem(status=422, code="invalid-request", errors=errors)


def _place(loc: Sequence[str | int], kind: str, known: frozenset[str]) -> str:
    steps = loc[:-1] if kind in _NAMED_BY_CALLER else loc
    shown = (str(s) if isinstance(s, int) or s in known else "?" for s in steps)
    return ".".join(shown)


def _documented_names(app: FastAPI) -> frozenset[str]:
    """The names of parameters and fields in the app's own OpenAPI document: safe to repeat."""
    names: set[str] = set(_OUR_WORDS)

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                names.update(node["properties"])
            if "in" in node and isinstance(node.get("name"), str):
                names.add(node["name"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(app.openapi())
    return frozenset(names)
