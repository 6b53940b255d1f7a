"""A little stage with an effect that nothing hides: each handling adds a row. For worker tests."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    select,
    update,
)
from tenacity import wait_fixed

from contracts.envelope import Draft, Envelope, Kind, Message, Part, decode, derived_id, encode
from contracts.errors import FatalError, Reason, RejectedError, RetriableError
from contracts.topics import Keep, Topic
from hub.bus.database import inserting, reading
from hub.bus.embedded import EmbeddedBus
from hub.bus.journal import journal_metadata
from hub.bus.port import Bus, Incoming, Outgoing
from hub.bus.stage import Errand, Handler, Opens, ShreddedError, Stage, Timer, Tx
from hub.bus.worker import Options, Worker

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
INSTANCE = "test"
SESSION = 0.4
QUICK = Options(
    batch=10,
    chunk=3,
    poll_seconds=0.01,
    sweep_seconds=0.1,
    errand_lease=0.3,
    patience=wait_fixed(0.03),
)

TOPICS = tuple(
    Topic(name=name, key="key", keep=Keep.OBSERVATIONS, writers=(), readers=(), partitions=4)
    for name in ("little.in", "little.out", "consent", "outcome")
)
LITTLE = Stage(
    name="little",
    reads=("little.in", "consent"),
    opens=Opens.IDENTITY,
    publishes=("little.out", "outcome"),
    does="adds a row for each handling",
)
TALLY = Stage(
    name="tally",
    reads=("little.out",),
    opens=Opens.NOTHING,
    publishes=(),
    does="adds a row for each message that it gets",
)

metadata = MetaData()
effect = Table(
    "effect",
    metadata,
    Column("id", String, primary_key=True),
    Column("stage", String),
    Column("key", String),
    Column("version", String),
)
promise = Table(
    "promise",  # what an errand is to do: state is new, claimed or settled
    metadata,
    Column("key", String, primary_key=True),
    Column("state", String),
    Column("claims", Integer),
)
outside = Table("outside", metadata, Column("key", String, primary_key=True))


class ClearKeyring:
    """Seals nothing, so that tests can look; knows who was shredded."""

    def __init__(self) -> None:
        self.shredded: set[str] = set()

    def seal(self, person: str, kind: Kind, origin: str, content: Mapping[str, Any]) -> Part:
        if person in self.shredded:
            raise ShreddedError
        return Part(person=person, kind=kind, origin=origin, nonce=b"n", text=orjson.dumps(content))

    def open(self, part: Part) -> Mapping[str, Any]:
        if part.person in self.shredded:
            raise ShreddedError
        if part.nonce != b"n":
            raise FatalError("forged")
        content: Mapping[str, Any] = orjson.loads(part.text)
        return content

    def prepare(self, persons: Iterable[str]) -> None:
        assert all(isinstance(person, str) for person in persons)


def note(tx: Tx, stage: str, key: str, version: str) -> None:
    row = {"id": uuid4().hex, "stage": stage, "key": key, "version": version}
    tx.connection.execute(insert(effect), row)


@dataclass
class Little:
    """Does what `trouble` says of a key; else adds a row and passes the message on."""

    trouble: dict[str, Exception] = field(default_factory=dict)
    seen: list[Message] = field(default_factory=list)

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        self.seen.append(message)
        envelope = message.envelope
        note(tx, "little", envelope.key, envelope.version)
        if message.data.get("timer"):
            tx.set_timer(envelope.key, now, data={"version": envelope.version})
        if message.data.get("errand"):
            row = {"key": envelope.key, "state": "new", "claims": 0}
            statement = inserting(tx.connection, promise).on_conflict_do_nothing()
            tx.connection.execute(statement, [row])
        yield out(envelope.key, envelope.version)
        if envelope.key in self.trouble:
            raise self.trouble[envelope.key]

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterable[Draft]:
        note(tx, "timer", timer.key, timer.data["version"])
        yield out(timer.key, "woken")
        if f"timer {timer.key}" in self.trouble:
            raise self.trouble[f"timer {timer.key}"]


@dataclass
class Errant(Little):
    """Also runs errands; the outside is a table of its own, written on its own."""

    engine: Engine | None = None

    def claim(self, tx: Tx, now: datetime, most: int) -> Sequence[Errand]:
        query = select(promise).where(promise.c.state != "settled").order_by(promise.c.state)
        rows = tx.connection.execute(query.order_by(promise.c.key).limit(most)).all()
        for row in rows:
            where = update(promise).where(promise.c.key == row.key)
            tx.connection.execute(where.values(state="claimed", claims=row.claims + 1))
        return [Errand(key=row.key, data=row.state) for row in rows]

    def perform(self, errand: Errand, now: datetime) -> str:
        if errand.key in self.trouble:
            raise self.trouble[errand.key]
        assert self.engine is not None
        with self.engine.begin() as connection:
            there = connection.execute(select(outside).where(outside.c.key == errand.key)).all()
            if there and errand.data == "claimed":
                return "was there"
            connection.execute(insert(outside), {"key": errand.key})
        return "made"

    def settle(self, errand: Errand, result: str, tx: Tx, now: datetime) -> Iterable[Draft]:
        where = update(promise).where(promise.c.key == errand.key, promise.c.state == "claimed")
        tx.connection.execute(where.values(state="settled"))
        note(tx, "settled", errand.key, result)
        yield out(errand.key, "settled")


class Tally:
    """Counts what arrives: one row a message that the inbox lets through."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        note(tx, "tally", message.key, message.envelope.version)
        return ()


def out(key: str, version: str) -> Draft:
    return Draft(
        topic="little.out",
        type="clm.little.v1",
        key=key,
        version=version,
        data={"key": key},
        seal={(f"person-{key}", Kind.IDENTITY): {"version": version}},
    )


def event(key: str, version: str = "1", **data: Any) -> Envelope:
    person = data.pop("person", f"person-{key}")
    origin = derived_id(key, version, str(sorted(data.items())))
    part = Part(person=person, kind=Kind.IDENTITY, origin=origin, nonce=b"n", text=b'{"a":1}')
    case = Part(person=person, kind=Kind.CASE, origin=origin, nonce=b"n", text=b'{"b":2}')
    return Envelope(
        id=origin,
        type="clm.little.v1",
        source="/test",
        key=key,
        version=version,
        time=NOW,
        data={"system": "emis", **data},
        parts=(part, case),
    )


def send(bus: Bus, *events: Envelope, topic: str = "little.in") -> None:
    encoded = [encode(one) for one in events]
    bus.publish(
        [Outgoing(topic=topic, key=key, value=value, headers=head) for key, value, head in encoded]
    )


def reject(code: str = "age_impossible") -> RejectedError:
    return RejectedError(
        Reason(code=code, column="age", message="no such age", next_step="mend it", where="row 3")
    )


def wait() -> RetriableError:
    return RetriableError("not ready")


def open_bus(folder: Path) -> EmbeddedBus:
    bus = EmbeddedBus(folder, session_seconds=SESSION)
    bus.create(TOPICS)
    return bus


def make_tables(engine: Engine) -> None:
    journal_metadata.create_all(engine)
    metadata.create_all(engine)


def worker(
    stage: Stage,
    handler: Handler,
    bus: Bus,
    engine: Engine,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Worker:
    return Worker(
        stage=stage,
        handler=handler,
        bus=bus,
        engine=engine,
        keyring=ClearKeyring() if stage.name == LITTLE.name else None,
        clock=clock,
        instance=INSTANCE,
        options=QUICK,
    )


def effects(engine: Engine, stage: str) -> list[tuple[str, str]]:
    """What a stage did: key and version, one for each time that it did it."""
    with reading(engine) as connection:
        query = select(effect.c.key, effect.c.version).where(effect.c.stage == stage)
        return sorted((row.key, row.version) for row in connection.execute(query))


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


def quiet(*workers: Worker, rounds: int = 3) -> None:
    """Step the workers until none finds anything to do, a few times over."""
    idle = 0
    while idle < rounds:
        idle = 0 if sum(one.step() for one in workers) else idle + 1


def published(bus: Bus, topic: str) -> list[Envelope]:
    """Everything that a topic holds, doubles and all, partition by partition."""
    ends = bus.ends([topic])
    found: list[Incoming] = []
    member = bus.join(f"look-{uuid4().hex}", [topic], lambda _: None)
    while len(found) < sum(ends.values()):
        found += member.poll(1, 1000)
    member.close()
    found.sort(key=lambda one: (one.partition, one.offset))
    return [decode(one.key, one.value, one.headers) for one in found]
