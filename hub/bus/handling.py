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
        except ShreddedError:
            log.info("skipped: key destroyed", **self._where(record))
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
        never_set_aside = record.partition.topic in parking.NEVER_PARKED
        if never_set_aside or OUTCOME not in self.handling.stage.publishes:
            self._park(record, envelope, lane, error)  # nobody would hear of it otherwise
            return
        codes = sorted({reason.code for reason in error.reasons})
        log.info("rejected", **self._where(record), codes=codes)
        reasons = [asdict(reason) for reason in error.reasons]
        self._tell(record, envelope, lane, {"state": "rejected", "reasons": reasons})

    def _park(
        self, record: Incoming, envelope: Envelope | None, lane: str, error: Exception
    ) -> None:
        """Set the record aside, unless its topic never lets one wait."""
        topic, place = record.partition.topic, parking.place_of(error)
        words = {"error": type(error).__name__, "place": place}
        if topic in parking.NEVER_PARKED:
            log.critical("blocked: never parked", **self._where(record), **words)
            raise RetriableError(
                f"{topic}: {words['error']} at {place}: mend it, it is tried again"
            )
        tell = log.critical if isinstance(error, ForeignError) else log.error
        tell("parked", **self._where(record), **words)
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
            self._tell(record, envelope, lane, {"state": "parked", "reason": "unforeseen"})

    def _tell(
        self, record: Incoming, envelope: Envelope, lane: str, outcome: Mapping[str, Any]
    ) -> None:
        system = parking.system_of(record.partition.topic, envelope)
        draft = Draft(
            topic=OUTCOME,
            type=OUTCOME_TYPE,
            key=envelope.key,
            version=envelope.version,
            data={**outcome, "system": system, "ref": parking.ref_of(envelope)},
        )
        # Not the id that the handler's own drafts derive from: a later try may still make those.
        cause = f"{envelope.id}:{outcome['state']}:{self.attempts}"
        produced = Produced(
            cause=cause, lane=lane, drafts=[draft], now=self.now, trace=envelope.trace
        )
        self.stored += self.handling.outbox.encode([produced])

    def _where(self, record: Incoming) -> dict[str, Any]:
        return {
            "stage": self.handling.stage.name,
            "topic": record.partition.topic,
            "partition": record.partition.number,
            "offset": record.offset,
        }
