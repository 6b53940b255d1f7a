"""Rows past SQLAlchemy: they come back as any other statement's, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Engine, Float, Integer, LargeBinary, MetaData, String, Table, select
from sqlalchemy.exc import IntegrityError

from hub.bus.database import UtcTime, insert_rows, reading

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("key", String, primary_key=True),  # a word of SQL
    Column("number", Integer, nullable=False),
    Column("seen", Float, nullable=False),
    Column("value", LargeBinary),
    Column("at", UtcTime),
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


def test_a_column_that_needs_work_on_its_values_is_refused(store: Engine) -> None:
    row = ("a", datetime(2026, 1, 5, tzinfo=UTC))
    with store.begin() as connection, pytest.raises(TypeError, match=r"thing\.at"):
        insert_rows(connection, thing, ("key", "at"), [row])  # type: ignore[list-item]


def test_columns_out_of_order_are_refused(store: Engine) -> None:
    with store.begin() as connection, pytest.raises(TypeError, match="order"):
        insert_rows(connection, thing, ("number", "key"), [(1, "a")])
