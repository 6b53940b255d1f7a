"""Endpoints on consent: record an objection or a permission, and explain the last decision.

The child is named by a record's own key in the body. An unknown record gets a bare 404.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection

from consent.store import ConsentStore
from consent.words import reason_in_words
from contracts.dates import COUNTRY_ZONE
from contracts.model.consent_statement import ConsentStatement
from hub import candidates, doors
from hub.api.models import ConsentAnswer, ConsentRequest, ExplainAnswer, RecordKey
from hub.api.parts import SHARD, ApiParts
from hub.bus.database import reading
from hub.linkage import store as linkage
from hub.linkage.store import StoredRecord
from hub.people import Said
from hub.tasks import Advice
from hub.web.pages import language_of
from hub.web.problems import Problem
from hub.web.tokens import Caller

MOLIP = "molip"
ANSWERS = {"object": "no", "permit": "yes"}


def consent_router(parts: ApiParts, advice: Advice) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(prefix="/v1/consents", tags=["consents"])
    may_record = parts.access.require(*doors.CONSENTS)
    may_explain = parts.access.require(*doors.EXPLAIN)

    @router.post("", status_code=202)
    def record_decision(
        caller: Annotated[Caller, Depends(may_record)], asked: ConsentRequest, request: Request
    ) -> ConsentAnswer:
        """Record an objection or a permission; an objection takes the child's row away at once."""
        now = parts.clock()
        check_day(asked, now)
        name = asked.id or uuid4()
        with parts.engine.begin() as connection:
            # Held, so that what is said counts for the child that has the record at the end too.
            record = _record_of(connection, parts, asked, find=linkage.hold_record)
            said = Said(
                id=str(name),
                child=child_of(record),
                person=record.person,
                statement=_statement(asked),
                actor=caller.subject,
            )
            parts.record_consent(connection, said, now)
        return ConsentAnswer(
            id=name, next_step=advice.next_step(asked.decision, language_of(request))
        )

    @router.post("/explain")
    def explain(
        caller: Annotated[Caller, Depends(may_explain)], key: RecordKey, request: Request
    ) -> ExplainAnswer:
        """Say whether MOLIP may see the row of this record's child, and why."""
        with reading(parts.engine) as connection:
            child = child_of(_record_of(connection, parts, key))
            answer = _explained(connection, child, advice, language_of(request))
        parts.note_read(caller, "decision", subject=child)
        return answer

    return router


def can_be_said_on(decision: str, on: date, today: date) -> bool:
    """A permission cannot be dated ahead; an objection counts whatever day it names."""
    return decision == "object" or on <= today


def check_day(asked: ConsentRequest, now: datetime) -> None:
    """Raise Problem 422 for a permission of a day that has not come."""
    if not can_be_said_on(asked.decision, asked.on, now.astimezone(COUNTRY_ZONE).date()):
        raise Problem(
            status=422,
            code="day-ahead",
            detail="A permission was given today or before: correct the field `on`.",
        )


def child_of(record: StoredRecord) -> str:
    """Return the child of a record. Raises Problem 409 while it is not decided which one it is."""
    if record.child is None:
        raise Problem(
            status=409,
            code="child-undecided",
            detail="Two identity cards meet in this record, so it is shared with nobody now."
            " Correct the card at its source first, then send this again.",
        )
    return record.child


def _record_of(
    connection: Connection, parts: ApiParts, key: RecordKey,
    find: Callable[[Connection, str, str], StoredRecord | None] = linkage.get_record,
) -> StoredRecord:  # fmt: skip
    ref = parts.pseudonyms.record_ref(key.system, key.row_key)
    record = find(connection, key.system, ref)
    if record is None:
        raise Problem(status=404, code="not-found")
    return record


def _statement(asked: ConsentRequest) -> ConsentStatement:
    return ConsentStatement.model_validate(
        {"scope": asked.scope, "answer": ANSWERS[asked.decision], "by": asked.by, "on": asked.on}
    )


def _explained(connection: Connection, child: str, advice: Advice, language: str) -> ExplainAnswer:
    candidate = candidates.get_candidate(connection, child)
    decisions = ConsentStore(connection, SHARD).decisions_of(child)
    ours = [one for one in decisions if one.recipient == MOLIP]
    last = max(ours, key=lambda one: one.at, default=None)
    named = [candidate.reason] if candidate and candidate.reason else []
    reasons = list(dict.fromkeys([*named, *(last.reasons if last else ())]))
    return ExplainAnswer(
        state=candidate.state if candidate else "undecided",
        reasons=reasons,
        words=[_in_words(reason, advice, language) for reason in reasons],
        decided_at=candidate.decided_at if candidate else None,
        policy=last.policy if last else "",
    )


def _in_words(reason: str, advice: Advice, language: str) -> str:
    try:
        return reason_in_words(reason, "my" if language == "my" else "en")
    except KeyError:
        return advice.why(reason, language)
