"""Endpoints on sources: their sums, how far they were read, what they must mend."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from hub import doors, ledger, sources
from hub.api.models import (
    LedgerAnswer,
    RejectAnswer,
    RejectPage,
    RejectReason,
    SourceAnswer,
    SourceSums,
    System,
)
from hub.api.parts import ApiParts
from hub.bus.database import reading
from hub.ledger import Rejected, Totals
from hub.linkage import store as linkage
from hub.sources import SourceState
from hub.tasks import Advice
from hub.web.pages import language_of
from hub.web.tokens import Caller

PAGE = 100
CURSOR = r"^[\x21-\x7e]*$"  # as we gave it; PostgreSQL stores no text with a NUL in it


def ledger_router(parts: ApiParts, advice: Advice) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(tags=["sources"])
    may_reject = parts.access.require(*doors.REJECTS)

    @router.get("/v1/ledger", dependencies=[Depends(parts.access.require(*doors.LEDGER))])
    def get_ledger() -> LedgerAnswer:
        """How the records of every source stand: received is the sum of all states."""
        with reading(parts.engine) as connection:
            return LedgerAnswer(
                sources={s: sums(t) for s, t in ledger.totals(connection).items()},
                echoes=ledger.count_echoes(connection),
                children=linkage.count_children(connection),
            )

    @router.get("/v1/sources", dependencies=[Depends(parts.access.require(*doors.SOURCES))])
    def list_sources(request: Request) -> list[SourceAnswer]:
        """How far each source has been read, and what keeps it from being read."""
        language = language_of(request)
        with reading(parts.engine) as connection:
            known = sources.list_sources(connection)
        return [_source(one, advice.next_step("source", language)) for one in known]

    @router.get("/v1/rejects")
    def list_rejects(
        caller: Annotated[Caller, Depends(may_reject)],
        system: System | None = None,
        after: Annotated[str, Query(max_length=80, pattern=CURSOR)] = "",
    ) -> RejectPage:
        """Records that their source must mend: what is wrong, where, and what to do."""
        with reading(parts.engine) as connection:
            found = ledger.page_rejected(connection, system=system or "", after=after, most=PAGE)
        parts.note_read(caller, "rejects", count=len(found))
        last = found[-1].ref if len(found) == PAGE else None
        return RejectPage(rejects=[_reject(one) for one in found], after=last)

    return router


def sums(totals: Totals) -> SourceSums:
    """One source's line of the ledger, and whether it closes."""
    counted = totals.as_dict()
    ends = sum(counted[state] for state in ledger.STATES)
    closed = not totals.in_flight and counted["received"] == ends
    return SourceSums(**counted, in_flight=totals.in_flight, closed=closed)


def progress(checkpoint: Mapping[str, Any] | None) -> dict[str, int | datetime]:
    """The numbers and times of a checkpoint; of lists their length, of texts nothing."""
    found: dict[str, int | datetime] = {}
    for name, value in (checkpoint or {}).items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int):
            found[name] = value
        elif isinstance(value, Mapping | list):
            found[name] = len(value)
        elif isinstance(value, str) and (moment := _moment(value)):
            found[name] = moment
    return found


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _source(state: SourceState, next_step: str) -> SourceAnswer:
    return SourceAnswer(
        system=state.system,
        progress=progress(state.checkpoint),
        polls=state.polls,
        complete_until=_moment(state.complete_until),
        problem=state.problem,
        next_step=next_step if state.problem else "",
    )


def _reject(line: Rejected) -> RejectAnswer:
    return RejectAnswer(
        system=line.system,
        ref=line.ref,
        first_seen=line.first_seen,
        reasons=[RejectReason(**asdict(reason)) for reason in line.reasons],
    )
