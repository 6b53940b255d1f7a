"""What people decided of codes, and the version of what is decided, by contract. Judges nothing.

Every decision raises the contract's version; what was translated under an older one is outranked.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    select,
    update,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import UtcTime, inserting, upsert
from hub.triage.holdings import Named

decision_metadata = MetaData()
version_table = Table(
    "triage_version",
    decision_metadata,
    Column("system", String(40), primary_key=True),
    Column("record", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
)
decision_table = Table(
    "triage_decision",
    decision_metadata,
    Column("system", String(40), primary_key=True),
    Column("record", String(40), primary_key=True),
    Column("field", String(120), primary_key=True),
    Column("code", String(200), primary_key=True),
    Column("label", String(200), nullable=False),
    Column("target", String(120), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("version", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A code that stands for `target`; or, with no target, for nothing, and then a `reason`."""

    named: Named
    label: str = field(repr=False)
    target: str
    reason: str
    decided_by: str
    decided_at: datetime
    version: int = 0

    @property
    def state(self) -> str:
        """What was decided, in a word."""
        return "mapped" if self.target else "ignored"


def versions(connection: Connection) -> dict[tuple[str, str], int]:
    """The version of what is decided, for each contract of which anything ever was."""
    rows = connection.execute(select(version_table))
    return {(row.system, row.record): row.version for row in rows}


def hold_version(connection: Connection, system: str, record: str) -> int:
    """Return a contract's version and keep deciders waiting until this transaction ends."""
    return _locked(connection, system, record, shared=True)


def lock_version(connection: Connection, system: str, record: str) -> None:
    """Wait for all who hold a contract's version, and keep others waiting, as it stays."""
    _locked(connection, system, record, shared=False)


def raise_version(
    connection: Connection, shard: str, system: str, record: str, *, audit: AuditEntry
) -> int:
    """Raise a contract's version; waits for all who hold it, and keeps others waiting."""
    append(connection, shard, audit)
    version = _locked(connection, system, record, shared=False) + 1
    where = _of(version_table, system, record)
    connection.execute(update(version_table).where(where).values(version=version))
    return version


def save(connection: Connection, shard: str, decision: Decision, *, audit: AuditEntry) -> None:
    """Store a decision, in place of any earlier one about this code."""
    append(connection, shard, audit)
    named = decision.named
    row = {
        "system": named.system, "record": named.record, "field": named.field, "code": named.code,
        "label": decision.label, "target": decision.target, "reason": decision.reason,
        "decided_by": decision.decided_by, "decided_at": decision.decided_at,
        "version": decision.version,
    }  # fmt: skip
    upsert(connection, decision_table, [row])


def forget(connection: Connection, shard: str, named: Named, *, audit: AuditEntry) -> bool:
    """Take a decision back; False when there is none."""
    where = _of(decision_table, named.system, named.record) & (decision_table.c.code == named.code)
    where &= decision_table.c.field == named.field
    if not connection.execute(delete(decision_table).where(where)).rowcount:
        return False
    append(connection, shard, audit)
    return True


def list_decisions(
    connection: Connection, *, system: str = "", record: str = "", most: int = 10_000
) -> list[Decision]:
    """What is decided, by contract, field and code."""
    table = decision_table
    query = select(table).order_by(table.c.system, table.c.record, table.c.field, table.c.code)
    if system:
        query = query.where(table.c.system == system)
    if record:
        query = query.where(table.c.record == record)
    return [
        Decision(
            named=Named(system=row.system, record=row.record, field=row.field, code=row.code),
            label=row.label, target=row.target, reason=row.reason, decided_by=row.decided_by,
            decided_at=row.decided_at, version=row.version,
        )
        for row in connection.execute(query.limit(most))
    ]  # fmt: skip


def _locked(connection: Connection, system: str, record: str, *, shared: bool) -> int:
    row = {"system": system, "record": record, "version": 0}
    connection.execute(inserting(connection, version_table).values(row).on_conflict_do_nothing())
    where = _of(version_table, system, record)
    query = select(version_table.c.version).where(where).with_for_update(read=shared)
    return int(connection.execute(query).scalar_one())


def _of(table: Table, system: str, record: str) -> ColumnElement[bool]:
    return (table.c.system == system) & (table.c.record == record)
