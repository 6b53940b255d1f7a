"""What people decide, made durable: the decision, its audit entry and its event, or none of them.

Stage `people` reads nothing; an API stores events in its outbox, and its worker publishes them.
Nothing is decided here, and nothing here knows a name.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from contracts.audit import AuditEntry
from contracts.envelope import Draft
from contracts.topics import PEOPLE
from hub.bus.audit import append
from hub.bus.outbox import NO_LANE, Outbox, Produced

CONSENT_TYPE = "clm.consent.v1"
SHARD = f"{PEOPLE}/consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer that a person gave for one child, and who recorded it.

    `child` and `person` are the pseudonyms of the child and of the source person whose record was
    named; `answer` is `yes` or `no`, `on` the day in the country on which it was given.
    """

    id: str
    child: str
    person: str
    system: str
    scope: str
    answer: str
    by: str
    on: date
    actor: str


def record_consent(connection: Connection, said: Said, *, outbox: Outbox, now: datetime) -> None:
    """Store the answer, its audit entry and its event in the caller's transaction."""
    append(connection, SHARD, _audit(said, now))
    produced = Produced(cause=said.id, lane=NO_LANE, drafts=[_draft(said, now)], now=now)
    outbox.store(connection, outbox.encode([produced]))


def _draft(said: Said, now: datetime) -> Draft:
    statement = {
        "scope": said.scope,
        "answer": said.answer,
        "by": said.by,
        "on": said.on.isoformat(),
    }
    data = {"child": said.child, "person": said.person, "statement": statement, "id": said.id}
    return Draft(
        topic="consent", type=CONSENT_TYPE, key=said.child, version=now.isoformat(), data=data
    )


def _audit(said: Said, now: datetime) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=said.actor,
        action="record objection" if said.answer == "no" else "record permission",
        subject=said.child,
        reason=f"{said.scope} {said.by}",
    )
