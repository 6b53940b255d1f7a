"""What people decide, made durable: the consent, its audit entry and its event, or none of them.

Stage `people` reads nothing: what is stored here in its outbox its worker publishes. Nothing here
decides what follows from a consent, and nothing here knows a name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from consent.model import Consent
from consent.parse import day_ends
from consent.policy import Policy
from consent.statements import answered
from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.envelope import Draft, derived_id
from contracts.errors import RetriableError
from contracts.model.consent_statement import ConsentStatement
from contracts.topics import PEOPLE
from hub.bus import journal
from hub.bus.outbox import NO_LANE, Outbox, Produced
from hub.bus.port import Bus
from hub.bus.stage import Stage

CONSENT_TYPE = "clm.consent.v1"
SHARD = f"{PEOPLE}/consent"
NO = "no"
TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer that a person gave for one child, and who recorded it.

    `id` makes a repeated request count once; `child` and `person` are the pseudonyms of the child
    and of the source person whose record was named; `actor` is the subject of a token.
    """

    id: str
    child: str
    person: str
    statement: ConsentStatement
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDesk:
    """Records consents for stage `people`. `wall` is the wall clock in seconds."""

    stage: Stage
    engine: Engine
    bus: Bus
    instance: str
    policy: Policy
    wall: Callable[[], float]

    def record(self, connection: Connection, said: Said, now: datetime) -> bool:
        """Store the answer, its audit entry and its event in the caller's transaction.

        False when this very answer was recorded before: then nothing changes.
        """
        # Bound to what was said: an id used twice must never swallow a second, other answer.
        name = derived_id("consent", said.id, said.child, *_plain(said.statement).values())
        if not journal.remember_new(connection, PEOPLE, name, self.wall()):
            return False
        self._store(connection, said, now)
        outbox = Outbox(
            stage=self.stage,
            bus=self.bus,
            engine=self.engine,
            keyring=None,
            instance=self.instance,
            run=name,
        )
        produced = Produced(cause=name, lane=NO_LANE, drafts=[_draft(said, now)], now=now)
        outbox.store(connection, outbox.encode([produced]))
        return True

    def _store(self, connection: Connection, said: Said, now: datetime) -> None:
        store = ConsentStore(connection, SHARD)
        consent = answered(
            said.child,
            said.statement,
            version=1,
            at=_effective(said.statement, now),
            policy=self.policy,
        )
        known = [one for one in store.consents_of(said.child) if isinstance(one, Consent)]
        version = max((one.version for one in known if one.id == consent.id), default=0) + 1
        # Somebody else may store the same version meanwhile: theirs stands, ours comes after it.
        for later in range(version, version + TRIES):
            if store.add_consent(replace(consent, version=later), audit=_audit(said, now)):
                return
        raise RetriableError("others record consents of this child right now: send it again")


def _effective(statement: ConsentStatement, now: datetime) -> datetime:
    """From when it counts: an objection from now on, a permission from the day it was given.

    So a permission that is recorded late never lifts an objection that came after it.
    """
    return now if statement.answer == NO else min(now, day_ends(statement.on))


def _plain(statement: ConsentStatement) -> dict[str, str]:
    return statement.model_dump(mode="json")


def _draft(said: Said, now: datetime) -> Draft:
    data = {
        "child": said.child,
        "person": said.person,
        "statement": _plain(said.statement),
        "id": said.id,
    }
    return Draft(
        topic="consent", type=CONSENT_TYPE, key=said.child, version=now.isoformat(), data=data
    )


def _audit(said: Said, now: datetime) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=said.actor,
        action="record objection" if said.statement.answer == NO else "record permission",
        subject=said.child,
        reason=f"{said.statement.scope} {said.statement.by}",
    )
