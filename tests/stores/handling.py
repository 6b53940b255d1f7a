"""Runs one handler of the pipeline on a real database, without bus and worker. Asserts nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine

from contracts.envelope import Draft, Envelope, Kind, Message, Opened, Part
from hub.bus.journal import JournalTx
from hub.bus.stage import Handler, Timer, Tx, Wakes
from hub.schema import HUB_TABLES

NOW = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One stage's handler at one database."""

    engine: Engine
    stage: str
    handler: Handler

    def take(self, message: Message, now: datetime = NOW) -> list[Draft]:
        """Handle one message in one transaction."""
        with transaction(self.engine, self.stage) as tx:
            return list(self.handler.does(message, tx, now))

    def wake(self, timer: Timer, now: datetime = NOW) -> list[Draft]:
        """Handle one timer in one transaction."""
        assert isinstance(self.handler, Wakes)
        with transaction(self.engine, self.stage) as tx:
            return list(self.handler.wakes(timer, tx, now))


def hub_tables(engine: Engine) -> Engine:
    """The hub's tables in this database."""
    for metadata in HUB_TABLES:
        metadata.create_all(engine)
    return engine


@contextmanager
def transaction(engine: Engine, stage: str) -> Iterator[Tx]:
    """One transaction as handlers see it."""
    with engine.begin() as connection:
        yield JournalTx(connection, stage, "test/0", lambda: f"cause-{next(_NUMBERS)}")


def part(person: str, kind: Kind, origin: str) -> Part:
    """A part whose text nobody opens: `message` brings the plain content beside it."""
    return Part(person=person, kind=kind, origin=origin, nonce=b"n" * 12, text=origin.encode())


def message(
    topic: str,
    key: str,
    version: str,
    data: Mapping[str, Any] | None,
    contents: Sequence[tuple[Part, Mapping[str, Any]]] = (),
    at: datetime = NOW,
) -> Message:
    """A message with opened parts."""
    envelope = Envelope(
        id=f"event-{next(_NUMBERS)}", type="test", source="/test", key=key, version=version,
        time=at, data=data, parts=tuple(one for one, _ in contents),
    )  # fmt: skip
    opened = tuple(Opened(part=one, content=content) for one, content in contents)
    return Message(topic=topic, envelope=envelope, opened=opened)


def of_topic(drafts: Iterable[Draft], topic: str) -> list[Draft]:
    """The drafts for one topic, in order."""
    return [draft for draft in drafts if draft.topic == topic]
