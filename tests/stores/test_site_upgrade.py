"""A database of an older program keeps what it holds when sources and systems become more."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from hub import schema, sources
from hub.bus.migrate import upgrade
from mirror.migrations import FOLDER as MIRROR
from mirror.tables import epoch_source

HUB = Path(schema.__file__).parent / "migrations" / "hub"
EPOCH = (
    "INSERT INTO epoch (epoch, as_of, closed_at, case_rows, withdrawn, contract)"
    " VALUES (1, '2026-02-01 00:00:00', '2026-02-01 00:00:00', 0, 0, 'mirror-case/1')"
)


def older(engine: Engine, folder: Path, step: str, *statements: str) -> None:
    """Bring a database to an earlier step, with something in it."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, step)
        for statement in statements:
            connection.execute(text(statement))


def test_a_source_keeps_its_checkpoint_and_is_read_on(engine: Engine) -> None:
    older(
        engine, HUB, "hub0003",
        "INSERT INTO source (system, checkpoint, polls, next_poll, complete_until, problem)"
        " VALUES ('emis', '{\"at\": 7}', 3, 0, '', '')",
    )  # fmt: skip
    upgrade(engine, HUB)
    with engine.begin() as connection:
        sources.register(connection, f"{'s' * 40}/{'r' * 40}")
        emis, longest = sources.list_sources(connection)
    assert (emis.system, emis.checkpoint, emis.polls) == ("emis", {"at": 7}, 3)
    assert len(longest.system) == 81


def test_the_mirror_keeps_how_far_systems_were_read_and_takes_the_new_ones(engine: Engine) -> None:
    row = "INSERT INTO epoch_source (epoch, system) VALUES (1, '{}')"
    older(engine, MIRROR, "0001", EPOCH, row.format("emis"))
    upgrade(engine, MIRROR)
    with engine.begin() as connection:
        connection.execute(text(row.format("labour_force_survey")))
        found = set(connection.execute(select(epoch_source.c.system)).scalars())
    assert found == {"emis", "labour_force_survey"}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(row.format("labour_force/visit")))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(row.format("public_reports").replace("(1,", "(2,")))
