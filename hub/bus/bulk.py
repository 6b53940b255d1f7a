"""Many rows into a table by one executemany, past SQLAlchemy's work on each row. Reads nothing.

Only for columns that need none of that work: texts, numbers and bytes, no times and no JSON.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, DateTime, Table, TypeDecorator
from sqlalchemy.types import JSON

Values = tuple[str | int | float | bytes | None, ...]


def insert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values]
) -> None:
    """Insert the rows, each a value for each of the columns."""
    if rows:
        connection.exec_driver_sql(_inserting(connection.dialect.name, table, columns), list(rows))


@cache
def _inserting(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    for name in columns:
        if isinstance(table.c[name].type, TypeDecorator | DateTime | JSON):
            raise TypeError(f"{table.name}.{name} cannot be written as it is: use a statement")
    mark = "?" if dialect == "sqlite" else "%s"
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join([mark] * len(columns))})'
