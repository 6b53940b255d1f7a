"""What the bus reckons without a bus: the partition of a key, and which bus an address names."""

from pathlib import Path

import pytest

from contracts.errors import FatalError
from hub.bus.embedded import EmbeddedBus
from hub.bus.open import open_bus
from hub.bus.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [  # as Kafka's own clients test it
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_hash_as_they_do_in_kafka_itself(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32
    assert partition_of(key, 4) == (hashed & 0x7FFFFFFF) % 4


def test_the_default_address_opens_the_embedded_bus_in_its_home(tmp_path: Path) -> None:
    with open_bus("embedded:", home=tmp_path, instance="t") as bus:
        assert isinstance(bus, EmbeddedBus)
    assert (tmp_path / "bus" / "hub.sqlite").exists()


@pytest.mark.parametrize(
    "address",
    ["", "embedded:/elsewhere", "kafka://host", "kafka://me:hush@", "redis://me:hush@host:1"],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(FatalError, match="kafka://host:port") as caught:
        open_bus(address, home=tmp_path, instance="t")
    assert "hush" not in str(caught.value)
