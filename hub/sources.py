"""How far each source has been read: checkpoint, completeness, problem. Reads no source.

A source is a system, read by its own adapter, or one contract that a site has installed: then its
name is `system/record`. Pseudonyms, topics and the ledger go by the system alone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    select,
    true,
    update,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import inserting, upsert

source_metadata = MetaData()
source_table = Table(
    "source",
    source_metadata,
    Column("system", String(90), primary_key=True),
    Column("checkpoint", JSON),
    Column("polls", Integer, nullable=False),
    Column("next_poll", Float, nullable=False),
    Column("complete_until", String(40), nullable=False),
    Column("problem", String(500), nullable=False),
    # Whether it is to be read: a contract that was uninstalled keeps its checkpoint.
    Column("active", Boolean, nullable=False, server_default=true()),
)
_STATE = [column for column in source_table.columns if column.name != "active"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source; `system` is its name. `next_poll` is in wall-clock seconds: waiting is real.

    `polls` counts the pulls that found the source drained; `complete_until` is the source's own
    time up to which everything was read; `problem` says what keeps it from being read, or "".
    """

    system: str
    checkpoint: Mapping[str, Any] | None
    polls: int
    next_poll: float
    complete_until: str
    problem: str


def system_of(source: str) -> str:
    """The system that a source belongs to, by its name."""
    return source.partition("/")[0]


def list_sources(connection: Connection) -> list[SourceState]:
    """All sources that are to be read, by name."""
    query = select(*_STATE).where(source_table.c.active).order_by(source_table.c.system)
    return [SourceState(**row) for row in connection.execute(query).mappings()]


def register(connection: Connection, system: str) -> None:
    """Make the source known; a source that is known stays as it is. Holds no child: no audit."""
    row = {
        "system": system, "checkpoint": None, "polls": 0, "next_poll": 0.0,
        "complete_until": "", "problem": "",
    }  # fmt: skip
    # Every process of an installation does this at its start.
    connection.execute(inserting(connection, source_table).values(row).on_conflict_do_nothing())


def list_due(connection: Connection, wall: float) -> list[SourceState]:
    """The sources whose next poll is due, longest waiting first."""
    due = select(*_STATE).where(source_table.c.active, source_table.c.next_poll <= wall)
    rows = connection.execute(due.order_by(source_table.c.next_poll)).mappings()
    return [SourceState(**row) for row in rows]


def end_poll(connection: Connection, shard: str, state: SourceState, *, audit: AuditEntry) -> None:
    """Store what a poll came to."""
    append(connection, shard, audit)
    upsert(connection, source_table, [asdict(state)])


def set_active(
    connection: Connection, shard: str, system: str, active: bool, *, audit: AuditEntry
) -> None:
    """Begin to read a source, at once and where it was left; or leave it alone from now on."""
    append(connection, shard, audit)
    register(connection, system)
    changed = update(source_table).where(_is(system)).values(active=active, next_poll=0.0)
    connection.execute(changed)


def ask_all(connection: Connection, shard: str, *, audit: AuditEntry) -> None:
    """Let every source be polled at once, also one that rests after a problem."""
    append(connection, shard, audit)
    connection.execute(update(source_table).values(next_poll=0.0, problem=""))


def freshness(connection: Connection) -> dict[str, datetime | None]:
    """By system: its own time up to which all of its sources were read; None while one was not."""
    found: dict[str, datetime | None] = {}
    for state in list_sources(connection):
        system, until = system_of(state.system), _moment(state.complete_until)
        known = found.get(system, until)
        found[system] = min(known, until) if known and until else None
    return found


def complete_until(connection: Connection, system: str) -> datetime | None:
    """The source's own time up to which everything it held has been collected."""
    stored = connection.execute(
        select(source_table.c.complete_until).where(_is(system))
    ).scalar_one_or_none()
    return _moment(stored) if stored else None


def _moment(stored: str) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def _is(system: str) -> ColumnElement[bool]:
    return source_table.c.system == system
