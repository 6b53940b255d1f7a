"""A bus as the suite's tests see it, and what they do with it again and again. Tests nothing."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from contracts.topics import Keep, Topic, Zone
from hub.bus.port import Bus, Incoming, Locate, Member, Outgoing, Partition
from tests.ports.bus_child import Child

PATIENCE = 60.0  # no test waits so long unless something is broken


class ShowsPositions(Bus, Protocol):
    """Both buses also tell operators what was committed."""

    def shown(self, group: str) -> Mapping[Partition, int]: ...


class World(ABC):
    """One bus as a test sees it: connections to it, its address, and how its time passes."""

    address: str
    home: Path
    session_seconds: float

    def __init__(self) -> None:
        self.instance = f"t{uuid4().hex[:12]}"
        self.group = "readers"

    @abstractmethod
    def open(self) -> ShowsPositions:
        """Another connection to the same bus."""

    @abstractmethod
    def age(self, bus: Bus, name: str) -> None:
        """Let a topic of observations grow older than it keeps them."""

    @abstractmethod
    def compact(self, bus: Bus, name: str, done: Callable[[], bool]) -> None:
        """Let a topic of states be compacted, until it is done."""

    def child(self, *topics: str) -> Child:
        """A member in a process of its own; without topics only a publisher."""
        return Child(
            self.address, self.home, self.instance, self.session_seconds, self.group, *topics
        )


def topic(name: str = "things", keep: Keep = Keep.OBSERVATIONS, partitions: int = 4) -> Topic:
    """A topic that is in no table of ours."""
    return Topic(
        name=name, key="number", keep=keep, writers=(), readers=(), partitions=partitions,
        zone=Zone.HUB,
    )  # fmt: skip


def numbered(count: int, name: str = "things", first: int = 0) -> list[Outgoing]:
    """Records with the keys and values 0, 1, 2..."""
    return [
        Outgoing(topic=name, key=b"%d" % n, value=b"%d" % n) for n in range(first, first + count)
    ]


def nowhere(partition: Partition) -> int | None:
    """No position is stored."""
    return None


def until(done: Callable[[], bool], *members: Member) -> None:
    """Poll the members until it is done."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        for member in members:
            assert not member.poll(0.05, 500)


def read(member: Member, count: int) -> list[Incoming]:
    """Poll until so many have come."""
    deadline = time.monotonic() + PATIENCE
    found: list[Incoming] = []
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} records came"
        found += member.poll(0.5, 500)
    return found


def left(bus: Bus, name: str) -> list[Incoming]:
    """What a reader that starts from the beginning still finds."""
    mark = uuid4().bytes
    bus.publish([Outgoing(topic=name, key=b"mark", value=mark)])
    member = bus.join(f"look-{mark.hex()}", [name], nowhere)
    found: list[Incoming] = []
    deadline = time.monotonic() + PATIENCE
    while not any(one.value == mark for one in found):
        assert time.monotonic() < deadline, "the mark did not come"
        found += member.poll(0.5, 500)
    member.close()
    return [one for one in found if one.key != b"mark"]


def values(records: list[Incoming]) -> list[bytes | None]:
    """The values, sorted, tombstones first."""
    return sorted((one.value for one in records), key=lambda value: (value is not None, value))


class Join(Protocol):
    """Joins the group, on a connection of its own when given; members leave in the end."""

    def __call__(
        self, name: str = ..., locate: Locate = ..., on: Bus | None = ..., group: str = ...
    ) -> Member: ...
