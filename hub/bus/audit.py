"""The audit chain in a store: who did what to whom, and why, so that a change of it shows.

Knows no value of a person's field. An entry is written in the transaction of what it records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    select,
    update,
)

from contracts.audit import GENESIS, AuditEntry, chain_hash
from hub.bus.database import UtcTime, Values, insert_rows, inserting
from hub.bus.gathering import Turn, later

audit_metadata = MetaData()

audit = Table(
    "audit",
    audit_metadata,
    Column("shard", String, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
)

audit_head = Table(
    "audit_head",
    audit_metadata,
    Column("shard", String, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("hash", String, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a chain ends. Kept elsewhere (a log, paper), it betrays a chain cut and mended."""

    sequence: int
    hash: str


def append(connection: Connection, shard: str, entry: AuditEntry) -> None:
    """Add one entry to the shard's chain; the head's row lock orders concurrent writers."""
    later(connection, Turn.AUDIT, _write, ((shard, entry),))


def _write(connection: Connection, told: Sequence[tuple[str, AuditEntry]]) -> None:
    chains: dict[str, list[AuditEntry]] = {}
    for shard, entry in told:
        chains.setdefault(shard, []).append(entry)
    for shard in sorted(chains):  # in one order for all, so that two writers never wait in a ring
        _extend(connection, shard, chains[shard])


def _extend(connection: Connection, shard: str, entries: Sequence[AuditEntry]) -> None:
    head = _lock_head(connection, shard)
    rows: list[Values] = []
    sequence, last = head.sequence, head.hash
    for entry in entries:
        # The hash covers the time as text, so there is one way to write an instant.
        kept = entry if entry.at.tzinfo is UTC else replace(entry, at=entry.at.astimezone(UTC))
        sequence += 1
        digest = chain_hash(last, sequence, kept)
        rows.append(
            (shard, sequence, kept.at, kept.actor, kept.action, kept.subject, kept.reason,
             kept.count, last, digest)
        )  # fmt: skip
        last = digest
    insert_rows(connection, audit, _COLUMNS, rows)
    connection.execute(_MOVE_HEAD, {"s": shard, "sequence": sequence, "hash": last})


def heads(connection: Connection) -> dict[str, Head]:
    """Where each chain ends now."""
    rows = connection.execute(select(audit_head))
    return {row.shard: Head(sequence=row.sequence, hash=row.hash) for row in rows}


def verify(
    connection: Connection, anchors: Mapping[str, Head] | None = None
) -> list[tuple[str, int]]:
    """Return the (shard, sequence) of every entry that is missing, changed or out of place.

    A chain cut at its end together with its head is consistent in itself: only `anchors`, heads
    that were taken earlier and kept elsewhere, betray it.
    """
    found = heads(connection)
    broken: set[tuple[str, int]] = set()
    ends: dict[str, Head] = {}
    passed: set[tuple[str, int, str]] = set()
    wanted = {(shard, head.sequence, head.hash) for shard, head in (anchors or {}).items()}
    for row in connection.execute(_CHAINS):
        end = ends.get(row.shard, Head(sequence=0, hash=GENESIS))
        broken.update(_faults(row, end))
        ends[row.shard] = Head(sequence=row.sequence, hash=row.hash)
        passed.update({(row.shard, row.sequence, row.hash)} & wanted)
    for shard in ends.keys() | found.keys():
        if ends.get(shard) != found.get(shard):
            known = [head.sequence for head in (ends.get(shard), found.get(shard)) if head]
            broken.add((shard, max(known)))
    broken.update((shard, sequence) for shard, sequence, _ in wanted - passed)
    return sorted(broken)


# A row is a tuple too, and `row.count` a method of tuples: the column gets another name here.
_CHAINS = select(audit, audit.c.count.label("entries")).order_by(audit.c.shard, audit.c.sequence)

_HEAD = select(audit_head).where(audit_head.c.shard == bindparam("s")).with_for_update()
_COLUMNS = tuple(column.name for column in audit.columns)
_MOVE_HEAD = (
    update(audit_head)
    .where(audit_head.c.shard == bindparam("s"))
    .values(sequence=bindparam("sequence"), hash=bindparam("hash"))
)


def _lock_head(connection: Connection, shard: str) -> Head:
    row = connection.execute(_HEAD, {"s": shard}).one_or_none()
    if row is None:
        first = {"shard": shard, "sequence": 0, "hash": GENESIS}
        connection.execute(inserting(connection, audit_head).on_conflict_do_nothing(), [first])
        row = connection.execute(_HEAD, {"s": shard}).one()
    return Head(sequence=row.sequence, hash=row.hash)


def _faults(row: Row[tuple[object, ...]], end: Head) -> Iterator[tuple[str, int]]:
    """The missing places before this row, and the row itself when it does not fit its place."""
    yield from ((row.shard, gap) for gap in range(end.sequence + 1, row.sequence))
    entry = AuditEntry(
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        reason=row.reason,
        count=row.entries,
    )
    fits = row.sequence != end.sequence + 1 or row.previous == end.hash
    if not fits or row.hash != chain_hash(row.previous, row.sequence, entry):
        yield row.shard, row.sequence
