"""The real parts themselves: they serve, they survive a kill, they leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from tests.conftest import or_skip
from tests.services import jars
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker that a test may kill."""
    broker = KafkaBroker(tmp_path / "broker")
    or_skip(broker.start)
    yield broker
    broker.stop()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A database server that a test may kill."""
    server = PostgresServer()
    try:
        or_skip(server.start)
        yield server
    finally:
        server.close()


def create_topic(broker: KafkaBroker) -> str:
    """A new topic of one partition."""
    name = f"test.{uuid4().hex}"
    admin = KafkaAdminClient(**broker.client_options())
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    admin.close()
    return name


def produce(broker: KafkaBroker, topic: str, *values: bytes) -> None:
    """Publish, acknowledged."""
    producer = KafkaProducer(**broker.client_options(), acks="all")
    for value in values:
        producer.send(topic, value, key=b"key", partition=0).get(timeout=20)
    producer.close()


def consume(broker: KafkaBroker, topic: str, count: int) -> list[bytes]:
    """The first values of the topic."""
    options = broker.client_options()
    consumer = KafkaConsumer(**options, auto_offset_reset="earliest", enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    found: list[bytes] = []
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        found += [record.value for record in consumer.poll(500).get(partition, [])]
    consumer.close()
    return found


def test_a_message_goes_through_the_broker(kafka_broker: KafkaBroker) -> None:
    """What is produced is consumed, in order."""
    topic = create_topic(kafka_broker)

    produce(kafka_broker, topic, b"one", b"two")

    assert consume(kafka_broker, topic, 2) == [b"one", b"two"]


def test_the_broker_does_not_make_topics_up(kafka_broker: KafkaBroker) -> None:
    """A misspelt topic is an error, not a new topic."""
    admin = KafkaAdminClient(**kafka_broker.client_options())
    with pytest.raises(KafkaError):
        produce_briefly(kafka_broker, f"missing.{uuid4().hex}")
    assert not [name for name in admin.list_topics() if name.startswith("missing.")]
    admin.close()


def produce_briefly(broker: KafkaBroker, topic: str) -> None:
    """Try to publish, and give up soon."""
    producer = KafkaProducer(**broker.client_options(), max_block_ms=1500)
    try:
        producer.send(topic, b"lost", partition=0).get(timeout=5)
    finally:
        producer.close(timeout=1)


def test_a_killed_broker_keeps_what_it_acknowledged(own_broker: KafkaBroker) -> None:
    """After kill -9, the same port again, and the message is there."""
    topic = create_topic(own_broker)
    produce(own_broker, topic, b"kept")
    address = own_broker.address

    own_broker.kill()
    assert own_broker.pid is None
    own_broker.start()

    assert own_broker.address == address
    assert consume(own_broker, topic, 1) == [b"kept"]


def test_a_user_without_an_acl_is_refused(secured_broker: KafkaBroker) -> None:
    """The super user may publish; another user, who logs in as well, may not."""
    topic = create_topic(secured_broker)
    produce(secured_broker, topic, b"allowed")
    producer = KafkaProducer(
        **secured_broker.client_options("mirror"), max_block_ms=3000, enable_idempotence=False
    )

    with pytest.raises(KafkaError):
        producer.send(topic, b"refused", partition=0).get(timeout=10)
    producer.close(timeout=1)
    produce(secured_broker, topic, b"after")

    assert consume(secured_broker, topic, 2) == [b"allowed", b"after"]


def test_the_database_answers(postgres_server: PostgresServer) -> None:
    """A new database is made once, and answers."""
    address = postgres_server.database("services_test")
    assert postgres_server.database("services_test") == address

    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_killed_database_keeps_what_it_committed(own_server: PostgresServer) -> None:
    """After kill -9, the same port again, and the row is there."""
    address = own_server.database("kept").replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("create table kept as select 42 as value")

    own_server.kill()
    assert own_server.pid is None
    own_server.start()

    with psycopg.connect(address) as connection:
        assert connection.execute("select value from kept").fetchone() == (42,)


def test_a_part_ends_when_its_parent_is_killed() -> None:
    """A killed test run leaves no server behind."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child of its parent's death")
    program = (
        "import time\n"
        "from tests.services.postgres import PostgresServer\n"
        "server = PostgresServer(); server.start()\n"
        "print(server.pid, server.folder, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=jars.ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid, folder = parent.stdout.readline().split()
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    deadline = time.monotonic() + 20
    while runs(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not runs(int(pid))
    shutil.rmtree(folder)


def runs(pid: int) -> bool:
    """Whether that process is there and not already dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


def test_a_jar_that_differs_from_the_lock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file is not trusted because of its name."""
    monkeypatch.setenv("CLMHUB_TEST_JARS", str(tmp_path))
    jar = jars.locked()[0]
    (tmp_path / jar.file).write_bytes(b"not a jar")

    assert jar in jars._missing()


def test_the_lock_names_no_host() -> None:
    """Where files come from is the machine's business."""
    for path in [jars.LOCK, jars.FHIR_LOCK, *sorted((jars.ROOT / "requirements").iterdir())]:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        assert os.sep + "simple" not in text, path
