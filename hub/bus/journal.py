"""What a stage remembers, in every store: position, inbox, outbox, parked, timers, claims.

Tables and the small statements on them; decides nothing, publishes nothing. `journal_metadata` is
part of every database that a stage writes to, so that all of it commits with the stage's own work.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    exists,
    select,
    update,
)

from hub.bus.database import UtcTime, Values, insert_rows, inserting, upsert
from hub.bus.port import FencedError, Partition
from hub.bus.stage import Timer

journal_metadata = MetaData()

position = Table(
    "journal_position",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)

inbox = Table(
    "journal_inbox",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("message", String, primary_key=True),
    Column("seen", Float, nullable=False),  # wall seconds: a simulated clock must not prune
    Index("journal_inbox_by_age", "stage", "seen"),
)

outbox = Table(
    "journal_outbox",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("run", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", String, nullable=False),  # the input's topic and partition, or empty
    Column("topic", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("value", LargeBinary),
    Column("headers", LargeBinary, nullable=False),
)

parked = Table(
    "journal_parked",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("message", String, primary_key=True),
    Column("topic", String, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", String, nullable=False),
    Column("type", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("version", String, nullable=False),
    Column("system", String, nullable=False, index=True),
    Column("error", String, nullable=False),
    Column("place", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry", Boolean, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("value", LargeBinary),
    Column("headers", LargeBinary, nullable=False),
    Index("journal_parked_by_key", "stage", "key"),
)

timer = Table(
    "journal_timer",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("due", UtcTime, nullable=False),
    Column("data", JSON, nullable=False),
    Column("cause", String, nullable=False),
    Index("journal_timer_by_due", "stage", "due"),
)

claim = Table(
    "journal_claim",
    journal_metadata,
    Column("stage", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("run", String, nullable=False),
    Column("until", Float, nullable=False),  # wall seconds
    Column("cause", String, nullable=False),
)

turn = Table(
    "journal_turn",  # one row a stage: locked by whoever claims or settles an errand of it
    journal_metadata,
    Column("stage", String, primary_key=True),
)


class JournalTx:
    """One open transaction, as `Tx` of `hub/bus/stage.py` says. The worker names the shard."""

    def __init__(
        self, connection: Connection, stage: str, shard: str, new_cause: Callable[[], str]
    ) -> None:
        self.connection = connection
        self.shard = f"{stage}/{shard}"
        self._stage = stage
        self._new_cause = new_cause

    def set_timer(
        self, key: str, due: datetime, *, stage: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Wake the stage (this one by default) at `due`, instead of any earlier setting."""
        row = {
            "stage": stage or self._stage,
            "key": key,
            "due": due,
            "data": dict(data or {}),
            "cause": self._new_cause(),
        }
        upsert(self.connection, timer, [row])

    def drop_timer(self, key: str, *, stage: str = "") -> None:
        """Forget a timer; unknown keys are ignored."""
        where = (timer.c.stage == (stage or self._stage), timer.c.key == key)
        self.connection.execute(delete(timer).where(*where))


def find_position(connection: Connection, stage: str, partition: Partition) -> int | None:
    """Return the next offset to handle; None before the first."""
    query = select(position.c.next_offset).where(*_at(stage, partition))
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def advance(
    connection: Connection, stage: str, partition: Partition, *, was: int | None, to: int
) -> None:
    """Move the position by compare and set, and keep its row locked until the transaction ends.

    Raises FencedError when it is not where this worker left it: another one owns the partition.
    """
    if was is None:
        row = {"stage": stage, "topic": partition.topic, "partition": partition.number}
        start = inserting(connection, position).values(**row, next_offset=to)
        # Insertions count their rows alike on both databases only when they return them.
        done = connection.execute(
            start.on_conflict_do_nothing().returning(position.c.next_offset)
        ).all()
    else:
        move = {"s": stage, "t": partition.topic, "p": partition.number, "was": was, "to": to}
        done = connection.execute(_ADVANCE, move).all()
    if not done:
        raise FencedError(f"{stage}: {partition.topic}/{partition.number} moved on elsewhere")


def seen_before(connection: Connection, stage: str, messages: Collection[str]) -> set[str]:
    """Return which of the messages this stage handled already."""
    found = connection.execute(_SEEN, {"stage": stage, "messages": list(messages)})
    return set(found.scalars())


def remember(connection: Connection, stage: str, messages: Sequence[str], seen: float) -> None:
    """Note the messages in the inbox, so that a doubled one is ignored."""
    rows: list[Values] = [(stage, message, seen) for message in messages]
    insert_rows(connection, inbox, ("stage", "message", "seen"), rows)


def prune_inbox(connection: Connection, stage: str, before: float) -> int:
    """Forget messages seen before the wall time `before`; keep longer than any topic does."""
    where = (inbox.c.stage == stage, inbox.c.seen < before)
    return connection.execute(delete(inbox).where(*where)).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """A timer that is due, with the id that what it causes derives from."""

    timer: Timer
    cause: str


def take_due(
    connection: Connection, stage: str, now: datetime, *, most: int, but: Collection[str] = ()
) -> list[DueTimer]:
    """Lock the oldest due timers for this transaction; other workers pass over them."""
    rows = connection.execute(
        select(timer)
        .where(timer.c.stage == stage, timer.c.due <= now, timer.c.key.not_in(sorted(but)))
        .order_by(timer.c.due, timer.c.key)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [
        DueTimer(
            timer=Timer(stage=row.stage, key=row.key, due=row.due, data=row.data), cause=row.cause
        )
        for row in rows
    ]


def take_turn(connection: Connection, stage: str) -> None:
    """Wait until no other transaction claims or settles an errand of the stage."""
    row = {"stage": stage}
    if connection.execute(_TURN, row).one_or_none() is None:
        connection.execute(inserting(connection, turn).on_conflict_do_nothing(), [row])
        connection.execute(_TURN, row).one()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a stage finds to do besides messages."""

    due: bool
    retries: bool


def look(connection: Connection, stage: str, now: datetime) -> Waiting:
    """See, in one statement, whether a timer is due or a parked record is to be tried again."""
    row = connection.execute(_LOOK, {"stage": stage, "now": now}).one()
    return Waiting(due=bool(row.due), retries=bool(row.retries))


def _at(stage: str, partition: Partition) -> tuple[Any, ...]:
    return (
        position.c.stage == stage,
        position.c.topic == partition.topic,
        position.c.partition == partition.number,
    )


# Run at every round of every worker, so they are built once.
_ADVANCE = (
    update(position)
    .where(
        position.c.stage == bindparam("s"),
        position.c.topic == bindparam("t"),
        position.c.partition == bindparam("p"),
        position.c.next_offset == bindparam("was"),
    )
    .values(next_offset=bindparam("to"))
    .returning(position.c.next_offset)
)
_LOOK = select(
    exists()
    .where(timer.c.stage == bindparam("stage"), timer.c.due <= bindparam("now"))
    .label("due"),
    exists().where(parked.c.stage == bindparam("stage"), parked.c.retry.is_(True)).label("retries"),
)
_TURN = select(turn.c.stage).where(turn.c.stage == bindparam("stage")).with_for_update()

_SEEN = select(inbox.c.message).where(
    inbox.c.stage == bindparam("stage"),
    inbox.c.message.in_(bindparam("messages", expanding=True)),
)


def remember_new(connection: Connection, stage: str, message: str, seen: float) -> bool:
    """Note one message; False when it was noted before, also by a transaction that ends first."""
    row = {"stage": stage, "message": message, "seen": seen}
    new = inserting(connection, inbox).values(row).on_conflict_do_nothing()
    return connection.execute(new.returning(inbox.c.message)).first() is not None
