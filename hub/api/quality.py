"""The endpoint on the quality of what sources send: sums and names of rules, nobody's."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from contracts.labels import Label
from hub import doors, quality
from hub.api.closed import Closed
from hub.api.models import System
from hub.api.parts import ApiParts
from hub.bus.database import reading

_C0 = Label.C0


class ScoreAnswer(Closed):
    """One source's records that changed on one day."""

    system: Annotated[str, _C0]
    record: Annotated[str, _C0]
    day: Annotated[date, _C0]
    records: Annotated[int, _C0]
    checks: Annotated[int, _C0]
    score: Annotated[float, _C0] = Field(description="Share of the checks that held, 0 to 1.")
    broken: Annotated[dict[str, int], _C0] = Field(description="By rule: records that break it.")


class ServiceAnswer(Closed):
    """A level of service that a contract promises, and whether the newest record keeps it."""

    system: Annotated[str, _C0]
    record: Annotated[str, _C0]
    promise: Annotated[str, _C0]
    days: Annotated[float, _C0]
    kept: Annotated[bool, _C0]
    newest: Annotated[datetime, _C0]


class QualityAnswer(Closed):
    """Scores, newest day first, and promises."""

    scores: Annotated[list[ScoreAnswer], _C0]
    services: Annotated[list[ServiceAnswer], _C0]


def quality_router(parts: ApiParts) -> APIRouter:
    """Return the endpoint."""
    router = APIRouter(tags=["sources"])

    @router.get("/v1/quality", dependencies=[Depends(parts.access.require(*doors.QUALITY))])
    def get_quality(
        system: System | None = None, days: Annotated[int, Query(ge=1, le=366)] = 31
    ) -> QualityAnswer:
        """How good what sources sent in the last days is, and whether they send in time."""
        now = parts.clock()
        since = (now - timedelta(days=days)).date()
        with reading(parts.engine) as connection:
            scores = quality.scores(connection, since=since, system=system or "")
            services = quality.services(connection, now)
        return QualityAnswer(
            scores=[ScoreAnswer.model_validate(asdict(one)) for one in scores],
            services=[
                ServiceAnswer.model_validate(asdict(one))
                for one in services if system in (None, one.system)
            ],
        )  # fmt: skip

    return router
