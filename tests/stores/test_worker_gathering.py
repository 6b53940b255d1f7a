"""What a handler leaves for the end of its batch is written however its record is handled."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from structlog.testing import capture_logs

from contracts.envelope import Draft, Message
from hub.bus.database import open_database
from hub.bus.gathering import Turn, later
from hub.bus.parking import retry_parked
from hub.bus.port import Bus
from hub.bus.stage import Timer, Tx
from hub.bus.worker import Worker
from tests.stores.little import (
    LITTLE,
    effects,
    event,
    make_tables,
    note,
    open_bus,
    out,
    published,
    quiet,
    reject,
    send,
    wait,
    worker,
)
from tests.stores.standing import open_work

KEYS = [f"k{number}" for number in range(8)]


@dataclass
class Late:
    """Adds its row at the end of the batch; `bad` are rows (stage and key) that then fail."""

    bad: set[str] = field(default_factory=set)
    failing: Exception = field(default_factory=lambda: ValueError("a value"))
    raises_at_once: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    calls: list[int] = field(default_factory=list)

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        envelope = message.envelope
        if envelope.key in self.refuses:
            raise reject()
        self.leave(tx, "late", envelope.key, envelope.version)
        if message.data.get("timer"):
            tx.set_timer(envelope.key, now, data={"version": envelope.version})
        if envelope.key in self.raises_at_once:
            raise self.failing
        yield out(envelope.key, envelope.version)

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterable[Draft]:
        self.leave(tx, "woken", timer.key, timer.data["version"])
        yield out(timer.key, "woken")

    def leave(self, tx: Tx, stage: str, key: str, version: str) -> None:
        later(tx.connection, Turn.STATE, self.write, [(tx, stage, key, version)])

    def write(self, connection: Connection, rows: Sequence[tuple[Tx, str, str, str]]) -> None:
        self.calls.append(len(rows))
        for tx, stage, key, version in rows:
            assert tx.connection is connection
            note(tx, stage, key, version)
            if f"{stage} {key}" in self.bad:
                raise self.failing


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


@pytest.fixture
def handler() -> Late:
    return Late()


@pytest.fixture
def late(bus: Bus, store: Engine, handler: Late) -> Iterator[Worker]:
    made = worker(LITTLE, handler, bus, store)
    yield made
    made.close()


def once(*keys: str) -> list[tuple[str, str]]:
    """Each key's row, once."""
    return [(key, "1") for key in keys]


def test_a_batch_that_works_is_written_in_one_call(
    bus: Bus, store: Engine, late: Worker, handler: Late
) -> None:
    send(bus, *(event(key) for key in KEYS))
    quiet(late)
    assert effects(store, "late") == once(*KEYS)
    assert sum(handler.calls) == len(KEYS)
    assert len(handler.calls) < len(KEYS)


@pytest.mark.parametrize("when", ["handled", "written"])
def test_a_bad_record_costs_itself_whether_it_fails_early_or_at_the_end(
    bus: Bus, store: Engine, late: Worker, handler: Late, when: str
) -> None:
    _spoil(handler, when)
    send(bus, *(event(key) for key in KEYS))
    quiet(late)
    good = [key for key in KEYS if key != "k3"]
    assert effects(store, "late") == once(*good)
    assert sorted(one.key for one in published(bus, "little.out")) == good
    assert open_work(store).parked == 1


@pytest.mark.parametrize("when", ["refused", "handled"])
def test_a_rejected_record_is_told_and_those_beside_it_stay_together_if_it_left_nothing(
    bus: Bus, store: Engine, late: Worker, handler: Late, when: str
) -> None:
    handler.failing = reject()
    _spoil(handler, when)
    send(bus, *(event(key, ref=f"ref-{key}") for key in KEYS))
    with capture_logs() as logs:
        quiet(late)
    good = [key for key in KEYS if key != "k3"]
    assert effects(store, "late") == once(*good)
    (outcome,) = published(bus, "outcome")
    assert (outcome.key, (outcome.data or {})["state"]) == ("k3", "rejected")
    assert (outcome.data or {})["ref"] == "ref-k3"
    events = [one["event"] for one in logs]
    assert events.count("rejected") == 1
    assert events.count("one by one") == (1 if when == "handled" else 0)
    assert open_work(store).parked == 0


def test_a_rejection_has_the_same_name_however_it_is_found(tmp_path: Path) -> None:
    """Alone after an accident, or among others: who hears of it twice knows it for one."""
    names = set()
    for number, accident in enumerate((set[str](), {"late k1"})):
        store = open_database(f"sqlite:///{tmp_path}/{number}.sqlite")
        make_tables(store)
        with open_bus(tmp_path / f"bus{number}") as bus:
            handler = Late(bad=accident, refuses={"k3"})
            one = worker(LITTLE, handler, bus, store)
            send(bus, *(event(key) for key in KEYS))
            quiet(one)
            (told,) = [told for told in published(bus, "outcome") if told.key == "k3"]
            names.add(told.id)
            one.close()
        store.dispose()
    assert len(names) == 1


@pytest.mark.parametrize("when", ["handled", "written"])
def test_a_parked_record_that_is_tried_again_is_written_too(
    bus: Bus, store: Engine, late: Worker, handler: Late, when: str
) -> None:
    _spoil(handler, when)
    send(bus, event("k3"))
    quiet(late)
    for left, rows in ((1, []), (0, once("k3"))):
        with store.begin() as connection:
            retry_parked(connection, "little")
        if not left:
            _mend(handler)
        quiet(late)
        assert (open_work(store).parked, effects(store, "late")) == (left, rows)


def test_a_record_that_must_wait_as_it_is_written_stops_its_partition_alone(
    bus: Bus, store: Engine, late: Worker, handler: Late
) -> None:
    handler.failing = wait()
    handler.bad.add("late k3")
    send(bus, *(event(key) for key in KEYS))
    for _ in range(3):
        late.step()
    assert "k3" not in {key for key, _ in effects(store, "late")}
    handler.bad.clear()
    while len(effects(store, "late")) < len(KEYS):
        late.step()
    assert effects(store, "late") == once(*KEYS)
    assert open_work(store).parked == 0


def test_a_timer_writes_what_it_leaves_and_one_that_fails_takes_back_its_own_alone(
    bus: Bus, store: Engine, late: Worker, handler: Late
) -> None:
    handler.bad.add("woken k2")
    send(bus, event("k1", timer=True), event("k2", timer=True))
    while not effects(store, "woken"):
        late.step()
    assert effects(store, "woken") == once("k1")
    _mend(handler)
    while len(effects(store, "woken")) < 2:
        late.step()
    assert effects(store, "woken") == once("k1", "k2")
    assert effects(store, "late") == once("k1", "k2")


def _spoil(handler: Late, when: str) -> None:
    if when == "refused":
        handler.refuses.add("k3")
    elif when == "handled":
        handler.raises_at_once.add("k3")
    else:
        handler.bad.add("late k3")


def _mend(handler: Late) -> None:
    handler.raises_at_once.clear()
    handler.bad.clear()
