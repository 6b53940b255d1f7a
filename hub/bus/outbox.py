"""Drafts on their way out: named, sealed and stored with the work, then published, then removed.

The one place that publishes for a stage. Never decides what to publish, never opens a part.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, Row, bindparam, delete, select

from contracts.envelope import Draft, Envelope, Kind, Part, derived_id, encode
from contracts.errors import FatalError
from hub.bus import journal
from hub.bus.database import Values, insert_rows, reading
from hub.bus.faults import fault
from hub.bus.port import Bus, Outgoing
from hub.bus.stage import Keyring, ShreddedError, Stage

log = structlog.get_logger()

NO_LANE = ""
CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """What one input made. `cause` names the input, `lane` its topic and partition."""

    cause: str
    lane: str
    drafts: Sequence[Draft]
    now: datetime
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One record of this run as it lies in the outbox."""

    number: int
    lane: str
    outgoing: Outgoing


@dataclass(kw_only=True, eq=False, repr=False)
class Outbox:
    """The outbox of one stage, as one run of a worker (or an API that posts for people) uses it.

    `run` is unique to this run of this process; rows that a dead run left are swept up by others.
    In a transaction: `encode`, then `store`. After its commit: `committed`, then `flush`.
    """

    stage: Stage
    bus: Bus
    engine: Engine
    keyring: Keyring | None
    instance: str
    run: str
    contract: str = "1"
    chunk: int = CHUNK
    _number: int = 0
    _pending: deque[Stored] = field(default_factory=deque)
    _met: set[tuple[str, int]] = field(default_factory=set)

    def new_cause(self) -> str:
        """Return a name for something that is caused now and causes more later (a timer)."""
        self._number += 1
        return f"{self.run}:{self._number}"

    def encode(self, produced: Iterable[Produced]) -> list[Stored]:
        """Give the drafts their ids and seal them; drafts about a shredded person are dropped.

        Raises FatalError for a topic that the stage does not declare.
        """
        work = list(produced)
        self._prepare(work)
        return [
            stored
            for one in work
            for number, draft in enumerate(one.drafts)
            if (stored := self._stored(one, number, draft)) is not None
        ]

    def store(self, connection: Connection, rows: Sequence[Stored]) -> None:
        """Put the records into the outbox, in order, by one executemany."""
        stage, run = self.stage.name, self.run
        values: list[Values] = [
            (stage, run, row.number, row.lane, out.topic, out.key, out.value,
             pack_headers(out.headers))
            for row in rows
            for out in (row.outgoing,)
        ]  # fmt: skip
        insert_rows(connection, journal.outbox, _COLUMNS, values)

    def committed(self, rows: Iterable[Stored]) -> None:
        """Take note that the transaction that stored them is committed."""
        self._pending.extend(rows)

    def flush(self) -> bool:
        """Publish what is pending and remove it; tell whether there was anything.

        Raises RetriableError when the bus is away; what is pending stays so.
        """
        if not self._pending:
            return False
        fault("outbox.committed")
        while self._pending:
            rows = [self._pending[n] for n in range(min(self.chunk, len(self._pending)))]
            self.bus.publish([row.outgoing for row in rows])
            fault("outbox.published")
            self._clear(rows[0].number, rows[-1].number)
            for _ in rows:
                self._pending.popleft()
            if self._pending:
                fault("outbox.midway")
        fault("outbox.cleared")
        return True

    def sweep(self, lanes: Collection[str], *, fresh: bool) -> bool:
        """Publish what other runs left in these lanes, and what they left in no lane.

        A row of no lane may be in the hands of a live worker, so it counts as left only when a
        sweep has met it before; `fresh` (after a start or a new partition) waits for nothing.
        Publishing a row twice is harmless, as its id stays.
        """
        wanted = {"stage": self.stage.name, "run": self.run, "lanes": [NO_LANE, *sorted(lanes)]}
        with reading(self.engine) as connection:
            rows = connection.execute(_LEFT, wanted).all()
        met, self._met = self._met, {(row.run, row.number) for row in rows}
        left = [row for row in rows if fresh or row.lane != NO_LANE or (row.run, row.number) in met]
        for start in range(0, len(left), self.chunk):
            self._publish_left(left[start : start + self.chunk])
        return bool(left)

    def _publish_left(self, rows: Sequence[Row[Any]]) -> None:
        self.bus.publish(
            [
                Outgoing(
                    topic=row.topic,
                    key=row.key,
                    value=row.value,
                    headers=unpack_headers(row.headers),
                )
                for row in rows
            ]
        )
        gone = [{"s": self.stage.name, "r": row.run, "n": row.number} for row in rows]
        with self.engine.begin() as connection:
            connection.execute(_CLEAR_ONE, gone)
        log.info("outbox swept", stage=self.stage.name, count=len(rows))

    def _clear(self, first: int, last: int) -> None:
        gone = {"s": self.stage.name, "r": self.run, "first": first, "last": last}
        with self.engine.begin() as connection:
            connection.execute(_CLEAR, gone)

    def _prepare(self, work: Sequence[Produced]) -> None:
        persons = {person for one in work for draft in one.drafts for person, _ in draft.seal}
        if not persons:
            return
        if self.keyring is None:
            raise FatalError(f"{self.stage.name} may not seal: it was given no keyring")
        self.keyring.prepare(persons)

    def _stored(self, produced: Produced, number: int, draft: Draft) -> Stored | None:
        stage = self.stage.name
        if draft.topic not in self.stage.publishes:
            raise FatalError(
                f"{stage} tried to publish to {draft.topic}, which its row of the pipeline does"
                " not declare: mend the stage, or declare the topic after a privacy review"
            )
        name = derived_id(produced.cause, stage, self.contract, str(number))
        try:
            parts = tuple(
                self._sealed(person, kind, name, content)
                for (person, kind), content in draft.seal.items()
            )
        except ShreddedError:
            log.info("draft dropped: key destroyed", stage=stage, topic=draft.topic)
            return None
        envelope = Envelope(
            id=name,
            type=draft.type,
            source=f"/{self.instance}/{stage}",
            key=draft.key,
            version=draft.version,
            time=draft.time or produced.now,
            data=draft.data,
            parts=(*draft.parts, *parts),
            trace=produced.trace,
        )
        key, value, headers = encode(envelope)
        self._number += 1
        outgoing = Outgoing(topic=draft.topic, key=key, value=value, headers=headers)
        return Stored(number=self._number, lane=produced.lane, outgoing=outgoing)

    def _sealed(self, person: str, kind: Kind, origin: str, content: Mapping[str, Any]) -> Part:
        assert self.keyring is not None  # _prepare refused it otherwise
        return self.keyring.seal(person, kind, origin, content)


def pack_headers(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the headers as stored; Latin-1 keeps any bytes as they are."""
    return orjson.dumps([[name, value.decode("latin-1")] for name, value in headers])


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """Return the headers as the bus takes them."""
    return [(name, value.encode("latin-1")) for name, value in orjson.loads(packed)]


_COLUMNS = ("stage", "run", "number", "lane", "topic", "key", "value", "headers")
_LEFT = (
    select(journal.outbox)
    .where(
        journal.outbox.c.stage == bindparam("stage"),
        journal.outbox.c.run != bindparam("run"),
        journal.outbox.c.lane.in_(bindparam("lanes", expanding=True)),
    )
    .order_by(journal.outbox.c.run, journal.outbox.c.number)
    .limit(10 * CHUNK)
)
_CLEAR = delete(journal.outbox).where(
    journal.outbox.c.stage == bindparam("s"),
    journal.outbox.c.run == bindparam("r"),
    journal.outbox.c.number.between(bindparam("first"), bindparam("last")),
)
_CLEAR_ONE = delete(journal.outbox).where(
    journal.outbox.c.stage == bindparam("s"),
    journal.outbox.c.run == bindparam("r"),
    journal.outbox.c.number == bindparam("n"),
)
