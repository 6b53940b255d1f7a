"""One record through the handler of its stage, and what becomes of it when that fails.

Works inside the caller's transaction; never commits, never publishes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from contracts.envelope import Draft, Envelope
from contracts.errors import FatalError, RejectedError, RetriableError
from hub.bus import parking
from hub.bus.database import waiting_mends
from hub.bus.journal import JournalTx
from hub.bus.opening import ForeignError, Opener
from hub.bus.outbox import Outbox, Produced, Stored
from hub.bus.port import FencedError, Incoming
from hub.bus.stage import Handler, ShreddedError, Stage

log = structlog.get_logger()

OUTCOME = "outcome"
OUTCOME_TYPE = "clm.outcome.v1"

Refusal = RejectedError | ShreddedError
"""Why nothing comes of a record, by its nature: no other try would end otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """The handler of a stage with what surrounds each call of it."""

    stage: Stage
    handler: Handler
    opener: Opener
    outbox: Outbox

    def transaction(self, connection: Connection, shard: str) -> JournalTx:
        """Return the transaction as handlers see it."""
        return JournalTx(connection, self.stage.name, shard, self.outbox.new_cause)

    def produce(
        self, connection: Connection, topic: str, envelope: Envelope, *, lane: str, now: datetime
    ) -> Produced:
        """Open the message and run the handler on it."""
        message = self.opener.message(topic, envelope)
        tx = self.transaction(connection, lane or "retried")
        drafts = list(self.handler.does(message, tx, now))
        return Produced(cause=envelope.id, lane=lane, drafts=drafts, now=now, trace=envelope.trace)

    def hears(self, record: Incoming) -> bool:
        """Tell whether anybody hears of a record that the stage rejects; else it is parked."""
        set_aside = record.partition.topic not in parking.NEVER_PARKED
        return set_aside and OUTCOME in self.stage.publishes

    def refused(
        self, record: Incoming, envelope: Envelope, error: Refusal, now: datetime,
        *, lane: str, attempts: int = 1,
    ) -> list[Produced]:  # fmt: skip
        """Tell every reason; of a person whose key was destroyed, nothing."""
        if isinstance(error, ShreddedError):
            return []
        outcome = {"state": "rejected", "reasons": [asdict(reason) for reason in error.reasons]}
        return [_told(record, envelope, outcome, now, lane=lane, attempts=attempts)]

    def log_refused(self, record: Incoming, error: Refusal) -> None:
        """Say that the record was refused."""
        if isinstance(error, ShreddedError):
            log.info("skipped: key destroyed", **self.where(record))
            return
        codes = sorted({reason.code for reason in error.reasons})
        log.info("rejected", **self.where(record), codes=codes)

    def where(self, record: Incoming) -> dict[str, Any]:
        """Which record, as logs name it."""
        return {
            "stage": self.stage.name,
            "topic": record.partition.topic,
            "partition": record.partition.number,
            "offset": record.offset,
        }


@dataclass(kw_only=True, eq=False, repr=False)
class Attempt:
    """Records one by one, each in its savepoint, within one open transaction."""

    handling: Handling
    connection: Connection
    now: datetime
    attempts: int = 1
    stored: list[Stored] = field(default_factory=list)
    handled: list[tuple[str, Envelope]] = field(default_factory=list)

    def take(self, record: Incoming, envelope: Envelope | None, lane: str) -> None:
        """Handle one record, or reject it, or park it. `envelope` None: it could not be decoded.

        Raises RetriableError when it must wait, FatalError and FencedError when the worker must
        stop, and the database's error when the database is in trouble.
        """
        if envelope is None:
            self._park(record, None, lane, ForeignError())
            return
        try:
            with self.connection.begin_nested():
                self.stored += self._produced(record, envelope, lane)
        except (RetriableError, FatalError, FencedError):
            raise
        except ShreddedError as error:
            self.handling.log_refused(record, error)
        except RejectedError as error:
            self._reject(record, envelope, lane, error)
        except Exception as error:
            if waiting_mends(error):
                raise
            self._park(record, envelope, lane, error)
        self.handled.append((record.partition.topic, envelope))

    def _produced(self, record: Incoming, envelope: Envelope, lane: str) -> list[Stored]:
        topic = record.partition.topic
        produced = self.handling.produce(self.connection, topic, envelope, lane=lane, now=self.now)
        return self.handling.outbox.encode([produced])

    def _reject(
        self, record: Incoming, envelope: Envelope, lane: str, error: RejectedError
    ) -> None:
        if not self.handling.hears(record):
            self._park(record, envelope, lane, error)
            return
        self.handling.log_refused(record, error)
        told = self.handling.refused(
            record, envelope, error, self.now, lane=lane, attempts=self.attempts
        )
        self.stored += self.handling.outbox.encode(told)

    def _park(
        self, record: Incoming, envelope: Envelope | None, lane: str, error: Exception
    ) -> None:
        """Set the record aside, unless its topic never lets one wait."""
        topic, place = record.partition.topic, parking.place_of(error)
        words = {"error": type(error).__name__, "place": place}
        if topic in parking.NEVER_PARKED:
            log.critical("blocked: never parked", **self.handling.where(record), **words)
            raise RetriableError(
                f"{topic}: {words['error']} at {place}: mend it, it is tried again"
            )
        tell = log.critical if isinstance(error, ForeignError) else log.error
        tell("parked", **self.handling.where(record), **words)
        parking.park(
            self.connection,
            parking.Parked(
                stage=self.handling.stage.name,
                record=record,
                envelope=envelope,
                error=words["error"],
                place=place,
                attempts=self.attempts,
                at=self.now,
            ),
        )
        if envelope is not None and OUTCOME in self.handling.stage.publishes:
            outcome = {"state": "parked", "reason": "unforeseen"}
            told = _told(record, envelope, outcome, self.now, lane=lane, attempts=self.attempts)
            self.stored += self.handling.outbox.encode([told])


def _told(
    record: Incoming, envelope: Envelope, outcome: Mapping[str, Any], now: datetime,
    *, lane: str, attempts: int,
) -> Produced:  # fmt: skip
    """What became of a record, for whoever waits for it."""
    system = parking.system_of(record.partition.topic, envelope)
    draft = Draft(
        topic=OUTCOME,
        type=OUTCOME_TYPE,
        key=envelope.key,
        version=envelope.version,
        data={**outcome, "system": system, "ref": parking.ref_of(envelope)},
    )
    # Not the id that the handler's own drafts derive from: a later try may still make those.
    cause = f"{envelope.id}:{outcome['state']}:{attempts}"
    return Produced(cause=cause, lane=lane, drafts=[draft], now=now, trace=envelope.trace)
