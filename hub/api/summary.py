"""The endpoint of the hub in one look. Sums only: nothing here points to a child."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Engine

from contracts.labels import Label
from hub import doors
from hub.api.closed import Closed
from hub.api.ledger import sums
from hub.api.models import SourceSums
from hub.bus.database import reading
from hub.summary import read_summary
from hub.web.access import Access

_C0 = Label.C0


class ReferralCounts(Closed):
    """Referrals made, that reached their recipient, that were answered, and given to a person."""

    created: Annotated[int, _C0]
    delivered: Annotated[int, _C0]
    answered: Annotated[int, _C0]
    tasks: Annotated[int, _C0]


class SummaryAnswer(Closed):
    """The sums of the whole hub, and the newest epoch that it closed and the mirror confirmed."""

    sources: Annotated[dict[str, SourceSums], _C0]
    echoes: Annotated[int, _C0]
    children: Annotated[int, _C0] = Field(description="Distinct linked children.")
    referrals: Annotated[ReferralCounts, _C0]
    epoch: Annotated[int, _C0]
    confirmed_epoch: Annotated[int, _C0]


def summary_router(engine: Engine, access: Access) -> APIRouter:
    """Return the endpoint."""
    router = APIRouter(tags=["operation"])

    @router.get("/v1/summary", dependencies=[Depends(access.require(*doors.LEDGER))])
    def get_summary() -> SummaryAnswer:
        """How everything stands."""
        with reading(engine) as connection:
            found = read_summary(connection)
        return SummaryAnswer(
            sources={system: sums(totals) for system, totals in found.sources.items()},
            echoes=found.echoes,
            children=found.children,
            referrals=ReferralCounts(
                created=found.referrals.created,
                delivered=found.referrals.delivered,
                answered=found.referrals.answered,
                tasks=found.referrals.tasks,
            ),
            epoch=found.epoch,
            confirmed_epoch=found.confirmed_epoch,
        )

    return router
