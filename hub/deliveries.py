"""The delivery room's tables: what is to go out, to whom, and what came of it. Sends nothing.

Holds pseudonyms, states and ciphertext: a child's newest referral event is kept sealed, so that
the payload is built from it at send time, under the decision of that moment.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    select,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import UtcTime, upsert

delivery_metadata = MetaData()
child_table = Table(
    "delivery_child",
    delivery_metadata,
    Column("child", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("data", JSON, nullable=False),
    Column("parts", LargeBinary, nullable=False),
)
delivery_table = Table(
    "delivery",
    delivery_metadata,
    Column("id", String(80), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("child", String(36), nullable=False, index=True),
    Column("referral", String(36), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("told", String(20), nullable=False),
    Column("trigger_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Float, nullable=False),
    Column("problem", String(60), nullable=False),
)

REFERRAL, HOME = "referral", "home"
WAITING, SENT, REFUSED = "waiting", "sent", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredChild:
    """The newest referral event of a child: clear data, and its sealed parts as they came."""

    child: str
    version: int
    sequence: int
    data: Mapping[str, Any]
    parts: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDelivery:
    """One thing to send: a referral to its recipient, or its state home to who referred.

    `told` is the state that goes home; `next_try` is in wall-clock seconds.
    """

    id: str
    kind: str
    child: str
    referral: str
    state: str
    told: str
    trigger_at: datetime
    attempts: int
    next_try: float
    problem: str


def get_child(connection: Connection, child: str) -> DeliveredChild | None:
    """The newest referral event of a child."""
    query = select(child_table).where(child_table.c.child == child)
    row = connection.execute(query).mappings().first()
    return DeliveredChild(**row) if row else None


def save_child(
    connection: Connection, shard: str, child: DeliveredChild, *, audit: AuditEntry
) -> None:
    """Insert or replace it; an older sequence changes nothing."""
    append(connection, shard, audit)
    upsert(connection, child_table, [asdict(child)], guard="sequence")


def get_delivery(connection: Connection, name: str) -> OpenDelivery | None:
    """A delivery by its id."""
    row = connection.execute(
        select(delivery_table).where(delivery_table.c.id == name)
    ).mappings().first()  # fmt: skip
    return OpenDelivery(**row) if row else None


def lock_delivery(connection: Connection, name: str) -> OpenDelivery | None:
    """The same, its row locked until the transaction ends."""
    query = select(delivery_table).where(delivery_table.c.id == name).with_for_update()
    row = connection.execute(query).mappings().first()
    return OpenDelivery(**row) if row else None


def list_due(connection: Connection, wall: float) -> list[OpenDelivery]:
    """Deliveries whose time has come: referrals before answers home, oldest trigger first."""
    where = (delivery_table.c.state == WAITING) & (delivery_table.c.next_try <= wall)
    order = (delivery_table.c.kind.desc(), delivery_table.c.trigger_at, delivery_table.c.id)
    rows = connection.execute(select(delivery_table).where(where).order_by(*order))
    return [OpenDelivery(**row) for row in rows.mappings()]


def save_delivery(
    connection: Connection, shard: str, delivery: OpenDelivery, *, audit: AuditEntry
) -> None:
    """Insert or replace one delivery."""
    append(connection, shard, audit)
    upsert(connection, delivery_table, [asdict(delivery)])


def count_open(connection: Connection) -> int:
    """Deliveries that have not ended."""
    query = select(func.count()).where(delivery_table.c.state == WAITING)
    return int(connection.execute(query).scalar_one())
