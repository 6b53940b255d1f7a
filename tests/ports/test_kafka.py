"""The Kafka bus against the suite of its port, and what only it must do, on a real broker."""

import gc
import importlib.util
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from contracts.errors import FatalError, RetriableError
from contracts.topics import TOPICS, Zone, full_name
from hub.bus.kafka import Creating, KafkaBus, Security
from hub.bus.kafka.member import KafkaMember
from hub.bus.open import open_bus
from hub.bus.port import Bus, Outgoing
from tests.conftest import or_skip
from tests.ports.bus_suite import BusSuite
from tests.ports.bus_world import PATIENCE, World, left, nowhere, numbered, read, topic, until
from tests.services.kafka import ADMIN, KafkaBroker

# The client forgets to close sockets that were refused.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True, scope="module")
def _collected_here() -> Iterator[None]:
    """Such sockets are collected before a test of another module hears of them."""
    yield
    with warnings.catch_warnings(action="ignore"):
        gc.collect()


class OnKafka(World):
    """A broker that others use too: the instance's name keeps them apart."""

    session_seconds = 8.0  # the broker's own least is six, and ours adds a third

    def __init__(self, broker: KafkaBroker, home: Path) -> None:
        super().__init__()
        self.broker = broker
        self.address = broker.url
        self.home = home

    def open(self) -> KafkaBus:
        return KafkaBus(
            self.broker.address, instance=self.instance, session_seconds=self.session_seconds
        )

    def age(self, bus: Bus, name: str) -> None:
        self.configure(name, {"retention.ms": "1"})
        admin = KafkaAdminClient(**self.broker.client_options())
        one = TopicPartition(full_name(name, self.instance), 0)
        deadline = time.monotonic() + PATIENCE
        while not admin.list_partition_offsets({one: OffsetSpec.EARLIEST})[one].offset:
            assert time.monotonic() < deadline
            time.sleep(0.1)  # the broker tells nobody when it deletes
        admin.close()
        self.configure(name, {"retention.ms": "86400000"})

    def compact(self, bus: Bus, name: str, done: Callable[[], bool]) -> None:
        self.configure(
            name,
            {
                "segment.ms": "50",
                "max.compaction.lag.ms": "1",
                "min.cleanable.dirty.ratio": "0.01",
            },
        )
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline

    def configure(self, name: str, settings: dict[str, str]) -> None:
        admin = KafkaAdminClient(**self.broker.client_options())
        resource = ConfigResource(
            ConfigResourceType.TOPIC, full_name(name, self.instance), configs=settings
        )
        admin.alter_configs([resource])
        admin.close()


class TestKafka(BusSuite):
    @pytest.fixture
    def world(self, kafka_broker: KafkaBroker, tmp_path: Path) -> World:
        return OnKafka(kafka_broker, tmp_path)


def test_topics_keep_what_the_table_says(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    world = OnKafka(kafka_broker, tmp_path)
    with world.open() as bus:
        bus.create(TOPICS)
        admin = KafkaAdminClient(**kafka_broker.client_options())
        found = {}
        for name in ("outcome", "mirror"):
            where = ConfigResource(ConfigResourceType.TOPIC, full_name(name, world.instance))
            [answer] = admin.describe_configs([where])["topic"].values()
            found[name] = {key: one["value"] for key, one in answer.items()}
        admin.close()
    assert found["outcome"]["cleanup.policy"] == "delete"
    assert found["outcome"]["retention.ms"] == str(14 * 86_400_000)
    assert found["mirror"]["cleanup.policy"] == "compact"
    assert found["mirror"]["delete.retention.ms"] == str(90 * 86_400_000)
    assert {one["message.timestamp.type"] for one in found.values()} == {"LogAppendTime"}


def test_a_program_creates_topics_of_its_own_zones_only(
    kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    world = OnKafka(kafka_broker, tmp_path)
    with KafkaBus(
        kafka_broker.address, instance=world.instance, creating=Creating(zones=(Zone.MOLIP,))
    ) as bus:
        bus.create(TOPICS)
        assert bus.ends(["mirror"])
        assert not bus.ends(["child"])


def test_instances_on_one_broker_do_not_meet(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    first, second = (OnKafka(kafka_broker, tmp_path) for _ in range(2))
    with first.open() as one, second.open() as two:
        one.create([topic()])
        two.create([topic()])
        one.publish(numbered(5))
        assert sum(two.ends(["things"]).values()) == 0


def test_kill_9_of_the_broker_loses_nothing_acknowledged_and_everyone_goes_on(
    tmp_path: Path,
) -> None:
    broker = KafkaBroker(tmp_path / "broker")
    or_skip(broker.start)
    with broker, KafkaBus(broker.address, instance="t", answer_seconds=3) as bus:
        bus.create([topic()])
        member = bus.join("readers", ["things"], nowhere)
        bus.publish(numbered(100))
        got = read(member, 100)
        broker.kill()
        with pytest.raises(RetriableError, match="see whether the broker is up"):
            bus.publish(numbered(100, first=100))
        assert member.poll(0.2, 10) == []
        broker.start()
        deadline = time.monotonic() + PATIENCE
        while True:  # as the worker does: the same records again, until they are in
            try:
                bus.publish(numbered(100, first=100))
            except RetriableError:
                assert time.monotonic() < deadline
            else:
                break
        while {int(one.value or b"") for one in got} != set(range(200)):
            assert time.monotonic() < deadline
            got += member.poll(0.5, 500)
        member.close()


def test_a_broker_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    with KafkaBus("127.0.0.1:9", instance="t", answer_seconds=0.3) as bus:
        for attempt in (
            lambda: bus.create([topic()]),
            lambda: bus.publish(numbered(1)),
            lambda: bus.join("readers", ["things"], nowhere),
            lambda: bus.ends(["things"]),
        ):
            with pytest.raises(RetriableError, match="see whether the broker is up"):
                attempt()


def test_sessions_shorter_than_the_broker_allows_are_a_clear_error(
    kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    with KafkaBus(kafka_broker.address, instance=f"t{uuid4().hex}", session_seconds=1) as bus:
        bus.create([topic()])
        member = bus.join("readers", ["things"], nowhere)
        with pytest.raises(FatalError, match="longer sessions"):
            until(lambda: False, member)
        member.close()


def test_the_fast_checksum_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(FatalError, match="crc32c"):
        KafkaBus("127.0.0.1:9", instance="t")


def test_the_client_never_logs_at_debug_level(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("kafka")
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    KafkaBus("127.0.0.1:9", instance="t").close()
    assert not logging.getLogger("kafka.producer.kafka").isEnabledFor(logging.DEBUG)


class TestSecured:
    """Passwords and rights. `hub` is given what it may do, `mirror` likewise."""

    @pytest.fixture
    def instance(self) -> str:
        return f"t{uuid4().hex[:12]}"

    @pytest.fixture
    def admin(self, secured_broker: KafkaBroker, instance: str) -> Iterator[KafkaBus]:
        with self.open(secured_broker, instance, ADMIN) as bus:
            bus.create(TOPICS)
            yield bus

    @pytest.fixture
    def mirror(self, secured_broker: KafkaBroker, instance: str) -> Iterator[KafkaBus]:
        with self.open(secured_broker, instance, "mirror") as bus:
            yield bus

    def open(self, broker: KafkaBroker, instance: str, user: str) -> KafkaBus:
        security = Security(user=user, password=broker.users[user])
        return KafkaBus(
            broker.address,
            instance=instance,
            security=security,
            session_seconds=8,
        )

    def test_a_wrong_password_is_called_that(
        self, secured_broker: KafkaBroker, instance: str
    ) -> None:
        for password in ("wrong", ""):
            security = Security(user="mirror", password=password)
            with KafkaBus(secured_broker.address, instance=instance, security=security) as bus:
                with pytest.raises(FatalError, match="does not accept this user and password"):
                    bus.join("reflect", ["mirror"], nowhere)
                with pytest.raises(FatalError, match="does not accept this user and password"):
                    bus.publish(numbered(1))

    def test_without_a_right_nothing_can_be_seen_read_or_written(
        self, admin: KafkaBus, mirror: KafkaBus
    ) -> None:
        for one in TOPICS:
            with pytest.raises(FatalError, match=f"may not read topic {one.name}"):
                mirror.join("reflect", [one.name], nowhere)
            with pytest.raises(FatalError, match=f"may not write topic {one.name}"):
                mirror.publish([Outgoing(topic=one.name, key=b"k", value=b"v")])
        with pytest.raises(FatalError, match="may not see topic"):
            mirror.create(TOPICS)
        assert sum(admin.ends([one.name for one in TOPICS]).values()) == 0

    def test_the_mirror_reads_and_writes_what_it_was_granted_and_nothing_else(
        self, admin: KafkaBus, mirror: KafkaBus
    ) -> None:
        admin.grant(
            "mirror", reads=["mirror", "statistics"], writes=["receipt"], groups=["reflect"]
        )
        admin.publish(numbered(3, "mirror"))
        member = self.patiently(lambda: mirror.join("reflect", ["mirror", "statistics"], nowhere))
        assert len(read(member, 3)) == 3
        member.commit({next(iter(member.assigned)): 1})
        member.close()
        mirror.publish(numbered(2, "receipt"))
        assert len(left(admin, "receipt")) == 2
        for one in TOPICS:
            if one.name not in {"mirror", "statistics"}:
                with pytest.raises(FatalError, match=f"may not read topic {one.name}"):
                    mirror.join("reflect", [one.name], nowhere)
            if one.name != "receipt":
                with pytest.raises(FatalError, match=f"may not write topic {one.name}"):
                    mirror.publish([Outgoing(topic=one.name, key=b"k", value=b"v")])

    def test_a_group_that_was_not_granted_is_a_clear_error(
        self, admin: KafkaBus, mirror: KafkaBus
    ) -> None:
        admin.grant("mirror", reads=["mirror"])
        member = self.patiently(lambda: mirror.join("other", ["mirror"], nowhere))
        with pytest.raises(FatalError, match="GroupAuthorizationFailedError"):
            until(lambda: False, member)
        member.close()

    def test_an_address_may_carry_the_credential(
        self, secured_broker: KafkaBroker, instance: str, tmp_path: Path
    ) -> None:
        address = f"kafka://{ADMIN}:{secured_broker.users[ADMIN]}@{secured_broker.address}"
        with open_bus(address, home=tmp_path, instance=instance) as bus:
            bus.create([topic()])
            bus.publish(numbered(2))
            assert sum(bus.ends(["things"]).values()) == 2

    def test_the_password_is_in_no_repr(self) -> None:
        assert "secret" not in repr(Security(user="mirror", password="secret"))

    def patiently(self, attempt: Callable[[], KafkaMember]) -> KafkaMember:
        """Rights reach the broker's every part a moment after they were granted."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return attempt()
            except FatalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_a_broker_without_an_authorizer_grants_nothing(kafka_broker: KafkaBroker) -> None:
    bus = KafkaBus(kafka_broker.address, instance="t")
    with bus, pytest.raises(FatalError, match="authorizer"):
        bus.grant("mirror", reads=["mirror"])
