"""How much is under way is said exactly: never less than there is, and nothing when all is done."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)
from tenacity import wait_none

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Envelope, Message, derived_id, encode
from contracts.topics import CANONICAL, CHILD, OUTCOME
from hub import deliveries
from hub import flow as flow_module
from hub.bus import journal
from hub.bus.audit import audit_metadata
from hub.bus.database import reading
from hub.bus.embedded import EmbeddedBus
from hub.bus.journal import journal_metadata
from hub.bus.port import Outgoing, Partition
from hub.bus.stage import Opens, Stage, Tx
from hub.bus.worker import Options, Worker
from hub.deliveries import OpenDelivery, delivery_metadata
from hub.flow import Flow, read_flow

NOW = datetime(2026, 2, 1, tzinfo=UTC)
FIRST = Stage(
    name="first", reads=("canonical",), opens=Opens.NOTHING, publishes=("child",), does="x"
)
SECOND = Stage(
    name="second", reads=("child",), opens=Opens.NOTHING, publishes=("outcome",), does="x"
)
PIPELINE = (FIRST, SECOND)
effects_metadata = MetaData()
effects = Table("effects", effects_metadata, Column("key", String(40), primary_key=True),
                Column("times", Integer))  # fmt: skip


class Passes:
    """Passes each message on, doubled."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        """Publish two."""
        for n in range(2):
            key = f"{message.key}.{n}"
            yield Draft(topic="child", type="t", key=key, version="1", data={"n": n})


class Ends:
    """Stores an effect; the way ends here."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        """Insert a row."""
        tx.connection.execute(insert(effects).values(key=message.key, times=1))
        return ()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    """The topics of two stages."""
    with EmbeddedBus(tmp_path / "bus") as bus:
        bus.create([CANONICAL, CHILD, OUTCOME])
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    """The tables that it looks at."""
    for metadata in (journal_metadata, audit_metadata, delivery_metadata, effects_metadata):
        metadata.create_all(engine)
    return engine


def publish(bus: EmbeddedBus, *keys: str) -> None:
    """Put records on the first topic."""
    records = []
    for key in keys:
        event = Envelope(
            id=derived_id(key), type="t", source="/x", key=key, version="1", time=NOW, data={}
        )
        name, value, headers = encode(event)
        records.append(Outgoing(topic="canonical", key=name, value=value, headers=headers))
    bus.publish(records)


def worker(stage: Stage, store: Engine, bus: EmbeddedBus) -> Worker:
    """A worker that never waits long."""
    return Worker(
        stage=stage, handler=Passes() if stage is FIRST else Ends(), bus=bus, engine=store,
        keyring=None, clock=lambda: NOW, instance="i",
        options=Options(batch=7, poll_seconds=0.01, patience=wait_none()),
    )  # fmt: skip


def look(store: Engine, bus: EmbeddedBus) -> Flow:
    """The flow of the two stages."""
    return read_flow(store, bus, PIPELINE)


def test_an_empty_hub_is_quiet(store: Engine, bus: EmbeddedBus) -> None:
    """Nothing anywhere; every stage and topic is named all the same."""
    flow = look(store, bus)

    assert flow.total == 0
    assert flow.is_quiet(NOW)
    assert flow.lag == {"first": {"canonical": 0}, "second": {"child": 0}}
    assert flow.ends_total == 0


def test_what_was_not_handled_is_lag_of_the_stage_whose_turn_it_is(
    store: Engine, bus: EmbeddedBus
) -> None:
    """It moves from one stage to the next, grows as the stage says, and is gone at the end."""
    publish(bus, "a", "b", "c")
    assert look(store, bus).lag == {"first": {"canonical": 3}, "second": {"child": 0}}

    first, second = worker(FIRST, store, bus), worker(SECOND, store, bus)
    while first.step(0.2):
        pass
    flow = look(store, bus)
    assert flow.lag == {"first": {"canonical": 0}, "second": {"child": 6}}
    assert flow.total == 6
    assert flow.ends_total == 9
    while second.step(0.2):
        pass
    assert look(store, bus).total == 0
    for one in (first, second):
        one.close()


def test_what_lies_in_the_journal_counts(store: Engine, bus: EmbeddedBus) -> None:
    """Outbox, open claims, retries and deliveries move by themselves; parked and timers do not."""
    with store.begin() as connection:
        row = {"stage": "first", "run": "r", "number": 1, "lane": "", "topic": "child",
               "key": b"k", "value": None, "headers": b"[]"}  # fmt: skip
        connection.execute(insert(journal.outbox), [row, row | {"number": 2}])
        claim = {"stage": "second", "key": "k", "run": "r", "until": 0.0, "cause": "c"}
        connection.execute(insert(journal.claim), [claim])
        for name, retry in (("one", True), ("two", False)):
            connection.execute(insert(journal.parked), [_parked(name, retry=retry)])
        tx = journal.JournalTx(connection, "first", "s", lambda: "c")
        tx.set_timer("b", NOW + timedelta(hours=2))
        tx.set_timer("a", NOW + timedelta(hours=1))
        for name, state in (("d1", deliveries.WAITING), ("d2", deliveries.SENT)):
            audit = AuditEntry(at=NOW, actor="test", action="prepare")
            deliveries.save_delivery(connection, "s", _delivery(name, state), audit=audit)

    flow = look(store, bus)
    assert flow.outbox == {"first": 2}
    assert flow.claims == {"second": 1}
    assert flow.parked == {"second": 2}
    assert flow.retrying == 1
    assert flow.deliveries_open == 1
    assert flow.next_timers == {"first": NOW + timedelta(hours=1)}
    assert flow.total == 2 + 1 + 1 + 1


def test_a_timer_that_is_due_is_not_quiet(store: Engine, bus: EmbeddedBus) -> None:
    """One that is due later is: it waits for the clock alone."""
    with store.begin() as connection:
        journal.JournalTx(connection, "first", "s", lambda: "c").set_timer("a", NOW)

    flow = look(store, bus)
    assert flow.total == 0
    assert not flow.is_quiet(NOW)
    assert flow.is_quiet(NOW - timedelta(seconds=1))


def test_quiet_is_never_said_too_early(store: Engine, bus: EmbeddedBus) -> None:
    """While two stages work in threads of their own, quiet means that every effect is there."""
    stop = Event()
    workers = [worker(stage, store, bus) for stage in PIPELINE]
    threads = [Thread(target=one.run, args=(stop,)) for one in workers]
    for thread in threads:
        thread.start()
    try:
        for wave in range(8):
            publish(bus, *(f"{wave}.{n}" for n in range(5)))
            while look(store, bus).total:
                pass
            with reading(store) as connection:
                done = connection.execute(select(func.count()).select_from(effects)).scalar_one()
            assert done == 10 * (wave + 1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_what_moves_while_we_look_is_seen_where_it_was(
    store: Engine, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the database knows is of one moment, also on a server that reads committed rows."""
    row = {"stage": "first", "run": "r", "number": 1, "lane": "", "topic": "child",
           "key": b"k", "value": None, "headers": b"[]"}  # fmt: skip
    with store.begin() as connection:
        connection.execute(insert(journal.outbox), [row])
    positions = flow_module._positions

    def then_empty_the_outbox(
        connection: Connection,
    ) -> dict[tuple[str, Partition], int]:
        found = positions(connection)
        with store.begin() as other:
            other.execute(delete(journal.outbox))
        return found

    monkeypatch.setattr(flow_module, "_positions", then_empty_the_outbox)

    assert look(store, bus).outbox == {"first": 1}
    assert look(store, bus).outbox == {}


def _parked(name: str, *, retry: bool) -> dict[str, object]:
    return {
        "stage": "second", "message": name, "topic": "child", "partition": 0, "offset": 1,
        "key": "k", "type": "t", "ref": "", "version": "1", "system": "emis", "error": "E",
        "place": "hub/x.py:1", "attempts": 1, "retry": retry, "at": NOW, "value": None,
        "headers": b"[]",
    }  # fmt: skip


def _delivery(name: str, state: str) -> OpenDelivery:
    return OpenDelivery(
        id=name, kind=deliveries.REFERRAL, child="c", referral=name, state=state, told="",
        trigger_at=NOW, attempts=0, next_try=0.0, problem="",
    )  # fmt: skip
