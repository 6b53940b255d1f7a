"""Brings the mirror's database to the newest step at every start. Changes no data of its own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

_LOCK = 7_283_645_001  # any number, the same for all mirrors of a server


def upgrade(engine: Engine) -> None:
    """Run what is missing, in one transaction; a second process waits until it is done."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
