"""The contracts that sites have installed: their texts, who installed them, when. Reads no source.

A contract of the program comes first; of an installed one the newest install counts, also for what
is still under way after it was uninstalled. A contract's texts hold no person's value: its samples
are made up.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from contracts import source_contract
from contracts.audit import AuditEntry
from contracts.checking.fault import Texts
from contracts.errors import HubError
from contracts.mapping.translation import plan
from contracts.source_contract import SourceContract
from hub.bus.audit import append
from hub.bus.database import UtcTime

site_contract_metadata = MetaData()
contract_table = Table(
    "site_contract",
    site_contract_metadata,
    Column("system", String(40), primary_key=True),
    Column("record", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(40), nullable=False),
    Column("mapping_version", String(100), nullable=False),
    Column("shipped", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("installed_by", String(200), nullable=False),
    Column("installed_at", UtcTime, nullable=False),
    Column("contract", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("sample", Text, nullable=False),
)
_HEAD = (
    "system", "record", "number", "version", "mapping_version", "shipped", "active",
    "installed_by", "installed_at",
)  # fmt: skip


class UnusableContractError(HubError):
    """An installed contract that this program cannot use: its records wait, all others go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One install of a contract: the n-th of its name. A `shipped` one holds no texts."""

    system: str
    record: str
    number: int
    version: str
    mapping_version: str
    shipped: bool
    active: bool
    installed_by: str
    installed_at: datetime

    @property
    def name(self) -> str:
        """What it is called, as a source and to people: system and record."""
        return f"{self.system}/{self.record}"


def contract_of(connection: Connection, system: str, record: str) -> SourceContract:
    """Return the contract by which records of this name are read.

    Raises UnusableContractError when an installed one cannot be used any more, FatalError when
    there is none at all.
    """
    newest = None if (system, record) in shipped() else _newest(connection, system, record)
    if newest is None or newest.shipped:
        return source_contract.load(system, record)
    return _compiled(newest)


def in_use(connection: Connection, system: str, record: str) -> SourceContract | None:
    """Return the contract of this name; None when it was uninstalled, or cannot be used."""
    installed = find(connection, system, record)
    if installed is not None and not installed.active:
        return None
    try:
        return contract_of(connection, system, record)
    except UnusableContractError:
        return None


def every(connection: Connection) -> frozenset[tuple[str, str]]:
    """Return system and record of all contracts, of the program and of sites."""
    return shipped() | {(one.system, one.record) for one in list_installed(connection)}


@cache
def shipped() -> frozenset[tuple[str, str]]:
    """Return system and record of the contracts that come with the program."""
    return frozenset((system, record) for system, record, _ in source_contract.every())


def list_installed(connection: Connection) -> list[Installed]:
    """The newest install of each name, uninstalled ones too, by name."""
    order = (contract_table.c.system, contract_table.c.record, contract_table.c.number)
    rows = connection.execute(select(*_columns()).order_by(*order)).mappings()
    newest = {(row["system"], row["record"]): Installed(**row) for row in rows}
    return list(newest.values())


def list_history(connection: Connection, system: str, record: str) -> list[Installed]:
    """Every install of one name, the first one first."""
    query = select(*_columns()).where(_named(system, record)).order_by(contract_table.c.number)
    return [Installed(**row) for row in connection.execute(query).mappings()]


def find(connection: Connection, system: str, record: str) -> Installed | None:
    """The newest install of a name."""
    row = _newest(connection, system, record)
    return Installed(**{name: getattr(row, name) for name in _HEAD}) if row else None


def texts_of(connection: Connection, installed: Installed) -> Texts:
    """The three texts of an install; empty ones when it is of the program."""
    number = contract_table.c.number == installed.number
    query = select(contract_table).where(_named(installed.system, installed.record), number)
    row = connection.execute(query).one()
    return Texts(
        contract=row.contract, mapping=row.mapping, sample=row.sample or None,
        place=installed.name,
    )  # fmt: skip


def add(
    connection: Connection, shard: str, installed: Installed, texts: Texts, *, audit: AuditEntry
) -> None:
    """Keep one more install; the ones before it stay, as history."""
    append(connection, shard, audit)
    _rest(connection, installed.system, installed.record)
    row = {name: getattr(installed, name) for name in _HEAD} | {
        "contract": texts.contract, "mapping": texts.mapping, "sample": texts.sample or "",
    }  # fmt: skip
    connection.execute(insert(contract_table).values(row))


def retire(
    connection: Connection, shard: str, system: str, record: str, *, audit: AuditEntry
) -> None:
    """Note that the files of this contract are not read any more."""
    append(connection, shard, audit)
    _rest(connection, system, record)


def _rest(connection: Connection, system: str, record: str) -> None:
    connection.execute(update(contract_table).where(_named(system, record)).values(active=False))


def _newest(connection: Connection, system: str, record: str) -> Row[tuple[object, ...]] | None:
    order = contract_table.c.number.desc()
    query = select(contract_table).where(_named(system, record)).order_by(order).limit(1)
    return connection.execute(query).first()


def _compiled(row: Row[tuple[object, ...]]) -> SourceContract:
    values = row._mapping  # noqa: SLF001 - how SQLAlchemy names a row's columns
    name = f"{values['system']}/{values['record']}"
    try:
        return _read(values["contract"], values["mapping"], name, values["number"])
    except HubError as error:
        raise UnusableContractError(
            f"the installed contract {name} cannot be used by this program any more"
            f" ({str(error)[:200]}): mend it, raise its version and install it again"
        ) from None


@lru_cache(maxsize=128)
def _read(contract: str, mapping: str, name: str, number: int) -> SourceContract:
    """Read it once a process. The number leads its version: what a later install makes of a record
    outranks what an earlier one made, whatever the site calls its versions.
    """
    made = source_contract.read(contract, mapping, name)
    plan(made)  # what shows only when it is compiled shows here, and stops no stage
    return replace(made, version=f"{number:06d}-{made.version}")


def _named(system: str, record: str) -> ColumnElement[bool]:
    return (contract_table.c.system == system) & (contract_table.c.record == record)


def _columns() -> list[Column[object]]:
    return [contract_table.c[name] for name in _HEAD]
