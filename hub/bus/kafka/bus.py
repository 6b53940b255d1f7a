"""The Kafka bus: topics, the producer, rights. Makes members, and holds no stage's logic."""

import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaProducer, OffsetSpec, TopicPartition
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError, for_code

from contracts.errors import FatalError, RetriableError
from contracts.topics import Topic, full_name
from hub.bus.kafka.client import Client, connected, pin_logger, translated, translating
from hub.bus.kafka.consumer import Consumer
from hub.bus.kafka.member import KafkaMember
from hub.bus.kafka.settings import (
    MAX_BYTES,
    Creating,
    Security,
    client_options,
    consumer_options,
    producer_options,
    topic_settings,
)
from hub.bus.port import Locate, Outgoing, Partition

_LAPSE = 0.75  # the broker's session, as a part of ours: others own a dead one's share within ours
_CREATING = Creating()


class KafkaBus:
    """See the port. Names on the broker carry the instance; ours are short.

    Nothing is connected before it is needed; a broker that is down for longer than
    `answer_seconds` raises RetriableError, a refusal FatalError.
    """

    def __init__(
        self,
        address: str,
        *,
        instance: str,
        security: Security | None = None,
        session_seconds: float = 10.0,
        answer_seconds: float = 15.0,
        creating: Creating = _CREATING,
    ) -> None:
        if importlib.util.find_spec("crc32c") is None:
            raise FatalError("package crc32c is missing, Kafka is too slow without it: make setup")
        pin_logger()
        self.session_seconds = session_seconds
        self._answer_seconds = answer_seconds
        self._instance = instance
        self._options = client_options(address, security, answer_seconds)
        self._creating = creating
        self._lock = Lock()
        self._client: Client = None
        self._producer: Client = None
        self._writable: set[str] = set()

    def create(self, topics: Iterable[Topic]) -> None:
        """As the port says; topics of zones that are not ours are left to who may create them."""
        wanted = {topic.name: topic for topic in topics if topic.zone in self._creating.zones}
        found = self._describe(list(wanted))
        missing = {}
        for name, topic in wanted.items():
            if name not in found:
                missing[full_name(name, self._instance)] = {
                    "num_partitions": topic.partitions,
                    "replication_factor": self._creating.replication,
                    "configs": topic_settings(topic, self._creating),
                }
            elif len(found[name]["partitions"]) != topic.partitions:
                raise FatalError(
                    f"topic {name} has {len(found[name]['partitions'])} partitions on the broker,"
                    f" not {topic.partitions}: the number never changes, put the old one back"
                )
        if missing:
            with self._admin("create topics") as admin, suppress(TopicAlreadyExistsError):
                admin.create_topics(missing, wait_for_metadata=True)  # another may be faster

    def publish(self, records: Sequence[Outgoing]) -> None:
        """As the port says. After a failure a new producer starts with an empty queue."""
        for record in records:
            if len(record.value or b"") > MAX_BYTES:
                raise FatalError(f"a record for {record.topic} is larger than 8 MiB: split it")
        topics = {record.topic for record in records}
        with self._lock:
            self._check_writable(topics)
            producer = self._open_producer()
        try:
            sent = [
                producer.send(
                    full_name(record.topic, self._instance),
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                )
                for record in records
            ]
            producer.flush(timeout=self._answer_seconds)
            for future in sent:
                future.get(timeout=0)
        except KafkaError as error:
            with self._lock:
                self._drop_producer(producer)
                self._check_writable(topics)  # a right that was taken away is said so
            raise translated(error, "publish") from None

    def join(self, group: str, topics: Sequence[str], locate: Locate) -> KafkaMember:
        """As the port says. Raises FatalError for a topic that this credential may not read."""
        found = self._describe(topics, must="READ")
        for topic in topics:
            if topic not in found:
                raise RetriableError(f"topic {topic} is not there yet: start what creates it")
        consumer = connected(
            Consumer,
            self._options
            | consumer_options(self.session_seconds * _LAPSE, self._answer_seconds)
            | {
                "group_id": full_name(group, self._instance),
                "partition_assignment_strategy": [RoundRobinPartitionAssignor],
            },
        )
        names = {full_name(topic, self._instance): topic for topic in topics}
        return KafkaMember(consumer, names, locate)

    def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """As the port says."""
        asked = {
            TopicPartition(full_name(topic, self._instance), row["partition_index"]): Partition(
                topic, row["partition_index"]
            )
            for topic, found in self._describe(topics).items()
            for row in found["partitions"]
        }
        with self._admin("ask for ends") as admin:
            found = admin.list_partition_offsets(dict.fromkeys(asked, OffsetSpec.LATEST))
        return {asked[one]: at.offset for one, at in found.items()}

    def shown(self, group: str) -> Mapping[Partition, int]:
        """The positions that the group's members committed last, for operators."""
        name, prefix = full_name(group, self._instance), full_name("", self._instance)
        with self._admin("ask for positions") as admin:
            found = admin.list_group_offsets([name])[name]
        return {
            Partition(one.topic.removeprefix(prefix), one.partition): at.offset
            for one, at in found.items()
        }

    def grant(
        self,
        principal: str,
        *,
        reads: Iterable[str] = (),
        writes: Iterable[str] = (),
        groups: Iterable[str] = (),
    ) -> None:
        """Let a user read and write these topics and join these groups, and no more than before."""
        wanted = [(ResourceType.TOPIC, name, ACLOperation.READ) for name in reads]
        wanted += [(ResourceType.TOPIC, name, ACLOperation.WRITE) for name in writes]
        wanted += [(ResourceType.GROUP, name, ACLOperation.READ) for name in groups]
        rules = [self._rule(principal, *one) for one in wanted]
        with self._admin("grant rights") as admin:
            for problem in admin.create_acls(rules)["failed"]:
                raise problem

    def close(self) -> None:
        """As the port says."""
        with self._lock:
            if self._producer:
                self._drop_producer(self._producer)
            if self._client:
                self._client.close()
                self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _describe(self, topics: Sequence[str], *, must: str = "") -> dict[str, dict[str, Any]]:
        """What the broker says about topics that exist; a topic that we may not see is an error."""
        names = {full_name(topic, self._instance): topic for topic in topics}
        with self._admin("look at topics") as admin:
            rows = admin.describe_topics(list(names))
        found = {}
        for row in rows:
            topic, code = names[row["name"]], row["error_code"]
            refused = issubclass(for_code(code), AuthorizationError)
            if refused or (must and not code and must not in row["authorized_operations"]):
                raise FatalError(
                    f"this user may not {(must or 'see').lower()} topic {topic}:"
                    " grant it, or correct the user in the settings"
                )
            if not code:
                found[topic] = row
        return found

    def _rule(self, user: str, kind: ResourceType, name: str, operation: ACLOperation) -> ACL:
        pattern = ResourcePattern(kind, full_name(name, self._instance))
        return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)

    def _check_writable(self, topics: set[str]) -> None:
        """Ask for the right once a topic: the producer's own refusal does not say what is wrong."""
        for topic in topics - self._writable:
            if topic not in self._describe([topic], must="WRITE"):
                raise RetriableError(f"topic {topic} is not there yet: start what creates it")
            self._writable.add(topic)

    def _open_producer(self) -> Client:
        if self._producer is None:
            options = self._options | producer_options(self._answer_seconds)
            self._producer = connected(KafkaProducer, options)
        return self._producer

    def _drop_producer(self, producer: Client) -> None:
        self._writable.clear()
        if self._producer is producer:
            self._producer = None
        producer.close(timeout=0)

    @contextmanager
    def _admin(self, doing: str) -> Iterator[Client]:
        """The admin client, connected when it is first needed."""
        if self._client is None:
            self._client = connected(KafkaAdminClient, self._options)
        with translating(doing):
            yield self._client
