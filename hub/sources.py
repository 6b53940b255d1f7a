"""How far each source has been read: checkpoint, completeness, problem. Reads no source."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    select,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import inserting, upsert

source_metadata = MetaData()
source_table = Table(
    "source",
    source_metadata,
    Column("system", String(40), primary_key=True),
    Column("checkpoint", JSON),
    Column("polls", Integer, nullable=False),
    Column("next_poll", Float, nullable=False),
    Column("complete_until", String(40), nullable=False),
    Column("problem", String(500), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source. `next_poll` is in wall-clock seconds: waiting is real.

    `polls` counts the pulls that found the source drained; `complete_until` is the source's own
    time up to which everything was read; `problem` says what keeps it from being read, or "".
    """

    system: str
    checkpoint: Mapping[str, Any] | None
    polls: int
    next_poll: float
    complete_until: str
    problem: str


def list_sources(connection: Connection) -> list[SourceState]:
    """All sources, by name."""
    rows = connection.execute(select(source_table).order_by(source_table.c.system)).mappings()
    return [SourceState(**row) for row in rows]


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
    due = select(source_table).where(source_table.c.next_poll <= wall)
    rows = connection.execute(due.order_by(source_table.c.next_poll)).mappings()
    return [SourceState(**row) for row in rows]


def end_poll(connection: Connection, shard: str, state: SourceState, *, audit: AuditEntry) -> None:
    """Store what a poll came to."""
    append(connection, shard, audit)
    upsert(connection, source_table, [asdict(state)])


def complete_until(connection: Connection, system: str) -> datetime | None:
    """The source's own time up to which everything it held has been collected."""
    stored = connection.execute(
        select(source_table.c.complete_until).where(_is(system))
    ).scalar_one_or_none()
    return datetime.fromisoformat(stored) if stored else None


def _is(system: str) -> ColumnElement[bool]:
    return source_table.c.system == system
