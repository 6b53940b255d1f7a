"""Roles and databases on a PostgreSQL server: each database has one owner, and nobody else enters.

For `clmhub setup` alone, with an administrator's credential. Knows no table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from contracts.errors import FatalError, RetriableError

ENTERED_BY_ALL = ("postgres", "template1")
CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A database and the role that it belongs to."""

    database: str
    role: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, address: str, setting: str) -> Self:
        """Read them out of an address. Raises FatalError that names the setting it came from."""
        given = urlsplit(address)
        database, role = given.path.lstrip("/"), unquote(given.username or "")
        if not given.scheme.startswith("postgresql") or not database or not role:
            raise FatalError(
                f"{setting} must be postgresql+psycopg://USER:PASSWORD@HOST:PORT, for the mirror"
                " with /NAME, so that its role can be made"
            )
        return cls(database=database, role=role, password=unquote(given.password or ""))


def make_databases(admin: str, owned: Sequence[Owned]) -> None:
    """Make roles and databases that are missing; set passwords; let each owner in alone.

    Raises RetriableError while the server cannot be reached, FatalError when it refuses.
    """
    address = admin.replace("postgresql+psycopg://", "postgresql://", 1).rstrip("/") + "/postgres"
    try:
        with psycopg.connect(
            address, autocommit=True, connect_timeout=CONNECT_SECONDS
        ) as connection:
            for one in owned:
                _make_role(connection, one)
                _make_database(connection, one)
            for name in ENTERED_BY_ALL:
                _shut(connection, name)
    except psycopg.OperationalError as error:
        # libpq says FATAL when the server itself answered no, except while it starts or stops.
        words = str(error)
        if "FATAL:" in words and "starting up" not in words and "shutting down" not in words:
            raise FatalError(
                "the database server refuses the administrator: correct admin.database"
            ) from None
        raise RetriableError("the database server cannot be reached yet") from None
    except psycopg.Error as error:
        raise FatalError(
            f"the administrator may not make roles and databases (SQLSTATE {error.sqlstate}):"
            " give admin.database a superuser, or make them by hand"
        ) from None


def _make_role(connection: psycopg.Connection, one: Owned) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [one.role]).fetchone()
    statement = sql.SQL("{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {password}")
    connection.execute(
        statement.format(
            verb=sql.SQL("ALTER" if known else "CREATE"),
            role=sql.Identifier(one.role),
            password=sql.SQL("PASSWORD {}").format(one.password) if one.password else sql.SQL(""),
        )
    )


def _make_database(connection: psycopg.Connection, one: Owned) -> None:
    name = sql.Identifier(one.database)
    known = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [one.database]
    ).fetchone()
    if known is None:
        make = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
        connection.execute(make.format(name, sql.Identifier(one.role)))
    _shut(connection, one.database)


def _shut(connection: psycopg.Connection, database: str) -> None:
    """Whoever is neither owner nor administrator may not enter."""
    shut = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC")
    connection.execute(shut.format(sql.Identifier(database)))
