"""The bus port: what Kafka and the embedded log both do. Knows no stage, no table and no key.

Semantics that every implementation keeps, and `tests/ports/bus_suite.py` proves:
- records with one key stay in one partition, and a partition keeps the order of acknowledged sends
  (the partition of a key is the murmur2 hash, as Kafka's own clients have it, so it never moves);
- `publish` returns when every record is stored durably, or raises RetriableError; a send that
  raised may still have happened, so consumers ignore an id that they have seen;
- members of one group share out the partitions; each partition has one owner at a time; when a
  member dies its partitions go to the others within `Bus.session_seconds`, and what the dead one
  still tries with them raises FencedError;
- the position to start from is the caller's: a member that gets a partition seeks to the position
  that it stored itself; `commit` only shows lag to operators;
- `poll` returns records of owned partitions in order; an offset that retention removed moves to
  the oldest kept one;
- a value of None is a tombstone; values up to 8 MiB pass.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from contracts.errors import HubError
from contracts.topics import Topic


class FencedError(HubError):
    """This member lost the partition to another; drop the work and poll again."""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One partition of one topic (its short name, without the instance's prefix)."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One record to publish."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One record as polled. `offset` grows by at least one within a partition."""

    partition: Partition
    offset: int
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]


Locate = Callable[[Partition], int | None]
"""From a partition just assigned to the stored position; None for the beginning."""


class Member(Protocol):
    """One member of one consumer group. Used by one thread only."""

    def poll(self, seconds: float, most: int) -> list[Incoming]:
        """Wait up to `seconds` for at most `most` records; keeps the membership alive.

        May assign or take away partitions; `assigned` is right again when it returns.
        """

    @property
    def assigned(self) -> frozenset[Partition]:
        """The partitions that this member owns now."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Deliver from `offset` on at the next poll."""

    def pause(self, partition: Partition) -> None:
        """Keep the partition, deliver nothing of it until `resume`."""

    def resume(self, partition: Partition) -> None:
        """Deliver a paused partition again, from where it stood."""

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """Show the positions to operators. Raises FencedError for a partition that was lost."""

    def close(self) -> None:
        """Leave the group at once, so that others take over without waiting."""


class Bus(Protocol):
    """A connection to the bus. Thread-safe; each member is for one thread."""

    session_seconds: float

    def create(self, topics: Iterable[Topic]) -> None:
        """Create the topics that are missing; keeps those that exist. Idempotent.

        Raises FatalError when one exists with another number of partitions.
        """

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Store the records durably, in order per partition, and return when all are stored."""

    def join(self, group: str, topics: Sequence[str], locate: Locate) -> Member:
        """Become a member of the group; `locate` is asked about each partition it is given."""

    def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """The offset that the next record of each partition will get."""

    def close(self) -> None:
        """Release connections; members must be closed before."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
