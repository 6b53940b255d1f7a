"""Records with a code that their contract does not know, kept sealed, as they came.

So that a record can be translated again, when people have decided, without asking its source. Opens
nothing. A code is the source's own text: for integrators and operators, and never for a log.
"""

from dataclasses import dataclass
from dataclasses import field as column
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    exists,
    select,
    update,
)

from contracts.audit import AuditEntry
from contracts.envelope import Envelope, decode
from hub.bus.audit import append
from hub.bus.database import UtcTime
from hub.bus.outbox import unpack_headers

holding_metadata = MetaData()
holding_table = Table(
    "triage_holding",
    holding_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("record", String(40), nullable=False),
    Column("topic", String(80), nullable=False),
    Column("key", String(80), nullable=False),
    Column("version", String(300), nullable=False),
    Column("due", Boolean, nullable=False),
    Column("trouble", String(200), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Index("triage_holding_due", "due", "system", "record"),
)
held_table = Table(
    "triage_held_code",
    holding_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("why", String(10), primary_key=True),
    Column("field", String(120), primary_key=True),
    Column("code", String(200), primary_key=True),
    Column("record", String(40), nullable=False),
    Column("label", String(200), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Index("triage_held_code_by_code", "system", "record", "field", "code"),
)


class Why(StrEnum):
    """Why a record is held: its contract knows not the code, or the site changed a label."""

    CODE = "code"
    LABEL = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCode:
    """A code of one record. `field` is a target of the common schema."""

    why: Why
    field: str
    code: str = column(repr=False)
    label: str = column(repr=False, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Which contract, field and code."""

    system: str
    record: str
    field: str
    code: str = column(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One record as it came: the event with its sealed parts, and the topic it came from."""

    record: str
    topic: str
    envelope: Envelope

    @property
    def system(self) -> str:
        """Its source."""
        return str((self.envelope.data or {})["system"])

    @property
    def ref(self) -> str:
        """Its pseudonym."""
        return str((self.envelope.data or {})["ref"])


def request(
    connection: Connection, shard: str, named: Named, why: Why, *, audit: AuditEntry
) -> int:
    """Ask that whatever holds this code be translated again; return how many records that are.

    An empty code stands for all codes of the field.
    """
    append(connection, shard, audit)
    held = (
        _is(held_table, holding_table.c.system, holding_table.c.ref)
        & (held_table.c.why == why.value)
        & (held_table.c.field == named.field)
    )
    if named.code:
        held &= held_table.c.code == named.code
    where = of_contract(holding_table, named.system, named.record) & exists().where(held)
    again = update(holding_table).where(where).values(due=True, trouble="")
    return int(connection.execute(again).rowcount)


def set_aside(
    connection: Connection, shard: str, holding: Holding, place: str, *, audit: AuditEntry
) -> None:
    """Note that a record could not be translated again, and where: it waits for a person."""
    append(connection, shard, audit)
    where = _is(holding_table, holding.system, holding.ref)
    connection.execute(
        update(holding_table).where(where).values(due=False, trouble=place[:200])
    )  # fmt: skip


def retry_failed(
    connection: Connection, shard: str, system: str, record: str, *, audit: AuditEntry
) -> int:
    """Ask for another try of what could not be translated again; return how many records."""
    append(connection, shard, audit)
    where = of_contract(holding_table, system, record) & (holding_table.c.trouble != "")
    again = update(holding_table).where(where).values(due=True, trouble="")
    return int(connection.execute(again).rowcount)


def take_due(connection: Connection, system: str, record: str, *, most: int) -> list[Holding]:
    """Lock some records that are to be translated again, for as long as this transaction."""
    rows = connection.execute(  # in no order: to sort all that is due for each batch takes long
        select(holding_table)
        .where(of_contract(holding_table, system, record), holding_table.c.due.is_(True))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [
        Holding(
            record=row.record, topic=row.topic,
            envelope=decode(row.key.encode(), row.value, unpack_headers(row.headers)),
        )
        for row in rows
    ]  # fmt: skip


def has_due(connection: Connection, system: str, record: str) -> bool:
    """Tell whether any record of the contract is still to be translated again."""
    where = of_contract(holding_table, system, record) & holding_table.c.due.is_(True)
    return connection.execute(select(holding_table.c.ref).where(where).limit(1)).first() is not None


def systems_that_hold(connection: Connection) -> set[str]:
    """The sources of which any record is held."""
    return set(connection.execute(select(holding_table.c.system).distinct()).scalars())


def _is(table: Table, system: Any, ref: Any) -> ColumnElement[bool]:  # noqa: ANN401 - or a column
    return and_(table.c.system == system, table.c.ref == ref)


def of_contract(table: Table, system: str, record: str) -> ColumnElement[bool]:
    """Say that a row of the table is of this contract."""
    return (table.c.system == system) & (table.c.record == record)
