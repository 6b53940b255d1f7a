"""kill -9 at every fault point, and workers that fight: nothing is lost and nothing doubled."""

import itertools
import multiprocessing
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, func, select

from hub.bus import faults, journal
from hub.bus.database import open_database, reading
from hub.bus.faults import FAULT_POINTS
from hub.bus.journal import open_work, positions
from hub.bus.outbox import Outbox
from hub.bus.port import Bus
from tests.stores.little import (
    LITTLE,
    TALLY,
    Errant,
    Tally,
    effects,
    event,
    make_tables,
    open_bus,
    outside,
    send,
    worker,
)

COUNT = 24
ROOT = Path(__file__).parents[2]
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.stores.little"])


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        send(bus, *(event(key, timer=True, errand=True) for key in keys()))
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


def keys() -> list[str]:
    return [f"k{number:02}" for number in range(COUNT)]


def finished(bus: Bus, store: Engine) -> bool:
    """Everything sent was read, nothing is left to publish, to wake or to run."""
    work = open_work(store)
    if work.outbox or work.timers or work.claims or len(effects(store, "settled")) < COUNT:
        return False
    stages = positions(store)
    for stage in (LITTLE, TALLY):
        at = stages.get(stage.name, {})
        if any(at.get(place, 0) != end for place, end in bus.ends(stage.reads).items()):
            return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a child process is to do: work, and die at the armed point, or be spoilt."""

    database: str
    folder: Path
    armed: str = ""
    after: int = 2
    spoil: str = ""

    def start(self) -> ForkServerProcess:
        process = processes.Process(target=work, args=(self,))
        process.start()
        return process

    def run(self) -> int | None:
        process = self.start()
        process.join(60)
        return process.exitcode


def work(order: Order) -> None:
    """Be one process: both stages in turn until everything is done, or until killed."""
    if order.armed:
        faults.arm(order.armed, order.after)
    if order.spoil:
        SPOILS[order.spoil]()
    store = open_database(order.database)
    with open_bus(order.folder) as bus:
        workers = [
            worker(LITTLE, Errant(engine=store), bus, store),
            worker(TALLY, Tally(), bus, store),
        ]
        while not finished(bus, store):
            for one in workers:
                one.step()
        for one in workers:
            one.close()
    store.dispose()


def check(store: Engine) -> None:
    """The one assertion: each effect once, inside, outside and downstream."""
    once = [(key, "1") for key in keys()]
    assert effects(store, "little") == once
    assert effects(store, "timer") == once
    assert [key for key, _ in effects(store, "settled")] == keys()
    with reading(store) as connection:
        assert connection.execute(select(func.count()).select_from(outside)).scalar_one() == COUNT
    passed = [(key, version) for key in keys() for version in ("1", "settled", "woken")]
    assert effects(store, "tally") == passed


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
    crew = [next(orders).start() for _ in range(3)]
    codes = []
    while crew:
        process = crew.pop(0)
        process.join(0.02)
        if process.exitcode is None:
            crew.append(process)
            continue
        codes.append(process.exitcode)
        if process.exitcode:
            crew.append(next(orders).start())
    assert codes.count(-signal.SIGKILL) >= 5
    assert set(codes) == {0, -signal.SIGKILL}
    check(store)


def publish_without_outbox() -> None:
    """Commit, then publish what is only in memory."""
    Outbox.store = lambda *_: None  # type: ignore[method-assign]


def forget_what_was_done() -> None:
    """Trust the group and not the store."""
    journal.advance = lambda *_, **__: None
    journal.remember = lambda *_: None
    journal.find_position = lambda *_: None


SPOILS: dict[str, Callable[[], None]] = {
    "outbox": publish_without_outbox,
    "memory": forget_what_was_done,
}


def lost(store: Engine) -> bool:
    made = {key for key, version in effects(store, "tally") if version == "1"}
    return len(effects(store, "little")) == COUNT and len(made) < COUNT


def doubled(store: Engine) -> bool:
    return len(effects(store, "little")) > COUNT


@pytest.mark.parametrize(("spoil", "harm"), [("outbox", lost), ("memory", doubled)])
def test_the_check_fails_for_a_worker_that_is_spoilt(
    tmp_path: Path, spoil: str, harm: Callable[[Engine], bool]
) -> None:
    database = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_database(database)
    make_tables(store)
    with open_bus(tmp_path / "bus") as bus:
        send(bus, *(event(key, timer=True, errand=True) for key in keys()))
        order = Order(database=database, folder=tmp_path / "bus", spoil=spoil)
        assert replace(order, armed="outbox.committed").run() == -signal.SIGKILL
        last = order.start()
        while not harm(store):
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
