"""Processes of translate that die on command while people decide of codes. Asserts nothing."""

import multiprocessing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event

import orjson
from sqlalchemy import Engine, func, select

from contracts.audit import AuditEntry
from contracts.envelope import Envelope, Kind, decode, encode
from contracts.topics import TOPICS
from hub.bus import faults
from hub.bus.database import open_database, reading
from hub.bus.embedded import EmbeddedBus
from hub.bus.gathering import gathering
from hub.bus.port import Bus, Incoming, Outgoing
from hub.bus.worker import Options, Worker
from hub.pipeline import STAGES
from hub.stages.translate import Translate
from hub.triage import desk, keeping
from hub.triage.holdings import HeldCode, Holding, Why, holding_table
from tests.stores.handling import NOW
from tests.stores.little import ClearKeyring
from tests.stores.standing import open_work, positions
from tests.stores.triage_records import FIELD, MARK, RECORD, SYSTEM, asked, record

STAGE = STAGES["translate"]
OPTIONS = Options(batch=200, poll_seconds=0.02, sweep_seconds=0.1)
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.journeys.triage_crew"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a process is to do: work until all is done, or die at the armed point."""

    database: str
    folder: Path
    armed: str = ""
    after: int = 1
    kafka: str = ""
    instance: str = ""

    def open(self) -> Bus:
        """The bus of all: in the folder, or on a broker."""
        if not self.kafka:
            return EmbeddedBus(self.folder, session_seconds=0.4)
        from hub.bus.kafka import KafkaBus

        return KafkaBus(self.kafka, instance=self.instance, session_seconds=8)

    def start(self) -> ForkServerProcess:
        process = processes.Process(target=work, args=(self,))
        process.start()
        return process


def work(order: Order) -> None:
    """Be one process of translate."""
    if order.armed:
        faults.arm(order.armed, order.after)
    store = open_database(order.database)
    with order.open() as bus:
        one = worker(bus, store)
        while one.step() or not finished(bus, store):
            pass
        one.close()
    store.dispose()


def worker(bus: Bus, store: Engine) -> Worker:
    """One worker of translate, whose parts lie open."""
    keys = ClearKeyring()
    handler = Translate(record_ref=lambda system, key: f"{system}:{key}", open_part=keys.open)
    return Worker(
        stage=STAGE, handler=handler, bus=bus, engine=store, keyring=keys, clock=lambda: NOW,
        instance="test", options=OPTIONS,
    )  # fmt: skip


def prepare(bus: Bus) -> None:
    """Make the topics of the stage."""
    mine = {*STAGE.reads, *STAGE.publishes}
    bus.create([topic for topic in TOPICS if topic.name in mine])


def send(bus: Bus, names: Iterable[str]) -> None:
    """Records with a code that nobody knows, as collect makes them."""
    encoded = [encode(record(name, child_hazards=MARK).envelope) for name in names]
    bus.publish(
        [Outgoing(topic=f"source.{SYSTEM}", key=k, value=v, headers=h) for k, v, h in encoded]
    )


def hold(store: Engine, names: Iterable[str], code: str) -> None:
    """Records that are held already, as translate left them."""
    codes = [HeldCode(why=Why.CODE, field=FIELD, code=code)]
    entry = AuditEntry(at=NOW, actor="translate", action="hold record")
    with store.begin() as connection, gathering(connection):
        for name in names:
            message = record(name, child_hazards=code)
            holding = Holding(record=RECORD, topic=message.topic, envelope=message.envelope)
            keeping.hold(connection, "translate/test", holding, codes, NOW, audit=entry)


def decide(store: Engine, target: str, *, when: int, patience: float = 60) -> int:
    """Map the code as soon as so many records hold it; return how many are translated again."""
    pause, left = Event(), patience
    while left > 0 and held(store) < when:
        pause.wait(0.05)
        left -= 0.05
    with store.begin() as connection:
        return desk.map_code(connection, asked(), target)


def held(store: Engine, *, due: bool = False) -> int:
    """How many records are held, or are still to be translated again."""
    query = select(func.count()).select_from(holding_table)
    if due:
        query = query.where(holding_table.c.due.is_(True))
    with reading(store) as connection:
        return int(connection.execute(query).scalar_one())


def finished(bus: Bus, store: Engine) -> bool:
    """Everything was read and published, nobody waits for anything."""
    left = open_work(store)
    if left.outbox or left.timers or held(store, due=True):
        return False
    at = positions(store).get(STAGE.name, {})
    return all(at.get(place, 0) == end for place, end in bus.ends(STAGE.reads).items())


def published(bus: Bus) -> list[Envelope]:
    """All that was said of children, doubled messages and all."""
    wanted = sum(bus.ends(["canonical"]).values())
    found: list[Incoming] = []
    member = bus.join("look", ["canonical"], lambda _: None)
    while len(found) < wanted:
        found += member.poll(0.5, 1000)
    member.close()
    return [decode(one.key, one.value, one.headers) for one in found]


def hazards(event: Envelope) -> list[str]:
    """What the event says of hazards."""
    (part,) = [part for part in event.parts if part.kind is Kind.CASE]
    facts: Mapping[str, list[str]] = orjson.loads(part.text)
    return facts["hazards"]
