"""How much work lies between the sources and their end, at one moment. Reads only; moves nothing.

What it says is exact, never optimistic: all that the hub's database knows is read in one snapshot,
and the ends of the topics after it. Ends only grow, so a lag of nothing means that there was none
at the moment of the snapshot either; whatever was then on its way stood in an outbox or a claim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, func, select

from hub import deliveries
from hub.bus import journal
from hub.bus.database import UtcTime, reading
from hub.bus.port import Bus, Partition
from hub.bus.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What is under way.

    `lag` maps a stage to its topics and the records there that it has not handled, `outbox`,
    `claims`, `parked` and `next_timers` map a stage to its share (a stage with none is not named);
    `retrying` counts parked records that somebody asked to try again, `deliveries_open` what waits
    to be sent outside, `ends_total` every record ever published: it grows whenever anything moves.
    """

    lag: Mapping[str, Mapping[str, int]]
    outbox: Mapping[str, int]
    claims: Mapping[str, int]
    parked: Mapping[str, int]
    retrying: int
    deliveries_open: int
    next_timers: Mapping[str, datetime]
    ends_total: int

    @property
    def total(self) -> int:
        """Everything that moves on by itself, without a timer and without a person."""
        lagging = sum(sum(topics.values()) for topics in self.lag.values())
        held = sum(self.outbox.values()) + sum(self.claims.values())
        return lagging + held + self.retrying + self.deliveries_open

    def is_quiet(self, now: datetime) -> bool:
        """Nothing moves, and no timer is due by `now`."""
        return not self.total and all(due > now for due in self.next_timers.values())


def read_flow(engine: Engine, bus: Bus, pipeline: Sequence[Stage]) -> Flow:
    """Look once. The mirror's own stage keeps its position in its own database: ask the mirror.

    Raises RetriableError while a topic is not there yet or the bus is away.
    """
    topics = {topic for stage in pipeline for topic in (*stage.reads, *stage.publishes)}
    with reading(engine) as connection:
        _hold_one_snapshot(connection)
        at = _positions(connection)
        outbox = _by_stage(connection, journal.outbox)
        claims = _by_stage(connection, journal.claim)
        parked = _by_stage(connection, journal.parked)
        retrying = _retrying(connection)
        deliveries_open = deliveries.count_open(connection)
        timers = _next_timers(connection)
    ends = bus.ends(sorted(topics))
    return Flow(
        lag={stage.name: _lag(stage, at, ends) for stage in pipeline},
        outbox=outbox,
        claims=claims,
        parked=parked,
        retrying=retrying,
        deliveries_open=deliveries_open,
        next_timers=timers,
        ends_total=sum(ends.values()),
    )


def _lag(
    stage: Stage, at: Mapping[tuple[str, Partition], int], ends: Mapping[Partition, int]
) -> dict[str, int]:
    lag = dict.fromkeys(stage.reads, 0)
    for partition, end in ends.items():
        if partition.topic in lag:
            lag[partition.topic] += max(0, end - at.get((stage.name, partition), 0))
    return lag


def _hold_one_snapshot(connection: Connection) -> None:
    """SQLite reads one moment anyway; PostgreSQL would take a new one for each statement."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _positions(connection: Connection) -> dict[tuple[str, Partition], int]:
    rows = connection.execute(select(journal.position))
    return {(row.stage, Partition(row.topic, row.partition)): row.next_offset for row in rows}


def _by_stage(connection: Connection, table: Table) -> dict[str, int]:
    rows = connection.execute(select(table.c.stage, func.count()).group_by(table.c.stage))
    return dict(sorted((name, count) for name, count in rows))


def _retrying(connection: Connection) -> int:
    asked = select(func.count()).where(journal.parked.c.retry.is_(True))
    return int(connection.execute(asked).scalar_one())


def _next_timers(connection: Connection) -> dict[str, datetime]:
    stage, due = journal.timer.c.stage, journal.timer.c.due
    rows = connection.execute(select(stage, func.min(due, type_=UtcTime)).group_by(stage))
    return {name: first for name, first in rows if first is not None}
