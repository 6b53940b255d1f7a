"""kill -9 at every fault point, and workers that fight: nothing is lost and nothing doubled."""

import itertools
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine

from hub.bus import faults
from hub.bus.database import open_database
from hub.bus.faults import FAULT_POINTS
from hub.bus.port import Bus
from tests.stores.crew import COUNT, Order, check, events, fight, finished
from tests.stores.little import (
    LITTLE,
    TALLY,
    Errant,
    Tally,
    effects,
    make_tables,
    open_bus,
    send,
    worker,
)
from tests.stores.standing import open_work, positions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        send(bus, *events())
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


@pytest.fixture
def order(database: str, store: Engine, bus: Bus, tmp_path: Path) -> Order:
    return Order(database=database, folder=tmp_path / "bus")


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_kill_loses_nothing_and_doubles_nothing(
    order: Order, store: Engine, bus: Bus, point: str
) -> None:
    assert replace(order, armed=point).run() == -signal.SIGKILL
    assert not finished(bus, store)
    assert order.run() == 0
    check(store)


def test_three_workers_fight_and_die_and_each_effect_happens_once(
    order: Order, store: Engine
) -> None:
    points = itertools.chain(FAULT_POINTS, itertools.repeat(""))
    orders = (replace(order, armed=point, after=1) for point in points)
    codes = fight(orders, 3)
    assert codes.count(-signal.SIGKILL) >= 5
    assert set(codes) == {0, -signal.SIGKILL}
    check(store)


def doubled(store: Engine) -> bool:
    return len(effects(store, "little")) > COUNT


@pytest.mark.parametrize("spoil", ["outbox", "memory"])
def test_the_check_fails_for_a_worker_that_is_spoilt(tmp_path: Path, spoil: str) -> None:
    """Without outbox it ends, and something is missing; without memory it does things twice."""
    database = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_database(database)
    make_tables(store)
    with open_bus(tmp_path / "bus") as bus:
        send(bus, *events())
        order = Order(database=database, folder=tmp_path / "bus", spoil=spoil)
        assert replace(order, armed="outbox.committed").run() == -signal.SIGKILL
        last = order.start()
        while last.exitcode is None and not doubled(store):
            last.join(0.05)
        last.kill()
        last.join()
    with pytest.raises(AssertionError):
        check(store)
    store.dispose()


def test_a_stop_finishes_what_is_in_hand_and_leaves_the_group(
    store: Engine, bus: Bus, tmp_path: Path
) -> None:
    stop = Event()
    little = worker(LITTLE, Errant(engine=store), bus, store)
    thread = Thread(target=little.run, args=(stop,))
    thread.start()
    while not effects(store, "little"):
        stop.wait(0.001)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert open_work(store).outbox == 0
    at = positions(store)["little"]
    other = worker(LITTLE, Errant(engine=store), bus, store)
    tally = worker(TALLY, Tally(), bus, store)
    while not finished(bus, store):
        other.step()
        tally.step()
    assert sum(at.values()) <= COUNT
    check(store)
    other.close()
    tally.close()


def test_each_fault_point_is_passed_in_one_place_and_in_the_file_that_it_names() -> None:
    found = [
        (name, file.stem)
        for file in sorted((ROOT / "hub").rglob("*.py"))
        for name in re.findall(r'\bfault\("([^"]+)"\)', file.read_text(encoding="utf-8"))
    ]
    assert sorted(name for name, _ in found) == sorted(FAULT_POINTS)
    assert all(name.split(".")[0] == stem for name, stem in found)


def test_only_known_points_can_be_armed_and_disarming_makes_them_harmless() -> None:
    with pytest.raises(ValueError, match="no fault point"):
        faults.arm("nowhere")
    faults.arm("worker.polled")
    faults.disarm()
    faults.fault("worker.polled")
