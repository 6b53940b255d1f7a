"""Rows past SQLAlchemy: they come back as any other statement's, on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from traceback import format_exception

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    select,
)
from sqlalchemy.exc import IntegrityError, StatementError

from hub.bus.database import UtcTime, insert_rows, reading, upsert

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("key", String, primary_key=True),  # a word of SQL
    Column("number", Integer, nullable=False),
    Column("seen", Float, nullable=False),
    Column("value", LargeBinary),
    Column("data", JSON),
    Column("kept", Boolean),
    Column("day", Date),
    Column("at", UtcTime),
)
counted = Table(
    "counted",
    metadata,
    Column("key", String, primary_key=True),
    Column("size", Integer),
    Column("turn", Integer, nullable=False, default=0),
)
COLUMNS = ("key", "number", "seen", "value")


@pytest.fixture
def store(engine: Engine) -> Engine:
    metadata.create_all(engine)
    return engine


def test_rows_are_stored_as_they_are(store: Engine) -> None:
    rows = [("a%s:b?", 1, 0.5, bytes(range(256))), ("ဦး", -(2**31), 1e9, None)]
    with store.begin() as connection:
        insert_rows(connection, thing, COLUMNS, rows)
    with reading(store) as connection:
        found = connection.execute(select(*(thing.c[one] for one in COLUMNS)))
        assert {tuple(row) for row in found} == set(rows)


def test_no_rows_are_no_statement(store: Engine) -> None:
    with store.begin() as connection:
        insert_rows(connection, thing, COLUMNS, [])


def test_an_error_quotes_no_value(store: Engine) -> None:
    row = ("mark-of-a-value", 1, 0.5, None)
    with store.begin() as connection, pytest.raises(IntegrityError) as caught:
        insert_rows(connection, thing, COLUMNS, [row, row])
    assert "mark-of-a-value" not in f"{caught.value!s}{caught.value.orig!r}"


def test_values_are_made_what_their_columns_want(store: Engine) -> None:
    moment = datetime(2026, 1, 5, 6, 30, tzinfo=timezone(timedelta(hours=6, minutes=30)))
    row = ("a", 1, 0.5, {"name": "မောင်မောင်", "at": [1, None]}, True, date(2026, 1, 5), moment)
    columns = ("key", "number", "seen", "data", "kept", "day", "at")
    with store.begin() as connection:
        insert_rows(connection, thing, columns, [row])  # type: ignore[list-item]
        again = dict(zip(columns, row, strict=True)) | {"key": "b"}
        upsert(connection, thing, [again])
    with reading(store) as connection:
        found = connection.execute(select(*(thing.c[one] for one in columns))).all()
    assert [tuple(one)[1:] for one in found] == [row[1:]] * 2
    assert {one.at.tzinfo for one in found} == {UTC}


@pytest.mark.parametrize(
    ("column", "value"), [("kept", "mark-of-a-value"), ("at", "mark-of-a-value")]
)
def test_a_value_that_a_column_refuses_is_not_quoted(
    store: Engine, column: str, value: object
) -> None:
    row = {"key": "a", "number": 1, "seen": 0.5, column: value}
    with store.begin() as connection, pytest.raises(StatementError) as caught:
        upsert(connection, thing, [row])
    assert "mark-of-a-value" not in "".join(format_exception(caught.value))


def test_columns_that_are_missing_are_refused(store: Engine) -> None:
    """What SQLAlchemy would add to a statement by itself, these would leave out."""
    with store.begin() as connection, pytest.raises(TypeError, match="turn"):
        upsert(connection, counted, [{"key": "a", "size": 1}])


def test_columns_out_of_order_are_refused(store: Engine) -> None:
    with store.begin() as connection, pytest.raises(TypeError, match="order"):
        insert_rows(connection, thing, ("number", "key"), [(1, "a")])
