"""Insertions as the driver takes them, built once: SQLAlchemy's work on a row costs more than it.

Values are made what the columns' types want, as ever. Knows no table, and commits nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

Work = Callable[[Any], Any]


def dumps(value: object) -> str:
    """JSON as it is stored."""
    return orjson.dumps(value).decode()


_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark", json_serializer=dumps),
    "postgresql": postgresql.dialect(paramstyle="format", json_serializer=dumps),  # type: ignore[no-untyped-call]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """An INSERT with a place for each of its columns; `works` are what some columns' types do."""

    text: str
    columns: tuple[str, ...]
    works: tuple[tuple[int, Work], ...]

    def run(self, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert all rows by one executemany; there must be one at least.

        Raises StatementError, which repeats no value, when a column's type refuses one.
        """
        try:
            values = [self._worked(row) for row in rows] if self.works else list(rows)
        except Exception as error:  # noqa: BLE001 - a type may refuse in any way, and quote it
            refused = f"({type(error).__name__}) a value was refused before it reached the database"
            raise StatementError(refused, self.text, None, None, hide_parameters=True) from None
        connection.exec_driver_sql(self.text, values)

    def _worked(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for place, work in self.works:
            values[place] = work(values[place])
        return tuple(values)


@lru_cache(maxsize=256)  # to build a statement takes longer than to run it
def insertion(
    dialect: str, table: Table, columns: tuple[str, ...], *, replaces: bool, guard: str = ""
) -> Insertion:
    """Build it. `replaces`: a row with that primary key, unless its `guard` column is higher."""
    statement = insert_of(dialect, table)
    if replaces:
        keys = [column.name for column in table.primary_key.columns]
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: statement.excluded[name] for name in columns if name not in keys},
            where=table.c[guard] <= statement.excluded[guard] if guard else None,
        )
    compiled = statement.compile(dialect=_DIALECTS[dialect], column_keys=columns)
    order = tuple(compiled.positiontup or ())
    if set(order) != set(columns):
        raise TypeError(f"{table.name} wants values for {', '.join(order)}")
    works = [(place, _work(table, name, dialect)) for place, name in enumerate(order)]
    return Insertion(
        text=str(compiled), columns=order,
        works=tuple((place, work) for place, work in works if work is not None),
    )  # fmt: skip


def insert_of(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The dialect's own INSERT, which knows conflicts."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _work(table: Table, name: str, dialect: str) -> Work | None:
    target = _DIALECTS[dialect]
    return table.c[name].type.dialect_impl(target).bind_processor(target)
