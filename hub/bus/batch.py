"""One batch of records in one transaction: position, inbox, handler, outbox. Publishes nothing.

First all at once, as nearly always nothing fails, and what is only refused has left nothing; when
something does, again from the start, one record after the other, each in a savepoint, so that a
bad record costs itself and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from contracts.envelope import Envelope
from contracts.errors import FatalError, RejectedError, RetriableError
from hub.bus import journal, parking
from hub.bus.database import waiting_mends
from hub.bus.faults import fault
from hub.bus.gathering import Gathered, gathering
from hub.bus.handling import Attempt, Handling, Refusal
from hub.bus.opening import ForeignError
from hub.bus.outbox import NO_LANE, Produced, Stored
from hub.bus.port import FencedError, Incoming, Partition
from hub.bus.stage import ShreddedError

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
class _Taken:
    """What the records of a batch come to, while all goes well."""

    connection: Connection
    now: datetime
    produced: list[Produced] = field(default_factory=list)
    handled: list[tuple[str, Envelope]] = field(default_factory=list)
    refused: list[tuple[Incoming, Refusal]] = field(default_factory=list)


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
        with self.engine.begin() as connection:
            self._advance(connection, at, moved)
            envelopes = [opener.decode(record) for record in records]
            new = self._new(connection, envelopes)
            opener.prepare(envelopes)
            taken = _Taken(connection=connection, now=now)
            with gathering(connection) as gathered:
                for record, envelope in zip(records, envelopes, strict=True):
                    if envelope.id in new:
                        new.discard(envelope.id)
                        self._take(record, envelope, taken, gathered)
            stored = outbox.encode(taken.produced)
            outbox.store(connection, stored)
            self._conclude(connection, taken.handled)
        for record, error in taken.refused:
            self.handling.log_refused(record, error)
        return Done(stored=stored, moved=moved)

    def _take(
        self, record: Incoming, envelope: Envelope, taken: _Taken, gathered: Gathered
    ) -> None:
        """Handle one record of many. One that is refused before it left anything costs no more."""
        topic, lane = record.partition.topic, lane_of(record.partition)
        before = gathered.touched
        try:
            produced = [
                self.handling.produce(
                    taken.connection, topic, envelope, lane=lane, now=taken.now
                )
            ]  # fmt: skip
        except (RejectedError, ShreddedError) as error:
            if gathered.touched != before or not self.handling.hears(record):
                raise
            produced = self.handling.refused(record, envelope, error, taken.now, lane=lane)
            taken.refused.append((record, error))
        taken.produced.extend(produced)
        taken.handled.append((topic, envelope))

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
