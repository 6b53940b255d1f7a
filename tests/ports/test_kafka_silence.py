"""The Kafka client writes keys, values and headers at DEBUG: with our bus it never does."""

import logging
from pathlib import Path

import pytest

from contracts.topics import FIGURE
from hub.bus.port import Incoming, Outgoing
from tests.ports.test_kafka import OnKafka
from tests.services.kafka import KafkaBroker

SECRET = "Pwintzarnisithumoe"
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def test_a_program_that_logs_everything_logs_no_value(
    kafka_broker: KafkaBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="kafka")
    with OnKafka(kafka_broker, tmp_path).open() as bus:
        bus.create([FIGURE])
        record = Outgoing(
            topic=FIGURE.name, key=SECRET.encode(), value=SECRET.encode(),
            headers=[("ce_subject", SECRET.encode())],
        )  # fmt: skip
        bus.publish([record])
        member = bus.join("silence", [FIGURE.name], lambda _partition: None)
        seen: list[Incoming] = []
        while not seen:
            seen = list(member.poll(1.0, 10))
        member.close()
    assert seen[0].value == SECRET.encode()
    assert SECRET not in caplog.text
    assert all(SECRET not in repr(record.args) for record in caplog.records)
