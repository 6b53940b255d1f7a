"""Who decides and who translates again lock in one order: neither of them ever fails for it."""

import threading

import pytest
from sqlalchemy import Engine

from hub.bus import journal
from hub.triage import desk
from hub.triage.standing import Standing
from tests.stores.handling import NOW
from tests.stores.triage_records import MARK, RECORD, SYSTEM, Table, asked

LONG = 60.0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_decision_waits_for_a_worker_that_holds_the_timer_and_needs_the_version(
    engine: Engine,
) -> None:
    table = Table(engine=engine)
    table.arrive("a", child_hazards=MARK)
    with engine.begin() as connection:
        desk.wake(connection, SYSTEM, RECORD)
    decided: list[int] = []

    def decide() -> None:
        with engine.begin() as connection:
            decided.append(desk.map_code(connection, asked(), "other"))

    person = threading.Thread(target=decide)
    with engine.begin() as worker:
        assert journal.take_due(worker, desk.STAGE, NOW, most=9)
        person.start()
        while person.is_alive() and not waiting(engine):
            person.join(0.02)
        Standing().settle(worker, SYSTEM, RECORD)
    person.join(LONG)
    assert decided == [1]


def waiting(engine: Engine) -> bool:
    """Whether some transaction waits for a lock."""
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(connection.exec_driver_sql(query).scalar())
