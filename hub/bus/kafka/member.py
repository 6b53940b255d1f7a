"""One member of a consumer group on Kafka. Stores no position and creates nothing."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka.errors import RebalanceInProgressError

from hub.bus.kafka.client import Client, translating
from hub.bus.kafka.consumer import Consumer
from hub.bus.port import FencedError, Incoming, Locate, Partition

_SLICE = 0.1  # a poll looks at new partitions this often, in seconds


class KafkaMember:
    """See the port. The client's thread tells which partitions come and go; `poll` acts on it."""

    def __init__(self, consumer: Consumer, names: Mapping[str, str], locate: Locate) -> None:
        self._consumer = consumer
        self._locate = locate
        self._names = names
        self._full = {short: full for full, short in names.items()}
        self._owned: frozenset[TopicPartition] = frozenset()
        self._new: frozenset[TopicPartition] = frozenset()
        self._paused: set[TopicPartition] = set()
        consumer.subscribe(list(names), listener=_Listener(self))
        for name in names:  # so that the first sharing out already knows them
            consumer.partitions_for_topic(name)

    @property
    def assigned(self) -> frozenset[Partition]:
        """As the port says."""
        return frozenset(self._ours(one) for one in self._owned)

    def poll(self, seconds: float, most: int) -> list[Incoming]:
        """As the port says. A broker that is away looks like silence."""
        deadline = time.monotonic() + seconds
        while True:
            left = max(0.0, deadline - time.monotonic())
            with translating("read"):
                batches = self._consumer.poll(int(min(left, _SLICE) * 1000), max_records=most)
            records = [
                self._incoming(record)
                for one, batch in batches.items()
                if one not in self._new  # read from a place that is not ours to choose
                for record in batch
            ]
            self._settle()
            if records or left <= 0:
                return records

    def seek(self, partition: Partition, offset: int) -> None:
        """As the port says. Raises FencedError for a partition that is not ours."""
        try:
            self._consumer.seek(self._theirs(partition), offset)
        except ValueError:
            raise FencedError(
                f"partition {partition.topic}/{partition.number} is not ours"
            ) from None

    def pause(self, partition: Partition) -> None:
        """As the port says; nothing to do for a partition that is not ours."""
        one = self._theirs(partition)
        if one in self._owned:
            self._paused.add(one)
            self._consumer.pause(one)

    def resume(self, partition: Partition) -> None:
        """As the port says."""
        one = self._theirs(partition)
        self._paused.discard(one)
        if one in self._owned - self._new:
            self._consumer.resume(one)

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """As the port says. During a rebalance nothing is shown, and nothing is lost by it."""
        wanted = {self._theirs(one): OffsetAndMetadata(at, "", -1) for one, at in positions.items()}
        if wanted.keys() - self._owned:
            raise FencedError("a partition has another owner")
        with translating("commit"), suppress(RebalanceInProgressError):
            self._consumer.commit(wanted, timeout_ms=5000)

    def close(self) -> None:
        """As the port says."""
        self._consumer.close(autocommit=False, timeout_ms=5000)

    def came(self, partitions: Iterable[TopicPartition]) -> None:
        """Called by the client: these are ours from now on, and stand still until located."""
        self._owned |= frozenset(partitions)
        self._new |= frozenset(partitions)
        self._consumer.pause(*partitions)

    def went(self, partitions: Iterable[TopicPartition]) -> None:
        """Called by the client, before each join: these are not ours any more."""
        self._consumer.insist()
        self._owned -= frozenset(partitions)
        self._new -= frozenset(partitions)

    def _settle(self) -> None:
        """Find the start of each new partition, in the caller's thread, and let it run."""
        self._paused &= self._owned
        for one in self._new:
            start = self._locate(self._ours(one))
            with suppress(ValueError):  # gone again meanwhile
                self._consumer.seek(one, start or 0)
                if one not in self._paused:
                    self._consumer.resume(one)
            self._new -= {one}

    def _incoming(self, record: Client) -> Incoming:
        return Incoming(
            partition=Partition(self._names[record.topic], record.partition),
            offset=record.offset,
            key=record.key or b"",
            value=record.value,
            headers=list(record.headers),
        )

    def _ours(self, one: TopicPartition) -> Partition:
        return Partition(self._names[one.topic], one.partition)

    def _theirs(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._full[partition.topic], partition.number)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes on to a member what the client's own thread says."""

    def __init__(self, member: KafkaMember) -> None:
        self._member = member

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._member.went(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._member.came(assigned)
