"""The release room's tables: what was decided for each child, and what MOLIP was shown of it.

Holds de-identified C1 and C2 codes and pseudonyms; no identity, and nothing is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from contracts.audit import AuditEntry
from contracts.envelope import encode_parts
from hub.bus.audit import append
from hub.bus.database import UtcTime, inserting, upsert

release_metadata = MetaData()
child_table = Table(
    "release_child",
    release_metadata,
    Column("child", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("status", String(60), nullable=False),
    Column("parts", LargeBinary, nullable=False),
)
candidate_table = Table(
    "release_candidate",
    release_metadata,
    Column("child", String(36), primary_key=True),
    Column("child_version", Integer, nullable=False),
    Column("consent_version", Integer, nullable=False),
    Column("decision", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("row", JSON, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
)
published_table = Table(
    "release_published",
    release_metadata,
    Column("child", String(36), primary_key=True),
    Column("pseudonym", String(40), nullable=False, unique=True),
    Column("epoch", Integer, nullable=False),
    Column("row", JSON),
    Column("told", String(60), nullable=False),
)
epoch_table = Table(
    "release_epoch",
    release_metadata,
    Column("number", Integer, primary_key=True),
    Column("closed_at", UtcTime, nullable=False),
    Column("rows", Integer, nullable=False),
)
figure_table = Table(
    "release_figure",
    release_metadata,
    Column("ref", String(80), primary_key=True),
    Column("version", String(300), nullable=False),
    Column("cell", JSON, nullable=False),
)
_NO_PARTS = encode_parts(())
sequence_table = Table(
    "release_sequence",
    release_metadata,
    Column("name", String(10), primary_key=True),
    Column("value", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseChild:
    """What a decision on a child starts from, whichever message asks for it.

    `parts` are the sealed case parts of its records, `outcome` the code of its referrals as
    `status` (a version) told it.
    """

    child: str
    version: int
    outcome: str
    status: str
    parts: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The newest decision on a child.

    `state` is `candidate`, `withheld` or `parked`, `decision` counts its changes, `row` holds the
    C1 and C2 fields of its mirror row; empty unless `state` is `candidate`.
    """

    child: str
    child_version: int
    consent_version: int
    decision: int
    state: str
    reason: str
    row: Mapping[str, Any]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What MOLIP was last shown of a child; `row` is None when its row was taken away.

    `told` is the state that the ledger was last told, so that nothing is told twice.
    """

    child: str
    pseudonym: str
    epoch: int
    row: Mapping[str, Any] | None
    told: str


def lock_child(connection: Connection, child: str) -> ReleaseChild:
    """The newest state of a child, its row locked until the transaction ends.

    Of a child that is not known an empty row is made first, so that there is one to lock: two
    topics bring the first news of a child, and neither may overwrite the other's.
    """
    row = connection.execute(_CHILD, {"of": child}).mappings().first()
    if row is None:
        new = {"child": child, "version": 0, "outcome": "none", "status": "", "parts": _NO_PARTS}
        connection.execute(inserting(connection, child_table).on_conflict_do_nothing(), [new])
        row = connection.execute(_CHILD, {"of": child}).mappings().one()
    return ReleaseChild(**row)


def save_child(
    connection: Connection, shard: str, child: ReleaseChild, *, audit: AuditEntry
) -> None:
    """Insert or replace the state of a child."""
    append(connection, shard, audit)
    upsert(connection, child_table, [_values(child)])


def get_candidate(connection: Connection, child: str) -> Candidate | None:
    """The newest decision on a child."""
    row = connection.execute(_CANDIDATE, {"of": child}).mappings().first()
    return Candidate(**row) if row else None


def list_candidates(connection: Connection) -> list[Candidate]:
    """All newest decisions, by child."""
    rows = connection.execute(select(candidate_table).order_by(candidate_table.c.child))
    return [Candidate(**row) for row in rows.mappings()]


def save_candidate(
    connection: Connection, shard: str, candidate: Candidate, *, audit: AuditEntry
) -> None:
    """Insert or replace the decision on a child."""
    append(connection, shard, audit)
    upsert(connection, candidate_table, [_values(candidate)])


def list_published(connection: Connection) -> dict[str, Published]:
    """What MOLIP was shown, by child."""
    rows = connection.execute(select(published_table)).mappings()
    return {row["child"]: Published(**row) for row in rows}


def save_published(
    connection: Connection, shard: str, shown: Sequence[Published], *, audit: AuditEntry
) -> None:
    """Insert or replace what MOLIP was shown."""
    append(connection, shard, audit)
    upsert(connection, published_table, [_values(one) for one in shown])


def add_epoch(
    connection: Connection, shard: str, closed_at: datetime, rows: int, *, audit: AuditEntry
) -> int:
    """Close an epoch and return its number, which grows by one."""
    append(connection, shard, audit)
    number = last_epoch(connection) + 1
    connection.execute(insert(epoch_table).values(number=number, closed_at=closed_at, rows=rows))
    return number


def last_epoch(connection: Connection) -> int:
    """The number of the last closed epoch; 0 before the first."""
    return connection.execute(select(func.max(epoch_table.c.number))).scalar() or 0


def next_sequence(connection: Connection) -> int:
    """A number that grows with every act of publishing; its row is locked until the end."""
    mine = sequence_table.c.name == "publish"
    grow = update(sequence_table).where(mine).values(value=sequence_table.c.value + 1)
    if not connection.execute(grow).rowcount:
        connection.execute(insert(sequence_table).values(name="publish", value=1))
    return int(connection.execute(select(sequence_table.c.value).where(mine)).scalar_one())


def save_figure(connection: Connection, ref: str, version: str, cell: Mapping[str, Any]) -> None:
    """Keep the newest state of a figure; it is about no child, so nothing is audited."""
    row = {"ref": ref, "version": version, "cell": dict(cell)}
    upsert(connection, figure_table, [row], guard="version")


def list_figures(connection: Connection) -> Iterable[Mapping[str, Any]]:
    """The cells of all figures."""
    return list(connection.execute(select(figure_table.c.cell)).scalars())


# What runs for every message is built once: to build a statement takes longer than to run it.
_CHILD = select(child_table).where(child_table.c.child == bindparam("of")).with_for_update()
_CANDIDATE = select(candidate_table).where(candidate_table.c.child == bindparam("of"))


def _values(thing: ReleaseChild | Candidate | Published) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in type(thing).__dataclass_fields__}
