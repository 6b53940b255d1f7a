"""The hub's API as one application. Takes every part that it needs; builds and reads nothing."""

from fastapi import FastAPI

from hub.api.consents import consent_router
from hub.api.ledger import ledger_router
from hub.api.parked import operator_router
from hub.api.parts import ApiParts
from hub.api.quality import quality_router
from hub.api.referrals import referral_router, task_router
from hub.api.triage import triage_router
from hub.bus.database import reading
from hub.sources import list_sources
from hub.tasks import Advice
from hub.web.bodies import BodyLimit
from hub.web.headers import SecurityHeaders
from hub.web.health import Check, health_router
from hub.web.problems import add_problem_handlers

OUTCOME = "outcome"


def build_app(parts: ApiParts) -> FastAPI:
    """Return the application: the API, its health, and the routers that the parts bring."""
    app = FastAPI(title="CLM Hub", version="1", docs_url=None, redoc_url=None)
    advice = Advice()
    app.include_router(ledger_router(parts, advice))
    app.include_router(operator_router(parts))
    app.include_router(referral_router(parts))
    app.include_router(task_router(parts, advice))
    app.include_router(consent_router(parts, advice))
    app.include_router(triage_router(parts))
    app.include_router(quality_router(parts))
    app.include_router(health_router({"database": _database(parts), "bus": _bus(parts)}))
    for router in parts.routers:
        app.include_router(router)
    if parts.pages is not None:
        parts.pages.add_static_files(app)
    add_problem_handlers(app, parts.pages)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app


def _database(parts: ApiParts) -> Check:
    def check() -> None:
        with reading(parts.engine) as connection:
            list_sources(connection)

    return check


def _bus(parts: ApiParts) -> Check:
    def check() -> None:
        parts.bus.ends([OUTCOME])

    return check
