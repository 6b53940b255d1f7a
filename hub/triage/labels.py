"""What a site calls its codes: stored, compared with the contracts, accepted. Reads no source.

A site may give an old code another meaning: the label betrays it. The field then stops, for every
record that comes, until people say that the new label means the same, or the contract is changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Row, String, Table, delete, select

from contracts import paths
from contracts.audit import AuditEntry
from contracts.source_contract import SourceContract
from contracts.text import normalise
from hub import site_contracts
from hub.bus.audit import append
from hub.bus.database import UtcTime, upsert

_LONGEST = 400
label_metadata = MetaData()
label_table = Table(
    "source_labels",
    label_metadata,
    Column("system", String(40), primary_key=True),
    Column("record", String(40), primary_key=True),
    Column("path", String(200), primary_key=True),
    Column("labels", JSON, nullable=False),
    Column("since", UtcTime, nullable=False),
)
accepted_table = Table(
    "triage_accepted_label",
    label_metadata,
    Column("system", String(40), primary_key=True),
    Column("record", String(40), primary_key=True),
    Column("path", String(200), primary_key=True),
    Column("code", String(200), primary_key=True),
    Column("label", String(_LONGEST), nullable=False),
    Column("accepted_by", String(200), nullable=False),
    Column("accepted_at", UtcTime, nullable=False),
)

FieldLabels = Mapping[str, Mapping[str, str]]
"""For each field of a source's record, by its path: code to label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A code whose label at the site is not the contract's. `targets` are stopped."""

    system: str
    record: str
    path: str
    code: str
    ours: str
    theirs: str
    since: datetime
    targets: tuple[str, ...]


def store(
    connection: Connection, shard: str, system: str, record: str, fields: FieldLabels,
    now: datetime, *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Keep what the site calls its codes now, in place of what it called them."""
    append(connection, shard, audit)
    where = (label_table.c.system == system) & (label_table.c.record == record)
    old = {row.path: row for row in connection.execute(select(label_table).where(where))}
    connection.execute(delete(label_table).where(where))
    rows = [
        {
            "system": system, "record": record, "path": path[:200], "labels": dict(labels),
            "since": old[path].since if path in old and old[path].labels == labels else now,
        }
        for path, labels in fields.items()
    ]  # fmt: skip
    upsert(connection, label_table, rows)


def accept(
    connection: Connection, shard: str, changed: Changed, by: str, now: datetime,
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Note that the new label means what the contract's means."""
    append(connection, shard, audit)
    row = {
        "system": changed.system, "record": changed.record, "path": changed.path,
        "code": changed.code, "label": _plain(changed.theirs), "accepted_by": by,
        "accepted_at": now,
    }  # fmt: skip
    upsert(connection, accepted_table, [row])


def changed(connection: Connection, contract: SourceContract) -> list[Changed]:
    """The codes whose label has changed and was not accepted, by field and code."""
    named = {"system": contract.system, "record": contract.record}
    site = {row.path: row for row in _mine(connection, label_table, named)}
    if not site:
        return []
    accepted = {
        (row.path, row.code): row.label for row in _mine(connection, accepted_table, named)
    }  # fmt: skip
    found: dict[tuple[str, str], Changed] = {}
    for path, target, code, ours in _understood(contract):
        row = site.get(path)
        theirs = row.labels.get(code, "") if row else ""
        if not row or _plain(theirs) in {"", _plain(ours), accepted.get((path, code))}:
            continue
        before = found.get((path, code))
        targets = (*(before.targets if before else ()), target)
        found[path, code] = Changed(
            **named, path=path, code=code, ours=ours, theirs=theirs, since=row.since,
            targets=tuple(dict.fromkeys(targets)),
        )  # fmt: skip
    return [found[key] for key in sorted(found)]


def stops(connection: Connection, contract: SourceContract) -> frozenset[str]:
    """The targets that are stopped: a code of theirs has another label now."""
    return frozenset(target for one in changed(connection, contract) for target in one.targets)


def all_changed(connection: Connection) -> list[Changed]:
    """What has changed at any site."""
    rows = connection.execute(select(label_table.c.system, label_table.c.record).distinct())
    names = sorted({(row.system, row.record) for row in rows})
    return [
        one
        for system, record in names
        if (contract := site_contracts.in_use(connection, system, record))
        for one in changed(connection, contract)
    ]


def _mine(connection: Connection, table: Table, named: Mapping[str, str]) -> Sequence[Row[Any]]:
    where = (table.c.system == named["system"]) & (table.c.record == named["record"])
    return connection.execute(select(table).where(where)).all()


def _understood(contract: SourceContract) -> Iterator[tuple[str, str, str, str]]:
    """(path, target, code, label) of every code that a crosswalk of the contract names."""
    placed = [(row, row.target) for row in contract.rows]
    placed += [(row, f"{one.target}.{row.target}") for one in contract.lists for row in one.rows]
    for row, target in placed:
        for code, label in contract.labels.get(row.crosswalk, {}).items():
            if label:
                yield ".".join(paths.names(row.column)), target, code, label


def _plain(label: str) -> str:
    """A label for comparing: neither case nor blanks make another meaning; as long as is stored."""
    return normalise(label).casefold()[:_LONGEST]
