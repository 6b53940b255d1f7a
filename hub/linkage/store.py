"""The linkage room's tables: records under blind indexes, and which child each belongs to.

Holds pseudonyms, blind indexes and ciphertext; opens nothing and decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.database import UtcTime, upsert
from hub.linkage.partition import Linked

linkage_metadata = MetaData()

record_table = Table(
    "linkage_record",
    linkage_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("person", String(80), nullable=False, index=True),
    Column("record", String(40), nullable=False),
    Column("version", String(300), nullable=False),
    Column("changed", String(40), nullable=False),
    Column("card_key", String(80), index=True),
    Column("name_key", String(80), index=True),
    Column("child", String(36)),
    Column("former", String(36)),
    Column("made_at", UtcTime, nullable=False),
    Column("parts", LargeBinary, nullable=False),
)
child_table = Table(
    "linkage_child",
    linkage_metadata,
    Column("child", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("merged_into", String(36)),
)
bound_table = Table(
    "linkage_bound",
    linkage_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("child", String(36), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
counter_table = Table(
    "linkage_counter",
    linkage_metadata,
    Column("name", String(10), primary_key=True),
    Column("value", Integer, nullable=False),
)
Index("linkage_record_child_version", record_table.c.child, record_table.c.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as linkage keeps it. `parts` is its canonical event's sealed parts, encoded.

    `former` is the child that last had it: what it comes back to from waiting for a person.
    """

    system: str
    ref: str
    person: str
    record: str
    version: str
    changed: str
    card_key: str | None
    name_key: str | None
    child: str | None
    made_at: datetime
    parts: bytes
    former: str | None = None

    @property
    def last_child(self) -> str | None:
        """The child that has it, or had it before it came to wait."""
        return self.child or self.former

    def as_linked(self) -> Linked:
        """What the partition needs of it."""
        return Linked(
            system=self.system, ref=self.ref, person=self.person,
            card=self.card_key, name=self.name_key, child=self.child,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChild:
    """A child: a random id, a version that grows with every change of its records."""

    child: str
    version: int
    made_at: datetime
    merged_into: str | None


def take_turn(connection: Connection) -> int:
    """Let one worker link at a time, and return the number of its turn, which only grows.

    Two workers that meet the same new child so end with one child, and later turns win over
    earlier ones downstream. The row stays locked until the transaction ends.
    """
    turn: int | None = connection.execute(_GROW).scalar_one_or_none()
    if turn is None:
        turn = 1
        connection.execute(insert(counter_table).values(name="turn", value=turn))
    return turn


def get_record(connection: Connection, system: str, ref: str) -> StoredRecord | None:
    """The record as last stored."""
    row = connection.execute(_ONE, {"of_system": system, "of_ref": ref}).mappings().first()
    return _record(row) if row else None


def hold_record(connection: Connection, system: str, ref: str) -> StoredRecord | None:
    """The record as last stored; it cannot get another child until the transaction ends."""
    row = connection.execute(_HELD, {"of_system": system, "of_ref": ref}).mappings().first()
    return _record(row) if row else None


def save_record(
    connection: Connection, shard: str, record: StoredRecord, *, audit: AuditEntry
) -> None:
    """Insert or replace one record."""
    append(connection, shard, audit)
    upsert(connection, record_table, [{name: getattr(record, name) for name in _RECORD_FIELDS}])


def list_connected(connection: Connection, start: Sequence[StoredRecord]) -> list[StoredRecord]:
    """Every record that a chain of equal persons, cards or name keys joins to `start`."""
    found = {(r.system, r.ref): r for r in start}
    edge = list(start)
    while edge:
        keys = {
            "persons": sorted({r.person for r in edge}),
            "cards": sorted({r.card_key for r in edge if r.card_key}),
            "names": sorted({r.name_key for r in edge if r.name_key}),
            "children": sorted({r.last_child for r in edge if r.last_child}),
        }
        rows = connection.execute(_NEAR, keys).mappings()
        edge = [r for r in map(_record, rows) if (r.system, r.ref) not in found]
        found.update({(r.system, r.ref): r for r in edge})
    return list(found.values())


def set_children(
    connection: Connection, shard: str, owners: Mapping[tuple[str, str], str | None],
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Say whose the records are: (system, ref) to child id, or None while a person decides."""
    append(connection, shard, audit)
    if owners:
        rows = [
            {"of_system": system, "of_ref": ref, "owner": child}
            for (system, ref), child in owners.items()
        ]
        connection.execute(_ASSIGN, rows)


def list_children(connection: Connection, children: Iterable[str]) -> dict[str, StoredChild]:
    """The children by id."""
    rows = connection.execute(_CHILDREN, {"children": sorted(set(children))}).mappings()
    return {row["child"]: StoredChild(**row) for row in rows}


def follow(connection: Connection, child: str) -> str:
    """The child that this one is now, after merges."""
    while into := connection.execute(_INTO, {"of_child": child}).scalar_one_or_none():
        child = into
    return child


def save_child(
    connection: Connection, shard: str, child: StoredChild, *, audit: AuditEntry
) -> None:
    """Insert or replace one child."""
    append(connection, shard, audit)
    upsert(connection, child_table, [asdict(child)])


def list_members(connection: Connection, child: str) -> list[StoredRecord]:
    """The records of one child, in a fixed order."""
    rows = connection.execute(_MEMBERS, {"of_child": child}).mappings()
    return [_record(row) for row in rows]


def count_children(connection: Connection) -> int:
    """Distinct children that records are linked to now."""
    seen = select(record_table.c.child).where(record_table.c.child.is_not(None)).distinct()
    return len(connection.execute(seen).all())


def version_of(connection: Connection, child: str) -> int | None:
    """The newest version of a child, for gates that must not run ahead of linkage."""
    where = child_table.c.child == child
    return connection.execute(select(child_table.c.version).where(where)).scalar_one_or_none()


def bind(
    connection: Connection, shard: str, system: str, ref: str, child: str, now: datetime,
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Say, before it is sent, that a record which the hub creates in a source is this child's."""
    append(connection, shard, audit)
    row = {"system": system, "ref": ref, "child": child, "made_at": now}
    upsert(connection, bound_table, [row])


def bound_child(connection: Connection, system: str, ref: str) -> str | None:
    """The child that the hub created this record for; None when the record is the source's own."""
    where = (bound_table.c.system == system) & (bound_table.c.ref == ref)
    return connection.execute(select(bound_table.c.child).where(where)).scalar_one_or_none()


def list_bound(
    connection: Connection, records: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Those of the records (system, ref) that the hub created, and the child of each."""
    wanted = set(records)
    rows = connection.execute(_BOUND, {"refs": sorted({ref for _, ref in wanted})})
    found = {(row.system, row.ref): row.child for row in rows}
    return {key: child for key, child in found.items() if key in wanted}


_RECORD_FIELDS = tuple(StoredRecord.__dataclass_fields__)

# What runs for every message is built once: to build a statement takes longer than to run it.
_THIS = (record_table.c.system == bindparam("of_system")) & (
    record_table.c.ref == bindparam("of_ref")
)
_ONE = select(record_table).where(_THIS)
_HELD = _ONE.with_for_update(read=True)
_OWNER = bindparam("owner", type_=String)
_ASSIGN = (
    update(record_table)
    .where(_THIS)
    .values(child=_OWNER, former=func.coalesce(_OWNER, record_table.c.child, record_table.c.former))
)
_NEAR = select(record_table).where(
    or_(
        record_table.c.person.in_(bindparam("persons", expanding=True)),
        record_table.c.card_key.in_(bindparam("cards", expanding=True)),
        record_table.c.name_key.in_(bindparam("names", expanding=True)),
        record_table.c.child.in_(bindparam("children", expanding=True)),
    )
)
_MEMBERS = (
    select(record_table)
    .where(record_table.c.child == bindparam("of_child"))
    .order_by(record_table.c.system, record_table.c.ref)
)
_CHILDREN = select(child_table).where(
    child_table.c.child.in_(bindparam("children", expanding=True))
)
_INTO = select(child_table.c.merged_into).where(child_table.c.child == bindparam("of_child"))
_BOUND = select(bound_table).where(bound_table.c.ref.in_(bindparam("refs", expanding=True)))
_GROW = (
    update(counter_table)
    .where(counter_table.c.name == "turn")
    .values(value=counter_table.c.value + 1)
    .returning(counter_table.c.value)
)


def _record(row: RowMapping) -> StoredRecord:
    return StoredRecord(**{name: row[name] for name in _RECORD_FIELDS})
