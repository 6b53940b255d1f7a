"""Both databases, empty, for the tests of stores. Knows no table."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.bus.database import open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/stores/store.sqlite"
    server = request.getfixturevalue("postgres_server")
    return f"{server.address}/store_{os.urandom(6).hex()}"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """The same, opened (and so created)."""
    engine = open_database(database)
    yield engine
    engine.dispose()
