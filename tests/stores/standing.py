"""What a store still has to do, as tests look at it: counts, next timers, positions. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from hub.bus import journal
from hub.bus.database import UtcTime, reading
from hub.bus.port import Partition


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """What is open. `timers` holds each stage's next due time."""

    outbox: int
    parked: int
    retrying: int
    claims: int
    timers: Mapping[str, datetime]


def open_work(engine: Engine) -> OpenWork:
    """Count what is open in a store."""
    with reading(engine) as connection:
        counts = connection.execute(
            select(
                select(func.count()).select_from(journal.outbox).scalar_subquery().label("outbox"),
                select(func.count()).select_from(journal.parked).scalar_subquery().label("parked"),
                select(func.count())
                .select_from(journal.parked)
                .where(journal.parked.c.retry.is_(True))
                .scalar_subquery()
                .label("retrying"),
                select(func.count()).select_from(journal.claim).scalar_subquery().label("claims"),
            )
        ).one()
        stage, due = journal.timer.c.stage, func.min(journal.timer.c.due, type_=UtcTime)
        timers = dict(connection.execute(select(stage, due).group_by(stage)).all())
    return OpenWork(
        outbox=counts.outbox,
        parked=counts.parked,
        retrying=counts.retrying,
        claims=counts.claims,
        timers=timers,
    )


def positions(engine: Engine) -> dict[str, dict[Partition, int]]:
    """Return each stage's next offset per partition."""
    found: dict[str, dict[Partition, int]] = {}
    with reading(engine) as connection:
        for row in connection.execute(select(journal.position)):
            place = Partition(row.topic, row.partition)
            found.setdefault(row.stage, {})[place] = row.next_offset
    return found
