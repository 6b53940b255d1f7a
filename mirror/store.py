"""The mirror's only writer and reader of its tables. Every write carries its audit entry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from contracts.audit import AuditEntry
from contracts.errors import RetriableError
from contracts.model.mirror_case import MirrorCase
from hub.bus import journal
from hub.bus.audit import append
from hub.bus.database import open_database, reading, upsert, waiting_mends
from hub.bus.migrate import upgrade
from mirror.messages import EpochMarker, StatisticCell
from mirror.migrations import FOLDER
from mirror.tables import (
    CLASS_COLUMNS,
    epoch,
    epoch_source,
    molip_case,
    pending_case,
    statistic,
    tombstone,
)

_COLUMNS = tuple(MirrorCase.model_fields)


# So that no other file of the mirror needs to know SQLAlchemy.
Database = Engine
Snapshot = Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How new and how whole the visible rows are; epoch 0 before the first marker."""

    epoch: int
    as_of: datetime | None
    contract: str
    total_cases: int | None
    complete: bool
    sources: dict[str, datetime | None]


NOTHING_YET = Freshness(
    epoch=0, as_of=None, contract="", total_cases=None, complete=False, sources={}
)


def open_store(url: str) -> Database:
    """Open the database, made when it is missing and brought to the newest tables."""
    database = open_database(url)
    try:
        upgrade(database, FOLDER)
    except DBAPIError as error:
        database.dispose()
        if waiting_mends(error):
            raise RetriableError("the mirror's database does not answer yet") from None
        raise
    return database


def check(database: Database) -> None:
    """Raise unless the database answers."""
    with reading(database) as connection:
        connection.execute(select(literal(1)))


# --- writes ---------------------------------------------------------------------------------------


def put_rows(
    connection: Connection,
    shard: str,
    rows: Sequence[MirrorCase],
    version: str,
    *,
    audit: AuditEntry,
) -> None:
    """Keep rows until their epoch ends; one whose epoch has ended is visible at once.

    A row that is older than the last withdrawal of its child is left out.
    """
    append(connection, shard, audit)
    names = [row.pseudonym for row in rows]
    gone = select(tombstone.c.pseudonym).where(
        tombstone.c.pseudonym.in_(names), tombstone.c.version > version
    )
    withdrawn = set(connection.execute(gone).scalars())
    kept = [row.model_dump() for row in rows if row.pseudonym not in withdrawn]
    upsert(connection, pending_case, kept)
    last = last_epoch(connection)
    if any(row["epoch"] <= last for row in kept):
        _reveal(connection, last)


def purge(
    connection: Connection,
    shard: str,
    pseudonym: str,
    version: str,
    *,
    at: datetime,
    audit: AuditEntry,
) -> None:
    """Take a child out of every epoch at once, and remember the version of that decision."""
    append(connection, shard, audit)
    row = {"pseudonym": pseudonym, "version": version, "at": at}
    upsert(connection, tombstone, [row], guard="version")
    connection.execute(delete(pending_case).where(pending_case.c.pseudonym == pseudonym))
    shown = connection.execute(delete(molip_case).where(molip_case.c.pseudonym == pseudonym))
    if shown.rowcount:
        last = epoch.c.epoch == select(func.max(epoch.c.epoch)).scalar_subquery()
        connection.execute(
            update(epoch).where(last).values(withdrawn=epoch.c.withdrawn + shown.rowcount)
        )


def close_epoch(
    connection: Connection, shard: str, marker: EpochMarker, at: datetime, *, audit: AuditEntry
) -> bool:
    """Make the epoch's rows visible, all together. False: it ended before, nothing was done."""
    if marker.epoch <= last_epoch(connection):
        return False
    append(connection, shard, audit)
    _reveal(connection, marker.epoch)
    ended = {
        "epoch": marker.epoch,
        "as_of": marker.as_of,
        "closed_at": at,
        "case_rows": marker.rows,
        "withdrawn": 0,
        "total_cases": marker.total_cases,
        "contract": marker.contract,
    }
    connection.execute(insert(epoch), [ended])
    if marker.sources:
        lags = [
            {"epoch": marker.epoch, "system": system, "complete_until": until}
            for system, until in marker.sources.items()
        ]
        connection.execute(insert(epoch_source), lags)
    return True


def put_statistic(
    connection: Connection,
    shard: str,
    name: str,
    cell: StatisticCell,
    *,
    version: str,
    audit: AuditEntry,
) -> None:
    """Keep a cell of a published table under its name, unless a newer one is there."""
    append(connection, shard, audit)
    row = {"cell": name, "version": version} | cell.model_dump()
    row["table_code"] = row.pop("table")
    upsert(connection, statistic, [row], guard="version")


def drop_statistic(connection: Connection, shard: str, name: str, *, audit: AuditEntry) -> None:
    """Take a cell away."""
    append(connection, shard, audit)
    connection.execute(delete(statistic).where(statistic.c.cell == name))


def record_access(database: Database, entry: AuditEntry) -> None:
    """Note that somebody read; whoever cannot be noted down is not answered."""
    with database.begin() as connection:
        append(connection, "api", entry)


def _reveal(connection: Connection, last: int) -> None:
    """Let the newest pending row of each child, up to the epoch, replace its visible one."""
    ended = pending_case.c.epoch <= last
    newer = pending_case.alias("newer")
    newest = ended & ~(
        select(literal(1))
        .where(
            newer.c.pseudonym == pending_case.c.pseudonym,
            newer.c.epoch > pending_case.c.epoch,
            newer.c.epoch <= last,
        )
        .exists()
    )
    # A row that is visible from a later epoch stays: what comes late never undoes it.
    replaced = select(pending_case.c.pseudonym).where(
        ended,
        pending_case.c.pseudonym == molip_case.c.pseudonym,
        pending_case.c.epoch >= molip_case.c.epoch,
    )
    connection.execute(delete(molip_case).where(replaced.exists()))
    shown = select(molip_case.c.pseudonym)
    rows = select(*(pending_case.c[name] for name in _COLUMNS)).where(
        newest, pending_case.c.pseudonym.not_in(shown)
    )
    connection.execute(insert(molip_case).from_select(list(_COLUMNS), rows))
    connection.execute(delete(pending_case).where(ended))


# --- reads ----------------------------------------------------------------------------------------


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Read one state of the tables: what is written meanwhile is not seen. Waits for nobody."""
    # One statement sees one state on PostgreSQL; SQLite gives the whole transaction one anyway.
    whole = {"isolation_level": "REPEATABLE READ"} if database.name == "postgresql" else {}
    with reading(database) as connection:
        yield connection.execution_options(**whole)


def last_epoch(connection: Connection) -> int:
    """The newest epoch that has ended; 0 before the first."""
    return connection.execute(select(func.max(epoch.c.epoch))).scalar() or 0


def visible_rows(connection: Connection) -> int:
    """How many rows may be seen."""
    return connection.execute(select(func.count()).select_from(molip_case)).scalar_one()


def freshness(connection: Connection) -> Freshness:
    """How new and how whole the rows are; incomplete when one was refused, or is missing."""
    ended = list_epochs(connection, most=1)
    if not ended:
        return NOTHING_YET
    newest = ended[0]
    refused = connection.execute(
        select(func.count()).select_from(journal.parked).where(journal.parked.c.stage == "reflect")
    ).scalar_one()
    lags = select(epoch_source).where(epoch_source.c.epoch == newest["epoch"])
    whole = visible_rows(connection) == newest["case_rows"] - newest["withdrawn"]
    return Freshness(
        epoch=newest["epoch"],
        as_of=newest["as_of"],
        contract=newest["contract"],
        total_cases=newest["total_cases"],
        complete=whole and not refused,
        sources={row.system: row.complete_until for row in connection.execute(lags)},
    )


def list_epochs(connection: Connection, *, most: int) -> list[dict[str, Any]]:
    """The epochs that have ended, newest first."""
    query = select(epoch).order_by(epoch.c.epoch.desc()).limit(most)
    return [dict(row) for row in connection.execute(query).mappings()]


def list_cases(
    connection: Connection, *, k: int, after: str, most: int, where: dict[str, Any]
) -> list[dict[str, Any]]:
    """A page of rows by pseudonym; `where` maps columns to the codes wanted."""
    query = _shown_rows(k).where(molip_case.c.pseudonym > after)
    for name, value in where.items():
        query = query.where(molip_case.c[name] == value)
    query = query.order_by(molip_case.c.pseudonym).limit(most)
    return [dict(row) for row in connection.execute(query).mappings()]


def count_cases(connection: Connection, *, k: int, by: Sequence[str]) -> list[dict[str, Any]]:
    """Counts of rows by the columns; a cell with fewer than k is left out."""
    rows = _shown_rows(k).subquery()
    columns = [rows.c[name] for name in by]
    count = func.count().label("cases")
    query = select(*columns, count).group_by(*columns).having(count >= k).order_by(*columns)
    return [dict(row) for row in connection.execute(query).mappings()]


def list_statistics(connection: Connection) -> list[StatisticCell]:
    """All cells of all published tables."""
    columns = (statistic.c.table_code, statistic.c.area, statistic.c.period)
    rows = connection.execute(select(*columns, statistic.c.value).order_by(*columns))
    return [
        StatisticCell(table=row.table_code, area=row.area, period=row.period, value=row.value)
        for row in rows
    ]


def _shown_rows(k: int) -> Select[Any]:
    """The rows whose class has at least k, counted over all that is visible."""
    columns = [molip_case.c[name] for name in CLASS_COLUMNS]
    large = select(*columns).group_by(*columns).having(func.count() >= k).subquery("large")
    same = and_(*(column == large.c[column.name] for column in columns))
    return select(molip_case).join(large, onclause=same)
