"""Processes that run the little stage and die on command, and the one check of what they did."""

import multiprocessing
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, func, select

from contracts.envelope import Envelope
from hub.bus import faults, journal
from hub.bus.database import open_database, reading
from hub.bus.outbox import Outbox
from hub.bus.port import Bus
from tests.stores.little import (
    LITTLE,
    TALLY,
    TOPICS,
    Errant,
    Tally,
    effects,
    event,
    open_bus,
    outside,
    worker,
)
from tests.stores.standing import open_work, positions

COUNT = 24
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.stores.crew"])


def events() -> list[Envelope]:
    """What is sent: each also sets a timer and has an errand run."""
    return [event(key, timer=True, errand=True) for key in keys()]


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
    kafka: str = ""
    instance: str = ""

    def open(self) -> Bus:
        """The bus of all: in the folder, or on a broker."""
        if not self.kafka:
            return open_bus(self.folder)
        from hub.bus.kafka import KafkaBus

        bus = KafkaBus(self.kafka, instance=self.instance, session_seconds=8)
        bus.create(TOPICS)
        return bus

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
    with order.open() as bus:
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


class Starts(Protocol):
    """What makes a process."""

    def start(self) -> ForkServerProcess: ...


def fight(orders: Iterable[Starts], many: int) -> list[int]:
    """Keep `many` processes at work, replacing the dead; return how each ended."""
    waiting = iter(orders)
    crew = [next(waiting).start() for _ in range(many)]
    codes = []
    while crew:
        process = crew.pop(0)
        process.join(0.02)
        if process.exitcode is None:
            crew.append(process)
            continue
        codes.append(process.exitcode)
        if process.exitcode == -signal.SIGKILL:
            crew.append(next(waiting).start())
    return codes


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
