"""The referral room's tables: referrals, their tasks, and the newest sealed state of each child.

Holds pseudonyms, codes, dates and ciphertext. The stage `refer` is the one owner of these rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import UtcTime, upsert

referral_metadata = MetaData()
referral_table = Table(
    "referral",
    referral_metadata,
    Column("id", String(36), primary_key=True),
    Column("child", String(36), nullable=False, index=True),
    Column("trigger_system", String(40), nullable=False),
    Column("trigger_ref", String(80), nullable=False),
    Column("trigger_name", String(60), nullable=False),
    Column("trigger_at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("state_on", Date, nullable=False),
    Column("recipient_system", String(40), nullable=False),
    Column("recipient", String(80), nullable=False),
    Column("service", String(60), nullable=False),
    Column("service_id", String(36), nullable=False, unique=True),
    Column("route", String(20), nullable=False),
    Column("case_ref", String(80), nullable=False, index=True),
    Column("case_before", JSON),
    Column("made_at", UtcTime, nullable=False),
    Column("deadline", Date, nullable=False),
    UniqueConstraint("trigger_system", "trigger_ref", name="referral_trigger"),
)
task_table = Table(
    "referral_task",
    referral_metadata,
    Column("referral", String(36), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)
child_table = Table(
    "referral_child",
    referral_metadata,
    Column("child", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("members", JSON, nullable=False),
    Column("parts", LargeBinary, nullable=False),
)
case_table = Table(
    "referral_case",
    referral_metadata,
    Column("case_ref", String(80), primary_key=True),
    Column("version", String(300), nullable=False),
    Column("state", JSON, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One referral: of one child, for one triggering record, to one recipient.

    `route` is empty until delivered, then `referral`, `assignment` or `service`; `service_id` is
    the recipient's service row, known before it is sent, so that no answer can come too early;
    `case_before` is the owner and status of the case when it was delivered without a referral:
    what differs from it is the answer.
    """

    id: str
    child: str
    trigger_system: str
    trigger_ref: str
    trigger_name: str
    trigger_at: datetime
    state: str
    state_on: date
    recipient_system: str
    recipient: str
    service: str
    service_id: str
    route: str
    case_ref: str
    case_before: Mapping[str, Any] | None
    made_at: datetime
    deadline: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferredChild:
    """The newest state of a child that has referrals; `sequence` counts what was published."""

    child: str
    version: int
    sequence: int
    members: Sequence[Mapping[str, Any]]
    parts: bytes


def get_by_trigger(connection: Connection, system: str, ref: str) -> Referral | None:
    """The referral that this record triggered, if it did."""
    where = (referral_table.c.trigger_system == system) & (referral_table.c.trigger_ref == ref)
    return _one(connection, where)


def get_one(connection: Connection, referral: str) -> Referral | None:
    """A referral by its id."""
    return _one(connection, referral_table.c.id == referral)


def get_by_service(connection: Connection, service_ids: Sequence[str]) -> Referral | None:
    """The referral that one of these service rows carries."""
    return _one(connection, referral_table.c.service_id.in_(list(service_ids)))


def list_by_case(connection: Connection, case_ref: str) -> list[Referral]:
    """The referrals that went into this case of the recipient's."""
    return _many(connection, referral_table.c.case_ref == case_ref)


def list_by_child(connection: Connection, child: str) -> list[Referral]:
    """A child's referrals, oldest first."""
    return _many(connection, referral_table.c.child == child)


def save_referral(
    connection: Connection, shard: str, referral: Referral, *, audit: AuditEntry
) -> None:
    """Insert or replace one referral."""
    append(connection, shard, audit)
    upsert(connection, referral_table, [_values(referral)])


def open_task(
    connection: Connection, shard: str, referral: str, reason: str, now: datetime,
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Give a referral to a person; opening a task twice keeps the first."""
    where = (task_table.c.referral == referral) & (task_table.c.reason == reason)
    if connection.execute(select(task_table.c.reason).where(where)).first() is None:
        append(connection, shard, audit)
        connection.execute(
            insert(task_table).values(referral=referral, reason=reason, made_at=now, ended_at=None)
        )


def end_tasks(
    connection: Connection, shard: str, referral: str, now: datetime, *, audit: AuditEntry
) -> None:
    """End a referral's open tasks: it has moved on, and nobody has to see to them any more."""
    mine = (task_table.c.referral == referral) & task_table.c.ended_at.is_(None)
    if connection.execute(update(task_table).where(mine).values(ended_at=now)).rowcount:
        append(connection, shard, audit)


def get_child(connection: Connection, child: str) -> ReferredChild | None:
    """The newest state of a referred child."""
    query = select(child_table).where(child_table.c.child == child)
    row = connection.execute(query).mappings().first()
    return ReferredChild(**row) if row else None


def lock_child(connection: Connection, child: str) -> ReferredChild | None:
    """The same, its row locked until the transaction ends: whoever changes a referral does so."""
    query = select(child_table).where(child_table.c.child == child).with_for_update()
    row = connection.execute(query).mappings().first()
    return ReferredChild(**row) if row else None


def hold(connection: Connection, referral: Referral) -> Referral:
    """The referral as it is now that its child is locked; it may have moved to another child."""
    while True:
        lock_child(connection, referral.child)
        now = get_one(connection, referral.id) or referral
        if now.child == referral.child:
            return now
        referral = now


def save_child(
    connection: Connection, shard: str, child: ReferredChild, *, audit: AuditEntry
) -> None:
    """Insert or replace the newest state of a referred child."""
    append(connection, shard, audit)
    upsert(connection, child_table, [_values(child)])


def save_case(
    connection: Connection, shard: str, case_ref: str, version: str, state: Mapping[str, Any],
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Keep the newest state of a recipient's case; an older version changes nothing."""
    append(connection, shard, audit)
    row = {"case_ref": case_ref, "version": version, "state": dict(state)}
    upsert(connection, case_table, [row], guard="version")


def get_case(connection: Connection, case_ref: str) -> Mapping[str, Any] | None:
    """The newest state of a recipient's case."""
    query = select(case_table.c.state).where(case_table.c.case_ref == case_ref)
    return connection.execute(query).scalar_one_or_none()


def _one(connection: Connection, where: ColumnElement[bool]) -> Referral | None:
    row = connection.execute(select(referral_table).where(where)).mappings().first()
    return Referral(**row) if row else None


def _many(connection: Connection, where: ColumnElement[bool]) -> list[Referral]:
    query = select(referral_table).where(where)
    rows = connection.execute(query.order_by(referral_table.c.trigger_at, referral_table.c.id))
    return [Referral(**row) for row in rows.mappings()]


def _values(thing: Referral | ReferredChild) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in type(thing).__dataclass_fields__}


# --- what the API and the console read ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A referral that a person has to see to, for one reason, since a time."""

    referral: Referral
    reason: str
    since: datetime


def list_page(
    connection: Connection, *, systems: Sequence[str] = (), states: Sequence[str] = (),
    after: str = "", most: int,
) -> list[Referral]:  # fmt: skip
    """One page of referrals by when they were made, behind the referral `after`.

    Empty systems or states mean all; a page behind a referral that does not exist is empty.
    """
    table = referral_table.c
    query = select(referral_table).order_by(table.made_at, table.id).limit(most)
    if systems:
        query = query.where(table.trigger_system.in_(list(systems)))
    if states:
        query = query.where(table.state.in_(list(states)))
    if after:
        last = get_one(connection, after)
        if last is None:
            return []
        later = (table.made_at == last.made_at) & (table.id > last.id)
        query = query.where((table.made_at > last.made_at) | later)
    return [Referral(**row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """How many referrals wait to be sent to one system, and since when the oldest does."""

    system: str
    count: int
    since: datetime


def list_unsent(connection: Connection) -> list[Unsent]:
    """The referrals that wait to be sent, by the system of their recipient."""
    table = referral_table.c
    since = func.min(table.made_at, type_=UtcTime)
    rows = connection.execute(
        select(table.recipient_system, func.count(), since)
        .where(table.state == "waiting")
        .group_by(table.recipient_system)
        .order_by(table.recipient_system)
    )
    return [Unsent(system=system, count=count, since=since) for system, count, since in rows]


def list_open_tasks(connection: Connection, most: int) -> list[OpenTask]:
    """The open tasks with their referrals, oldest first."""
    rows = connection.execute(
        select(referral_table, task_table.c.reason, task_table.c.made_at.label("since"))
        .join(task_table, task_table.c.referral == referral_table.c.id)
        .where(task_table.c.ended_at.is_(None))
        .order_by(task_table.c.made_at, referral_table.c.id, task_table.c.reason)
        .limit(most)
    ).mappings()
    fields = tuple(Referral.__dataclass_fields__)
    return [
        OpenTask(
            referral=Referral(**{name: row[name] for name in fields}),
            reason=row["reason"],
            since=row["since"],
        )
        for row in rows
    ]


def reasons_of(connection: Connection, referrals: Sequence[str]) -> dict[str, list[str]]:
    """The reasons of the open tasks of these referrals."""
    rows = connection.execute(
        select(task_table.c.referral, task_table.c.reason)
        .where(task_table.c.ended_at.is_(None), task_table.c.referral.in_(list(referrals)))
        .order_by(task_table.c.referral, task_table.c.reason)
    )
    found: dict[str, list[str]] = {}
    for name, reason in rows:
        found.setdefault(name, []).append(reason)
    return found


def count_states(connection: Connection, systems: Sequence[str] = ()) -> dict[str, int]:
    """Referrals by state, of those that records of the systems triggered; of all without any."""
    query = select(referral_table.c.state, func.count()).group_by(referral_table.c.state)
    if systems:
        query = query.where(referral_table.c.trigger_system.in_(list(systems)))
    rows = connection.execute(query.order_by(referral_table.c.state))
    return dict((state, count) for state, count in rows)  # noqa: C402 - a row is no pair to mypy


def count_tasks(connection: Connection) -> int:
    """Referrals that a person has to see to, each counted once."""
    query = select(task_table.c.referral).where(task_table.c.ended_at.is_(None)).distinct()
    return len(connection.execute(query).all())
