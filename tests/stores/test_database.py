"""Opening a database: durable, with working savepoints, silent about values, on both databases."""

import enum
import logging
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from contracts.errors import FatalError, RetriableError
from hub.bus.database import UtcTime, open_database, reading, upsert, waiting_mends
from tests.services.postgres import PostgresServer

SECRET = "Daw Khin Mar Oo"

metadata = MetaData()


class Colour(enum.Enum):
    """Something with a closed list of values."""

    RED = "red"


thing = Table(
    "thing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String, unique=True),
    Column("size", Integer, CheckConstraint("size < 100", name="small")),
    Column("at", UtcTime),
    Column("colour", Enum(Colour, native_enum=False, validate_strings=True)),
)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(thing), [{"id": 1, "name": SECRET, "size": 1}])
    return engine


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(thing.c.name).order_by(thing.c.id)).scalars())


def test_a_missing_database_is_made_once_however_many_open_it(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [database] * 4))
    for engine in engines:
        with reading(engine) as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()


def test_a_rolled_back_savepoint_takes_only_its_own_work_away(filled: Engine) -> None:
    with filled.begin() as connection:
        connection.execute(insert(thing), {"id": 2, "name": "two"})
        kept = connection.begin_nested()
        connection.execute(insert(thing), {"id": 3, "name": "three"})
        with pytest.raises(IntegrityError):
            connection.execute(insert(thing), {"id": 2, "name": "again"})
        kept.rollback()
        connection.execute(insert(thing), {"id": 4, "name": "four"})
    assert names(filled) == [SECRET, "two", "four"]


def test_two_writers_add_up(filled: Engine) -> None:
    """A write transaction that began with a read never overwrites what another one wrote."""

    def grow(_: int) -> None:
        with filled.begin() as connection:
            query = select(thing.c.size).where(thing.c.id == 1).with_for_update()
            size = connection.execute(query).scalar_one()
            upsert(connection, thing, [{"id": 1, "size": size + 1}])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(grow, range(20)))
    with reading(filled) as connection:
        assert connection.execute(select(thing.c.size)).scalar_one() == 21


def test_a_reader_waits_for_no_writer_and_writes_nothing(filled: Engine) -> None:
    with filled.begin() as writer:
        writer.execute(insert(thing), {"id": 2, "name": "not yet"})
        assert names(filled) == [SECRET]
    with pytest.raises(DBAPIError), reading(filled) as connection:
        connection.execute(insert(thing), {"id": 3, "name": "three"})
    with filled.begin() as writer:
        writer.execute(insert(thing), {"id": 3, "name": "three"})
    assert names(filled) == [SECRET, "not yet", "three"]


def test_a_guarded_upsert_keeps_the_higher_version(filled: Engine) -> None:
    with filled.begin() as connection:
        rows = [{"id": 1, "name": "old", "size": 0}, {"id": 5, "name": "new", "size": 5}]
        upsert(connection, thing, rows, guard="size")
    assert names(filled) == [SECRET, "new"]


def test_times_come_back_as_the_same_instant_in_utc(filled: Engine) -> None:
    yangon = timezone(timedelta(hours=6, minutes=30))
    moment = datetime(2026, 3, 1, 6, 0, 0, 123456, tzinfo=yangon)
    with filled.begin() as connection:
        upsert(connection, thing, [{"id": 1, "at": moment}])
    with reading(filled) as connection:
        found = connection.execute(select(thing.c.at)).scalar_one()
    assert found == moment
    assert found.isoformat() == "2026-02-28T23:30:00.123456+00:00"
    with pytest.raises(StatementError), filled.begin() as connection:
        upsert(connection, thing, [{"id": 1, "at": datetime(2026, 3, 1)}])  # noqa: DTZ001


def double(connection: Connection) -> None:
    connection.execute(insert(thing), {"id": 9, "name": SECRET})


def too_large(connection: Connection) -> None:
    connection.execute(insert(thing), {"id": 9, "name": SECRET, "size": 1000})


def wrong_type(connection: Connection) -> None:
    connection.execute(text("SELECT CAST(:v AS INTEGER) + id FROM thing"), {"v": SECRET})
    connection.execute(insert(thing), [{"id": 9, "name": {SECRET}}])


def not_in_the_list(connection: Connection) -> None:
    connection.execute(insert(thing), {"id": 9, "colour": SECRET})


def nul_byte(connection: Connection) -> None:
    connection.execute(insert(thing), {"id": 1, "name": SECRET + "\x00"})


@pytest.mark.parametrize("fail", [double, too_large, wrong_type, not_in_the_list, nul_byte])
def test_no_error_repeats_a_value(
    filled: Engine, fail: Callable[[Connection], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StatementError) as caught, filled.begin() as connection:
        fail(connection)
    said = "".join(traceback.format_exception(caught.value))
    assert SECRET not in said + repr(caught.value) + repr(caught.value.orig) + caplog.text


def test_trouble_of_the_database_is_told_from_a_fault_of_the_statement(filled: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, filled.begin() as connection:
        double(connection)
    assert not waiting_mends(caught.value)
    with pytest.raises(DBAPIError) as broken, filled.begin() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert not waiting_mends(broken.value)
    assert not waiting_mends(ValueError())


def test_a_database_that_stays_locked_is_trouble_that_waiting_mends(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/one.sqlite")
    with engine.connect() as held, engine.connect() as late:
        held.exec_driver_sql("CREATE TABLE t (a)")
        assert late.connection.driver_connection is not None
        late.connection.driver_connection.execute("PRAGMA busy_timeout=1")
        with pytest.raises(DBAPIError) as caught:
            late.exec_driver_sql("SELECT 1")
    assert waiting_mends(caught.value)
    engine.dispose()


def test_a_killed_connection_is_trouble_that_waiting_mends(postgres_server: PostgresServer) -> None:
    engine = open_database(f"{postgres_server.address}/killed")
    with engine.connect() as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT 1"))
    assert waiting_mends(caught.value)
    engine.dispose()


def test_the_sqlite_file_is_durable(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/down/one.sqlite")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert (tmp_path / "deep" / "down").stat().st_mode & 0o077 == 0
    engine.dispose()


def test_an_address_that_leads_nowhere_says_what_to_do() -> None:
    with pytest.raises(FatalError, match="sqlite:///FILE or postgresql"):
        open_database("mysql://localhost/x")
    with pytest.raises(FatalError, match="needs a file"):
        open_database("sqlite://")
    with pytest.raises(RetriableError, match="is not there"):
        open_database("postgresql+psycopg://nobody@127.0.0.1:1/x")


def test_a_damaged_sqlite_file_asks_for_the_backup(tmp_path: Path) -> None:
    """In a sentence, and without its content."""
    (tmp_path / "hub.sqlite").write_bytes(b"no database" * 1000)
    engine = open_database(f"sqlite:///{tmp_path}/hub.sqlite")
    with pytest.raises(FatalError, match="backup"):
        engine.connect()
    engine.dispose()
