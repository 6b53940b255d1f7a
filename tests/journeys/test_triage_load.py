"""People decide while workers work, and workers die: every record that held a code comes right."""

import itertools
import signal
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, Table, func, select

from contracts.envelope import Envelope
from hub.bus import audit
from hub.bus.database import open_database, reading
from hub.bus.port import Bus
from hub.quality import record_table
from hub.triage.counts import progress
from hub.triage.holdings import held_table, holding_table
from tests.journeys.triage_crew import (
    Order,
    decide,
    finished,
    hazards,
    held,
    hold,
    prepare,
    published,
    send,
    work,
)
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer
from tests.stores.crew import fight
from tests.stores.handling import hub_tables
from tests.stores.triage_records import MARK

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
POINTS = ("timers.handled", "outbox.committed", "batch.handled")


COUNT, CONCERNED = 400, 3000


def names(count: int) -> list[str]:
    return [f"r{number:06}" for number in range(count)]


def check(bus: Bus, store: Engine, wanted: Iterable[str], target: str) -> None:
    """The newest event of each record says what was decided, and each event is one, however often.

    No record is due any more, and none was set aside.
    """
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    newest: dict[str, Envelope] = {}
    for one in published(bus):
        said[one.key, one.version].add(one.id)
        newest[one.key] = max(one, newest.get(one.key, one), key=attrgetter("version"))
    assert newest.keys() == {f"p-{name}" for name in wanted}
    assert {tuple(hazards(one)) for one in newest.values()} == {(target,)}
    assert {len(ids) for ids in said.values()} == {1}
    with reading(store) as connection:
        assert {one.due or one.failed for one in progress(connection)} == {0}
        assert audit.verify(connection) == []


def run(order: Order, store: Engine, count: int) -> list[int]:
    """Send records, decide twice while two processes work and die; return how they ended."""
    hub_tables(store)
    with order.open() as bus:
        prepare(bus)
        for start in range(0, count, 1000):
            send(bus, names(count)[start : start + 1000])
        points = itertools.chain(POINTS, itertools.repeat(""))
        with ThreadPoolExecutor(1) as people:
            told = people.submit(_decide_twice, store, count)
            codes = fight((replace(order, armed=point) for point in points), 2)
            assert told.result() > 0
        last = order.start()
        last.join(60)
        assert finished(bus, store)
        check(bus, store, names(count), "long_hours")
    for table in (holding_table, held_table, record_table):
        assert rows(store, table) == count
    return codes


def rows(store: Engine, table: Table) -> int:
    """How many a table has."""
    with reading(store) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _decide_twice(store: Engine, count: int) -> int:
    """Early, and once more, when they think better of it."""
    decide(store, "dust_fumes", when=count // 10)
    return decide(store, "long_hours", when=count // 2)


def test_decisions_and_kills_at_one_host_lose_nothing(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_database(database)
    codes = run(Order(database=database, folder=tmp_path / "bus"), store, COUNT)
    assert codes.count(-signal.SIGKILL) >= 2
    store.dispose()


@pytest.mark.slow  # the broker gives a dead member up after some seconds
def test_decisions_and_kills_on_kafka_lose_nothing(
    kafka_broker: KafkaBroker, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    database = f"{postgres_server.address}/triage_{uuid4().hex[:12]}"
    store = open_database(database)
    order = Order(
        database=database, folder=tmp_path, kafka=kafka_broker.address,
        instance=f"t{uuid4().hex}",
    )  # fmt: skip
    codes = run(order, store, COUNT)
    assert codes.count(-signal.SIGKILL) >= 2
    store.dispose()


def test_among_twenty_thousand_held_records_those_come_right_that_held_the_code(
    tmp_path: Path,
) -> None:
    """One worker dies in a timer, and another goes on from there."""
    database = f"sqlite:///{tmp_path}/store.sqlite"
    store = hub_tables(open_database(database))
    hold(store, names(20_000)[CONCERNED:], "zz-something-else")
    hold(store, names(CONCERNED), MARK)
    order = Order(database=database, folder=tmp_path / "bus")
    with order.open() as bus:
        prepare(bus)
        assert decide(store, "dust_fumes", when=20_000) == CONCERNED
        dying = replace(order, armed="timers.handled", after=5).start()
        dying.join(60)
        assert dying.exitcode == -signal.SIGKILL
        assert 0 < held(store, due=True) < CONCERNED
        work(order)
        check(bus, store, names(CONCERNED), "dust_fumes")
    assert rows(store, holding_table) == 20_000
    store.dispose()
