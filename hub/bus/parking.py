"""Records that failed for an unforeseen reason: kept sealed, superseded, counted, tried again.

Holds a pointer, the error's class and its place in our code, and never a value or a message text.
"""

import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from contracts.envelope import Envelope
from hub.bus.database import upsert
from hub.bus.journal import parked
from hub.bus.outbox import pack_headers, unpack_headers
from hub.bus.port import Incoming, Partition

CEILING = 100
OURS = ("hub", "contracts", "adapters", "consent", "mirror")

# A withdrawal is never set aside: it blocks its partition until it goes through.
NEVER_PARKED = frozenset({"consent"})


def place_of(error: BaseException) -> str:
    """Return the innermost line of our own code that the error came through, as `file:line`."""
    frames = reversed(list(traceback.walk_tb(error.__traceback__)))
    places = [(_short(frame.f_code.co_filename), line) for frame, line in frames]
    ours = [(name, line) for name, line in places if name.split("/")[0] in OURS]
    return "{}:{}".format(*(ours or places)[0]) if places else ""


def message_name(record: Incoming, envelope: Envelope | None) -> str:
    """Return the message's id, or its offset when it has none."""
    if envelope is not None:
        return envelope.id
    return f"{record.partition.topic}/{record.partition.number}/{record.offset}"


def system_of(topic: str, envelope: Envelope | None) -> str:
    """Return the source system that a record comes from, or nothing when it does not say."""
    named = (envelope.data or {}).get("system", "") if envelope else ""
    return str(named) or (topic.removeprefix("source.") if topic.startswith("source.") else "")


def ref_of(envelope: Envelope | None) -> str:
    """Return the pseudonym of the source record, or nothing."""
    return str((envelope.data or {}).get("ref", "")) if envelope else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A record to set aside, and why. `envelope` None: it could not be decoded."""

    stage: str
    record: Incoming
    envelope: Envelope | None
    error: str
    place: str
    attempts: int
    at: datetime


def park(connection: Connection, this: Parked) -> None:
    """Set the record aside, with its sealed bytes for a later try."""
    record, envelope = this.record, this.envelope
    row: dict[str, Any] = {
        "stage": this.stage,
        "message": message_name(record, envelope),
        "topic": record.partition.topic,
        "partition": record.partition.number,
        "offset": record.offset,
        "key": record.key.decode(errors="replace"),
        "type": envelope.type if envelope else "",
        "ref": ref_of(envelope),
        "version": envelope.version if envelope else "",
        "system": system_of(record.partition.topic, envelope),
        "error": this.error,
        "place": this.place,
        "attempts": this.attempts,
        "retry": False,
        "at": this.at,
        "value": record.value,
        "headers": pack_headers(record.headers),
    }
    upsert(connection, parked, [row])


def supersede(connection: Connection, stage: str, handled: Sequence[tuple[str, Envelope]]) -> int:
    """Drop parked records of which a newer state has come; return how many.

    Several source records share a person's key, so the state is that of key, type and `ref`.
    """
    keys = {envelope.key for _, envelope in handled}
    waiting = connection.execute(_WAITING, {"stage": stage, "keys": list(keys)}).all()
    if not waiting:
        return 0
    newest: dict[tuple[str, str, str, str], str] = {}
    for topic, envelope in handled:
        state = (topic, envelope.key, envelope.type, ref_of(envelope))
        newest[state] = max(newest.get(state, ""), envelope.version)
    old = [
        {"s": stage, "m": row.message}
        for row in waiting
        if newest.get((row.topic, row.key, row.type, row.ref), "") > row.version
    ]
    if old:
        connection.execute(_DROP, old)
    return len(old)


def over_ceiling(connection: Connection, system: str, ceiling: int = CEILING) -> bool:
    """Tell whether so many of a system's records are parked that collecting more makes no sense."""
    return parked_count(connection, system) >= ceiling


def parked_count(connection: Connection, system: str) -> int:
    """Return how many records of a system are parked, over all stages of this database."""
    query = select(func.count()).select_from(parked).where(parked.c.system == system)
    return int(connection.execute(query).scalar_one())


def retry_parked(
    connection: Connection, stage: str, *, system: str = "", messages: Collection[str] = ()
) -> int:
    """Ask the stage's workers to try parked records again: all, a system's, or those named."""
    where = [parked.c.stage == stage]
    if system:
        where.append(parked.c.system == system)
    if messages:
        where.append(parked.c.message.in_(sorted(messages)))
    return connection.execute(update(parked).where(*where).values(retry=True)).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A parked record that somebody asked to try again."""

    record: Incoming
    attempts: int


def take_retry(connection: Connection, stage: str) -> Retried | None:
    """Take one record to be tried again out of the car park, for as long as this transaction."""
    row = connection.execute(
        select(parked)
        .where(parked.c.stage == stage, parked.c.retry.is_(True))
        .order_by(parked.c.at, parked.c.topic, parked.c.partition, parked.c.offset)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    connection.execute(_DROP, [{"s": stage, "m": row.message}])
    record = Incoming(
        partition=Partition(row.topic, row.partition),
        offset=row.offset,
        key=row.key.encode(),
        value=row.value,
        headers=unpack_headers(row.headers),
    )
    return Retried(record=record, attempts=row.attempts)


def _short(filename: str) -> str:
    """The path from the innermost of our packages on; only the name of a foreign file."""
    parts = Path(filename).parts
    starts = [n for n, part in enumerate(parts) if part in OURS]
    return "/".join(parts[starts[-1] :]) if starts else Path(filename).name


_WAITING = select(parked).where(
    parked.c.stage == bindparam("stage"),
    parked.c.key.in_(bindparam("keys", expanding=True)),
)
_DROP = delete(parked).where(parked.c.stage == bindparam("s"), parked.c.message == bindparam("m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A parked record as operators see it: a pointer and the place of the error, no content."""

    stage: str
    message: str
    topic: str
    partition: int
    offset: int
    system: str
    error: str
    place: str
    attempts: int
    retry: bool
    at: datetime


def list_parked(
    connection: Connection, *, stage: str = "", system: str = "", most: int
) -> list[Aside]:
    """Return parked records, oldest first; of all stages or systems where none is named."""
    fields = tuple(Aside.__dataclass_fields__)
    query = select(*(parked.c[name] for name in fields))
    if stage:
        query = query.where(parked.c.stage == stage)
    if system:
        query = query.where(parked.c.system == system)
    rows = connection.execute(query.order_by(parked.c.at, parked.c.message).limit(most))
    return [Aside(**row) for row in rows.mappings()]
