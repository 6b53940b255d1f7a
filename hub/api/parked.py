"""Endpoints for the operator: how much is under way, what was set aside, and another try of it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from contracts.audit import AuditEntry
from hub import doors
from hub.api.models import FlowAnswer, ParkedAnswer, RetryAnswer, RetryRequest, System
from hub.api.parts import SHARD, ApiParts
from hub.bus import parking
from hub.bus.audit import append
from hub.bus.database import reading
from hub.flow import read_flow
from hub.web.problems import Problem
from hub.web.tokens import Caller

MOST = 1000


def operator_router(parts: ApiParts) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(tags=["operation"])
    may_park = parts.access.require(*doors.PARKED)
    stages = {stage.name for stage in parts.pipeline}

    @router.get("/v1/flow", dependencies=[Depends(parts.access.require(*doors.FLOW))])
    def get_flow() -> FlowAnswer:
        """How much is under way, by stage; exact for the moment at which it was asked."""
        now = parts.clock()
        flow = read_flow(parts.engine, parts.bus, parts.pipeline)
        return FlowAnswer(**asdict(flow), total=flow.total, quiet=flow.is_quiet(now), at=now)

    @router.get("/v1/parked")
    def list_parked(
        caller: Annotated[Caller, Depends(may_park)], system: System | None = None
    ) -> list[ParkedAnswer]:
        """Records that met an unforeseen error, oldest first, at most a thousand."""
        with reading(parts.engine) as connection:
            found = parking.list_parked(connection, system=system or "", most=MOST)
        parts.note_read(caller, "parked", count=len(found))
        return [ParkedAnswer(**asdict(one)) for one in found]

    @router.post("/v1/parked/retry")
    def retry(caller: Annotated[Caller, Depends(may_park)], asked: RetryRequest) -> RetryAnswer:
        """Try the parked records of a stage again, after what stopped them was mended."""
        if asked.stage not in stages:
            raise Problem(
                status=422,
                code="unknown-stage",
                detail=f"There is no such stage: choose one of {', '.join(sorted(stages))}.",
            )
        with parts.engine.begin() as connection:
            count = parking.retry_parked(connection, asked.stage, system=asked.system or "")
            entry = AuditEntry(
                at=parts.clock(),
                actor=caller.subject,
                action="retry parked",
                reason=asked.stage,
                count=count,
            )
            append(connection, SHARD, entry)
        return RetryAnswer(asked=count)

    return router
