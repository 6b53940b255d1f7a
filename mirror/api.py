"""The mirror's API for analysts: read only, closed answers, an audit entry a read."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from pydantic import BaseModel

from contracts.versions import SCHEMA_VERSION
from hub.web.access import Access
from hub.web.bodies import BodyLimit
from hub.web.headers import SecurityHeaders
from hub.web.health import Check, health_router
from hub.web.pages import Pages
from hub.web.problems import Problem, ProblemBody, add_problem_handlers
from hub.web.session import session_router
from hub.web.tokens import Caller, Role
from mirror.answers import (
    CaseQuery,
    CasesPage,
    Dimension,
    EpochsAnswer,
    StatisticsAnswer,
    TableAnswer,
)
from mirror.dashboard.page import dashboard_router
from mirror.service import EpochMovedError, Reader

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody, "description": HTTPStatus(status).phrase}
    for status in (401, 403, 409, 422, 503)
}
MAX_DIMENSIONS = 5
DEFAULT_TABLE: list[Dimension] = ["state", "age_bracket", "sex"]


def create_app(
    reader: Reader, access: Access, pages: Pages, checks: Mapping[str, Check]
) -> FastAPI:
    """Put the program's routes together. Needs no network and no clock of its own."""
    app = FastAPI(
        title="CLM Mirror",
        version=SCHEMA_VERSION,
        docs_url=None,  # both would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(cases_router(reader, access))
    app.include_router(health_router(checks))
    app.include_router(dashboard_router(reader, access, pages))
    app.include_router(session_router(access, pages))
    pages.add_static_files(app)
    add_problem_handlers(app, pages)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app


def cases_router(reader: Reader, access: Access) -> APIRouter:
    """Return the routes under /v1."""
    router = APIRouter(prefix="/v1", tags=["mirror"], responses=PROBLEMS)
    analyst = Depends(access.require(Role.MOLIP_ANALYST))

    @router.get("/cases", response_model=CasesPage)
    def cases(query: Annotated[CaseQuery, Query()], caller: Annotated[Caller, analyst]) -> Response:
        """Rows of the visible epoch, a page at a time, filtered by codes."""
        try:
            return answer(reader.cases(caller, query))
        except EpochMovedError:
            raise Problem(
                status=409,
                code="epoch-moved",
                detail="Another epoch is visible now. Start again from the first page.",
            ) from None

    @router.get("/table", response_model=TableAnswer)
    def table(
        caller: Annotated[Caller, analyst],
        by: Annotated[list[Dimension], Query(max_length=MAX_DIMENSIONS)] = DEFAULT_TABLE,
    ) -> Response:
        """Counts of cases; cells that are too small are left out."""
        return answer(reader.table(caller, list(dict.fromkeys(by))))

    @router.get("/epochs", response_model=EpochsAnswer)
    def epochs(caller: Annotated[Caller, analyst]) -> Response:
        """The epochs that have ended, newest first."""
        return answer(reader.epochs(caller))

    @router.get("/statistics", response_model=StatisticsAnswer)
    def statistics(caller: Annotated[Caller, analyst]) -> Response:
        """The cells of the published tables."""
        return answer(reader.statistics(caller))

    return router


def answer(model: BaseModel) -> Response:
    """Return the model as JSON; it was checked when it was built, so nothing checks it twice."""
    return Response(orjson.dumps(model.model_dump(mode="json")), media_type="application/json")
