"""Opening a database so that it is durable and silent about values. Knows no table and no stage.

SQLite and PostgreSQL behave alike for callers: `engine.begin()` is a write transaction with working
savepoints, `reading(engine)` is a read-only one that never waits for a writer.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
import psycopg.sql
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Table,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError

from contracts.errors import FatalError, RetriableError
from hub.bus.gathering import note_statement
from hub.bus.raw import dumps, insert_of, insertion

Values = tuple[str | int | float | bytes | datetime | None, ...]

READS = "clm_reads"
_INSTANT = len("2026-01-31 23:59:59.999999")
BUSY_MILLISECONDS = 30_000

# What a later attempt mends: a lock, a full disk, an unreadable file, an operator's stop.
_SQLITE_WAITING = frozenset({5, 6, 7, 9, 10, 13, 14, 15})
_SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# The same for PostgreSQL, by class of SQLSTATE: connection, rollback, resources, operator, system.
_POSTGRES_WAITING = ("08", "40", "53", "55", "57", "58")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC instant on both databases; SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody can say which instant it is."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise TypeError("a stored time must know its zone")
        return value.astimezone(UTC) if value is not None else None

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """SQLite's text in one step: SQLAlchemy would take the instant apart again."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def text(value: datetime | None) -> str | None:
            moment = self.process_bind_param(value, dialect)
            return None if moment is None else moment.isoformat(" ", "microseconds")[:_INSTANT]

        return text

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back, and UTC whatever zone the server's session is in."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_database(url: str) -> Engine:
    """Connect to a database, made when it is missing. The caller disposes of the engine.

    Raises FatalError when the address is of no kind that the hub knows or the server refuses it,
    RetriableError when the server cannot be reached yet.
    """
    address = _parsed(url)
    if address.get_backend_name() == "sqlite":
        engine = _open_sqlite(address)
    else:
        _make_missing(address)
        engine = create_engine(
            address, pool_pre_ping=True, connect_args={"connect_timeout": 10}, **_OPTIONS
        )
    event.listen(engine, "handle_error", _forget_values)
    event.listen(engine, "before_cursor_execute", note_statement)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction: one snapshot on SQLite, waits for no writer, writes nothing."""
    with engine.connect() as connection:
        yield connection.execution_options(**{READS: True, "postgresql_readonly": True})


def inserting(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's own INSERT, for `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return insert_of(connection.dialect.name, table)


def upsert(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, guard: str = ""
) -> None:
    """Insert rows, or replace those with their primary key; one executemany.

    `guard` names a version column: a stored row with a higher one stays as it is.
    """
    if rows:
        name, columns = connection.dialect.name, tuple(rows[0])
        statement = insertion(name, table, columns, replaces=True, guard=guard)
        statement.run(connection, [tuple(map(row.__getitem__, statement.columns)) for row in rows])


def insert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values]
) -> None:
    """Insert many rows by one executemany; the columns are named in the table's order."""
    if rows:
        statement = insertion(connection.dialect.name, table, columns, replaces=False)
        if statement.columns != columns:
            raise TypeError(f"name the columns of {table.name} in its own order")
        statement.run(connection, rows)


def waiting_mends(error: BaseException) -> bool:
    """Tell the database's own trouble (locked, full, away) from a fault of the statement."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_WAITING
    if isinstance(cause, psycopg.Error):
        lost = cause.sqlstate is None and isinstance(cause, psycopg.OperationalError)
        return lost or (cause.sqlstate or "").startswith(_POSTGRES_WAITING)
    return False


_OPTIONS: dict[str, Any] = {
    "hide_parameters": True,
    "json_serializer": dumps,
    "json_deserializer": orjson.loads,
}


def _parsed(url: str) -> URL:
    address = make_url(url)
    kind = address.get_backend_name()
    if kind == "sqlite":
        return address
    if kind == "postgresql" and address.database:
        return address.set(drivername="postgresql+psycopg")
    raise FatalError(
        f"the database address begins with {kind}: it must be sqlite:///FILE"
        " or postgresql+psycopg://USER@HOST:PORT/DATABASE"
    )


def _open_sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise FatalError("a SQLite database needs a file: give its address as sqlite:///FILE")
    Path(address.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, **_OPTIONS)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The module's own idea of when a transaction begins breaks savepoints: switch it off.
    connection.isolation_level = None
    try:
        _set_pragmas(connection)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _SQLITE_DAMAGED:
            raise
        raise FatalError(
            "a database file of this home is damaged: restore the home from its backup"
        ) from None


def _set_pragmas(connection: sqlite3.Connection) -> None:
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=FAST",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(READS):
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        # Taking the write lock now: a lock taken later, after reads, could only fail.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_missing(address: URL) -> None:
    """Create the database when the server says that it is not there."""
    try:
        with psycopg.connect(_dsn(address), connect_timeout=10):
            return
    except psycopg.OperationalError as error:
        # libpq gives no SQLSTATE for a refused connection, so look the name up instead.
        _create(address, str(error).strip().splitlines()[0])


def _create(address: URL, trouble: str) -> None:
    name = psycopg.sql.Identifier(str(address.database))
    # Versions compare as text, byte by byte as in Python: a language's order is another one.
    make = psycopg.sql.SQL(
        "CREATE DATABASE {} ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    ).format(name)
    try:
        with psycopg.connect(
            _dsn(address.set(database="postgres")), connect_timeout=10, autocommit=True
        ) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [address.database]
            ).fetchone()
            if known is None:
                # Another process may be making the very same one.
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(make)
    except psycopg.Error as error:
        message = (
            f"the database {address.database} is not there ({type(error).__name__}): {trouble}"
        )
        # libpq says FATAL when the server itself answered no, except while it starts or stops.
        refused = "FATAL:" in trouble and "starting up" not in trouble
        raise FatalError(message) if refused else RetriableError(message) from None


def _dsn(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def _forget_values(context: ExceptionContext) -> None:
    """Take what a driver quotes from a row out of its error, in place: classes stay as they are.

    PostgreSQL repeats the values in its messages and details (`Key (name)=(...)`), an Enum or a
    type's own check repeats the value that it refused.
    """
    original = context.original_exception
    if context.statement is None or isinstance(original, sqlite3.Error):
        return  # nothing was sent yet, or SQLite, which names columns and no values
    if isinstance(original, psycopg.Error):
        where = original.diag
        names = (where.table_name, where.column_name, where.constraint_name)
        words = ".".join(name for name in names if name)
        original.args = (f"SQLSTATE {original.sqlstate or 'none'} {words}".strip(),)
    else:
        original.args = ("a value was refused before it reached the database",)
        original.__cause__ = original.__context__ = None
    wrapped = context.sqlalchemy_exception
    if wrapped is not None:
        wrapped.args = (f"({type(original).__name__}) {original.args[0]}",)
