"""The tables that the rooms declare and those that the migrations make are the same, everywhere."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect

from hub import schema
from hub.bus.audit import audit_metadata
from hub.bus.database import open_database
from hub.bus.journal import journal_metadata
from hub.bus.migrate import upgrade as migrate
from hub.vault.store import vault_metadata
from mirror.migrations import FOLDER
from mirror.tables import metadata as mirror_metadata

DATABASES = ["hub", "vault", "mirror"]
DECLARED: dict[str, tuple[MetaData, ...]] = {
    "hub": schema.HUB_TABLES,
    "vault": (vault_metadata,),
    "mirror": (mirror_metadata, journal_metadata, audit_metadata),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Any]:
    """Open an empty database of the kind."""

    @contextmanager
    def open_empty(name: str) -> Iterator[Engine]:
        url = f"sqlite:///{tmp_path}/{name}.sqlite"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            url = f"{server.address}/drift_{name}_{os.urandom(4).hex()}"
        engine = open_database(url)
        yield engine
        engine.dispose()

    return open_empty


def declared(name: str) -> MetaData:
    """All tables of one database in one place."""
    together = MetaData()
    for metadata in DECLARED[name]:
        for table in metadata.tables.values():
            table.to_metadata(together)
    return together


def bring_up(name: str, opened: Callable[[str], Any], engine: Engine) -> None:
    """Run the migrations as the programs do."""
    if name == "mirror":
        migrate(engine, FOLDER)
        return
    with opened("other") as other:
        hub, vault = (engine, other) if name == "hub" else (other, engine)
        schema.upgrade(hub, vault, "i1")


def drift(engine: Engine, wanted: MetaData) -> list[Any]:
    """What would have to change for the database to be as declared."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, wanted)
    return [one for one in found if "alembic_version" not in str(one)]


@pytest.mark.parametrize("name", DATABASES)
def test_the_migrations_make_what_is_declared_and_a_second_start_changes_nothing(
    name: str, opened: Callable[[str], Any]
) -> None:
    with opened(name) as engine, opened(f"{name}_declared") as other:
        bring_up(name, opened, engine)
        assert drift(engine, declared(name)) == []
        # Alembic compares no CHECK: a second database, made from the declaration, does.
        for metadata in DECLARED[name]:
            metadata.create_all(other)
        made = _shape(engine)
        assert made == _shape(other)
        bring_up(name, opened, engine)
        assert _shape(engine) == made


def test_drift_is_found(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/empty.sqlite")
    assert drift(engine, declared("vault"))
    engine.dispose()


def _shape(engine: Engine) -> dict[str, Any]:
    look = inspect(engine)
    return {
        table: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in look.get_columns(table)
            },
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted((i["name"] or "", i["unique"]) for i in look.get_indexes(table)),
            "checks": sorted(c["sqltext"] for c in look.get_check_constraints(table)),
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }
