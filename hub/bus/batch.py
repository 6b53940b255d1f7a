"""One batch of records in one transaction: position, inbox, handler, outbox. Publishes nothing.

First all at once, as nearly always nothing fails; when something does, again from the start, one
record after the other, each in a savepoint, so that a bad record costs itself and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from contracts.envelope import Envelope
from contracts.errors import FatalError, RetriableError
from hub.bus import audit, journal, parking
from hub.bus.database import waiting_mends
from hub.bus.faults import fault
from hub.bus.handling import Attempt, Handling
from hub.bus.opening import ForeignError
from hub.bus.outbox import NO_LANE, Stored
from hub.bus.port import FencedError, Incoming, Partition

log = structlog.get_logger()

Positions = Mapping[Partition, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A partition that must wait: nothing from `offset` on was handled."""

    offset: int
    error: RetriableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one batch came to, once committed: records to publish, and where each partition is."""

    stored: Sequence[Stored]
    moved: Mapping[Partition, int]
    stopped: Mapping[Partition, Stopped] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Runs a stage over batches."""

    handling: Handling
    engine: Engine
    clock: Callable[[], datetime]
    wall: Callable[[], float]

    def run(self, records: Sequence[Incoming], at: Positions) -> Done:
        """Handle the records; `at` holds the position of each of their partitions.

        Raises FencedError when another worker moved one of them, FatalError when the stage itself
        is wrong, and the database's error when the database is in trouble: nothing happened then.
        """
        try:
            return self._together(records, at)
        except (FatalError, FencedError):
            raise
        except Exception as error:
            if waiting_mends(error):
                raise
        return self._one_by_one(records, at)

    def retry(self) -> Sequence[Stored] | None:
        """Put one parked record through the handler again; None when none is marked for it."""
        with self.engine.begin() as connection:
            taken = parking.take_retry(connection, self._stage)
            if taken is None:
                return None
            envelope = self._decoded([taken.record])[0]
            attempt = Attempt(
                handling=self.handling,
                connection=connection,
                now=self.clock(),
                attempts=taken.attempts + 1,
            )
            self.handling.opener.prepare([envelope] if envelope else [])
            attempt.take(taken.record, envelope, NO_LANE)
            self.handling.outbox.store(connection, attempt.stored)
        return attempt.stored

    @property
    def _stage(self) -> str:
        return self.handling.stage.name

    def _together(self, records: Sequence[Incoming], at: Positions) -> Done:
        moved = {record.partition: record.offset + 1 for record in records}
        opener, outbox, now = self.handling.opener, self.handling.outbox, self.clock()
        with self.engine.begin() as connection, audit.gathering(connection):
            self._advance(connection, at, moved)
            envelopes = [opener.decode(record) for record in records]
            new = self._new(connection, envelopes)
            opener.prepare(envelopes)
            produced, handled = [], []
            for record, envelope in zip(records, envelopes, strict=True):
                if envelope.id in new:
                    new.discard(envelope.id)
                    topic, lane = record.partition.topic, lane_of(record.partition)
                    handled.append((topic, envelope))
                    produced.append(
                        self.handling.produce(connection, topic, envelope, lane=lane, now=now)
                    )
            stored = outbox.encode(produced)
            outbox.store(connection, stored)
            self._conclude(connection, handled)
        return Done(stored=stored, moved=moved)

    def _one_by_one(self, records: Sequence[Incoming], at: Positions) -> Done:
        log.info("one by one", stage=self._stage, count=len(records))
        ends: dict[Partition, int] = {}
        for record in records:
            ends.setdefault(record.partition, record.offset)
        starts = dict(ends)
        envelopes = self._decoded(records)
        with self.engine.begin() as connection:
            # Fence the partitions now, and move them when it is known how far each one came.
            self._advance(connection, at, starts)
            attempt = Attempt(handling=self.handling, connection=connection, now=self.clock())
            stopped = self._attempt(attempt, list(zip(records, envelopes, strict=True)), ends)
            self._advance(connection, starts, ends)
            self.handling.outbox.store(connection, attempt.stored)
            self._conclude(connection, attempt.handled)
        return Done(stored=attempt.stored, moved=ends, stopped=stopped)

    def _attempt(
        self,
        attempt: Attempt,
        records: Sequence[tuple[Incoming, Envelope | None]],
        ends: dict[Partition, int],
    ) -> dict[Partition, Stopped]:
        """Take the records until their partition stops; write in `ends` how far each one came."""
        known = [envelope for _, envelope in records if envelope]
        new = self._new(attempt.connection, known)
        self.handling.opener.prepare(known)
        stopped: dict[Partition, Stopped] = {}
        for record, envelope in records:
            if record.partition in stopped:
                continue
            try:
                if envelope is None or envelope.id in new:
                    attempt.take(record, envelope, lane_of(record.partition))
                    new.discard(envelope.id if envelope else "")
                ends[record.partition] = record.offset + 1
            except RetriableError as error:
                stopped[record.partition] = Stopped(offset=record.offset, error=error)
        return stopped

    def _advance(self, connection: Connection, at: Positions, to: Mapping[Partition, int]) -> None:
        # In order, so that two workers that meet here wait instead of blocking each other.
        for partition in sorted(to):
            journal.advance(connection, self._stage, partition, was=at[partition], to=to[partition])

    def _new(self, connection: Connection, envelopes: Sequence[Envelope]) -> set[str]:
        names = {envelope.id for envelope in envelopes}
        return names - journal.seen_before(connection, self._stage, names)

    def _conclude(self, connection: Connection, handled: Sequence[tuple[str, Envelope]]) -> None:
        """Remember the messages, and drop what they supersede."""
        names = {envelope.id for _, envelope in handled}
        journal.remember(connection, self._stage, sorted(names), self.wall())
        dropped = parking.supersede(connection, self._stage, handled)
        if dropped:
            log.info("parked records superseded", stage=self._stage, count=dropped)
        fault("batch.handled")

    def _decoded(self, records: Sequence[Incoming]) -> list[Envelope | None]:
        found: list[Envelope | None] = []
        for record in records:
            try:
                found.append(self.handling.opener.decode(record))
            except ForeignError:
                found.append(None)
        return found


def lane_of(partition: Partition) -> str:
    """Return the outbox lane, and the audit shard, of what a partition's records cause."""
    return f"{partition.topic}/{partition.number}"
