"""/health/live and /health/ready, for compose files and operators. Says which part, never why."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import orjson
import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from contracts.labels import Label

log = structlog.get_logger()
Check = Callable[[], None]


class Health(BaseModel):
    """Whether the program answers, and which of its parts do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[Literal["ok", "not_ready"], Label.C0]
    parts: Annotated[dict[str, Literal["ok", "not_ready"]], Label.C0] = {}


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """Return the two pages. A check raises when its part is not ready; it must be quick."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", response_model=Health)
    def live() -> Response:
        """The process answers."""
        return _answer(Health(status="ok"))

    @router.get("/ready", response_model=Health, responses={503: {"model": Health}})
    def ready() -> Response:
        """Every part that the program needs answers too."""
        parts = {name: _try(name, check) for name, check in checks.items()}
        good = all(state == "ok" for state in parts.values())
        return _answer(Health(status="ok" if good else "not_ready", parts=parts))

    return router


def _try(name: str, check: Check) -> Literal["ok", "not_ready"]:
    try:
        check()
    except Exception:  # whatever it is, the part is not ready
        log.warning("part_not_ready", service=name, exc_info=True)
        return "not_ready"
    return "ok"


def _answer(health: Health) -> Response:
    body = orjson.dumps(health.model_dump())
    return Response(body, 200 if health.status == "ok" else 503, media_type="application/json")
