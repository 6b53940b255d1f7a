"""The measure of what is possible: a hand-written kafka-python and pydantic loop. No part of a hub.

Consumes JSON, validates it, maps about thirty fields, produces JSON, commits. It seals nothing,
stores nothing and remembers nothing, and so says what one stage's bus and validation cost alone.
"""

import time
from collections.abc import Sequence

import orjson
from kafka import KafkaConsumer, KafkaProducer

from contracts.topics import TOPICS, full_name
from hub.bus.kafka.bus import KafkaBus
from hub.bus.kafka.settings import client_options, consumer_options, producer_options
from tests.bench.house import PATIENCE, BrokenBenchError, Cost, counting
from tests.bench.loop_models import MAPS, MODELS
from tests.bench.records import Sourced, clear_events

INSTANCE = "benchloop"
BATCH = 500  # as the hub's workers
_SOURCES = tuple(topic.name for topic in TOPICS if topic.name.startswith("source."))


class LoopSide:
    """The loop with its consumer seated, on topics made like the hub's own. Close it at the end."""

    def __init__(self, address: str) -> None:
        with KafkaBus(address, instance=INSTANCE) as bus:
            bus.create(TOPICS)
        options = client_options(address, None, 15.0)
        self._producer = KafkaProducer(**{**options, **producer_options(15.0)})
        self._consumer = KafkaConsumer(
            *(full_name(name, INSTANCE) for name in _SOURCES),
            **{**options, **consumer_options(7.5, 15.0)}, group_id=f"{INSTANCE}.loop",
        )  # fmt: skip
        self._out = full_name("canonical", INSTANCE)
        last = time.monotonic() + PATIENCE
        while not self._consumer.assignment():
            self._consumer.poll(100)
            if time.monotonic() > last:
                raise BrokenBenchError("the loop did not get its partitions")

    def feed(self, records: Sequence[Sourced]) -> None:
        """Publish the records in the clear."""
        for topic, event in clear_events(list(records)):
            self._producer.send(
                full_name(topic, INSTANCE), key=event["person"].encode(), value=orjson.dumps(event)
            )
        self._producer.flush(timeout=30)

    def run(self, events: int) -> Cost:
        """Pass so many events on."""
        left, last = events, time.monotonic() + PATIENCE
        with counting(events) as costs:
            while left > 0:
                left -= self._pass_batch()
                if time.monotonic() > last:
                    raise BrokenBenchError("the loop did not come to the end of its topics")
        return costs[0]

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False)
        self._producer.close(timeout=5)

    def _pass_batch(self) -> int:
        batches = self._consumer.poll(100, max_records=BATCH)
        records = [record for batch in batches.values() for record in batch]
        sent = [
            self._producer.send(self._out, key=record.key, value=_translated(record.value))
            for record in records
        ]
        if sent:
            self._producer.flush(timeout=15)
            for future in sent:
                future.get(timeout=0)
            self._consumer.commit()
        return len(records)


def _translated(value: bytes) -> bytes:
    event = MODELS.validate_json(value)
    fields = {target: getattr(event.body, name) for target, name in MAPS[event.record].items()}
    return orjson.dumps(
        {
            "system": event.system,
            "key": event.key,
            "person": event.person,
            "version": event.version,
            **fields,
        }
    )
