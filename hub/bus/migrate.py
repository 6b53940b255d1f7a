"""Brings a database to the newest step of its migrations at every start. Knows no table.

A folder of migrations holds alembic's `env.py` and `versions/`; the hub, the vault and the mirror
have one each, from the first table on.
"""

import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text


def upgrade(engine: Engine, folder: Path) -> None:
    """Run what is missing, in one transaction; a second process waits until it is done."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    lock = zlib.crc32(f"{folder.parent.name}/{folder.name}".encode())
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
