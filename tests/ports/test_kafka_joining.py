"""Members that agree on their shares while one thread polls them in turn, on a real broker."""

import logging
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from contracts.topics import full_name
from hub.bus.port import Partition
from tests.ports.bus_world import PATIENCE, nowhere, topic, until
from tests.ports.test_kafka import OnKafka
from tests.services.kafka import KafkaBroker

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def members(world: OnKafka) -> int:
    """How many the broker counts in the group."""
    name = full_name(world.group, world.instance)
    admin = KafkaAdminClient(**world.broker.client_options())
    found = admin.describe_groups([name])[name]["members"]
    admin.close()
    return len(found)


def test_a_join_that_ends_between_two_polls_is_not_begun_again(
    kafka_broker: KafkaBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="kafka.coordinator")
    deadline = time.monotonic() + PATIENCE
    with OnKafka(kafka_broker, tmp_path).open() as bus:
        bus.create([topic()])
        member = bus.join("readers", ["things"], nowhere)
        while not member.assigned:
            assert time.monotonic() < deadline
            assert caplog.text.count("Successfully joined group") < 5
            member.poll(0, 1)
            time.sleep(0.05)  # as a worker does that is busy with other things
        member.close()


def test_a_member_that_leaves_before_the_others_have_made_room_is_gone_at_once(
    kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    world = OnKafka(kafka_broker, tmp_path)
    with world.open() as bus:
        bus.create([topic()])
        one = bus.join("readers", ["things"], nowhere)
        until(lambda: len(one.assigned) == 4, one)
        two = bus.join("readers", ["things"], nowhere)
        until(lambda: members(world) == 2, two)
        two.close()
        assert members(world) == 1
        one.close()


def test_a_share_that_was_given_anew_before_a_poll_took_it_is_left_alone(
    kafka_broker: KafkaBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="kafka.coordinator")
    world = OnKafka(kafka_broker, tmp_path)
    taken: list[Partition] = []
    with world.open() as bus:
        bus.create([topic()])
        one = bus.join("readers", ["things"], nowhere)
        until(lambda: len(one.assigned) == 4, one)
        two = bus.join("readers", ["things"], taken.append)
        until(lambda: members(world) == 2, two)
        until(lambda: len(one.assigned) == 2, one)
        one.poll(0.3, 1)  # meanwhile two's join ends as well
        caplog.clear()
        one.close()
        while "rebalanc" not in caplog.text:  # so two hears of it
            assert members(world) == 1, "a member that is not polled was taken for dead"
            time.sleep(0.1)
        until(lambda: bool(taken), two)
        assert len(two.assigned) == 4
        two.close()
